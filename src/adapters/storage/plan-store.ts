import { z } from 'zod';
import { isPlanMark, type PlanHeader, type PlanRow, type PlanStore, type ShadowSpace } from '../../ports/plan-store';
import type { Storage } from './connection';
import { makeConnectorSpace } from './connector-space';
import { TABLES } from './names';
import { objectKeySchema, objectRowKey } from './object-rows';
import { AFTER_SEPARATOR, fromJsonColumns, guard, jsonColumns, KEY_SEPARATOR, keyOf, type StoredRow } from './table-kit';

const HEADERS = 'header';
const SCHEMAS = 'schema';
/** Objects to act on, and those that cannot be taken back, sort before those that are left as they are. */
const ACTING = 'a';
const QUIET = 'z';

const isHeader = guard<PlanHeader>()(
  z.looseObject({ planId: z.string(), state: z.string(), schemaHash: z.string(), phase: z.string(), counts: z.looseObject({}) }),
);
/** Before there were other kinds, a header said nothing of its own. */
const toHeader = (row: StoredRow): PlanHeader => {
  const header: Omit<PlanHeader, 'kind'> & Partial<PlanHeader> = fromJsonColumns(row, 'a plan', isHeader);
  return { kind: 'cycle', ...header };
};
const isRow = guard<PlanRow>()(z.looseObject({ key: objectKeySchema, outcome: z.string(), digest: z.string() }));
const isText = guard<{ readonly text: string }>()(z.object({ text: z.string() }));

const rowKeyOf = (row: PlanRow): string => {
  const isNamed = row.drift !== undefined || row.code === 'NotRestorable';
  const isActing = row.outcome === 'planned' || row.outcome === 'failed' || isNamed;
  return `${isActing ? ACTING : QUIET}${KEY_SEPARATOR}${objectRowKey(row.key)}`;
};

/**
 * Plans on a table:
 *
 *   partition   row                 holds
 *   header      <planId>            what a plan is and how far
 *   schema      <planId>            the mapping file it is made with, where that is not the one in force
 *   plan.<id>   a|z.<type>.<id>     one object: `a` to be acted on or failed, `z` left as it is
 */
export function makePlanStore(storage: Storage): PlanStore {
  const table = storage.table(TABLES.plans);
  const partition = (planId: string): string => keyOf('plan', planId);
  return {
    async read(planId) {
      const row = await table.get(HEADERS, keyOf(planId));
      return row && { value: toHeader(row), etag: row.etag };
    },
    write: (header, etag) => table.write({ partitionKey: HEADERS, rowKey: keyOf(header.planId), ...jsonColumns(header) }, etag),
    async list() {
      const headers: PlanHeader[] = [];
      for await (const page of table.pages({ partition: HEADERS })) {
        headers.push(...page.map(toHeader));
      }
      return headers;
    },
    async writeSchema(planId, text) {
      await table.write({ partitionKey: SCHEMAS, rowKey: keyOf(planId), ...jsonColumns({ text }) }, '*');
    },
    async readSchema(planId) {
      const row = await table.get(SCHEMAS, keyOf(planId));
      return row && fromJsonColumns(row, 'the schema of a plan', isText).text;
    },
    putRows: (planId, rows) =>
      table.upsertMany(rows.map((row) => ({ partitionKey: partition(planId), rowKey: rowKeyOf(row), ...jsonColumns(row) }))),
    async rows(planId, which, limit, after) {
      const range = {
        partition: partition(planId),
        // Marks are row keys; what is none never reaches a query.
        ...(after !== undefined && isPlanMark(after) && { rowAfter: after }),
        ...(which === 'acting' && { rowBefore: ACTING + AFTER_SEPARATOR }),
      };
      // One more than asked for tells whether there is a next page. A page of the service may be shorter than it could be.
      const found = [];
      for await (const page of table.pages(range, { pageSize: limit + 1 })) {
        found.push(...page);
        if (found.length > limit) break;
      }
      const rows = found.slice(0, limit).map((row) => fromJsonColumns(row, 'an object of a plan', isRow));
      const last = found.at(limit - 1);
      return { rows, ...(found.length > limit && last && { next: last.rowKey }) };
    },
    async remove(planId) {
      for await (const page of table.pages({ partition: partition(planId) }, { select: [] })) await table.removeMany(page);
      await table.remove(SCHEMAS, keyOf(planId));
      await table.remove(HEADERS, keyOf(planId));
    },
  };
}

/** The connector space of plans, in a table of its own. */
export function makeShadowSpace(storage: Storage): ShadowSpace {
  const table = storage.table(TABLES.planSpace);
  return {
    ...makeConnectorSpace(storage, TABLES.planSpace),
    async clear() {
      for await (const page of table.pages({ partition: { from: '', to: '~' } }, { select: [] })) await table.removeMany(page);
    },
  };
}
