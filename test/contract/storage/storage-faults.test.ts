import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TableClient } from '@azure/data-tables';
import { openStorage } from '../../../src/adapters/storage/connection';
import { makeConnectorSpace } from '../../../src/adapters/storage/connector-space';
import { makeLinkStore } from '../../../src/adapters/storage/link-store';
import { TABLES } from '../../../src/adapters/storage/names';
import { makeProvisioningLog } from '../../../src/adapters/storage/provisioning-log';
import { makeStateStore } from '../../../src/adapters/storage/state-store';
import { makeWorkQueue } from '../../../src/adapters/storage/work-queue';
import { ConfigError, StateUnavailableError, UnexpectedResponseError } from '../../../src/core/errors';
import { sourceId } from '../../../src/core/model';
import { all, emptyStorage, withAzurite } from './both';
import { logEntry } from './log-entry';

const KEY = Buffer.from('k').toString('base64');
const at = (port: number): string =>
  `DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=${KEY};TableEndpoint=http://127.0.0.1:${port}/acc;QueueEndpoint=http://127.0.0.1:${port}/acc`;

describe('storage that does not answer as it should', () => {
  let server: Server | undefined;
  const answering = async (status: number, headers: Record<string, string> = {}): Promise<string> => {
    server = createServer((_, response) =>
      response.writeHead(status, headers).end('{"odata.error":{"code":"X","message":{"value":"no"}}}'),
    );
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return at((server.address() as AddressInfo).port);
  };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  test.each([401, 403, 429, 500, 503])(
    'HTTP %i › StateUnavailableError for tables and queues, never an empty answer',
    async (status) => {
      const storage = openStorage({
        kind: 'connectionString',
        connectionString: await answering(status, { 'Retry-After': '0' }),
      });
      await expect(makeStateStore(storage).read('secret-key')).rejects.toThrow(StateUnavailableError);
      await expect(makeConnectorSpace(storage).listObjects('user')[Symbol.asyncIterator]().next()).rejects.toThrow(
        StateUnavailableError,
      );
      await expect(makeWorkQueue(storage).approximateLength()).rejects.toThrow(StateUnavailableError);
    },
  );

  test('nobody listens › StateUnavailableError, with a cause and without keys', async () => {
    const connectionString = await answering(200);
    const closed = server;
    await new Promise((resolve) => closed?.close(resolve));
    const store = makeStateStore(openStorage({ kind: 'connectionString', connectionString }));
    const error = await store.read('secret-key').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StateUnavailableError);
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(/ProvisioningState.*read/);
    expect((error as Error).message).not.toContain('secret');
  });
});

