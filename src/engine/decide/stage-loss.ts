import { formerAssignment } from '../../core/held-words';
import type { Entitlement, Permission } from '../../core/model';
import type { ScopeDecision } from '../../core/scope';
import type { OwnedMembership } from '../../ports/link-store';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { changeIdFor } from '../change-id';
import type { EngineDeps } from '../deps';
import type { Due } from './due';
import type { Loss } from './loss';

/**
 * Stages what an object stands to lose, until the cycle has counted all of it. Memberships are marked with the change that counts them: a
 * permission covers the marked ones, and whoever leaves later is counted anew.
 *
 *   held before │ what it loses now        │ staged as
 *   no          │ anything                 │ a candidate of this cycle
 *   yes         │ the same, or less        │ held on, as it was counted
 *   yes         │ another kind, or more    │ held on, counted anew under this cycle: what was shown is not what goes
 *
 * @param before What is staged of the object already.
 * @param formerly What it was entitled by until this cycle.
 */
export async function stageLoss(
  deps: Pick<EngineDeps, 'links' | 'clock'>,
  { object, decision }: Due,
  loss: Loss,
  cycleId: string,
  before: StagedDeletion | undefined,
  formerly: readonly Entitlement[] = [],
): Promise<StagedDeletion> {
  const key = { type: object.type, id: object.id };
  const changeId = changeIdFor(cycleId, key);
  const isHeld =
    before !== undefined &&
    before.state !== 'released' &&
    (before.state === 'staged' || before.heldIn !== undefined || before.isWider === true);
  const countedBefore = before?.countedIn ?? before?.changeId;
  const isSame = isHeld && before.kind === loss.kind && loss.memberships.every(({ leavingIn }) => leavingIn === countedBefore);
  if (!isSame) await markLeaving(deps, loss.memberships, changeId);
  return {
    key,
    cycleId,
    changeId,
    kind: loss.kind,
    count: loss.count,
    reason: reasonOf(decision, formerly, isSame ? before.reason : ''),
    state: 'candidate',
    stagedAt: isSame ? before.stagedAt : deps.clock().toISOString(),
    countedIn: isSame && countedBefore !== undefined ? countedBefore : changeId,
    ...(isHeld && (isSame ? { heldIn: before.heldIn ?? before.cycleId } : { isWider: true })),
  };
}

/** Nobody is told by what somebody was assigned once the row says that nothing is: so what was said first is kept. */
function reasonOf(decision: ScopeDecision, formerly: readonly Entitlement[], before: string): string {
  if (decision.kind !== 'out' || decision.cause !== 'unassigned') return decision.reason;
  return formerly.length === 0 && before.startsWith(decision.reason) ? before : `${decision.reason}${formerAssignment(formerly)}`;
}

/**
 * The permission that an operator has given for exactly what an object loses; null where none was given, or more is to be taken since.
 * @param before What is staged of the object.
 */
export function releasedFor(before: StagedDeletion | undefined, loss: Loss): Permission | null {
  if (before?.state !== 'released' || before.kind !== loss.kind) return null;
  const countedIn = before.countedIn ?? before.changeId;
  return loss.memberships.every(({ leavingIn }) => leavingIn === countedIn) ? { kind: loss.kind, countedIn } : null;
}

/** Marks memberships as counted in a change. */
export async function markLeaving(
  { links }: Pick<EngineDeps, 'links'>,
  memberships: readonly OwnedMembership[],
  changeId: string,
): Promise<void> {
  for (const one of memberships) if (one.leavingIn !== changeId) await links.putMembership({ ...one, leavingIn: changeId });
}
