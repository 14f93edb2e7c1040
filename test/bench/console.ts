import { TableClient, TableServiceClient } from '@azure/data-tables';
import { openStorage } from '../../src/adapters/storage/connection';
import { TABLES, type TableName } from '../../src/adapters/storage/names';
import type { Row } from '../../src/adapters/storage/table-kit';
import { composeApp } from '../../src/compose';
import { linkedCounts } from '../../src/engine/job/linked-counts';
import { invocationLogger } from '../../src/functions/logger';
import { APPROVER, SIGNED_IN, visit } from '../support/console-app';
import { aDirectory, startHttpApp } from '../support/http-app';
import { ACCOUNT, portOf, startStorage } from './storage';
import { watchWire } from './wire';

/** Rows in one go. */
const BATCH = 2_000;
/** People whose entries the log has: `log-questions` measures larger ones. */
const LOGGED = 2_000;
/** Visits of a page; the first one is told by itself, of the others the median. */
const VISITS = 6;
const KEY = Buffer.from('bench').toString('base64');

const nameOf = (n: number): string => `Person ${String(n).padStart(6, '0')}`;
const userOf = (n: number): string => `person${String(n).padStart(6, '0')}`;
/** Spread over all ids, as Entra's are. */
const idOf = (n: number): string => {
  const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${hex}-0000-4000-8000-${String(n).padStart(12, '0')}`;
};
const targetOf = (n: number): string => String(360_100_000_000 + n);

/**
 * How long each page of the console takes, and how many table operations, where so many people are provisioned. One person is provisioned
 * for real; every row that this leaves in the tables is copied for each of the others, under their ids and names (in the log for some).
 */
export async function consolePages(people: number) {
  const { directory, application, user } = aDirectory();
  const group = directory.addGroup({ displayName: 'Everybody', securityEnabled: true });
  directory.assign(group, user);
  const mail = `${userOf(0)}@contoso.com`;
  directory.addUser({ id: idOf(0), displayName: nameOf(0), userPrincipalName: mail, mail });
  directory.addMember(group, idOf(0));
  const world = await startHttpApp(directory, application, undefined, SIGNED_IN);
  const { tables, queues } = await startStorage();
  try {
    await world.cycle();
    const ports = { table: portOf(tables), queue: portOf(queues) };
    const endpoint = (port: number): string => `http://127.0.0.1:${port}/${ACCOUNT};`;
    const connectionString =
      `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
      `QueueEndpoint=${endpoint(ports.queue)}TableEndpoint=${endpoint(ports.table)}`;
    const [target = ''] = [...world.zendesk.state.users.values()]
      .filter(({ external_id }) => external_id === idOf(0))
      .map(({ id }) => String(id));
    await copyRows(world.azurite.connectionString, connectionString, people, target);
    const app = composeApp({ ...world.env, AzureWebJobsStorage: connectionString }, process.cwd(), invocationLogger);
    if (app.kind !== 'configured') throw app.error;
    // As the cycle that made the accounts has counted them.
    await linkedCounts(app.deps, 0, people);
    const wire = watchWire(ports);
    const visitor = visit(() => app, APPROVER);
    const [cycle] = await app.deps.cycles.latest(1);
    const some = Math.floor(people / 2);
    const pages: Record<string, { firstMs: number; ms: number; tableOperations: number; kb: number }> = {};
    for (const path of pathsOf(some, cycle?.cycleId ?? '')) {
      const times: number[] = [];
      const before = wire().tableOperations;
      let size = 0;
      for (let visits = 0; visits < VISITS; visits += 1) {
        const began = performance.now();
        const response = await visitor.get(path);
        times.push(performance.now() - began);
        if (response.status >= 400) throw new Error(`${path}: ${response.status}`);
        size = response.body.length;
      }
      const [first = 0, ...others] = times;
      const ms = others.sort((a, b) => a - b)[others.length >> 1] ?? 0;
      pages[path] = {
        firstMs: Math.round(first),
        ms: Math.round(ms),
        tableOperations: Math.round((wire().tableOperations - before) / VISITS),
        kb: Math.round(size / 1_000),
      };
    }
    return { people, slowestMs: Math.max(...Object.values(pages).map(({ ms }) => ms)), pages };
  } finally {
    await world.stop();
    tables.close();
    queues.close();
  }
}

const pathsOf = (some: number, cycleId: string): readonly string[] => [
  '',
  'people',
  'people?type=group',
  'people?show=in',
  'people?show=out',
  'people?show=failed',
  'people?show=skipped',
  `people?q=${encodeURIComponent(nameOf(some))}`,
  `people?q=${userOf(some)}%40contoso.com`,
  'people?q=Nobody',
  `people/user/${idOf(some)}`,
  'plans',
  'held',
  'holds',
  'mappings',
  'mappings/0/edit/user/name',
  'mappings/0/scope/user',
  'accounts',
  'approvals',
  'log',
  'log?status=success',
  `log?name=${encodeURIComponent(nameOf(some))}`,
  `log?cycle=${cycleId}`,
  `undo/${cycleId}`,
  'connection',
  'restart',
];

/** Copies all tables, and what is about the one person once more for each of the others. */
async function copyRows(from: string, to: string, people: number, target: string): Promise<void> {
  const sink = openStorage({ kind: 'connectionString', connectionString: to });
  const service = TableServiceClient.fromConnectionString(from, { allowInsecureConnection: true });
  for await (const { name = '' } of service.listTables()) {
    const rows: string[] = [];
    const source = TableClient.fromConnectionString(from, name, { allowInsecureConnection: true });
    for await (const { etag: _, timestamp: __, ...row } of source.listEntities()) rows.push(JSON.stringify(row));
    const isPersons = (row: string): boolean => row.includes(idOf(0)) || (target !== '' && row.includes(target));
    const table = sink.table(name as TableName);
    const put = async (texts: readonly string[]) => table.upsertMany(texts.map((text) => JSON.parse(text) as Row));
    await put(rows.filter((row) => !isPersons(row)));
    const own = rows.filter(isPersons);
    const copied = name === TABLES.log ? Math.min(LOGGED, people) : people;
    for (let at = 0; at < copied && own.length > 0; at += BATCH) {
      const copies: string[] = [];
      for (let n = at; n < Math.min(at + BATCH, copied); n += 1) for (const row of own) copies.push(renamed(row, n, target));
      await put(copies);
    }
  }
}

function renamed(row: string, n: number, target: string): string {
  const text = row
    .replaceAll(idOf(0), idOf(n))
    .replaceAll(nameOf(0), nameOf(n))
    .replaceAll(nameOf(0).toLowerCase(), nameOf(n).toLowerCase())
    .replaceAll(userOf(0), userOf(n));
  return target === '' ? text : text.replaceAll(target, targetOf(n));
}
