import { odata } from '@azure/data-tables';
import { z } from 'zod';
import { concurrently } from '../../concurrently';
import { matchesFacts } from '../../core/log-filter/match';
import type { ProvisioningLogEntry } from '../../core/record';
import { DAY_MS } from '../../core/time';
import { InvalidLogQueryError, type LogPage, type LogQuery } from '../../ports/provisioning-log';
import {
  dayFamily,
  dayPartition,
  entryKey,
  INDEXED_STATUSES,
  indexed,
  partitionOf,
  toCarried,
  toEntry,
  toFacts,
  toPointer,
} from './log-rows';
import { matchesLogQuery, queryMs } from './log-rules';
import { type KeyRange, MAX_PAGE_ROWS, type StoreTable } from './store-table';
import { AFTER_SEPARATOR, newestFirst, newestFirstMs, type StoredRow } from './table-kit';

/** How long one call looks for what a filter asks, before it returns what it has; then `next` continues. */
const MAX_SEARCH_MS = 8_000;
/** Entries that are read together, when only they can tell whether the filter holds. */
const SEARCH_BATCH = 64;
/** Entries read at a time, by key. */
const PARALLEL_READS = 32;
const MAX_TOKEN_LENGTH = 2_000;
const FIRST_MS = 0;
const LAST_MS = newestFirstMs('0000000000000');

const tokenSchema = z.object({ v: z.literal(1), after: z.string().regex(/^\d{13}\.[A-Za-z0-9_.-]{1,800}$/) });

const encodeToken = (rowKey: string): string => Buffer.from(JSON.stringify({ v: 1, after: rowKey })).toString('base64url');

