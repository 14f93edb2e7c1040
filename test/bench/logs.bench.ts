/**
 * The log over HTTP with many entries: how long the first page of each question takes, how many rows of the table it reads, and what a
 * download of everything needs. `BENCH_ENTRIES` (100,000 by default) says how many; filling the emulator takes minutes.
 */
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

const ENTRIES = Number(process.env.BENCH_ENTRIES ?? 100_000);
const PEOPLE = 5_000;
const START = Date.UTC(2026, 0, 1);
const SEED_BATCH = 2_000;
const MAX_MS = 1_000;
/** For a question that no index serves: the log is searched for up to 8 seconds. */
const MAX_SEARCH_MS = 9_000;
/** Every so many entries one was set off by an operator. */
const RARE = 997;

const person = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function entryOf(n: number) {
  const who = n % PEOPLE;
  const status: ProvisioningStatus = n % 1_000 === 7 ? 'failure' : n % 10 === 0 ? 'success' : 'skipped';
  const entry = logEntry(`cycle-${Math.floor(n / 500)}`, `change-${n}`, {
    at: new Date(START + Math.floor((n / ENTRIES) * 90 * 86_400_000)).toISOString(),
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

async function main(): Promise<void> {
  const { directory, application } = aDirectory();
  const world = await startHttpApp(directory, application);
  try {
    const table = openStorage({ kind: 'connectionString', connectionString: world.azurite.connectionString }).table(TABLES.log);
    let began = performance.now();
    for (let from = 0; from < ENTRIES; from += SEED_BATCH) {
      const rows: Row[] = [];
      for (let n = from; n < Math.min(from + SEED_BATCH, ENTRIES); n += 1) {
        const entry = entryOf(n);
        rows.push({ ...entryKey(entry.cycleId, entry.changeId), ...entryColumns(entry) }, ...indexRows(entry));
      }
      await table.upsertMany(rows);
    }
    console.log(`${ENTRIES} entries stored in ${Math.round((performance.now() - began) / 1000)} s`);
    const logs = makeLogs(world.getApp);
    const middle = entryOf(Math.floor(ENTRIES / 2));
    const questions = [
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
    ];
    const searches = [
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
    const slow: string[] = [];
    for (const question of [...questions, ...searches]) {
      began = performance.now();
      const response = await ask(logs, `logs?${question.includes('$top') ? '' : '$top=50&'}${question}`);
      const body = (await response.json()) as { value?: unknown[]; '@odata.nextLink'?: string; '@odata.count'?: number };
      const ms = Math.round(performance.now() - began);
      console.log(
        `${String(ms).padStart(5)} ms  ${String(body.value?.length).padStart(3)}${body['@odata.nextLink'] ? '+' : ' '}  ${question}${body['@odata.count'] === undefined ? '' : ` › ${body['@odata.count']}`}`,
      );
      if (ms > (searches.includes(question) ? MAX_SEARCH_MS : MAX_MS)) slow.push(question);
    }
    await measureDownload(logs, 'csv');
    await measureDownload(logs, 'json');
    if (slow.length > 0) throw new Error(`Slower than ${MAX_MS} ms, or ${MAX_SEARCH_MS} for a search: ${slow.join(' | ')}`);
  } finally {
    await world.stop();
  }
}

/** Takes a whole download as a client does, and looks at the memory between its pieces. */
async function measureDownload(logs: ReturnType<typeof makeLogs>, format: 'csv' | 'json'): Promise<void> {
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
  const mib = (value: number): string => (value / 1_048_576).toFixed(1);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${format}: ${mib(bytes)} MiB in ${seconds} s, first byte after ${Math.round(firstMs ?? 0)} ms, largest piece ${mib(largest)} MiB, heap +${mib(peak)} MiB at most`,
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
