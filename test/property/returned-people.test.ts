import type { SourceId } from '../../src/core/model';
import type { AwayUsers } from '../../src/engine/import/away-users';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { aCompany, aPerson } from '../builders/people';
import { whereverKilled } from './support/faults';
import { notThereYet, onDemand } from './support/reading';
import type { World } from './support/world';

type Membership = 'Direct' | 'Transitive';

/** Ann, who is in a team that nothing is assigned to, directly or by a group within it. */
function annInATeam(membership: Membership) {
  const company = aCompany({}, { settings: { groupMembership: membership } });
  const { world, directory } = company;
  const ann = aPerson(world, 'ann');
  const team = directory.addGroup({ displayName: 'Team' });
  const inner = directory.addGroup({ displayName: 'Inner' });
  directory.addMember(membership === 'Direct' ? team : inner, ann);
  directory.addMember(team, inner);
  return { ...company, ann, team };
}

describe('engine › a person who is deleted before a group of theirs is read for the first time', () => {
  /** Ann is deleted, and then a group is assigned that she is in, directly or by a group within it. */
  async function annIsAway({ membership = 'Direct' as Membership, isKnown = true, isPlaceLost = false } = {}) {
    const company = annInATeam(membership);
    const { world, directory, roles, ann, team } = company;
    directory.restoresInSilence = true;
    if (isKnown) await world.round();
    directory.softDeleteUser(ann);
    if (isPlaceLost) world.source.expireWatermarks();
    await world.round();
    directory.assign(team, roles.agent);
    await world.round();
    return company;
  }

  it.each(['Direct', 'Transitive'] as const)('%s: has access when she returns', async (membership) => {
    const { world, directory, ann } = await annIsAway({ membership });
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
    await world.round();
    expect(world.inGroup('Team')).toEqual([ann]);
  });

  it('has access when she returns, also where she was deleted before the app read anybody', async () => {
    const { world, directory, ann } = await annIsAway({ isKnown: false });
    directory.restoreUser(ann);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  it('has access when she returns, also where the place was lost up to which users had been read', async () => {
    const { world, directory, ann } = await annIsAway({ isPlaceLost: true });
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
      await world.rounds(2);
      expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: 'agent' } });
    },
  );

  it('is in the group when she returns and is assigned by herself', async () => {
    const { world, directory, roles, ann } = await annIsAway();
    directory.assign(ann, roles.agent);
    directory.restoreUser(ann);
    await world.rounds(2);
    expect(world.inGroup('Team')).toEqual([ann]);
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
    const reads = notThereYet(world, 2);
    await world.rounds(2);
    expect(world.accountOf(ann)).toBeUndefined();
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false });
    await world.rounds(2);
    expect(reads()).toBe(3);
  });

  it('is not asked about again who is deleted once more before she can be read', async () => {
    const { world, directory, ann } = await annIsAway();
    directory.restoreUser(ann);
    notThereYet(world);
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
      const reads = notThereYet(world, 0);
      directory.restoreUser(ann);
      await world.round();
      expect(reads()).toBe(1);
      world.hook = undefined;
      directory.softDeleteUser(ann);
      await world.round();
    }
  });

  it('has access when the cycle of her return is killed at any call', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, ann } = await annIsAway();
      directory.restoreUser(ann);
      await killed(world, () => world.cycle());
      world.nowMs += 20 * 60_000;
      await world.rounds(2);
      return world.accountOf(ann)?.suspended !== false;
    });
  });

  it('is forgotten a month later, or where thousands are deleted later', async () => {
    const { world, directory } = await annIsAway();
    const { state } = world.deps();
    const kept = async () => (await state.read<AwayUsers>(STATE_KEYS.awayUsers))?.value.days ?? {};
    const [day] = Object.values(await kept());
    if (day === undefined) throw new Error('nobody is away');
    const deleteOne = (name: string): SourceId => {
      const gone = aPerson(world, name);
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
    const bob = aPerson(world, 'bob');
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
  ['a reading on demand', onDemand],
];

describe.each(HOW_FOUND)('engine › whoever is deleted, and then permanently, as %s finds', (_name, find) => {
  async function annIsGone(membership: Membership = 'Direct') {
    const { world, directory, roles, ann, team } = annInATeam(membership);
    directory.assign(ann, roles.agent);
    directory.assign(team, roles.agent);
    await world.rounds(2);
    expect(world.inGroup('Team')).toEqual([ann]);
    directory.softDeleteUser(ann);
    world.source.expireWatermarks();
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    expect(world.inGroup('Team')).toEqual([ann]);
    directory.hardDeleteUser(ann);
    return { world, ann };
  }

  it.each(['Direct', 'Transitive'] as const)('%s: leaves her groups', async (membership) => {
    const { world, ann } = await annIsGone(membership);
    await find(world, ann);
    await world.rounds(2);
    expect(world.inGroup('Team')).toEqual([]);
  });

  it('leaves them too where the cycle is killed at any call', async () => {
    await whereverKilled(async (killed) => {
      const { world, ann } = await annIsGone();
      await find(world, ann);
      await killed(world, () => world.cycle());
      world.nowMs += 20 * 60_000;
      await world.rounds(2);
      return world.inGroup('Team').length > 0;
    });
  });
});
