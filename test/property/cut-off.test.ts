import type { SourceId } from '../../src/core/model';
import { readJob, STATE_KEYS } from '../../src/engine/job/job-state';
import { aCompany } from '../builders/people';
import type { World } from './support/world';

/** Calls that the source has heard, by method. */
function listening(world: World): Map<string, number> {
  const heard = new Map<string, number>();
  const before = world.source.beforeCall;
  world.source.beforeCall = async (call) => {
    heard.set(call.method, (heard.get(call.method) ?? 0) + 1);
    await before?.(call);
  };
  return heard;
}

/** Ticks until a cycle is complete, each with time for about one page. */
async function inSmallSteps(world: World): Promise<number> {
  world.hook = (name) => {
    if (name.startsWith('source.read') || name.startsWith('source.list')) world.nowMs += 11_000;
  };
  for (let ticks = 1; ticks < 200; ticks += 1) {
    world.nowMs += 60_000;
    const outcome = await world.tick(undefined, 30_000);
    if (outcome.kind === 'completed') {
      world.hook = undefined;
      return ticks;
    }
  }
  throw new Error('the cycle never ended');
}

describe('engine › a cycle that never has time for all', () => {
  it('a list of assignments much longer than one call is read once, and the cycle ends', async () => {
    const { world, users } = aCompany({ users: 40 });
    const heard = listening(world);
    expect(await inSmallSteps(world)).toBeGreaterThan(4);
    await world.drain();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect(heard.get('readAssignments')).toBe(Math.ceil(40 / world.source.pageSize));
  });

  it('who is missing from such a list is asked about, and once more before they lose access', async () => {
    const { world, directory, users } = aCompany(
      { users: 40 },
      { settings: { deletionThreshold: 50, deletionThresholdPercent: 100 } },
    );
    await world.round();
    for (const { assignment } of users.slice(0, 20)) directory.unassign(assignment);
    const heard = listening(world);
    await inSmallSteps(world);
    await world.drain();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual(users.slice(0, 20));
    // Once when the list lacked them; and once more when they were to lose access, because the list may be old by then.
    expect(heard.get('readAssignmentsOf')).toBe(2 * 20);
    expect(heard.get('readAssignments')).toBe(Math.ceil(20 / world.source.pageSize));
  });

  it('a link that has grown old meanwhile: the list is read again, nobody loses anything', async () => {
    const { world, users } = aCompany({ users: 40 });
    await world.round();
    world.hook = (name) => {
      if (name === 'source.readAssignments') world.nowMs += 11_000;
    };
    world.nowMs += 60_000;
    expect((await world.tick(undefined, 30_000)).kind).toBe('interrupted');
    world.source.expireWatermarks();
    await inSmallSteps(world);
    await world.drain();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
  });
});

describe('engine › pages that never end', () => {
  it.each(['assignments', 'users', 'groups'] as const)('%s: everything else goes on, and the status can tell', async (what) => {
    const { world, directory, users, roles } = aCompany({ users: 12 });
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    await world.round();
    world.source.switches.endless = new Set([what]);
    const hire = directory.addUser({ displayName: 'Hire', mail: 'hire@contoso.com', userPrincipalName: 'hire@contoso.com' });
    directory.assign(hire, roles.user);
    if (what !== 'assignments') directory.unassign(users[0]?.assignment ?? '');
    const { cycleId } = await world.round();
    if (what !== 'assignments') {
      expect(world.accountOf(hire)).toBeDefined();
      expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([users[0]]);
    }
    expect((await world.deps().cycles.read(cycleId))?.unknowns).toBeGreaterThan(0);
    world.source.switches.endless = new Set();
    await world.round();
    expect(world.accountOf(hire)).toBeDefined();
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });
});

describe('engine › a cycle that an older version has stored', () => {
  it.each(['assignments', 'groups', 'users', 'scoping', 'brake', 'finish'])(
    'in phase %s: it begins anew under its id, and nobody is forgotten',
    async (phase) => {
      const { world, directory, users } = aCompany({ users: 6 });
      await world.round();
      directory.updateUser(users[0]?.id ?? '', { displayName: 'Renamed' });
      directory.unassign(users[1]?.assignment ?? '');
      const { state, cycles } = world.deps();
      const old = {
        cycleId: 'aaaaaaaa-0000-4000-8000-00000000000a',
        kind: 'incremental',
        why: 'Changes since the last cycle.',
        startedAt: new Date(world.nowMs).toISOString(),
        phase,
        groups: [{ ids: [], watermark: null, next: null, round: null, isDone: true }],
        groupSelect: 'x',
        usersNext: null,
        usersWatermark: phase === 'users' ? null : 'fake:link:1',
        usersFull: false,
        userSelect: 'x',
        scopedAfter: phase === 'finish' ? { type: 'user', id: users[5]?.id } : null,
        imported: 3,
        evaluated: 2,
        staged: 0,
        unknowns: 0,
      };
      await state.write(STATE_KEYS.cycle, old, '*');
      const { cycleId } = await world.round();
      expect(cycleId).toBe(old.cycleId);
      expect(world.accountOf(users[0]?.id as SourceId)?.name).toBe('Renamed');
      expect(world.accountOf(users[1]?.id as SourceId)?.suspended).toBe(true);
      expect((await cycles.read(cycleId))?.state).toBe('succeeded');
    },
  );
});
