import type { TargetId } from '../../core/model';
import type { Writing } from './stages';

/**
 * Whether this app made what is linked now: by this very change, by an earlier one, or for a former self from whom it is taken over, also where an
 * earlier try has ended that one's link.
 */
export function isMadeByUs<T>({ attempt, found, told }: Writing<T>, targetId: TargetId): boolean {
  if (found.link) return found.link.createdByUs;
  const former = found.formerRow?.link ?? attempt.pairing.row.claim?.former?.link;
  return told.action === 'create' || (former?.targetId === targetId && former.createdByUs);
}
