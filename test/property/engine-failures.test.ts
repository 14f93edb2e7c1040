import { LicenseLimitError, RejectedError, ThrottledError, UnauthorizedError, UnavailableError } from '../../src/core/errors';
import { readJob } from '../../src/engine/job/job-state';
import { aCompany, aPerson } from '../builders/people';
import { only } from './support/only';

describe('engine › failures', () => {
  it('one object refused: an escrow on the ladder, the others go on, the cycle is counted', async () => {
    const { world, users } = aCompany({ users: 5 });
    world.target.hook = (moment, method, args) => {
      if (moment !== 'before' || method !== 'createUser') return;
      const isFirst = (args[0] as { externalId: string }).externalId === only(users).id;
      if (isFirst) throw new RejectedError('email', 'Refused: not an address');
    };
    const { cycleId, evaluated } = await world.round();
    expect(await world.counts(cycleId)).toMatchObject({
      total: evaluated,
      byOutcome: { 'failure/create': 1, 'success/create': 4 },
    });
    const escrow = await world.deps().escrows.read({ type: 'user', id: only(users).id });
    expect(escrow).toMatchObject({ attempts: 1, isTransient: false });
    world.target.hook = undefined;
    await world.round();
    expect(world.accountOf(only(users).id)).toBeUndefined();
    world.nowMs += 6 * 3600_000;
    await world.round();
    expect(world.accountOf(only(users).id)).toBeDefined();
    expect(await world.deps().escrows.read({ type: 'user', id: only(users).id })).toBeUndefined();
  });

  it('a change at the source tries a refused object again at once', async () => {
    const { world, directory, users } = aCompany({ users: 1 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
    };
    await world.round();
    world.target.hook = undefined;
    directory.updateUser(only(users).id, { mail: 'better@contoso.com' });
    await world.round();
    expect(world.accountOf(only(users).id)?.email).toBe('better@contoso.com');
  });

  it('an answer lost after a create: no second account, and the log tells of a creation', async () => {
    const { world, users } = aCompany({ users: 1 });
    let isLost = false;
    world.target.hook = (moment, method) => {
      if (moment !== 'after' || method !== 'createUser' || isLost) return;
      isLost = true;
      throw new UnavailableError('target', 'reset');
    };
    await world.round();
    const { cycleId } = await world.round();
    expect([...world.target.users.values()].filter(({ externalId }) => externalId === only(users).id)).toHaveLength(1);
    expect((await world.counts(cycleId)).byOutcome).toEqual({ 'success/create': 1 });
  });

  it('throttled between the account and its group: one entry, and it tells of the creation', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, only(agents).id);
    let times = 0;
    world.target.hook = (moment, method) => {
      if (moment !== 'before' || method !== 'addMembership') return;
      times += 1;
      if (times < 4) throw new ThrottledError('target', 60_000, 'slow down');
    };
    const { cycleId } = await world.round();
    expect((await world.counts(cycleId)).byOutcome).toEqual({ 'success/create': 2 });
    const sales = world.groupNamed('Sales');
    expect(sales && world.membersOf(sales.id)).toEqual([only(agents).id]);
  });

  it('no seat is free: the end user that Zendesk left behind is raised once there is one', async () => {
    const { world, agents } = aCompany({ agents: 1 });
    world.target.hook = async (moment, method, args) => {
      if (moment !== 'before' || method !== 'createUser') return;
      const { externalId, name, email } = args[0] as { externalId: string; name: string; email: string };
      world.target.seedUser({ name, email, externalId });
      throw new LicenseLimitError('No seat');
    };
    await world.round();
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    await world.round();
    expect(world.accountOf(only(agents).id)?.role.role).toBe('agent');
  });

  it('a refused credential: nothing is lost, the wait grows by cycles and not by workers, and it ends when both sides let us in', async () => {
    const { world, users } = aCompany({ users: 12 });
    let isRefused = true;
    world.target.hook = (moment, method) => {
      if (moment === 'before' && isRefused && method !== 'describe') throw new UnauthorizedError('target', 'refused');
    };
    await world.cycle();
    const items = world.queue.messages.splice(0).map(({ item }) => item);
    await Promise.all(items.slice(0, 5).map((item) => world.work(item)));
    for (const item of items.slice(5)) await world.work(item);
    const { quarantine } = (await readJob(world.deps().state)).value;
    expect(quarantine).toMatchObject({ reason: 'EncounteredQuarantineException', seriesCount: 1 });
    expect(Date.parse(quarantine?.nextAttempt ?? '') - world.nowMs).toBeLessThanOrEqual(3600_000);
    isRefused = false;
    world.nowMs += 3600_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });

  it('most objects fail: quarantine with the reason; a healthy cycle ends it', async () => {
    const { world, users } = aCompany({ users: 12 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
    };
    await world.round();
    const { quarantine } = (await readJob(world.deps().state)).value;
    expect(quarantine?.reason).toBe('EncounteredEscrowProportionThreshold');
    expect(quarantine?.sampleIds.length).toBeGreaterThan(0);
    world.target.hook = undefined;
    world.nowMs += 8 * 3600_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });

  it('rules that change while a cycle is cut off come into force for everybody with the next one', async () => {
    const { world, directory, users } = aCompany({ users: 8 }, { settings: { scope: 'AssignedOnly' } });
    const stranger = aPerson(world, 'stranger');
    await world.killedAt(60, () => world.tick());
    world.settings = { ...world.settings, scope: 'All' };
    await world.round();
    await world.round();
    expect(users.every(({ id }) => world.accountOf(id))).toBe(true);
    expect(world.accountOf(stranger)).toBeDefined();
    expect(directory.isLive(stranger)).toBe(true);
  });
});

