import { z } from 'zod';
import { factsOf, type LogFacts } from '../../core/log-filter/match';
import type { ProvisioningLogEntry } from '../../core/record';
import { DAY_MS } from '../../core/time';
import type { OutcomeCounts } from '../../ports/provisioning-log';
import { entryErrorCode, entryMs, entryNames, fold } from './log-rules';
import type { RowKey } from './store-table';
import {
  digest,
  fromJsonColumns,
  fromJsonText,
  guard,
  jsonColumns,
  jsonText,
  KEY_SEPARATOR,
  keyOf,
  MAX_JSON_UNITS,
  newestFirst,
  type Row,
  type StoredRow,
} from './table-kit';

/** How many partitions, each with its own counter, the entries of a cycle are spread over. */
export const CYCLE_SHARDS = 16;
const COUNTS_ROW = 'counts';
/** Index columns serve filters and searches; what is longer is decided on the entry itself. */
const MAX_INDEXED_LENGTH = 1_000;
const MAX_INDEXED_NAMES = 20;
/** Units of JSON that an index row carries at most: a page of 500 rows is held in memory. A column could hold twice as much. */
const MAX_CARRIED_UNITS = 16_000;

/** Statuses that somebody looks for and that are few: they have an index. The others are found quickly among all entries. */
export const INDEXED_STATUSES: readonly string[] = ['failure', 'warning'];

const entryPartition = (cycleId: string, shard: number): string => keyOf('entry', fold(cycleId), String(shard));
const shardOf = (changeId: string): number => Number.parseInt(digest(fold(changeId)).slice(0, 8), 16) % CYCLE_SHARDS;

/** Where the one true row of an entry stands. */
export const entryKey = (cycleId: string, changeId: string): RowKey => ({
  partitionKey: entryPartition(cycleId, shardOf(changeId)),
  rowKey: keyOf('entry', fold(changeId)),
});

/** Where the counts of the same partition stand. */
export const countsKey = (partitionKey: string): RowKey => ({ partitionKey, rowKey: COUNTS_ROW });

/** The counts rows of a cycle. */
export const countsKeys = (cycleId: string): readonly RowKey[] =>
  Array.from({ length: CYCLE_SHARDS }, (_, shard) => countsKey(entryPartition(cycleId, shard)));

const identity = z.looseObject({ id: z.string(), displayName: z.string(), details: z.record(z.string(), z.string()) });
const isEntry = guard<ProvisioningLogEntry>()(
  z.looseObject({
    id: z.string(),
    activityDateTime: z.string(),
    cycleId: z.string(),
    changeId: z.string(),
    provisioningAction: z.string(),
    sourceIdentity: identity,
    targetIdentity: identity,
    provisioningStatusInfo: z.looseObject({
      status: z.enum(['success', 'warning', 'failure', 'skipped']),
      errorInformation: z.looseObject({ errorCode: z.string() }).nullable(),
    }),
    attempts: z.number(),
    skipReason: z.string().nullable(),
  }),
);
const counter = z.record(z.string(), z.number());
const isCounts = guard<OutcomeCounts>()(
  z.object({ byOutcome: counter, bySkipReason: counter, byErrorCode: counter, total: z.number() }),
);
const isPointer = guard<EntryPointer>()(z.object({ cycleId: z.string(), changeId: z.string() }));

const isFacts = guard<LogFacts>()(z.record(z.string(), z.union([z.string(), z.number(), z.null()])));

/** What the filter of a query may ask for, as an index row has it; undefined where the entry itself must be read. */
export function toFacts(row: StoredRow): LogFacts | undefined {
  const facts: unknown = typeof row.facts === 'string' && row.facts !== '' ? JSON.parse(row.facts) : undefined;
  return isFacts(facts) ? facts : undefined;
}

/** Facts as a column; empty when one is too long for an index. */
function factsColumn(entry: ProvisioningLogEntry): string {
  const facts = factsOf(entry);
  return Object.values(facts).some((fact) => typeof fact === 'string' && fact.length > MAX_INDEXED_LENGTH) ? '' : jsonText(facts);
}

/** Names an entry. */
export interface EntryPointer {
  readonly cycleId: string;
  readonly changeId: string;
}

/** Reads an entry. */
export const toEntry = (row: StoredRow): ProvisioningLogEntry => fromJsonColumns(row, 'a log entry', isEntry);
/** Reads the entry that an index row carries; undefined where the entry itself must be read. */
export const toCarried = (row: StoredRow): ProvisioningLogEntry | undefined =>
  typeof row.entry === 'string' && row.entry !== '' ? fromJsonText(row.entry, 'a log entry', isEntry) : undefined;
/** Reads counts. */
export const toCounts = (row: StoredRow): OutcomeCounts => fromJsonColumns(row, 'counts of a cycle', isCounts);
/** Reads which entry an index row stands for. */
export const toPointer = (row: StoredRow): EntryPointer => fromJsonColumns(row, 'a pointer to a log entry', isPointer);

