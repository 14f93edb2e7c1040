import { concurrently } from '../../concurrently';
import { StaleStateError } from '../../core/errors';
import { countsKey, dayFamily, dayPartition, entryKey, indexRows, toEntry, toPointer } from './log-rows';
import { PARALLEL_ROWS, type RowKey, type StoreTable } from './store-table';
import { newestFirst, type StoredRow } from './table-kit';

/** Entries that one call removes at most. */
const MAX_PURGED = 500;

/**
 * Removes the entries of before an instant, at most 500 per call, with all that points to them. The pointer by time goes last, so an
 * interrupted purge finds the rest again.
 */
export async function purgeLog(table: StoreTable, olderThan: Date): Promise<number> {
  const newest = olderThan.getTime() - 1;
  const family = dayFamily.time();
  const range = {
    partition: { from: dayPartition(family, newest), to: dayPartition(family, 0) },
    rowFrom: newestFirst(newest),
  };
  let rows: readonly StoredRow[] = [];
  for await (const page of table.pages(range, { select: ['json0', 'jsonParts'], pageSize: MAX_PURGED })) {
    rows = page;
    break;
  }
  if (rows.length === 0) return 0;

  const entries: RowKey[] = [];
  const pointers: RowKey[] = [];
  await concurrently(rows, PARALLEL_ROWS, async (row) => {
    const { cycleId, changeId } = toPointer(row);
    const key = entryKey(cycleId, changeId);
    const stored = await table.get(key.partitionKey, key.rowKey);
    entries.push(key);
    if (stored) pointers.push(...indexRows(toEntry(stored)).filter((pointer) => pointer.partitionKey !== row.partitionKey));
  });
  await table.removeMany(pointers);
  await table.removeMany(entries);
  await concurrently([...new Set(entries.map((key) => key.partitionKey))], PARALLEL_ROWS, (partition) =>
    dropCounts(table, partition),
  );
  await table.removeMany(rows.map(({ partitionKey, rowKey }) => ({ partitionKey, rowKey })));
  return rows.length;
}

/** Removes the counts of a partition whose entries are all gone. An entry that comes meanwhile changes the etag, and they stay. */
async function dropCounts(table: StoreTable, partition: string): Promise<void> {
  const key = countsKey(partition);
  const counts = await table.get(key.partitionKey, key.rowKey);
  if (!counts) return;
  for await (const _ of table.pages({ partition, rowAfter: key.rowKey }, { select: [], pageSize: 1 })) return;
  try {
    await table.remove(key.partitionKey, key.rowKey, counts.etag);
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
  }
}
