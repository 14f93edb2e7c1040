import { createHash } from 'node:crypto';
import { beginCycle, type CycleEvent, type CycleFacts, type CycleState, next, underRules } from '../../core/cycle-state';
import type { SourceApplication } from '../../core/model';
import type { CycleRecord } from '../../ports/cycle-store';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { keyText } from '../../ports/stored';
import { LOST_AFTER_MS } from '../change-id';
import { makeAncestry } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import { type CycleContext, CycleInterrupted } from '../import/cycle-context';
import { FollowedGroups } from '../import/followed-groups';
import { HeldAssignments } from '../import/held-assignments';
import { roleLines } from '../import/read-application';
import { groupAttributes } from '../import/schema-needs';
import { changeJob, type GroupWatermarks, type JobState, readJob, STATE_KEYS, type UserWatermark } from '../job/job-state';
import type { Lease } from '../job/lease';
import { activeVersion, versionInUse } from '../job/mappings-in-use';
import { rulesOf } from '../job/rules-in-use';
import { FILE_VERSION, withMappings } from '../mappings';
import { markLeavers } from './mark-leavers';

/** The place of a cycle is kept at most this often: what was done since is safe to repeat, and a cycle without news writes little. */
const KEEP_EVERY_MS = 2_000;

/** What is kept at once: parts that belong to the place, and the step behind which another instance must find nothing to do. */
const KEPT_AT_ONCE: ReadonlySet<CycleEvent['kind']> = new Set([
  'assignmentsPage',
  'assignmentsEndless',
  'assignmentsAnew',
  'assignmentsProved',
  'assignmentsSettled',
  'finishing',
]);

/**
 * Takes up the cycle that was cut off, with the mappings that it began with, or begins one with the active ones.
 * @param deadlineMs When the cycle is to stop, ms since 1970
 */
export async function openCycle(
  anyDeps: EngineDeps,
  application: SourceApplication,
  lease: Lease,
  deadlineMs: number,
): Promise<CycleContext> {
  let marks = await anyDeps.space.claimDirty();
  const stored = await anyDeps.state.read<CycleState | null>(STATE_KEYS.cycle);
  const kept = stored?.value ? restored(stored.value) : undefined;
  const begun = kept ?? (await newCycle(anyDeps, application));
  const deps = await withMappings(anyDeps, begun.mappings ?? FILE_VERSION);
  const found = kept && underRules(kept, rulesHash(deps, application));
  let current = found ?? begun;
  // Marks first: a crash in between leaves marks too many, never a cycle that has forgotten what was due.
  if (!found) await markDue(deps, current);
  let etag = stored?.etag ?? null;
  let keptAtMs = 0;
  const isPaused = pauseWatch(deps);
  const isTimeUp = async (): Promise<boolean> => deps.clock().getTime() >= deadlineMs || (await isPaused());
  const keep = async (): Promise<void> => {
    etag = await deps.state.write(STATE_KEYS.cycle, current, etag);
    keptAtMs = deps.clock().getTime();
  };
  // Kept anew also where nothing is new: an instance that was slower finds that it does not hold the cycle any more.
  await keep();
  const groups = new FollowedGroups(deps.space, current.groupGeneration);
  await deps.cycles.advance(recordOf(current, 'importing'));
  return {
    deps,
    application,
    assignments: new HeldAssignments(),
    ancestry: makeAncestry(
      // Where no group is followed, nobody is a member of any.
      { ...deps.space, groupsOf: async (id) => ((await groups.ids()).size === 0 ? [] : deps.space.groupsOf(id)) },
      deps.settings.groupMembership,
    ),
    groups,
    cycle: () => current,
    async save(event) {
      await lease.renew();
      current = next(current, event);
      const mustStop = await isTimeUp();
      // What is held or let go next belongs to this cycle alone.
      const mustKeep = KEPT_AT_ONCE.has(event.kind) || (event.kind === 'allScoped' && current.evaluated > 0);
      const isDue = mustKeep || deps.clock().getTime() - keptAtMs >= KEEP_EVERY_MS;
      if (mustStop || isDue) await keep();
      if (mustStop) throw new CycleInterrupted();
    },
    async fence() {
      await lease.renew();
      await keep();
    },
    hold: () => lease.renew(),
    async isTimeUp() {
      await lease.renew();
      return isTimeUp();
    },
    async clearDirty(keys) {
      marks = await deps.space.clearDirty(keys, marks);
    },
    async close() {
      etag = await deps.state.write<CycleState | null>(STATE_KEYS.cycle, null, etag);
    },
  };
}

