import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { continueApply, startApply } from '../../src/engine/preview/apply-plan';
import { continuePlan } from '../../src/engine/preview/make-plan';
import { createUndo } from '../../src/engine/undo/make-undo';
import { addressOf, type ShapeName } from './directory';
import { type BenchOptions, type BenchWorld, PLAN_PER_MINUTE, round, startBench, type Tally } from './world';

/** What was asked for on the command line. */
export interface Asked extends BenchOptions {
  readonly people: number;
  readonly groups: number;
  /** Seconds of a benchmark that runs for a time. */
  readonly seconds: number;
}

export type Result = Readonly<Record<string, unknown>>;

const EVERYBODY_MAY_GO = { DELETION_THRESHOLD: '1000000', DELETION_THRESHOLD_PERCENT: '100' };
/** One work item after the other, to count what each waits for. */
const ALONE = 20;
const SHARE = 0.7;

async function withWorld(options: BenchOptions, run: (world: BenchWorld) => Promise<Result>): Promise<Result> {
  const world = await startBench(options);
  try {
    return await run(world);
  } finally {
    await world.stop();
  }
}

/** Cycles without their export: import, scoping, brake, enqueueing. */
const cycles =
  (
    shape: ShapeName,
    { settings = {}, changes = true }: { readonly settings?: Readonly<Record<string, string>>; readonly changes?: boolean } = {},
  ) =>
  (asked: Asked): Promise<Result> =>
    withWorld({ ...asked, settings }, async (world) => {
      await world.directory.fill(shape, asked.people, asked.groups);
      const initial = await world.measure(() => world.cycle());
      await world.endCycles();
      // The first incremental cycle still pays for what the initial one left.
      await world.cycle();
      await world.endCycles();
      const idle = await world.measure(() => world.cycle());
      if (!changes) return { initial, idle };
      await world.endCycles();
      await world.directory.act('change');
      return { initial, idle, changed: await world.measure(() => world.cycle()) };
    });

const TRANSITIVE = { settings: { GROUP_MEMBERSHIP: 'Transitive' } };
export const idle = cycles('assigned');
export const groupHeavy = cycles('manyGroups', { changes: false });
export const hugeGroupCycles = cycles('hugeGroup');
export const nestedGroups = cycles('nested', TRANSITIVE);
export const manyMembershipsOfOne = cycles('manyMemberships');

/** Everybody has an account afterwards, and nobody two. @throws Error otherwise */
async function requireAccounts(world: BenchWorld, people: number): Promise<void> {
  const { linked, doubled } = await world.account();
  if (linked === people && doubled === 0) return;
  const [cycle] = await world.deps.cycles.latest(1);
  const counts = cycle && (await world.deps.log.counts(cycle.cycleId));
  throw new Error(`${linked} accounts, ${doubled} doubled, for ${people} people: ${JSON.stringify(counts)}`);
}

/** The initial cycle to its end: everybody has an account. */
export const initial = (asked: Asked): Promise<Result> =>
  withWorld(asked, async (world) => {
    await world.directory.fill('assigned', asked.people, 1);
    const cycle = await world.measure(() => world.cycle());
    let drained = {};
    const exported = await world.measure(async () => {
      drained = await world.drain();
      return asked.people;
    });
    await requireAccounts(world, asked.people);
    const ours = PLAN_PER_MINUTE * SHARE * asked.scale;
    return { cycle, export: { ...exported, ...drained, shareOfQuota: round((exported.perSecond * 60) / ours) } };
  });

/** 1 % of the people change; the cycle and its export, everybody else staying as they are. */
export const changed = (asked: Asked): Promise<Result> =>
  withWorld(asked, async (world) => {
    const people = await world.directory.fill('assigned', asked.people, 1);
    await world.cycle();
    await world.drain();
    await world.cycle();
    await world.directory.act('change');
    const cycle = await world.measure(() => world.cycle());
    const exported = await world.measure(async () => {
      await world.drain();
      return cycle.objects;
    });
    await world.directory.rename(people.slice(0, ALONE), 'Renamed again');
    await world.cycle();
    const inSequence = await oneByOne(world);
    return { cycle, export: exported, inSequence };
  });

/** Works the queue off one item after the other. Returns how often each waits for tables. */
async function oneByOne(world: BenchWorld): Promise<number> {
  const count = world.queue.length;
  const waves = await world.waves(() => world.drain(undefined, 1));
  return round(waves / Math.max(1, count));
}

