import { z } from 'zod';
import { REMOVAL_KINDS } from '../../core/brake';
import type { StagedDeletion, StagedDeletionStore } from '../../ports/staged-deletion-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { objectKeySchema, objectRowKey } from './object-rows';
import { fromJsonColumns, guard, jsonColumns } from './table-kit';

const PARTITION = 'staged';

const isStagedDeletion = guard<StagedDeletion>()(
  z.object({
    key: objectKeySchema,
    cycleId: z.string(),
    changeId: z.string(),
    kind: z.enum(REMOVAL_KINDS),
    count: z.number(),
    reason: z.string(),
    state: z.enum(['candidate', 'staged', 'released']),
    stagedAt: z.string(),
    countedIn: z.string().optional(),
    heldIn: z.string().optional(),
    isWider: z.boolean().optional(),
  }),
);

/** Staged deletions, one row per object in one partition. */
export function makeStagedDeletionStore(storage: Storage): StagedDeletionStore {
  const table = storage.table(TABLES.stagedDeletions);
  return {
    put: async (rows) =>
      table.upsertMany(rows.map((row) => ({ partitionKey: PARTITION, rowKey: objectRowKey(row.key), ...jsonColumns(row) }))),
    async read(key) {
      const row = await table.getNear(PARTITION, objectRowKey(key));
      return row && fromJsonColumns(row, 'a staged deletion', isStagedDeletion);
    },
    remove: (keys) => table.removeMany(keys.map((key) => ({ partitionKey: PARTITION, rowKey: objectRowKey(key) }))),
    async *list() {
      for await (const page of table.pages({ partition: PARTITION })) {
        yield page.map((row) => fromJsonColumns(row, 'a staged deletion', isStagedDeletion));
      }
    },
  };
}
