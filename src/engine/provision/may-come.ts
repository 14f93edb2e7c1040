import { StaleStateError } from '../../core/errors';
import type { Plan } from '../../core/plan-model';
import type { LinkClaim } from '../../ports/stores';

/** A background job of Zendesk that callers no longer wait for may still do its work: so long after its claim nobody counts on it any more. */
export const MAY_COME_MS = 10 * 60_000;

/** What a plan does to the access of an account; null for nothing. */
function accessAfter({ action, changes }: Plan): 'created' | 'suspended' | 'letIn' | null {
  if (action === 'create') return 'created';
  const change = changes.find(({ attribute }) => attribute === 'suspended');
  return change ? (change.newValue === true ? 'suspended' : 'letIn') : null;
}

/**
 * Makes sure that nothing is concluded from what an earlier try of an account has not done yet: "not seen" becomes "not written" only once its request
 * cannot come any more. Otherwise who has come back would be suspended a moment later for good, and who has left be let in, with nobody to look.
 * @param earlier what is proved of the claim's plan
 * @param now the plan as it is made now; one that does the same, or deletes the account, needs no waiting
 * @throws StaleStateError while it may come
 */
export function requireNothingToCome(claim: LinkClaim | null, earlier: Plan | undefined, now: Plan, nowMs: number): void {
  const due = claim && accessAfter(claim.plan);
  if (!due || claim.sinceMs === undefined || nowMs - claim.sinceMs >= MAY_COME_MS) return;
  if (now.action === 'delete' || accessAfter(now) === due || (earlier && accessAfter(earlier) === due)) return;
  throw new StaleStateError('An earlier request to Zendesk may still be carried out; it is looked at again.');
}
