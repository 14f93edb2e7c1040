import type { RemovalKind } from '../../core/brake';
import type { WorkItem } from '../../core/model';
import type { QuarantineCause } from '../../core/quarantine';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import type { CycleContext } from '../import/cycle-context';
import { noteRemovals } from '../job/removal-window';
import { stagedEntry } from '../record/log-entry';
import { overThreshold } from './weigh-removals';

/**
 * Counts the candidates of this cycle, kind by kind, and lets each kind go or holds it. A held agent keeps its role and a held
 * group its members, but everything else about them continues; held users and groups are logged as `stagedDelete`.
 * @returns why the job must go into quarantine, when something is held.
 */
export async function applyBrake(context: CycleContext): Promise<QuarantineCause | undefined> {
  const { deps } = context;
  const { cycleId } = context.cycle();
  const all: StagedDeletion[] = [];
  for await (const page of deps.staged.list()) all.push(...page.filter(({ state }) => state !== 'released'));
  const ours = all.filter((row) => row.cycleId === cycleId);
  const held = await overThreshold(deps, countsOf(ours), ours);
  const stillHeld = await overThreshold(deps, countsOf(all), all);
  // An incremental cycle sees one of many that are held, which says nothing; an initial one sees them all and counts anew.
  const isPartial = context.cycle().kind === 'incremental';
  const { samples, count } = await settleCandidates(context, ours, (row) => {
    if (row.heldIn === undefined && row.isWider !== true) return held.get(row.kind);
    return stillHeld.get(row.kind) ?? (isPartial ? 'It has been held since an earlier cycle, until it is allowed.' : undefined);
  });
  await context.save({ kind: 'braked', staged: count });
  if (held.size === 0) return undefined;
  return {
    reason: 'TooManyDeletes',
    code: 'PROV_DELETIONS_STAGED',
    message: `Held by the brake: ${[...held.values()].join(' ')} Look at them, then allow them once or correct the source.`,
    sampleIds: samples,
  };
}

function countsOf(rows: readonly StagedDeletion[]): ReadonlyMap<RemovalKind, number> {
  const counts = new Map<RemovalKind, number>();
  for (const { kind, count } of rows) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return counts;
}

/** How many candidates are settled before the lease is looked at. */
const SETTLED_AT_ONCE = 100;
/** How many held objects a quarantine names. */
const SAMPLES = 10;

/**
 * Lets candidates go or holds them. What was held before is told apart: a new look at it alone must not let it slip through.
 * @param counted Exactly the rows that were counted: a candidate that a worker leaves meanwhile waits for the next count.
 */
async function settleCandidates(
  context: CycleContext,
  counted: readonly StagedDeletion[],
  reasonToHold: (row: StagedDeletion) => string | undefined,
): Promise<{ readonly samples: readonly string[]; readonly count: number }> {
  const { deps } = context;
  const { cycleId } = context.cycle();
  const candidates = counted.filter(({ state }) => state === 'candidate');
  const samples: string[] = [];
  let count = counted.length - candidates.length;
  for (let from = 0; from < candidates.length; from += SETTLED_AT_ONCE) {
    const judged = candidates.slice(from, from + SETTLED_AT_ONCE).map((row) => ({ row, reason: reasonToHold(row) }));
    await letGo(
      deps,
      judged.flatMap(({ row, reason }) => (reason === undefined ? [row] : [])),
    );
    const held = judged.flatMap(({ row, reason }) => (reason === undefined ? [] : [{ row, reason }]));
    samples.push(...held.slice(0, SAMPLES - samples.length).map(({ row }) => row.key.id));
    count += held.length;
    const rows = await concurrently(held, STORAGE_CONCURRENCY, ({ row, reason }) => hold(deps, row, reason, cycleId));
    await deps.staged.put(rows);
    await context.fence();
  }
  return { samples, count };
}

async function letGo(deps: EngineDeps, rows: readonly StagedDeletion[]): Promise<void> {
  if (rows.length === 0) return;
  await noteRemovals(deps, rows);
  await deps.queue.enqueue(rows.map((row) => itemOf(row, true)));
  await deps.staged.remove(rows.map(({ key }) => key));
}

/** Tells of a removal that is held, and returns its row as it is to be kept. */
async function hold(deps: EngineDeps, row: StagedDeletion, reason: string, cycleId: string): Promise<StagedDeletion> {
  if (row.kind === 'agentDowngrade' || row.kind === 'membershipRemoval') await deps.queue.enqueue([itemOf(row, false)]);
  else {
    const source = (await deps.space.readObject(row.key))?.value;
    const targetId = (await deps.links.read(row.key))?.value.link?.targetId;
    await deps.log.record(stagedEntry(deps, row, reason, { source, targetId }));
  }
  const { isWider: _, ...held } = row;
  return { ...held, state: 'staged', heldIn: row.heldIn ?? cycleId };
}

/** The work item that carries a candidate or held object out, allowed to take away exactly what was counted, or nothing. */
export const itemOf = (row: StagedDeletion, isLetGo: boolean): WorkItem => ({
  objectType: row.key.type,
  sourceId: row.key.id,
  cycleId: row.cycleId,
  changeId: row.changeId,
  allows: isLetGo ? { kind: row.kind, countedIn: row.countedIn ?? row.changeId } : null,
  ...(isLetGo && row.kind === 'userDisable' && { isChange: true }),
});
