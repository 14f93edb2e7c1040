import { type Link, type ObjectType, type SourceId, sourceId, type TargetId } from '../../src/core/model';
import type { LinkRow, LinkStore, OwnedMembership } from '../../src/ports/link-store';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

/** Links in memory. */
export function makeFakeLinkStore(options: FakeOptions = {}): LinkStore {
  const links = new Rows<LinkRow>();
  const holders = new Map<string, SourceId>();
  const memberships = new Rows<OwnedMembership>();
  const target = (type: ObjectType, id: TargetId): string => `${type}.${id}`;
  const linksOf = (type: ObjectType): readonly Link[] =>
    links
      .values()
      .map((row) => row.link)
      .filter((link): link is Link => link?.type === type);

  const store: LinkStore = {
    read: async (key) => links.get(`${key.type}.${key.id}`),
    async *listBetween(type, from, to) {
      const rows = links
        .entries()
        .filter(([key]) => key >= `${type}.${from}` && key <= `${type}.${to}`)
        .map(([key, { value, etag }]) => ({ id: sourceId(key.slice(type.length + 1)), value, etag }));
      yield* inPages(rows, options);
    },
    write: async (key, row, etag) => links.write(`${key.type}.${key.id}`, row, etag),
    remove: async (key, etag) => links.remove(`${key.type}.${key.id}`, etag),
    async reserveTarget(type, id, source) {
      const holder = holders.get(target(type, id)) ?? source;
      holders.set(target(type, id), holder);
      return holder;
    },
    async releaseTarget(type, id, source) {
      if (holders.get(target(type, id)) === source) holders.delete(target(type, id));
    },
    sourceOf: async (type, id) => holders.get(target(type, id)),
    async *listLinks(type, after) {
      yield* inPages(
        linksOf(type).filter(({ sourceId }) => after === undefined || sourceId > after),
        options,
      );
    },
    countLinks: async (type) => linksOf(type).length,
    async putMembership(membership) {
      memberships.write(`${membership.groupId} ${membership.userId}`, membership, '*');
    },
    removeMembership: async ({ groupId, userId }) => memberships.remove(`${groupId} ${userId}`),
    async *membershipsOfGroup(groupId) {
      yield* inPages(
        memberships.values().filter((membership) => membership.groupId === groupId),
        options,
      );
    },
    membershipsOfUser: async (userId) => memberships.values().filter((membership) => membership.userId === userId),
    countMemberships: async () => memberships.values().length,
  };
  return watched('linkStore', store, options.onCall);
}
