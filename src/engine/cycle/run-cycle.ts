import type { CycleState } from '../../core/cycle-state';
import {
  ConfigError,
  ProvisioningError,
  StaleStateError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
} from '../../core/errors';
import type { QuarantineCause } from '../../core/quarantine';
import type { EngineDeps } from '../deps';
import { type CycleContext, CycleInterrupted } from '../import/cycle-context';
import { importAssignments, loadAssignments } from '../import/import-assignments';
import { importGroups } from '../import/import-groups';
import { importUsers } from '../import/import-users';
import { readApplication } from '../import/read-application';
import { scopeChanges } from '../import/scope-changes';
import {
  changeJob,
  type GroupWatermarks,
  type JobState,
  type RunningCycle,
  readJob,
  STATE_KEYS,
  type UserWatermark,
} from '../job/job-state';
import { type Lease, takeLease } from '../job/lease';
import { enterQuarantine, leaveQuarantine } from '../job/quarantine-job';
import { isLookDue, type Looks, noteLook, readLooks } from '../job/rare-looks';
import { watchPermissions } from '../job/watch-permissions';
import { announceLeavers } from './announce-leavers';
import { applyBrake } from './apply-brake';
import { closeCycles } from './close-cycles';
import { followAccount, followAccountAgain } from './follow-account';
import { openCycle, recordOf, restored } from './open-cycle';
import { takeIntoUse } from './take-into-use';

/** How a call of {@link runCycle} ended. */
export type CycleOutcome =
  | {
      readonly kind: 'completed';
      readonly cycleId: string;
      readonly cycleKind: 'initial' | 'incremental';
      readonly evaluated: number;
      /** When it began, which may be in an earlier call; ISO 8601. */
      readonly startedAt: string;
    }
  | { readonly kind: 'interrupted'; readonly cycleId: string; readonly phase: RunningCycle['phase'] }
  | { readonly kind: 'failed'; readonly cycleId: string | undefined; readonly error: ProvisioningError }
  | {
      readonly kind: 'notRun';
      readonly reason: string;
      /** True where another instance is at it. */
      readonly isBusy?: true;
    };

/** How one call may go about it. */
export interface CycleOptions {
  /** Who runs: unique per call, so that two timers or instances are told apart. */
  readonly owner: string;
  /** After this many milliseconds the cycle stops at the next page and continues with the next call. */
  readonly budgetMs: number;
}

/**
 * Runs one cycle as far as it gets: import, scoping, brake, enqueue, and only then the watermark moves. A cycle that was cut
 * off (time-out, crash, fault of the source) continues with its next page. Two calls at once do not disturb one another.
 */
export async function runCycle(deps: EngineDeps, options: CycleOptions): Promise<CycleOutcome> {
  const { value: job } = await readJob(deps.state);
  const notNow = reasonNotToRun(job, deps.clock());
  if (notNow) return { kind: 'notRun', reason: notNow };
  // Before the lease: what only serves the status must not use up the time that it gives.
  const looks = await readLooks(deps);
  await watchPermissions(deps, job, looks);
  const lease = await takeLease(deps.state, STATE_KEYS.cycleLease, options.owner, deps.clock, deps.sleep);
  if (!lease) return { kind: 'notRun', reason: 'Another instance is running a cycle.', isBusy: true };
  try {
    return await runUnderLease(deps, { job, looks }, lease, deps.clock().getTime() + options.budgetMs);
  } finally {
    await lease.release();
  }
}

function reasonNotToRun(job: JobState, now: Date): string | undefined {
  if (job.paused) return 'The job is paused.';
  if (
    job.quarantine &&
    job.quarantine.reason !== 'TooManyDeletes' &&
    !job.runNow &&
    Date.parse(job.quarantine.nextAttempt) > now.getTime()
  ) {
    return `The job is in quarantine (${job.quarantine.reason}); next attempt at ${job.quarantine.nextAttempt}.`;
  }
  return undefined;
}

/** What was read before the lease was taken. */
interface Known {
  readonly job: JobState;
  readonly looks: Looks;
}

async function runUnderLease(deps: EngineDeps, known: Known, lease: Lease, deadlineMs: number): Promise<CycleOutcome> {
  let cycleId: string | undefined;
  try {
    const application = await readApplication(deps);
    await checkCredential(deps, known);
    await followAccountAgain(deps, known.looks);
    const context = await openCycle(deps, application, lease, deadlineMs);
    cycleId = context.cycle().cycleId;
    const held = await runPhases(context);
    return await completeCycle(context, held);
  } catch (error) {
    if (error instanceof CycleInterrupted && cycleId !== undefined) {
      const stored = await deps.state.read<RunningCycle>(STATE_KEYS.cycle);
      return { kind: 'interrupted', cycleId, phase: stored?.value.phase ?? 'assignments' };
    }
    if (error instanceof StaleStateError) {
      deps.logger.warn('Another instance was faster; the cycle continues from where that one is', { cycleId });
      return { kind: 'notRun', reason: 'Another instance or call has continued the cycle or one of its objects.', isBusy: true };
    }
    if (!(error instanceof ProvisioningError)) throw error;
    await noteFailure(deps, cycleId, error);
    return { kind: 'failed', cycleId, error };
  }
}

