import { TableClient } from '@azure/data-tables';
import { openStorage } from '../../../src/adapters/storage/connection';
import { indexRows } from '../../../src/adapters/storage/log-rows';
import { TABLES } from '../../../src/adapters/storage/names';
import { makeProvisioningLog } from '../../../src/adapters/storage/provisioning-log';
import type { StoreTable } from '../../../src/adapters/storage/store-table';
import { StateUnavailableError } from '../../../src/core/errors';
import type { LogQuery } from '../../../src/ports/provisioning-log';
import { watchWire } from '../../bench/wire';
import { emptyStorage, withAzurite } from './both';
import { logEntry } from './log-entry';

const COUNT = 60;
const changeOf = (n: number): string => `c${String(n).padStart(2, '0')}`;
const entryOf = (n: number) =>
  logEntry('y', changeOf(n), { at: new Date(Date.UTC(2026, 0, 15, 10, n)).toISOString(), name: `n${n}` });
const NEWEST_FIRST = Array.from({ length: COUNT }, (_, n) => changeOf(COUNT - 1 - n));
/** What is read through: the log by time, and that of a cycle. */
const THROUGH: readonly LogQuery[] = [{}, { cycleId: 'y' }];

describe('pages of the log on tables', () => {
  const azurite = withAzurite();
  const open = () => openStorage({ kind: 'connectionString', connectionString: azurite().connectionString });
  /** The log with a table of its own, which a test may break. */
  const another = (breaking: (table: StoreTable) => void) => {
    const storage = open();
    breaking(storage.table(TABLES.log));
    return makeProvisioningLog(storage);
  };
  let log: ReturnType<typeof makeProvisioningLog>;
  beforeEach(async () => {
    await emptyStorage(azurite().connectionString);
    log = makeProvisioningLog(open());
  });
  const changes = async (query: LogQuery): Promise<readonly string[]> =>
    (await log.query(query, COUNT)).entries.map(({ changeId }) => changeId);
  /** Every way to the one entry there is shows it as it is. */
  const expectAsStored = async (expected: object) => {
    const stored = await log.read('y', changeOf(1));
    expect(stored).toMatchObject(expected);
    for (const query of [...THROUGH, { name: 'n1' }]) expect((await log.query(query, 5)).entries).toEqual([stored]);
  };

  test('a page is one request, whatever it holds', async () => {
    await Promise.all(Array.from({ length: COUNT }, (_, n) => log.record(entryOf(n))));
    const wire = watchWire(azurite().ports);
    const before = wire().tableOperations;
    for (const query of THROUGH) expect(await changes(query)).toEqual(NEWEST_FIRST);
    expect(wire().tableOperations - before).toBe(THROUGH.length);
  });

  test('rows of a version that did not carry entries are read all the same, also among others', async () => {
    await Promise.all(Array.from({ length: COUNT }, (_, n) => log.record(entryOf(n))));
    const former = Array.from({ length: COUNT }, (_, n) => n).filter((n) => n % 3 === 0);
    await open()
      .table(TABLES.log)
      .upsertMany(former.flatMap((n) => indexRows(entryOf(n))));
    for (const query of THROUGH) expect(await changes(query)).toEqual(NEWEST_FIRST);
  });

  test('an entry that is too long to be carried is shown whole', async () => {
    await log.record({ ...entryOf(1), servicePrincipal: { id: 'sp', displayName: 'x'.repeat(40_000) } });
    await expectAsStored({ servicePrincipal: { displayName: 'x'.repeat(40_000) } });
  });

  test('a repeat counts at once, also when the first writer comes to its pointers only afterwards', async () => {
    let arrive = (): void => undefined;
    let proceed = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const mayProceed = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const slow = another((table) => {
      const { addMany } = table;
      table.addMany = async (rows) => {
        arrive();
        await mayProceed;
        return addMany.call(table, rows);
      };
    });
    const first = slow.record({ ...entryOf(1), initiatedBy: { id: '', displayName: 'First', initiatorType: 'system' } });
    await arrived;
    await log.record(entryOf(1));
    proceed();
    await first;
    await expectAsStored({ attempts: 2 });
  });

  test.each(['before the entry is changed', 'before its pointers are'])(
    'a repeat that dies %s › the entry decides',
    async (where) => {
      await log.record(logEntry('y', changeOf(1), { status: 'failure', errorCode: 'X', name: 'n1' }));
      const dying = another((table) => {
        const { upsertMany } = table;
        if (where === 'before its pointers are') {
          table.upsertMany = async (rows, mode) => {
            if (mode !== 'Merge') throw new StateUnavailableError('crash');
            await upsertMany.call(table, rows, mode);
          };
        } else {
          table.transact = async () => {
            throw new StateUnavailableError('crash');
          };
        }
      });
      await expect(dying.record(logEntry('y', changeOf(1), { name: 'n1' }))).rejects.toThrow('crash');
      const isChanged = where === 'before its pointers are';
      await expectAsStored({
        attempts: isChanged ? 2 : 1,
        provisioningStatusInfo: { status: isChanged ? 'success' : 'failure' },
      });
    },
  );

  test('what is purged is gone from every page', async () => {
    await log.record(entryOf(1));
    await log.purge(new Date(Date.UTC(2027, 0, 1)));
    for (const query of THROUGH) expect(await changes(query)).toEqual([]);
    const raw = TableClient.fromConnectionString(azurite().connectionString, TABLES.log, { allowInsecureConnection: true });
    for await (const row of raw.listEntities()) throw new Error(`left behind: ${row.partitionKey}`);
  });
});
