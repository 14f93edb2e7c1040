import { type JobState, type RunningCycle, STATE_KEYS } from '../../src/engine/job/job-state';
import { acquireLease, LEASE_MS } from '../../src/engine/job/lease';
import { Play } from './support/scenario';
import type { World } from './support/world';

const USERS = 4;
const LEAVER = 1;

/** A company with a group, provisioned once; then everybody is renamed, so that the next cycle has something to do at every step. */
async function aPlay(): Promise<Play> {
  const play = new Play({
    settings: { groupMembership: 'Direct', deprovisionUsers: 'Suspend', hardDeletedUsers: 'Suspend', defaultAccess: 'Skip' },
    users: Array.from({ length: USERS }, () => ({ isEnabled: true, existing: 'nothing' })),
    groups: [{ isThere: false }],
    start: [
      ...Array.from({ length: USERS }, (_, user) => ({ kind: 'assignUser', user, role: 1 }) as const),
      { kind: 'assignGroup', group: 0, role: 1 },
      { kind: 'join', group: 0, user: 0 },
    ],
    asksByCreating: false,
    later: [],
  });
  await play.world.round();
  play.apply(Array.from({ length: USERS }, (_, user) => ({ kind: 'rename', user }) as const));
  play.world.nowMs += 20 * 60_000;
  return play;
}

const read = async <T>(world: World, key: string): Promise<T | undefined> => (await world.deps().state.read<T>(key))?.value;

/** What only the holder of the lease may change. */
const fenced = async (world: World) => ({
  cycle: await read<RunningCycle | null>(world, STATE_KEYS.cycle),
  users: await read<unknown>(world, STATE_KEYS.userWatermark),
  groups: await read<unknown>(world, STATE_KEYS.groupWatermarks),
  lastCycleId: (await read<JobState>(world, STATE_KEYS.job))?.lastCycleId,
});

/** Runs a cycle that sleeps before its n-th port call until it is woken; undefined when it makes fewer calls. */
async function sleeperAt(world: World, call: number) {
  let calls = 0;
  let wake: (() => void) | undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const asleep = new Promise<boolean>((resolve) => {
    world.hook = async () => {
      calls += 1;
      if (calls !== call + 1) return;
      world.hook = undefined;
      resolve(true);
      await woken;
    };
  });
  const outcome = world.tick('sleeper');
  const slept = await Promise.race([asleep, outcome.then(() => false)]);
  world.hook = undefined;
  return slept ? { outcome, wake: () => wake?.() } : undefined;
}

/** A cycle by another instance, cut off when it is about to decide on the objects that wait. */
async function cutOffBeforeScoping(world: World): Promise<void> {
  world.hook = (name) => {
    if (name === 'connectorSpace.listDirty') throw new Error('cut off');
  };
  await expect(world.tick('other')).rejects.toThrow('cut off');
  world.hook = undefined;
}

describe('engine › the fence around a cycle', () => {
  it('a cycle that takes long keeps its lease all the time, and gives it back whatever its end', async () => {
    const { world } = await aPlay();
    const isFree = async () =>
      (await acquireLease(world.deps().state, STATE_KEYS.cycleLease, 'other', world.deps().clock)).kind === 'granted';
    const startedMs = world.nowMs;
    world.hook = async (name) => {
      // The look at the permissions comes before the lease.
      if (!name.startsWith('source.') || name === 'source.checkPermissions') return;
      world.nowMs += LEASE_MS / 5;
      expect(await isFree()).toBe(false);
    };
    expect((await world.tick('slow')).kind).toBe('completed');
    world.hook = undefined;
    expect(world.nowMs - startedMs).toBeGreaterThan(LEASE_MS);
    expect(await isFree()).toBe(true);

    world.nowMs += 20 * 60_000;
    await cutOffBeforeScoping(world);
    expect(await isFree()).toBe(true);
  });

  it('one that wakes up while the other is in the midst of the next cycle changes nothing of it, wherever it slept', async () => {
    let slept = 0;
    for (let call = 0; ; call += 1) {
      const play = await aPlay();
      const { world } = play;
      const sleeper = await sleeperAt(world, call);
      if (!sleeper) break;
      // Before it holds the lease there is nothing to fence: it waits for its turn as anybody does.
      if ((await read<{ owner: string }>(world, STATE_KEYS.cycleLease))?.owner !== 'sleeper') {
        sleeper.wake();
        await sleeper.outcome;
        continue;
      }
      slept += 1;
      const isFinishing = (await fenced(world)).cycle?.phase === 'finish';
      world.nowMs += 10 * 60_000;
      expect((await world.tick('other')).kind).toBe('completed');
      play.apply([{ kind: 'unassignUser', user: LEAVER, role: 1 }]);
      world.nowMs += 20 * 60_000;
      await cutOffBeforeScoping(world);

      const before = await fenced(world);
      sleeper.wake();
      await sleeper.outcome;
      const after = await fenced(world);
      expect([call, after.cycle]).toEqual([call, before.cycle]);
      if (!isFinishing) expect([call, after]).toEqual([call, before]);

      await world.round();
      const leaver = play.users[LEAVER];
      expect([call, leaver && world.accountOf(leaver)?.suspended]).toEqual([call, true]);
    }
    expect(slept).toBeGreaterThan(40);
  });

  it('one that wakes up when the other has closed the cycle opens its record nowhere again', async () => {
    const states = new Set<string>();
    for (let call = 0; ; call += 1) {
      const { world } = await aPlay();
      const sleeper = await sleeperAt(world, call);
      if (!sleeper) break;
      world.nowMs += 10 * 60_000;
      const { cycleId } = await world.round();
      const state = async () => (await world.deps().cycles.read(cycleId))?.state;
      const before = await state();
      sleeper.wake();
      await sleeper.outcome;
      expect([call, await state()]).toEqual([call, before]);
      states.add(before ?? 'none');
    }
    expect([...states]).toEqual(['succeeded']);
  });
});
