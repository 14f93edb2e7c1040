import { failureFloor, hasRecovered, unhealthy } from '../../core/quarantine';
import type { CycleRecord } from '../../ports/cycle-store';
import type { OutcomeCounts } from '../../ports/provisioning-log';
import { LOST_AFTER_MS } from '../change-id';
import type { EngineDeps } from '../deps';
import { closedState, failures } from '../job/cycle-counts';
import { exported, keepExecution } from '../job/executions';
import { changeJob, type JobState, readJob } from '../job/job-state';
import { linkedCounts } from '../job/linked-counts';
import { confirmLifted, enterQuarantine, leaveQuarantine } from '../job/quarantine-job';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';
import { type FailedObjects, failedObjects, notifyFailures } from './notify-failures';

/** The counts of a cycle that put nothing into the queue: there is nothing to read. */
const NOTHING_ENDED: OutcomeCounts = { total: 0, byOutcome: {}, bySkipReason: {}, byErrorCode: {} };

const NOTHING_FAILED: FailedObjects = { fresh: [], again: [], waiting: new Set() };

/** How many failed objects a quarantine names. */
const SAMPLE_IDS = 10;

/**
 * Closes the cycles whose work items have all ended, and draws the conclusions: healthy or not, quarantine or its end, who is
 * told. Safe to call at any time, from several places.
 */
export async function closeCycles(deps: EngineDeps): Promise<readonly CycleRecord[]> {
  const closed: CycleRecord[] = [];
  for (const cycle of await deps.cycles.listExporting()) {
    const counts = cycle.enqueued === 0 ? NOTHING_ENDED : await deps.log.counts(cycle.cycleId);
    if (counts.total >= cycle.enqueued) closed.push(await close(deps, cycle, counts));
    else if (await hasLostItems(deps, cycle)) closed.push(await closeLost(deps, cycle, counts));
  }
  return closed;
}

/** Items may be lost: a queue that was emptied, a call that was killed. Hours after a cycle, with nothing in the queue, nobody has them any more. */
async function hasLostItems({ clock, queue }: EngineDeps, { startedAt, endedAt }: CycleRecord): Promise<boolean> {
  const ageMs = clock().getTime() - Date.parse(endedAt ?? startedAt);
  return ageMs > LOST_AFTER_MS && (await queue.approximateLength()) === 0;
}

/** Closes a cycle whose items were lost, and has everything looked at again: nobody knows whose they were. */
async function closeLost(deps: EngineDeps, cycle: CycleRecord, counts: OutcomeCounts): Promise<CycleRecord> {
  const lost = cycle.enqueued - counts.total;
  const message = `${lost} work items of this cycle were lost. All objects are evaluated again by an initial cycle.`;
  const why = `Work items of cycle ${cycle.cycleId} were lost.`;
  await changeJob(deps.state, (job) => ({ ...job, initialDue: job.initialDue ?? why }));
  const record: CycleRecord = {
    ...cycle,
    enqueued: counts.total,
    state: 'failed',
    endedAt: deps.clock().toISOString(),
    error: { code: 'PROV_STATE_CONFLICT', message },
  };
  await deps.cycles.put(record);
  deps.logger.error('Work items of a cycle were lost', { cycleId: cycle.cycleId, lost });
  return record;
}

async function close(deps: EngineDeps, cycle: CycleRecord, counts: OutcomeCounts): Promise<CycleRecord> {
  const failed = failures(counts);
  const record: CycleRecord = {
    ...cycle,
    state: closedState(counts),
    endedAt: deps.clock().toISOString(),
  };
  if (isOverSource(cycle)) await judge(deps, cycle, counts, failed);
  if (cycle.kind === 'initial' && failed === 0) await endForgotten(deps, cycle);
  if (!isOverSource(cycle)) await recoverFromBrake(deps);
  await deps.cycles.put(record);
  if (isOverSource(record)) await keepExecution(deps, record, counts);
  deps.logger.info('A cycle is complete', { cycleId: cycle.cycleId, cycleKind: cycle.kind, objects: counts.total, failed });
  return record;
}

/** An initial cycle that began after a restart had forgotten the links has found the accounts that were ours again. */
async function endForgotten(deps: EngineDeps, { cycleId }: CycleRecord): Promise<void> {
  if ((await readJob(deps.state)).value.linksSoughtBy !== cycleId) return;
  await changeJob(deps.state, (now) =>
    now.linksSoughtBy === cycleId ? { ...now, linksForgottenAt: null, linksSoughtBy: null } : now,
  );
}

