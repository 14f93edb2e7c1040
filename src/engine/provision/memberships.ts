import { ProvisioningError, RejectedError } from '../../core/errors';
import type { Link, SourceId, TargetId, TargetMembership, WorkItem } from '../../core/model';
import type { OwnedMembership } from '../../ports/stores';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { makeAncestry, usersBelow } from '../decide/ancestry';
import { protectedBy } from '../decide/protection';
import { membersToRemove } from '../decide/removals';
import { decideScope, readAppRoles } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { isStillCovered } from './await-count';

/** What bringing memberships in line did, in counts and words for the log. */
export interface MembershipResult {
  readonly added: number;
  readonly removed: number;
  /** Members who cannot be in a Zendesk group: end users, or people without an account. */
  readonly skipped: number;
  /** Removals that wait for the brake. */
  readonly held: number;
  readonly problems: readonly string[];
}

/** Called before a membership is written: what is about to happen is put on record, so that a crash leaves no untold change. */
export type Intend = () => Promise<void>;

const NONE: MembershipResult = { added: 0, removed: 0, skipped: 0, held: 0, problems: [] };

/**
 * Puts an agent into the Zendesk groups of the provisioned Entra groups that it is in. Only adds: a group's own work item takes
 * members out. Runs after the user's link is stored, so that of a user and a group provisioned at once one always sees the other.
 */
export async function joinGroups(deps: EngineDeps, user: Link, intend: Intend): Promise<MembershipResult> {
  if (!deps.schema.groups) return NONE;
  const above = await makeAncestry(deps.space, deps.settings.groupMembership).above(user.sourceId);
  if (above.length === 0) return NONE;
  if (!user.isAgent) {
    // Zendesk has dropped an end user from every group; a return as an agent must not take the old memberships for real.
    await forgetMemberships(deps, user.sourceId);
    return { ...NONE, skipped: above.length };
  }
  const owned = new Map((await deps.links.membershipsOfUser(user.sourceId)).map((one) => [one.groupId, one]));
  let added = 0;
  const problems: string[] = [];
  for (const { groupId } of above) {
    const group = (await deps.links.read({ type: 'group', id: groupId }))?.value.link;
    if (!group || isOf(owned.get(groupId), user, group) || !(await isInScope(deps, groupId))) continue;
    await intend();
    const problem = await addMember(deps, user, group);
    if (problem === undefined) added += 1;
    else problems.push(problem);
  }
  return { ...NONE, added, problems };
}

/** Protected accounts are left in the groups that they are in, and out of the others. */
async function isProtected(deps: EngineDeps, user: TargetId): Promise<boolean> {
  const account = await deps.target.describe();
  if (user === account.selfId || user === account.ownerId) return true;
  if (deps.settings.protectedUsers.length === 0) return false;
  return protectedBy(deps, account, await deps.target.getUser(user), null) !== undefined;
}

/** A group on its way out takes nobody in: whether it or its member comes first must not matter. */
async function isInScope(deps: EngineDeps, groupId: SourceId): Promise<boolean> {
  const group = (await deps.space.readObject({ type: 'group', id: groupId }))?.value;
  if (!group) return false;
  const above = await makeAncestry(deps.space, deps.settings.groupMembership).above(groupId);
  return decideScope(deps, await readAppRoles(deps), group, above).kind === 'in';
}

/** Forgets the memberships of a user whom Zendesk has dropped from all groups (a downgraded agent). */
export async function forgetMemberships(deps: EngineDeps, userId: SourceId): Promise<void> {
  for (const membership of await deps.links.membershipsOfUser(userId)) await deps.links.removeMembership(membership);
}

/**
 * Brings the members of a Zendesk group in line with those of its Entra group. Members that this app did not put there are left
 * alone; somebody is taken out only with the brake's word.
 */
