import type { RemovalKind } from '../../core/brake';
import { ProvisioningError, RejectedError, StaleStateError } from '../../core/errors';
import type { Link, SourceId, TargetId, TargetMembership, WorkItem } from '../../core/model';
import { protectedBy, protectsAddresses } from '../../core/protection';
import type { OwnedMembership } from '../../ports/link-store';
import { makeAncestry, usersBelow } from '../decide/ancestry';
import type { EngineDeps, EngineReads } from '../deps';
import type { MembersBack } from './members-back';
import { type Foretold, foreignId, type GroupsPlan, type Member, type MembershipChange, type MembersPlan } from './memberships';
import { permitted } from './permission';

/** What became of memberships. */
export interface MembershipResult {
  readonly added: readonly MembershipChange[];
  readonly removed: readonly MembershipChange[];
  /** How many cannot be: end users, people without an account, groups of somebody who is not an agent. */
  readonly skipped: number;
  /** Some of those who were skipped, for the log. */
  readonly skippedIds: readonly SourceId[];
  /** Removals that wait for the brake. */
  readonly held: number;
  readonly problems: readonly string[];
}

/** Nothing happened. */
export const NO_CHANGE: MembershipResult = { added: [], removed: [], skipped: 0, skippedIds: [], held: 0, problems: [] };

/** Puts on record who is about to come and go, before it happens, so that a crash leaves no untold change. */
export type Intend = (added: readonly SourceId[], removed: readonly SourceId[]) => Promise<void>;

/**
 * How long one work item may write memberships before it goes back into the queue and continues there, in milliseconds: well inside the
 * time-out of a function call (`functionTimeout` in host.json).
 */
const STRETCH_MS = 4 * 60_000;

/** How many ids of those who were skipped are named. */
const NAMED = 20;

/** How many memberships one item takes out at most: as many as fit on record. What is left is counted anew. */
const MAX_REMOVED = 5_000;

/** How many additions are put on record at a time. */
const BATCH = 500;

/** Puts an agent into the groups that it is to join. */
export async function joinGroups(
  deps: EngineDeps,
  user: Link,
  plan: GroupsPlan,
  item: WorkItem,
  intend: Intend,
): Promise<MembershipResult> {
  // Zendesk has dropped an end user from every group; a return as an agent must not take the old memberships for real.
  if (!user.isAgent && plan.skip > 0) await forgetMemberships(deps, user.sourceId);
  const members = plan.join.map((group) => ({ user, group }));
  const earlier = plan.earlier.added;
  const ids = [...earlier, ...plan.join.map(({ sourceId }) => sourceId)];
  if (members.length > 0) await intend(ids, []);
  const { added, problems, skippedIds } = await addAll(deps, members, item);
  return {
    ...NO_CHANGE,
    added: [...earlier.map((groupId) => ({ userId: user.sourceId, groupId })), ...added],
    skipped: plan.skip + skippedIds.length,
    skippedIds,
    problems,
  };
}

/** Brings the members of a Zendesk group in line with its plan. Somebody is taken out only where that was counted and let go. */
export async function alignMembers(
  deps: EngineDeps,
  group: Link,
  plan: MembersPlan,
  item: WorkItem,
  intend: Intend,
): Promise<MembershipResult> {
  const { earlier } = plan;
  const counted = await countedRemovals(deps, plan, item);
  const foreign = await askedRemovals(deps, plan, item);
  const leaving = [
    ...earlier.removed,
    ...counted.map(({ owned }) => owned.userId),
    ...foreign.map(({ userId }) => foreignId(userId)),
  ];
  const notedIds = plan.note.map(({ user }) => user.sourceId).filter((id) => earlier.added.includes(id));
  const added: MembershipChange[] = earlier.added.map((userId) => ({ userId, groupId: group.sourceId }));
  const skippedIds: SourceId[] = [];
  const problems: string[] = [];
  // Additions that are noted with their change from here on need no other record; the others are on record in batches.
  if (counted.length + foreign.length > 0 && plan.add.length === 0) await intend(notedIds, leaving);
  for (let at = 0; at < plan.add.length; at += BATCH) {
    const batch = plan.add.slice(at, at + BATCH);
    await intend([...(at === 0 ? notedIds : []), ...batch.map(({ sourceId }) => sourceId)], leaving);
    const result = await addAll(
      deps,
      batch.map((user) => ({ user, group })),
      item,
    );
    added.push(...result.added);
    skippedIds.push(...result.skippedIds);
    problems.push(...result.problems);
  }
  for (const { user, membership } of plan.note) {
    const isEarlier = earlier.added.includes(user.sourceId);
    await deps.links.putMembership({
      ...ownedMembership({ user, group }, membership),
      ...(isEarlier && { addedIn: item.changeId }),
    });
  }
  const left = await removeAll(deps, counted, item);
  const strangers = await removeForeign(deps, group, foreign, item);
  return {
    added,
    removed: [...earlier.removed.map((userId) => ({ userId, groupId: group.sourceId })), ...left.removed, ...strangers.removed],
    skipped: plan.skip.length + skippedIds.length,
    skippedIds: [...plan.skip, ...skippedIds].slice(0, NAMED),
    held: plan.remove.length - counted.length + left.held,
    problems: [...problems, ...left.problems, ...strangers.problems],
  };
}

