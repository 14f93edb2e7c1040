import { WatermarkExpiredError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { DAY_MS } from '../../src/core/time';
import { aCompany, aPerson } from '../builders/people';
import { onDemand } from './support/reading';
import type { World } from './support/world';

/** Two agents who are entitled by a group within the group that is assigned, both provisioned. */
async function aTeamWithin() {
  const { world, directory, roles } = aCompany({}, { settings: { groupMembership: 'Transitive' } });
  directory.restoresInSilence = true;
  const team = directory.addGroup({ displayName: 'Team' });
  const part = directory.addGroup({ displayName: 'Part' });
  directory.assign(team, roles.agent);
  directory.addMember(team, part);
  const people = ['ann', 'bob'].map((name) => {
    const id = directory.addUser({ displayName: name, mail: `${name}@contoso.com`, userPrincipalName: `${name}@contoso.com` });
    directory.addMember(part, id);
    return id;
  });
  await world.round();
  await world.round();
  const suspended = () => people.map((id) => world.accountOf(id)?.suspended);
  expect(suspended()).toEqual([false, false]);
  return { world, directory, team, part, people, suspended, before: world.snapshot() };
}

describe('engine › a group within an assigned group that a full reading does not list', () => {
  it.each([
    ['was deleted since the last reading', false],
    ['was known to be deleted', true],
  ])('%s: whoever is in it loses access, and has it again when it is restored', async (_, isKnown) => {
    const { world, directory, part, suspended, before } = await aTeamWithin();
    directory.softDeleteGroup(part);
    if (isKnown) await world.round();
    await world.dueInitial();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
    directory.restoreGroup(part);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.snapshot()).toEqual(before);
  });

  it('was left out of the list though it is there: whoever leaves it later loses access', async () => {
    const { world, directory, part, people, suspended } = await aTeamWithin();
    const { source } = world;
    const read = source.readGroupChanges.bind(source);
    source.readGroupChanges = async (...args) => {
      const page = await read(...args);
      const without = page.changes.map((change) =>
        change.kind === 'present' && change.members
          ? { ...change, members: change.members.filter(({ memberId }) => memberId !== part) }
          : change,
      );
      return { ...page, changes: without };
    };
    await world.dueInitial();
    await world.round();
    source.readGroupChanges = read;
    await world.round();
    expect(suspended()).toEqual([false, false]);
    for (const id of people) directory.removeMember(part, id);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
  });
});

describe('engine › a group that was deleted before the one that it is in was first read', () => {
  it.each(['assigned', 'within the assigned one'] as const)(
    '%s: whoever is in it has access when it is restored',
    async (which) => {
      const { world, directory, roles } = aCompany({}, { settings: { groupMembership: 'Transitive' } });
      directory.restoresInSilence = true;
      const [top, team, part] = ['Top', 'Team', 'Part'].map((displayName) => directory.addGroup({ displayName }));
      const ann = aPerson(world, 'ann');
      if (!top || !team || !part) throw new Error('no groups');
      directory.addMember(top, team);
      directory.addMember(team, part);
      directory.addMember(part, ann);
      await world.round();
      directory.softDeleteGroup(part);
      directory.assign(which === 'assigned' ? team : top, roles.agent);
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(world.accountOf(ann)).toBeUndefined();
      directory.restoreGroup(part);
      world.nowMs += DAY_MS;
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(world.accountOf(ann)?.suspended).toBe(false);
      directory.removeMember(part, ann);
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(world.accountOf(ann)?.suspended).toBe(true);
    },
  );

  it('a list that still shows a group which has left gives nobody access', async () => {
    const { world, directory, team, part, suspended } = await aTeamWithin();
    const { source } = world;
    const list = source.listMembers.bind(source);
    source.listMembers = async function* (id) {
      yield* list(id);
      if (id === team) yield [{ id: part, type: 'group' as const }];
    };
    directory.removeMember(team, part);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
    world.nowMs += DAY_MS;
    for (let more = 0; more < 2; more += 1) await world.round();
    source.listMembers = list;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
  });

  it('members are listed once a day, and not for longer than a return is possible', async () => {
    const { world, directory, roles } = aCompany({}, { settings: { groupMembership: 'Transitive' } });
    directory.assign(directory.addGroup({ displayName: 'Team' }), roles.agent);
    await world.round();
    let lists = 0;
    world.hook = (name) => {
      if (name === 'source.listMembers') lists += 1;
    };
    const perDay: number[] = [];
    for (let day = 0; day < 34; day += 1) {
      lists = 0;
      world.nowMs += DAY_MS;
      for (let more = 0; more < 3; more += 1) await world.round();
      perDay.push(lists);
    }
    // Each of these days is an hour longer.
    expect(perDay).toEqual([...Array.from({ length: 29 }, () => 1), 0, 0, 0, 0, 0]);
  });
});