/** What the cycle store keeps of a cycle. */
export const recordOf = (cycle: CycleState, state: CycleRecord['state']): CycleRecord => ({
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

/**
 * The stored cycle. One that an older version of the app has stored begins anew under its id: what it had put into the queue is still
 * marked, so it is counted again, and each object has the same entry in the log. Its groups are read in full.
 */
export function restored(
  stored: CycleState | (Omit<CycleFacts, 'format' | 'groupGeneration'> & { readonly format?: never }),
): CycleState {
  if (stored.format === 2) return stored;
  const { cycleId, kind, rulesHash, why, startedAt, groupSelect, userSelect, usersFull } = stored;
  const rules = rulesHash === undefined ? {} : { rulesHash };
  const settled = { cycleId, kind, why, startedAt, groupSelect, userSelect, usersFull, ...rules };
  return beginCycle({ format: 2, ...settled, groupGeneration: cycleId, ...NOTHING_COUNTED });
}

const NOTHING_COUNTED = { imported: 0, evaluated: 0, staged: 0, unknowns: 0 };

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
 * source changes with it.
 */
function rulesHash(deps: EngineDeps, application: SourceApplication): string {
  return createHash('sha256')
    .update(JSON.stringify([rulesOf(deps), roleLines(application)]))
    .digest('hex');
}

async function newCycle(anyDeps: EngineDeps, application: SourceApplication): Promise<CycleState> {
  const { value: job } = await readJob(anyDeps.state);
  const deps = await withMappings(anyDeps, activeVersion(job));
  const users = (await deps.state.read<UserWatermark>(STATE_KEYS.userWatermark))?.value;
  const groups = (await deps.state.read<GroupWatermarks>(STATE_KEYS.groupWatermarks))?.value;
  const userSelect = deps.schema.users.sourceAttributes.join(',');
  const groupSelect = groupAttributes(deps.schema).join(',');
  const rules = rulesHash(deps, application);
  const rulesChanged = job.rulesHash !== null && job.rulesHash !== rules;
  const why = job.initialDue ?? (rulesChanged ? whyChanged(job) : null);
  // Work items go by them from now on; a version that is not in use yet is taken into use later.
  const rulesInUse = rulesOf(deps);
  if (job.rulesInUse !== rulesInUse && activeVersion(job) === versionInUse(job))
    await changeJob(deps.state, (now) => ({ ...now, rulesInUse, initialDue: now.initialDue ?? why }));
  const cycleId = deps.newId();
  if (why !== null && job.linksForgottenAt !== null)
    await changeJob(deps.state, (now) =>
      now.linksForgottenAt === job.linksForgottenAt ? { ...now, linksSoughtBy: cycleId } : now,
    );
  const keptGroups = why === null && groups?.select === groupSelect ? groups.generation : undefined;
  return beginCycle({
    format: 2,
    cycleId,
    rulesHash: rules,
    ...(job.mappings && { mappings: job.mappings.version }),
    kind: why === null ? 'incremental' : 'initial',
    why: why ?? 'Changes since the last cycle.',
    startedAt: deps.clock().toISOString(),
    groupSelect,
    groupGeneration: keptGroups ?? cycleId,
    userSelect,
    usersFull: why !== null || users === undefined || users.select !== userSelect,
    ...(users?.unsettled !== undefined && { usersUnsettled: users.unsettled }),
    ...NOTHING_COUNTED,
  });
}

const whyChanged = (job: JobState): string =>
  activeVersion(job) === versionInUse(job)
    ? 'The mappings, the settings or the app roles changed.'
    : `Version ${activeVersion(job)} of the mappings was activated.`;

/**
 * An initial cycle looks at every object ever read; any cycle at the escrows that are due, at what no cycle has counted yet, and at those whose
 * day has come since they left.
 */
async function markDue(deps: EngineDeps, cycle: CycleState): Promise<void> {
  const waiting = new Set<string>();
  const lostBefore = new Date(deps.clock().getTime() - LOST_AFTER_MS).toISOString();
  for await (const page of deps.staged.list()) {
    // What was let go and is not carried out after hours has lost its item.
    const isLost = ({ state, stagedAt }: StagedDeletion): boolean => state === 'released' && stagedAt < lostBefore;
    await deps.space.markDirty(page.filter((row) => row.state === 'candidate' || isLost(row)).map((row) => row.key));
    for (const { key } of page) waiting.add(keyText(key));
  }
  const now = deps.clock().toISOString();
  for await (const page of deps.escrows.list()) {
    const due = page.filter((escrow) => escrow.nextAttemptAt !== null && escrow.nextAttemptAt <= now);
    await deps.space.markDirty(due.map((escrow) => escrow.key));
    for (const { key } of page) waiting.add(keyText(key));
  }
  await markLeavers(deps, waiting);
  if (cycle.kind !== 'initial') return;
  for (const type of ['group', 'user'] as const) {
    for await (const page of deps.space.listObjects(type)) {
      await deps.space.markDirty(page.map((object) => ({ type, id: object.id })));
    }
  }
}
