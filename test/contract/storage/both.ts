import { TableServiceClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';
import type { Azurite } from '../../../local/azurite';
import { openStorage, type Storage } from '../../../src/adapters/storage/connection';
import { startStorage } from '../../support/storage';

/** Empties the emulator, so that every test starts from nothing. */
export async function emptyStorage(connectionString: string): Promise<void> {
  const tables = TableServiceClient.fromConnectionString(connectionString, { allowInsecureConnection: true });
  for await (const table of tables.listTables()) if (table.name) await tables.deleteTable(table.name);
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  for await (const queue of queues.listQueues()) await queues.deleteQueue(queue.name);
}

/** Runs a suite against the in-memory fake and against the real adapter on the storage emulator. `make` makes an empty one. */
export function onBoth<T>(
  port: string,
  make: { fake(): T; real(storage: Storage): T },
  suite: (make: () => Promise<T>) => void,
): void {
  describe(`${port} › in memory`, () => suite(async () => make.fake()));

  describe(`${port} › on tables and queues`, () => {
    const azurite = withAzurite();
    suite(async () => {
      await emptyStorage(azurite().connectionString);
      return make.real(openStorage({ kind: 'connectionString', connectionString: azurite().connectionString }));
    });
  });
}

/** The emulator for the tests of one describe block. */
export function withAzurite(): () => Azurite {
  let azurite: Azurite | undefined;
  beforeAll(async () => {
    azurite = await startStorage();
  });
  afterAll(async () => {
    await azurite?.stop();
  });
  return () => azurite as Azurite;
}

/** Everything of a paged list. */
export async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) {
    expect(page.length).toBeGreaterThan(0);
    items.push(...page);
  }
  return items;
}

/** Texts that have broken stores before: keys, quotes, separators, controls, look-alikes, names of prototypes, sheer length. */
export const HOSTILE_TEXTS = [
  "a/b\\c#d?e'f''g%20%2F",
  '../..',
  '.',
  '_0041',
  'A',
  '\u0000\u0001\u007f\u009f\u2028\u2029\ufeff',
  '__proto__',
  'constructor',
  "' or PartitionKey ne '",
  '{"a":{}}',
  '--changeset_1\r\nDELETE http://x HTTP/1.1\r\n\r\n',
  '=cmd|calc',
  '😀é漢',
  'x'.repeat(5_000),
  `${'x'.repeat(4_999)}y`,
];
