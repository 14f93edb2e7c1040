import { createHash } from 'node:crypto';
import {
  ConfigError,
  ProvisioningError,
  StaleStateError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
} from '../../core/errors';
import type { AppRoleAssignment, SourceApplication, SourceId } from '../../core/model';
import type { QuarantineCause } from '../../core/quarantine';
import type { CycleRecord } from '../../ports/stores';
import { type CycleContext, CycleInterrupted } from '../cycle-context';
import { makeAncestry } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import { importAssignments, loadAssignments } from '../import/import-assignments';
import { importGroups } from '../import/import-groups';
import { importUsers } from '../import/import-users';
import { readApplication } from '../import/read-application';
import { groupAttributes } from '../import/schema-needs';
import { clearScoped, scopeChanges } from '../import/scope-changes';
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
import { watchPermissions } from '../job/watch-permissions';
import { accessRules } from '../job-settings';
import { applyBrake } from './apply-brake';
import { closeCycles } from './close-cycles';

/** How a call of {@link runCycle} ended. */
export type CycleOutcome =
  | {
      readonly kind: 'completed';
      readonly cycleId: string;
      readonly cycleKind: 'initial' | 'incremental';
      readonly evaluated: number;
    }
  | { readonly kind: 'interrupted'; readonly cycleId: string; readonly phase: RunningCycle['phase'] }
  | { readonly kind: 'failed'; readonly cycleId: string | undefined; readonly error: ProvisioningError }
  | { readonly kind: 'notRun'; readonly reason: string };

/** How one call may go about it. */
export interface CycleOptions {
  /** Who runs: unique per call, so that two timers or instances are told apart. */
  readonly owner: string;
  /** After this many milliseconds the cycle stops at the next page and goes on with the next call. */
  readonly budgetMs: number;
}

/**
 * Runs one cycle as far as it gets: import, scoping, brake, enqueue, and only then the watermark moves. A cycle that was cut
 * off (time-out, crash, fault of the source) goes on with its next page. Two calls at once do not disturb one another.
 */
