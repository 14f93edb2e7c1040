import { isOverdue, type Quarantine, type QuarantineCause, quarantine } from '../core/health';
import type { Notice } from '../core/notice';
import type { EngineDeps } from './deps';
import { changeJob } from './job-state';

/** Puts the job into quarantine, or lets it go on there; after four weeks the job is paused. Answers the quarantine in force. */
export async function enterQuarantine(deps: EngineDeps, cause: QuarantineCause): Promise<Quarantine> {
  const now = deps.clock();
  const job = await changeJob(deps.state, (before) => {
    const next = quarantine(before.quarantine ?? undefined, cause, now);
    return { ...before, quarantine: next, paused: before.paused || isOverdue(next, now) };
  });
  deps.logger.error('The job is in quarantine', { reason: cause.reason, code: cause.code, paused: job.paused });
  const inForce = job.quarantine ?? quarantine(undefined, cause, now);
  if (inForce.currentBegan === now.toISOString()) await deps.notifier.send(noticeOf(inForce));
  if (job.paused && isOverdue(inForce, now)) {
    await deps.notifier.send({ kind: 'switchedOff', reason: inForce.reason, message: inForce.message });
  }
  return inForce;
}

/** Ends a quarantine, because a cycle was healthy or an operator said so. Answers the one that ended, if there was one. */
export async function leaveQuarantine(deps: EngineDeps): Promise<Quarantine | null> {
  let ended: Quarantine | null = null;
  await changeJob(deps.state, (before) => {
    ended = before.quarantine;
    return before.quarantine ? { ...before, quarantine: null, successiveFailures: 0 } : before;
  });
  return ended;
}

function noticeOf(value: Quarantine): Notice {
  const samples = value.sampleIds.map((sourceId) => ({ sourceId, changeId: null, code: value.code, reason: value.message }));
  if (value.reason === 'TooManyDeletes') return { kind: 'brake', message: value.message, samples };
  return { kind: 'quarantine', reason: value.reason, message: value.message, nextAttempt: value.nextAttempt, samples };
}
