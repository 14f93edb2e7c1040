import { NotFoundError } from '../../src/core/errors';
import type { SourceId, TargetId } from '../../src/core/model';
import type { AwayUsers } from '../../src/engine/import/away-users';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { provisionOnDemand } from '../../src/engine/on-demand/on-demand';
import { THE_CYCLE } from '../../src/engine/record/log-entry';
import { aCompany, aPerson } from '../builders/people';
import type { World } from './support/world';

/** A group of three agents, assigned, and everybody provisioned. */
async function aTeam() {
  const { world, directory, roles } = aCompany({});
  directory.restoresInSilence = true;
  const team = directory.addGroup({ displayName: 'Team' });
  directory.assign(team, roles.agent);
  const people = ['ann', 'bob', 'cem'].map((name) => {
    const id = directory.addUser({ displayName: name, mail: `${name}@contoso.com`, userPrincipalName: `${name}@contoso.com` });
    directory.addMember(team, id);
    return id;
  });
  await world.round();
  await world.round();
  return { world, directory, roles, team, people, before: world.snapshot() };
}

type Team = Awaited<ReturnType<typeof aTeam>>;

/** What makes the source be read in full while something is deleted. */
const FULL_READINGS: readonly (readonly [string, (team: Team) => void | Promise<void>])[] = [
  ['nothing else happens', () => undefined],
  ['the delta expires', ({ world }) => world.source.expireWatermarks()],
  ['an operator restarts', ({ world }) => world.dueInitial()],
  [
    'the mapping asks for another attribute',
    ({ world }) => {
      const schema = JSON.parse(JSON.stringify(world.schema)) as typeof world.schema;
      world.schema = {
        ...world.schema,
        hash: `${schema.hash}x`,
        users: { ...world.schema.users, sourceAttributes: [...world.schema.users.sourceAttributes, 'zzz'] },
      };
    },
  ],
];

describe.each(FULL_READINGS)('engine › deleted, and meanwhile %s', (_name, read) => {
  it('a group that returns has its members again, and they have their access', async () => {
    const team = await aTeam();
    team.directory.softDeleteGroup(team.team);
    await team.world.round();
    await read(team);
    await team.world.round();
    await team.world.round();
    for (const id of team.people) expect(team.world.accountOf(id)?.suspended).toBe(true);
    team.directory.restoreGroup(team.team);
    await team.world.round();
    await team.world.round();
    expect(team.world.snapshot()).toEqual(team.before);
  });

  it('a group that returns and cannot be read yet has its members again once it can be', async () => {
    const team = await aTeam();
    team.directory.softDeleteGroup(team.team);
    await team.world.round();
    await read(team);
    await team.world.round();
    team.directory.restoreGroup(team.team);
    let reads = 0;
    team.world.hook = (name) => {
      if (name !== 'source.listGroupsOf' && name !== 'source.listMembers') return;
      reads += 1;
      if (reads <= 2) throw new NotFoundError('source', 'Not there yet');
    };
    for (let more = 0; more < 5; more += 1) await team.world.round();
    team.world.hook = undefined;
    expect(team.world.snapshot()).toEqual(team.before);
    expect(await team.world.deps().state.read(STATE_KEYS.returnedGroups)).toMatchObject({ value: { unread: [] } });
  });

  it('a group that is deleted and restored between two cycles loses nobody anything', async () => {
    const team = await aTeam();
    team.directory.softDeleteGroup(team.team);
    await read(team);
    await team.world.round();
    team.directory.restoreGroup(team.team);
    await team.world.round();
    await team.world.round();
    expect(team.world.snapshot()).toEqual(team.before);
  });

  it('a person entitled by a group who returns has the same account, role and groups', async () => {
    const team = await aTeam();
    const [ann] = team.people;
    if (!ann) throw new Error('nobody');
    team.directory.softDeleteUser(ann);
    await team.world.round();
    await read(team);
    await team.world.round();
    await team.world.round();
    expect(team.world.accountOf(ann)?.suspended).toBe(true);
    team.directory.restoreUser(ann);
    await team.world.round();
    await team.world.round();
    expect(team.world.snapshot()).toEqual(team.before);
  });
});

describe('engine › a group that returns, is told twice on a page, and cannot be read yet', () => {
  it('has its members again once it can be', async () => {
    const { world, directory, team, before } = await aTeam();
    directory.softDeleteGroup(team);
    await world.round();
    const { source } = world;
    const read = source.readGroupChanges.bind(source);
    source.readGroupChanges = async (...args) => {
      const page = await read(...args);
      return { ...page, changes: page.changes.flatMap((change) => [change, change]) };
    };
    directory.restoreGroup(team);
    world.hook = (name) => {
      if (name === 'source.listGroupsOf' || name === 'source.listMembers') throw new NotFoundError('source', 'Not there yet');
    };
    await world.round();
    world.hook = undefined;
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.snapshot()).toEqual(before);
  });
});

