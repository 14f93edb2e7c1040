import { aCompany, aPerson } from '../builders/people';
import { onDemand } from './support/reading';
import type { World } from './support/world';

function deletedWhenRead({ source, directory }: World, team: string): void {
  source.beforeCall = ({ method }) => {
    if (method === 'readGroup' && directory.isLive(team)) directory.softDeleteGroup(team);
  };
}

/** Two people in a group that was assigned after the last cycle, once something was done to it. */
async function aNewTeam(change: (world: World, team: string) => void) {
  const { world, directory, roles } = aCompany({ users: 2 });
  await world.round();
  const team = directory.addGroup({ displayName: 'Team' });
  const members = [aPerson(world, 'first'), aPerson(world, 'second')];
  for (const member of members) directory.addMember(team, member);
  directory.assign(team, roles.agent);
  change(world, team);
  return { world, members, team };
}

describe('somebody provisioned on demand, in a group that no cycle has read yet', () => {
  it('gets access by it', async () => {
    const { world, members } = await aNewTeam(() => undefined);
    await onDemand(world, members);
    expect(members.map((id) => world.accountOf(id)?.role.role)).toEqual(['agent', 'agent']);
  });

  it.each<[string, Parameters<typeof aNewTeam>[0]]>([
    ['is not security-enabled', ({ directory }, team) => directory.updateGroup(team, { securityEnabled: false })],
    ['is deleted just before it is read', deletedWhenRead],
  ])('gets no access by it where it %s', async (_, change) => {
    const { world, members } = await aNewTeam(change);
    await onDemand(world, members);
    expect(members.map((id) => world.accountOf(id))).toEqual([undefined, undefined]);
    await world.round();
    expect(members.map((id) => world.accountOf(id))).toEqual([undefined, undefined]);
  });

  it.each([
    ['read directly', true],
    ['read directly', false],
    ['told of', true],
  ] as const)('gets no access by it before it can be %s, and then what is due (security-enabled: %s)', async (how, isEnabled) => {
    const { world, members, team } = await aNewTeam(({ source, directory }, team) => {
      directory.updateGroup(team, { securityEnabled: isEnabled });
      source.switches.unknownReads = new Set([team]);
    });
    const { source, directory } = world;
    const read = source.readGroupChanges.bind(source);
    source.readGroupChanges = async (...args) => ({ ...(await read(...args)), changes: [] });
    const access = () => members.map((id) => world.accountOf(id)?.suspended);
    const { results } = await onDemand(world, members);
    expect(results).toMatchObject([1, 2].map(() => ({ kind: 'notImported', result: { kind: 'unknown' } })));
    await world.round();
    expect(access()).toEqual([undefined, undefined]);
    source.switches.unknownReads = new Set();
    if (how === 'told of') source.readGroupChanges = read;
    directory.updateGroup(team, { displayName: 'Another' });
    await world.round();
    expect(access()).toEqual(isEnabled ? [false, false] : [undefined, undefined]);
  });

  it('gets no access by one that was read once, is followed no more, and is not security-enabled by now', async () => {
    const { world, directory, roles } = aCompany({ users: 2 });
    const team = directory.addGroup({ displayName: 'Team' });
    const first = directory.assign(team, roles.agent);
    await world.round();
    directory.unassign(first);
    await world.dueInitial();
    await world.round();
    directory.updateGroup(team, { securityEnabled: false });
    await world.round();
    const ann = aPerson(world, 'ann');
    directory.addMember(team, ann);
    directory.assign(team, roles.agent);
    await onDemand(world, [ann]);
    expect(world.accountOf(ann)).toBeUndefined();
  });
});

