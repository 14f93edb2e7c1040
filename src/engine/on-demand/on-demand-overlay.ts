import type { SourceObject } from '../../core/model';
import type { ConnectorSpace, MemberEdge, SpaceReads } from '../../ports/connector-space';
import type { StateStore } from '../../ports/state-store';
import { keyText } from '../../ports/stored';
import type { EngineDeps } from '../deps';

/** The same app with nothing written: what a dry run changes in the connector space and in the state stays in memory. */
export function withoutWriting(deps: EngineDeps): EngineDeps {
  return { ...deps, space: overlaySpace(deps.space), state: overlayState(deps.state), notifier: { send: async () => undefined } };
}

/** Documents of state over stored ones: read through, written to memory. */
export function overlayState(base: Pick<StateStore, 'read'>): StateStore {
  const written = new Map<string, unknown>();
  return {
    async read<T>(key: string) {
      return written.has(key) ? { value: written.get(key) as T, etag: 'overlay' } : base.read<T>(key);
    },
    async write(key, value) {
      written.set(key, value);
      return 'overlay';
    },
    async remove(key) {
      written.delete(key);
    },
  };
}

const edgeText = (edge: MemberEdge): string => `${edge.groupId} ${edge.memberId}`;

/**
 * A connector space over another: what one object's import writes is kept in memory and seen by whoever reads after it. What it stands on can
 * only be read, so a method that the port gets later has to be written here before this compiles.
 */
export function overlaySpace(base: SpaceReads): ConnectorSpace {
  const objects = new Map<string, SourceObject>();
  const joined = new Map<string, MemberEdge>();
  const left = new Set<string>();
  const dropped = async (): Promise<void> => undefined;
  return {
    listObjects: (type) => base.listObjects(type),
    listObjectsBetween: (type, from, to) => base.listObjectsBetween(type, from, to),
    listObjectsNotSeen: (type, round) => base.listObjectsNotSeen(type, round),
    listAllMembers: () => base.listAllMembers(),
    listMembershipsBetween: (from, to) => base.listMembershipsBetween(from, to),
    listMembersNotSeen: (groupId, round) => base.listMembersNotSeen(groupId, round),
    listGroupChunks: (generation) => base.listGroupChunks(generation),
    reportsOf: (managerId) => base.reportsOf(managerId),
    listAssignments: () => base.listAssignments(),
    isDirty: (key) => base.isDirty(key),
    listDirty: (after) => base.listDirty(after),
    async readObject(key) {
      const own = objects.get(keyText(key));
      return own ? { value: own, etag: 'overlay' } : base.readObject(key);
    },
    async writeObject(object) {
      objects.set(keyText(object), object);
      return 'overlay';
    },
    async writeObjects(rows) {
      for (const { object } of rows) objects.set(keyText(object), object);
    },
    async putMembers(edges) {
      for (const edge of edges) {
        joined.set(edgeText(edge), edge);
        left.delete(edgeText(edge));
      }
    },
    async removeMembers(edges) {
      for (const edge of edges) {
        joined.delete(edgeText(edge));
        left.add(edgeText(edge));
      }
    },
    async *listMembers(groupId) {
      const own = [...joined.values()].filter((edge) => edge.groupId === groupId);
      const known = new Set(own.map((edge) => edge.memberId));
      for await (const page of base.listMembers(groupId)) {
        yield page.filter((edge) => !left.has(edgeText(edge)) && !known.has(edge.memberId));
      }
      if (own.length > 0) yield own;
    },
    async groupsOf(memberId) {
      const stored = (await base.groupsOf(memberId)).filter((groupId) => !left.has(`${groupId} ${memberId}`));
      const own = [...joined.values()].filter((edge) => edge.memberId === memberId).map((edge) => edge.groupId);
      return [...new Set([...stored, ...own])];
    },
    stampObjects: dropped,
    removeObject: dropped,
    putReports: dropped,
    removeReports: dropped,
    putGroupChunk: dropped,
    removeGroupChunks: dropped,
    putAssignments: dropped,
    removeAssignments: dropped,
    markDirty: dropped,
    addObjects: async () => [],
    claimDirty: async () => '',
    clearDirty: async () => '',
  };
}