/**
 * Tries the Zendesk credential now and then, so that a revoked one is noticed also when nothing changes. When both sides let us in
 * again, a quarantine for a refused credential is over and the items that wait for that continue. A busy Zendesk does not count as an answer.
 */
async function checkCredential(deps: EngineDeps, { job, looks }: Known): Promise<void> {
  if (!isLookDue(looks, job, 'credential', deps.clock())) return;
  try {
    await followAccount(deps, await deps.target.describe(true));
  } catch (error) {
    if (error instanceof ThrottledError || error instanceof UnavailableError) return;
    throw error;
  }
  await noteLook(deps, 'credential', true);
  const { value: now } = await readJob(deps.state);
  if (now.quarantine?.reason !== 'EncounteredQuarantineException') return;
  const ended = await leaveQuarantine(deps);
  if (ended) await deps.notifier.send({ kind: 'recovered', reason: ended.reason, since: ended.seriesBegan });
}

async function runPhases(context: CycleContext): Promise<QuarantineCause | undefined> {
  if (context.cycle().phase === 'assignments') await importAssignments(context);
  else await loadAssignments(context);
  if (context.cycle().phase === 'groups') await importGroups(context);
  if (context.cycle().phase === 'users') await importUsers(context);
  if (context.cycle().phase === 'scoping') {
    await takeIntoUse(context);
    await scopeChanges(context);
  }
  // Where nothing was decided on there is nothing to count.
  return context.cycle().evaluated > 0 ? applyBrake(context) : undefined;
}

async function completeCycle(context: CycleContext, held: QuarantineCause | undefined): Promise<CycleOutcome> {
  const { deps } = context;
  // From here on nothing may come from an instance that slept through its lease.
  await context.save({ kind: 'finishing' });
  const cycle = context.cycle();
  await keepWatermarks(deps, cycle);
  await deps.cycles.advance({ ...recordOf(cycle, 'exporting'), endedAt: deps.clock().toISOString() });
  await changeJob(deps.state, (job) => ({
    ...job,
    // A restart that was asked for while this cycle ran is still due.
    initialDue: job.initialDue === cycle.why ? null : job.initialDue,
    rulesHash: cycle.rulesHash ?? null,
    lastCycleId: cycle.cycleId,
    stopped: null,
    runNow: false,
  }));
  if (held) await enterQuarantine(deps, held);
  await context.close();
  // Perhaps nothing is left for a worker; then there is no last work item to wait for.
  await closeCycles(deps);
  await announceLeavers(deps);
  return {
    kind: 'completed',
    cycleId: cycle.cycleId,
    cycleKind: cycle.kind,
    evaluated: cycle.evaluated,
    startedAt: cycle.startedAt,
  };
}

async function keepWatermarks({ state, space }: EngineDeps, cycle: CycleState): Promise<void> {
  const before = (await state.read<GroupWatermarks>(STATE_KEYS.groupWatermarks))?.value;
  const { groupSelect: select, groupGeneration: generation } = cycle;
  if (before?.select !== select || before?.generation !== generation) {
    await state.write(STATE_KEYS.groupWatermarks, { select, generation } satisfies GroupWatermarks, '*');
    if (before?.generation !== undefined && before.generation !== generation) await space.removeGroupChunks(before.generation);
  }
  if (!('usersWatermark' in cycle)) return;
  if (cycle.usersWatermark === null) {
    // Users were to be read in full and were not: the next cycle is to try that again.
    if (cycle.usersFull) await state.remove(STATE_KEYS.userWatermark);
    return;
  }
  const { usersWatermark: link, userSelect: selected, usersUnsettled: unsettled } = cycle;
  const watermark: UserWatermark = { link, select: selected, ...(unsettled !== undefined && { unsettled }) };
  await state.write(STATE_KEYS.userWatermark, watermark, '*');
}

/** Notes what stopped the running cycle in its record. */
async function noteInRecord(deps: EngineDeps, { code, message }: ProvisioningError): Promise<void> {
  const stored = await deps.state.read<RunningCycle | null>(STATE_KEYS.cycle);
  if (!stored?.value) return;
  await deps.cycles.advance({ ...recordOf(restored(stored.value), 'importing'), error: { code, message } });
}

async function noteFailure(deps: EngineDeps, cycleId: string | undefined, error: ProvisioningError): Promise<void> {
  deps.logger.error('The cycle stopped and continues with the next one', { cycleId, code: error.code, reason: error.message });
  await noteInRecord(deps, error);
  const stopped = { at: deps.clock().toISOString(), code: error.code, message: error.message };
  const job = await changeJob(deps.state, (before) => ({
    ...before,
    successiveFailures: before.successiveFailures + 1,
    stopped,
    runNow: false,
  }));
  if (error instanceof UnauthorizedError) await watchPermissions(deps, job, {});
  if (error instanceof UnauthorizedError || error instanceof ConfigError) {
    await enterQuarantine(deps, {
      reason: 'EncounteredQuarantineException',
      code: error.code,
      message: error.message,
      failingRequest: error.message,
      sampleIds: [],
    });
  }
}
