import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { aCompany } from '../builders/people';
import { OPERATOR } from './support/operator';

describe('what one cycle holds, let go in two goes', () => {
  it('counts in the release what is added to it', async () => {
    const { world, directory, users } = aCompany({ users: 3 }, { settings: { deletionThreshold: 1 } });
    await world.round();
    for (const { assignment } of users) directory.unassign(assignment);
    await world.round();
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    // At the first go she cannot be read, so she stays held.
    world.source.switches.unknownReads = new Set([ann.id]);
    const first = await allowDeletes(world.deps(), OPERATOR, undefined);
    expect(first.released).toMatchObject([{ released: 2, kept: 1 }]);
    await world.drain();
    world.source.switches.unknownReads = new Set();
    const second = await allowDeletes(world.deps(), OPERATOR, undefined);
    expect(second.released).toMatchObject([{ released: 1, kept: 0, cycleId: first.released[0]?.cycleId }]);
    await world.drain();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, true, true]);
    const release = await world.deps().cycles.read(second.released[0]?.cycleId ?? '');
    expect(release).toMatchObject({ state: 'succeeded', enqueued: 3 });
  });
});

describe('a group that is to go while the removal of its members is let go', () => {
  const aHeldTeam = async () => {
    const company = aCompany({ agents: 4 }, { settings: { deletionThreshold: 1 } });
    const { world, directory, roles, agents } = company;
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    for (const { id } of agents) directory.addMember(team, id);
    await world.round();
    for (const { id } of agents.slice(0, 3)) directory.removeMember(team, id);
    await world.round();
    expect(await world.deps().staged.read({ type: 'group', id: team })).toMatchObject({
      kind: 'membershipRemoval',
      state: 'staged',
    });
    return { ...company, team };
  };

  it('goes with the cycles that follow, if it is deleted in Entra ID before the release is carried out', async () => {
    const { world, directory, team } = await aHeldTeam();
    await allowDeletes(world.deps(), OPERATOR, undefined);
    directory.deleteGroup(team);
    await world.cycle();
    await world.rounds(3);
    expect(world.groupNamed('Team')).toBeUndefined();
  });

  it('is not let go by a release that had listed less', async () => {
    const { world, directory, team } = await aHeldTeam();
    // While the release looks at the group once more, a cycle counts its deletion and holds it.
    let isCounted = false;
    world.source.beforeCall = async () => {
      if (isCounted) return;
      isCounted = true;
      directory.deleteGroup(team);
      await world.cycle();
    };
    const { released } = await allowDeletes(world.deps(), OPERATOR, undefined);
    expect(isCounted).toBe(true);
    expect(released).toMatchObject([{ released: 0, kept: 1 }]);
    expect(await world.deps().staged.read({ type: 'group', id: team })).toMatchObject({ kind: 'groupDelete', state: 'staged' });
    await world.drain();
    expect(world.groupNamed('Team')).toBeDefined();
  });
});
