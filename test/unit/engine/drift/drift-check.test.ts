import type { DriftCode } from '../../../../src/core/drift';
import { type ObjectType, sourceId } from '../../../../src/core/model';
import { beginIfDue, settleDrift } from '../../../../src/engine/drift/drift-check';
import { driftPlans } from '../../../../src/engine/drift/drift-run';
import { type DriftState, readDriftState } from '../../../../src/engine/job/drift-state';
import { changeJob, type JobState } from '../../../../src/engine/job/job-state';
import type { JobSettings } from '../../../../src/engine/job-settings';
import { newPlan } from '../../../../src/engine/preview/plan-draft';
import type { Planning } from '../../../../src/engine/preview/planning';
import { THE_CYCLE } from '../../../../src/engine/record/log-entry';
import type { PlanHeader, PlanRow } from '../../../../src/ports/plan-store';
import { World } from '../../../property/support/world';
import { makePlans, makeShadow } from '../../../simulation/ports/plans';

const HOUR_MS = 3_600_000;
const START = '2026-01-05T08:00:00.000Z';

const aRow = (id: string, over: Partial<PlanRow> = {}): PlanRow => ({
  ...{
    key: { type: 'user' as ObjectType, id: sourceId(id) },
    name: `Name of ${id}`,
    targetId: '9',
    outcome: 'planned',
    action: 'update',
  },
  ...{ changes: [], reason: 'Why.', code: 'Renamed', warnings: [], removal: null, digest: '', applied: null, refusal: null },
  ...over,
});

function aPlace(settings: Partial<JobSettings> = {}) {
  const world = new World({ settings: { status: 'On', ...settings } });
  const deps = world.deps();
  const plans = makePlans();
  const planning = (): Planning => ({ deps: world.deps(), plans, shadow: makeShadow(), kinds: { drift: driftPlans } });
  const state = () => readDriftState(deps);
  /** A comparison that has come to its end. */
  const ended = async (over: Partial<PlanHeader> = {}, rows: readonly PlanRow[] = [aRow('u1')]) => {
    const mark = { phase: 'users', after: null, isScheduled: true, mayLook: true };
    const header: PlanHeader = {
      ...newPlan(deps, 'drift', THE_CYCLE, { schemaHash: deps.schema.hash, cycle: mark }),
      ...{ planId: 'p', state: 'planned', phase: 'done', endedAt: '2026-01-05T09:00:00.000Z', objects: 5 },
      ...over,
    };
    await plans.write(header, '*');
    await plans.putRows(header.planId, rows);
    return header;
  };
  const settle = async (...args: Parameters<typeof ended>): Promise<DriftState> => {
    await ended(...args);
    await settleDrift(planning());
    return state();
  };
  const sent = () => world.notices.filter(({ kind }) => kind === 'drift');
  const applying = async (planId = 'p') => (await plans.read(planId))?.value.application;
  const job = (over: Partial<JobState>) => changeJob(deps.state, (before) => ({ ...before, ...over }));
  return { world, deps, plans, planning, state, ended, settle, sent, applying, job };
}
const quarantine = (reason: string) => ({ quarantine: { reason } as NonNullable<JobState['quarantine']> });

describe('a comparison by the schedule', () => {
  const next = (after: Date): Date => new Date(after.getTime() + HOUR_MS);

  it('is not due at the first look, which only starts the clock', async () => {
    const { planning, plans, state } = aPlace();
    await beginIfDue(planning(), () => new Date(0));
    expect([await plans.list(), (await state()).scheduledFrom]).toEqual([[], START]);
  });

  it.each([
    [HOUR_MS - 1, 0],
    [HOUR_MS, 1],
    [5 * HOUR_MS, 1],
  ])('is due at its time: after %p ms there are %p', async (afterMs, count) => {
    const { world, planning, plans, state } = aPlace();
    await beginIfDue(planning(), next);
    world.nowMs += afterMs;
    await beginIfDue(planning(), next);
    expect(await plans.list()).toHaveLength(count);
    expect(await plans.list()).toMatchObject(
      Array.from({ length: count }, () => ({ kind: 'drift', cycle: { isScheduled: true } })),
    );
    expect((await state()).scheduledFrom).toBe(count === 1 ? new Date(world.nowMs).toISOString() : START);
  });

  it('is never due while the schedule is off', async () => {
    const { world, planning, plans } = aPlace();
    await beginIfDue(planning(), next);
    world.nowMs += 2 * HOUR_MS;
    await beginIfDue(planning(), () => undefined);
    expect(await plans.list()).toEqual([]);
  });

  it('stays due while another plan is at work', async () => {
    const { world, planning, plans, state } = aPlace();
    await beginIfDue(planning(), next);
    world.nowMs += HOUR_MS;
    await plans.write({ ...newPlan(world.deps(), 'cycle', THE_CYCLE, { schemaHash: '', cycle: null }), planId: 'other' }, null);
    await beginIfDue(planning(), next);
    expect([(await plans.list()).length, (await state()).scheduledFrom]).toEqual([1, START]);
  });

  it.each([
    ['the job is off', { status: 'Off' }, {}, 0],
    ['the job is paused', {}, { paused: true }, 0],
    ['the credential is refused', {}, quarantine('Unauthorized'), 0],
    ['only the brake holds', {}, quarantine('TooManyDeletes'), 1],
  ] as readonly [string, Partial<JobSettings>, Partial<JobState>, number][])('while %s', async (_, settings, job, count) => {
    const place = aPlace(settings);
    await beginIfDue(place.planning(), next);
    await place.job(job);
    place.world.nowMs += HOUR_MS;
    await beginIfDue(place.planning(), next);
    expect(await place.plans.list()).toHaveLength(count);
  });
});

