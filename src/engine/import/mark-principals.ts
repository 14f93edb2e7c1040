import type { AppRoleAssignment, SourceId } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import { makeAncestry, usersBelow, usersBelowAny } from '../decide/ancestry';
import type { EngineDeps } from '../deps';

/** Marks the principals of assignments, and for groups everybody below, before the difference itself is stored. */
export async function markPrincipals(deps: EngineDeps, assignments: readonly AppRoleAssignment[]): Promise<void> {
  const principals: ObjectKey[] = assignments.flatMap(({ principalId, principalType }): ObjectKey[] => {
    if (principalType === 'User') return [{ type: 'user', id: principalId }];
    return principalType === 'Group' ? [{ type: 'group', id: principalId }] : [];
  });
  await deps.space.markDirty(principals);
  const groups = new Set(principals.flatMap(({ type, id }) => (type === 'group' ? [id] : [])));
  const { space, settings } = deps;
  for await (const users of usersBelowAny(space, settings.groupMembership, [...groups])) {
    await space.markDirty(users.map((id) => ({ type: 'user', id })));
  }
}

/** Marks every user below a group as waiting to be evaluated. */
export async function markUsersBelow(deps: EngineDeps, groupId: SourceId): Promise<void> {
  for await (const users of usersBelow(deps.space, deps.settings.groupMembership, groupId)) {
    await deps.space.markDirty(users.map((id) => ({ type: 'user', id })));
  }
}

/** With transitive membership a change in a nested group is one of the groups above it too. */
export async function markGroupsAbove({ space, settings }: EngineDeps, groupId: SourceId): Promise<void> {
  if (settings.groupMembership === 'Direct') return;
  // Not a cycle's own ancestry: that one remembers, and memberships are still on the move here.
  const above = await makeAncestry(space, settings.groupMembership).above(groupId);
  await space.markDirty(above.map((ancestor) => ({ type: 'group', id: ancestor.groupId })));
}
