import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openStorage } from '../../src/adapters/storage/connection';
import { entryColumns, entryKey, newIndexRows } from '../../src/adapters/storage/log-rows';
import { TABLES } from '../../src/adapters/storage/names';
import type { Row } from '../../src/adapters/storage/table-kit';
import { sourceId } from '../../src/core/model';
import type { ProvisioningStatus } from '../../src/core/record';
import { changeIdFor } from '../../src/engine/change-id';
import { makeLogs } from '../../src/functions/logs';
import { logEntry } from '../contract/storage/log-entry';
import { ask } from '../support/http-app';
import type { Asked } from './cycles';
import { type BenchWorld, startBench } from './world';

/** What was asked for on the command line. */
type LogsAsked = Asked & { readonly entries: number };

const PEOPLE = 5_000;
/** Entries of a cycle. */
const PER_CYCLE = 500;
const START = Date.UTC(2026, 0, 1);
const SEED_BATCH = 2_000;
/** Every so many entries one was set off by an operator. */
const RARE = 997;

const person = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function entryOf(n: number, entries: number) {
  const who = n % PEOPLE;
  const status: ProvisioningStatus = n % 1_000 === 7 ? 'failure' : n % 10 === 0 ? 'success' : 'skipped';
  const cycleId = `cycle-${Math.floor(n / PER_CYCLE)}`;
  const entry = logEntry(cycleId, changeIdFor(cycleId, { type: 'user', id: sourceId(person(who)) }), {
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
async function withEntries<T>(
  asked: LogsAsked,
  work: (logs: ReturnType<typeof makeLogs>, world: BenchWorld) => Promise<T>,
): Promise<T> {
  const world = await startBench(asked);
  try {
    const table = openStorage({ kind: 'connectionString', connectionString: world.connectionString }).table(TABLES.log);
    for (let from = 0; from < asked.entries; from += SEED_BATCH) {
      const rows: Row[] = [];
      for (let n = from; n < Math.min(from + SEED_BATCH, asked.entries); n += 1) {
        const entry = entryOf(n, asked.entries);
        rows.push({ ...entryKey(entry.cycleId, entry.changeId), ...entryColumns(entry) }, ...newIndexRows(entry));
      }
      await table.upsertMany(rows);
    }
    const [app] = world.apps;
    if (!app) throw new Error('There is no instance.');
    return await work(
      makeLogs(() => app),
      world,
    );
  } finally {
    await world.stop();
  }
}

/** The whole log as a file, as a client takes it; once more to look at the memory, which takes time itself. */
export const logDownload = (asked: LogsAsked) =>
  withEntries(asked, async (logs, world) => {
    const measured = (format: 'csv' | 'json') =>
      world.measure(async () => {
        const response = await ask(logs, `logs?format=${format}`);
        for await (const _ of response.body ?? []);
        return asked.entries;
      });
    await measured('json');
    const figures = { csv: await measured('csv'), json: await measured('json') };
    return { entries: asked.entries, ...figures, memory: { csv: await memory(logs, 'csv'), json: await memory(logs, 'json') } };
  });

/** The first page of each question, in milliseconds. */
export const logQuestions = (asked: LogsAsked) =>
  withEntries(asked, async (logs) => {
    const { entries } = asked;
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
async function memory(logs: ReturnType<typeof makeLogs>, format: 'csv' | 'json') {
  setFlagsFromString('--expose_gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  const before = process.memoryUsage().heapUsed;
  const response = await ask(logs, `logs?format=${format}`);
  let bytes = 0;
  let largest = 0;
  let peak = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    largest = Math.max(largest, chunk.byteLength);
    gc();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }
  const mib = (value: number): number => Math.round((value / 1_048_576) * 10) / 10;
  return { mib: mib(bytes), largestPieceMib: mib(largest), heapMib: mib(peak) };
}
