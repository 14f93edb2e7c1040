import { TableClient } from '@azure/data-tables';
import { openStorage } from '../../../src/adapters/storage/connection';
import { TABLES } from '../../../src/adapters/storage/names';
import type { StoreTable } from '../../../src/adapters/storage/store-table';
import { StaleStateError, StateUnavailableError } from '../../../src/core/errors';
import { watchWire } from '../../bench/wire';
import { emptyStorage, withAzurite } from './both';

const rowKey = (n: number): string => `row-${String(n).padStart(5, '0')}`;
const some = (count: number, every = 1): readonly number[] => Array.from({ length: count }, (_, n) => n * every);

describe('rows of one partition that many ask for at the same time', () => {
  const azurite = withAzurite();
  let table: StoreTable;
  let operations: () => number;

  beforeEach(async () => {
    const { connectionString, ports } = azurite();
    await emptyStorage(connectionString);
    table = openStorage({ kind: 'connectionString', connectionString }).table(TABLES.state);
    await table.write({ partitionKey: 'other', rowKey: 'x' }, '*');
    const wire = watchWire(ports);
    const { tableOperations } = wire();
    operations = () => wire().tableOperations - tableOperations;
  });

  const put = (numbers: readonly number[]): Promise<readonly string[]> =>
    Promise.all(numbers.map((n) => table.writeNear({ partitionKey: 'p', rowKey: rowKey(n), n }, null)));
  const read = (numbers: readonly number[]) => Promise.all(numbers.map((n) => table.getNear('p', rowKey(n))));

  test('60 new rows are one write, 60 reads are one read, and each has its own etag', async () => {
    const etags = await put(some(60));
    expect(operations()).toBe(1);
    const rows = await read(some(60));
    expect(operations()).toBe(2);
    expect(rows.map((row) => row?.n)).toEqual(some(60));
    expect(rows.map((row) => row?.etag)).toEqual(etags);
    await Promise.all(
      rows.map((row) => table.writeNear({ partitionKey: 'p', rowKey: row?.rowKey ?? '', n: -1 }, row?.etag ?? '')),
    );
    expect(operations()).toBe(3);
    expect((await read(some(60))).map((row) => row?.n)).toEqual(some(60).map(() => -1));
  });

  test('rows that are not there are told as such, beside those that are', async () => {
    await put([1, 3, 5]);
    expect((await read(some(7))).map((row) => row?.n)).toEqual([undefined, 1, undefined, 3, undefined, 5, undefined]);
    expect(operations()).toBe(2);
  });

  test('rows that lie far apart are all found, and the next time no range is tried', async () => {
    await put(some(99));
    await put(some(99).map((n) => n + 99));
    await put(some(99).map((n) => n + 198));
    const before = operations();
    const far = [0, 105, 210, 215, 290];
    expect((await read(far)).map((row) => row?.n)).toEqual(far);
    expect(operations() - before).toBe(5);
    expect((await read(far)).map((row) => row?.n)).toEqual(far);
    expect(operations() - before).toBe(10);
  });

  test('small partitions that lie side by side are one read, whole, empty ones too; one that is cut is read by itself', async () => {
    const rows = some(40).flatMap((n) => some(n % 3).map((at) => ({ partitionKey: `side.${rowKey(n)}`, rowKey: rowKey(at), n })));
    await table.upsertMany(rows);
    const before = operations();
    const list = (numbers: readonly number[]) => Promise.all(numbers.map((n) => table.listNear('side', `side.${rowKey(n)}`)));
    expect((await list(some(40))).map((found) => found.map(({ n }) => n))).toEqual(some(40).map((n) => some(n % 3).map(() => n)));
    expect(operations() - before).toBe(1);
    await table.upsertMany(some(150).map((at) => ({ partitionKey: `side.${rowKey(3)}`, rowKey: rowKey(at), n: 3 })));
    expect((await list(some(10))).map((found) => found.length)).toEqual([0, 1, 2, 150, 1, 2, 0, 1, 2, 0]);
  });

  test('one row that many ask for is read once', async () => {
    await put([7]);
    expect((await read([7, 7, 7, 7])).map((row) => row?.n)).toEqual([7, 7, 7, 7]);
    expect(operations()).toBe(2);
  });

  test('a read finds what was written before it was asked for, also while another is under way', async () => {
    await put(some(10));
    const first = read(some(10));
    await table.write({ partitionKey: 'p', rowKey: rowKey(3), n: 33 }, '*');
    const second = read(some(10));
    await first;
    expect((await second)[3]?.n).toBe(33);
  });

  test('of a newer version: only who asks for that row is refused', async () => {
    await put(some(10));
    const { connectionString } = azurite();
    const raw = TableClient.fromConnectionString(connectionString, table.name, { allowInsecureConnection: true });
    await raw.upsertEntity({ partitionKey: 'p', rowKey: rowKey(4), v: 99 }, 'Replace');
    const others = some(10).filter((n) => n !== 4);
    expect((await read(others)).map((row) => row?.n)).toEqual(others);
    const all = await Promise.allSettled(some(10).map((n) => table.getNear('p', rowKey(n))));
    expect(all.map(({ status }) => status)).toEqual(some(10).map((n) => (n === 4 ? 'rejected' : 'fulfilled')));
    expect(all[4]).toMatchObject({ reason: expect.any(StateUnavailableError) });
  });

  test('a row that another writer has changed fails its own write and nobody else’s', async () => {
    await put(some(10));
    const rows = await read(some(10));
    await table.write({ partitionKey: 'p', rowKey: rowKey(4), n: 44 }, '*');
    const written = await Promise.allSettled(
      rows.map((row) => table.writeNear({ partitionKey: 'p', rowKey: row?.rowKey ?? '', n: -1 }, row?.etag ?? '')),
    );
    expect(written.map(({ status }) => status)).toEqual(some(10).map((n) => (n === 4 ? 'rejected' : 'fulfilled')));
    expect(written[4]).toMatchObject({ reason: expect.any(StaleStateError) });
    expect((await read(some(10))).map((row) => row?.n)).toEqual(some(10).map((n) => (n === 4 ? 44 : -1)));
  });

  test('whatever is there is merged or replaced in one write, also the same row twice', async () => {
    await put([1, 2]);
    const before = operations();
    const merge = (n: number, more: string) =>
      table.writeNear({ partitionKey: 'p', rowKey: rowKey(n), more }, '*', n === 2 ? 'Replace' : 'Merge');
    await Promise.all([merge(1, 'a'), merge(2, 'b'), merge(3, 'c')]);
    expect(operations() - before).toBe(1);
    const rows = await read([1, 2, 3]);
    expect(rows.map((row) => [row?.n, row?.more])).toEqual([
      [1, 'a'],
      [undefined, 'b'],
      [undefined, 'c'],
    ]);
    await Promise.all([merge(1, 'x'), merge(1, 'x')]);
    expect((await read([1]))[0]?.more).toBe('x');
  });

  test('two who write one row at the same time: one of them', async () => {
    const row = { partitionKey: 'p', rowKey: 'one' };
    const written = await Promise.allSettled([1, 2].map((n) => table.writeNear({ ...row, n }, null)));
    expect(written.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
