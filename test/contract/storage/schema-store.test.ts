import { TableClient } from '@azure/data-tables';
import { openStorage } from '../../../src/adapters/storage/connection';
import { TABLES } from '../../../src/adapters/storage/names';
import { makeSchemaStore } from '../../../src/adapters/storage/schema-store';
import { StaleStateError } from '../../../src/core/errors';
import type { SchemaVersion } from '../../../src/ports/schema-store';
import { makeFakeSchemaStore } from '../../fakes/schema-store';
import { emptyStorage, HOSTILE_TEXTS, onBoth, withAzurite } from './both';

const version = (number: number, over: Partial<SchemaVersion> = {}): SchemaVersion => ({
  version: number,
  hash: '0123456789abcdef',
  digest: String(number).repeat(64).slice(0, 64),
  length: 2,
  storedAt: '2026-01-01T00:00:00.000Z',
  storedBy: 'Ann Example',
  storedById: '',
  why: HOSTILE_TEXTS.join('\n'),
  ...over,
});

onBoth('SchemaStore', { fake: () => makeFakeSchemaStore(), real: makeSchemaStore }, (make) => {
  test('versions are kept whole, the oldest first', async () => {
    const store = await make();
    expect(await store.list()).toEqual([]);
    expect(await store.read(1)).toBeUndefined();
    for (const number of [2, 1, 10]) await store.add(version(number), `{"n":${number}}`);
    expect((await store.list()).map((one) => one.version)).toEqual([1, 2, 10]);
    expect(await store.read(10)).toEqual(version(10));
    expect(await store.readText(version(10))).toBe('{"n":10}');
  });

  test('a number is taken once, and what is there stays as it is', async () => {
    const store = await make();
    await store.add(version(1), 'first');
    await expect(store.add(version(1, { digest: 'f'.repeat(64) }), 'second')).rejects.toThrow(StaleStateError);
    expect(await store.readText(version(1))).toBe('first');
  });

  test('a text of any size and any characters', async () => {
    const store = await make();
    const text = `${'x'.repeat(76_457)}😀${HOSTILE_TEXTS.join('')}${'漢"\\\u0001'.repeat(500_000)}`;
    await store.add(version(1), text);
    expect((await store.readText(version(1))) === text).toBe(true);
  });
});

describe('SchemaStore › on tables', () => {
  const azurite = withAzurite();

  test('versions with one text share it, and a damaged part does not pass for an outage', async () => {
    const { connectionString } = azurite();
    await emptyStorage(connectionString);
    const store = makeSchemaStore(openStorage({ kind: 'connectionString', connectionString }));
    const digest = 'a'.repeat(64);
    await store.add(version(1, { digest }), '{"n":1}');
    await store.add(version(2, { digest }), '{"n":1}');
    const table = TableClient.fromConnectionString(connectionString, TABLES.schemas, { allowInsecureConnection: true });
    const parts = [];
    for await (const row of table.listEntities<Record<string, unknown>>()) if (row.rowKey === '0000') parts.push(row);
    expect(parts).toHaveLength(1);
    const [part] = parts;
    await table.updateEntity({ partitionKey: String(part?.partitionKey), rowKey: '0000', json0: '"{' }, 'Merge');
    expect(await store.readText(version(2, { digest }))).toBe('');
  });
});
