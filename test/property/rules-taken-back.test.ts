import type { SourceId } from '../../src/core/model';
import { readJob } from '../../src/engine/job/job-state';
import { noteRules, rulesOf } from '../../src/engine/job/rules-in-use';
import { aCompany, aPerson } from '../builders/people';
import { mappingsOf } from '../simulation/rules/rules';
import { onDemand } from './support/reading';
import type { World } from './support/world';

/** Something happens under other rules, which are taken back before a cycle begins. */
async function meanwhile(world: World, rules: Partial<World['settings']>, act: () => Promise<unknown>): Promise<void> {
  const own = world.settings;
  world.settings = { ...own, ...rules };
  await act();
  world.settings = own;
}

/** A company in which somebody has left, and whether that one has access. */
async function aLeaver() {
  const { world, directory, users } = aCompany({ users: 2 });
  await world.round();
  const [leaver] = users;
  if (!leaver) throw new Error('nobody');
  directory.unassign(leaver.assignment);
  return { world, leaver: leaver.id, hasAccess: () => world.accountOf(leaver.id)?.suspended === false };
}

describe('engine › settings that are deployed and taken back before a cycle begins', () => {
  it.each([false, true])('somebody let in on demand by them loses access again; a cycle was cut off: %s', async (isCutOff) => {
    const { world, leaver, hasAccess } = await aLeaver();
    await world.round();
    // From here on the row is as a direct read has it.
    await onDemand(world, leaver);
    await world.round();
    expect(hasAccess()).toBe(false);
    world.nowMs += 20 * 60_000;
    if (isCutOff) expect(await world.tick('cut off', 0)).toMatchObject({ kind: 'interrupted' });
    await meanwhile(world, { scope: 'All' }, () => onDemand(world, leaver));
    expect(hasAccess()).toBe(true);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(hasAccess()).toBe(false);
  });

  it('somebody whom they left alone when the item was carried out loses access', async () => {
    const { world, hasAccess } = await aLeaver();
    await world.cycle();
    await meanwhile(world, { deprovisionUsers: 'Nothing' }, () => world.drain());
    expect(hasAccess()).toBe(true);
    await world.round();
    expect(hasAccess()).toBe(false);
  });

  it('somebody whom they left out when the item was carried out gets access', async () => {
    const { world, directory } = aCompany({ users: 1 }, { settings: { defaultAccess: 'EndUser' } });
    await world.round();
    const hire = aPerson(world, 'hire');
    directory.assign(hire);
    await world.cycle();
    await meanwhile(world, { defaultAccess: 'Skip' }, () => world.drain());
    expect(world.accountOf(hire)).toBeUndefined();
    await world.round();
    expect(world.accountOf(hire)?.suspended).toBe(false);
  });

  it('a mapping file: what it wrote is written over', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    await world.round();
    const hire = aPerson(world, 'hire');
    directory.assign(hire, roles.user);
    await world.cycle();
    const own = world.schema;
    world.schema = mappingsOf('titled');
    await world.drain();
    expect(world.accountOf(hire)?.name).toBe('hire (Contoso)');
    world.schema = own;
    await world.round();
    expect(world.accountOf(hire)?.name).toBe('hire');
  });
});

describe('engine › settings that are deployed and stay', () => {
  it('make one initial cycle, whatever is carried out by them before it and in it', async () => {
    const { world, directory, roles, users } = aCompany({ users: 2 });
    await world.round();
    directory.assign(aPerson(world, 'hire'), roles.user);
    await world.cycle();
    world.settings = { ...world.settings, defaultAccess: 'EndUser' };
    await world.drain();
    const kinds: string[] = [];
    for (let more = 0; more < 3; more += 1) {
      kinds.push((await world.round()).cycleKind);
      await onDemand(world, users[0]?.id as SourceId);
    }
    expect(kinds).toEqual(['initial', 'incremental', 'incremental']);
  });

  it('also where it is carried out while the cycle runs', async () => {
    const { world, users } = aCompany({ users: 2 });
    await world.round();
    world.settings = { ...world.settings, defaultAccess: 'EndUser' };
    world.nowMs += 20 * 60_000;
    await world.tick('cut off', 0);
    await onDemand(world, users[0]?.id as SourceId);
    expect([(await world.round()).cycleKind, (await world.round()).cycleKind]).toEqual(['initial', 'incremental']);
  });

  it('a hundred work items that note them at once do not stand in the way of each other', async () => {
    const { world } = await aLeaver();
    let writes = 0;
    world.hook = (name) => {
      if (name === 'state.write') writes += 1;
    };
    const deps = { ...world.deps(), settings: { ...world.settings, scope: 'All' as const } };
    await Promise.all(Array.from({ length: 100 }, () => noteRules(deps)));
    expect((await readJob(deps.state)).value).toMatchObject({
      rulesInUse: rulesOf(deps),
      initialDue: expect.stringContaining('settings'),
    });
    const before = writes;
    await noteRules(deps);
    expect(writes).toBe(before);
  });
});
