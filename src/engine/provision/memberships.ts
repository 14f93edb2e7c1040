import { isGuid } from '../../core/guid';
import type { Link, SourceId, TargetId, TargetMembership } from '../../core/model';
import type { LinkClaim, OwnedMembership } from '../../ports/link-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { usersBelow } from '../decide/ancestry';
import { readDue } from '../decide/due';
import { isHeld } from '../decide/held';
import type { EngineReads } from '../deps';
import { isMemberNow } from './is-member';

/** Somebody who is in a Zendesk group, or is to be, with the group. */
export interface Member {
  readonly user: Link;
  readonly group: Link;
}

/** Who comes into which group or leaves it, by the ids of Entra ID. */
export interface MembershipChange {
  readonly userId: SourceId;
  readonly groupId: SourceId;
}

/** What bringing the members of one group in line with the source takes. */
export interface MembersPlan {
  readonly add: readonly Link[];
  /** Who is in the group already, but not noted as put there for the source. */
  readonly note: readonly { readonly user: Link; readonly membership: TargetMembership }[];
  /** Memberships that this app keeps and the source no longer has; `actual` where Zendesk still has it. */
  readonly remove: readonly { readonly owned: OwnedMembership; readonly actual: TargetMembership | undefined }[];
  /** Members who cannot be in a Zendesk group, or not yet: end users, and people without an account. */
  readonly skip: readonly SourceId[];
  /** Members whom nobody in Entra ID stands for, and whom an operator has asked to take out. */
  readonly foreign: readonly TargetMembership[];
  /** Who came and left by an earlier try of the same change, and is in no log entry yet. */
  readonly earlier: { readonly added: readonly SourceId[]; readonly removed: readonly SourceId[] };
}

/** How somebody is named in a log entry whom Entra ID does not know: by the Zendesk id, where others have the one of Entra ID. */
export const foreignId = (id: TargetId): SourceId => `zendesk:${id}` as SourceId;

/** What an earlier try of a change had put on record before it wrote memberships, and under which changes it was at work. */
export interface Foretold {
  readonly changeIds: readonly string[];
  readonly added: ReadonlySet<SourceId>;
  readonly removed: ReadonlySet<SourceId>;
}

/** What is on record of an earlier try. */
export const foretoldBy = (claim: LinkClaim | null, changeId: string): Foretold => ({
  changeIds: claim ? [changeId, claim.changeId, ...(claim.before ?? [])] : [changeId],
  added: new Set(claim?.members?.added),
  removed: new Set(claim?.members?.removed),
});

/**
 * Compares the members of an Entra group with those of its Zendesk group. Reads only. Members that this app did not put there are left alone.
 * @param group the link to the Zendesk group; null while there is none
 * @param asked members whom an operator has asked to take out; those whom Entra ID has in the group by now stay
 */
export async function planMembers(
  reads: EngineReads,
  groupId: SourceId,
  group: Link | null,
  foretold: Foretold,
  asked: readonly TargetId[] = [],
): Promise<MembersPlan> {
  const actual = new Map<TargetId, TargetMembership>();
  if (group) {
    for await (const page of reads.target.listGroupMemberships(group.targetId)) {
      for (const membership of page) actual.set(membership.userId, membership);
    }
  }
  const owned = new Map<SourceId, OwnedMembership>();
  for await (const page of reads.links.membershipsOfGroup(groupId)) for (const one of page) owned.set(one.userId, one);

  const add: Link[] = [];
  const note: { user: Link; membership: TargetMembership }[] = [];
  const skip: SourceId[] = [];
  const added: SourceId[] = [];
  const seen = new Set<SourceId>();
  for await (const page of usersBelow(reads.space, reads.settings.groupMembership, groupId)) {
    const fresh = page.filter((id) => !seen.has(id));
    for (const id of fresh) seen.add(id);
    const links = await concurrently(fresh, STORAGE_CONCURRENCY, async (id) => ({ id, link: await linkOf(reads, id) }));
    for (const { id, link } of links) {
      if (!link?.isAgent) {
        skip.push(id);
        continue;
      }
      const membership = actual.get(link.targetId);
      const kept = owned.get(id);
      if (!membership) {
        add.push(link);
        continue;
      }
      const isNoted = group !== null && isOf(kept, { user: link, group });
      if (!isNoted) note.push({ user: link, membership });
      if (isNoted ? wasAddedBy(foretold, kept) : foretold.added.has(id)) added.push(id);
    }
  }
  const gone = [...owned.values()].filter(({ userId }) => !seen.has(userId));
  const held = await heldAmong(reads, [...add.map(({ sourceId }) => sourceId), ...gone.map(({ userId }) => userId)]);
  const remove = gone
    .filter(({ userId }) => !held.has(userId))
    .map((one) => ({ owned: one, actual: actual.get(one.targetUserId) }));
  const stillThere = new Set<SourceId>([...actual.keys()].map(foreignId));
  const left = [...foretold.removed].filter((id) => !owned.has(id) && !seen.has(id) && !stillThere.has(id));
  const ownedTargets = new Set([...owned.values()].map(({ targetUserId }) => targetUserId));
  const foreign: TargetMembership[] = [];
  for (const id of asked) {
    const membership = actual.get(id);
    if (membership && !ownedTargets.has(id) && !(await isAskedFor(reads, id, groupId, seen))) foreign.push(membership);
  }
  return {
    add: add.filter(({ sourceId }) => !held.has(sourceId)),
    note,
    remove,
    skip,
    foreign,
    earlier: { added, removed: left },
  };
}

