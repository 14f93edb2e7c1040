import { zendeskFaults } from '../../local/zendesk/faults';
import type { ZendeskSimulatorOptions } from '../../local/zendesk/options';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import type { ZendeskConnectorOptions } from '../../src/adapters/zendesk/settings';
import { AlreadyExistsError, RejectedError, ThrottledError, UnavailableError } from '../../src/core/errors';
import type { TargetUser } from '../../src/core/model';
import type { TargetUserChanges } from '../../src/ports/target-connector';
import { makeFakeStateStore } from '../fakes/state-store';
import { aNewUser } from './target-connector-suite';
import { connectorOptions, makeLog, makeZendeskWorld, type ZendeskWorld } from './zendesk-connector-world';

const CREATE_MANY = 'POST /api/v2/users/create_many';
const UPDATE_MANY = 'PUT /api/v2/users/update_many';
const POST = 'POST /api/v2/users';
const PUT = 'PUT /api/v2/users/{user_id}';

const newcomers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) =>
    aNewUser({ externalId: `id-${from + at}`, email: `new${from + at}@example.com`, name: `New ${from + at}` }),
  );

/** An account with bulk, whose jobs take some tens of milliseconds. */
async function makeBulkWorld(
  options: { readonly simulator?: ZendeskSimulatorOptions; readonly connector?: Partial<ZendeskConnectorOptions> } = {},
): Promise<ZendeskWorld> {
  const simulator = { features: { bulkCreateEnabled: true }, trafficLimit: 20_000, ...options.simulator };
  return makeZendeskWorld({ simulator, connector: { startPerMinute: 2_500, ...options.connector } });
}