describe('engine › what cannot be proved', () => {
  it('is counted in the cycle until it can be', async () => {
    const { world } = aCompany({ users: 2 });
    await world.round();
    const unknowns = async () => (await world.deps().cycles.read((await world.round()).cycleId))?.unknowns;
    Object.assign(world.source.switches, { emptyAssignments: true, unknownReads: 'all' });
    expect(await unknowns()).toBe(2);
    Object.assign(world.source.switches, { emptyAssignments: false, unknownReads: new Set() });
    expect(await unknowns()).toBeUndefined();
  });
});

describe('engine › a seat that the brake holds', () => {
  it('is not said to be in step: the log says what it waits for', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 }, { settings: { deletionThreshold: 0 } });
    await world.round();
    const { id, assignment } = only(agents);
    directory.unassign(assignment);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe('agent');
    const [entry] = (await world.deps().log.query({ sourceId: id }, 1)).entries;
    expect([entry?.skipReason, entry?.provisioningSteps.at(-1)?.description]).toEqual([
      'AwaitingCycle',
      expect.stringContaining('only after a cycle has counted it'),
    ]);
  });
});

describe('engine › what cannot be mapped', () => {
  it.each([
    ['a name of blanks', { displayName: '   ' }, 'user', 'AttributeValidationFailed'],
    ['a role that Zendesk lacks', {}, 'other', 'RoleNotFound'],
  ] as const)('%s: the log names the step that failed', async (_, attributes, role, errorCode) => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'somebody');
    directory.updateUser(id, attributes);
    directory.assign(id, role === 'user' ? roles.user : directory.addAppRole({ displayName: 'Nobody knows' }));
    const { cycleId } = await world.round();
    const { provisioningSteps, provisioningStatusInfo } = only((await world.deps().log.query({ cycleId }, 10)).entries);
    expect(provisioningStatusInfo.errorInformation?.errorCode).toBe(errorCode);
    expect(provisioningSteps.map(({ provisioningStepType, status }) => `${provisioningStepType} ${status}`)).toEqual([
      'import success',
      'scoping success',
      'processing failure',
    ]);
  });
});
