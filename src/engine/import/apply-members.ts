import type { SourceId } from '../../core/model';
import type { MemberEdge } from '../../ports/connector-space';
import type { MemberChange } from '../../ports/source-connector';
import type { CycleContext } from './cycle-context';
import { markGroupsAbove, markUsersBelow } from './mark-principals';

/** Writes who came into a group and who left it, after marking whom that concerns. @param round stamps them as seen in this full round */
export async function applyMembers(
  context: CycleContext,
  groupId: SourceId,
  members: readonly MemberChange[],
  round: string | null,
): Promise<void> {
  const { deps } = context;
  const last = new Map<SourceId, MemberChange>();
  for (const change of members) if (change.memberType !== 'other') last.set(change.memberId, change);
  const joined: MemberEdge[] = [];
  const left: MemberEdge[] = [];
  for (const change of last.values()) {
    const edge: MemberEdge = { groupId, memberId: change.memberId, memberType: change.memberType === 'group' ? 'group' : 'user' };
    (change.isMember ? joined : left).push(edge);
  }
  const moved = [...joined, ...left];
  await deps.space.markDirty(moved.flatMap((edge) => (edge.memberType === 'user' ? [{ type: 'user', id: edge.memberId }] : [])));
  for (const edge of moved) if (edge.memberType === 'group') await markUsersBelow(deps, edge.memberId);
  if (moved.length > 0) await markGroupsAbove(deps, groupId);
  await deps.space.putMembers(joined, round ?? undefined);
  await deps.space.removeMembers(left);
}

/** The groups among members; none with direct membership. */
export function nestedIn({ deps }: CycleContext, members: readonly (MemberChange | MemberEdge)[]): readonly SourceId[] {
  if (deps.settings.groupMembership === 'Direct') return [];
  return members.flatMap(({ memberType, memberId }) => (memberType === 'group' ? memberId : []));
}