describe('somebody provisioned on demand who is moved to another group meanwhile', () => {
  it('keeps access by the one that was assigned once the assignments had been listed; who is in none loses it', async () => {
    const { world, directory, roles } = aCompany({});
    const left = directory.addGroup({ displayName: 'Left' });
    directory.assign(left, roles.agent);
    const [ann, bob] = [aPerson(world, 'ann'), aPerson(world, 'bob')];
    for (const id of [ann, bob]) directory.addMember(left, id);
    await world.round();
    let isMoved = false;
    world.source.beforeCall = ({ method }) => {
      if (method !== 'readUser' || isMoved) return;
      isMoved = true;
      const to = directory.addGroup({ displayName: 'To' });
      directory.addMember(to, ann);
      directory.assign(to, roles.agent);
      for (const id of [ann, bob]) directory.removeMember(left, id);
    };
    const { results } = await onDemand(world, [ann, bob]);
    expect([ann, bob].map((id) => world.accountOf(id)?.suspended)).toEqual([false, true]);
    expect(results).toMatchObject([{ removal: undefined }, { removal: { kind: 'userDisable' } }]);
    await world.round();
    expect([ann, bob].map((id) => world.accountOf(id)?.suspended)).toEqual([false, true]);
  });
});

describe('somebody provisioned on demand, in a group that was deleted and has been restored', () => {
  /** Two people who are in two assigned groups: one was deleted and is restored, and what the other gave them is gone. */
  async function aReturnedTeam(groupMembership: 'Direct' | 'Transitive') {
    const { world, directory, roles } = aCompany({}, { settings: { groupMembership } });
    const [left, back] = [directory.addGroup({ displayName: 'Left' }), directory.addGroup({ displayName: 'Back' })];
    const part = groupMembership === 'Direct' ? back : directory.addGroup({ displayName: 'Part' });
    if (part !== back) directory.addMember(back, part);
    for (const group of [left, back]) directory.assign(group, roles.agent);
    const [ann, bob] = [aPerson(world, 'ann'), aPerson(world, 'bob')];
    for (const id of [ann, bob]) directory.addMember(left, id);
    directory.addMember(part, ann);
    await world.round();
    directory.softDeleteGroup(back);
    await world.round();
    directory.restoreGroup(back);
    for (const id of [ann, bob]) directory.removeMember(left, id);
    return { world, back, ann, bob, suspended: () => [ann, bob].map((id) => world.accountOf(id)?.suspended) };
  }

  it.each(['Direct', 'Transitive'] as const)('%s: keeps access by it; who is in none loses it', async (groupMembership) => {
    const { world, ann, bob, suspended } = await aReturnedTeam(groupMembership);
    await onDemand(world, [ann, bob]);
    expect(suspended()).toEqual([false, true]);
    await world.round();
    expect(suspended()).toEqual([false, true]);
    expect([...world.target.memberships.values()].map(({ userId }) => userId)).toContain(world.accountOf(ann)?.id);
  });

  it('is left alone while the group cannot be read', async () => {
    const { world, back, ann, bob, suspended } = await aReturnedTeam('Direct');
    world.source.switches.unknownReads = new Set([back]);
    const { results } = await onDemand(world, [ann, bob]);
    expect(results).toMatchObject([{ kind: 'notImported', result: { kind: 'unknown' } }, { kind: 'ended' }]);
    expect(suspended()).toEqual([false, true]);
  });
});

describe('somebody provisioned on demand, who is in a new group, while the list of assignments comes empty', () => {
  it.each([
    ['is left alone, as long as others are assigned', true],
    ['loses access where nobody is assigned any more', false],
  ])('%s', async (_, isLie) => {
    const { world, directory, roles, users } = aCompany({ users: 2 });
    const left = directory.addGroup({ displayName: 'Left' });
    const before = directory.assign(left, roles.user);
    const ann = aPerson(world, 'ann');
    directory.addMember(left, ann);
    await world.round();
    directory.removeMember(left, ann);
    directory.unassign(before);
    if (isLie) {
      const to = directory.addGroup({ displayName: 'To' });
      directory.addMember(to, ann);
      directory.assign(to, roles.user);
      world.source.listAssignments = async function* () {
        yield [];
      };
    } else for (const { assignment } of users) directory.unassign(assignment);
    const { results } = await onDemand(world, [ann]);
    expect(world.accountOf(ann)?.suspended).toBe(!isLie);
    expect(results).toMatchObject([isLie ? { kind: 'notImported', result: { kind: 'unknown' } } : { kind: 'ended' }]);
  });
});
