import type { WorkItem } from '../../core/model';
import type { Hold } from '../../ports/hold-store';
import { LOST_AFTER_MS } from '../change-id';
import { endOutlived, type Held, heldReason } from '../decide/held';
import type { EngineDeps } from '../deps';
import { itemFor } from '../work-item';
import { type Back, type Skip, skip } from './attempt';

/** Whose turn it is with an object: what is due, the way back that an operator has applied, or nobody's. */
export type Turn = { readonly kind: 'due' } | { readonly kind: 'back'; readonly back: Back } | Skip;

const DUE: Turn = { kind: 'due' };

/**
 * Decides what an item is to carry out. A hold that has outlived its object's state ends here, with an entry in the log.
 *
 *   item       │ the object is              │ turn
 *   of a cycle │ free, or changed since     │ what is due
 *   of a cycle │ held                       │ skipped, HeldByOperator; a way back that failed or was lost is put into the queue again
 *   of an undo │ held, its way back waits   │ the way back
 *   of an undo │ held, carried out          │ skipped, HeldByOperator
 *   of an undo │ changed since, or released │ skipped, NotRestorable
 */
export async function turnOf(deps: EngineDeps, item: WorkItem, held: Held, dryRun: boolean): Promise<Turn> {
  if (held.kind === 'ended' && !dryRun) await endOutlived(deps, held.stored);
  const hold = held.kind === 'held' ? held.stored.value : undefined;
  if (item.undo === undefined) {
    if (!hold) return DUE;
    if (!dryRun) await tryAgain(deps, hold);
    return skip('HeldByOperator', heldReason(hold));
  }
  if (held.kind === 'ended')
    return skip('NotRestorable', 'It has changed in Entra ID since the plan was made; the next cycle follows it.');
  if (hold?.planId !== item.undo) return skip('NotRestorable', 'It was released before it could be taken back.');
  return hold.way ? { kind: 'back', back: { ...hold, way: hold.way } } : skip('HeldByOperator', heldReason(hold));
}

/** Puts a way back into the queue once more, where it failed or has not been heard of for hours. It may be repeated. */
async function tryAgain(deps: EngineDeps, { key, way, planId, cycleId, heldAt, allows }: Hold): Promise<void> {
  if (!way) return;
  const isLost = deps.clock().getTime() - Date.parse(heldAt) > LOST_AFTER_MS;
  if (isLost || (await deps.escrows.read(key))) await deps.queue.enqueue([{ ...itemFor(cycleId, key, allows), undo: planId }]);
}