export async function runCycle(deps: EngineDeps, options: CycleOptions): Promise<CycleOutcome> {
  const { value: job } = await readJob(deps.state);
  const notNow = reasonNotToRun(job, deps.clock());
  if (notNow) return { kind: 'notRun', reason: notNow };
  // Before the lease: what only serves the status must not use up the time that it gives.
  await watchPermissions(deps);
  const lease = await takeLease(deps.state, STATE_KEYS.cycleLease, options.owner, deps.clock, deps.sleep);
  if (!lease) return { kind: 'notRun', reason: 'Another instance is running a cycle.' };
  try {
    return await runUnderLease(deps, lease, deps.clock().getTime() + options.budgetMs);
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

async function runUnderLease(deps: EngineDeps, lease: Lease, deadlineMs: number): Promise<CycleOutcome> {
  let cycleId: string | undefined;
  try {
    const application = await readApplication(deps);
    await checkCredential(deps);
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
      deps.logger.warn('Another instance was faster; the cycle goes on from where that one is', { cycleId });
      return { kind: 'notRun', reason: 'Another instance or call has gone on with the cycle or one of its objects.' };
    }
    if (!(error instanceof ProvisioningError)) throw error;
    await noteFailure(deps, cycleId, error);
    return { kind: 'failed', cycleId, error };
  }
}

/**
 * Tries the Zendesk credential once a cycle, so that a revoked one is noticed also when nothing changes. When both sides let us in
 * again, a quarantine for a refused credential is over and the items that wait for that go on. A busy Zendesk is no answer.
 */
async function checkCredential(deps: EngineDeps): Promise<void> {
  try {
    await deps.target.describe(true);
  } catch (error) {
    if (error instanceof ThrottledError || error instanceof UnavailableError) return;
    throw error;
  }
  const { value: job } = await readJob(deps.state);
  if (job.quarantine?.reason !== 'EncounteredQuarantineException') return;
  const ended = await leaveQuarantine(deps);
  if (ended) await deps.notifier.send({ kind: 'recovered', reason: ended.reason, since: ended.seriesBegan });
}

async function runPhases(context: CycleContext): Promise<QuarantineCause | undefined> {
  if (context.cycle().phase === 'assignments') await importAssignments(context);
  else await loadAssignments(context);
  if (context.cycle().phase === 'groups') await importGroups(context);
  if (context.cycle().phase === 'users') await importUsers(context);
  if (context.cycle().phase === 'scoping') await scopeChanges(context);
  return applyBrake(context);
}

async function openCycle(
  deps: EngineDeps,
  application: SourceApplication,
  lease: Lease,
  deadlineMs: number,
): Promise<CycleContext> {
  let marks = await deps.space.claimDirty();
  const stored = await deps.state.read<RunningCycle | null>(STATE_KEYS.cycle);
  let current = stored?.value ?? (await newCycle(deps, application));
  // Marks first: a crash in between leaves marks too many, never a cycle that has forgotten what was due.
  if (!stored?.value) await markDue(deps, current);
  let etag = stored?.value ? stored.etag : await deps.state.write(STATE_KEYS.cycle, current, stored?.etag ?? null);
  await deps.cycles.put(recordOf(current, 'importing'));
  const assignments = new Map<SourceId, readonly AppRoleAssignment[]>();
  const isPaused = pauseWatch(deps);
  return {
    deps,
    application,
    assignments,
    ancestry: makeAncestry(deps.space, deps.settings.groupMembership),
    cycle: () => current,
    async save(change) {
      await lease.renew();
      const next = { ...current, ...change };
      etag = await deps.state.write(STATE_KEYS.cycle, next, etag);
      current = next;
      if (deps.clock().getTime() >= deadlineMs || (await isPaused())) throw new CycleInterrupted();
    },
    async clearDirty(keys) {
      marks = await deps.space.clearDirty(keys, marks);
    },
    async close() {
      etag = await deps.state.write<RunningCycle | null>(STATE_KEYS.cycle, null, etag);
    },
  };
}

/** How long a look at the job's state serves: a pause is noticed at the first page after it. */
const PAUSE_LOOK_MS = 5_000;

/** Tells whether the job has been paused since the cycle began, without reading its state for every page. */
function pauseWatch(deps: EngineDeps): () => Promise<boolean> {
  let lookedMs = deps.clock().getTime();
  return async () => {
    const nowMs = deps.clock().getTime();
    if (nowMs - lookedMs < PAUSE_LOOK_MS) return false;
    lookedMs = nowMs;
    return (await readJob(deps.state)).value.paused;
  };
}

/**
 * What decides scope, mapping and what losing scope does: a change of it makes the next cycle an initial one, because no object of the
 * source changes with it. The app roles in an order of our own: were Graph to list them in another one, nothing would have changed.
 */
function rulesHash({ schema, settings }: EngineDeps, { appRoles }: SourceApplication): string {
  const roles = appRoles
    .map(({ id, value, displayName, isEnabled }) => JSON.stringify([id, value, displayName, isEnabled]))
    .sort();
  return createHash('sha256')
    .update(JSON.stringify([schema.hash, accessRules(settings), roles]))
    .digest('hex');
}

async function newCycle(deps: EngineDeps, application: SourceApplication): Promise<RunningCycle> {
  const { value: job } = await readJob(deps.state);
  const users = (await deps.state.read<UserWatermark>(STATE_KEYS.userWatermark))?.value;
  const groups = (await deps.state.read<GroupWatermarks>(STATE_KEYS.groupWatermarks))?.value;
  const userSelect = deps.schema.users.sourceAttributes.join(',');
  const groupSelect = groupAttributes(deps.schema).join(',');
  const rules = rulesHash(deps, application);
  const rulesChanged = job.rulesHash !== null && job.rulesHash !== rules;
  const why = job.initialDue ?? (rulesChanged ? 'The mappings, the settings or the app roles changed.' : null);
  const usersFull = why !== null || users === undefined || users.select !== userSelect;
  const keepGroups = why === null && groups?.select === groupSelect;
  const cycleId = deps.newId();
  return {
    cycleId,
    rulesHash: rules,
    kind: why === null ? 'incremental' : 'initial',
    why: why ?? 'Changes since the last cycle.',
    startedAt: deps.clock().toISOString(),
    phase: 'assignments',
    groups: keepGroups ? groups.chunks.map((chunk) => ({ ...chunk, next: null, round: null, isDone: false })) : [],
    groupSelect,
    usersNext: null,
    usersWatermark: null,
    usersFull,
    userSelect,
    scopedAfter: null,
    imported: 0,
    evaluated: 0,
    staged: 0,
    unknowns: 0,
  };
}

/** An initial cycle looks at every object ever read; any cycle at the escrows that are due and at what no cycle has counted yet. */
async function markDue(deps: EngineDeps, cycle: RunningCycle): Promise<void> {
  for await (const page of deps.staged.list()) {
    await deps.space.markDirty(page.filter((row) => row.state === 'candidate').map((row) => row.key));
  }
  const now = deps.clock().toISOString();
  for await (const page of deps.escrows.list()) {
    const due = page.filter((escrow) => escrow.nextAttemptAt !== null && escrow.nextAttemptAt <= now);
    await deps.space.markDirty(due.map((escrow) => escrow.key));
  }
  if (cycle.kind !== 'initial') return;
  for (const type of ['group', 'user'] as const) {
    for await (const page of deps.space.listObjects(type)) {
      await deps.space.markDirty(page.map((object) => ({ type, id: object.id })));
    }
  }
}

async function completeCycle(context: CycleContext, held: QuarantineCause | undefined): Promise<CycleOutcome> {
  const { deps } = context;
  await clearScoped(context);
  // From here on nothing may come from an instance that slept through its lease.
  await context.save({ phase: 'finish' });
  const cycle = context.cycle();
  const chunks = cycle.groups.map(({ ids, watermark }) => ({ ids, watermark }));
  await deps.state.write(STATE_KEYS.groupWatermarks, { select: cycle.groupSelect, chunks } satisfies GroupWatermarks, '*');
  if (cycle.usersWatermark !== null) {
    await deps.state.write(
      STATE_KEYS.userWatermark,
      { link: cycle.usersWatermark, select: cycle.userSelect } satisfies UserWatermark,
      '*',
    );
  }
  await deps.cycles.put({ ...recordOf(cycle, 'exporting'), endedAt: deps.clock().toISOString() });
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
  return { kind: 'completed', cycleId: cycle.cycleId, cycleKind: cycle.kind, evaluated: cycle.evaluated };
}

async function noteFailure(deps: EngineDeps, cycleId: string | undefined, error: ProvisioningError): Promise<void> {
  deps.logger.error('The cycle stopped and goes on with the next one', { cycleId, code: error.code, reason: error.message });
  const stored = await deps.state.read<RunningCycle | null>(STATE_KEYS.cycle);
  if (stored?.value) {
    await deps.cycles.put({ ...recordOf(stored.value, 'importing'), error: { code: error.code, message: error.message } });
  }
  const stopped = { at: deps.clock().toISOString(), code: error.code, message: error.message };
  await changeJob(deps.state, (job) => ({ ...job, successiveFailures: job.successiveFailures + 1, stopped, runNow: false }));
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

const recordOf = (cycle: RunningCycle, state: CycleRecord['state']): CycleRecord => ({
  cycleId: cycle.cycleId,
  kind: cycle.kind,
  state,
  startedAt: cycle.startedAt,
  endedAt: null,
  enqueued: cycle.evaluated,
  staged: cycle.staged,
  imported: cycle.imported,
  ...(cycle.unknowns > 0 && { unknowns: cycle.unknowns }),
  why: cycle.why,
  error: null,
});
