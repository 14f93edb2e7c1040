import { randomUUID } from 'node:crypto';
import type { TransactionAction } from '@azure/data-tables';
import { concurrently } from '../../concurrently';
import { StaleStateError } from '../../core/errors';
import type { ProvisioningLogEntry } from '../../core/record';
import { mergeRepeat } from '../../core/repeat';
import type { ProvisioningLog } from '../../ports/provisioning-log';
import type { Storage } from './connection';
import { makeGathering } from './gathering';
import { purgeLog } from './log-purge';
import { countLog, queryLog } from './log-query';
import {
  countsKey,
  countsKeys,
  emptiedRows,
  entryColumns,
  entryKey,
  indexRows,
  isCarrier,
  newIndexRows,
  toCounts,
  toEntry,
} from './log-rows';
import { addCounts, countOf, noCounts } from './log-rules';
import { TABLES } from './names';
import { MAX_TRANSACTION_UNITS, PARALLEL_ROWS, type StoreTable } from './store-table';
import { jsonColumns, type Row, retryStale } from './table-kit';

/** More writers than ever meet at one of a cycle's counters. */
const RECORD_TRIES = 64;

/** What a recording did: the entry as it is stored now, and as it was before. */
interface Recorded {
  readonly result: 'recorded' | 'repeated';
  readonly stored: ProvisioningLogEntry;
  readonly before?: ProvisioningLogEntry;
}

/**
 * The provisioning log on a table:
 *
 *   partition                     row                    holds
 *   entry.<cycle>.<shard>         entry.<change>         the entry: the truth
 *   entry.<cycle>.<shard>         counts                 how many entries of this partition ended how
 *   cycle.<id>, change.<id>,      <instant>.<change>…    pointers with the columns to filter by, newest first; those of cycle
 *                                                        and time also with all that a `$filter` may ask for
 *   source.<id>, target.<id>,
 *   name.<digest>
 *   time.<day>, code.<…>.<day>,   <instant>.<change>…    the same; the days of a family lie side by side, newest first
 *   status.<…>.<day>
 *
 * Entry and counts change in one transaction, so the counts are exact whatever is repeated, raced for or cut off. Pointers follow;
 * one that a crash left out is written when the work item comes again, one left behind is found out by reading the entry.
 *
 * The pointers of cycle and time also carry the entry as long as it was never repeated: a new entry adds them and overwrites none, and
 * a repeat empties them before it changes the entry, so a late writer can bring nothing old back.
 */
export function makeProvisioningLog(storage: Storage): ProvisioningLog {
  const table = storage.table(TABLES.log);
  const recordTogether = makeRecorder(table, storage.random);
  const putPointers = makeGathering<Row>(
    ({ partitionKey }) => partitionKey,
    (rows) => table.upsertMany(rows),
  );
  const addPointers = makeGathering<Row>(
    ({ partitionKey }) => partitionKey,
    async (rows) => void (await table.addMany(rows)),
  );
  return {
    async record(entry) {
      const { result, stored, before } = await recordTogether(entry);
      await Promise.all(
        before
          ? indexRows(stored).map(putPointers)
          : newIndexRows(stored).map((row) => (isCarrier(row) ? addPointers(row) : putPointers(row))),
      );
      if (before) await table.removeMany(outdatedRows(before, stored));
      return result;
    },

    async read(cycleId, changeId) {
      const key = entryKey(cycleId, changeId);
      const row = await table.get(key.partitionKey, key.rowKey);
      return row && toEntry(row);
    },

    async counts(cycleId) {
      let sum = noCounts();
      await concurrently(countsKeys(cycleId), PARALLEL_ROWS, async (key) => {
        const row = await table.get(key.partitionKey, key.rowKey);
        if (row) sum = addCounts(sum, toCounts(row));
      });
      return sum;
    },

    query: (query, pageSize, next) => queryLog(table, query, pageSize, next),
    count: (query) => countLog(table, query),
    purge: (olderThan) => purgeLog(table, olderThan),
  };
}

/** An entry with what tells our own write from a repeat when the answer to it was lost and the library sent it again. */
interface Recording {
  readonly entry: ProvisioningLogEntry;
  readonly writer: string;
  /** Takes what became of it, or throws why nothing did. */
  readonly settle: (recorded: () => Recorded) => void;
}