/**
 * Has the next cycle count whoever has left a group while they were put into it: the group's own item may have compared its members before, and
 * nothing else would. To be asked after the memberships are stored, so that either this or the item of the change sees both.
 */
export async function recountLeft(deps: EngineDeps, item: WorkItem, { added }: MembershipResult): Promise<void> {
  if (added.length === 0) return;
  const { space, settings } = deps;
  const key = { type: item.objectType, id: item.sourceId };
  if (key.type === 'user') {
    const above = new Set((await makeAncestry(space, settings.groupMembership).above(key.id)).map(({ groupId }) => groupId));
    const left = added.filter(({ groupId }) => !above.has(groupId));
    return space.markDirty(left.map(({ groupId }) => ({ type: 'group', id: groupId })));
  }
  const left = new Set(added.map(({ userId }) => userId));
  for await (const page of usersBelow(space, settings.groupMembership, key.id)) for (const id of page) left.delete(id);
  if (left.size > 0) await space.markDirty([key]);
}

/** Forgets the memberships of a user whom Zendesk has dropped from all groups (a downgraded agent). */
export async function forgetMemberships(deps: EngineDeps, userId: SourceId): Promise<void> {
  for (const membership of await deps.links.membershipsOfUser(userId)) await deps.links.removeMembership(membership);
}

/**
 * Notes that somebody who is not an agent any more has left all groups: Zendesk sees to that by itself, and only the log can tell later where they
 * were.
 */
export async function leaveWithRole(
  deps: EngineDeps,
  { sourceId: userId }: Link,
  { removed: foretold }: Foretold,
  intend: (removed: readonly SourceId[]) => Promise<void>,
): Promise<MembershipResult> {
  const kept = (await deps.links.membershipsOfUser(userId)).map(({ groupId }) => groupId);
  const ids = [...new Set([...foretold, ...kept])].sort();
  if (kept.length > 0) await intend(ids);
  for (const groupId of kept) await deps.links.removeMembership({ userId, groupId });
  return { ...NO_CHANGE, removed: ids.map((groupId) => ({ userId, groupId })) };
}

/** Makes the memberships that a way back restores, and ends those that it takes back: exactly these, as long as that is permitted. */
export async function takeMembersBack(
  deps: EngineDeps,
  { add, remove, earlier }: MembersBack,
  item: WorkItem,
  seen: (other: SourceId) => MembershipChange,
  intend: Intend,
): Promise<MembershipResult> {
  const kind = remove.length > 0 ? await permitted(deps, item) : null;
  const leaving = kind === null ? [] : remove;
  const otherOf = ({ userId, groupId }: MembershipChange): SourceId => (userId === item.sourceId ? groupId : userId);
  if (add.length + leaving.length > 0) {
    await intend(
      [...earlier.added, ...add.map(({ user, group }) => otherOf({ userId: user.sourceId, groupId: group.sourceId }))],
      [...earlier.removed, ...leaving.map(({ owned }) => otherOf(owned))],
    );
  }
  const joined = await addAll(deps, add, item);
  const left = await removeAll(deps, leaving, item, kind ?? 'membershipRemoval');
  return {
    added: [...earlier.added.map(seen), ...joined.added],
    removed: [...earlier.removed.map(seen), ...left.removed],
    skipped: joined.skippedIds.length,
    skippedIds: joined.skippedIds,
    held: remove.length - leaving.length + left.held,
    problems: [...joined.problems, ...left.problems],
  };
}

async function addAll(
  deps: EngineDeps,
  members: readonly Member[],
  item: WorkItem,
): Promise<Pick<MembershipResult, 'added' | 'skippedIds' | 'problems'>> {
  const stretch = newStretch(deps);
  const added: MembershipChange[] = [];
  const skippedIds: SourceId[] = [];
  const problems: string[] = [];
  for (const member of members) {
    const { user, group } = member;
    if (await isProtected(deps, user.targetId)) {
      skippedIds.push(user.sourceId);
      continue;
    }
    stretch.requireTime();
    const problem = await attempt(`${user.sourceId} could not be put into group ${group.targetId}`, async () => {
      const membership = await deps.target.addMembership(user.targetId, group.targetId);
      await deps.links.putMembership({ ...ownedMembership(member, membership), addedIn: item.changeId });
    });
    if (problem === undefined) added.push({ userId: user.sourceId, groupId: group.sourceId });
    else if (await isAgent(deps, user.targetId)) problems.push(problem);
    else skippedIds.push(user.sourceId);
  }
  return { added, skippedIds, problems };
}

type Removal = MembersPlan['remove'][number];