describe('rows that this version can not know', () => {
  const azurite = withAzurite();
  const open = async () => {
    const { connectionString } = azurite();
    await emptyStorage(connectionString);
    const client = TableClient.fromConnectionString(connectionString, TABLES.state, { allowInsecureConnection: true });
    return { storage: openStorage({ kind: 'connectionString', connectionString }), client, connectionString };
  };
  const corrupt = async (change: Record<string, unknown>) => {
    const { storage, client } = await open();
    const store = makeStateStore(storage);
    await store.write('job', { n: 1 }, null);
    for await (const row of client.listEntities()) {
      await client.updateEntity({ partitionKey: row.partitionKey as string, rowKey: row.rowKey as string, ...change }, 'Merge');
    }
    return store.read('job');
  };

  test('a newer version › refused, saying so', () =>
    expect(corrupt({ v: 2 })).rejects.toThrow(/version 2.*newer version of the app/));
  test('a damaged value › refused', () => expect(corrupt({ json0: '{"n":' })).rejects.toThrow(StateUnavailableError));

  test('a value too large for a row › a clear error, and nothing is written', async () => {
    const store = makeStateStore((await open()).storage);
    await expect(store.write('big', 'x'.repeat(600_000), '*')).rejects.toThrow(UnexpectedResponseError);
    expect(await store.read('big')).toBeUndefined();
  });

  test('a table that somebody deletes › an error once, not an empty answer; then it is made anew', async () => {
    const { storage, client } = await open();
    const store = makeStateStore(storage);
    await store.write('job', 1, null);
    await client.deleteTable();
    await expect(store.read('job')).rejects.toThrow(StateUnavailableError);
    await store.write('job', 2, null);
    expect((await store.read('job'))?.value).toBe(2);
  });

  test('a log entry too large for a row › shortened, but kept and counted', async () => {
    const log = makeProvisioningLog((await open()).storage);
    const details = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n}`, 'é'.repeat(16_000)]));
    await log.record(logEntry('y', 'c', { details }));
    expect((await log.read('y', 'c'))?.sourceIdentity.details.d7).toMatch(/^é+…$/);
    expect((await log.counts('y')).total).toBe(1);
  });
});

describe('a crash between two writes', () => {
  const azurite = withAzurite();
  /** Storage whose table fails every write of the given partitions. */
  const dying = async (partition: RegExp) => {
    const { connectionString } = azurite();
    await emptyStorage(connectionString);
    const open = () => openStorage({ kind: 'connectionString', connectionString });
    const storage = open();
    const broken = open();
    return {
      whole: storage,
      broken: {
        ...broken,
        table: (name: (typeof TABLES)[keyof typeof TABLES]) => {
          const table = broken.table(name);
          const { write, upsertMany, addMany } = table;
          table.write = async (row, ...rest) => {
            if (partition.test(row.partitionKey)) throw new StateUnavailableError('crash');
            return write.call(table, row, ...rest);
          };
          table.upsertMany = async (rows, ...rest) => {
            await upsertMany.call(
              table,
              rows.filter((row) => !partition.test(row.partitionKey)),
              ...rest,
            );
            if (rows.some((row) => partition.test(row.partitionKey))) throw new StateUnavailableError('crash');
          };
          table.addMany = async (rows) => {
            if (rows.some((row) => partition.test(row.partitionKey))) throw new StateUnavailableError('crash');
            return addMany.call(table, rows);
          };
          return table;
        },
      },
    };
  };
  const edge = { groupId: sourceId('g'), memberId: sourceId('m'), memberType: 'user' as const };

  test('log indexes left out › written when the work item comes again, counted once', async () => {
    const { whole, broken } = await dying(/^(time|name|status|source)\./);
    const entry = logEntry('y', 'c', { status: 'failure', name: 'Ann' });
    await expect(makeProvisioningLog(broken).record(entry)).rejects.toThrow('crash');
    const log = makeProvisioningLog(whole);
    expect((await log.query({}, 5)).entries).toEqual([]);
    expect((await log.counts('y')).total).toBe(1);
    expect(await log.record(entry)).toBe('repeated');
    for (const query of [{}, { name: 'ann' }, { sourceId: 'source' }, { statuses: ['failure'] as const }]) {
      expect((await log.query(query, 5)).entries).toHaveLength(1);
    }
    expect((await log.counts('y')).total).toBe(1);
  });

  test('a pointer of a former outcome left behind › the entry itself decides', async () => {
    const { whole, broken } = await dying(/^(?!)/);
    const log = makeProvisioningLog(whole);
    await log.record(logEntry('y', 'c', { status: 'failure', errorCode: 'Old' }));
    broken.table(TABLES.log).removeMany = async () => {
      throw new StateUnavailableError('crash');
    };
    await expect(makeProvisioningLog(broken).record(logEntry('y', 'c', { status: 'success' }))).rejects.toThrow('crash');
    for (const query of [{ statuses: ['failure'] as const }, { errorCode: 'Old' }])
      expect(await log.query(query, 5)).toEqual({ entries: [] });
    expect((await log.query({ statuses: ['success'] }, 5)).entries).toHaveLength(1);
  });

  test('a member written from one side only › the round still sees it, and putting it again makes it whole', async () => {
    const { whole, broken } = await dying(/^memberof\./);
    await expect(makeConnectorSpace(broken).putMembers([edge])).rejects.toThrow('crash');
    const space = makeConnectorSpace(whole);
    expect(await space.groupsOf(edge.memberId)).toEqual([]);
    expect(await all(space.listMembersNotSeen(edge.groupId, 'r'))).toEqual([edge]);
    await space.putMembers([edge]);
    expect(await space.groupsOf(edge.memberId)).toEqual(['g']);
  });

  test('a membership written from one side only is found through its group', async () => {
    const { whole, broken } = await dying(/^membershipof\./);
    const membership = {
      groupId: sourceId('g'),
      userId: sourceId('u'),
      targetGroupId: '1',
      targetUserId: '2',
      membershipId: '3',
    } as never;
    await expect(makeLinkStore(broken).putMembership(membership)).rejects.toThrow('crash');
    expect(await all(makeLinkStore(whole).membershipsOfGroup(sourceId('g')))).toEqual([membership]);
    expect(await makeLinkStore(whole).countMemberships()).toBe(1);
  });
});

describe('the connection', () => {
  const refused = (connectionString: string) => () => openStorage({ kind: 'connectionString', connectionString });

  test.each([
    ['plain http to another host', `DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=${KEY}`],
    [
      'plain http endpoint elsewhere',
      `AccountName=acc;AccountKey=${KEY};TableEndpoint=http://example.com/;QueueEndpoint=https://example.com/`,
    ],
    ['an endpoint that is none', `AccountName=acc;AccountKey=${KEY};TableEndpoint=nonsense`],
    ['no connection string at all', 'hunter2-secret'],
  ])('%s › ConfigError that does not quote it', (_, connectionString) => {
    expect(refused(connectionString)).toThrow(ConfigError);
    expect(refused(connectionString)).not.toThrow(/hunter2|AccountKey/);
  });

  test('an identity makes its credential on the first call, once, and needs https', async () => {
    let made = 0;
    const makeCredential = async () => {
      made += 1;
      return { getToken: async () => Promise.reject(new Error('no identity here')) };
    };
    const storage = openStorage(
      { kind: 'identity', tableServiceUri: 'https://127.0.0.1:1', queueServiceUri: 'https://127.0.0.1:1' },
      makeCredential,
    );
    const store = makeStateStore(storage);
    expect(made).toBe(0);
    await expect(store.read('a')).rejects.toThrow(StateUnavailableError);
    await expect(store.read('b')).rejects.toThrow(StateUnavailableError);
    expect(made).toBe(1);
    expect(() =>
      openStorage({ kind: 'identity', tableServiceUri: 'http://127.0.0.1:1', accountName: 'acc' }, makeCredential),
    ).toThrow(ConfigError);
    expect(() => openStorage({ kind: 'identity' }, makeCredential)).toThrow(ConfigError);
    expect(() => openStorage({ kind: 'identity', accountName: 'acc' })).toThrow(ConfigError);
  });
});