/** An entry's JSON columns. One too large for a row is shortened, because a work item must never end without an entry. */
export function entryColumns(entry: ProvisioningLogEntry): Record<string, string | number> {
  for (const [length, count] of [
    [16_000, 1_000],
    [1_000, 200],
    [100, 50],
  ] as const) {
    if (jsonText(entry).length <= MAX_JSON_UNITS) break;
    entry = shorten(entry, length, count) as ProvisioningLogEntry;
  }
  return jsonColumns(entry);
}

function shorten(value: unknown, length: number, count: number): unknown {
  if (typeof value === 'string') return value.length > length ? `${value.slice(0, length)}…` : value;
  if (Array.isArray(value)) return value.slice(0, count).map((item) => shorten(item, length, count));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, count)
      .map(([key, item]) => [key.slice(0, length), shorten(item, length, count)]),
  );
}

/** An indexed text: folded and cut, alike for rows and for the conditions on them. */
export const indexed = (text: string): string => fold(text).slice(0, MAX_INDEXED_LENGTH);

const day = (ms: number): string => newestFirst(ms - (ms % DAY_MS));

/** Families of index partitions that are cut by day, so that no partition grows for ever; newest day first. */
export const dayFamily = {
  time: () => 'time',
  status: (status: string) => keyOf('status', status),
  code: (code: string) => keyOf('code', digest(indexed(code))),
};
/** One partition of such a family. The days of a family lie side by side, so several are one range of keys. */
export const dayPartition = (family: string, ms: number): string => `${family}${KEY_SEPARATOR}${day(ms)}`;

/** Index partitions that hold all of one thing. Names are digests: a key may show up in logs and addresses. */
export const partitionOf = {
  cycle: (cycleId: string) => keyOf('cycle', fold(cycleId)),
  change: (changeId: string) => keyOf('change', fold(changeId)),
  source: (id: string) => keyOf('source', fold(id)),
  target: (id: string) => keyOf('target', fold(id)),
  name: (name: string) => keyOf('name', digest(fold(name))),
};

/**
 * The index rows of an entry. Everywhere the row key begins with the instant, newest first, so every index is in the order of
 * the log and can be cut by time; everywhere the row points to the entry and carries what filters need.
 */
export function indexRows(entry: ProvisioningLogEntry): readonly Row[] {
  const ms = entryMs(entry);
  const { status } = entry.provisioningStatusInfo;
  const errorCode = entryErrorCode(entry);
  const { skipReason, sourceIdentity, targetIdentity } = entry;
  const names = entryNames(entry);
  const columns = {
    rowKey: keyOf(newestFirst(ms), fold(entry.changeId), fold(entry.cycleId)),
    ...jsonColumns({ cycleId: entry.cycleId, changeId: entry.changeId }),
    status,
    action: entry.provisioningAction,
    skipReason: indexed(skipReason ?? ''),
    errorCode: indexed(errorCode ?? ''),
    sourceId: indexed(sourceIdentity.id),
    targetId: indexed(targetIdentity.id),
    cycleId: indexed(entry.cycleId),
    names: jsonText(names.slice(0, MAX_INDEXED_NAMES).map(indexed)),
  };
  // Where many rows may have to be looked through, each carries what decides, so that few entries need be read.
  const withFacts = [dayPartition(dayFamily.time(), ms), partitionOf.cycle(entry.cycleId)];
  const facts = factsColumn(entry);
  const partitions = [
    ...withFacts,
    partitionOf.change(entry.changeId),
    ...(sourceIdentity.id ? [partitionOf.source(sourceIdentity.id)] : []),
    ...(targetIdentity.id ? [partitionOf.target(targetIdentity.id)] : []),
    ...names.map(partitionOf.name),
    ...(INDEXED_STATUSES.includes(status) ? [dayPartition(dayFamily.status(status), ms)] : []),
    ...[errorCode, skipReason].filter((code) => !!code).map((code) => dayPartition(dayFamily.code(code as string), ms)),
  ];
  return [...new Set(partitions)].map((partitionKey) => ({
    partitionKey,
    ...columns,
    ...(withFacts.includes(partitionKey) && { facts }),
  }));
}

/** The index rows of an entry that was never repeated: those that are read through carry it, so that a page of the log is one request. */
export function newIndexRows(entry: ProvisioningLogEntry): readonly Row[] {
  const text = jsonText(entry);
  return indexRows(entry).map((row) => (isCarrier(row) && text.length <= MAX_CARRIED_UNITS ? { ...row, entry: text } : row));
}

/** Whether an index row may carry its entry: it is of an index that is read through. */
export const isCarrier = (row: Row): boolean => row.facts !== undefined;

/** What makes the index rows of an entry carry nothing, and is enough of a row where there is none. */
export const emptiedRows = (entry: ProvisioningLogEntry): readonly Row[] =>
  indexRows(entry)
    .filter(isCarrier)
    .map(({ partitionKey, rowKey }) => ({
      partitionKey,
      rowKey,
      ...jsonColumns({ cycleId: entry.cycleId, changeId: entry.changeId }),
      entry: '',
    }));