describe('what is concluded from a comparison', () => {
  it('nothing from none, nor from one that is not over, nor from plans of other kinds', async () => {
    const { settle, planning, state, ended, sent } = aPlace();
    await settleDrift(planning());
    expect((await state()).last).toBeNull();
    expect((await settle({ state: 'planning' })).last).toBeNull();
    await ended({ planId: 'q', kind: 'cycle' });
    await ended({ planId: 'r', kind: 'undo', state: 'failed', phase: 'import' });
    await settleDrift(planning());
    expect([await state(), sent()]).toEqual([{ scheduledFrom: null, last: null, failed: null }, []]);
  });

  it('the newest counts', async () => {
    const { settle, ended } = aPlace();
    await ended({ planId: 'older', createdAt: '2026-01-05T06:00:00.000Z' });
    await ended({ planId: 'newest', createdAt: '2026-01-05T07:30:00.000Z' });
    expect((await settle({ planId: 'old', createdAt: '2026-01-05T07:00:00.000Z' })).last?.planId).toBe('newest');
  });

  it('numbers: what was left out does not differ', async () => {
    const { settle } = aPlace();
    const counts = { skipped: 1, waiting: 2, unchanged: 3, reported: 4, update: 9 };
    expect((await settle({ objects: 20, counts, createdAt: START })).last).toEqual({
      ...{ planId: 'p', startedAt: START, endedAt: '2026-01-05T09:00:00.000Z' },
      ...{ compared: 20, differing: 14, reported: 4, leftOut: 3, isRepaired: false },
    });
    expect((await aPlace().settle({ objects: 5, counts: {}, endedAt: null })).last).toMatchObject({
      ...{ differing: 5, leftOut: 0, reported: 0, endedAt: START },
    });
  });

  it('people are told once, by what was found, with some examples', async () => {
    const { settle, planning, sent } = aPlace();
    const rows = [
      aRow('u1', { name: '' }),
      aRow('u2'),
      aRow('u3', { code: 'RoleChanged' satisfies DriftCode }),
      aRow('u4', { code: null }),
    ];
    await settle({}, rows);
    await settleDrift(planning());
    expect(sent()).toMatchObject([{ planId: 'p', differing: 5, byCode: { Renamed: 2, RoleChanged: 1 } }]);
    expect(sent()[0]).toHaveProperty('samples.0', {
      ...{ sourceId: 'u1', name: null, changeId: null, code: 'Renamed', reason: 'Why.', detail: null, action: null },
    });
    expect(sent()[0]).toHaveProperty('samples.1.name', 'Name of u2');
    expect(Object.keys((sent()[0] as { byCode: object }).byCode)).toEqual(['Renamed', 'RoleChanged']);
  });

  it.each([
    [1_000, 2],
    [1_002, 3],
  ])('all of %p rows are counted, in %p pages', async (count, pages) => {
    const { settle, sent, plans } = aPlace();
    const { rows } = plans;
    const asked: (string | undefined)[] = [];
    plans.rows = (planId, which, limit, after) => {
      if (limit > 100) asked.push(after);
      return rows(planId, which, limit, after);
    };
    await settle(
      {},
      Array.from({ length: count }, (_, at) => aRow(`u${at}`)),
    );
    expect(sent()).toMatchObject([{ byCode: { Renamed: count } }]);
    expect(asked).toHaveLength(pages);
  });

  it('nobody is told where nothing differs, and of one thing somebody is', async () => {
    for (const [objects, count] of [
      [3, 0],
      [4, 1],
    ] as const) {
      const { settle, sent, state } = aPlace();
      await settle({ objects, counts: { unchanged: 3 } }, []);
      expect([sent().length, (await state()).last?.compared]).toEqual([count, objects]);
    }
  });

  it('of two instances that conclude at the same time one tells', async () => {
    const { ended, planning, sent, plans } = aPlace();
    await ended();
    await Promise.all([settleDrift(planning()), settleDrift(planning())]);
    expect(sent()).toHaveLength(1);
    expect((await plans.list()).length).toBe(1);
  });

  it('one that failed is kept with its reason, until the next ends', async () => {
    const { settle, state } = aPlace();
    const error = { code: 'PROV_CONFIG_INVALID', message: 'Other mappings.' };
    const failed = { state: 'failed', phase: 'objects', createdAt: START } as const;
    expect((await settle({ ...failed, error })).failed).toEqual({ planId: 'p', at: '2026-01-05T09:00:00.000Z', ...error });
    await settle({ ...failed, planId: 'q', createdAt: '2026-01-05T08:01:00.000Z', endedAt: null, error: null });
    expect((await state()).failed).toEqual({ planId: 'q', at: START, code: 'Cancelled', message: 'It was cancelled.' });
    expect(await settle({ planId: 'r', createdAt: '2026-01-05T08:02:00.000Z' })).toMatchObject({
      failed: null,
      last: { planId: 'r' },
    });
  });

  it('is kept as it was once it is concluded, failed or not', async () => {
    for (const over of [{}, { state: 'failed', phase: 'objects', error: { code: 'X', message: '' } }] as const) {
      const { settle, state, planning, world, plans, ended } = aPlace();
      await settle(over);
      const before = await state();
      await plans.remove('p');
      await ended({ ...over, objects: 77, endedAt: '2026-01-05T12:00:00.000Z' });
      world.nowMs += HOUR_MS;
      await settleDrift(planning());
      expect(await state()).toEqual(before);
    }
  });
});

