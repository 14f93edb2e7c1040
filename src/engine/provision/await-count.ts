import type { RemovalKind } from '../../core/brake';
import { StaleStateError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import { releaseCycleId } from '../change-id';
import type { EngineDeps } from '../deps';
import { type RunningCycle, STATE_KEYS } from '../job/job-state';

/**
 * Leaves word for the next cycle that an object stands to lose something which no cycle has counted: its scope was decided before
 * its link was there, or somebody undid our work in Zendesk. Without it nobody would look again until the source changes.
 */
export async function awaitCount(
  deps: EngineDeps,
  item: WorkItem,
  kind: RemovalKind,
  count: number,
  reason: string,
): Promise<void> {
  const key = { type: item.objectType, id: item.sourceId };
  if (await deps.staged.read(key)) return;
  const { cycleId, changeId } = item;
  await deps.staged.put([
    { key, cycleId, changeId, kind, count, reason, state: 'candidate', stagedAt: deps.clock().toISOString() },
  ]);
}

const COUNTING: readonly RunningCycle['phase'][] = ['assignments', 'groups', 'users', 'scoping'];

/**
 * Whether the brake's word on an item still covers what its object would lose now. An item may be late: a later cycle may have
 * read of many more removals since, and holds them.
 * @throws StaleStateError while a later cycle has not counted yet: the item waits for it
 */
export async function isStillCovered(deps: EngineDeps, item: WorkItem): Promise<boolean> {
  if (!item.mayDeprovision) return false;
  const held = await deps.staged.read({ type: item.objectType, id: item.sourceId });
  const isReleased = held !== undefined && item.cycleId === releaseCycleId(held.heldIn ?? held.cycleId);
  if (held?.state === 'staged' && held.changeId !== item.changeId && !isReleased) return false;
  const running = (await deps.state.read<RunningCycle | null>(STATE_KEYS.cycle))?.value;
  if (!running || running.cycleId === item.cycleId) return true;
  const isJudged = held?.state !== 'candidate' || held.cycleId !== running.cycleId;
  if (COUNTING.includes(running.phase) || !isJudged) {
    throw new StaleStateError(`A later cycle is counting what ${item.objectType} ${item.sourceId} stands to lose.`);
  }
  return true;
}