describe('engine › a group that only an operator has met', () => {
  it.each(['soft', 'hard'] as const)('and that is then deleted (%s): whoever has access by it loses that', async (how) => {
    const { world, directory, team } = await aTeamWithin();
    const fresh = directory.addGroup({ displayName: 'Fresh' });
    const cem = directory.addUser({ displayName: 'cem', mail: 'cem@contoso.com', userPrincipalName: 'cem@contoso.com' });
    directory.addMember(fresh, cem);
    directory.addMember(team, fresh);
    await onDemand(world, cem);
    expect(world.accountOf(cem)?.suspended).toBe(false);
    if (how === 'soft') directory.softDeleteGroup(fresh);
    else directory.deleteGroup(fresh);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(cem)?.suspended).toBe(true);
    if (how === 'hard') return;
    directory.restoreGroup(fresh);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(cem)?.suspended).toBe(false);
  });

  it.each([false, true])('deleted, and nothing tells of its having been a member; read in full: %s', async (isFull) => {
    const { world, directory, team } = await aTeamWithin();
    const fresh = directory.addGroup({ displayName: 'Fresh' });
    const cem = directory.addUser({ displayName: 'cem', mail: 'cem@contoso.com', userPrincipalName: 'cem@contoso.com' });
    directory.addMember(fresh, cem);
    directory.membersOf(team).set(fresh, 'group');
    await onDemand(world, cem);
    expect(world.accountOf(cem)?.suspended).toBe(false);
    directory.membersOf(team).delete(fresh);
    directory.softDeleteGroup(fresh);
    if (isFull) await world.dueInitial();
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(cem)?.suspended).toBe(true);
  });
});

describe('engine › a membership that ends, read on demand just before a watermark expires', () => {
  /** Entra ID does not know any more how far one group was read. */
  function expireWatermarkOf({ source }: World, group: SourceId): void {
    const read = source.readGroupChanges.bind(source);
    source.readGroupChanges = async (link, ids, select) => {
      if (link === undefined || !ids.includes(group)) return read(link, ids, select);
      source.readGroupChanges = read;
      throw new WatermarkExpiredError('The link is no longer known');
    };
  }

  it.each(['team', 'part'] as const)('of a group in another: whoever is below loses access (%s on demand)', async (which) => {
    const aTeam = await aTeamWithin();
    const { world, directory, team, part, suspended } = aTeam;
    directory.removeMember(team, part);
    await onDemand(world, aTeam[which], 'group');
    expireWatermarkOf(world, team);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
  });

  it('of the last one in a group within, with access of their own: the group above loses the member', async () => {
    const { world, directory, part, people } = await aTeamWithin();
    const [ann, agent] = [people[0] as SourceId, directory.appRoles.find(({ value }) => value === 'agent')?.id];
    directory.assign(ann, agent);
    directory.removeMember(part, people[1] as SourceId);
    await world.round();
    const [account, group] = [world.accountOf(ann)?.id, world.groupNamed('Team')?.id];
    const isMember = () =>
      [...world.target.memberships.values()].some(({ userId, groupId }) => userId === account && groupId === group);
    expect(isMember()).toBe(true);
    directory.removeMember(part, ann);
    await onDemand(world, ann);
    expireWatermarkOf(world, part);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(isMember()).toBe(false);
  });
});

describe('engine › a group that returns after a full reading, and is read on demand first', () => {
  it.each(['team', 'part', 'person'] as const)('groups within it are followed again (%s on demand)', async (which) => {
    const { world, directory, team, part, people, suspended, before } = await aTeamWithin();
    directory.softDeleteGroup(team);
    await world.round();
    await world.dueInitial();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
    directory.restoreGroup(team);
    const id = { team, part, person: people[0] as SourceId }[which];
    await onDemand(world, id, which === 'person' ? 'user' : 'group');
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.snapshot()).toEqual(before);
    for (const one of people) directory.removeMember(part, one);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(suspended()).toEqual([true, true]);
  });
});
