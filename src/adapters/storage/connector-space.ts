import { odata, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { StaleStateError } from '../../core/errors';
import { type AppRoleAssignment, type ObjectType, type SourceId, type SourceObject, sourceId } from '../../core/model';
import type { ConnectorSpace, GroupChunk, MemberEdge, ReportEdge, StoredObject } from '../../ports/connector-space';
import type { ObjectKey } from '../../ports/stored';
import type { Storage } from './connection';
import { objectColumns, readLargeObject, removeParts } from './large-objects';
import { TABLES, type TableName } from './names';
import { objectKeySchema, objectRowKey, toMemberEdge } from './object-rows';
import { MAX_TRANSACTION_ROWS } from './store-table';
import {
  AFTER_SEPARATOR,
  encodeKey,
  fromJsonColumns,
  guard,
  jsonColumns,
  KEY_SEPARATOR,
  keyOf,
  type Row,
  type StoredRow,
} from './table-kit';

/** Largest page of waiting objects, as the port says. */
const DIRTY_PAGE = 500;
/** The stamp of a row that no full round has seen yet. */
const NEVER_SEEN = '';
const DIRTY = 'dirty';
/** Sorts before every mark. */
const FENCE = '.fence';
const ASSIGNMENT = 'assignment';

/** Enough for 50 million groups. */
const CHUNK_DIGITS = 6;

const chunkPartition = (generation: string): string => keyOf('chunk', generation);
const objectPartition = (type: ObjectType): string => keyOf('object', type);
const memberPartition = (groupId: string): string => keyOf('member', groupId);
const reportPartition = (managerId: string): string => keyOf('report', managerId);
const REVERSE = 'memberof';
const reversePartition = (memberId: string): string => keyOf(REVERSE, memberId);

const isAssignment = guard<AppRoleAssignment>()(
  z.object({
    id: z.string(),
    principalId: z.string(),
    principalType: z.enum(['User', 'Group', 'ServicePrincipal']),
    principalDisplayName: z.string(),
    appRoleId: z.string(),
  }),
);
const link = z.string().nullable();
const isGroupChunk = guard<GroupChunk>()(
  z.object({
    ids: z.array(z.string()),
    watermark: link,
    watermarkAt: link,
    next: link,
    round: link,
    isUnsettled: z.boolean().optional(),
    watch: z.object({ mark: z.string(), pages: z.number(), nextMarkAt: z.number(), empty: z.number() }).nullable(),
    nested: z.object({ until: z.string(), lookedAt: z.string() }).optional(),
  }),
);
const isText = guard<string>()(z.string());
const isObjectKey = guard<ObjectKey>()(objectKeySchema);

const edgeRow = (edge: MemberEdge, round: string | undefined): Row => ({
  partitionKey: memberPartition(edge.groupId),
  rowKey: encodeKey(edge.memberId),
  ...jsonColumns(edge),
  ...(round !== undefined && { round }),
});
const reverseRow = (edge: MemberEdge): Row => ({
  partitionKey: reversePartition(edge.memberId),
  rowKey: encodeKey(edge.groupId),
  ...jsonColumns(edge),
});
const reportRow = ({ managerId, reportId }: ReportEdge): Row => ({
  partitionKey: reportPartition(managerId),
  rowKey: encodeKey(reportId),
  ...jsonColumns(reportId),
});
const dirtyRow = (key: ObjectKey): Row => ({
  partitionKey: DIRTY,
  rowKey: objectRowKey(key),
  ...jsonColumns({ type: key.type, id: key.id }),
});

/**
 * The connector space on a table:
 *
 *   partition           row             holds
 *   object.<type>       <id>            a source object, and the full round that last saw it
 *   part.<type>.<id>    <digest>.<n>    what of a source object does not fit into its row
 *   member.<groupId>    <memberId>      a membership, and the round that last saw it: the truth
 *   memberof.<memberId> <groupId>       the same membership from the other side
 *   report.<managerId>  <reportId>      whose report somebody is or was; only where mappings read something of managers
 *   chunk.<generation>  <number>        up to 50 followed groups and where their delta stands
 *   assignment          <assignmentId>  an app role assignment
 *   dirty               <type>.<id>     an object that waits to be evaluated
 *   dirty               .fence          changes with every claim and every clearing, in one transaction with it
 *
 * A membership's truth is written first and removed last, so after a crash between the two every reverse row still has its truth:
 * the next full round sees it and puts right what is missing.
 */
export function makeConnectorSpace(storage: Storage, name: TableName = TABLES.connectorSpace): ConnectorSpace {
  const table = storage.table(name);

  async function* members(groupId: SourceId, round?: string): AsyncGenerator<readonly MemberEdge[]> {
    for await (const page of table.pages({ partition: memberPartition(groupId) })) {
      // Filtered here, because the service never returns rows that lack a column to a condition on it.
      const edges = page.filter((row) => round === undefined || row.round !== round).map(toMemberEdge);
      if (edges.length > 0) yield edges;
    }
  }

  async function* objects(type: ObjectType, where?: string): AsyncGenerator<readonly SourceObject[]> {
    for await (const page of table.pages({ partition: objectPartition(type), where })) {
      yield await Promise.all(page.map((row) => readLargeObject(table, type, row)));
    }
  }

  const stored = async (type: ObjectType, row: StoredRow): Promise<StoredObject> => ({
    value: await readLargeObject(table, type, row),
    etag: row.etag,
    round: typeof row.round === 'string' && row.round !== NEVER_SEEN ? row.round : null,
  });

  const keysOf = ({ type, id }: ObjectKey) => ({ partitionKey: objectPartition(type), rowKey: encodeKey(id) });

  async function writeObject(object: SourceObject, etag: string | null, round?: string): Promise<string> {
    const { columns: json, parts } = objectColumns(object);
    const columns = { ...keysOf(object), ...json };
    if (parts.length > 0) {
      await table.upsertMany(parts);
      await removeParts(table, object, String(json.moreTag), storage.clock().getTime());
    }
    if (round !== undefined) return table.writeNear({ ...columns, round }, etag);
    // Merging leaves the stamp as it is. A new row must have one, or the search for rows not seen would miss it.
    if (etag !== null && etag !== '*') return table.writeNear(columns, etag, 'Merge');
    try {
      return await table.writeNear({ ...columns, round: NEVER_SEEN }, null);
    } catch (error) {
      if (etag === null || !(error instanceof StaleStateError)) throw error;
      return table.write(columns, '*', 'Merge');
    }
  }

  return {
    async readObject(key) {
      const row = await table.getNear(objectPartition(key.type), encodeKey(key.id));
      return row && stored(key.type, row);
    },

    writeObject,

    async writeObjects(rows, round) {
      const small: Row[] = [];
      const etags = new Map<Row, string | null>();
      for (const { object, etag } of rows) {
        const { columns, parts } = objectColumns(object);
        // What has parts is written in an order of its own.
        if (parts.length > 0) await writeObject(object, etag, round);
        else {
          const stamp = round ?? (etag === null ? NEVER_SEEN : undefined);
          const row = { ...keysOf(object), ...columns, ...(stamp !== undefined && { round: stamp }) };
          small.push(row);
          etags.set(row, etag);
        }
      }
      await table.writeMany(small, (row) => etags.get(row) ?? null);
    },

    async addObjects(added, round) {
      const byKey = new Map<string, SourceObject>();
      const rows: Row[] = [];
      for (const object of added) {
        const { columns, parts } = objectColumns(object);
        if (parts.length > 0) await table.upsertMany(parts);
        const row = { partitionKey: objectPartition(object.type), rowKey: encodeKey(object.id), ...columns, round };
        rows.push(row);
        byKey.set(`${row.partitionKey} ${row.rowKey}`, object);
      }
      const taken = await table.addMany(rows);
      return taken.flatMap(({ partitionKey, rowKey }) => byKey.get(`${partitionKey} ${rowKey}`) ?? []);
    },

    async *listObjectsBetween(type, from, to, pageSize) {
      const range = { partition: objectPartition(type), rowFrom: encodeKey(from), rowBefore: `${encodeKey(to)}${KEY_SEPARATOR}` };
      for await (const page of table.pages(range, { ...(pageSize !== undefined && { pageSize }) })) {
        yield await Promise.all(page.map((row) => stored(type, row)));
      }
    },

    stampObjects: (keys, round) =>
      table.mergeExisting(keys.map((key) => ({ partitionKey: objectPartition(key.type), rowKey: encodeKey(key.id), round }))),

    listObjects: (type) => objects(type),
    listObjectsNotSeen: (type, round) => objects(type, odata`round ne ${round}`),
    async removeObject(key) {
      const row = await table.get(objectPartition(key.type), encodeKey(key.id));
      await table.remove(objectPartition(key.type), encodeKey(key.id));
      if (row?.moreParts) await removeParts(table, key);
    },

    async putMembers(edges, round) {
      await table.upsertMany(
        edges.map((edge) => edgeRow(edge, round)),
        'Merge',
      );
      await table.upsertMany(edges.map(reverseRow));
    },

    async removeMembers(edges) {
      await table.removeMany(edges.map(reverseRow));
      await table.removeMany(edges.map((edge) => edgeRow(edge, undefined)));
    },

    listMembers: (groupId) => members(groupId),
    listMembersNotSeen: (groupId, round) => members(groupId, round),

    async groupsOf(memberId) {
      const rows = await table.listNear(REVERSE, reversePartition(memberId));
      return rows.map((row) => sourceId(toMemberEdge(row).groupId));
    },

    putReports: (edges) => table.upsertMany(edges.map(reportRow)),
    removeReports: (edges) => table.removeMany(edges.map(reportRow)),
    async *reportsOf(managerId) {
      for await (const page of table.pages({ partition: reportPartition(managerId) }))
        yield page.map((row) => sourceId(fromJsonColumns(row, 'a report', isText)));
    },

    async *listMembershipsBetween(from, to) {
      for await (const page of table.pages({ partition: { from: reversePartition(from), to: reversePartition(to) } })) {
        yield page.map(toMemberEdge);
      }
    },

    async *listAllMembers() {
      const all = { from: `member${KEY_SEPARATOR}`, to: `member${AFTER_SEPARATOR}` };
      for await (const page of table.pages({ partition: all })) yield page.map(toMemberEdge);
    },

    async *listGroupChunks(generation) {
      for await (const page of table.pages({ partition: chunkPartition(generation) })) {
        yield page.map((row) => fromJsonColumns(row, 'a delta of groups', isGroupChunk));
      }
    },

    async putGroupChunk(generation, index, chunk) {
      const rowKey = String(index).padStart(CHUNK_DIGITS, '0');
      await table.write({ partitionKey: chunkPartition(generation), rowKey, ...jsonColumns(chunk) }, '*');
    },

    async removeGroupChunks(generation) {
      for await (const page of table.pages({ partition: chunkPartition(generation) }, { select: [] }))
        await table.removeMany(page);
    },

    putAssignments: async (assignments) =>
      table.upsertMany(
        assignments.map((assignment) => ({
          partitionKey: ASSIGNMENT,
          rowKey: encodeKey(assignment.id),
          ...jsonColumns(assignment),
        })),
      ),

    removeAssignments: (assignments) =>
      table.removeMany(assignments.map((assignment) => ({ partitionKey: ASSIGNMENT, rowKey: encodeKey(assignment.id) }))),

    async *listAssignments() {
      for await (const page of table.pages({ partition: ASSIGNMENT })) {
        yield page.map((row) => fromJsonColumns(row, 'an assignment', isAssignment));
      }
    },

    async markDirty(keys) {
      const [only, ...others] = keys.map(dirtyRow);
      if (only && others.length === 0) await table.writeNear(only, '*');
      else if (only) await table.upsertMany([only, ...others]);
    },

    async isDirty(key) {
      const { partitionKey, rowKey } = dirtyRow(key);
      return (await table.get(partitionKey, rowKey)) !== undefined;
    },

    async listDirty(after) {
      const range = { partition: DIRTY, rowAfter: after ? objectRowKey(after) : FENCE };
      for await (const page of table.pages(range, { pageSize: DIRTY_PAGE })) {
        // A first page shorter than it could be does no harm: the caller continues after its last key.
        return page.map((row) => ({ ...fromJsonColumns(row, 'a waiting object', isObjectKey), mark: row.etag }));
      }
      return [];
    },

    claimDirty: () => table.write({ partitionKey: DIRTY, rowKey: FENCE }, '*'),

    async clearDirty(keys, token) {
      let etag = token;
      for (let from = 0; from < keys.length; from += MAX_TRANSACTION_ROWS - 1) {
        const marks = keys.slice(from, from + MAX_TRANSACTION_ROWS - 1);
        const [next] = await table.transact([
          ['update', { partitionKey: DIRTY, rowKey: FENCE }, 'Replace', { etag }],
          ...marks.map((key): TransactionAction => ['delete', { partitionKey: DIRTY, rowKey: objectRowKey(key) }]),
        ]);
        etag = next ?? '';
      }
      return etag;
    },
  };
}