/** Single changes in the account's lane of one a second. */
export const updateLane = (asked: Asked): Promise<Result> =>
  withWorld({ ...asked, settings: { ...EVERYBODY_MAY_GO } }, async (world) => {
    const people = await world.directory.fill('assigned', asked.people, 1);
    await world.cycle();
    await world.drain();
    await world.cycle();
    await world.closeUpdates();
    // The first of them finds out that there is no bulk.
    await world.directory.rename(people.slice(0, ALONE), 'Renamed before');
    await world.cycle();
    await world.drain();
    await world.directory.rename(people, 'Renamed');
    await world.cycle();
    let tally: Tally = { runs: 0, putBack: 0, byInstance: [] };
    const endsAt = Date.now() + asked.seconds * 1_000;
    const figures = await world.measure(async () => {
      tally = await world.drain(() => Date.now() > endsAt);
      return tally.runs - tally.putBack;
    });
    return { ...figures, ...tally, putBackShare: round(tally.putBack / Math.max(1, tally.runs)) };
  });

/** A thousand people lose their assignment; the brake holds them, an operator lets them go. */
export const suspend = (asked: Asked): Promise<Result> =>
  withWorld(asked, async (world) => {
    const people = await world.directory.fill('assigned', asked.people, 1);
    await world.cycle();
    await world.drain();
    await world.cycle();
    await world.directory.act('leave');
    const held = await world.measure(() => world.cycle());
    await world.drain();
    const before = (await world.account()).suspended;
    const operator = { id: 'o', displayName: 'Olga', type: 'user' } as const;
    let released = 0;
    const figures = await world.measure(async () => {
      const allowed = await allowDeletes(world.deps, operator, undefined);
      released = allowed.released.reduce((sum, one) => sum + one.released, 0);
      await world.drain();
      return released;
    });
    const { suspended } = await world.account();
    if (before !== 0 || suspended !== people.length) throw new Error(`${before} suspended before, ${suspended} after`);
    return { held, release: figures };
  });

/** A thousand people were suspended by mistake: planned, applied and carried out until each is back. */
export const undo = (asked: Asked): Promise<Result> =>
  withWorld({ ...asked, settings: EVERYBODY_MAY_GO }, async (world) => {
    const people = await world.directory.fill('assigned', asked.people, 1);
    await world.cycle();
    await world.drain();
    await world.cycle();
    await world.directory.act('leave');
    await world.cycle();
    await world.drain();
    const before = (await world.account()).suspended;
    const [app] = world.apps;
    const mistake = (await world.deps.cycles.latest(5)).find(({ enqueued }) => enqueued >= people.length);
    if (!app || !mistake) throw new Error('no cycle suspended anybody');
    const planning = { ...app.planning, deps: world.deps };
    const operator = { id: 'o', displayName: 'Olga', type: 'user' } as const;
    const options = { owner: 'bench', budgetMs: 3_600_000 };
    let planId = '';
    const plan = await world.measure(async () => {
      const begun = await createUndo(planning, operator, mistake.cycleId, undefined);
      if (begun.kind !== 'begun') throw new Error(JSON.stringify(begun));
      planId = begun.header.planId;
      return (await continuePlan(planning, planId, options))?.objects ?? 0;
    });
    const apply = await world.measure(async () => {
      await startApply(planning, planId, operator, true);
      return (await continueApply(planning, planId, options))?.application?.enqueued ?? 0;
    });
    const carriedOut = await world.measure(async () => {
      await world.drain();
      return people.length;
    });
    const { suspended } = await world.account();
    if (before !== people.length || suspended !== 0) {
      const { value: header } = (await planning.plans.read(planId)) ?? {};
      throw new Error(`${before} suspended before, ${suspended} after: ${JSON.stringify(header)}`);
    }
    return { plan, apply, carriedOut };
  });

/** Everybody has an account that nobody has linked: matched by address, adopted, changed where it differs. */
export const adopt = (asked: Asked): Promise<Result> =>
  withWorld(asked, async (world) => {
    await world.seed(Array.from({ length: asked.people }, (_, n) => addressOf(n)));
    await world.directory.fill('assigned', asked.people, 1);
    await world.cycle();
    let drained = {};
    const figures = await world.measure(async () => {
      drained = await world.drain();
      return asked.people;
    });
    await requireAccounts(world, asked.people);
    return { ...figures, ...drained };
  });
