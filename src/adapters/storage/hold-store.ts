import { z } from 'zod';
import type { Hold, HoldStore } from '../../ports/hold-store';
import type { Storage } from './connection';
import { TABLES } from './names';
import { objectKeySchema, objectRowKey } from './object-rows';
import { fromJsonColumns, guard, jsonColumns } from './table-kit';

const PARTITION = 'hold';

const texts = z.array(z.string());
const wayBack = z.object({
  cycleId: z.string(),
  changeId: z.string(),
  changedAt: z.string(),
  targetId: z.string(),
  isCreation: z.boolean(),
  values: z.array(z.object({ attribute: z.string(), left: z.string().nullable(), was: z.string().nullable() })),
  join: texts,
  leave: texts,
  lost: z.array(z.object({ attribute: z.string(), reason: z.string() })),
});

const isHold = guard<Hold>()(
  z.object({
    key: objectKeySchema,
    source: z.object({ deleted: z.string(), entitlements: z.string(), attributes: z.record(z.string(), z.string()) }),
    heldBy: z.object({ type: z.enum(['system', 'user', 'application']), id: z.string(), displayName: z.string() }),
    heldAt: z.string(),
    planId: z.string(),
    cycleId: z.string(),
    name: z.string(),
    way: wayBack.nullable(),
    allows: z.object({ kind: z.string(), countedIn: z.string() }).nullable(),
    isLast: z.boolean(),
  }),
);

/** What operators hold, one row per object in one partition: there are few, and they are looked through as a whole. */
export function makeHoldStore(storage: Storage): HoldStore {
  const table = storage.table(TABLES.holds);
  const rowOf = (hold: Hold) => ({ partitionKey: PARTITION, rowKey: objectRowKey(hold.key), ...jsonColumns(hold) });
  return {
    async read(key) {
      const row = await table.getNear(PARTITION, objectRowKey(key));
      return row && { value: fromJsonColumns(row, 'a hold', isHold), etag: row.etag };
    },
    put: (holds) => table.upsertMany(holds.map(rowOf)),
    write: (hold, etag) => table.write(rowOf(hold), etag),
    remove: (keys) => table.removeMany(keys.map((key) => ({ partitionKey: PARTITION, rowKey: objectRowKey(key) }))),
    async *list(after) {
      const range = { partition: PARTITION, ...(after && { rowAfter: objectRowKey(after) }) };
      for await (const page of table.pages(range)) yield page.map((row) => fromJsonColumns(row, 'a hold', isHold));
    },
  };
}
