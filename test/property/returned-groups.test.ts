import type { SourceId } from '../../src/core/model';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { aCompany, aPerson } from '../builders/people';
import { whereverKilled } from './support/faults';
import { only } from './support/only';
import { notThereYet, onDemand } from './support/reading';

/** A group of three agents, assigned, and everybody provisioned. */
async function aTeam() {
  const { world, directory, roles } = aCompany({});
  directory.restoresInSilence = true;
  const team = directory.addGroup({ displayName: 'Team' });
  directory.assign(team, roles.agent);
  const people = ['ann', 'bob', 'cem'].map((name) => {
    const id = aPerson(world, name);
    directory.addMember(team, id);
    return id;
  });
  await world.rounds(2);
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
    const all = await aTeam();
    const { world, directory, team, people, before } = all;
    directory.softDeleteGroup(team);
    await world.round();
    await read(all);
    await world.rounds(2);
    for (const id of people) expect(world.accountOf(id)?.suspended).toBe(true);
    directory.restoreGroup(team);
    await world.rounds(2);
    expect(world.snapshot()).toEqual(before);
  });

  it('a group that returns and cannot be read yet has its members again once it can be', async () => {
    const all = await aTeam();
    const { world, directory, team, before } = all;
    directory.softDeleteGroup(team);
    await world.round();
    await read(all);
    await world.round();
    directory.restoreGroup(team);
    notThereYet(world, 2);
    await world.rounds(5);
    world.hook = undefined;
    expect(world.snapshot()).toEqual(before);
    expect(await world.deps().state.read(STATE_KEYS.returnedGroups)).toMatchObject({ value: { unread: [] } });
  });

  it('a group that is deleted and restored between two cycles loses nobody anything', async () => {
    const all = await aTeam();
    const { world, directory, team, before } = all;
    directory.softDeleteGroup(team);
    await read(all);
    await world.round();
    directory.restoreGroup(team);
    await world.rounds(2);
    expect(world.snapshot()).toEqual(before);
  });

  it('a person entitled by a group who returns has the same account, role and groups', async () => {
    const all = await aTeam();
    const { world, directory, people, before } = all;
    const ann = only(people);
    directory.softDeleteUser(ann);
    await world.round();
    await read(all);
    await world.rounds(2);
    expect(world.accountOf(ann)?.suspended).toBe(true);
    directory.restoreUser(ann);
    await world.rounds(2);
    expect(world.snapshot()).toEqual(before);
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
    notThereYet(world);
    await world.round();
    world.hook = undefined;
    await world.rounds(2);
    expect(world.snapshot()).toEqual(before);
  });
});

describe('a group that an operator provisions on demand', () => {
  it('restored, and killed at every call: everybody in it has access again', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, team, before } = await aTeam();
      directory.softDeleteGroup(team);
      await world.rounds(2);
      directory.restoreGroup(team);
      await killed(world, () => onDemand(world, team, 'group'));
      world.nowMs += 20 * 60_000;
      await world.rounds(2);
      return JSON.stringify(world.snapshot()) !== JSON.stringify(before);
    });
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
      await onDemand(world, team, 'group');
      await world.rounds(2);
      expect(people.map((id) => world.accountOf(id)?.suspended)).toEqual(people.map(() => suspended));
    }
  });
});

describe('engine › deleted while the groups are read in full, and restored before the users are', () => {
  it('a person keeps every membership, whose access is their own', async () => {
    const { world, directory, roles, people, before } = await aTeam();
    const ann = only(people);
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
      notThereYet(world, failures);
      await world.rounds(3);
      world.hook = undefined;
      const access = { suspended: false, role: { role: 'agent' } };
      expect(people.map((one) => world.accountOf(one))).toMatchObject([access, access]);
    },
  );
});
