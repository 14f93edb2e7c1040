import type { TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { type CycleRecord, type CycleStore, cycleRank } from '../../ports/cycle-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import {
  AFTER_SEPARATOR,
  fromJsonColumns,
  guard,
  isRowMissing,
  jsonColumns,
  KEY_SEPARATOR,
  keyOf,
  newestFirst,
  retryStale,
} from './table-kit';

const PARTITION = 'cycle';
const BY_TIME = 'at';
/** Of cycles whose items are under way. */
const EXPORTING = 'exporting';
/** Two writers of one cycle can meet only for a moment. */
const PUT_TRIES = 10;

const isCycle = guard<CycleRecord>()(
  z.object({
    cycleId: z.string(),
    kind: z.enum(['initial', 'incremental', 'onDemand', 'release', 'apply']),
    state: z.enum(['importing', 'enqueueing', 'exporting', 'succeeded', 'entryLevelErrors', 'failed']),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    enqueued: z.number(),
    staged: z.number(),
    imported: z.number(),
    unknowns: z.number().optional(),
    why: z.string(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
);

const idRow = (cycleId: string): string => keyOf('id', cycleId);
const timeRow = (cycle: CycleRecord): string => keyOf(BY_TIME, newestFirst(Date.parse(cycle.startedAt) || 0), cycle.cycleId);

/** How far back a process looks once for cycles that a version without rows of `exporting` has left open. */
const LOOKED_BACK = 25;

const range = (prefix: string) => ({
  partition: PARTITION,
  rowFrom: prefix + KEY_SEPARATOR,
  rowBefore: prefix + AFTER_SEPARATOR,
});

/** Cycles in one partition, each by id, by time and, while its items are under way, among those; written together. */
export function makeCycleStore(storage: Storage): CycleStore {
  const table = storage.table(TABLES.cycles);
  let hasLookedBack = false;
  const withoutRow = new Set<string>();
  const stored = async (cycleId: string): Promise<{ readonly record: CycleRecord; readonly etag: string } | undefined> => {
    const row = await table.get(PARTITION, idRow(cycleId));
    return row && { record: fromJsonColumns(row, 'a cycle', isCycle), etag: row.etag };
  };
  /** Writes all rows of a cycle in one transaction, which fails where another writer was faster. */
  const write = (cycle: CycleRecord, isRefused: (before: CycleRecord) => boolean): Promise<boolean> =>
    retryStale(PUT_TRIES, storage.random, async () => {
      const found = await stored(cycle.cycleId);
      const before = found?.record;
      if (before && isRefused(before)) return false;
      const columns = { partitionKey: PARTITION, ...jsonColumns(cycle) };
      const byId = { ...columns, rowKey: idRow(cycle.cycleId) };
      const actions: TransactionAction[] = [
        found ? ['update', byId, 'Replace', { etag: found.etag }] : ['create', byId],
        ['upsert', { ...columns, rowKey: timeRow(cycle) }, 'Replace'],
      ];
      // A restarted cycle moves to its new place; otherwise it would be listed twice.
      if (before && timeRow(before) !== timeRow(cycle))
        actions.push(['delete', { partitionKey: PARTITION, rowKey: timeRow(before) }]);
      const exporting = { ...columns, rowKey: keyOf(EXPORTING, cycle.cycleId) };
      if (cycle.state === 'exporting') actions.push(['upsert', exporting, 'Replace']);
      // One that an older version has stored has no row there: then the transaction fails for want of it.
      else if (before?.state === 'exporting' && !withoutRow.has(cycle.cycleId))
        actions.push(['delete', { partitionKey: PARTITION, rowKey: exporting.rowKey }]);
      await table.transact(actions).catch((error: unknown) => {
        if (isRowMissing(error instanceof Error ? error.cause : undefined)) withoutRow.add(cycle.cycleId);
        throw error;
      });
      return true;
    });
  return {
    read: async (cycleId) => (await stored(cycleId))?.record,
    put: async (cycle) => void (await write(cycle, () => false)),
    advance: (cycle) => write(cycle, (before) => cycleRank(before) > cycleRank(cycle)),

    async listExporting() {
      const cycles = await first(Number.POSITIVE_INFINITY, EXPORTING);
      if (hasLookedBack) return cycles;
      const known = new Set(cycles.map(({ cycleId }) => cycleId));
      const older = (await first(LOOKED_BACK, BY_TIME)).filter(
        ({ state, cycleId }) => state === 'exporting' && !known.has(cycleId),
      );
      hasLookedBack = older.length === 0;
      return [...cycles, ...older];
    },

    latest: (limit) => first(limit, BY_TIME),
  };

  async function first(limit: number, prefix: string): Promise<readonly CycleRecord[]> {
    const cycles: CycleRecord[] = [];
    if (limit <= 0) return cycles;
    const pageSize = Number.isFinite(limit) ? { pageSize: limit } : {};
    for await (const page of table.pages(range(prefix), pageSize)) {
      cycles.push(...page.map((row) => fromJsonColumns(row, 'a cycle', isCycle)));
      if (cycles.length >= limit) break;
    }
    return cycles.slice(0, limit);
  }
}
