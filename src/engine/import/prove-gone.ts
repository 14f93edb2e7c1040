import type { MemberEdge } from '../../ports/connector-space';
import type { EngineDeps } from '../deps';

/** What a direct read says of a membership that a list lacked: `mayReturn` while one of both is deleted, or has been a moment ago. */
export type Fate = 'gone' | 'there' | 'mayReturn' | 'unknown';

/**
 * Asks for a membership that a list lacked. Whoever is among the deleted ones is in no group, and comes back with every group: what was forgotten of
 * somebody who is back before the deletion was read would be told by nothing again. So that one is kept; a deletion that stays is read of the member,
 * or the group, itself.
 */
export async function proveGone({ source }: Pick<EngineDeps, 'source'>, edge: MemberEdge): Promise<Fate> {
  const proof = await source.proveMembershipGone(edge.groupId, edge.memberId);
  if (proof.kind !== 'absent') return proof.kind === 'present' ? 'there' : 'unknown';
  if (!proof.lacksObject) return 'gone';
  // Of groups Entra ID does not say to everybody whether they may return.
  if (edge.memberType === 'group') return 'mayReturn';
  const member = await source.readUser(edge.memberId, []);
  if (member.kind === 'unknown') return 'unknown';
  return member.kind === 'absent' ? 'gone' : 'mayReturn';
}