describe('Zendesk connector › bulk', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeBulkWorld();
    await world.connector.describe();
    await world.connector.getUser((await world.connector.describe()).selfId);
  });
  afterEach(() => world.close());
  const requests = (route: string) => world.simulator.stats.byRoute.get(route) ?? 0;
  /** As the engine does: an item that is told to wait comes back. */
  const patiently = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ThrottledError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  };
  const createAll = (count: number, from = 0) =>
    Promise.allSettled(newcomers(count, from).map((user) => patiently(() => world.connector.createUser(user))));
  const seedUsers = async (count: number) => {
    const ids = Array.from({ length: count }, (_, at) => world.seedUser({ name: `User ${at}`, email: `u${at}@example.com` }));
    return (await Promise.all(ids.map((id) => world.connector.getUser(id)))).flatMap((user) => user ?? []);
  };
  const updateAll = (users: readonly TargetUser[], changes: TargetUserChanges) =>
    Promise.allSettled(users.map((user) => patiently(() => world.connector.updateUser(user, changes))));
  const fates = (results: readonly PromiseSettledResult<unknown>[]) =>
    results.filter(({ status }) => status === 'rejected').map((result) => (result as PromiseRejectedResult).reason);
  const suspended = () => [...world.simulator.state.users.values()].filter((user) => user.suspended).length;

  describe('creations', () => {
    it('a hundred and more are created by jobs; each is who was asked for', async () => {
      const results = await createAll(230);
      expect(fates(results)).toEqual([]);
      for (const [at, result] of results.entries())
        expect(result).toMatchObject({ value: { externalId: `id-${at}`, email: `new${at}@example.com`, active: true } });
      expect(world.countUsers()).toBe(231);
      expect(requests(CREATE_MANY)).toBeGreaterThanOrEqual(3);
      expect(requests(POST)).toBe(8);
      expect(world.mails()).toBe(0);
    });

    it('in waves of a hundred, at no more than 0.06 requests each, look-ups included', async () => {
      await createAll(100);
      const before = world.simulator.stats.requests;
      const wave = newcomers(100, 100);
      await Promise.all(
        wave.map(async (user) => {
          expect(await world.connector.findUsers({ attribute: 'external_id', value: user.externalId })).toEqual([]);
          await world.connector.createUser(user);
        }),
      );
      const each = (world.simulator.stats.requests - before) / 100;
      console.info(`${each} requests for each new user in bulk`);
      expect(each).toBeLessThanOrEqual(0.06);
      expect(world.countUsers()).toBe(201);
    });

    it('a few go singly and at once', async () => {
      expect(fates(await createAll(8))).toEqual([]);
      expect([requests(CREATE_MANY), requests(POST)]).toEqual([0, 8]);
    });

    it.each(['recorded', 'spec', 'success-object', 'null'] as const)(
      'rows as %s, shuffled, with one of nobody › all are right',
      async (shape) => {
        Object.assign(world.simulator.faults, { jobRows: shape, bogusJobRow: true });
        expect(fates(await createAll(60))).toEqual([]);
        expect(world.countUsers()).toBe(61);
      },
    );

    it.each([
      ['killed half-way', 'killJobs'],
      ['failed', 'failJobs'],
      ['lost once it is done', 'loseJobs'],
    ] as const)('a job that is %s › what is missing is created singly, nobody twice', async (_name, fault) => {
      Object.assign(world.simulator.faults, { [fault]: 1 });
      expect(fates(await createAll(60))).toEqual([]);
      expect(world.countUsers()).toBe(61);
    });

    it.each([
      ['cut before', zendeskFaults.reset()],
      ['cut after the job was made', zendeskFaults.resetAfterWrite()],
      ['answered 500 after the job was made', zendeskFaults.errorAfterWrite()],
    ])('a request that is %s › nobody is created twice', async (_name, fault) => {
      world.simulator.faults.next({ path: /create_many/ }, fault);
      const lost = fates(await createAll(60));
      for (const error of lost) expect(error).toBeInstanceOf(UnavailableError);
      // As the engine does: look, then create who is not there.
      for (const user of newcomers(60)) {
        const [found] = await world.connector.findUsers({ attribute: 'external_id', value: user.externalId });
        if (!found) await world.connector.createUser(user);
      }
      expect(world.countUsers()).toBe(61);
    });

    it('one that is refused is told why, and fails nobody else', async () => {
      const users = newcomers(60).map((user, at) => (at === 33 ? { ...user, name: '' } : user));
      const results = await Promise.allSettled(users.map((user) => world.connector.createUser(user)));
      expect(fates(results)).toEqual([expect.objectContaining({ constructor: RejectedError, attribute: 'name' })]);
      expect(world.countUsers()).toBe(60);
    });

    it.each(['refuse', 'take-over'] as const)(
      'an address that somebody has is never taken over, where jobs %s',
      async (createManyTaken) => {
        Object.assign(world.simulator.faults, { createManyTaken });
        const id = world.seedUser({ name: 'Bob', email: 'new7@example.com', role: 'agent' });
        const other = world.seedUser({ name: 'Eve', email: 'eve@example.com', otherEmail: 'new9@example.com' });
        const errors = fates(await createAll(60));
        expect(errors).toHaveLength(2);
        for (const error of errors) expect(error).toMatchObject({ constructor: AlreadyExistsError, attribute: 'email' });
        expect(world.user(id)).toMatchObject({ externalId: null, name: 'Bob', role: 'agent' });
        expect(world.user(other)).toMatchObject({ externalId: null, name: 'Eve' });
      },
    );

    it('an account that the index did not know and the job took over is told as taken', async () => {
      Object.assign(world.simulator.faults, { createManyTaken: 'take-over', searchStalled: false });
      await world.connector.findUsers({ attribute: 'email', value: 'x@example.com' });
      world.simulator.faults.searchStalled = true;
      const id = world.seedUser({ name: 'Bob', email: 'new17@example.com' });
      world.simulator.state.users.get(Number(id))!.created_at = '2020-01-01T00:00:00Z';
      expect(fates(await createAll(60))).toEqual([
        expect.objectContaining({ constructor: AlreadyExistsError, attribute: 'external_id' }),
      ]);
    });

    it('where a search takes one address only, nobody is created in bulk', async () => {
      world.simulator.faults.searchTerms = 'and';
      expect(fates(await createAll(60))).toEqual([]);
      expect([requests(CREATE_MANY), requests(POST)]).toEqual([0, 60]);
    });

    it('one address wanted twice › the first has it, the second is refused', async () => {
      const users = newcomers(60).map((user, at) => (at === 40 ? { ...user, email: 'new3@example.com' } : user));
      const errors = fates(await Promise.allSettled(users.map((user) => world.connector.createUser(user))));
      expect(errors).toEqual([expect.objectContaining({ constructor: AlreadyExistsError, attribute: 'email' })]);
    });

    it('one external id wanted twice at once › one account', async () => {
      const users = [...newcomers(60), { ...newcomers(1)[0]!, email: 'other@example.com' }];
      const errors = fates(await Promise.allSettled(users.map((user) => world.connector.createUser(user))));
      expect(errors).toEqual([expect.objectContaining({ constructor: AlreadyExistsError, attribute: 'external_id' })]);
    });

    it('403 › singles go on, it is tried once a day by all instances together, and told once', async () => {
      world.simulator.features.bulkCreateEnabled = false;
      const log = makeLog();
      const stateStore = makeFakeStateStore();
      let offsetMs = 0;
      const clock = () => new Date(Date.now() + offsetMs);
      const instances = [0, 1].map(() =>
        makeZendeskConnector(connectorOptions(world.simulator.url, { logger: log, stateStore, clock })),
      );
      for (const [at, instance] of instances.entries())
        expect(fates(await Promise.allSettled(newcomers(40, at * 40).map((user) => instance.createUser(user))))).toEqual([]);
      expect(requests(CREATE_MANY)).toBe(1);
      expect(log.lines.filter((line) => line.includes('enable bulk user imports'))).toHaveLength(1);
      offsetMs = 25 * 3_600_000;
      await Promise.all(newcomers(40, 100).map((user) => instances[0]!.createUser(user)));
      expect(requests(CREATE_MANY)).toBe(2);
      await Promise.all(instances.map((instance) => instance.close()));
    });

    it('agents without a free seat are told so', async () => {
      world.takeAllSeats();
      const users = newcomers(40).map((user, at) =>
        at === 20 ? { ...user, role: { role: 'agent' as const, customRoleId: null } } : user,
      );
      const errors = fates(await Promise.allSettled(users.map((user) => world.connector.createUser(user))));
      expect(errors).toEqual([expect.objectContaining({ code: 'PROV_TARGET_LICENSE_LIMIT' })]);
    });
  });

  describe('updates', () => {
    it('a thousand suspensions are jobs of a hundred, and every one is done', async () => {
      const users = await seedUsers(1_000);
      const before = world.simulator.stats.requests;
      expect(fates(await updateAll(users, { suspended: true }))).toEqual([]);
      expect(suspended()).toBe(1_000);
      expect(requests(PUT)).toBeLessThanOrEqual(4);
      expect(requests(UPDATE_MANY)).toBeLessThanOrEqual(11);
      // How often jobs are looked at while they run is a matter of how busy the machine is; all of them are looked at together.
      const polls = requests('GET /api/v2/job_statuses/show_many');
      const each = (world.simulator.stats.requests - before - polls) / 1_000;
      expect(each).toBeLessThanOrEqual(0.03);
    });

    it('each its own way', async () => {
      const users = await seedUsers(40);
      const results = await Promise.all(
        users.map((user, at) =>
          world.connector.updateUser(user, { name: `Name ${at}`, attributes: { tags: [`t${at}`], phone: `+47 ${at}` } }),
        ),
      );
      for (const [at, user] of results.entries())
        expect(user).toMatchObject({ id: users[at]!.id, name: `Name ${at}`, attributes: { tags: [`t${at}`] } });
      expect(requests(UPDATE_MANY)).toBe(1);
    });

    it('a few go singly', async () => {
      expect(fates(await updateAll(await seedUsers(2), { suspended: true }))).toEqual([]);
      expect([requests(UPDATE_MANY), requests(PUT)]).toEqual([0, 2]);
    });

    it('two changes of one person are never in one bundle, and keep their order', async () => {
      const users = await seedUsers(40);
      const first = updateAll(users, { role: { role: 'agent', customRoleId: null } });
      const second = updateAll(users, { suspended: true, name: 'Second' });
      const third = updateAll(users, { suspended: false, name: 'Third' });
      expect(fates([...(await first), ...(await second), ...(await third)])).toEqual([]);
      for (const { id } of users) expect(world.user(id)).toMatchObject({ name: 'Third', suspended: false, role: 'agent' });
      for (const { body } of world.simulator.stats.writes.filter(({ path }) => path.endsWith('update_many'))) {
        const ids = (body as { users: { id: number }[] }).users.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }
    });

    it('a role and a suspension of one change are one row', async () => {
      const users = await seedUsers(30);
      await updateAll(users, { role: { role: 'agent', customRoleId: world.customRoleId } });
      const agents = (await Promise.all(users.map(({ id }) => world.connector.getUser(id)))).flatMap((user) => user ?? []);
      const results = await updateAll(agents, { role: { role: 'end-user', customRoleId: null }, suspended: true });
      expect(fates(results)).toEqual([]);
      for (const { id } of users) expect(world.user(id)).toMatchObject({ role: 'end-user', customRoleId: null, suspended: true });
    });

    it.each(['recorded', 'spec', 'success-object', 'null'] as const)('rows as %s › all are right', async (shape) => {
      Object.assign(world.simulator.faults, { jobRows: shape, bogusJobRow: true });
      const users = await seedUsers(50);
      expect(fates(await updateAll(users, { suspended: true, name: ' Odd  name ' }))).toEqual([]);
      expect(suspended()).toBe(50);
    });

    it.each([
      ['killed half-way', 'killJobs'],
      ['failed', 'failJobs'],
      ['lost once it is done', 'loseJobs'],
    ] as const)('a job that is %s › what is missing is done singly', async (_name, fault) => {
      Object.assign(world.simulator.faults, { [fault]: 1 });
      expect(fates(await updateAll(await seedUsers(50), { suspended: true }))).toEqual([]);
      expect(suspended()).toBe(50);
    });

    it('a row that says "done" and is not, is done singly', async () => {
      const users = await seedUsers(30);
      const body = { job_status: { id: 'V3-x', status: 'queued', results: null } };
      const results = users.map(({ id }) => ({ id: Number(id), action: 'update', status: 'Updated', success: true }));
      world.simulator.faults.next({ path: /update_many/ }, { status: 200, body });
      world.simulator.faults.next(
        { path: /job_statuses/ },
        { status: 200, body: { job_statuses: [{ ...body.job_status, status: 'completed', results }] } },
      );
      expect(fates(await updateAll(users, { suspended: true }))).toEqual([]);
      expect(suspended()).toBe(30);
    });

    it('one that is refused is told why, and fails nobody else', async () => {
      const users = await seedUsers(40);
      const results = await Promise.allSettled(
        users.map((user, at) =>
          world.connector.updateUser(
            user,
            at === 5 ? { externalId: 'taken' } : at === 6 ? { name: '' } : { externalId: `x-${at}` },
          ),
        ),
      );
      expect(fates(results)).toEqual([expect.objectContaining({ constructor: RejectedError, attribute: 'name' })]);
      expect(world.user(users[39]!.id)?.externalId).toBe('x-39');
    });

    it('somebody who is gone is told as gone', async () => {
      const users = await seedUsers(40);
      await world.connector.deleteUser(users[9]!.id);
      expect(fates(await updateAll(users, { suspended: true }))).toEqual([
        expect.objectContaining({ code: 'PROV_TARGET_NOT_FOUND' }),
      ]);
    });

    it('a job that does not end in time › its people come back, and nothing is repeated meanwhile', async () => {
      world.simulator.faults.holdJobs = true;
      const users = await seedUsers(30);
      const errors = fates(await updateAll(users, { suspended: true }));
      expect(errors.length).toBeGreaterThanOrEqual(28);
      for (const error of errors) expect(error).toBeInstanceOf(UnavailableError);
      expect(requests(PUT)).toBeLessThanOrEqual(2);
      world.simulator.faults.holdJobs = false;
      expect(fates(await updateAll(users, { suspended: true }))).toEqual([]);
      expect(suspended()).toBe(30);
    });

    it.each(['forgotten', 'not to be seen'])(
      'a job that is %s while it is at work › as one that does not end, and then singly',
      async (how) => {
        const { faults, jobs } = world.simulator;
        faults.holdJobs = true;
        const users = await seedUsers(30);
        if (how === 'forgotten') jobs.jobs.set = () => jobs.jobs;
        else faults.next({ path: /job_statuses/ }, zendeskFaults.forbidden(), 1_000);
        const errors = fates(await updateAll(users, { suspended: true }));
        expect(errors.length).toBeGreaterThanOrEqual(28);
        for (const error of errors) expect(error).toBeInstanceOf(UnavailableError);
        expect(requests(PUT)).toBeLessThanOrEqual(2);
        expect(suspended()).toBe(30 - errors.length);
        // What they ask for next is done whatever becomes of jobs, and of the first one.
        expect(fates(await updateAll(users, { name: 'x' }))).toEqual([]);
        expect(requests(UPDATE_MANY)).toBe(1);
      },
    );

    it('a job whose rows cannot be read again › as one that does not end', async () => {
      const users = await seedUsers(30);
      world.simulator.faults.next({ path: /users\/show_many/ }, zendeskFaults.forbidden(), 1_000);
      const errors = fates(await updateAll(users, { suspended: true }));
      expect(errors.length).toBeGreaterThanOrEqual(28);
      for (const error of errors) expect(error).toBeInstanceOf(UnavailableError);
      expect(requests(PUT)).toBeLessThanOrEqual(2);
    });

    it('a job of which the answer does not say which it is › nothing is repeated', async () => {
      const users = await seedUsers(30);
      world.simulator.faults.next({ path: /update_many/ }, { status: 200, body: {} }, 1_000);
      const errors = fates(await updateAll(users, { suspended: true }));
      expect(errors.length).toBeGreaterThanOrEqual(28);
      for (const error of errors) expect(error).toBeInstanceOf(UnavailableError);
      expect(requests(PUT)).toBeLessThanOrEqual(2);
    });

    it('too many jobs › waited for, without silencing other requests', async () => {
      world.simulator.faults.holdJobs = true;
      for (let at = 0; at < 30; at++)
        world.simulator.jobs.submit('UserBulkUpdateJobV2', [() => ({ index: 0, action: 'update' })]);
      const users = await seedUsers(30);
      const all = updateAll(users, { suspended: true });
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await world.connector.findGroups('Support')).toHaveLength(1);
      world.simulator.faults.holdJobs = false;
      const errors = fates(await all);
      for (const error of errors) expect(error).toBeInstanceOf(ThrottledError);
      expect(suspended()).toBe(30 - errors.length);
    });

    it('jobs that obey one update a second inside are measured, and singles go on', async () => {
      world.simulator.faults.jobMsPerRow = 1_000 / 60;
      const users = await seedUsers(120);
      expect(fates(await updateAll(users.slice(0, 60), { suspended: true }))).toEqual([]);
      const jobs = requests(UPDATE_MANY);
      expect(fates(await updateAll(users.slice(60), { suspended: true }))).toEqual([]);
      expect(requests(UPDATE_MANY)).toBe(jobs);
      expect(suspended()).toBe(120);
    });
  });

  describe('memberships', () => {
    const seedAgents = (count: number) =>
      Array.from({ length: count }, (_, at) => world.seedUser({ name: `Agent ${at}`, role: 'agent' }));
    const CREATE = 'POST /api/v2/group_memberships/create_many';
    const REMOVE = 'DELETE /api/v2/group_memberships/destroy_many';

    it('seven hundred join a group by jobs, and leave it by jobs', async () => {
      const [agents, group] = [seedAgents(700), world.seedGroup('Tier 2')];
      const before = world.simulator.stats.requests;
      const joined = await Promise.all(agents.map((id) => world.connector.addMembership(id, group)));
      expect(joined.map(({ userId }) => userId)).toEqual(agents);
      console.info(`${(world.simulator.stats.requests - before) / 700} requests for each membership in bulk`);
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support', 'Tier 2']);
      expect(requests('POST /api/v2/group_memberships')).toBeLessThanOrEqual(8);
      await Promise.all(joined.map((membership) => world.connector.removeMembership(membership)));
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support']);
      expect(requests(REMOVE)).toBeGreaterThanOrEqual(7);
      expect(requests('DELETE /api/v2/group_memberships/{group_membership_id}')).toBeLessThanOrEqual(8);
    });

    it.each(['killJobs', 'failJobs', 'loseJobs'] as const)('%s › all are in, and again all are in', async (fault) => {
      const [agents, group] = [seedAgents(60), world.seedGroup('Tier 2')];
      Object.assign(world.simulator.faults, { [fault]: 1 });
      const first = await Promise.all(agents.map((id) => world.connector.addMembership(id, group)));
      const second = await Promise.all(agents.map((id) => world.connector.addMembership(id, group)));
      expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support', 'Tier 2']);
    });

    it('an end user among them is refused alone', async () => {
      const [agents, group] = [seedAgents(40), world.seedGroup('Tier 2')];
      const all = [...agents, world.seedUser({ name: 'End' })];
      const errors = fates(await Promise.allSettled(all.map((id) => world.connector.addMembership(id, group))));
      expect(errors).toEqual([expect.objectContaining({ constructor: RejectedError, attribute: 'members' })]);
    });

    it('one that has become the default one meanwhile is replaced before it goes', async () => {
      const [agents, group] = [seedAgents(40), world.seedGroup('Tier 2')];
      const joined = await Promise.all(agents.map((id) => world.connector.addMembership(id, group)));
      for (const { id } of joined.slice(0, 30)) {
        const { state } = world.simulator;
        state.makeDefaultMembership(state.memberships.get(Number(id))!);
      }
      await Promise.all(joined.map((membership) => world.connector.removeMembership(membership)));
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support']);
    });

    it('two memberships of one person that go at once leave a default group', async () => {
      const agents = seedAgents(30);
      const groups = [world.seedGroup('Tier 2'), world.seedGroup('Tier 3')];
      const joined = await Promise.all(agents.flatMap((id) => groups.map((group) => world.connector.addMembership(id, group))));
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support', 'Tier 2', 'Tier 3']);
      await Promise.all(joined.map((membership) => world.connector.removeMembership(membership)));
      for (const id of agents) expect(world.groupsOf(id)).toEqual(['Support']);
    });

    it('many groups with a member each go singly', async () => {
      const agents = seedAgents(30);
      const groups = agents.map((_, at) => world.seedGroup(`Group ${at}`));
      await Promise.all(agents.map((id, at) => world.connector.addMembership(id, groups[at]!)));
      for (const [at, id] of agents.entries()) expect(world.groupsOf(id)).toEqual(['Support', `Group ${at}`]);
      expect(requests(CREATE)).toBe(0);
    });
  });

  it('sessions of many are ended by one request; of one, by its own', async () => {
    const users = await seedUsers(100);
    await Promise.all(users.map(({ id }) => world.connector.endSessions(id)));
    expect(requests('POST /api/v2/users/logout_many')).toBe(1);
    expect(new Set(world.simulator.state.endedSessions).size).toBe(100);
    await world.connector.endSessions(users[0]!.id);
    expect(requests('DELETE /api/v2/users/{user_id}/sessions')).toBe(1);
  });
});