function decodeToken(token: string): string {
  const refuse = (): never => {
    throw new InvalidLogQueryError('The continuation token does not come from this log; ask for the first page again');
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

/** The narrowest place that holds everything asked for. */
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

/** Whether an index row may stand for an entry that is asked for; the entry decides. */
function mayMatch(row: StoredRow, { filter }: LogQuery, part: string): boolean {
  if (part !== '') {
    const names: unknown = JSON.parse(String(row.names ?? '[]'));
    if (!Array.isArray(names) || !names.some((name) => typeof name === 'string' && name.includes(part))) return false;
  }
  const facts = filter && toFacts(row);
  return filter === undefined || facts === undefined || matchesFacts(facts, filter);
}

const COLUMNS = ['json0', 'jsonParts', 'names', 'facts'];
/** The same with the entry that a row may carry: of use where hardly a row is read in vain. */
const WITH_ENTRY = [...COLUMNS, 'entry'];

/** Rows one by one, newest first, so that reading stops as soon as a page is full. */
async function* newestRows(
  table: StoreTable,
  range: KeyRange,
  pageSize: number,
  select: readonly string[],
): AsyncGenerator<StoredRow> {
  for await (const page of table.pages(range, { select, pageSize })) yield* page;
}

/** Rows that are held at a time to be turned round. */
const MAX_WINDOW_ROWS = 2_000;

/**
 * Rows one by one, oldest first. Keys can be read in their own order only, which is newest first; so times are looked through in windows,
 * each of which is read whole and turned round. A window grows where there is little and shrinks where there is too much.
 */
async function* oldestRows(table: StoreTable, query: LogQuery, after: string | undefined): AsyncGenerator<StoredRow> {
  const endMs = queryMs(query.before) ?? LAST_MS;
  const startMs = queryMs(query.after) ?? FIRST_MS;
  let fromMs =
    after === undefined ? await firstMs(table, query, startMs, endMs) : Math.max(startMs, newestFirstMs(after.slice(0, 13)));
  for (let spanMs = DAY_MS; fromMs < endMs; ) {
    const untilMs = Math.min(fromMs + spanMs, endMs);
    const rows = await windowRows(table, windowOf(query, fromMs, untilMs), spanMs > 1);
    if (rows === 'too many') {
      spanMs = Math.ceil(spanMs / 8);
      continue;
    }
    for (const row of [...rows].reverse()) if (after === undefined || row.rowKey < after) yield row;
    fromMs = untilMs;
    if (rows.length < MAX_WINDOW_ROWS / 8) spanMs *= 4;
  }
}

const windowOf = (query: LogQuery, fromMs: number, untilMs: number): KeyRange =>
  rangeOf({ ...query, after: new Date(fromMs).toISOString(), before: new Date(untilMs).toISOString() }, undefined);

/** An instant at most a day before the oldest row, found by halving: each step asks whether there is a row in a stretch of time. */
async function firstMs(table: StoreTable, query: LogQuery, startMs: number, endMs: number): Promise<number> {
  let fromMs = startMs;
  for (let untilMs = endMs; untilMs - fromMs > DAY_MS; ) {
    const middleMs = Math.floor((fromMs + untilMs) / 2);
    if (await hasRow(table, windowOf(query, fromMs, middleMs))) untilMs = middleMs;
    else fromMs = middleMs;
  }
  return fromMs;
}

async function hasRow(table: StoreTable, range: KeyRange): Promise<boolean> {
  for await (const _ of table.pages(range, { select: [], pageSize: 1 })) return true;
  return false;
}

async function windowRows(table: StoreTable, range: KeyRange, isDivisible: boolean): Promise<readonly StoredRow[] | 'too many'> {
  const rows: StoredRow[] = [];
  for await (const page of table.pages(range, { select: COLUMNS, pageSize: MAX_PAGE_ROWS })) {
    rows.push(...page);
    if (isDivisible && rows.length > MAX_WINDOW_ROWS) return 'too many';
  }
  return rows;
}

/** Candidates, by what their index rows say, until there are `count` of them, the rows end or the time is over. */
async function candidates(rows: AsyncGenerator<StoredRow>, query: LogQuery, count: number, untilMs: number) {
  const part = indexed(query.nameContains ?? '');
  const found: StoredRow[] = [];
  let last: string | undefined;
  while (found.length < count && performance.now() < untilMs) {
    const row = await rows.next();
    if (row.done) return { found, last, isOver: true };
    last = row.value.rowKey;
    if (mayMatch(row.value, query, part)) found.push(row.value);
  }
  return { found, last, isOver: false };
}

/** One page of the log. @see ProvisioningLog.query */
export async function queryLog(table: StoreTable, query: LogQuery, pageSize: number, next?: string): Promise<LogPage> {
  const size = Math.min(Math.max(Math.trunc(pageSize) || 1, 1), MAX_PAGE_ROWS);
  const after = next === undefined ? undefined : decodeToken(next);
  const range = rangeOf(query, query.isOldestFirst ? undefined : after);
  if (query.statuses?.length === 0) return { entries: [] };
  const isSearch = query.filter !== undefined || query.nameContains !== undefined;
  const rows = query.isOldestFirst
    ? oldestRows(table, query, after)
    : newestRows(table, range, isSearch ? MAX_PAGE_ROWS : size + 1, isSearch ? COLUMNS : WITH_ENTRY);
  const untilMs = performance.now() + MAX_SEARCH_MS;
  const entries: ProvisioningLogEntry[] = [];
  for (let last = after; ; ) {
    const missing = size - entries.length;
    const batch = await candidates(rows, query, isSearch ? Math.max(missing, SEARCH_BATCH) : missing, untilMs);
    let kept = last;
    for (const { row, entry } of await readEntries(table, batch.found)) {
      if (!matchesLogQuery(entry, query)) continue;
      if (entries.length === size) return page(rows, entries, kept);
      entries.push(entry);
      kept = row.rowKey;
    }
    last = batch.last ?? last;
    if (batch.isOver) return { entries };
    const isFull = entries.length === size;
    if (isFull && !isSearch && (await rows.next()).done) return { entries };
    if (isFull || performance.now() >= untilMs) return page(rows, entries, last);
  }
}

async function page(
  rows: AsyncGenerator<StoredRow>,
  entries: readonly ProvisioningLogEntry[],
  last: string | undefined,
): Promise<LogPage> {
  await rows.return(undefined);
  return last === undefined ? { entries } : { entries, next: encodeToken(last) };
}

/** How many entries there are. @see ProvisioningLog.count */
export async function countLog(table: StoreTable, query: LogQuery): Promise<number | undefined> {
  if (query.statuses?.length === 0) return 0;
  const rows = newestRows(table, rangeOf(query, undefined), MAX_PAGE_ROWS, COLUMNS);
  const untilMs = performance.now() + MAX_SEARCH_MS;
  for (let count = 0; ; ) {
    const batch = await candidates(rows, query, MAX_PAGE_ROWS, untilMs);
    const undecided = query.filter === undefined ? [] : batch.found.filter((row) => toFacts(row) === undefined);
    const decided = batch.found.length - undecided.length;
    count += decided + (await readEntries(table, undecided)).filter(({ entry }) => matchesLogQuery(entry, query)).length;
    if (batch.isOver) return count;
    if (performance.now() < untilMs) continue;
    await rows.return(undefined);
    return undefined;
  }
}

/** The entries that index rows carry or point to, in their order; those purged meanwhile are left out. */
async function readEntries(table: StoreTable, rows: readonly StoredRow[]) {
  const entries: ({ readonly row: StoredRow; readonly entry: ProvisioningLogEntry } | undefined)[] = new Array(rows.length);
  await concurrently([...rows.entries()], PARALLEL_READS, async ([index, row]) => {
    const entry = toCarried(row) ?? (await readEntry(table, row));
    entries[index] = entry && { row, entry };
  });
  return entries.filter((entry) => entry !== undefined);
}

async function readEntry(table: StoreTable, row: StoredRow): Promise<ProvisioningLogEntry | undefined> {
  const { cycleId, changeId } = toPointer(row);
  const key = entryKey(cycleId, changeId);
  const stored = await table.get(key.partitionKey, key.rowKey);
  return stored && toEntry(stored);
}
