import type { SourceObject } from '../../core/model';
import type { EngineDeps } from '../deps';
import { markGroupsAbove } from './mark-principals';

/**
 * Forgets the memberships of a user who is found to be permanently deleted, and marks the groups. While a return was possible they were kept, and a
 * group that was read in full before the users tells of them in no later delta. To be called before the row is written, so that a try that was cut
 * off is repeated.
 */
export async function leaveGroups(deps: EngineDeps, before: SourceObject, after: SourceObject): Promise<void> {
  if (after.type !== 'user' || after.deleted !== 'hard' || before.deleted === 'hard') return;
  const { space } = deps;
  const groups = await space.groupsOf(after.id);
  if (groups.length === 0) return;
  await space.markDirty(groups.map((id) => ({ type: 'group', id })));
  for (const id of groups) await markGroupsAbove(deps, id);
  await space.removeMembers(groups.map((groupId) => ({ groupId, memberId: after.id, memberType: 'user' })));
}