const onDemand = (world: World, id: SourceId, objectType: 'user' | 'group' = 'group') =>
  provisionOnDemand(world.deps(), {
    subjects: [id],
    objectType,
    dryRun: false,
    operator: THE_CYCLE,
    budgetMs: 60_000,
  });

describe('a group that an operator provisions on demand', () => {
  it('restored, and killed at every call: everybody in it has access again', async () => {
    const wrong: number[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, team, before } = await aTeam();
      directory.softDeleteGroup(team);
      await world.round();
      await world.round();
      directory.restoreGroup(team);
      wasKilled = await world.killedAt(call, () => onDemand(world, team));
      world.nowMs += 20 * 60_000;
      for (let more = 0; more < 2; more += 1) await world.round();
      if (JSON.stringify(world.snapshot()) !== JSON.stringify(before)) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });

  it.each<[string, (team: Team) => void, (team: Team) => void]>([
    [
      'no longer security-enabled, and enabled again',
      ({ directory, team }) => directory.updateGroup(team, { securityEnabled: false }),
      ({ directory, team }) => directory.updateGroup(team, { securityEnabled: true }),
    ],
    [
      'deleted, and restored',
      ({ directory, team }) => directory.softDeleteGroup(team),
      ({ directory, team }) => directory.restoreGroup(team),
    ],
  ])('%s: everybody in it loses access and has it again', async (_name, leave, return_) => {
    const all = await aTeam();
    const { world, team, people } = all;
    for (const [act, suspended] of [[leave, true] as const, [return_, false] as const]) {
      act(all);
      await onDemand(world, team);
      for (let more = 0; more < 2; more += 1) await world.round();
      expect(people.map((id) => world.accountOf(id)?.suspended)).toEqual(people.map(() => suspended));
    }
  });
});

describe('engine › deleted while the groups are read in full, and restored before the users are', () => {
  it('a person keeps every membership, whose access is their own', async () => {
    const { world, directory, roles, people, before } = await aTeam();
    const [ann] = people;
    if (!ann) throw new Error('nobody');
    directory.assign(ann, roles.agent);
    await world.round();
    await world.dueInitial();
    const calls: string[] = [];
    world.hook = (name) => {
      if (name === 'source.readGroupChanges' && !calls.includes(name)) directory.softDeleteUser(ann);
      if (name === 'source.readUserChanges' && !calls.includes(name)) directory.restoreUser(ann);
      if (name.startsWith('source.read')) calls.push(name);
    };
    await world.cycle();
    world.hook = undefined;
    expect(calls).toContain('source.readUserChanges');
    await world.drain();
    await world.round();
    expect(world.snapshot()).toEqual(before);
  });
});

describe('engine › a group that is deleted before it is read for the first time', () => {
  it.each([
    [false, 0],
    [true, 0],
    [false, 1],
  ])(
    'has its members when it returns, and they have their access; one on demand before: %s; cannot be read at first: %d times',
    async (isAsked, failures) => {
      const { world, directory, roles } = aCompany({});
      directory.restoresInSilence = true;
      const team = directory.addGroup({ displayName: 'Team' });
      directory.assign(team, roles.agent);
      const people = ['ann', 'bob'].map((word) => aPerson(world, word));
      for (const one of people) directory.addMember(team, one);
      world.hook = (name) => {
        if (name !== 'source.readGroupChanges' || !directory.isLive(team)) return;
        directory.softDeleteGroup(team);
      };
      await world.round();
      world.hook = undefined;
      await world.round();
      expect(people.map((one) => world.accountOf(one))).toEqual([undefined, undefined]);
      directory.restoreGroup(team);
      if (isAsked) await onDemand(world, people[0] as SourceId, 'user');
      let reads = 0;
      world.hook = (name) => {
        if (name !== 'source.listGroupsOf') return;
        reads += 1;
        if (reads <= failures) throw new NotFoundError('source', 'Not there yet');
      };
      for (let more = 0; more < 3; more += 1) await world.round();
      world.hook = undefined;
      const access = { suspended: false, role: { role: 'agent' } };
      expect(people.map((one) => world.accountOf(one))).toMatchObject([access, access]);
    },
  );
});

