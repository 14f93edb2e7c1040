import { QueueClient } from '@azure/storage-queue';
import { SimulatedDirectory } from '../../local/graph/directory';
import { WORK_QUEUE } from '../../src/adapters/storage/names';
import type { ConfiguredApp } from '../../src/compose';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { HINT_KEYS, type HintState, type KeptSubscriptions } from '../../src/engine/hints/hint-state';
import { makeGraphNotifications } from '../../src/functions/graph-notifications';
import { makeProvisionObject } from '../../src/functions/provision-object';
import { makeStatus } from '../../src/functions/status';
import { makeTestConnection } from '../../src/functions/test-connection';
import { watchSubscriptions } from '../../src/functions/watch-subscriptions';
import { type ServedHandler, serveHandler, silentContext } from '../support/serve-handler';
import { type JobWorld, startJobWorld } from './job-control-world';

/** Ann is assigned by herself, Bob through a group; Cem is a stranger. */
const directory = new SimulatedDirectory({ tenantId: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f', tenantName: 'Test' });
const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
const role = directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'Agent' });
const person = (name: string): string =>
  directory.addUser({ userPrincipalName: `${name}@test.example`, mail: `${name}@test.example`, displayName: name });
const [ann, bob, cem] = [person('ann'), person('bob'), person('cem')];
const team = directory.addGroup({ displayName: 'Team', securityEnabled: true });
const other = directory.addGroup({ displayName: 'Other', securityEnabled: true });
directory.addMember(team, bob);
directory.assign(ann, role, servicePrincipalId);
directory.assign(team, role, servicePrincipalId);

let world: JobWorld;
let served: ServedHandler;
let app: ConfiguredApp;
let offsetMs = 0;
/** How long what is in the queue was to be hidden. */
let hiddenMs: number[] = [];

/** The app with a clock that a test puts on, and a queue that shows at once what it is to hide for a while. */
const later = (): ConfiguredApp => {
  const { queue } = app.deps;
  const askForCycle = async (delayMs = 0): Promise<void> => {
    hiddenMs.push(delayMs);
    await queue.askForCycle();
  };
  return { ...app, deps: { ...app.deps, clock: () => new Date(Date.now() + offsetMs), queue: { ...queue, askForCycle } } };
};
/** The same for notifications: however busy the machine is, whoever is told of is looked up. */
const patient = (): ConfiguredApp => {
  const it = later();
  return { ...it, deps: { ...it.deps, sleep: patience } };
};
const forever = () => new Promise<never>(() => undefined);
let patience: ConfiguredApp['deps']['sleep'] = forever;
const watch = () => watchSubscriptions(later());
const kept = async () => (await app.deps.state.read<KeptSubscriptions>(HINT_KEYS.subscriptions))?.value;
const hints = async () => (await app.deps.state.read<HintState>(HINT_KEYS.hints))?.value;
const ours = () => world.graph.subscriptions.list();

/** Hands out every message of the queue, hidden ones when their time has come, until there is none. Returns how many asked for a cycle. */
async function work(): Promise<number> {
  const queue = new QueueClient(world.connectionString, WORK_QUEUE);
  for (let cycles = 0; ; ) {
    offsetMs += Math.max(0, ...hiddenMs);
    hiddenMs = [];
    const { receivedMessageItems: messages } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 300 });
    for (const message of messages) {
      const text: unknown = JSON.parse(Buffer.from(message.messageText, 'base64').toString());
      if (app.deps.queue.asksForCycle(text)) cycles += 1;
      await makeProvisionObject(later)(text, silentContext);
      await queue.deleteMessage(message.messageId, message.popReceipt);
    }
    if (messages.length === 0 && (await waiting()) === 0) {
      await closeCycles(app.deps);
      return cycles;
    }
  }
}

const nameOf = (id: string) => [...world.zendesk.state.users.values()].find((user) => user.external_id === id)?.name;
const waiting = () => app.deps.queue.approximateLength();

