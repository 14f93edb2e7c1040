import { RejectedError } from '../../src/core/errors';
import { forgetEscrow } from '../../src/engine/control/escrow-control';
import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { aCompany, aNewcomer, anEmployee, aPerson } from '../builders/people';
import { fails, failsForARound } from './support/faults';
import { only } from './support/only';
import { forgetsLinks, OPERATOR } from './support/operator';
import { lastEntry } from './support/told';

describe('nothing is forgotten in silence', () => {
  it('a stored failure that an operator forgets is tried with the next cycle', async () => {
    const { world, id } = aNewcomer();
    await failsForARound(world, 'createUser', new RejectedError('email', 'no'));
    await forgetEscrow(world.deps(), OPERATOR, { type: 'user', id });
    await world.round();
    expect(world.accountOf(id)).toBeDefined();
  });

  it.each([
    ['oldest', () => 0],
    ['newest', (count: number) => count - 1],
  ] as const)(
    'a removal that an operator has let go and Zendesk refuses: the failure stays, %s item first',
    async (_order, pick) => {
      const { world, directory, roles } = aCompany({}, { settings: { deletionThreshold: 1 } });
      const groups = ['One', 'Two'].map((displayName) => directory.addGroup({ displayName }));
      const assignments = groups.map((group) => directory.assign(group, roles.agent));
      await world.round();
      for (const assignment of assignments) directory.unassign(assignment);
      await world.round();
      fails(world, 'deleteGroup', new RejectedError('base', 'a default group'));
      await allowDeletes(world.deps(), OPERATOR, 'all');
      await world.drain(pick);
      const failing = async () =>
        Promise.all(groups.map(async (id) => (await world.deps().escrows.read({ type: 'group', id }))?.code));
      const [first, second] = await failing();
      expect([first, second]).toEqual(['UnprocessableEntity', 'UnprocessableEntity']);
      for (let more = 0; more < 3; more += 1) {
        await world.later(24, pick);
        expect(await failing()).toEqual([first, second]);
      }
    },
  );

  it('a group that somebody deleted in Zendesk, then unassigned: the log does not claim a deletion', async () => {
    const { world, directory, roles } = aCompany({});
    const group = directory.addGroup({ displayName: 'Sales' });
    const assignment = directory.assign(group, roles.agent);
    await world.round();
    Object.assign(world.groupNamed('Sales') ?? {}, { deleted: true });
    directory.unassign(assignment);
    await world.round();
    expect(await lastEntry(world, group)).toMatchObject({ provisioningAction: 'other', skipReason: 'RedundantExport' });
    expect(await world.linkOf(group, 'group')).toBeNull();
  });

  it('somebody leaves just before a restart forgets the links: access ends all the same', async () => {
    const { world, directory, users, assignment } = await anEmployee({}, { users: 2 });
    directory.unassign(assignment);
    await forgetsLinks(world);
    await world.rounds(2);
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, false]);
  });

  it('a membership that Zendesk refuses is seen, and tried again', async () => {
    const { world, agents, team } = aCompany({ agents: 1 });
    team('Sales', only(agents).id);
    fails(world, 'addMembership', new RejectedError('user_id', 'no'));
    await world.round();
    const escrows = [];
    for await (const page of world.deps().escrows.list()) escrows.push(...page);
    expect(escrows.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([expect.stringContaining('could not be put into group')]),
    );
    world.target.hook = undefined;
    await world.later(7);
    expect(world.inGroup('Sales')).toHaveLength(1);
    for await (const page of world.deps().escrows.list()) expect(page).toEqual([]);
  });
});

describe('what comes while the brake counts', () => {
  it('a candidate that a worker leaves after the count is not let go by it', async () => {
    const { world, directory, users, assignment } = await anEmployee(
      { deletionThreshold: 1, deletionThresholdPercent: 100 },
      { users: 4 },
    );
    directory.unassign(assignment);
    const late = only(users, 1).id;
    let hasCounted = false;
    world.hook = async (name) => {
      // The first removal is about to be let go: the count is over.
      if (name !== 'workQueue.enqueue' || hasCounted) return;
      const running = await world.deps().state.read<{ cycleId: string; phase: string }>('cycle');
      if (running?.value?.phase !== 'brake') return;
      hasCounted = true;
      const key = { type: 'user', id: late } as const;
      const { cycleId } = running.value;
      await world
        .deps()
        .staged.put([
          { key, cycleId, changeId: 'late', kind: 'userDisable', count: 1, reason: 'r', state: 'candidate', stagedAt: 't' },
        ]);
    };
    await world.cycle();
    world.hook = undefined;
    expect(hasCounted).toBe(true);
    expect(world.queue.messages.map(({ item }) => item.sourceId)).not.toContain(late);
    expect((await world.deps().staged.read({ type: 'user', id: late }))?.state).toBe('candidate');
  });
});

describe('lost work items', () => {
  it('a queue that was emptied: hours later the cycle is closed, and everybody gets what was lost', async () => {
    const { world, users } = aCompany({ users: 3 });
    const { cycleId } = await world.cycle();
    world.queue.messages.splice(0);
    await world.later(5);
    expect((await world.deps().cycles.read(cycleId))?.state).toBe('exporting');
    world.nowMs += 2 * 3600_000;
    await world.rounds(2);
    expect(await world.deps().cycles.read(cycleId)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('3 work items') },
    });
    expect(users.every(({ id }) => world.accountOf(id))).toBe(true);
  });
});

describe('a list that was caught lying', () => {
  it('takes nobody’s access for want of an assignment, whatever else changed in that cycle', async () => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'both');
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.user);
    directory.addMember(group, id);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    directory.assign(id, roles.user);
    directory.updateGroup(group, { securityEnabled: false });
    world.source.switches.emptyAssignments = true;
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    world.source.switches.emptyAssignments = false;
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('delays a leaver by one cycle, and no longer', async () => {
    const { world, directory, users, id, assignment } = await anEmployee({}, { users: 2 });
    directory.updateUser(id, { displayName: 'Renamed' });
    directory.unassign(assignment);
    world.source.switches.emptyAssignments = true;
    await world.round();
    world.source.switches.emptyAssignments = false;
    await world.rounds(2);
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, false]);
  });
});
