import { NotFoundError } from '../../core/errors';
import type { SourceId, SourceObject } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import { makeAncestry } from '../decide/ancestry';
import type { CycleContext } from './cycle-context';
import { refreshGroupsAbove, refreshMembersBelow } from './import-one-members';

/** True when an object that was deleted is reported as living. */
export const hasReturned = (before: SourceObject, after: SourceObject): boolean =>
  before.deleted !== 'no' && after.deleted === 'no';

/**
 * Reads the memberships of an object anew that has returned from the deleted ones: Entra ID brings them back with it and need not tell
 * of each, and a full reading in between has seen none of them. Whoever is concerned is marked.
 * @returns false when the object is reported and cannot be found yet: then it must not count as returned.
 */
export async function rereadMemberships(context: CycleContext, { type, id }: ObjectKey): Promise<boolean> {
  const { deps } = context;
  const reads = { deps, wantedGroups: await context.groups.ids(), parents: new Map() };
  try {
    await refreshGroupsAbove(reads, { type, id });
    if (type === 'group') await refreshMembersBelow(reads, id);
    if (type === 'group' && deps.settings.groupMembership === 'Transitive') await followNested(context, id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    deps.logger.warn('An object has returned and cannot be read yet; it counts as deleted until it can', {
      cycleId: context.cycle().cycleId,
      sourceId: id,
    });
    return false;
  }
  const above = await makeAncestry(deps.space, deps.settings.groupMembership).above(id);
  await deps.space.markDirty(above.map(({ groupId }) => ({ type: 'group', id: groupId })));
  return true;
}

async function followNested({ deps, groups }: CycleContext, groupId: SourceId): Promise<void> {
  for await (const edges of deps.space.listMembers(groupId)) {
    await groups.follow(edges.flatMap(({ memberType, memberId }) => (memberType === 'group' ? [memberId] : [])));
  }
}
