import type { CycleRecord } from '../../ports/cycle-store';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { changeIdFor, releaseCycleId } from '../change-id';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { importOne } from '../import/import-one';
import { type ImportSession, openImport } from '../import/import-session';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { itemFor } from '../work-item';
import { recoverFromBrake } from './close-cycles';
import { operatorCycle } from './operator-cycle';

/** What was let go of one cycle's staged deletions. */
export interface Released {
  /** The cycle that had staged them. */
  readonly stagedBy: string;
  /** The cycle under which they are carried out now. */
  readonly cycleId: string;
  readonly released: number;
  /** Objects that could not be read just now, or that a cycle has found to lose something else meanwhile: they stay held. */
  readonly kept: number;
}

/** The outcome of allowing deletions. */
export interface Allowed {
  readonly released: readonly Released[];
  readonly leftQuarantine: boolean;
}

/**
 * Lets the staged deletions of one cycle go, once: exactly those, into the queue, with the operator's word. What the brake holds
 * later is another matter. Idempotent; a break-off in the middle is made good by asking again.
 * @param cycleId The cycle that staged them; undefined means the last one that staged anything.
 * @param only Entra object ids: of those that cycle holds, these alone; undefined means all of them.
 */
export async function allowDeletes(
  deps: EngineDeps,
  operator: Initiator,
  cycleId: string | undefined,
  only?: ReadonlySet<string>,
): Promise<Allowed> {
  const released = await releaseStaged(deps, cycleId ?? 'last', only);
  const leftQuarantine = await recoverFromBrake(deps);
  const count = released.reduce((sum, one) => sum + one.released, 0);
  await recordOperation(deps, operator, {
    description: count > 0 ? `${count} held removals were allowed.` : 'There were no held removals to allow.',
    details: { stagedBy: released.map((one) => one.stagedBy).join(', '), cycleId: released.map((one) => one.cycleId).join(', ') },
  });
  return { released, leftQuarantine };
}

/** Puts staged deletions into the queue. @param which A cycle, the last that staged anything, or all. @param only Of these objects alone */
export async function releaseStaged(deps: EngineDeps, which: string, only?: ReadonlySet<string>): Promise<readonly Released[]> {
  const byCycle = new Map<string, StagedDeletion[]>();
  for await (const page of deps.staged.list()) {
    for (const row of page) {
      if (row.state !== 'staged' || (only && !only.has(row.key.id))) continue;
      const cycle = row.heldIn ?? row.cycleId;
      byCycle.set(cycle, [...(byCycle.get(cycle) ?? []), row]);
    }
  }
  const chosen = which === 'all' ? [...byCycle.keys()] : which === 'last' ? lastOf(byCycle) : [which.toLowerCase()];
  const released: Released[] = [];
  const deadlineMs = deps.clock().getTime() + LOOK_BUDGET_MS;
  let session: ImportSession | undefined;
  for (const cycle of chosen) {
    const rows = byCycle.get(cycle) ?? [];
    if (rows.length === 0) continue;
    session ??= await openImport(deps);
    const known = await asListed(deps, await lookAgain(session, rows, deadlineMs));
    released.push({ ...(await release(deps, cycle, known, only)), kept: rows.length - known.length });
  }
  return released;
}

/** Time for a direct look at each object before it is let go; the rest goes by what the last cycle has read. */
const LOOK_BUDGET_MS = 90_000;

/**
 * Reads the objects directly once more: since they were staged somebody may have put the cause right at the source, and the job in
 * quarantine has not looked since. Who is back in scope goes into the queue too, and is found to have nothing to lose.
 */
async function lookAgain(
  session: ImportSession,
  rows: readonly StagedDeletion[],
  deadlineMs: number,
): Promise<readonly StagedDeletion[]> {
  const isKnown = await concurrently(rows, SOURCE_CONCURRENCY, async ({ key }) => {
    if (session.deps.clock().getTime() >= deadlineMs) return true;
    return (await importOne(session, key.id, key.type)).kind !== 'unknown';
  });
  return rows.filter((_, at) => isKnown[at]);
}

/** Those of which the same is held as was listed: the looks take time, and what a cycle has counted meanwhile was not let go. */
async function asListed(deps: EngineDeps, rows: readonly StagedDeletion[]): Promise<readonly StagedDeletion[]> {
  const now = await concurrently(rows, STORAGE_CONCURRENCY, ({ key }) => deps.staged.read(key));
  const whatOf = ({ kind, countedIn, changeId }: StagedDeletion): string => `${kind} ${countedIn ?? changeId}`;
  return rows.filter((row, at) => {
    const held = now[at];
    return held !== undefined && whatOf(held) === whatOf(row);
  });
}

/** The cycle that staged most recently. */
function lastOf(byCycle: ReadonlyMap<string, readonly StagedDeletion[]>): readonly string[] {
  let last: { readonly cycle: string; readonly at: string } | undefined;
  for (const [cycle, rows] of byCycle) {
    const at =
      rows
        .map((row) => row.stagedAt)
        .sort()
        .at(-1) ?? '';
    if (!last || at > last.at) last = { cycle, at };
  }
  return last ? [last.cycle] : [];
}

async function release(
  deps: EngineDeps,
  stagedBy: string,
  rows: readonly StagedDeletion[],
  only: ReadonlySet<string> | undefined,
): Promise<Omit<Released, 'kept'>> {
  // A choice has a cycle of its own: it must count its objects, and not those of a choice before it.
  const cycleId = releaseCycleId(only ? `${stagedBy} ${[...only].sort().join(' ')}` : stagedBy);
  const before = await deps.cycles.read(cycleId);
  const record = operatorCycle(deps, {
    cycleId,
    kind: 'release',
    ...(before && { startedAt: before.startedAt }),
    enqueued: before ? await countWith(deps, before, rows) : rows.length,
    why: `An operator allowed the removals held by cycle ${stagedBy}.`,
  });
  await deps.cycles.put(record);
  await deps.queue.enqueue(
    rows.map((row) => itemFor(cycleId, row.key, { kind: row.kind, countedIn: row.countedIn ?? row.changeId })),
  );
  // Kept until it is carried out: a cycle that looks at the object meanwhile must not hold what was let go.
  const releasedAt = deps.clock().toISOString();
  await deps.staged.put(rows.map((row) => ({ ...row, state: 'released' as const, stagedAt: releasedAt })));
  return { stagedBy, cycleId, released: rows.length };
}

/**
 * How many entries a release is to have that continues an earlier one: some of what the cycle held had not been let go by then. What the call
 * before had counted and not put into the queue any more is not counted twice.
 */
async function countWith(deps: EngineDeps, before: CycleRecord, rows: readonly StagedDeletion[]): Promise<number> {
  const { cycleId, enqueued } = before;
  const logged = await concurrently(rows, STORAGE_CONCURRENCY, ({ key }) => deps.log.read(cycleId, changeIdFor(cycleId, key)));
  const { total } = await deps.log.counts(cycleId);
  const isOver = before.state !== 'exporting';
  const fresh = logged.filter((entry) => entry === undefined).length;
  return isOver ? total + fresh : Math.max(enqueued, total + fresh);
}
