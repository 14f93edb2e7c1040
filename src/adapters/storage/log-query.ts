import { odata } from '@azure/data-tables';
import { z } from 'zod';
import { concurrently } from '../../concurrently';
import type { ProvisioningLogEntry } from '../../core/record';
import { InvalidLogQueryError, type LogPage, type LogQuery } from '../../ports/provisioning-log';
import { dayFamily, dayPartition, entryKey, INDEXED_STATUSES, indexed, partitionOf, toEntry, toPointer } from './log-rows';
import { matchesLogQuery, queryMs } from './log-rules';
import { type KeyRange, MAX_PAGE_ROWS, type StoreTable } from './store-table';
import { AFTER_SEPARATOR, newestFirst, newestFirstMs, type StoredRow } from './table-kit';

/** Index rows that one call looks at before it answers what it has; then `next` goes on. */
const MAX_ROWS_PER_CALL = 5_000;
/** Entries read at a time, by key. */
const PARALLEL_READS = 32;
const MAX_TOKEN_LENGTH = 2_000;
const FIRST_MS = 0;
const LAST_MS = newestFirstMs('0000000000000');

const tokenSchema = z.object({ v: z.literal(1), after: z.string().regex(/^\d{13}\.[A-Za-z0-9_.-]{1,800}$/) });

const encodeToken = (rowKey: string): string => Buffer.from(JSON.stringify({ v: 1, after: rowKey })).toString('base64url');

function decodeToken(token: string): string {
  const refuse = (): never => {
    throw new InvalidLogQueryError('The continuation token is not one that this log gave; ask for the first page again');
  };
  if (token.length > MAX_TOKEN_LENGTH) return refuse();
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))).after;
  } catch {
    return refuse();
  }
}

/** Where to look: one partition, or a family of day partitions. */
type Place = { readonly partition: string } | { readonly family: string };

/** The narrowest place that holds every answer. */
function placeOf(query: LogQuery): Place {
  if (query.changeId !== undefined) return { partition: partitionOf.change(query.changeId) };
  if (query.sourceId !== undefined) return { partition: partitionOf.source(query.sourceId) };
  if (query.targetId !== undefined) return { partition: partitionOf.target(query.targetId) };
  if (query.name !== undefined) return { partition: partitionOf.name(query.name) };
  if (query.cycleId !== undefined) return { partition: partitionOf.cycle(query.cycleId) };
  const code = query.errorCode ?? query.skipReason;
  if (code !== undefined && code !== '') return { family: dayFamily.code(code) };
  const [status, ...others] = query.statuses ?? [];
  if (status && others.length === 0 && INDEXED_STATUSES.includes(status)) return { family: dayFamily.status(status) };
  return { family: dayFamily.time() };
}

/** Conditions that the service checks on index columns. The entry itself is checked again: an index row may be out of date. */
function conditions(query: LogQuery): string {
  const equal = (column: string, text: string | undefined): readonly string[] =>
    text === undefined ? [] : [`${column} ${odata`eq ${indexed(text)}`}`];
  return [
    ...(query.statuses && query.statuses.length > 0
      ? [`(${query.statuses.map((status) => odata`status eq ${status}`).join(' or ')})`]
      : []),
    ...(query.action === undefined ? [] : [odata`action eq ${query.action}`]),
    ...equal('skipReason', query.skipReason),
    ...equal('errorCode', query.errorCode),
    ...equal('sourceId', query.sourceId),
    ...equal('targetId', query.targetId),
    ...equal('cycleId', query.cycleId),
  ].join(' and ');
}

/** The keys to read: later than `after` in the order of the log, and within the times asked for. */
function rangeOf(query: LogQuery, after: string | undefined): KeyRange {
  const place = placeOf(query);
  const before = queryMs(query.before);
  const newest = Math.min(
    before === undefined ? LAST_MS : before - 1,
    after === undefined ? LAST_MS : newestFirstMs(after.slice(0, 13)),
  );
  const oldest = queryMs(query.after) ?? FIRST_MS;
  return {
    partition:
      'partition' in place
        ? place.partition
        : { from: dayPartition(place.family, newest), to: dayPartition(place.family, oldest) },
    rowFrom: newestFirst(newest),
    rowAfter: after,
    rowBefore: newestFirst(oldest) + AFTER_SEPARATOR,
    where: conditions(query),
  };
}

function mayContain(row: StoredRow, part: string): boolean {
  if (part === '') return true;
  const names: unknown = JSON.parse(String(row.names ?? '[]'));
  return Array.isArray(names) && names.some((name) => typeof name === 'string' && name.includes(part));
}

/** Rows one by one, so that reading stops as soon as a page is full. */
async function* rowsOf(table: StoreTable, range: KeyRange, pageSize: number): AsyncGenerator<StoredRow> {
  for await (const page of table.pages(range, { select: ['json0', 'jsonParts', 'names'], pageSize })) yield* page;
}

/** Answers one page of the log. @see ProvisioningLog.query */
export async function queryLog(table: StoreTable, query: LogQuery, pageSize: number, next?: string): Promise<LogPage> {
  const size = Math.min(Math.max(Math.trunc(pageSize) || 1, 1), MAX_PAGE_ROWS);
  const part = indexed(query.nameContains ?? '');
  const range = rangeOf(query, next === undefined ? undefined : decodeToken(next));
  if (query.statuses?.length === 0) return { entries: [] };

  const rows = rowsOf(table, range, part === '' ? size + 1 : MAX_PAGE_ROWS);
  const entries: ProvisioningLogEntry[] = [];
  let last: string | undefined;
  for (let looked = 0, isOver = false; !isOver; ) {
    const batch: StoredRow[] = [];
    while (batch.length < size - entries.length && looked < MAX_ROWS_PER_CALL) {
      const row = await rows.next();
      if (row.done) {
        isOver = true;
        break;
      }
      looked += 1;
      last = row.value.rowKey;
      if (mayContain(row.value, part)) batch.push(row.value);
    }
    entries.push(...(await readEntries(table, batch)).filter((entry) => matchesLogQuery(entry, query)));
    if (isOver) break;
    const isFull = entries.length === size;
    if (isFull || looked >= MAX_ROWS_PER_CALL) {
      if (isFull && (await rows.next()).done) break;
      await rows.return(undefined);
      return last === undefined ? { entries } : { entries, next: encodeToken(last) };
    }
  }
  return { entries };
}

/** The entries that index rows point to, in their order; those purged meanwhile are left out. */
async function readEntries(table: StoreTable, rows: readonly StoredRow[]): Promise<readonly ProvisioningLogEntry[]> {
  const entries: (ProvisioningLogEntry | undefined)[] = new Array(rows.length);
  await concurrently([...rows.entries()], PARALLEL_READS, async ([index, row]) => {
    const { cycleId, changeId } = toPointer(row);
    const key = entryKey(cycleId, changeId);
    const stored = await table.get(key.partitionKey, key.rowKey);
    entries[index] = stored && toEntry(stored);
  });
  return entries.filter((entry) => entry !== undefined);
}
