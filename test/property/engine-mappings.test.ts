import type { SourceId, WorkItem } from '../../src/core/model';
import { storeMappings } from '../../src/engine/control/store-mappings';
import { makeGate } from '../../src/engine/job/gate';
import { readJob, STATE_KEYS } from '../../src/engine/job/job-state';
import { digestOf } from '../../src/engine/mappings';
import { type ActivateRequest, activateMappings } from '../../src/engine/preview/activate-mappings';
import { continuePlan, createPlan } from '../../src/engine/preview/make-plan';
import type { Planning } from '../../src/engine/preview/planning';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import { aCompany } from '../builders/people';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { schemaOf, type World } from './support/world';

const SHIPPED = schemaOf();
const ANN = { type: 'user', id: 'aaaaaaaa-0000-4000-8000-00000000000a', displayName: 'Ann Admin' } as const;
const BOB = { type: 'user', id: 'aaaaaaaa-0000-4000-8000-00000000000b', displayName: 'Bob Admin' } as const;

interface File {
  readonly synchronizationRules: readonly {
    readonly objectMappings: readonly {
      readonly sourceObjectName: string;
      scope?: unknown;
      readonly attributeMappings: Attribute[];
    }[];
  }[];
}
interface Attribute {
  readonly targetAttributeName: string;
  source: { readonly expression: string };
}

/** The shipped mappings, changed for users. */
function edited(edit: (user: File['synchronizationRules'][number]['objectMappings'][number]) => void): string {
  const file = structuredClone(SHIPPED.raw) as File;
  const user = file.synchronizationRules[0]?.objectMappings.find(({ sourceObjectName }) => /user/i.test(sourceObjectName));
  if (!user) throw new Error('the shipped file has no mapping of users');
  edit(user);
  return JSON.stringify(file);
}

/** Names of people as an expression gives them. */
const named = (expression: string): string =>
  edited(({ attributeMappings }) => {
    const name = attributeMappings.find(({ targetAttributeName }) => targetAttributeName === 'name');
    if (name) name.source = { expression };
  });
const LOUD = named('ToUpper([displayName])');
const QUIET = named('ToLower([displayName])');
/** Nobody but the department of sales. */
const SALES = edited((user) => {
  user.scope = {
    groups: [{ clauses: [{ sourceOperandName: 'department', operatorName: 'EQUALS', targetOperand: { values: ['Sales'] } }] }],
  };
});

const planningOf = (world: World): Planning => {
  const found = plannings.get(world) ?? { plans: makePlans(), shadow: makeShadow() };
  plannings.set(world, found);
  return { deps: world.deps(), ...found };
};
const plannings = new WeakMap<World, Omit<Planning, 'deps'>>();

async function stored(world: World, text: string): Promise<number> {
  const answer = await storeMappings(world.deps(), ANN, text, 'a test');
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer.problems));
  return answer.version.version;
}

async function planned(world: World, version: number): Promise<string> {
  const planning = planningOf(world);
  const begun = await createPlan(planning, ANN, { version });
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const plan = await continuePlan(planning, begun.header.planId, { owner: 'plan', budgetMs: 600_000 });
  expect(plan?.state).toBe('planned');
  return begun.header.planId;
}

const activate = (world: World, version: number, more: Partial<ActivateRequest> = {}, operator: typeof ANN | typeof BOB = ANN) =>
  activateMappings(planningOf(world), operator, { version, why: 'a test', ...more });

/** Plans a version, agrees to what that removes, and puts it in force. */
async function inForce(world: World, version: number): Promise<void> {
  const planId = await planned(world, version);
  expect(await activate(world, version, { planId, allowDeletes: true })).toMatchObject({ kind: 'active', changed: true });
}

const nameOf = (world: World, id: SourceId): string | undefined => world.accountOf(id)?.name;
const job = async (world: World) => (await readJob(world.deps().state)).value;

/** Calls of ports by name while something is done. */
async function callsOf(world: World, run: () => Promise<unknown>): Promise<readonly string[]> {
  const calls: string[] = [];
  world.hook = (name) => void calls.push(name);
  await run();
  world.hook = undefined;
  return calls;
}

function company(people = 1) {
  const made = aCompany({ users: people });
  const id = made.users[0]?.id as SourceId;
  made.directory.updateUser(id, { displayName: 'Ann Lee' });
  return { ...made, id };
}

