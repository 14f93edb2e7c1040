import { brake, REMOVAL_KINDS, type RemovalKind } from '../../core/brake';
import type { WorkItem } from '../../core/model';
import type { QuarantineCause } from '../../core/quarantine';
import type { StagedDeletion } from '../../ports/stores';
import type { CycleContext } from '../cycle-context';
import type { EngineDeps } from '../deps';
import { stagedEntry } from '../record/log-entry';

/**
 * Counts the candidates of this cycle, kind by kind, and lets each kind go or holds it. A held agent keeps its role and a held
 * group its members, but everything else about them goes on; held users and groups are logged as `stagedDelete`.
 * @returns why the job must go into quarantine, when something is held.
 */
export async function applyBrake(context: CycleContext): Promise<QuarantineCause | undefined> {
  const { deps } = context;
  const { cycleId } = context.cycle();
  const inCycle = new Map<RemovalKind, number>();
  const inAll = new Map<RemovalKind, number>();
  const add = (counts: Map<RemovalKind, number>, row: StagedDeletion): unknown =>
    counts.set(row.kind, (counts.get(row.kind) ?? 0) + row.count);
  for await (const page of deps.staged.list()) {
    for (const row of page) {
      add(inAll, row);
      if (row.cycleId === cycleId) add(inCycle, row);
    }
  }
  const held = await overThreshold(deps, inCycle);
  const stillHeld = await overThreshold(deps, inAll);
  // An incremental cycle sees one of many that are held, which says nothing; an initial one sees them all and counts anew.
  const isPartial = context.cycle().kind === 'incremental';
  const { samples, count } = await settleCandidates(context, (row) => {
    if (row.heldIn === undefined) return held.get(row.kind);
    return stillHeld.get(row.kind) ?? (isPartial ? 'It is held since an earlier cycle, until it is allowed.' : undefined);
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

/** The kinds of removal that the brake holds, with the reason. */
export async function overThreshold(
  deps: EngineDeps,
  counts: ReadonlyMap<RemovalKind, number>,
): Promise<ReadonlyMap<RemovalKind, string>> {
  const held = new Map<RemovalKind, string>();
  for (const kind of REMOVAL_KINDS) {
    const count = counts.get(kind) ?? 0;
    if (count === 0) continue;
    const limits = { absolute: deps.settings.deletionThreshold, percent: deps.settings.deletionThresholdPercent };
    const verdict = brake(kind, count, await linkedOfKind(deps, kind), limits);
    if (verdict.kind === 'hold') held.set(kind, verdict.reason);
  }
  return held;
}

/** Lets candidates go or holds them. What was held before is told apart: a new look at it alone must not let it slip through. */
async function settleCandidates(
  context: CycleContext,
  reasonToHold: (row: StagedDeletion) => string | undefined,
): Promise<{ readonly samples: readonly string[]; readonly count: number }> {
  const { deps } = context;
  const { cycleId } = context.cycle();
  const samples: string[] = [];
  let count = 0;
  for await (const page of deps.staged.list()) {
    for (const row of page) {
      if (row.cycleId !== cycleId) continue;
      if (row.state === 'staged') count += 1;
      if (row.state !== 'candidate') continue;
      const reason = reasonToHold(row);
      if (reason === undefined) {
        await deps.queue.enqueue([itemOf(row, true)]);
        await deps.staged.remove([row.key]);
        continue;
      }
      if (samples.length < 10) samples.push(row.key.id);
      if (row.kind === 'agentDowngrade' || row.kind === 'membershipRemoval') await deps.queue.enqueue([itemOf(row, false)]);
      else await deps.log.record(stagedEntry(deps, row, reason));
      await deps.staged.put([{ ...row, state: 'staged', heldIn: row.heldIn ?? cycleId }]);
      count += 1;
    }
  }
  return { samples, count };
}

/** The work item that carries a held or candidate object out. */
export const itemOf = (row: StagedDeletion, mayDeprovision: boolean): WorkItem => ({
  objectType: row.key.type,
  sourceId: row.key.id,
  cycleId: row.cycleId,
  changeId: row.changeId,
  mayDeprovision,
});

async function linkedOfKind(deps: EngineDeps, kind: RemovalKind): Promise<number> {
  switch (kind) {
    case 'userDisable':
    case 'userDelete':
      return deps.links.countLinks('user');
    case 'groupDelete':
      return deps.links.countLinks('group');
    case 'membershipRemoval':
      return deps.links.countMemberships();
    case 'agentDowngrade': {
      let agents = 0;
      for await (const page of deps.links.listLinks('user')) for (const link of page) if (link.isAgent) agents += 1;
      return agents;
    }
  }
}
