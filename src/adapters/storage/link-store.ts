import { z } from 'zod';
import { StaleStateError } from '../../core/errors';
import { type Link, type ObjectType, type SourceId, sourceId, type TargetId } from '../../core/model';
import type { LinkRow, LinkStore, OwnedMembership } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import type { Storage } from './connection';
import { TABLES } from './names';
import {
  AFTER_SEPARATOR,
  encodeKey,
  fromJsonColumns,
  guard,
  jsonColumns,
  KEY_SEPARATOR,
  keyOf,
  type Row,
  retryStale,
} from './table-kit';

const linkPartition = (type: ObjectType): string => keyOf('link', type);
const targetPartition = (type: ObjectType): string => keyOf('target', type);
const groupPartition = (groupId: string): string => keyOf('membership', groupId);
const userPartition = (userId: string): string => keyOf('membershipof', userId);

/** How many writers may meet at one reservation before the last gives up. */
const RESERVE_TRIES = 10;

const roleSchema = z.object({ role: z.enum(['end-user', 'agent', 'admin']), customRoleId: z.string().nullable() });
const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
const linkSchema = z.object({
  type: z.enum(['user', 'group']),
  sourceId: z.string(),
  targetId: z.string(),
  createdByUs: z.boolean(),
  settledRole: roleSchema.nullable(),
  isAgent: z.boolean(),
  disabledByUs: z.boolean(),
  suspendedByOthers: z.boolean().optional(),
  ownedTags: z.array(z.string()),
  awaits: z.array(z.string()).optional(),
  mayCome: z.object({ sinceMs: z.number(), values: z.record(z.string(), valueSchema) }).optional(),
  exportedVersion: z.number(),
});
const membershipSchema = z.object({
  groupId: z.string(),
  userId: z.string(),
  targetGroupId: z.string(),
  targetUserId: z.string(),
  membershipId: z.string(),
  addedIn: z.string().optional(),
  leavingIn: z.string().optional(),
});
const planSchema = z.looseObject({ action: z.string(), changes: z.array(z.unknown()) });
const claimSchema = z.object({
  untilMs: z.number(),
  sinceMs: z.number().optional(),
  changeId: z.string(),
  cycleId: z.string(),
  plan: planSchema,
  untold: z.array(planSchema).optional(),
  isSettled: z.literal(true).optional(),
  hasSuspended: z.literal(true).optional(),
  before: z.array(z.string()).optional(),
  former: z
    .object({
      link: linkSchema,
      staged: z.looseObject({ kind: z.string(), state: z.string() }).optional(),
    })
    .optional(),
  members: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }).optional(),
});
const isLinkRow = guard<LinkRow>()(z.object({ link: linkSchema.nullable(), claim: claimSchema.nullable() }));
const isMembership = guard<OwnedMembership>()(membershipSchema);

const membershipRows = (membership: OwnedMembership): { truth: Row; reverse: Row } => ({
  truth: { partitionKey: groupPartition(membership.groupId), rowKey: encodeKey(membership.userId), ...jsonColumns(membership) },
  reverse: { partitionKey: userPartition(membership.userId), rowKey: encodeKey(membership.groupId), ...jsonColumns(membership) },
});

/**
 * Links on a table:
 *
 *   partition              row         holds
 *   link.<type>            <sourceId>  the link and the claim; its etag is the lock of the object
 *   target.<type>          <targetId>  which source object holds that target
 *   membership.<groupId>   <userId>    a membership of ours: the truth
 *   membershipof.<userId>  <groupId>   the same from the user's side
 *
 * A membership's truth is written first and removed last, so whatever a crash leaves behind is found through the group.
 */
export function makeLinkStore(storage: Storage): LinkStore {
  const table = storage.table(TABLES.links);
  const linked = (type: ObjectType) => ({ partition: linkPartition(type), where: 'isLinked eq true' });

  const holder = async (type: ObjectType, target: TargetId): Promise<{ source: SourceId; etag: string } | undefined> => {
    const row = await table.getNear(targetPartition(type), encodeKey(target));
    return row && { source: sourceId(String(row.sourceId)), etag: row.etag };
  };

  return {
    async read(key) {
      const row = await table.getNear(linkPartition(key.type), encodeKey(key.id));
      return row && { value: fromJsonColumns(row, 'a link', isLinkRow), etag: row.etag };
    },

    async *listBetween(type, from, to) {
      const range = { partition: linkPartition(type), rowFrom: encodeKey(from), rowBefore: `${encodeKey(to)}${KEY_SEPARATOR}` };
      for await (const page of table.pages(range)) {
        // The row's key is the id, encoded: ids are GUIDs, which encoding leaves as they are.
        yield page.map((row) => ({ id: sourceId(row.rowKey), value: fromJsonColumns(row, 'a link', isLinkRow), etag: row.etag }));
      }
    },

    write: async (key: ObjectKey, row: LinkRow, etag: string | null) =>
      table.writeNear(
        { partitionKey: linkPartition(key.type), rowKey: encodeKey(key.id), isLinked: row.link !== null, ...jsonColumns(row) },
        etag,
      ),

    remove: (key, etag) => table.remove(linkPartition(key.type), encodeKey(key.id), etag),

    reserveTarget: (type, target, source, isNew = false) =>
      retryStale(RESERVE_TRIES, storage.random, async () => {
        const held = isNew ? undefined : await holder(type, target);
        isNew = false;
        if (held) return held.source;
        await table.writeNear({ partitionKey: targetPartition(type), rowKey: encodeKey(target), sourceId: source }, null);
        return source;
      }),

    async releaseTarget(type, target, source) {
      const held = await holder(type, target);
      if (held?.source !== source) return;
      try {
        await table.remove(targetPartition(type), encodeKey(target), held.etag);
      } catch (error) {
        // Somebody else released it, and perhaps somebody reserved it since: nothing of ours is left to release.
        if (!(error instanceof StaleStateError)) throw error;
      }
    },

    sourceOf: async (type, target) => (await holder(type, target))?.source,

    async *listLinks(type, after) {
      for await (const page of table.pages({ ...linked(type), ...(after !== undefined && { rowAfter: encodeKey(after) }) })) {
        yield page.map((row) => fromJsonColumns(row, 'a link', isLinkRow).link).filter((link): link is Link => link !== null);
      }
    },

    countLinks: (type) => table.count(linked(type)),

    async putMembership(membership) {
      const { truth, reverse } = membershipRows(membership);
      await table.write(truth, '*');
      await table.write(reverse, '*');
    },

    async removeMembership({ groupId, userId }) {
      await table.remove(userPartition(userId), encodeKey(groupId));
      await table.remove(groupPartition(groupId), encodeKey(userId));
    },

    async *membershipsOfGroup(groupId) {
      for await (const page of table.pages({ partition: groupPartition(groupId) })) {
        yield page.map((row) => fromJsonColumns(row, 'a membership', isMembership));
      }
    },

    async membershipsOfUser(userId) {
      const memberships: OwnedMembership[] = [];
      for await (const page of table.pages({ partition: userPartition(userId) })) {
        memberships.push(...page.map((row) => fromJsonColumns(row, 'a membership', isMembership)));
      }
      return memberships;
    },

    // The partitions of all groups lie side by side, so this reads one range of keys and nothing else of the table.
    countMemberships: () =>
      table.count({ partition: { from: `membership${KEY_SEPARATOR}`, to: `membership${AFTER_SEPARATOR}` } }),
  };
}