/** Records entries that come at the same time and share a counter together; one that cannot be is recorded by itself. */
function makeRecorder(table: StoreTable, random: () => number): (entry: ProvisioningLogEntry) => Promise<Recorded> {
  const add = makeGathering<Recording>(
    ({ entry }) => entryKey(entry.cycleId, entry.changeId).partitionKey,
    async (recordings) => {
      if (recordings.length > 1 && (await addTogether(table, recordings))) return;
      // One that fails is not the others' failure.
      await concurrently(recordings, PARALLEL_ROWS, ({ entry, writer, settle }) =>
        recordEntry(table, random, entry, writer).then(
          (recorded) => settle(() => recorded),
          (error: unknown) =>
            settle(() => {
              throw error;
            }),
        ),
      );
    },
  );
  return async (entry) => {
    let recorded: (() => Recorded) | undefined;
    await add({
      entry,
      writer: randomUUID(),
      settle: (one) => {
        recorded = one;
      },
    });
    if (!recorded) throw new Error('An entry was not recorded.');
    return recorded();
  };
}

/** Adds new entries of one partition and their count, all or none. Returns false when that cannot be: then nothing is known of any. */
async function addTogether(table: StoreTable, recordings: readonly Recording[]): Promise<boolean> {
  const rows = recordings.map(({ entry, writer }) => ({
    ...entryKey(entry.cycleId, entry.changeId),
    writer,
    ...entryColumns(entry),
  }));
  const [first] = rows;
  if (!first || new Set(rows.map(({ rowKey }) => rowKey)).size < rows.length) return false;
  if (JSON.stringify(rows).length > MAX_TRANSACTION_UNITS) return false;
  const key = countsKey(first.partitionKey);
  const counts = await table.get(key.partitionKey, key.rowKey);
  const sum = recordings.reduce((before, { entry }) => addCounts(before, countOf(entry)), counts ? toCounts(counts) : noCounts());
  const countsRow = { ...key, ...jsonColumns(sum) };
  try {
    await table.transact([
      ...rows.map((row): TransactionAction => ['create', row]),
      counts ? ['update', countsRow, 'Merge', { etag: counts.etag }] : ['create', countsRow],
    ]);
  } catch (error) {
    // Somebody was faster at the counter, or one of them is a repeat.
    if (error instanceof StaleStateError) return false;
    throw error;
  }
  for (const { entry, settle } of recordings) settle(() => ({ result: 'recorded', stored: entry }));
  return true;
}

/** Writes the entry and its count, both or neither, and repeats while other writers of the same counter are faster. */
function recordEntry(table: StoreTable, random: () => number, entry: ProvisioningLogEntry, writer: string): Promise<Recorded> {
  let intended: Recorded | undefined;
  return retryStale(RECORD_TRIES, random, async () => {
    const key = entryKey(entry.cycleId, entry.changeId);
    const [row, counts] = await Promise.all([
      table.get(key.partitionKey, key.rowKey),
      table.get(key.partitionKey, countsKey(key.partitionKey).rowKey),
    ]);
    if (row?.writer === writer) return intended ?? { result: 'recorded', stored: entry };
    const before = row && toEntry(row);
    const stored = before ? mergeRepeat(before, entry) : entry;
    const entryRow = { ...key, writer, ...entryColumns(stored) };
    const actions: TransactionAction[] = [row ? ['update', entryRow, 'Replace', { etag: row.etag }] : ['create', entryRow]];
    const isOutcomeNew = !before || JSON.stringify(countOf(before)) !== JSON.stringify(countOf(stored));
    if (isOutcomeNew) {
      const known = counts ? toCounts(counts) : noCounts();
      const others = before ? addCounts(known, countOf(before), -1) : known;
      const countsRow = { ...countsKey(key.partitionKey), ...jsonColumns(addCounts(others, countOf(stored))) };
      actions.push(counts ? ['update', countsRow, 'Merge', { etag: counts.etag }] : ['create', countsRow]);
    }
    intended = before ? { result: 'repeated', stored, before } : { result: 'recorded', stored };
    if (before) await table.upsertMany(emptiedRows(before), 'Merge');
    await table.transact(actions);
    return intended;
  });
}

/** Pointers of the former outcome that the new one no longer has. */
function outdatedRows(before: ProvisioningLogEntry, stored: ProvisioningLogEntry) {
  const kept = new Set(indexRows(stored).map((row) => row.partitionKey));
  return indexRows(before).filter((row) => !kept.has(row.partitionKey));
}