/** Of those who are to leave, the ones that were counted and let go. */
async function countedRemovals(deps: EngineDeps, { remove }: MembersPlan, item: WorkItem): Promise<readonly Removal[]> {
  const isLetGo = remove.length > 0 && (await permitted(deps, item)) === 'membershipRemoval';
  if (!isLetGo) return [];
  return remove.filter(({ owned }) => owned.leavingIn === item.allows?.countedIn).slice(0, MAX_REMOVED);
}

async function removeAll(
  deps: EngineDeps,
  counted: readonly Removal[],
  item: WorkItem,
  kind: RemovalKind = 'membershipRemoval',
): Promise<Pick<MembershipResult, 'removed' | 'held' | 'problems'>> {
  const stretch = newStretch(deps);
  const removed: MembershipChange[] = [];
  const problems: string[] = [];
  for (const [at, { owned, actual }] of counted.entries()) {
    const isKept = await isProtected(deps, owned.targetUserId);
    stretch.requireTime();
    // A later cycle may have begun to hold the rest while the ones before were taken out.
    if ((await permitted(deps, item)) !== kind) return { removed, held: counted.length - at, problems };
    const isSpared = isKept || (await isOfAnother(deps, owned));
    const problem = await attempt(`${owned.userId} could not be taken out of group ${owned.targetGroupId}`, async () => {
      if (actual && !isSpared) await deps.target.removeMembership(actual);
      await deps.links.removeMembership(owned);
    });
    if (problem !== undefined) problems.push(problem);
    else if (!isSpared) removed.push({ userId: owned.userId, groupId: owned.groupId });
  }
  return { removed, held: 0, problems };
}

/**
 * Whether the account has become another person's since the members were compared, as that of a former self does: who is in the group with it now is
 * not who was counted, and may belong there.
 */
async function isOfAnother({ links }: EngineReads, { userId, targetUserId }: OwnedMembership): Promise<boolean> {
  const holder = await links.sourceOf('user', targetUserId);
  return holder !== undefined && holder !== userId;
}

/** Whom an operator has asked to take out, where that was let go. */
async function askedRemovals(deps: EngineDeps, { foreign }: MembersPlan, item: WorkItem): Promise<readonly TargetMembership[]> {
  const isLetGo = foreign.length > 0 && (await permitted(deps, item)) === 'membershipRemoval';
  return isLetGo ? foreign : [];
}

/** Takes out members whom nobody in Entra ID stands for. Whoever is protected stays. */
async function removeForeign(
  deps: EngineDeps,
  { sourceId: groupId }: Link,
  foreign: readonly TargetMembership[],
  item: WorkItem,
): Promise<Pick<MembershipResult, 'removed' | 'problems'>> {
  const stretch = newStretch(deps);
  const removed: MembershipChange[] = [];
  const problems: string[] = [];
  for (const membership of foreign) {
    const { userId } = membership;
    if (await isProtected(deps, userId)) continue;
    stretch.requireTime();
    if ((await permitted(deps, item)) !== 'membershipRemoval') break;
    const problem = await attempt(`The Zendesk user ${userId} could not be taken out of group ${membership.groupId}`, () =>
      deps.target.removeMembership(membership),
    );
    if (problem !== undefined) problems.push(problem);
    else removed.push({ userId: foreignId(userId), groupId });
  }
  return { removed, problems };
}

/** A large group is worked on in stretches: what is done is stored, and the item continues from there. */
function newStretch({ clock }: Pick<EngineDeps, 'clock'>): { requireTime(): void } {
  const endMs = clock().getTime() + STRETCH_MS;
  return {
    requireTime() {
      if (clock().getTime() >= endMs) {
        throw new StaleStateError('The group has more members than one call can write; it continues with the next call.');
      }
    },
  };
}

/** Somebody may have made an end user of an agent, in Zendesk: then the refusal is not a failure. */
const isAgent = async (reads: EngineReads, id: TargetId): Promise<boolean> => {
  const account = await reads.target.getUser(id);
  return account?.active === true && account.role.role !== 'end-user';
};

/** Protected accounts are left in the groups that they are in, and out of the others. */
async function isProtected(reads: EngineReads, id: TargetId): Promise<boolean> {
  const { protectedUsers } = reads.settings;
  const rules = { ...(await reads.target.describe()), protectedUsers };
  if (protectedBy(rules, { id, email: null }, []) !== undefined) return true;
  if (!protectsAddresses(protectedUsers)) return false;
  return protectedBy(rules, { id, email: null }, await reads.target.addressesOf(id)) !== undefined;
}

/** A refused reference is a warning of its object; anything else (throttling, an outage) is the object's own error. */
async function attempt(what: string, write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (error instanceof RejectedError) return `${what}: ${error.detail ?? error.message}`;
    if (error instanceof ProvisioningError && error.code === 'PROV_TARGET_NOT_FOUND') return `${what}: it is gone in Zendesk`;
    throw error;
  }
}

const ownedMembership = ({ user, group }: Member, membership: TargetMembership): OwnedMembership => ({
  groupId: group.sourceId,
  userId: user.sourceId,
  targetGroupId: group.targetId,
  targetUserId: user.targetId,
  membershipId: membership.id,
});
