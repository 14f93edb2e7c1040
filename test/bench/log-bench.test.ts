import { openStorage } from '../../src/adapters/storage/connection';
import { entryColumns, entryKey, indexRows } from '../../src/adapters/storage/log-rows';
import { TABLES } from '../../src/adapters/storage/names';
import { makeProvisioningLog } from '../../src/adapters/storage/provisioning-log';
import type { Row } from '../../src/adapters/storage/table-kit';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../../src/core/record';
import type { LogQuery } from '../../src/ports/provisioning-log';
import { withAzurite } from '../contract/storage/both';
import { logEntry } from '../contract/storage/log-entry';

/** How many entries; the bench runs only when this is set (`LOG_BENCH=100000`), because filling the emulator takes minutes. */
const COUNT = Number(process.env.LOG_BENCH ?? 0);
const USERS = 5_000;
const DAYS = 90;
const START = Date.UTC(2026, 0, 1);
const SEED_BATCH = 2_000;
const MAX_MS = 1_000;

const entry = (n: number): ProvisioningLogEntry => {
  const user = n % USERS;
  const status: ProvisioningStatus = n % 1_000 === 7 ? 'failure' : n % 10 === 0 ? 'success' : 'skipped';
  return logEntry(`cycle-${Math.floor(n / 500)}`, `change-${n}`, {
    at: new Date(START + Math.floor((n / COUNT) * DAYS * 86_400_000)).toISOString(),
    sourceId: `source-${user}`,
    targetId: `${1_000_000 + user}`,
    name: `User Number ${user}`,
    upn: `user${user}@example.com`,
    status,
    ...(status === 'skipped' && { skipReason: 'RedundantExport', action: 'other' as const }),
    ...(status === 'failure' && { errorCode: 'DuplicateTargetEntries' }),
  });
};

(COUNT > 0 ? describe : describe.skip)(`provisioning log with ${COUNT} entries`, () => {
  const azurite = withAzurite();

  test(
    'the first page of every question',
    async () => {
      const storage = openStorage({ kind: 'connectionString', connectionString: azurite().connectionString });
      const table = storage.table(TABLES.log);
      let began = performance.now();
      for (let from = 0; from < COUNT; from += SEED_BATCH) {
        const rows: Row[] = [];
        for (let n = from; n < Math.min(from + SEED_BATCH, COUNT); n += 1) {
          const made = entry(n);
          rows.push({ ...entryKey(made.cycleId, made.changeId), ...entryColumns(made) }, ...indexRows(made));
        }
        await table.upsertMany(rows);
      }
      console.log(`seeded in ${Math.round((performance.now() - began) / 1000)} s`);

      const log = makeProvisioningLog(storage);
      const middle = entry(Math.floor(COUNT / 2));
      const queries: readonly LogQuery[] = [
        {},
        { cycleId: middle.cycleId },
        { changeId: middle.changeId },
        { sourceId: 'source-42' },
        { targetId: '1000042' },
        { name: 'user42@example.com' },
        { nameContains: 'user42@' },
        { statuses: ['failure'] },
        { statuses: ['success'], action: 'update' },
        { errorCode: 'DuplicateTargetEntries' },
        { skipReason: 'RedundantExport' },
        { before: new Date(START + 86_400_000).toISOString() },
        { nameContains: 'no such name' },
      ];
      const slow: string[] = [];
      for (const query of queries) {
        began = performance.now();
        const page = await log.query(query, 50);
        const tookMs = Math.round(performance.now() - began);
        console.log(`${tookMs} ms, ${page.entries.length} entries${page.next ? ', more' : ''}: ${JSON.stringify(query)}`);
        if (tookMs > MAX_MS) slow.push(JSON.stringify(query));
      }
      began = performance.now();
      for (let n = 0; n < 20; n += 1)
        await log.record(logEntry('cycle-new', `change-new-${n}`, { at: new Date(START + DAYS * 86_400_000).toISOString() }));
      console.log(`record: ${Math.round((performance.now() - began) / 20)} ms each, one at a time`);
      began = performance.now();
      await log.counts('cycle-new');
      console.log(`counts: ${Math.round(performance.now() - began)} ms`);
      began = performance.now();
      expect(await log.purge(new Date(START + 3_600_000))).toBeGreaterThan(0);
      console.log(`purge of one batch: ${Math.round(performance.now() - began)} ms`);
      expect(slow).toEqual([]);
    },
    30 * 60_000,
  );
});
