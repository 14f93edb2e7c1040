import { aCompany, aPerson } from '../builders/people';
import { meanwhile } from './support/faults';
import { onDemand } from './support/reading';
import type { World } from './support/world';

/** Calls something once a cycle has listed the assignments, before it decides. */
function afterAssignments(world: World, act: () => Promise<unknown>): void {
  let isDone = false;
  world.source.beforeCall = async ({ method }) => {
    if (isDone || method !== 'readUserChanges') return;
    isDone = true;
    await act();
  };
}

describe('somebody who is assigned and provisioned on demand while a cycle runs', () => {
  it('keeps access, though the cycle has listed the assignments before', async () => {
    const { world, directory, roles } = aCompany({ users: 2 });
    await world.round();
    const hire = aPerson(world, 'hire');
    afterAssignments(world, async () => {
      directory.assign(hire, roles.user);
      await onDemand(world, hire);
      expect(world.accountOf(hire)?.suspended).toBe(false);
    });
    const suspended: (boolean | undefined)[] = [];
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await world.round();
      suspended.push(world.accountOf(hire)?.suspended);
    }
    expect(suspended).toEqual([false, false, false]);
  });

  it('so do several, though more are in doubt than the brake lets go', async () => {
    const { world, directory, roles } = aCompany({ users: 2 }, { settings: { deletionThreshold: 3 } });
    await world.round();
    const hires = ['ann', 'ben', 'cem', 'dan', 'eva'].map((name) => aPerson(world, name));
    afterAssignments(world, async () => {
      for (const hire of hires) directory.assign(hire, roles.user);
      for (const hire of hires) await onDemand(world, hire);
    });
    const suspended = () => hires.map((hire) => world.accountOf(hire)?.suspended);
    await world.round();
    expect(suspended()).toEqual(hires.map(() => false));
    await world.round();
    expect(suspended()).toEqual(hires.map(() => false));
  });

  it('a group is not deleted either', async () => {
    const { world, directory, roles } = aCompany({ users: 2 });
    await world.round();
    const team = directory.addGroup({ displayName: 'Team' });
    afterAssignments(world, async () => {
      directory.assign(team, roles.agent);
      await onDemand(world, team, 'group');
      expect(world.groupNamed('Team')).toBeDefined();
    });
    await world.round();
    expect(world.groupNamed('Team')).toBeDefined();
    await world.round();
    expect(world.groupNamed('Team')).toBeDefined();
  });
});

describe('an assignment that only a provisioning on demand has met', () => {
  it('is gone before the next cycle: so is the access that it gave', async () => {
    const { world, directory, roles, users } = aCompany({ users: 1 });
    const [user] = users;
    if (!user) throw new Error('nobody');
    await world.round();
    directory.unassign(user.assignment);
    await onDemand(world, user.id);
    await world.round();
    const again = directory.assign(user.id, roles.user);
    await onDemand(world, user.id);
    expect(world.accountOf(user.id)?.suspended).toBe(false);
    directory.unassign(again);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(user.id)?.suspended).toBe(true);
  });

  it('of a group: so is its Zendesk group', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    const team = directory.addGroup({ displayName: 'Team' });
    const first = directory.assign(team, roles.agent);
    await world.round();
    directory.unassign(first);
    await onDemand(world, team, 'group');
    await world.round();
    expect(world.groupNamed('Team')).toBeUndefined();
    const again = directory.assign(team, roles.agent);
    await onDemand(world, team, 'group');
    expect(world.groupNamed('Team')).toBeDefined();
    directory.unassign(again);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.groupNamed('Team')).toBeUndefined();
  });

  it('of a group, read on demand for one of its members: so is the access that it gave', async () => {
    const { world, directory, roles, users } = aCompany({ users: 1 });
    const [user] = users;
    if (!user) throw new Error('nobody');
    const team = directory.addGroup({ displayName: 'Team' });
    directory.addMember(team, user.id);
    const first = directory.assign(team, roles.agent);
    await world.round();
    directory.unassign(user.assignment);
    directory.unassign(first);
    await onDemand(world, user.id);
    await world.round();
    const again = directory.assign(team, roles.agent);
    await onDemand(world, user.id);
    expect(world.accountOf(user.id)?.suspended).toBe(false);
    directory.unassign(again);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(user.id)?.suspended).toBe(true);
  });

  it('by a role that is disabled again before the next cycle: so is the access that it gave', async () => {
    const { world, directory, roles, users } = aCompany({ users: 1 });
    const [user] = users;
    if (!user) throw new Error('nobody');
    await world.round();
    directory.enableRole(roles.user, false);
    await world.round();
    await onDemand(world, user.id);
    await world.round();
    expect(world.accountOf(user.id)?.suspended).toBe(true);
    directory.enableRole(roles.user, true);
    await onDemand(world, user.id);
    expect(world.accountOf(user.id)?.suspended).toBe(false);
    directory.enableRole(roles.user, false);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(user.id)?.suspended).toBe(true);
  });
});

describe('somebody who is provisioned on demand while a cycle holds what they are to lose', () => {
  it('stays held: what the request had read is older', async () => {
    const { world, directory, users } = aCompany({ users: 3 }, { settings: { deletionThreshold: 0 } });
    await world.round();
    const [one] = users;
    if (!one) throw new Error('nobody');
    directory.updateUser(one.id, { displayName: 'New name' });
    const leaves = async (): Promise<void> => {
      directory.unassign(one.assignment);
      world.nowMs += 20 * 60_000;
      await world.cycle();
    };
    await meanwhile(world, 'target.updateUser', leaves, () => onDemand(world, one.id));
    expect(await world.deps().staged.read({ type: 'user', id: one.id })).toMatchObject({ state: 'staged' });
  });

  it('what was held before is settled by it', async () => {
    const { world, directory, users, roles } = aCompany({ users: 3 }, { settings: { deletionThreshold: 0 } });
    await world.round();
    const [one] = users;
    if (!one) throw new Error('nobody');
    directory.unassign(one.assignment);
    await world.round();
    directory.assign(one.id, roles.user);
    expect(await world.deps().staged.read({ type: 'user', id: one.id })).toMatchObject({ state: 'staged' });
    await onDemand(world, one.id);
    expect(await world.deps().staged.read({ type: 'user', id: one.id })).toBeUndefined();
  });
});