describe('mappings in force', () => {
  it('nobody has ever chosen a version: an idle cycle asks for none', async () => {
    const { world } = company();
    await world.round();
    const calls = await callsOf(world, () => world.round());
    expect(calls.filter((name) => name.startsWith('schemaStore'))).toEqual([]);
  });

  it('a version in force costs an idle cycle one read', async () => {
    const { world } = company();
    await world.round();
    const before = await callsOf(world, () => world.round());
    await inForce(world, await stored(world, LOUD));
    await world.round();
    await world.round();
    const after = await callsOf(world, () => world.round());
    const reads = (calls: readonly string[]) => calls.filter((name) => !name.startsWith('schemaStore'));
    expect(reads(after).length - reads(before).length).toBe(1);
  });

  it('stores a draft once, which changes nothing; the next cycle begins with what is in force, and is an initial one', async () => {
    const { world, id } = company();
    await world.round();
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
    const { world } = company();
    await world.round();
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
    const { world } = company();
    await world.round();
    await inForce(world, await stored(world, LOUD));
    expect(await activate(world, 0)).toMatchObject({ kind: 'active', changed: true });
    expect((await world.round()).cycleKind).toBe('incremental');
  });

  it('going back while a cycle with the version is under way needs one', async () => {
    const { world } = company();
    await world.round();
    await inForce(world, await stored(world, LOUD));
    world.nowMs += 20 * 60_000;
    await world.killedAt(40, () => world.tick());
    expect((await world.deps().state.read(STATE_KEYS.cycle))?.value).toMatchObject({ mappings: 1 });
    expect(await activate(world, 0)).toMatchObject({ kind: 'planNeeded' });
  });

  it('a cycle keeps the version that it began with, on whichever instance it continues', async () => {
    for (let call = 10; call < 90; call += 4) {
      const { world, directory, id } = company();
      await world.round();
      const version = await stored(world, LOUD);
      const planId = await planned(world, version);
      directory.updateUser(id, { displayName: 'Ann Other' });
      world.nowMs += 20 * 60_000;
      const wasCut = await world.killedAt(call, () => world.tick());
      const running = (await world.deps().state.read<{ mappings?: number } | null>(STATE_KEYS.cycle))?.value;
      if (!wasCut || !running) continue;
      await activate(world, version, { planId });
      await world.round();
      expect([call, nameOf(world, id)]).toEqual([call, 'Ann Other']);
      await world.round();
      expect([call, nameOf(world, id)]).toEqual([call, 'ANN OTHER']);
    }
  });

  it('an item that is late does not undo what the items of a newer version wrote', async () => {
    const { world, directory, id } = company();
    await world.round();
    directory.updateUser(id, { displayName: 'Ann Other' });
    await world.cycle();
    const late = world.queue.messages.splice(0);
    expect(late.length).toBeGreaterThan(0);
    await inForce(world, await stored(world, LOUD));
    await world.round();
    expect(nameOf(world, id)).toBe('ANN OTHER');
    world.queue.messages.push(...late);
    await world.drain();
    expect(nameOf(world, id)).toBe('ANN OTHER');
  });

  it('nor one on an instance that has looked a moment before', async () => {
    const { world, directory, id } = company();
    await world.round();
    directory.updateUser(id, { displayName: 'Ann Other' });
    await world.cycle();
    const [late] = world.queue.messages.splice(0);
    await inForce(world, await stored(world, LOUD));
    const deps = world.deps();
    const gate = makeGate(deps);
    world.nowMs += 20 * 60_000;
    await gate.holdMs();
    expect(await world.tick()).toMatchObject({ kind: 'completed' });
    await world.drain();
    await handleWorkItem(deps, gate, late?.item as WorkItem);
    await world.drain();
    expect(nameOf(world, id)).toBe('ANN OTHER');
  });

  it('nor one that is slow: it began before the newer version was taken into use, and writes after', async () => {
    const { world, directory, id } = company();
    await world.round();
    directory.updateUser(id, { displayName: 'Ann Other' });
    await world.cycle();
    const [slow] = world.queue.messages.splice(0);
    await inForce(world, await stored(world, LOUD));
    let isInTheMidst = false;
    world.hook = async (name) => {
      if (name !== 'linkStore.read' || isInTheMidst) return;
      isInTheMidst = true;
      await world.round();
      expect(nameOf(world, id)).toBe('ANN OTHER');
    };
    await world.work(slow?.item as WorkItem);
    world.hook = undefined;
    await world.drain();
    expect([isInTheMidst, nameOf(world, id)]).toEqual([true, 'ANN OTHER']);
  });

  it('a cycle that is cut off anywhere while it takes a version into use ends with it', async () => {
    for (let call = 0; ; call += 1) {
      const { world, id } = company();
      await world.round();
      await inForce(world, await stored(world, LOUD));
      world.nowMs += 20 * 60_000;
      const wasCut = await world.killedAt(call, () => world.tick());
      await world.round();
      expect([call, nameOf(world, id), (await job(world)).mappingsInUse?.version]).toEqual([call, 'ANN LEE', 1]);
      if (!wasCut) break;
    }
  });

  it('an instance that sleeps anywhere in its cycle does not take the older version back into use', async () => {
    for (let call = 20; call < 70; call += 1) {
      const { world, id } = company();
      await world.round();
      const [loud, quiet] = [await stored(world, LOUD), await stored(world, QUIET)];
      await inForce(world, loud);
      world.nowMs += 20 * 60_000;
      let calls = 0;
      let wake: () => void = () => undefined;
      const asleep = new Promise<void>((fallsAsleep) => {
        world.hook = async () => {
          calls += 1;
          if (calls !== call) return;
          world.hook = undefined;
          fallsAsleep();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        };
      });
      const sleeper = world.tick();
      await Promise.race([asleep, sleeper]);
      world.hook = undefined;
      world.nowMs += 10 * 60_000;
      await world.round();
      await inForce(world, quiet);
      await world.round();
      wake();
      await sleeper;
      await world.drain();
      expect([call, (await job(world)).mappingsInUse?.version, nameOf(world, id)]).toEqual([call, quiet, 'ann lee']);
    }
  });

  it('putting in force, cut off anywhere, leaves the old or the new; repeated, it is in the log once', async () => {
    for (let call = 0; ; call += 1) {
      const { world } = company();
      await world.round();
      const version = await stored(world, LOUD);
      const planId = await planned(world, version);
      const wasCut = await world.killedAt(call, () => activate(world, version, { planId }));
      expect([0, version]).toContain((await job(world)).mappings?.version ?? 0);
      expect(await activate(world, version, { planId }, BOB)).toMatchObject({ kind: 'active' });
      const told = await saidOf(world, `Version ${version} of the mappings was activated`);
      expect([call, told.length]).toEqual([call, 1]);
      expect(told[0]?.modifiedProperties).toEqual([
        { displayName: 'mappings', oldValue: 'version 0', newValue: `version ${version}` },
      ]);
      expect(told[0]?.initiatedBy.displayName).toBe((await job(world)).mappings?.by);
      if (!wasCut) break;
    }
  });

  it('storing, cut off anywhere and repeated, makes one version with one entry', async () => {
    for (let call = 0; ; call += 1) {
      const { world } = company();
      const wasCut = await world.killedAt(call, () => storeMappings(world.deps(), ANN, LOUD, 'why'));
      await storeMappings(world.deps(), BOB, LOUD, 'why');
      expect((await world.deps().mappings.store.list()).map(({ version }) => version)).toEqual([1]);
      expect(await saidOf(world, 'was stored as a draft')).toHaveLength(1);
      if (!wasCut) break;
    }
  });

  it('of two operators at once one wins, and the other is told who', async () => {
    for (let call = 0; call < 40; call += 1) {
      const { world } = company();
      await world.round();
      const [loud, quiet] = [await stored(world, LOUD), await stored(world, QUIET)];
      const plans = [await planned(world, loud), await planned(world, quiet)];
      let calls = 0;
      let other: Awaited<ReturnType<typeof activate>> | undefined;
      world.hook = async () => {
        calls += 1;
        if (calls !== call + 1) return;
        world.hook = undefined;
        other = await activate(world, quiet, { planId: plans[1], replaces: 0 }, BOB);
      };
      const first = await activate(world, loud, { planId: plans[0], replaces: 0 });
      world.hook = undefined;
      if (other === undefined) break;
      const kinds = [first.kind, other.kind].sort();
      expect([call, kinds]).toEqual([call, ['active', 'superseded']]);
      const winner = first.kind === 'active' ? loud : quiet;
      expect((await job(world)).mappings?.version).toBe(winner);
      const loser = [first, other].find(({ kind }) => kind === 'superseded');
      expect(loser).toMatchObject({ reason: expect.stringContaining(first.kind === 'active' ? 'Ann Admin' : 'Bob Admin') });
    }
  });

  it('two drafts at once get two numbers', async () => {
    const { world } = company();
    let isFirst = true;
    world.hook = async (name) => {
      if (name !== 'schemaStore.add' || !isFirst) return;
      isFirst = false;
      await stored(world, QUIET);
    };
    expect(await stored(world, LOUD)).toBe(2);
    world.hook = undefined;
    expect((await world.deps().mappings.store.list()).map(({ version }) => version)).toEqual([1, 2]);
  });

  it('with a damaged version in force no cycle falls back to other mappings: it says why, items wait, and going back repairs it', async () => {
    const { world, directory, id } = company();
    await world.round();
    const version = await stored(world, LOUD);
    await inForce(world, version);
    await world.round();
    directory.updateUser(id, { displayName: 'Ann Other' });
    await world.cycle();
    const { store } = world.deps().mappings;
    const whole = store.readText;
    Object.assign(world.schemas, { readText: async () => LOUD.slice(1) });
    await world.work(world.queue.messages.splice(0)[0]?.item as WorkItem);
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

async function saidOf(world: World, words: string) {
  const { entries } = await world.deps().log.query({}, 1_000);
  return entries.filter(({ provisioningSteps }) => provisioningSteps.some(({ description }) => description.includes(words)));
}