const send = (body: unknown, query = '') =>
  fetch(`http://${served.host}/api/graph-notifications${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

beforeAll(async () => {
  served = await serveHandler(() => makeGraphNotifications(patient));
  world = await startJobWorld(
    { CHANGE_NOTIFICATIONS: 'On', WEBSITE_HOSTNAME: served.host },
    { directory, servicePrincipalId, now: () => new Date(Date.now() + offsetMs) },
  );
  app = world.app;
  world.graph.permissions.add('Group.Read.All');
  // How soon the app responds must not depend on how busy the machine is.
  Object.assign(world.graph.subscriptions.switches, { answerMs: 300_000, validationMs: 300_000 });
  await world.settle();
});
afterAll(async () => {
  await world.stop();
  await served.close();
});

/** What the status and Test Connection say of them. */
async function shown() {
  const { body } = await world.call(makeStatus, undefined, { method: 'GET' });
  const { body: test } = await world.call(makeTestConnection, {});
  const isAboutThem = ({ code }: { code: string }): boolean => code === 'ChangeNotifications';
  const row = (test.checks as { name: string; status: string; result: string }[]).find(
    ({ name }) => name === 'Change notifications',
  );
  return {
    state: body.changeNotifications.state as string,
    warnings: (body.warnings as { code: string; problem: string }[]).filter(isAboutThem).map(({ problem }) => problem),
    row,
  };
}

describe('subscriptions', () => {
  test('before the first look: not active yet, and who makes them active', async () => {
    expect(await shown()).toMatchObject({
      state: 'NotActive',
      warnings: [expect.stringContaining('within five minutes')],
      row: { status: 'warn' },
    });
  });

  test('one to users and one to groups, for most of the time that is allowed', async () => {
    await watch();
    expect(ours().map(({ resource }) => resource)).toEqual(['users', 'groups']);
    for (const one of ours()) {
      const days = (Date.parse(one.expirationDateTime) - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(27);
      expect(days).toBeLessThan(29);
      expect(one.clientState?.length).toBe(64);
      expect(one.changeTypes).toEqual(['updated', 'deleted']);
    }
    world.graph.stats.reset();
    await watch();
    expect(world.graph.stats.count).toBe(0);
    expect(await shown()).toMatchObject({
      state: 'Active',
      warnings: [],
      row: { status: 'pass', result: expect.stringContaining('Users and groups') },
    });
  });

  test('renewed once a day, and made again where Graph has lost them', async () => {
    offsetMs += 25 * 3_600_000;
    await watch();
    expect(ours().map(({ renewals }) => renewals)).toEqual([1, 1]);
    world.graph.subscriptions.forget();
    offsetMs += 25 * 3_600_000;
    await watch();
    expect(ours().map(({ resource }) => resource)).toEqual(['users', 'groups']);
    expect(ours().map(({ id }) => id)).toEqual(Object.values((await kept())?.of ?? {}).map(({ id }) => id));
  });

  test('renewal refused: kept as a problem, the other one goes on, and tried again after an hour', async () => {
    offsetMs += 25 * 3_600_000;
    const [, groups] = ours();
    world.graph.faults.next({ method: 'PATCH', path: new RegExp(groups?.id ?? ''), status: 403, times: 1 });
    await watch();
    const state = await kept();
    expect(state?.of.users.problem).toBeNull();
    expect(state?.of.groups).toMatchObject({ id: groups?.id, problem: { code: 'PROV_SOURCE_UNAUTHORIZED' } });
    expect(state?.of.groups.problem?.message).toContain('Group.Read.All');
    await watch();
    expect((await kept())?.of.groups.problem).not.toBeNull();
    offsetMs += 3_601_000;
    await watch();
    expect((await kept())?.of.groups.problem).toBeNull();
  });

  test('throttled: nothing before the time that Graph names', async () => {
    offsetMs += 25 * 3_600_000;
    world.graph.faults.next({ method: 'PATCH', path: /subscriptions/, status: 429, headers: { 'Retry-After': '900' }, times: 2 });
    await watch();
    expect((await kept())?.of.users.problem).toMatchObject({ code: 'PROV_SOURCE_THROTTLED' });
    world.graph.stats.reset();
    offsetMs += 800_000;
    await watch();
    expect(world.graph.stats.count).toBe(0);
    offsetMs += 101_000;
    await watch();
    expect((await kept())?.of.users.problem).toBeNull();
  });

  test('without permission, and while the app cannot be reached, there is none, with the reason and what to do', async () => {
    world.graph.subscriptions.forget();
    world.graph.permissions.delete('Group.Read.All');
    served.isDown = true;
    offsetMs += 25 * 3_600_000;
    await watch();
    const down = await kept();
    expect(down?.of.users.problem?.message).toContain('must be reachable from the internet');
    expect(down?.of.groups.problem?.message).toContain('Grant the application permission Group.Read.All');
    const { warnings, row } = await shown();
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toContain('Until then the schedule finds these changes.');
    expect(row?.status).toBe('warn');
    served.isDown = false;
    world.graph.permissions.add('Group.Read.All');
    offsetMs += 3_601_000;
    await watch();
    expect(ours()).toHaveLength(2);
    expect(Object.values((await kept())?.of ?? {}).map(({ problem }) => problem)).toEqual([null, null]);
  });

  test('one whose creation was answered into the void is ended before another is made', async () => {
    const { of, ...rest } = (await kept()) as KeptSubscriptions;
    await app.deps.state.write(HINT_KEYS.subscriptions, { ...rest, of: { ...of, users: { ...of.users, id: null } } }, '*');
    await watch();
    expect(ours()).toHaveLength(2);
    expect(new Set(ours().map(({ resource }) => resource))).toEqual(new Set(['users', 'groups']));
  });

  test('Graph asks for authorisation: renewed with the next look; removed: made again, and a cycle looks', async () => {
    const before = ours().map(({ renewals }) => renewals);
    world.graph.subscriptions.lifecycle('reauthorizationRequired');
    await world.graph.subscriptions.settled();
    expect(await waiting()).toBe(0);
    await watch();
    expect(ours().map(({ renewals }) => renewals)).toEqual(before.map((count) => count + 1));
    const [first] = ours();
    world.graph.subscriptions.lifecycle('subscriptionRemoved');
    await world.graph.subscriptions.settled();
    world.graph.subscriptions.forget();
    await watch();
    expect(ours()).toHaveLength(2);
    expect(ours().some(({ id }) => id === first?.id)).toBe(false);
    expect(await work()).toBeGreaterThanOrEqual(1);
  });
});

describe('notifications', () => {
  /** Lets what was told so far come to rest. */
  const rest = async (): Promise<void> => {
    await world.graph.subscriptions.settled();
    await work();
  };

  test('a change of somebody we keep reaches Zendesk without the schedule', async () => {
    await rest();
    directory.updateUser(ann, { displayName: 'Ann Lee' });
    await world.graph.subscriptions.settled();
    expect(await work()).toBeGreaterThanOrEqual(1);
    expect(nameOf(ann)).toBe('Ann Lee');
    expect((await hints())?.lastHintAt).not.toBeNull();
  });

  test('who joins an assigned group has an account; who leaves it has none any more', async () => {
    directory.addMember(team, cem);
    await rest();
    expect(nameOf(cem)).toBe('cem');
    directory.removeMember(team, cem);
    await rest();
    const account = [...world.zendesk.state.users.values()].find((user) => user.external_id === cem);
    expect(account?.suspended).toBe(true);
  });

  test('many changes, told twice and late, ask for one cycle', async () => {
    world.graph.subscriptions.switches.twice = true;
    world.graph.subscriptions.switches.bundleMs = 0;
    for (let at = 0; at < 30; at += 1) {
      directory.updateUser(bob, { displayName: `Bob ${at}` });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await world.graph.subscriptions.settled();
    expect(await waiting()).toBe(1);
    await rest();
    expect(nameOf(bob)).toBe('Bob 29');
    Object.assign(world.graph.subscriptions.switches, { twice: false, bundleMs: 20 });
  });

  test('strangers, people and groups, ask for nothing', async () => {
    const stranger = person('stranger');
    directory.updateUser(stranger, { displayName: 'Somebody' });
    directory.addMember(other, stranger);
    directory.hardDeleteUser(stranger);
    await world.graph.subscriptions.settled();
    expect(await waiting()).toBe(0);
  });

  test('what comes while a cycle runs asks for another one', async () => {
    let isChanged = false;
    const { deps } = app;
    const source = Object.assign(Object.create(deps.source) as typeof deps.source, {
      readUserChanges: async (...args: Parameters<typeof deps.source.readUserChanges>) => {
        const page = await deps.source.readUserChanges(...args);
        if (!isChanged) {
          isChanged = true;
          directory.updateUser(ann, { displayName: 'Ann in between' });
          await world.graph.subscriptions.settled();
        }
        return page;
      },
    });
    directory.updateUser(bob, { displayName: 'Bob before' });
    await world.graph.subscriptions.settled();
    const real = app;
    app = { ...app, deps: { ...deps, source } };
    await rest();
    app = real;
    expect([nameOf(bob), nameOf(ann)]).toEqual(['Bob before', 'Ann in between']);
  });

  test('a list that lags behind is looked at once more', async () => {
    // As many requests as one cycle makes.
    world.graph.faults.replicationDelay = 5;
    directory.updateUser(ann, { displayName: 'Ann late' });
    world.graph.faults.replicationDelay = 0;
    await world.graph.subscriptions.settled();
    expect(await work()).toBe(2);
    expect(nameOf(ann)).toBe('Ann late');
  });

  test('all lost: nothing but the schedule', async () => {
    world.graph.subscriptions.switches.isLost = () => true;
    directory.updateUser(ann, { displayName: 'Ann lost' });
    await world.graph.subscriptions.settled();
    expect(await waiting()).toBe(0);
    await world.settle();
    expect(nameOf(ann)).toBe('Ann lost');
    world.graph.subscriptions.switches.isLost = () => false;
  });

  // Graph wants its response within three seconds; how long one takes is measured by the benchmark.
  test('nobody is looked up for more than half of the time that Graph gives: then the change counts', async () => {
    await rest();
    const slept: number[] = [];
    const real = app;
    app = { ...real, deps: { ...real.deps, space: { ...real.deps.space, readObject: forever } } };
    patience = async (ms) => void slept.push(ms);
    directory.updateUser(ann, { displayName: 'Ann unread' });
    await world.graph.subscriptions.settled();
    app = real;
    patience = forever;
    expect([slept.length, await waiting()]).toEqual([1, 1]);
    expect(slept[0]).toBeLessThanOrEqual(1_500);
    await rest();
    expect(nameOf(ann)).toBe('Ann unread');
  });

  test('every notification was taken', () => {
    const hinted = world.graph.subscriptions.deliveries.filter(({ body }) => body !== undefined);
    expect(new Set(hinted.map(({ status }) => status))).toEqual(new Set([202]));
  });
});

describe('anybody may call', () => {
  const genuine = async (more: Record<string, unknown> = {}) => {
    const state = (await kept()) as KeptSubscriptions;
    return {
      subscriptionId: state.of.users.id,
      clientState: state.clientState,
      tenantId: '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f',
      changeType: 'updated',
      resource: `Users/${ann}`,
      resourceData: { '@odata.type': '#Microsoft.Graph.User', id: ann },
      ...more,
    };
  };

  test('a validation token comes back as text that nobody runs', async () => {
    const token = 'Validation: <script>alert(1)</script> &+%25 é';
    const answer = await send('', `?validationToken=${encodeURIComponent(token)}`);
    expect([answer.status, await answer.text()]).toEqual([200, token]);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await send('', `?validationToken=${'x'.repeat(5_000)}`)).status).toBe(400);
  });

  test.each<[string, Record<string, unknown>]>([
    ['another secret', { clientState: 'guessed' }],
    ['no secret', { clientState: undefined }],
    ['another subscription', { subscriptionId: 'other' }],
    ['another tenant', { tenantId: '00000000-0000-4000-8000-000000000000' }],
  ])('%s: dropped, and the caller is not told', async (_, more) => {
    expect((await send({ value: [await genuine(more)] })).status).toBe(202);
    expect(await waiting()).toBe(0);
  });

  test.each<[string, unknown, number]>([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['no list', { value: 'x' }, 400],
    ['an empty list', { value: [] }, 400],
    ['a hostile entry', { value: [{ subscriptionId: { $gt: '' } }] }, 400],
    ['too many', { value: Array.from({ length: 1_001 }, () => ({ subscriptionId: 'x' })) }, 400],
    ['too large', { value: [{ subscriptionId: 'x', filler: 'x'.repeat(1_100_000) }] }, 413],
  ])('%s: refused', async (_, body, status) => {
    expect((await send(body)).status).toBe(status);
    expect(await waiting()).toBe(0);
  });

  test('a genuine one about an object in an unknown form still asks; nothing of it is believed', async () => {
    const answer = await send({ value: [await genuine({ resourceData: { id: '../../etc', '@odata.type': '#x' } })] });
    expect([answer.status, await waiting()]).toEqual([202, 1]);
    expect(await work()).toBeGreaterThanOrEqual(1);
  });
});

describe('switched off', () => {
  test('the subscriptions are ended, their rows are gone, and nobody is answered', async () => {
    const off = world.compose({ CHANGE_NOTIFICATIONS: 'Off' });
    await watchSubscriptions(off);
    expect(ours()).toEqual([]);
    expect(await kept()).toBeUndefined();
    const request = await serveHandler(() => makeGraphNotifications(() => off));
    const answer = await fetch(`http://${request.host}/?validationToken=x`, { method: 'POST' });
    expect(answer.status).toBe(404);
    await request.close();
  });
});