/** Whether somebody in Entra ID whose an account is belongs into a group. */
async function isAskedFor(reads: EngineReads, id: TargetId, groupId: SourceId, seen: ReadonlySet<SourceId>): Promise<boolean> {
  const person = await personOf(reads, id);
  return seen.has(person) || (isGuid(person) && (await isMemberNow(reads, person, groupId)));
}

/** Whose an account is: by its link, or by the id that it carries where the pair was forgotten. Empty where it is nobody's. */
async function personOf({ links, target }: EngineReads, id: TargetId): Promise<SourceId> {
  const source = (await links.sourceOf('user', id)) ?? (await target.getUser(id))?.externalId?.toLowerCase();
  return (source ?? '') as SourceId;
}

/** Whom an operator holds: their memberships stay as they are. */
async function heldAmong(reads: EngineReads, ids: readonly SourceId[]): Promise<ReadonlySet<SourceId>> {
  const found = await concurrently(ids, STORAGE_CONCURRENCY, (id) => isHeld(reads, { type: 'user', id }));
  return new Set(ids.filter((_, at) => found[at]));
}

const linkOf = async (reads: EngineReads, id: SourceId): Promise<Link | undefined> =>
  (await reads.links.read({ type: 'user', id }))?.value.link ?? undefined;

/** The Zendesk groups that an agent is to join: those of the provisioned Entra groups above. */
export interface GroupsPlan {
  readonly join: readonly Link[];
  /** How many groups the user cannot be in, for want of an agent's role. */
  readonly skip: number;
  /** Groups joined by an earlier try of the same change, and in no log entry yet. */
  readonly earlier: { readonly added: readonly SourceId[] };
}

/**
 * Which groups a user is to be put into. Only adds: a group's own work item takes members out. To be asked after the user's link is stored, so
 * that of a user and a group provisioned at the same time one always sees the other.
 */
export async function planGroups(
  reads: EngineReads,
  user: Link,
  above: readonly SourceId[],
  foretold: Foretold,
): Promise<GroupsPlan> {
  const none = { join: [], earlier: { added: [] } };
  if (!reads.schema.groups || above.length === 0) return { ...none, skip: 0 };
  if (!user.isAgent) return { ...none, skip: above.length };
  const owned = new Map((await reads.links.membershipsOfUser(user.sourceId)).map((one) => [one.groupId, one]));
  const join: Link[] = [];
  for (const id of above) {
    const group = (await reads.links.read({ type: 'group', id }))?.value.link;
    if (!group || isOf(owned.get(id), { user, group }) || !(await takesIn(reads, id))) continue;
    join.push(group);
  }
  // What the group's own item has noted meanwhile, without having put it there, was put there by us.
  const added = [...owned.values()].filter(
    (one) => wasAddedBy(foretold, one) || (one.addedIn === undefined && foretold.added.has(one.groupId)),
  );
  return { join, skip: 0, earlier: { added: added.map(({ groupId }) => groupId) } };
}

/** A group on its way out takes nobody in: whether it or its member comes first must not matter. Neither does one that an operator holds. */
const takesIn = async (reads: EngineReads, id: SourceId): Promise<boolean> => {
  const due = await readDue(reads, { type: 'group', id });
  return due?.decision.kind === 'in' && due.held.kind !== 'held';
};

const wasAddedBy = ({ changeIds }: Foretold, owned: OwnedMembership | undefined): boolean =>
  owned?.addedIn !== undefined && changeIds.includes(owned.addedIn);

/** Whether a membership is the one of these two; not so after either was deleted in Zendesk by hand and made again. */
const isOf = (owned: OwnedMembership | undefined, { user, group }: Member): boolean =>
  owned?.targetUserId === user.targetId && owned.targetGroupId === group.targetId;
