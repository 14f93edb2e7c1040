import { HandoverError } from '../../core/errors';
import type { Link, ObjectType, SourceId, TargetMembership } from '../../core/model';
import type { WayBack } from '../../core/way-back';
import type { OwnedMembership } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
import { changeIdFor } from '../change-id';
import type { EngineReads } from '../deps';
import type { Foretold, Member, MembershipChange } from './memberships';

/** What the way back does to memberships of one object. */
export interface MembersBack {
  readonly add: readonly Member[];
  readonly remove: readonly { readonly owned: OwnedMembership; readonly actual: TargetMembership | undefined }[];
  /** Who came and left by an earlier try of the same change, by the ids of the other side. */
  readonly earlier: { readonly added: readonly SourceId[]; readonly removed: readonly SourceId[] };
  /** What cannot be taken back, and why. */
  readonly notes: readonly string[];
}

/** A membership by the two ids of Entra ID, seen from one of its sides. */
export const changeSeenFrom = ({ type, id }: ObjectKey, other: SourceId): MembershipChange =>
  type === 'user' ? { userId: id, groupId: other } : { userId: other, groupId: id };

/**
 * Compares the memberships that a change made and ended with those that there are. Reads only. One that somebody has ended, or made anew, since
 * is left.
 * @param own the link of the object; its role counts as after the way back
 * @param dryRun then nobody is waited for
 * @throws HandoverError while a member's own way back is about to make an agent of them again
 */
export async function planMembersBack(
  reads: EngineReads,
  key: ObjectKey,
  own: Link,
  way: WayBack,
  foretold: Foretold,
  dryRun: boolean,
): Promise<MembersBack> {
  const kept = await ownedBy(reads, key, [...way.join, ...way.leave]);
  const notes: string[] = [];
  const remove: { readonly owned: OwnedMembership; readonly actual: TargetMembership | undefined }[] = [];
  const there = new Map<string, ReadonlyMap<string, TargetMembership>>();
  for (const other of way.leave) {
    const owned = kept.get(other);
    if (!owned || !isMadeBy(way, key, owned)) {
      if (!foretold.removed.has(other)) notes.push(`the membership of ${other} is not taken back: it was changed since.`);
      continue;
    }
    const members = there.get(owned.targetGroupId) ?? (await membersOf(reads, owned));
    there.set(owned.targetGroupId, members);
    const actual = members.get(owned.targetUserId);
    // Ended by an earlier try of ours, which was cut off before it could be noted.
    if (actual || foretold.removed.has(other)) remove.push({ owned, actual });
    else notes.push(`the membership of ${other} is not taken back: it was ended in Zendesk since.`);
  }
  const add: Member[] = [];
  for (const other of way.join) {
    if (kept.has(other)) continue;
    const member = await memberOf(reads, key, own, other, dryRun);
    if (typeof member === 'string') notes.push(`the membership of ${other} is not taken back: ${member}.`);
    else add.push(member);
  }
  const wasAdded = (id: SourceId): boolean => foretold.changeIds.includes(kept.get(id)?.addedIn ?? '');
  return {
    add,
    remove,
    earlier: {
      added: way.join.filter(wasAdded),
      removed: way.leave.filter((id) => foretold.removed.has(id) && !kept.has(id)),
    },
    notes,
  };
}

/** The memberships of an object that this app keeps, by the other side. */
async function ownedBy(reads: EngineReads, { type, id }: ObjectKey, others: readonly SourceId[]) {
  const kept = new Map<SourceId, OwnedMembership>();
  if (others.length === 0) return kept;
  if (type === 'user') for (const one of await reads.links.membershipsOfUser(id)) kept.set(one.groupId, one);
  else for await (const page of reads.links.membershipsOfGroup(id)) for (const one of page) kept.set(one.userId, one);
  return kept;
}

/** Whether a membership is the one that the change made, not one that came later. Of one that was found there, nobody knows. */
function isMadeBy({ cycleId }: WayBack, key: ObjectKey, { userId, groupId, addedIn }: OwnedMembership): boolean {
  const [user, group]: readonly ObjectKey[] = [
    { type: 'user', id: userId },
    { type: 'group', id: groupId },
  ];
  return addedIn === undefined || [user ?? key, group ?? key].some((side) => changeIdFor(cycleId, side) === addedIn);
}

async function membersOf(reads: EngineReads, { targetGroupId }: OwnedMembership): Promise<ReadonlyMap<string, TargetMembership>> {
  const members = new Map<string, TargetMembership>();
  for await (const page of reads.target.listGroupMemberships(targetGroupId)) for (const one of page) members.set(one.userId, one);
  return members;
}

/** Both sides of a membership that is to be there again, or the reason why it cannot be. */
async function memberOf(
  reads: EngineReads,
  key: ObjectKey,
  own: Link,
  other: SourceId,
  dryRun: boolean,
): Promise<Member | string> {
  const otherType: ObjectType = key.type === 'user' ? 'group' : 'user';
  const link = (await reads.links.read({ type: otherType, id: other }))?.value.link;
  if (!link)
    return otherType === 'group' ? 'the group is no longer connected to one in Zendesk' : 'they no longer have an account';
  const member = key.type === 'user' ? { user: own, group: link } : { user: link, group: own };
  if (member.user.isAgent) return member;
  if (key.type === 'user') return 'only agents can be in a group';
  if (dryRun) return member;
  const pending = (await reads.holds.read({ type: 'user', id: other }))?.value.way;
  if (pending?.values.some(({ attribute }) => attribute === 'role')) {
    throw new HandoverError(`The role of ${other} is about to be taken back; then they can be in the group again.`, true);
  }
  return 'only agents can be in a group';
}
