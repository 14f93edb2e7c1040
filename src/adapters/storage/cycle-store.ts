import type { TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { CycleRecord, CycleStore } from '../../ports/stores';
import type { Storage } from './connection';
import { TABLES } from './names';
import { AFTER_SEPARATOR, fromJsonColumns, guard, jsonColumns, KEY_SEPARATOR, keyOf, newestFirst, retryStale } from './table-kit';

const PARTITION = 'cycle';
const BY_TIME = 'at';
/** Two writers of one cycle can meet only for a moment. */
const PUT_TRIES = 10;

const isCycle = guard<CycleRecord>(
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

/** Cycles in one partition, each twice, by id and by time, written together. */
export function makeCycleStore(storage: Storage): CycleStore {
  const table = storage.table(TABLES.cycles);
  const stored = async (cycleId: string): Promise<CycleRecord | undefined> => {
    const row = await table.get(PARTITION, idRow(cycleId));
    return row && fromJsonColumns(row, 'a cycle', isCycle);
  };
  return {
    read: stored,

    put: (cycle) =>
      retryStale(PUT_TRIES, storage.random, async () => {
        const before = await stored(cycle.cycleId);
        const columns = { partitionKey: PARTITION, ...jsonColumns(cycle) };
        const actions: TransactionAction[] = [
          ['upsert', { ...columns, rowKey: idRow(cycle.cycleId) }, 'Replace'],
          ['upsert', { ...columns, rowKey: timeRow(cycle) }, 'Replace'],
        ];
        // A restarted cycle moves to its new place; otherwise it would be listed twice.
        if (before && timeRow(before) !== timeRow(cycle))
          actions.push(['delete', { partitionKey: PARTITION, rowKey: timeRow(before) }]);
        await table.transact(actions);
      }),

    async latest(limit) {
      const cycles: CycleRecord[] = [];
      if (limit <= 0) return cycles;
      const range = { partition: PARTITION, rowFrom: BY_TIME + KEY_SEPARATOR, rowBefore: BY_TIME + AFTER_SEPARATOR };
      for await (const page of table.pages(range, { pageSize: limit })) {
        cycles.push(...page.map((row) => fromJsonColumns(row, 'a cycle', isCycle)));
        if (cycles.length >= limit) break;
      }
      return cycles.slice(0, limit);
    },
  };
}
