import type { Link, ObjectType, SourceId, TargetId } from '../core/model';
import type { Plan } from '../core/plan-model';
import type { StagedDeletion } from './staged-deletion-store';
import type { ObjectKey, Stored } from './stored';

/** What may be read of the links. */
export type LinkReads = Pick<
  LinkStore,
  | 'read'
  | 'listBetween'
  | 'sourceOf'
  | 'listLinks'
  | 'countLinks'
  | 'membershipsOfGroup'
  | 'membershipsOfUser'
  | 'countMemberships'
>;

/** The link of a former self, with what ends with it. */
export interface FormerLink {
  readonly link: Link;
  /** What is held of it, or let go. */
  readonly staged?: StagedDeletion;
}

/**
 * A claim on an object while its plan is being exported: the write-ahead record of what is about to happen. With `untilMs` 0 it holds
 * nobody off any more: the plan may have been written and has no log entry yet.
 */
export interface LinkClaim {
  /** Until when nobody else may write; a claim left by a dead process ends by itself. */
  readonly untilMs: number;
  /** When its worker last claimed the object for its plan. Absent in rows of older versions. */
  readonly sinceMs?: number;
  readonly changeId: string;
  readonly cycleId: string;
  readonly plan: Plan;
  /** True once the link was stored of what the plan has written: it proves a creation also where somebody deletes the object before its entry. */
  readonly isSettled?: true;
  /** True where the link has been broken since, and its account was seen as the plan's suspension had left it: nothing else would prove that one. */
  readonly hasSuspended?: true;
  /** What earlier tries have written besides, proved and in no log entry yet. */
  readonly untold?: readonly Plan[];
  /** Earlier changes that wrote under this claim, or were about to, and are in no log entry yet: what they noted is told with this one. */
  readonly before?: readonly string[];
  /** What was ended so that the account could be taken over, until it has been: given back where the takeover comes to nothing. */
  readonly former?: FormerLink;
  /** Memberships that are about to come and go, by the Entra id of the other side, so that a repeat can tell which of them did. */
  readonly members?: { readonly added: readonly SourceId[]; readonly removed: readonly SourceId[] };
}

/** What is stored of an object's pairing: the link once there is one, and the claim while somebody works. */
export interface LinkRow {
  readonly link: Link | null;
  readonly claim: LinkClaim | null;
}

/** A row with the object that it is about. */
export interface KeyedLinkRow extends Stored<LinkRow> {
  readonly id: SourceId;
}

/** A Zendesk membership that this app made or took over, and may therefore take away. */
export interface OwnedMembership {
  readonly groupId: SourceId;
  readonly userId: SourceId;
  readonly targetGroupId: TargetId;
  readonly targetUserId: TargetId;
  readonly membershipId: TargetId;
  /** The change that put the user there, so that a repeat of it can still tell; absent for one that was there before. */
  readonly addedIn?: string;
  /** The change that counted its removal: only a permission for that change lets it go. Absent while nobody has counted it. */
  readonly leavingIn?: string;
}

/** Links, found by source and by target, and the memberships between linked objects. */
export interface LinkStore {
  read(key: ObjectKey): Promise<Stored<LinkRow> | undefined>;
  /** The rows of a type from one source id to another, both included, in key order. */
  listBetween(type: ObjectType, from: SourceId, to: SourceId): AsyncIterable<readonly KeyedLinkRow[]>;
  /** @param etag as for StateStore.write */
  write(key: ObjectKey, row: LinkRow, etag: string | null): Promise<string>;
  remove(key: ObjectKey, etag: string): Promise<void>;
  /**
   * Reserves a target for one source object: returns who holds it afterwards. Idempotent for the same source.
   * @param isNew where the target was made a moment ago: nobody is likely to hold it
   */
  reserveTarget(type: ObjectType, target: TargetId, source: SourceId, isNew?: boolean): Promise<SourceId>;
  /** Gives a reservation back if it is held by that source. */
  releaseTarget(type: ObjectType, target: TargetId, source: SourceId): Promise<void>;
  sourceOf(type: ObjectType, target: TargetId): Promise<SourceId | undefined>;
  /** Links only (rows that are mere claims are left out), in the order of their source ids, from after `after`. */
  listLinks(type: ObjectType, after?: SourceId): AsyncIterable<readonly Link[]>;
  countLinks(type: ObjectType): Promise<number>;

  putMembership(membership: OwnedMembership): Promise<void>;
  removeMembership(membership: Pick<OwnedMembership, 'groupId' | 'userId'>): Promise<void>;
  membershipsOfGroup(groupId: SourceId): AsyncIterable<readonly OwnedMembership[]>;
  membershipsOfUser(userId: SourceId): Promise<readonly OwnedMembership[]>;
  countMemberships(): Promise<number>;
}
