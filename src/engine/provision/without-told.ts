import { StaleStateError } from '../../core/errors';
import { suspends } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { ProvisioningLogEntry } from '../../core/record';
import type { LinkClaim } from '../../ports/link-store';
import { CLAIM_MS } from '../claim-watch';
import type { EngineDeps } from '../deps';
import { modifiedProperty } from '../record/log-entry';
import type { Attempt } from './attempt';
import { NOTHING } from './claims';
import { SUSPENDED_MEANWHILE, wordsBefore } from './words';

/**
 * Leaves out the plan of an earlier try that is in the log already, and was cut off only before it could be taken off the row: nobody is to
 * read of it twice.
 * @throws StaleStateError where its worker has written it so lately that it is about to record it
 */
export async function withoutTold({ log, clock, claims }: EngineDeps, attempt: Attempt): Promise<Attempt> {
  const { item, pairing } = attempt;
  const { link, claim } = pairing.row;
  const isOwn = claim?.changeId === item.changeId;
  if (!claim || (isOwn && !claim.isSettled)) return attempt;
  const isOver = (): boolean =>
    claims.isOver(
      `told ${item.objectType} ${item.sourceId}`,
      pairing.etag ?? '',
      (claim.sinceMs ?? 0) + CLAIM_MS,
      clock().getTime(),
    );
  // Before the entry is looked for: one that is on its way comes in that time.
  const isAwaited = claim.isSettled === true && !isOwn && !attempt.dryRun && !isOver();
  const entry = await log.read(claim.cycleId, claim.changeId);
  if (!entry && isAwaited)
    throw new StaleStateError(`Another worker has written ${item.objectType} ${item.sourceId} and is about to record it.`);
  if (!entry) return attempt;
  const withClaim = (next: LinkClaim | null): Attempt => ({
    ...attempt,
    pairing: { ...pairing, row: { ...pairing.row, claim: next } },
  });
  if (!isOwn) return [claim.plan, ...(claim.untold ?? [])].some((plan) => tells(entry, plan)) ? withClaim(null) : attempt;
  // Carried out again after its entry, which is of another target where that was deleted and is made again since.
  if (entry.targetIdentity.id !== link?.targetId || !tells(entry, claim.plan, 'every')) return attempt;
  const isNoted = (plan: Plan): boolean =>
    entry.provisioningSteps.some(({ description }) => description === wordsBefore(item.objectType, plan));
  return withClaim({ ...claim, plan: NOTHING, untold: claim.untold?.filter((plan) => !isNoted(plan)) ?? [] });
}

/** Whether an entry tells of some change of a plan, or of every one: a message may be handed out again after its entry, and then claim something else. */
function tells(
  { provisioningStatusInfo: { status }, provisioningAction, modifiedProperties, provisioningSteps }: ProvisioningLogEntry,
  plan: Plan,
  which: 'some' | 'every' = 'some',
): boolean {
  // What was done in the place of a refused deletion is a step of its failure, which a repeat of the item may take the place of.
  if (which === 'some' && suspends(plan) && provisioningSteps.some(({ description }) => description === SUSPENDED_MEANWHILE))
    return true;
  if (status !== 'success' && status !== 'warning') return false;
  if (plan.changes.length === 0) return provisioningAction === plan.action;
  return plan.changes
    .map(modifiedProperty)
    [which](({ displayName, newValue }) =>
      modifiedProperties.some((one) => one.displayName === displayName && one.newValue === newValue),
    );
}
