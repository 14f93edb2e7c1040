import { proved, userEvidence } from '../../core/continued';
import { isOnlyFound, type TargetRole, type TargetUser } from '../../core/model';
import { isSameRole } from '../../core/role';
import type { Attempt } from './attempt';
import { provedByLink } from './claims';
import type { Found } from './match-target';

/**
 * The role of an account that is taken over, where the source's word for the former self gave it: nobody in Zendesk has, so the taker does not inherit it.
 * Null where somebody else did, where that is not known, and where nothing is taken over.
 */
export function roleOfFormer({ pairing }: Attempt, { formerRow, target }: Found<TargetUser>): TargetRole | null {
  if (!target) return null;
  const link = formerRow?.link ?? pairing.row.claim?.former?.link;
  const evidence = formerRow && { ...userEvidence(target, null, true), ...provedByLink(formerRow) };
  const written = evidence && proved(formerRow.claim?.plan, evidence)?.role;
  const isKnown = link?.targetId === target.id && !isOnlyFound(link);
  const given = written ?? (isKnown ? (link.settledRole ?? target.role) : null);
  return given && isSameRole(given, target.role) ? given : null;
}
