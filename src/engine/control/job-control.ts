import type { ModifiedProperty } from '../../core/record';
import type { EngineDeps } from '../deps';
import { changeJob, type JobState, NOT_PAUSED, readJob } from '../job/job-state';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/** What a change of the job's state came to. */
export interface JobChange {
  readonly job: JobState;
  /** False when the job was as asked already. */
  readonly changed: boolean;
}

/** Starts a paused job; the next cycle runs whatever the back-off of a quarantine says. Idempotent. */
export async function startJob(deps: EngineDeps, operator: Initiator): Promise<JobChange> {
  return change(deps, operator, 'The job was started.', (job) => ({ ...job, ...NOT_PAUSED, runNow: true }));
}

/**
 * Pauses the job: no cycle begins, and one that runs stops at its next page and continues there after a start. Idempotent.
 * @param items `finish`: what is in the queue already is worked off; `stop`: it waits there.
 */
export async function pauseJob(deps: EngineDeps, operator: Initiator, items: 'finish' | 'stop'): Promise<JobChange> {
  const words = items === 'stop' ? 'its work items wait in the queue' : 'its work items in the queue are finished';
  const holdItems = items === 'stop';
  return change(deps, operator, `The job was paused; ${words}.`, (job) => ({
    ...job,
    paused: true,
    holdItems,
    // Asked for again, it is paused since the first time.
    ...((!job.paused || job.holdItems !== holdItems) && {
      pausedAt: deps.clock().toISOString(),
      pausedBy: operator.displayName || operator.id,
    }),
    runNow: false,
  }));
}

/** Lets the next cycle run once whatever the back-off of a quarantine says. Idempotent. */
export async function allowOneRun(deps: EngineDeps, operator: Initiator): Promise<JobChange> {
  return change(deps, operator, 'A cycle was asked for.', (job) => ({ ...job, runNow: true }));
}

/** Has a cycle begin within seconds, without waiting for it. Idempotent. @returns false, and nothing is asked for, while the job is paused */
export async function askForRun(deps: EngineDeps, operator: Initiator): Promise<boolean> {
  if ((await readJob(deps.state)).value.paused) return false;
  await allowOneRun(deps, operator);
  await deps.queue.askForCycle();
  return true;
}

const SHOWN = ['paused', 'holdItems', 'runNow'] as const;

async function change(
  deps: EngineDeps,
  operator: Initiator,
  description: string,
  next: (job: JobState) => JobState,
): Promise<JobChange> {
  const { value: before } = await readJob(deps.state);
  const job = await changeJob(deps.state, next);
  const changes = differences(before, job);
  await recordOperation(deps, operator, { description, changes });
  return { job, changed: changes.length > 0 };
}

const differences = (before: JobState, after: JobState): readonly ModifiedProperty[] =>
  SHOWN.filter((name) => before[name] !== after[name]).map((name) => ({
    displayName: name,
    oldValue: String(before[name]),
    newValue: String(after[name]),
  }));
