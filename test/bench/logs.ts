import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openStorage } from '../../src/adapters/storage/connection';
import { entryColumns, entryKey, indexRows } from '../../src/adapters/storage/log-rows';
import { TABLES } from '../../src/adapters/storage/names';
import type { Row } from '../../src/adapters/storage/table-kit';
import type { ProvisioningStatus } from '../../src/core/record';
import { makeLogs } from '../../src/functions/logs';
import { logEntry } from '../contract/storage/log-entry';
import { aDirectory, ask, startHttpApp } from '../support/http-app';

const PEOPLE = 5_000;
const START = Date.UTC(2026, 0, 1);
const SEED_BATCH = 2_000;
/** Every so many entries one was set off by an operator. */
const RARE = 997;

const person = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function entryOf(n: number, entries: number) {
  const who = n % PEOPLE;
  const status: ProvisioningStatus = n % 1_000 === 7 ? 'failure' : n % 10 === 0 ? 'success' : 'skipped';
  const entry = logEntry(`cycle-${Math.floor(n / 500)}`, `change-${n}`, {
    at: new Date(START + Math.floor((n / entries) * 90 * 86_400_000)).toISOString(),
    sourceId: person(who),
    targetId: `${1_000_000 + who}`,
    name: `User Number ${who}`,
    upn: `user${who}@example.com`,
    status,
    ...(status === 'skipped' && { skipReason: 'RedundantExport', action: 'other' as const }),
    ...(status === 'failure' && { errorCode: 'DuplicateTargetEntries' }),
  });
  const operator = { id: 'o', displayName: 'Olga', initiatorType: 'user' as const };
  return n % RARE === 5 ? { ...entry, initiatedBy: operator } : entry;
}

/** Runs work on an app whose log holds so many entries; filling the emulator takes a while. */
async function withEntries<T>(entries: number, work: (logs: ReturnType<typeof makeLogs>) => Promise<T>): Promise<T> {
  const { directory, application } = aDirectory();
  const world = await startHttpApp(directory, application);
  try {
    const table = openStorage({ kind: 'connectionString', connectionString: world.azurite.connectionString }).table(TABLES.log);
    for (let from = 0; from < entries; from += SEED_BATCH) {
      const rows: Row[] = [];
      for (let n = from; n < Math.min(from + SEED_BATCH, entries); n += 1) {
        const entry = entryOf(n, entries);
        rows.push({ ...entryKey(entry.cycleId, entry.changeId), ...entryColumns(entry) }, ...indexRows(entry));
      }
      await table.upsertMany(rows);
    }
    return await work(makeLogs(world.getApp));
  } finally {
    await world.stop();
  }
}

/** The whole log as a file, as a client takes it. */
export const logDownload = (entries: number) =>
  withEntries(entries, async (logs) => ({
    entries,
    csv: await download(logs, 'csv', entries),
    json: await download(logs, 'json', entries),
  }));

/** The first page of each question, in milliseconds. */
export const logQuestions = (entries: number) =>
  withEntries(entries, async (logs) => {
    const times: Record<string, number> = {};
    for (const question of questionsOf(entries)) {
      const began = performance.now();
      const response = await ask(logs, `logs?${question.includes('$top') ? '' : '$top=50&'}${question}`);
      await response.arrayBuffer();
      times[question] = Math.round(performance.now() - began);
    }
    return { entries, slowestMs: Math.max(...Object.values(times)), times };
  });

/** What indexes serve, and what the log is searched for. */
function questionsOf(entries: number): readonly string[] {
  const middle = entryOf(Math.floor(entries / 2), entries);
  return [
    '',
    `$filter=cycleId eq '${middle.cycleId}'`,
    `$filter=changeId eq '${middle.changeId}'`,
    `$filter=cycleId eq '${middle.cycleId}' and status eq 'success'`,
    "$filter=status eq 'failure'",
    "$filter=errorCode eq 'DuplicateTargetEntries'",
    "$filter=action eq 'update' and status eq 'success'",
    `$filter=sourceIdentity/id eq '${person(42)}'`,
    "$filter=targetIdentity/id eq '1000042'",
    "$filter=sourceIdentity/displayName eq 'User Number 42'",
    '$filter=activityDateTime lt 2026-01-02',
    'person=user42@example.com',
    'person=1000042',
    '$filter=durationInMilliseconds gt 10000',
    "$filter=contains(sourceIdentity/displayName,'Number 42')",
    "$filter=initiatedBy/displayName eq 'Olga'",
    "$filter=initiatedBy/displayName eq 'Nobody'",
    "$filter=contains(tolower(servicePrincipal/id),'nothing') or initiatedBy/initiatorType eq 'user'",
    "$filter=sourceIdentity/id eq 'nobody' or durationInMilliseconds gt 10000",
    '$orderby=activityDateTime asc',
    "$orderby=activityDateTime asc&$filter=initiatedBy/displayName eq 'Olga'",
    '$count=true&$top=1',
    "$count=true&$top=1&$filter=initiatedBy/displayName eq 'Olga'",
  ];
}

/** Takes a whole download as a client does, and looks at the memory between its pieces. */
async function download(logs: ReturnType<typeof makeLogs>, format: 'csv' | 'json', entries: number) {
  setFlagsFromString('--expose_gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const response = await ask(logs, `logs?format=${format}`);
  let firstMs: number | undefined;
  let bytes = 0;
  let largest = 0;
  let peak = 0;
  for await (const chunk of response.body ?? []) {
    firstMs ??= performance.now() - began;
    bytes += chunk.byteLength;
    largest = Math.max(largest, chunk.byteLength);
    gc();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }
  const mib = (value: number): number => Math.round((value / 1_048_576) * 10) / 10;
  const seconds = (performance.now() - began) / 1_000;
  return {
    seconds: Math.round(seconds * 10) / 10,
    entriesPerSecond: Math.round(entries / seconds),
    firstByteMs: Math.round(firstMs ?? 0),
    mib: mib(bytes),
    largestPieceMib: mib(largest),
    heapMib: mib(peak),
  };
}