describe('a repair by itself', () => {
  const REPAIR = { driftRepair: 'Repair' } as const;
  const mark = (isScheduled: boolean) => ({ cycle: { phase: 'users', after: null, isScheduled, mayLook: true } });

  it.each([
    ['of what the schedule found, where it is set', REPAIR, {}, {}, true],
    ['not where it is not set', { driftRepair: 'Report' }, {}, {}, false],
    ['not of what a person asked to compare', REPAIR, mark(false), {}, false],
    ['not while the job is paused', REPAIR, {}, { paused: true }, false],
    ['not while the job is off', { ...REPAIR, status: 'Off' }, {}, {}, false],
    ['not while the credential is refused', REPAIR, {}, quarantine('Unauthorized'), false],
    ['not of one that failed at its end', REPAIR, { state: 'failed' }, {}, false],
  ] as readonly [string, Partial<JobSettings>, Partial<PlanHeader>, Partial<JobState>, boolean][])(
    '%s',
    async (_, settings, header, job, isRepaired) => {
      const place = aPlace(settings);
      await place.job(job);
      expect((await place.settle(header)).last?.isRepaired).toBe(isRepaired);
      const application = await place.applying();
      expect(application?.allowDeletes).toBe(isRepaired ? false : undefined);
      expect(application != null).toBe(isRepaired);
    },
  );

  it('is told of one that somebody lets go already, and it is not let go again', async () => {
    const application = {
      cycleId: 'c',
      allowDeletes: true,
      startedAt: START,
      endedAt: null,
      after: null,
      enqueued: 0,
      refused: 0,
      held: 0,
    };
    const place = aPlace();
    expect((await place.settle({ state: 'applying', application })).last?.isRepaired).toBe(true);
    expect(await place.applying()).toEqual(application);
  });

  it('has the next cycle look at whoever was let in again by hand and is only reported', async () => {
    const rows = [
      aRow('u1', { outcome: 'skipped', code: 'Reactivated' }),
      aRow('u2', { code: 'Reactivated' }),
      aRow('u3', { outcome: 'skipped', code: 'RoleChanged' }),
      aRow('u4'),
      ...Array.from({ length: 600 }, (_, at) =>
        aRow(`v${at}`, { drift: { codes: ['Renamed'], lastChangedAt: null, reported: [] } }),
      ),
      aRow('w1', {
        outcome: 'skipped',
        code: 'Reactivated',
        drift: { codes: ['Reactivated'], lastChangedAt: null, reported: [] },
      }),
    ].map((row) => ({ ...row, drift: row.drift ?? { codes: ['Renamed' as const], lastChangedAt: null, reported: [] } }));
    const dirty = async (settings: Partial<JobSettings>) => {
      const place = aPlace(settings);
      await place.settle({}, rows);
      const keys = rows.map(({ key }) => key);
      const marks = await Promise.all(keys.map((key) => place.deps.space.isDirty(key)));
      return keys.filter((_, at) => marks[at]).map(({ id }) => id);
    };
    expect(await dirty(REPAIR)).toEqual(['u1', 'w1']);
    expect(await dirty({})).toEqual([]);
  });
});