/** True for a cycle over the source; what an operator asked for says nothing about the health of the job. */
export const isOverSource = (cycle: CycleRecord): boolean => cycle.kind === 'initial' || cycle.kind === 'incremental';

async function judge(deps: EngineDeps, cycle: CycleRecord, counts: OutcomeCounts, failed: number): Promise<void> {
  const { value: job } = await readJob(deps.state);
  const objectsInScope = await countInScope(deps, job, failed, exported(counts));
  const reason = unhealthy({ total: counts.total, failed, failedReferences: 0, objectsInScope });
  const objects = failed > 0 ? await failedObjects(deps, cycle.cycleId) : NOTHING_FAILED;
  if (reason) {
    const codes = Object.entries(counts.byErrorCode).sort(([, a], [, b]) => b - a);
    await enterQuarantine(deps, {
      reason,
      code: codes[0]?.[0] ?? 'PROV_BUG',
      message: `${failed} of ${counts.total} objects failed: ${codes.map(([code, count]) => `${count} × ${code}`).join(', ')}.`,
      failing: objects.fresh.length + objects.again.length,
      sampleIds: [...objects.fresh, ...objects.again].slice(0, SAMPLE_IDS).map(({ key }) => key.id),
    });
    await changeJob(deps.state, (job) => ({ ...job, successiveFailures: job.successiveFailures + 1 }));
    return;
  }
  await recover(deps, job, objectsInScope);
  const now = deps.clock().toISOString();
  const isSteady = counts.total === 0 || failed === 0;
  await changeJob(deps.state, (job) => ({
    ...job,
    successiveFailures: 0,
    steadyStateFirstAt: job.steadyStateFirstAt ?? (isSteady ? now : null),
    steadyStateLastAt: isSteady ? now : job.steadyStateLastAt,
  }));
  await notifyFailures(deps, cycle, objects);
}

/**
 * How many objects are linked: it decides how many failures are many. Not counted where that makes no difference; a cycle that wrote
 * something has them counted now and then, for the status.
 */
async function countInScope(deps: EngineDeps, job: JobState, failed: number, written: number): Promise<number> {
  if (failed < failureFloor(0) && !job.quarantine && !job.lifted && written === 0) return 0;
  const { users, groups } = await linkedCounts(deps, written > 0 ? 0 : undefined, written);
  return users + groups;
}

/**
 * A cycle that succeeds at what failed, or the failures being gone, ends a quarantine and proves right whoever lifted one; a cycle
 * with nothing in it does neither. The quarantine of the brake ends when nothing is held any more.
 */
async function recover(deps: EngineDeps, job: JobState, objectsInScope: number): Promise<void> {
  const { quarantine, lifted } = job;
  if (!quarantine && !lifted) return;
  // Whether a credential is accepted again is not a matter of counts: the next cycle tries it.
  if (quarantine?.reason === 'EncounteredQuarantineException') return;
  if (quarantine?.reason === 'TooManyDeletes') {
    if (await isAnythingHeld(deps)) return;
  } else if (!hasRecovered(quarantine?.failing, await countFailing(deps), objectsInScope)) return;
  const ended = job.quarantine ? await leaveQuarantine(deps) : await confirmLifted(deps);
  if (ended) await deps.notifier.send({ kind: 'recovered', reason: ended.reason, since: ended.seriesBegan });
}

async function countFailing(deps: EngineDeps): Promise<number> {
  let count = 0;
  for await (const page of deps.escrows.list()) count += page.filter(({ code }) => code !== WAITING_FOR_SEAT).length;
  return count;
}

/** Ends a quarantine of the brake once nothing is held any more. Answers whether it ended one. */
export async function recoverFromBrake(deps: EngineDeps): Promise<boolean> {
  const { value: job } = await readJob(deps.state);
  if (job.quarantine?.reason !== 'TooManyDeletes' || (await isAnythingHeld(deps))) return false;
  const ended = await leaveQuarantine(deps);
  if (ended) await deps.notifier.send({ kind: 'recovered', reason: ended.reason, since: ended.seriesBegan });
  return ended !== null;
}

/** True while the brake holds anything. */
export async function isAnythingHeld(deps: EngineDeps): Promise<boolean> {
  for await (const page of deps.staged.list()) if (page.some((row) => row.state === 'staged')) return true;
  return false;
}