export async function alignMembers(deps: EngineDeps, group: Link, item: WorkItem, intend: Intend): Promise<MembershipResult> {
  const actual = new Map<TargetId, TargetMembership>();
  for await (const page of deps.target.listGroupMemberships(group.targetId)) {
    for (const membership of page) actual.set(membership.userId, membership);
  }
  const owned = new Map<SourceId, OwnedMembership>();
  for await (const page of deps.links.membershipsOfGroup(group.sourceId)) for (const one of page) owned.set(one.userId, one);

  let [added, skipped] = [0, 0];
  const problems: string[] = [];
  const seen = new Set<SourceId>();
  for await (const page of usersBelow(deps.space, deps.settings.groupMembership, group.sourceId)) {
    const fresh = page.filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    const rows = await concurrently(fresh, STORAGE_CONCURRENCY, (id) => deps.links.read({ type: 'user', id }));
    for (const row of rows) {
      const user = row?.value.link;
      if (!user?.isAgent) {
        skipped += 1;
        continue;
      }
      const membership = actual.get(user.targetId);
      if (membership) {
        if (!isOf(owned.get(user.sourceId), user, group))
          await deps.links.putMembership(ownedMembership(user, group, membership));
        continue;
      }
      if (await isProtected(deps, user.targetId)) {
        skipped += 1;
        continue;
      }
      await intend();
      const problem = await addMember(deps, user, group);
      if (problem === undefined) added += 1;
      else problems.push(problem);
    }
  }

  const leaving = await membersToRemove(deps, group.sourceId);
  if (leaving.length > 0 && !(await isStillCovered(deps, item)))
    return { added, removed: 0, skipped, held: leaving.length, problems };
  let removed = 0;
  for (const membership of leaving) {
    if (await isProtected(deps, membership.targetUserId)) {
      await deps.links.removeMembership(membership);
      continue;
    }
    await intend();
    const problem = await removeMember(deps, membership, actual.get(membership.targetUserId));
    if (problem === undefined) removed += 1;
    else problems.push(problem);
  }
  return { added, removed, skipped, held: 0, problems };
}

/** What {@link alignMembers} would do, from the stores and one read of Zendesk; writes nothing. */
export async function previewMembers(deps: EngineDeps, groupId: SourceId, group: Link | null): Promise<MembershipResult> {
  const actual = new Set<TargetId>();
  if (group) {
    for await (const page of deps.target.listGroupMemberships(group.targetId)) for (const one of page) actual.add(one.userId);
  }
  let [added, skipped] = [0, 0];
  const seen = new Set<SourceId>();
  for await (const page of usersBelow(deps.space, deps.settings.groupMembership, groupId)) {
    const fresh = page.filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    const rows = await concurrently(fresh, STORAGE_CONCURRENCY, (id) => deps.links.read({ type: 'user', id }));
    for (const row of rows) {
      const user = row?.value.link;
      if (!user?.isAgent) skipped += 1;
      else if (!actual.has(user.targetId)) added += 1;
    }
  }
  return { ...NONE, added, skipped, removed: (await membersToRemove(deps, groupId)).length };
}

async function addMember(deps: EngineDeps, user: Link, group: Link): Promise<string | undefined> {
  try {
    const membership = await deps.target.addMembership(user.targetId, group.targetId);
    await deps.links.putMembership(ownedMembership(user, group, membership));
    return undefined;
  } catch (error) {
    return refusal(error, `${user.sourceId} could not be put into group ${group.targetId}`);
  }
}

async function removeMember(
  deps: EngineDeps,
  owned: OwnedMembership,
  actual: TargetMembership | undefined,
): Promise<string | undefined> {
  try {
    if (actual) await deps.target.removeMembership(actual);
    await deps.links.removeMembership(owned);
    return undefined;
  } catch (error) {
    return refusal(error, `${owned.userId} could not be taken out of group ${owned.targetGroupId}`);
  }
}

/** A refused reference is a warning of its object; anything else (throttling, an outage) is the object's own error. */
function refusal(error: unknown, what: string): string {
  if (error instanceof RejectedError) return `${what}: ${error.detail ?? error.message}`;
  if (error instanceof ProvisioningError && error.code === 'PROV_TARGET_NOT_FOUND') return `${what}: it is gone in Zendesk`;
  throw error;
}

/** Whether a membership is the one of these two; not so after either was deleted in Zendesk by hand and made again. */
const isOf = (owned: OwnedMembership | undefined, user: Link, group: Link): boolean =>
  owned?.targetUserId === user.targetId && owned.targetGroupId === group.targetId;

const ownedMembership = (user: Link, group: Link, membership: TargetMembership): OwnedMembership => ({
  groupId: group.sourceId,
  userId: user.sourceId,
  targetGroupId: group.targetId,
  targetUserId: user.targetId,
  membershipId: membership.id,
});
