import { REMOVAL_KINDS, type RemovalKind } from '../../core/brake';
import { NOTICE_SAMPLES, type Notice } from '../../core/notice';
import { isOverdue, type Quarantine, type QuarantineCause, quarantine } from '../../core/quarantine';
import type { EngineDeps } from '../deps';
import { changeJob, type JobState, NEW_JOB } from './job-state';
import { sampleObjects } from './notify-samples';

/** Far longer than the work items under way at the same time take, far shorter than the first wait. */
const SAME_EVENT_MS = 60_000;

/**
 * Puts the job into quarantine, or lets it continue there; after four weeks the job is paused. Whoever is to be told is told once: on
 * entering, when the reason changes, and when the job is switched off. Returns the quarantine in force.
 */
export async function enterQuarantine(deps: EngineDeps, cause: QuarantineCause): Promise<Quarantine> {
  const now = deps.clock();
  let before: JobState = NEW_JOB;
  const job = await changeJob(deps.state, (current) => {
    before = current;
    if (isSameEvent(current.quarantine, cause, now)) return current;
    const next = quarantine(current.quarantine ?? undefined, cause, now);
    const isSwitchedOff = !current.paused && isOverdue(next, now);
    return {
      ...current,
      quarantine: next,
      lifted: null,
      ...(isSwitchedOff && { paused: true, pausedAt: now.toISOString(), pausedBy: 'this app, after four weeks in quarantine' }),
    };
  });
  deps.logger.error('The job is in quarantine', { reason: cause.reason, code: cause.code, paused: job.paused });
  const inForce = job.quarantine ?? quarantine(undefined, cause, now);
  if (before.quarantine?.reason !== inForce.reason) {
    await deps.notifier.send(await noticeOf(deps, inForce, before.quarantine !== null));
  }
  if (job.paused && !before.paused) {
    const { reason, message, seriesBegan } = inForce;
    await deps.notifier.send({ kind: 'switchedOff', reason, message, since: seriesBegan });
  }
  return inForce;
}

/** Many workers run into one refused credential within the same moment: that is one occasion, and the wait grows once. */
const isSameEvent = (before: Quarantine | null, cause: QuarantineCause, now: Date): boolean =>
  before?.reason === cause.reason && now.getTime() - Date.parse(before.currentBegan) < SAME_EVENT_MS;

/** Ends a quarantine, because a cycle was healthy or an operator said so. Returns the one that ended, if there was one. */
export async function leaveQuarantine(deps: EngineDeps): Promise<Quarantine | null> {
  let ended: Quarantine | null = null;
  await changeJob(deps.state, (before) => {
    ended = before.quarantine;
    return before.quarantine ? { ...before, quarantine: null, successiveFailures: 0 } : before;
  });
  return ended;
}

/** Ends a quarantine on an operator's request: whoever was notified of it hears of the end once a cycle was healthy. Returns what was lifted. */
export async function liftQuarantine(deps: EngineDeps): Promise<Quarantine | null> {
  const lifted = await leaveQuarantine(deps);
  if (lifted)
    await changeJob(deps.state, (job) => ({ ...job, lifted: { reason: lifted.reason, seriesBegan: lifted.seriesBegan } }));
  return lifted;
}

/** Takes note that a cycle was healthy after a quarantine was lifted. Returns which one, once. */
export async function confirmLifted(deps: EngineDeps): Promise<JobState['lifted']> {
  let lifted: JobState['lifted'] = null;
  await changeJob(deps.state, (job) => {
    lifted = job.lifted;
    return job.lifted ? { ...job, lifted: null } : job;
  });
  return lifted;
}

async function noticeOf(deps: EngineDeps, value: Quarantine, hasChanged: boolean): Promise<Notice> {
  const { reason, code, message, failingRequest, nextAttempt } = value;
  const samples = (await sampleObjects(deps, value.sampleIds.slice(0, NOTICE_SAMPLES))).map((sample) => ({
    ...sample,
    code: sample.code ?? (reason === 'TooManyDeletes' ? null : code),
    reason: sample.reason ?? message,
  }));
  if (reason === 'TooManyDeletes') return { kind: 'brake', message, held: await heldKinds(deps), samples };
  return {
    kind: 'quarantine',
    reason,
    code,
    message,
    ...(failingRequest === undefined ? {} : { failingRequest }),
    hasChanged,
    nextAttempt,
    samples,
  };
}

async function heldKinds({ staged }: EngineDeps): Promise<readonly RemovalKind[]> {
  const kinds = new Set<RemovalKind>();
  for await (const page of staged.list()) for (const row of page) if (row.state === 'staged') kinds.add(row.kind);
  return REMOVAL_KINDS.filter((kind) => kinds.has(kind));
}
