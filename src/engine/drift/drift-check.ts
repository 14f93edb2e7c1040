import { NOTICE_SAMPLES, type NoticeSample } from '../../core/notice';
import type { PlanHeader, PlanRow } from '../../ports/plan-store';
import type { EngineDeps } from '../deps';
import { type DriftResult, type DriftState, NO_DRIFT, readDriftState } from '../job/drift-state';
import { changeDocument, readJob } from '../job/job-state';
import { STATUS_KEYS } from '../job/status-keys';
import { startApply } from '../preview/apply-plan';
import type { Planning } from '../preview/planning';
import { THE_CYCLE } from '../record/log-entry';
import { createDrift, type DriftMark } from './drift-run';

/** When the next comparison is due by the schedule; undefined while it is off, or the schedule was not looked at yet. */
export type NextDrift = (after: Date) => Date | undefined;

/**
 * Begins a comparison if the schedule says so; to be called every few minutes. One that finds another plan at work stays due. Never while the
 * credential is refused, or the job is off.
 * @param next the first time of the schedule after an instant
 */
export async function beginIfDue(planning: Planning, next: NextDrift): Promise<void> {
  const { deps } = planning;
  const now = deps.clock();
  const { scheduledFrom } = await readDriftState(deps);
  // The first look only starts the clock: an app that was just installed has nothing to compare.
  if (scheduledFrom === null) return keepFrom(deps, now);
  const due = next(new Date(scheduledFrom));
  if (!due || due > now || (await isHeldBack(deps))) return;
  const begun = await createDrift(planning, THE_CYCLE, true);
  if (begun.kind === 'begun') await keepFrom(deps, now);
}

const keepFrom = async ({ state }: EngineDeps, now: Date): Promise<void> => {
  await changeDocument<DriftState>(state, STATUS_KEYS.drift, (before) => ({
    ...NO_DRIFT,
    ...before,
    scheduledFrom: now.toISOString(),
  }));
};

/** Whether nothing is to be written, or read, by itself now. */
async function isHeldBack({ state, settings }: EngineDeps): Promise<boolean> {
  const { value: job } = await readJob(state);
  const isStopped = job.quarantine !== null && job.quarantine.reason !== 'TooManyDeletes';
  return settings.status === 'Off' || job.paused || isStopped;
}

/**
 * Draws the conclusions of the newest comparison once it has ended: repairs, where that is wanted, keeps the result for the status, and tells
 * people of what was found. Safe to repeat; a notice is sent once.
 */
export async function settleDrift(planning: Planning): Promise<void> {
  const { deps, plans } = planning;
  const newest = [...(await plans.list())]
    .filter(({ kind, state }) => kind === 'drift' && state !== 'planning')
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  if (!newest) return;
  const before = await readDriftState(deps);
  if (before.last?.planId === newest.planId || before.failed?.planId === newest.planId) return;
  if (newest.phase !== 'done') return keepFailure(deps, newest);
  const isRepaired = newest.application !== null || (await repair(planning, newest));
  const last = resultOf(newest, isRepaired);
  const settled = await changeDocument<DriftState>(deps.state, STATUS_KEYS.drift, (now) =>
    now?.last?.planId === newest.planId ? now : { ...NO_DRIFT, ...now, last, failed: null },
  );
  if (settled.last !== last || last.differing === 0) return;
  await deps.notifier.send({
    kind: 'drift',
    ...last,
    byCode: await codesOf(planning, newest.planId),
    samples: (await plans.rows(newest.planId, 'acting', NOTICE_SAMPLES)).rows.map(sampleOf),
  });
}

async function keepFailure({ state, clock }: EngineDeps, { planId, endedAt, error }: PlanHeader): Promise<void> {
  const at = endedAt ?? clock().toISOString();
  const failed = { planId, at, code: error?.code ?? 'Cancelled', message: error?.message ?? 'It was cancelled.' };
  await changeDocument<DriftState>(state, STATUS_KEYS.drift, (now) => ({ ...NO_DRIFT, ...now, failed }));
}

/**
 * Lets go what a scheduled comparison found, where DRIFT_REPAIR says so: what is above the threshold stays held. Whoever has given access back
 * to somebody whose seat goes with it is looked at by the next cycle, because a repair writes no role.
 */
async function repair(planning: Planning, plan: PlanHeader): Promise<boolean> {
  const { deps } = planning;
  const { isScheduled } = plan.cycle as DriftMark;
  if (!isScheduled || deps.settings.driftRepair !== 'Repair' || plan.state !== 'planned' || (await isHeldBack(deps)))
    return false;
  for await (const rows of rowsOf(planning, plan.planId)) {
    const left = rows.filter(({ outcome, code }) => outcome === 'skipped' && code === 'Reactivated');
    await deps.space.markDirty(left.map(({ key }) => key));
  }
  return (await startApply(planning, plan.planId, THE_CYCLE, false)).kind === 'applying';
}

const PAGE = 500;

async function* rowsOf({ plans }: Planning, planId: string): AsyncGenerator<readonly PlanRow[]> {
  for (let after: string | undefined; ; ) {
    const page = await plans.rows(planId, 'acting', PAGE, after);
    yield page.rows;
    if (page.next === undefined) return;
    after = page.next;
  }
}

async function codesOf(planning: Planning, planId: string): Promise<Readonly<Record<string, number>>> {
  const byCode: Record<string, number> = {};
  for await (const rows of rowsOf(planning, planId))
    for (const { code } of rows) if (code) byCode[code] = (byCode[code] ?? 0) + 1;
  return byCode;
}

const sampleOf = ({ key, name, code, reason }: PlanRow): NoticeSample => ({
  sourceId: key.id,
  name: name || null,
  changeId: null,
  code,
  reason,
  detail: null,
  action: null,
});

/** What counts as left out, not as differing. */
const LEFT_OUT = ['skipped', 'waiting'] as const;

function resultOf({ planId, createdAt, endedAt, objects, counts }: PlanHeader, isRepaired: boolean): DriftResult {
  const leftOut = LEFT_OUT.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  return {
    planId,
    startedAt: createdAt,
    endedAt: endedAt ?? createdAt,
    compared: objects,
    differing: objects - leftOut - (counts['unchanged'] ?? 0),
    reported: counts['reported'] ?? 0,
    leftOut,
    isRepaired,
  };
}
