import type { RemovalKind } from '../../core/brake';
import { StaleStateError } from '../../core/errors';
import type { Permission, WorkItem } from '../../core/model';
import type { StagedDeletion, StagedDeletionStore } from '../../ports/staged-deletion-store';
import { releaseCycleId } from '../change-id';
import type { EngineReads } from '../deps';
import { type RunningCycle, STATE_KEYS } from '../job/job-state';

const COUNTING: readonly RunningCycle['phase'][] = ['assignments', 'groups', 'users', 'scoping'];

/**
 * The kind of removal that may be carried out for an object now; null for none. What was let go when the item was made may be let go no
 * longer: an item may be late, and a later cycle may hold the object, with more to lose or with many others. Asked before each removal.
 * @throws StaleStateError while a later cycle has not finished counting: the item waits for it
 */
export async function permitted(
  reads: Pick<EngineReads, 'staged' | 'state'>,
  { allows, objectType, sourceId, cycleId }: WorkItem,
): Promise<RemovalKind | null> {
  if (!allows) return null;
  const held = await reads.staged.read({ type: objectType, id: sourceId });
  if (held?.state === 'staged') {
    // An operator's release carries out exactly what was counted; its row may still stand for a moment.
    const isReleased = cycleId === releaseCycleId(held.heldIn ?? held.cycleId);
    if (!isReleased || allows.countedIn !== (held.countedIn ?? held.changeId)) return null;
  }
  const running = (await reads.state.read<RunningCycle | null>(STATE_KEYS.cycle))?.value;
  if (!running || running.cycleId === cycleId) return allows.kind;
  const isJudged = held?.state !== 'candidate' || held.cycleId !== running.cycleId;
  if (COUNTING.includes(running.phase) || !isJudged) {
    throw new StaleStateError(`A later cycle is counting what ${objectType} ${sourceId} stands to lose.`);
  }
  return allows.kind;
}

/**
 * Stands for no cycle. The cycle of the item may be counting still, and what it holds it tells under the change of the row: that would take the
 * place of what the item itself has to tell.
 */
const UNCOUNTED = 'uncounted';

/** Whether a row stands for exactly what an operator has let go. */
export const isLetGo = ({ state, countedIn, changeId }: StagedDeletion, allows: Permission): boolean =>
  state === 'released' && (countedIn ?? changeId) === allows.countedIn;

/**
 * Leaves a mark for the next cycle that an object stands to lose something which no cycle has counted: its scope was decided before its link
 * was there, or somebody undid our work in Zendesk. Without it nobody would look again until the source changes. What an operator has let go
 * for this very item, and is not enough, is spent: its row makes room.
 */
export async function awaitCount(
  deps: { readonly staged: Pick<StagedDeletionStore, 'read' | 'put'>; readonly clock: () => Date },
  { objectType, sourceId, changeId, allows }: WorkItem,
  kind: RemovalKind,
  count: number,
  reason: string,
): Promise<void> {
  const key = { type: objectType, id: sourceId };
  const known = await deps.staged.read(key);
  if (known && !(allows && isLetGo(known, allows))) return;
  await deps.staged.put([
    { key, cycleId: UNCOUNTED, changeId, kind, count, reason, state: 'candidate', stagedAt: deps.clock().toISOString() },
  ]);
}
