import { StaleStateError } from '../../core/errors';
import type { Plan } from '../../core/plan-model';
import type { LinkClaim } from '../../ports/stores';
import { CLOCK_SLACK_MS } from '../claim-watch';

/**
 * A background job of Zendesk that callers no longer wait for may still do its work: ten minutes after its claim nobody counts on it any more. Whose
 * clock wrote when that was may have been behind.
 */
const MAY_COME_MS = 10 * 60_000 + CLOCK_SLACK_MS;

/** What a plan does to the access of an account; null for nothing. */
function accessAfter({ action, changes }: Plan): 'created' | 'suspended' | 'letIn' | null {
  if (action === 'create') return 'created';
  const change = changes.find(({ attribute }) => attribute === 'suspended');
  return change ? (change.newValue === true ? 'suspended' : 'letIn') : null;
}

/** The role that a plan gives an account which is there; undefined for none. */
const roleAfter = ({ action, changes }: Plan): unknown =>
  action === 'create' ? undefined : changes.find(({ attribute }) => attribute === 'role')?.newValue;

/** Whether a request may still change the access of the account to what is not asked for now. */
function comesInBetween(asked: Plan, earlier: Plan | undefined, now: Plan): boolean {
  const access = accessAfter(asked);
  if (access && accessAfter(now) !== access && (!earlier || accessAfter(earlier) !== access)) return true;
  // Access that is to end does not wait for a role.
  const role = accessAfter(now) === 'suspended' ? undefined : roleAfter(asked);
  return role !== undefined && roleAfter(now) !== role && (!earlier || roleAfter(earlier) !== role);
}

/**
 * Makes sure that nothing is concluded from what an earlier try of an account has not done yet: "not seen" becomes "not written" only once its request
 * cannot come any more. Otherwise who has come back would be suspended a moment later for good, who has left be let in, and who has lost a role be given it,
 * with nobody to look.
 * @param earlier what is proved of the claim's plan
 * @param now the plan as it is made now; one that does the same, or deletes the account, needs no waiting
 * @throws StaleStateError while it may come
 */
export function requireNothingToCome(claim: LinkClaim | null, earlier: Plan | undefined, now: Plan, nowMs: number): void {
  if (claim?.sinceMs === undefined || nowMs - claim.sinceMs >= MAY_COME_MS) return;
  if (now.action === 'delete' || !comesInBetween(claim.plan, earlier, now)) return;
  throw new StaleStateError('An earlier request to Zendesk may still be carried out; it is looked at again.');
}