describe('engine › a person who is deleted before a group of theirs is read for the first time', () => {
  /** Ann is deleted, and then a group is assigned that she is in, directly or by a group within it. */
  async function annIsAway(membership: 'Direct' | 'Transitive' = 'Direct', isKnown = true) {
    const { world, directory, roles } = aCompany({}, { settings: { groupMembership: membership } });
    directory.restoresInSilence = true;
    const mail = 'ann@contoso.com';
    const ann = directory.addUser({ displayName: 'Ann', mail, userPrincipalName: mail });
    const team = directory.addGroup({ displayName: 'Team' });
    const inner = directory.addGroup({ displayName: 'Inner' });
    directory.addMember(membership === 'Direct' ? team : inner, ann);
    directory.addMember(team, inner);
    if (isKnown) await world.round();
    directory.softDeleteUser(ann);
    await world.round();
    directory.assign(team, roles.agent);
    await world.round();
    return { world, directory, roles, ann, inTeam: () => world.membersOf(world.groupNamed('Team')?.id as TargetId) };
  }

  it.each(['Direct', 'Transitive'] as const)('%s: has access when she returns', async (membership) => {
    const { world, directory, ann, inTeam } = await annIsAway(membership);
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
    await world.round();
    expect(inTeam()).toEqual([ann]);
  });

  it('has access when she returns, also where she was deleted before the app read anybody', async () => {
    const { world, directory, ann } = await annIsAway('Direct', false);
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  it('has access when she returns, also where the place was lost up to which users had been read', async () => {
    const { world, directory, roles } = aCompany({});
    directory.restoresInSilence = true;
    const ann = directory.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
    const team = directory.addGroup({ displayName: 'Team' });
    directory.addMember(team, ann);
    await world.round();
    directory.softDeleteUser(ann);
    world.source.expireWatermarks();
    await world.round();
    directory.assign(team, roles.agent);
    await world.round();
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  it.each([false, true])(
    'has access where she is back before the users are read in the same cycle; followed before: %s',
    async (isFollowed) => {
      const { world, directory, roles } = aCompany({});
      directory.restoresInSilence = true;
      const team = directory.addGroup({ displayName: 'Team' });
      if (isFollowed) directory.assign(team, roles.agent);
      await world.round();
      const ann = aPerson(world, 'ann');
      // Told by no delta: read in full is read too late.
      directory.membersOf(team).set(ann, 'user');
      directory.softDeleteUser(ann);
      if (isFollowed) world.source.expireWatermarks();
      else directory.assign(team, roles.agent);
      world.hook = (name) => {
        if (name !== 'source.readUserChanges') return;
        world.hook = undefined;
        directory.restoreUser(ann);
      };
      await world.round();
      await world.round();
      expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
    },
  );

  it('is in the group when she returns and is assigned by herself', async () => {
    const { world, directory, roles, ann, inTeam } = await annIsAway();
    directory.assign(ann, roles.agent);
    directory.restoreUser(ann);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(inTeam()).toEqual([ann]);
  });

  it('has access when she returns while all users are read anew', async () => {
    const { world, directory, ann } = await annIsAway();
    await world.deps().state.remove(STATE_KEYS.userWatermark);
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  it('has access once she can be read, where Entra ID tells of her return before', async () => {
    const { world, directory, ann } = await annIsAway();
    directory.restoreUser(ann);
    let reads = 0;
    world.hook = (name) => {
      if (name !== 'source.listGroupsOf') return;
      reads += 1;
      if (reads <= 2) throw new NotFoundError('source', 'Not there yet');
    };
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(ann)).toBeUndefined();
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false });
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(reads).toBe(3);
  });

  it('is not asked about again who is deleted once more before she can be read', async () => {
    const { world, directory, ann } = await annIsAway();
    directory.restoreUser(ann);
    world.hook = (name) => {
      if (name === 'source.listGroupsOf') throw new NotFoundError('source', 'Not there yet');
    };
    await world.round();
    directory.softDeleteUser(ann);
    await world.round();
    expect((await world.deps().state.read<AwayUsers>(STATE_KEYS.awayUsers))?.value).toMatchObject({
      days: { [ann]: expect.any(Number) },
      unread: [],
    });
  });

  it('has the memberships read once, also where she had access before', async () => {
    const { world, directory, ann } = await annIsAway();
    for (let times = 1; times <= 2; times += 1) {
      const reads: string[] = [];
      world.hook = (name) => {
        if (name === 'source.listGroupsOf') reads.push(name);
      };
      directory.restoreUser(ann);
      await world.round();
      expect(reads).toHaveLength(1);
      world.hook = undefined;
      directory.softDeleteUser(ann);
      await world.round();
    }
  });

  it('has access when the cycle of her return is killed at any call', async () => {
    const wrong: number[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, ann } = await annIsAway();
      directory.restoreUser(ann);
      wasKilled = await world.killedAt(call, () => world.cycle());
      world.nowMs += 20 * 60_000;
      for (let more = 0; more < 2; more += 1) await world.round();
      if (world.accountOf(ann)?.suspended !== false) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });

  it('is forgotten a month later, or where thousands are deleted later', async () => {
    const { world, directory } = await annIsAway();
    const { state } = world.deps();
    const kept = async () => (await state.read<AwayUsers>(STATE_KEYS.awayUsers))?.value.days ?? {};
    const [day] = Object.values(await kept());
    if (day === undefined) throw new Error('nobody is away');
    const deleteOne = (name: string): SourceId => {
      const gone = directory.addUser({
        displayName: name,
        mail: `${name}@contoso.com`,
        userPrincipalName: `${name}@contoso.com`,
      });
      directory.softDeleteUser(gone);
      return gone;
    };
    world.nowMs += 32 * 24 * 3600_000;
    const bob = deleteOne('bob');
    directory.hardDeleteUser(deleteOne('dan'));
    await world.round();
    expect(Object.keys(await kept())).toEqual([bob]);
    const many = Array.from({ length: 5_000 }, (_, at) => [`u${at}`, day + 32 + (at === 0 ? 0 : 1)] as const);
    await state.write(STATE_KEYS.awayUsers, { days: Object.fromEntries(many) }, '*');
    world.nowMs += 24 * 3600_000;
    deleteOne('cem');
    await world.round();
    expect(Object.keys(await kept())).toHaveLength(5_000);
    expect(await kept()).not.toHaveProperty('u0');
  });

  it('leaves no trace of somebody who returns and is in no group that matters', async () => {
    const { world, directory } = aCompany({});
    const bob = directory.addUser({ displayName: 'Bob', mail: 'bob@contoso.com', userPrincipalName: 'bob@contoso.com' });
    await world.round();
    directory.softDeleteUser(bob);
    await world.round();
    directory.restoreUser(bob);
    await world.round();
    expect(await world.deps().space.readObject({ type: 'user', id: bob })).toBeUndefined();
    expect((await world.deps().log.query({ sourceId: bob }, 10)).entries).toEqual([]);
  });
});

/** How it is found that somebody is permanently deleted, after a full reading has found her among those who may return. */
const HOW_FOUND: readonly (readonly [string, (world: World, id: SourceId) => unknown])[] = [
  ['a full reading', ({ source }) => source.expireWatermarks()],
  ["the users' delta", () => undefined],
  ['a reading on demand', (world, id) => onDemand(world, id, 'user')],
];

describe.each(HOW_FOUND)('engine › whoever is deleted, and then permanently, as %s finds', (_name, find) => {
  async function annIsGone(membership: 'Direct' | 'Transitive' = 'Direct') {
    const { world, directory, roles } = aCompany({}, { settings: { groupMembership: membership } });
    const mail = 'ann@contoso.com';
    const ann = directory.addUser({ displayName: 'Ann', mail, userPrincipalName: mail });
    const team = directory.addGroup({ displayName: 'Team' });
    const inner = directory.addGroup({ displayName: 'Inner' });
    directory.addMember(membership === 'Direct' ? team : inner, ann);
    directory.addMember(team, inner);
    directory.assign(ann, roles.agent);
    directory.assign(team, roles.agent);
    const inTeam = () => world.membersOf(world.groupNamed('Team')?.id as TargetId);
    await world.round();
    await world.round();
    expect(inTeam()).toEqual([ann]);
    directory.softDeleteUser(ann);
    world.source.expireWatermarks();
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    expect(inTeam()).toEqual([ann]);
    directory.hardDeleteUser(ann);
    return { world, ann, inTeam };
  }

  it.each(['Direct', 'Transitive'] as const)('%s: leaves her groups', async (membership) => {
    const { world, ann, inTeam } = await annIsGone(membership);
    await find(world, ann);
    await world.round();
    await world.round();
    expect(inTeam()).toEqual([]);
  });

  it('leaves them too where the cycle is killed at any call', async () => {
    const wrong: number[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, ann, inTeam } = await annIsGone();
      await find(world, ann);
      wasKilled = await world.killedAt(call, () => world.cycle());
      world.nowMs += 20 * 60_000;
      for (let more = 0; more < 2; more += 1) await world.round();
      if (inTeam().length > 0) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });
});
