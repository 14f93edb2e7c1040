import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { SimulatedDirectory } from '../../local/graph/directory';
import { sourceId } from '../../src/core/model';
import { makeJobAllowDeletes, makeJobRun } from '../../src/functions/job-control';
import { makeLogs } from '../../src/functions/logs';
import { makeStatus } from '../../src/functions/status';
import { type JobWorld, startJobWorld } from './job-control-world';
import { all } from './storage/both';

/**
 * An upgrade from 0.1.0: this version starts on the tables that 0.1.0 left, row by row as it wrote them, in a directory and a Zendesk account
 * of the same people. Nobody may lose access by it, and nothing that was kept may be forgotten.
 */

interface Fixture {
  readonly people: readonly string[];
  readonly group: string;
  readonly unmapped: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly groupTarget: string;
  readonly messages: readonly string[];
  readonly graphUrl: string;
  readonly tables: Readonly<Record<string, readonly { partitionKey: string; rowKey: string }[]>>;
}
const text = readFileSync(join(__dirname, '..', 'fixtures', 'tables-0.1.0.json'), 'utf8');
const old = JSON.parse(text) as Fixture;

let world: JobWorld;
const roleIn = (directory: SimulatedDirectory, application: string): string =>
  directory.addAppRole(application, { displayName: 'End user', value: 'end-user' });

beforeAll(async () => {
  const directory = new SimulatedDirectory({ tenantName: 'Test' });
  const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const role = roleIn(directory, servicePrincipalId);
  // The simulators number what they make, so the same people in the same order have the ids that the tables know.
  const people = [0, 1, 2, 3, 4, 5].map((index) => {
    const mail = `p${index}@contoso.com`;
    return directory.addUser({ userPrincipalName: mail, mail, displayName: index === 0 ? 'Person Zero' : `Person ${index}` });
  });
  expect(people).toEqual(old.people);
  for (const id of people.slice(0, 3)) directory.assign(id, role);
  const group = directory.addGroup({ displayName: 'Team' });
  expect(group).toBe(old.group);
  directory.assign(group, role);
  directory.addMember(group, people[0] ?? '');
  directory.addMember(group, people[1] ?? '');
  directory.assign(directory.addUser({ userPrincipalName: 'nobody@contoso.com', displayName: '' }), role);

  world = await startJobWorld({ DELETION_THRESHOLD: '2', DELETION_THRESHOLD_PERCENT: '100' }, { directory, servicePrincipalId });
  const seeded = people.map((id, index) => {
    const name = index === 0 ? 'Person Zero' : `Person ${index}`;
    return [id, String(world.zendesk.seed.user({ name, email: `p${index}@contoso.com`, role: 'end-user', external_id: id }).id)];
  });
  expect(Object.fromEntries(seeded)).toEqual(old.targets);
  expect(String(world.zendesk.seed.group('Team').id)).toBe(old.groupTarget);

  const storage = world.app.config.storage;
  if (storage.kind !== 'connectionString') throw new Error('no emulator');
  for (const [name, rows] of Object.entries(old.tables)) {
    const table = TableClient.fromConnectionString(storage.connectionString.reveal(), name, { allowInsecureConnection: true });
    await table.createTable();
    // Only the address of the simulator is another one.
    for (const row of rows)
      await table.createEntity(JSON.parse(JSON.stringify(row).replaceAll(old.graphUrl, world.graph.url)) as typeof row);
  }
});
afterAll(() => world.stop());

test('what 0.1.0 kept › is read as it was: links, what the brake holds, failures, cycles, the log', async () => {
  const { deps } = world.app;
  const links = (await all(deps.links.listLinks('user'))).flat();
  expect(Object.fromEntries(links.map((link) => [link.sourceId, link.targetId]))).toEqual(old.targets);
  expect((await all(deps.links.listLinks('group'))).flat().map(({ targetId }) => targetId)).toEqual([old.groupTarget]);
  const held = (await all(deps.staged.list())).flat();
  expect(held.map(({ key, state }) => [key.id, state]).sort()).toEqual(
    old.people
      .slice(3)
      .map((id) => [id, 'staged'])
      .sort(),
  );
  expect(await deps.escrows.read({ type: 'user', id: sourceId(old.unmapped) })).toMatchObject({ attempts: 1 });
  expect((await deps.cycles.latest(10)).length).toBeGreaterThan(2);
  const log = await world.call(makeLogs, undefined, { method: 'GET' });
  expect([log.status, log.body.value.length]).toEqual([200, expect.any(Number)]);
  expect(log.body.value.length).toBeGreaterThan(7);
  const status = await world.call(makeStatus, undefined, { method: 'GET' });
  expect(status.body.status.code).toBe('Quarantine');
});

test('a work item that 0.1.0 put into the queue › is taken for one', () => {
  expect(old.messages).toHaveLength(1);
  const item = JSON.parse(Buffer.from(old.messages[0] ?? '', 'base64').toString('utf8'));
  expect(world.app.deps.queue.decode(item)).toMatchObject({ objectType: 'user', sourceId: old.people[0] });
});

test('the next cycles › disable nobody, make nobody twice, and hold what was held', async () => {
  for (let cycle = 0; cycle < 2; cycle += 1) {
    expect((await world.call(makeJobRun, {})).status).toBeLessThan(300);
    await world.drain();
  }
  const users = [...world.zendesk.state.users.values()].filter(({ email }) => /^p\d@/.test(email ?? ''));
  expect(users).toHaveLength(6);
  expect(users.filter(({ suspended }) => suspended)).toEqual([]);
  const held = (await all(world.app.deps.staged.list())).flat();
  expect(
    held
      .filter(({ state }) => state === 'staged')
      .map(({ key }) => key.id)
      .sort(),
  ).toEqual([...old.people.slice(3)].sort());
});

test('what the brake held before the upgrade › goes once an operator lets it', async () => {
  expect((await world.call(makeJobAllowDeletes, {})).status).toBeLessThan(300);
  await world.call(makeJobRun, {});
  await world.drain();
  const suspended = [...world.zendesk.state.users.values()].filter(({ suspended: isSuspended }) => isSuspended);
  expect(suspended.map(({ id }) => String(id)).sort()).toEqual(
    old.people
      .slice(3)
      .map((id) => old.targets[id])
      .sort(),
  );
});
