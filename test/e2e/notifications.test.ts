import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { cycleIds } from '../../local/demo/app-client';
import { openStorage } from '../../src/adapters/storage/connection';
import { makeStateStore } from '../../src/adapters/storage/state-store';
import { HINT_KEYS } from '../../src/engine/hints/hint-state';
import { until } from '../support/host-fixture/until';
import { aWorld, quiet, runCycle } from './support/a-world';

describe('change notifications, through the host', () => {
  let world: Awaited<ReturnType<typeof aWorld>>;
  let someone: readonly string[];
  /** The app is told its address before it has one: this one is known, and leads there. */
  const door = createServer((socket) => {
    const inside = connect(world.host.port, '127.0.0.1');
    for (const end of [socket, inside]) end.on('error', () => undefined);
    socket.pipe(inside).pipe(socket);
  });

  beforeAll(async () => {
    await once(door.listen(0, '127.0.0.1'), 'listening');
    const { port } = door.address() as AddressInfo;
    world = await aWorld({ settings: { CHANGE_NOTIFICATIONS: 'On', WEBSITE_HOSTNAME: `127.0.0.1:${port}` } });
    world.graph.permissions.add('Group.Read.All');
    // How soon the app responds must not depend on how busy the machine is.
    Object.assign(world.graph.subscriptions.switches, { answerMs: 300_000, validationMs: 300_000 });
    const seeded = new Set([...world.zendesk.state.users.values()].map(({ external_id }) => external_id));
    await runCycle(world);
    await world.host.runTimer('planWork');
    // Whose accounts the app has made: nobody else is sure to follow.
    someone = world.demo.directory
      .users()
      .filter(({ id }) => !seeded.has(id) && world.zendesk.state.userByExternalId(id)?.suspended === false)
      .map(({ id }) => id);
  });
  afterAll(async () => {
    await world.stop();
    door.close();
  });

  const named = (id: string, name: string) =>
    until(
      () => world.zendesk.state.userByExternalId(id)?.name,
      (found) => found === name,
    );
  /** What the app keeps of the hints that it took: every one leaves its trace here before it asks for a cycle. */
  const hints = () =>
    makeStateStore(openStorage({ kind: 'connectionString', connectionString: world.azurite.connectionString })).read(
      HINT_KEYS.hints,
    );

  test('Graph asks the app for the token and subscribes it to users and groups', () => {
    expect(world.graph.subscriptions.list().map(({ resource }) => resource)).toEqual(['users', 'groups']);
  });

  // How soon is measured by `npm run bench`: here it would depend on how busy the machine is. The schedule runs once a year.
  test('one change after the other reaches Zendesk without the schedule', async () => {
    for (const [at, id] of someone.slice(0, 4).entries()) {
      world.demo.directory.updateUser(id, { displayName: `Hinted ${at}` });
      await named(id, `Hinted ${at}`);
    }
  });

  test('twice, late and for strangers: the same state, and few cycles', async () => {
    const { deliveries, switches } = world.graph.subscriptions;
    await quiet(world);
    const [told, before] = [deliveries.length, await cycleIds(world.host)];
    Object.assign(switches, { twice: true, delayMs: 500 });
    const stranger = world.demo.directory.addUser({ userPrincipalName: 'nobody@x.example', displayName: 'Nobody' });
    const [id = ''] = someone;
    for (let at = 0; at < 10; at += 1) world.demo.directory.updateUser(stranger, { displayName: `Nobody ${at}` });
    world.demo.directory.updateUser(id, { displayName: 'Late and twice' });
    await named(id, 'Late and twice');
    await quiet(world);
    const cycles = [...(await cycleIds(world.host))].filter((cycle) => !before.has(cycle));
    // Whoever is slow to respond is told again. Each POST asks for one cycle at most, and that for one more look.
    const posts = deliveries.slice(told).map(({ body }) => (body as { readonly value: readonly unknown[] }).value);
    expect(posts.flat().length).toBeGreaterThanOrEqual(22);
    expect(cycles.length).toBeLessThanOrEqual(2 * posts.length);
    Object.assign(switches, { twice: false, delayMs: 0 });
  });

  test('all lost: the schedule finds the change, as without notifications', async () => {
    world.graph.subscriptions.switches.isLost = () => true;
    const id = someone[1] ?? '';
    world.demo.directory.updateUser(id, { displayName: 'Lost' });
    await quiet(world);
    expect(world.zendesk.state.userByExternalId(id)?.name).not.toBe('Lost');
    await runCycle(world);
    await named(id, 'Lost');
    world.graph.subscriptions.switches.isLost = () => false;
  });

  test('forged: nothing happens', async () => {
    const id = someone[2] ?? '';
    await quiet(world);
    const [before, cycles] = [await hints(), await cycleIds(world.host)];
    // Not told of by Graph, so that only the forged one could have a cycle find it.
    world.graph.subscriptions.switches.isLost = () => true;
    world.demo.directory.updateUser(id, { displayName: 'Forged' });
    world.graph.subscriptions.switches.isLost = () => false;
    const value = [{ subscriptionId: 'x', clientState: 'y', resourceData: { '@odata.type': '#Microsoft.Graph.User', id } }];
    const answer = await fetch(`${world.host.url}/api/graph-notifications`, { method: 'POST', body: JSON.stringify({ value }) });
    expect(answer.status).toBe(202);
    // It is answered when it has been taken or dropped.
    expect(await hints()).toEqual(before);
    await quiet(world);
    expect([await cycleIds(world.host), world.zendesk.state.userByExternalId(id)?.name]).toEqual([cycles, 'Hinted 2']);
    world.demo.directory.updateUser(someone[3] ?? '', { displayName: 'Genuine' });
    await named(id, 'Forged');
  });
});
