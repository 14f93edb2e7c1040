import { storeMappings } from '../../src/engine/control/store-mappings';
import { digestOf } from '../../src/engine/mappings';
import { createPlan } from '../../src/engine/preview/make-plan';
import {
  ANN,
  activate,
  callsOf,
  company,
  inForce,
  inService,
  job,
  LOUD,
  named,
  nameOf,
  planned,
  planningOf,
  QUIET,
  SALES,
  stored,
} from './support/mappings';
import { takeFirst } from './support/queue';

describe('mappings in force', () => {
  it('nobody has ever chosen a version: an idle cycle asks for none', async () => {
    const { world } = await inService();
    const calls = await callsOf(world, () => world.round());
    expect(calls.filter((name) => name.startsWith('schemaStore'))).toEqual([]);
  });

  it('a version in force costs an idle cycle one read', async () => {
    const { world } = await inService();
    const before = await callsOf(world, () => world.round());
    await inForce(world, LOUD);
    await world.rounds(2);
    const after = await callsOf(world, () => world.round());
    const reads = (calls: readonly string[]) => calls.filter((name) => !name.startsWith('schemaStore'));
    expect(reads(after).length - reads(before).length).toBe(1);
  });

  it('stores a draft once, which changes nothing; the next cycle begins with what is in force, and is an initial one', async () => {
    const { world, id } = await inService();
    const version = await stored(world, LOUD);
    expect(await stored(world, LOUD)).toBe(version);
    expect(await stored(world, QUIET)).toBe(version + 1);
    await world.round();
    expect(nameOf(world, id)).toBe('Ann Lee');
    await inForce(world, version);
    expect((await job(world)).mappingsInUse).toBeNull();
    const { cycleKind, cycleId } = await world.round();
    expect([cycleKind, nameOf(world, id)]).toEqual(['initial', 'ANN LEE']);
    expect((await world.deps().cycles.read(cycleId))?.why).toBe('Version 1 of the mappings was activated.');
    expect((await world.round()).cycleKind).toBe('incremental');
    await inForce(world, 0);
    expect((await world.round()).cycleKind).toBe('initial');
    expect(nameOf(world, id)).toBe('Ann Lee');
  });

  it('refuses mappings that a file could not have, with every problem', async () => {
    const { world } = company();
    const answer = await storeMappings(world.deps(), ANN, named('Nonsense([a]'), '');
    expect(answer.kind).toBe('refused');
    expect(await world.deps().mappings.store.list()).toEqual([]);
  });

  it('asks for a plan, and for agreement where that removes something; the brake still counts', async () => {
    const { world, directory, users, id } = company(14);
    directory.updateUser(id, { department: 'Sales' });
    await world.round();
    const version = await stored(world, SALES);
    expect(await activate(world, version)).toMatchObject({ kind: 'planNeeded', plan: null });
    const planId = await planned(world, version);
    expect(await activate(world, version)).toMatchObject({ kind: 'planNeeded', plan: { planId } });
    expect(await activate(world, version, { planId })).toMatchObject({ kind: 'planNeeded' });
    expect(await activate(world, version, { planId, allowDeletes: false })).toMatchObject({ kind: 'planNeeded' });
    const other = 'bbbbbbbb-0000-4000-8000-000000000001';
    expect(await activate(world, version, { planId: other, allowDeletes: true })).toMatchObject({ kind: 'planNeeded' });
    expect((await job(world)).mappings).toBeNull();
    expect(await activate(world, version, { planId, allowDeletes: true })).toMatchObject({ kind: 'active', changed: true });
    await world.round();
    // Thirteen of fourteen are above the threshold: held, not suspended.
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual(users.map(() => false));
    expect((await job(world)).quarantine?.reason).toBe('TooManyDeletes');
  });

  it('a plan of yesterday, of other mappings or not finished does not count', async () => {
    const { world } = await inService();
    const version = await stored(world, LOUD);
    await planned(world, await stored(world, QUIET));
    expect(await activate(world, version)).toMatchObject({ kind: 'planNeeded', plan: null });
    await planned(world, version);
    world.nowMs += 25 * 3600_000;
    expect(await activate(world, version)).toMatchObject({ kind: 'planNeeded', plan: null });
    await createPlan(planningOf(world), ANN, { version });
    expect(await activate(world, version)).toMatchObject({ kind: 'planNeeded', plan: { state: 'planning' } });
  });

  it('before the first cycle no plan is needed, and everything uses the version at once', async () => {
    const { world, id } = company();
    const version = await stored(world, LOUD);
    expect(await activate(world, version)).toMatchObject({ kind: 'active' });
    expect((await job(world)).mappingsInUse?.version).toBe(version);
    await world.round();
    expect(nameOf(world, id)).toBe('ANN LEE');
  });

  it('going back before a cycle has begun needs no plan, and the next cycle is not an initial one', async () => {
    const { world } = await inService();
    await inForce(world, LOUD);
    expect(await activate(world, 0)).toMatchObject({ kind: 'active', changed: true });
    expect((await world.round()).cycleKind).toBe('incremental');
  });

  it('with a damaged version in force no cycle falls back to other mappings: it says why, items wait, and going back repairs it', async () => {
    const { world, directory, id } = await inService();
    const version = await stored(world, LOUD);
    await inForce(world, version);
    await world.round();
    directory.updateUser(id, { displayName: 'Ann Other' });
    await world.cycle();
    const { store } = world.deps().mappings;
    const whole = store.readText;
    Object.assign(world.schemas, { readText: async () => LOUD.slice(1) });
    await world.work(takeFirst(world).item);
    expect(nameOf(world, id)).toBe('ANN LEE');
    world.nowMs += 20 * 60_000;
    const failed = await world.tick();
    expect(failed).toMatchObject({ kind: 'failed', error: { code: 'PROV_CONFIG_INVALID' } });
    expect('error' in failed && failed.error.message).toContain(`mappings version ${version}: what is stored of it is damaged`);
    expect(world.notices.map(({ kind }) => kind)).toContain('quarantine');
    expect(await activate(world, 0, { planId: await planned(world, 0), allowDeletes: true })).toMatchObject({ kind: 'active' });
    await world.round();
    expect(nameOf(world, id)).toBe('Ann Other');
    Object.assign(world.schemas, { readText: whole });
  });

  it('a version that this app cannot read any more is refused with its problems', async () => {
    const { world } = company();
    const text = named('FutureFunction([displayName])');
    await world.schemas.add(
      { version: 1, hash: 'x', digest: digestOf(text), length: text.length, storedAt: '', storedBy: '', storedById: '', why: '' },
      text,
    );
    await expect(activate(world, 1)).rejects.toThrow(/FutureFunction/);
    expect(await activate(world, 2)).toEqual({ kind: 'notFound' });
  });
});
