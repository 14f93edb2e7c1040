import type { SourceId, WorkItem } from '../../src/core/model';
import { aCompany, anEmployee } from '../builders/people';
import { heldKinds, letsGo } from './support/operator';
import { takeAll } from './support/queue';
import type { World } from './support/world';

const active = (world: World, people: readonly { readonly id: SourceId }[]): number =>
  people.filter(({ id }) => world.accountOf(id)?.suspended === false).length;

const late = async (world: World, items: readonly WorkItem[]): Promise<void> => {
  for (const item of items) await world.work(item);
  await world.drain();
};

describe('a permission is never wider than what was counted', () => {
  const settings = { deletionThreshold: 5, deletionThresholdPercent: 100, hardDeletedUsers: 'Delete' } as const;

  it('suspensions let go, then deletions held: the late items delete nobody', async () => {
    const { world, directory, users } = await anEmployee(settings, { users: 20 });
    for (const { assignment } of users.slice(0, 5)) directory.unassign(assignment);
    await world.cycle();
    const items = takeAll(world);
    for (const { id } of users) directory.hardDeleteUser(id);
    await world.cycle();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDelete 1'));
    await late(world, items);
    expect([...world.target.users.values()].filter((user) => user.active && user.externalId)).toHaveLength(20);
    expect(active(world, users)).toBe(20);
  });

  it('seats let go, then suspensions held: the late items suspend nobody', async () => {
    const { world, directory, agents, roles } = await anEmployee({ ...settings, hardDeletedUsers: 'Suspend' }, { agents: 20 });
    for (const { id, assignment } of agents.slice(0, 5)) {
      directory.unassign(assignment);
      directory.assign(id, roles.user);
    }
    await world.cycle();
    const items = takeAll(world);
    for (const { id } of agents) directory.updateUser(id, { accountEnabled: false });
    await world.cycle();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDisable 1'));
    await late(world, items);
    expect(active(world, agents)).toBe(20);
  });

  it('suspensions that a later cycle holds among many others: the late items suspend nobody', async () => {
    const { world, directory, users } = await anEmployee(settings, { users: 20 });
    for (const { assignment } of users.slice(0, 4)) directory.unassign(assignment);
    await world.cycle();
    const items = takeAll(world);
    for (const { assignment } of users.slice(4)) directory.unassign(assignment);
    await world.dueInitial();
    await world.cycle();
    expect(await heldKinds(world)).toHaveLength(20);
    await late(world, items);
    expect(active(world, users)).toBe(20);
  });

  it('20 members held, then many more leave: what was shown goes, and nobody else', async () => {
    const { world, directory, agents, team } = aCompany({ agents: 60 }, { settings });
    const group = team('Sales', ...agents.map(({ id }) => id));
    await world.rounds(2);
    for (const { id } of agents.slice(0, 20)) directory.removeMember(group, id);
    const { cycleId } = await world.round();
    expect(await heldKinds(world)).toEqual(['membershipRemoval 20']);
    for (const { id } of agents.slice(20, 50)) directory.removeMember(group, id);
    // The operator decides on what the first cycle has shown, while the second one has read more.
    await letsGo(world, cycleId);
    const members = world.inGroup('Sales');
    expect(members).toHaveLength(40);
    expect(agents.slice(20).every(({ id }) => members.includes(id))).toBe(true);
  });

  it('a group that loses more while it is held: what the first cycle showed is not let go under its name', async () => {
    const { world, directory, agents, team } = aCompany({ agents: 60 }, { settings });
    const group = team('Sales', ...agents.map(({ id }) => id));
    await world.rounds(2);
    for (const { id } of agents.slice(0, 20)) directory.removeMember(group, id);
    const first = await world.round();
    for (const { id } of agents.slice(20, 21)) directory.removeMember(group, id);
    const second = await world.round();
    expect(await heldKinds(world)).toEqual(['membershipRemoval 21']);
    expect((await letsGo(world, first.cycleId)).released).toEqual([]);
    expect(world.inGroup('Sales')).toHaveLength(60);
    await letsGo(world, second.cycleId);
    expect(world.inGroup('Sales')).toHaveLength(39);
  });

  it('suspensions allowed, and the people hard-deleted meanwhile: no account is deleted by that', async () => {
    const { world, directory, users } = await anEmployee(settings, { users: 20 });
    for (const { assignment } of users) directory.unassign(assignment);
    const { cycleId } = await world.round();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDisable 1'));
    for (const { id } of users) directory.hardDeleteUser(id);
    await letsGo(world, cycleId);
    expect([...world.target.users.values()].filter((user) => user.active && user.externalId)).toHaveLength(20);
  });

  it('a held suspension that becomes a deletion, alone in its cycle: it stays held', async () => {
    const { world, directory, users, id } = await anEmployee(settings, { users: 20 });
    for (const { assignment } of users) directory.unassign(assignment);
    await world.round();
    directory.hardDeleteUser(id);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ active: true, suspended: false });
    expect(await heldKinds(world)).toContain('userDelete 1');
  });
});

describe('the share is of those who can still lose something', () => {
  it('300 once linked, 30 active, all unassigned at once: held', async () => {
    const { world, directory, users } = await anEmployee(
      { deletionThreshold: 500, deletionThresholdPercent: 100 },
      { users: 120 },
    );
    for (const { assignment } of users.slice(0, 90)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(30);
    world.settings = { ...world.settings, deletionThresholdPercent: 30 };
    world.nowMs += 25 * 3600_000;
    for (const { assignment } of users.slice(90)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(30);
    expect(await heldKinds(world)).toHaveLength(30);
  });

  it('nine in each of ten cycles of a day: the second nine are held; a day later nine may go', async () => {
    const { world, directory, users } = await anEmployee({}, { users: 90 });
    for (let at = 0; at < 27; at += 9) {
      for (const { assignment } of users.slice(at, at + 9)) directory.unassign(assignment);
      await world.round();
    }
    expect(active(world, users)).toBe(81);
    world.nowMs += 26 * 3600_000;
    for (const { assignment } of users.slice(30, 38)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(73);
  });
});
