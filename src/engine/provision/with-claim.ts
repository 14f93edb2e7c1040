import {
  AlreadyExistsError,
  AlteredError,
  DisputedMatchError,
  LicenseLimitError,
  NotFoundError,
  OpenTicketsError,
  RejectedError,
  StaleStateError,
  ThrottledError,
  UnauthorizedError,
} from '../../core/errors';
import type { Link, WorkItem } from '../../core/model';
import { OPEN_TICKETS } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { Open } from './claims';
import type { Pairing } from './pairing';

/**
 * Exports a plan under a claim: what is about to happen is on record before it happens, so that storage being down means no
 * write to Zendesk, and a crash in the middle is told apart from nothing done.
 * @param claimed the plan, what earlier tries are proved to have written, and the last of them where it may still be carried out: a refusal of the plan says
 *   nothing of those
 * @param isCurrent whether the source object is still what the plan was made for, asked under the claim: an item that came later, for what it is
 *   now, may have found nothing to do and left no trace; whoever comes from here on finds the claim
 * @param work does the writing; calls `settle` once the target is as planned.
 * @throws StaleStateError where the object has changed: nothing is begun
 */
export async function withClaim<T>(
  pairing: Pairing,
  item: WorkItem,
  { plan, written, open }: { readonly plan: Plan; readonly written: readonly Plan[]; readonly open: Open | null },
  isCurrent: () => Promise<boolean>,
  work: (settle: (link: Link) => Promise<void>) => Promise<T>,
): Promise<T> {
  await pairing.claim(item, plan);
  if (!(await isCurrent())) {
    await pairing.giveUp();
    throw new StaleStateError(`${item.objectType} ${item.sourceId} has changed in Entra ID since it was read.`);
  }
  try {
    return await work((link) => pairing.settle(link));
  } catch (error) {
    // What was refused may be another plan than the one that is claimed by now.
    const isSuspended = error instanceof OpenTicketsError && pairing.plan?.action === 'disable';
    const isRefused = error instanceof RejectedError && !isSuspended;
    if (!(error instanceof StaleStateError))
      await pairing.release(isSuspended || mayBeWritten(error, pairing.plan ?? plan), { written, open, isRefused });
    throw error;
  }
}

/** Attributes that are written with calls of their own, beside that of the others. */
const OF_SEVERAL_CALLS: ReadonlySet<string> = new Set(['email', 'organization', 'organizations', OPEN_TICKETS]);

/**
 * What was gone already was not deleted by us. A refusal says that nothing was written, but for what takes several calls, of which the first may have gone
 * through (a new address, other organizations, a departure with tickets), and where Zendesk has stored something else.
 */
function mayBeWritten(error: unknown, { action, changes }: Plan): boolean {
  if (error instanceof NotFoundError) return action !== 'delete';
  if (error instanceof AlteredError) return true;
  const isUnwritten = (error instanceof UnauthorizedError || error instanceof ThrottledError) && error.isUnwritten;
  if (error instanceof RejectedError || isUnwritten)
    return action !== 'create' && changes.some(({ attribute }) => OF_SEVERAL_CALLS.has(attribute));
  if (error instanceof AlreadyExistsError) return error.maker === 'us';
  return !(error instanceof LicenseLimitError || error instanceof DisputedMatchError);
}
