import { StaleStateError } from '../../src/core/errors';
import type { AppRoleAssignment, SourceObject } from '../../src/core/model';
import type { ConnectorSpace, GroupChunk, MarkedKey, MemberEdge, ReportEdge } from '../../src/ports/connector-space';
import type { ObjectKey } from '../../src/ports/stored';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

interface Stamped<T> {
  readonly value: T;
  readonly round: string | null;
}

const nameOf = (key: ObjectKey): string => `${key.type}.${key.id}`;
const edgeName = (edge: MemberEdge): string => `${edge.groupId} ${edge.memberId}`;
const reportName = ({ managerId, reportId }: ReportEdge): string => `${managerId} ${reportId}`;
const DIRTY_PAGE = 500;

/** The connector space in memory. */
export function makeFakeConnectorSpace(options: FakeOptions = {}): ConnectorSpace {
  const objects = new Rows<Stamped<SourceObject>>();
  const edges = new Rows<Stamped<MemberEdge>>();
  const reports = new Rows<ReportEdge>();
  const assignments = new Rows<AppRoleAssignment>();
  const chunks = new Rows<{ readonly generation: string; readonly chunk: GroupChunk }>();
  const dirty = new Rows<MarkedKey>();
  let fence = 0;
  let marks = 0;
  const objectsWhere = (test: (row: Stamped<SourceObject>) => boolean) =>
    inPages(
      objects
        .values()
        .filter(test)
        .map((row) => row.value),
      options,
    );
  const edgesWhere = (test: (row: Stamped<MemberEdge>) => boolean) =>
    edges
      .values()
      .filter(test)
      .map((row) => row.value);

  const space: ConnectorSpace = {
    async readObject(key) {
      const row = objects.get(nameOf(key));
      return row && { value: row.value.value, etag: row.etag, round: row.value.round };
    },
    async writeObject(object, etag, round) {
      const stamp = round ?? objects.get(nameOf(object))?.value.round ?? null;
      return objects.write(nameOf(object), { value: object, round: stamp }, etag);
    },
    async writeObjects(rows, round) {
      for (const { object, etag } of rows) {
        const stamp = round ?? objects.get(nameOf(object))?.value.round ?? null;
        objects.write(nameOf(object), { value: object, round: stamp }, etag);
      }
    },
    async addObjects(added, round) {
      return added.filter((object) => {
        if (objects.get(nameOf(object))) return true;
        objects.write(nameOf(object), { value: object, round }, null);
        return false;
      });
    },
    async *listObjectsBetween(type, from, to) {
      const rows = objects
        .values()
        .filter(({ value }) => value.type === type && value.id >= from && value.id <= to)
        .flatMap(({ value }) => objects.get(nameOf(value)) ?? []);
      yield* inPages(
        rows.map(({ value: { value, round }, etag }) => ({ value, etag, round })),
        options,
      );
    },
    async stampObjects(keys, round) {
      for (const key of keys) {
        const row = objects.get(nameOf(key));
        if (row) objects.write(nameOf(key), { value: row.value.value, round }, '*');
      }
    },
    async *listObjects(type) {
      yield* objectsWhere((row) => row.value.type === type);
    },
    async *listObjectsNotSeen(type, round) {
      yield* objectsWhere((row) => row.value.type === type && row.round !== round);
    },
    removeObject: async (key) => objects.remove(nameOf(key)),

    async putMembers(added, round) {
      for (const edge of added) {
        const stamp = round ?? edges.get(edgeName(edge))?.value.round ?? null;
        edges.write(edgeName(edge), { value: edge, round: stamp }, '*');
      }
    },
    async removeMembers(removed) {
      for (const edge of removed) edges.remove(edgeName(edge));
    },
    async *listMembers(groupId) {
      yield* inPages(
        edgesWhere((row) => row.value.groupId === groupId),
        options,
      );
    },
    async *listMembersNotSeen(groupId, round) {
      yield* inPages(
        edgesWhere((row) => row.value.groupId === groupId && row.round !== round),
        options,
      );
    },
    groupsOf: async (memberId) => edgesWhere((row) => row.value.memberId === memberId).map((edge) => edge.groupId),

    async putReports(added) {
      for (const edge of added) reports.write(reportName(edge), edge, '*');
    },
    async removeReports(removed) {
      for (const edge of removed) reports.remove(reportName(edge));
    },
    async *reportsOf(managerId) {
      const own = reports.values().filter((edge) => edge.managerId === managerId);
      yield* inPages(
        own.map(({ reportId }) => reportId),
        options,
      );
    },

    async *listMembershipsBetween(from, to) {
      const between = edgesWhere(({ value: { memberId } }) => memberId >= from && memberId <= to);
      yield* inPages(
        [...between].sort((a, b) => (a.memberId < b.memberId ? -1 : a.memberId > b.memberId ? 1 : 0)),
        options,
      );
    },
    async *listAllMembers() {
      yield* inPages(
        edgesWhere(() => true),
        options,
      );
    },

    async *listGroupChunks(generation) {
      yield* inPages(
        chunks
          .values()
          .filter((row) => row.generation === generation)
          .map((row) => row.chunk),
        options,
      );
    },
    async putGroupChunk(generation, index, chunk) {
      chunks.write(`${generation} ${String(index).padStart(6, '0')}`, { generation, chunk }, '*');
    },
    async removeGroupChunks(generation) {
      for (let index = 0; index < chunks.values().length + 1_000; index += 1)
        chunks.remove(`${generation} ${String(index).padStart(6, '0')}`);
    },

    async putAssignments(added) {
      for (const assignment of added) assignments.write(assignment.id, assignment, '*');
    },
    async removeAssignments(removed) {
      for (const assignment of removed) assignments.remove(assignment.id);
    },
    async *listAssignments() {
      yield* inPages(assignments.values(), options);
    },

    async markDirty(keys) {
      for (const { type, id } of keys) dirty.write(nameOf({ type, id }), { type, id, mark: String(++marks) }, '*');
    },
    isDirty: async (key) => dirty.get(nameOf(key)) !== undefined,
    async listDirty(after) {
      const waiting = dirty.values().filter((key) => !after || nameOf(key) > nameOf(after));
      return waiting.slice(0, Math.min(DIRTY_PAGE, options.pageSize ?? DIRTY_PAGE));
    },
    claimDirty: async () => String(++fence),
    async clearDirty(keys, token) {
      if (token !== String(fence)) throw new StaleStateError('Somebody else clears marks');
      for (const key of keys) dirty.remove(nameOf(key));
      return String(++fence);
    },
  };
  return watched('connectorSpace', space, options.onCall);
}
