import { ProvisioningError } from '../../core/errors';
import type { EngineDeps } from '../deps';
import { type JobState, type RunningCycle, readJob, STATE_KEYS } from '../job/job-state';
import { STATUS_KEYS } from '../job/status-keys';
import { watchItems } from '../job/watch-items';

/** What the watchdog needs to know of the settings. */
export interface WatchedJob {
  readonly status: 'On' | 'Off';
  /** The first instant strictly after the given one at which a cycle is due; undefined when there is none. */
  readonly nextRun: (after: Date) => Date | undefined;
}

/** What the watchdog says: `overdue` when cycles that were due did not run, `silent` when that has gone on for long. */
export interface Watch {
  readonly verdict: 'well' | 'overdue' | 'silent';
  /** Since when nothing has happened. */
  readonly aliveAt: string;
}

/** Kept between two looks. `seen` is the mark of the running cycle's document: it changes with every page that a cycle reads. */
interface WatchDocument {
  readonly isOff: boolean;
  readonly aliveAt: string;
  readonly seen: string;
}

/** One missed run may be a run that took long; with the second, and some minutes' grace, it is none any more. */
const OVERDUE_RUNS = 2;
const OVERDUE_GRACE_MS = 15 * 60_000;
const SILENT_RUNS = 6;
const SILENT_GRACE_MS = 60 * 60_000;

/** Cycles that failed as a whole in a row before the health speaks: two may be a passing fault of the other side. */
const FAILED_IN_A_ROW = 3;

/**
 * The health of the job.
 *
 *   fail   storage does not answer, no cycle has run for six times its period although the job is on, or nothing of what waits has been
 *          carried out for a day
 *   warn   quarantine, cycles overdue, three cycles in a row stopped by an error, or nothing carried out for three hours
 *   pass   else, and while the job is off or paused
 *
 * The watchdog needs no timer of its own: whoever asks, asks it. So a timer that is dead is noticed too.
 */
export async function readHealth(deps: EngineDeps, job: WatchedJob): Promise<Health> {
  try {
    const watch = await watchJob(deps, job);
    const { value: state } = await readJob(deps.state);
    if (job.status === 'Off' || state.paused) return { status: 'pass' };
    if (watch.verdict === 'silent') return { status: 'fail', reason: 'No cycle has run for a long time although the job is on.' };
    const items = await watchItems(deps);
    if (items.verdict === 'stuck') return { status: 'fail', reason: 'Objects wait and none has been carried out for a day.' };
    const reason =
      items.verdict === 'slow' ? 'Objects wait and none has been carried out for hours.' : reasonToWarn(state, watch);
    return reason === undefined ? { status: 'pass' } : { status: 'warn', reason };
  } catch (error) {
    if (error instanceof ProvisioningError) return { status: 'fail', reason: 'The storage account does not respond.' };
    throw error;
  }
}

/** The health, and for any but `pass` its reason: a sentence that a stranger may read. */
export interface Health {
  readonly status: 'pass' | 'warn' | 'fail';
  readonly reason?: string;
}

function reasonToWarn({ quarantine, successiveFailures }: JobState, { verdict }: Watch): string | undefined {
  if (quarantine) return `The job is in quarantine (${quarantine.reason}).`;
  if (verdict === 'overdue') return 'Cycles are due but do not run.';
  return successiveFailures >= FAILED_IN_A_ROW ? 'Several cycles in a row were stopped by an error.' : undefined;
}

/** Looks whether cycles run when they are due, and remembers what it saw. */
export async function watchJob(deps: EngineDeps, job: WatchedJob): Promise<Watch> {
  const [{ value: state }, cycle, before] = await Promise.all([
    readJob(deps.state),
    deps.state.read<RunningCycle | null>(STATE_KEYS.cycle),
    deps.state.read<WatchDocument>(STATUS_KEYS.watchdog),
  ]);
  const now = deps.clock();
  const isOff = job.status === 'Off' || state.paused;
  const seen = cycle?.etag ?? '';
  const known = before?.value;
  const isSame = known !== undefined && known.isOff === isOff && known.seen === seen;
  const aliveAt = isSame ? known.aliveAt : known || isOff ? now.toISOString() : await lastSign(deps, now);
  if (!isSame) await deps.state.write(STATUS_KEYS.watchdog, { isOff, aliveAt, seen } satisfies WatchDocument, '*');
  return { verdict: isOff ? 'well' : verdictOf(job, state, new Date(aliveAt), now), aliveAt };
}

function verdictOf(job: WatchedJob, state: JobState, aliveAt: Date, now: Date): Watch['verdict'] {
  const resumesAt = state.quarantine && !state.runNow ? new Date(state.quarantine.nextAttempt) : aliveAt;
  const from = resumesAt > aliveAt ? resumesAt : aliveAt;
  if (isMissed(job, from, SILENT_RUNS, SILENT_GRACE_MS, now)) return 'silent';
  return isMissed(job, from, OVERDUE_RUNS, OVERDUE_GRACE_MS, now) ? 'overdue' : 'well';
}

/** True when that many runs after `from` were due, and the grace after the last of them is over. */
function isMissed(job: WatchedJob, from: Date, runs: number, graceMs: number, now: Date): boolean {
  let at: Date | undefined = from;
  for (let run = 0; run < runs && at !== undefined; run += 1) at = job.nextRun(at);
  return at !== undefined && now.getTime() - at.getTime() > graceMs;
}

/** The first look of all: the newest cycle is the last sign of life; without one, time counts from now. */
async function lastSign(deps: EngineDeps, now: Date): Promise<string> {
  const [latest] = await deps.cycles.latest(1);
  return latest?.endedAt ?? latest?.startedAt ?? now.toISOString();
}
