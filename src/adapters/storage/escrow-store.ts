import { z } from 'zod';
import type { Escrow, EscrowStore } from '../../ports/escrow-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { objectKeySchema, objectRowKey } from './object-rows';
import { fromJsonColumns, guard, jsonColumns } from './table-kit';

const PARTITION = 'escrow';

const isEscrow = guard<Escrow>()(
  z.object({
    key: objectKeySchema,
    firstFailedAt: z.string(),
    lastFailedAt: z.string(),
    attempts: z.number(),
    nextAttemptAt: z.string().nullable(),
    code: z.string(),
    reason: z.string(),
    detail: z.string().optional(),
    recommendedAction: z.string(),
    cycleId: z.string(),
    changeId: z.string(),
    isTransient: z.boolean(),
  }),
);

/** Escrows, one row per object in one partition: there are few, and they are looked through as a whole. */
export function makeEscrowStore(storage: Storage): EscrowStore {
  const table = storage.table(TABLES.escrows);
  return {
    async read(key) {
      const row = await table.getNear(PARTITION, objectRowKey(key));
      return row && fromJsonColumns(row, 'an escrow', isEscrow);
    },
    async put(escrow) {
      await table.write({ partitionKey: PARTITION, rowKey: objectRowKey(escrow.key), ...jsonColumns(escrow) }, '*');
    },
    remove: (key) => table.remove(PARTITION, objectRowKey(key)),
    async *list() {
      for await (const page of table.pages({ partition: PARTITION })) {
        yield page.map((row) => fromJsonColumns(row, 'an escrow', isEscrow));
      }
    },
  };
}
