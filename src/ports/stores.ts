import type { RemovalKind } from '../core/brake';
import type { LoopWatch } from '../core/endless';
import type { DayStep, Leaving } from '../core/leaving';
import type {
  AppRoleAssignment,
  DeletedState,
  Link,
  ObjectType,
  Permission,
  SourceId,
  SourceObject,
  TargetId,
} from '../core/model';
import type { Plan } from '../core/plan-model';
import type { WayBack } from '../core/way-back';
import type { SourceLink } from './source-connector';

/**
 * What the engine keeps. Every method of every store may throw StateUnavailableError; those that take an `etag` throw
 * StaleStateError when another writer was faster. Pages are bounded, so nothing here needs more than a page of memory.
 */

/** A value with the mark that tells whether it has changed since. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/** Small documents of state: job, running cycle, cursors, leases, limiter, caches. Values are JSON. */
export interface StateStore {
  read<T>(key: string): Promise<Stored<T> | undefined>;
  /** @param etag of the value replaced; `null` when there must be none yet; `'*'` to overwrite whatever is there. */
  write<T>(key: string, value: T, etag: string | null): Promise<string>;
  remove(key: string): Promise<void>;
}

/** Names an object of either type. */
export interface ObjectKey {
  readonly type: ObjectType;
  readonly id: SourceId;
}

/** An object that waits to be evaluated, with what changes each time it is marked. */
export interface MarkedKey extends ObjectKey {
  readonly mark: string;
}

/** An object's key as one text, for maps and sets. */
export const keyText = ({ type, id }: ObjectKey): string => `${type} ${id}`;

/** A direct member of a group, as last read. */
export interface MemberEdge {
  readonly groupId: SourceId;
  readonly memberId: SourceId;
  readonly memberType: 'user' | 'group';
}

/** Whose report a user is, as last read. */
export interface ReportEdge {
  readonly managerId: SourceId;
  readonly reportId: SourceId;
}

/** Up to 50 groups that share one delta, and where it stands. */
export interface GroupChunk {
  readonly ids: readonly SourceId[];
  /** Where the delta starts next; null until its first round is complete. */
  readonly watermark: SourceLink | null;
  /** When the watermark was handed out, ISO 8601: the source forgets it after some days. */
  readonly watermarkAt: string | null;
  /** The page to read next inside a round that was cut off. */
  readonly next: SourceLink | null;
  /** The full round that the delta is in or has had last, by its own id. Null before the first. */
  readonly round: string | null;
  /** True while there are groups or members that the last full round did not show and that could not be read directly either. */
  readonly isUnsettled?: boolean;
  /** How far the pages of the round were followed; null between rounds. */
  readonly watch: LoopWatch | null;
}

/** A row of the connector space, with the full round that last saw it; null before the first, undefined where nobody asks. */
export interface StoredObject extends Stored<SourceObject> {
  readonly round?: string | null;
}

/** An object to be written over the row that was read, or as a new one. */
export interface ObjectWrite {
  readonly object: SourceObject;
  readonly etag: string | null;
}

/** What may be read of the connector space: whoever has only this cannot write. */
export type SpaceReads = Pick<
  ConnectorSpace,
  | 'readObject'
  | 'listObjects'
  | 'listObjectsNotSeen'
  | 'listObjectsBetween'
  | 'listMembers'
  | 'listAllMembers'
  | 'listMembersNotSeen'
  | 'listGroupChunks'
  | 'groupsOf'
  | 'listMembershipsBetween'
  | 'reportsOf'
  | 'listAssignments'
  | 'isDirty'
  | 'listDirty'
>;

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

/** The connector space: objects, group memberships and assignments as last read, and which of them wait to be evaluated. */
export interface ConnectorSpace {
  readObject(key: ObjectKey): Promise<StoredObject | undefined>;
  /** @param etag as for StateStore.write. @param round stamps the row as seen in this full round. */
  writeObject(object: SourceObject, etag: string | null, round?: string): Promise<string>;
  /** Writes objects, each at most once, as {@link writeObject} does, many at a time. @throws StaleStateError when another writer of any was faster; some may be written then */
  writeObjects(rows: readonly ObjectWrite[], round?: string): Promise<void>;
  /** Adds objects, stamped as seen in that round, many at a time. Returns those that were there already: they are left as they are. */
  addObjects(objects: readonly SourceObject[], round: string): Promise<readonly SourceObject[]>;
  /** Objects of a type from one id to another, both included, in key order. @param pageSize as large as storage gives unless told otherwise */
  listObjectsBetween(type: ObjectType, from: SourceId, to: SourceId, pageSize?: number): AsyncIterable<readonly StoredObject[]>;
  /** Stamps objects as seen in a full round without changing them. */
  stampObjects(keys: readonly ObjectKey[], round: string): Promise<void>;
  listObjects(type: ObjectType): AsyncIterable<readonly SourceObject[]>;
  /** Objects of a type whose last stamp is not `round`. */
  listObjectsNotSeen(type: ObjectType, round: string): AsyncIterable<readonly SourceObject[]>;
  removeObject(key: ObjectKey): Promise<void>;

  /** Adds (or stamps) edges. Idempotent. */
  putMembers(edges: readonly MemberEdge[], round?: string): Promise<void>;
  removeMembers(edges: readonly MemberEdge[]): Promise<void>;
  listMembers(groupId: SourceId): AsyncIterable<readonly MemberEdge[]>;
  /** Edges of a group whose last stamp is not `round`. */
  listMembersNotSeen(groupId: SourceId, round: string): AsyncIterable<readonly MemberEdge[]>;
  /** The groups that an object is a direct member of. */
  groupsOf(memberId: SourceId): Promise<readonly SourceId[]>;
  /** Edges of the members from one id to another, both included, in the order of the members. */
  listMembershipsBetween(from: SourceId, to: SourceId): AsyncIterable<readonly MemberEdge[]>;
  /** Every edge there is, in the order of the groups. */
  listAllMembers(): AsyncIterable<readonly MemberEdge[]>;

  /** Notes whose report somebody is. Idempotent; whose report somebody was before stays noted until it is removed. */
  putReports(edges: readonly ReportEdge[]): Promise<void>;
  removeReports(edges: readonly ReportEdge[]): Promise<void>;
  /** Those noted as reports of a user. Some may have another manager by now: their rows say. */
  reportsOf(managerId: SourceId): AsyncIterable<readonly SourceId[]>;

  /** The deltas of one generation of followed groups, in the order of their numbers. */
  listGroupChunks(generation: string): AsyncIterable<readonly GroupChunk[]>;
  putGroupChunk(generation: string, index: number, chunk: GroupChunk): Promise<void>;
  removeGroupChunks(generation: string): Promise<void>;

  putAssignments(assignments: readonly AppRoleAssignment[]): Promise<void>;
  removeAssignments(assignments: readonly AppRoleAssignment[]): Promise<void>;
  listAssignments(): AsyncIterable<readonly AppRoleAssignment[]>;

  /** Marks objects as waiting to be evaluated. Idempotent. */
  markDirty(keys: readonly ObjectKey[]): Promise<void>;
  /** Whether an object waits to be evaluated. */
  isDirty(key: ObjectKey): Promise<boolean>;
  /** One page of waiting objects, at most 500, in key order after `after`; empty when there are none left. */
  listDirty(after?: ObjectKey): Promise<readonly MarkedKey[]>;
  /** Takes the right to clear marks away from whoever had it. Returns the token that {@link clearDirty} wants. */
  claimDirty(): Promise<string>;
  /**
   * Takes marks off, page by page as they were listed, and returns the next token.
   * @throws StaleStateError when somebody has claimed since; what they go by is still there
   */
  clearDirty(keys: readonly ObjectKey[], token: string): Promise<string>;
}

/** The link of a former self, with what ends with it. */
export interface FormerLink {
  readonly link: Link;
  readonly memberships: readonly OwnedMembership[];
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
  /** Reserves a target for one source object: returns who holds it afterwards. Idempotent for the same source. */
  /** @param isNew where the target was made a moment ago: nobody is likely to hold it */
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

/** A stored failure of one object, tried again at growing intervals. */
export interface Escrow {
  readonly key: ObjectKey;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly attempts: number;
  /** When the next try is due; `null` after day 28: only a change at the source or an operator tries again. */
  readonly nextAttemptAt: string | null;
  readonly code: string;
  readonly reason: string;
  /** The other side's own words, redacted; absent where it said none, and in rows of older versions. */
  readonly detail?: string;
  readonly recommendedAction: string;
  readonly cycleId: string;
  readonly changeId: string;
  /** True for faults that come and go (tried with every cycle), false for refusals (the 6, 12, 24 hour ladder). */
  readonly isTransient: boolean;
}

/** Failures of single objects. */
export interface EscrowStore {
  read(key: ObjectKey): Promise<Escrow | undefined>;
  put(escrow: Escrow): Promise<void>;
  remove(key: ObjectKey): Promise<void>;
  list(): AsyncIterable<readonly Escrow[]>;
}

/** An object that a cycle would deprovision: held until the cycle knows how many there are. */
export interface StagedDeletion {
  readonly key: ObjectKey;
  readonly cycleId: string;
  readonly changeId: string;
  readonly kind: RemovalKind;
  /** How many removals this object stands for: members of a group, else 1. */
  readonly count: number;
  readonly reason: string;
  /** `candidate` while the cycle counts; `staged` once the brake holds it; `released` from an operator's permission until it is carried out. */
  readonly state: 'candidate' | 'staged' | 'released';
  readonly stagedAt: string;
  /** The change under which what it stands for was counted; memberships carry it as their mark. Absent in rows of older versions. */
  readonly countedIn?: string;
  /** The cycle that first held exactly this; undefined until the brake has. It stays held until it is released or back in scope. */
  readonly heldIn?: string | undefined;
  /** True where the brake holds this object already, but more is to be taken since: it stays held, under this cycle. */
  readonly isWider?: boolean;
}

/** What a source object was like, as digests: enough to tell that it has changed, and nothing that names anybody. */
export interface SourceFingerprint {
  readonly deleted: DeletedState;
  readonly entitlements: string;
  /** By attribute; those that mappings and filters read. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An object that an operator has taken back, or whose removal was dropped for good: cycles leave it alone until it is released, or the source object is another than it was. */
export interface Hold {
  readonly key: ObjectKey;
  readonly source: SourceFingerprint;
  /** Who decided it, as the log names them. */
  readonly heldBy: { readonly type: 'system' | 'user' | 'application'; readonly id: string; readonly displayName: string };
  readonly heldAt: string;
  /** The plan that took it back; empty where a held removal was dropped. */
  readonly planId: string;
  /** The cycle under which the way back is carried out; that which held the removal. */
  readonly cycleId: string;
  /** The name of the object, for lists. */
  readonly name: string;
  /** What is still to be done; null once it is. */
  readonly way: WayBack | null;
  /** What was let go of it with the plan. */
  readonly allows: Permission | null;
  /** True where the way back ends an earlier hold: then this one ends with it. */
  readonly isLast: boolean;
}

/** What is held. One row per object. */
export interface HoldStore {
  read(key: ObjectKey): Promise<Stored<Hold> | undefined>;
  /** Puts holds in the place of those that are there. */
  put(holds: readonly Hold[]): Promise<void>;
  /** Changes one that is as it was read. */
  write(hold: Hold, etag: string): Promise<string>;
  remove(keys: readonly ObjectKey[]): Promise<void>;
  /** In key order: groups before users, then by id. @param after Where to continue. */
  list(after?: ObjectKey): AsyncIterable<readonly Hold[]>;
}

/** Deprovisionings that wait for the cycle's count or for an operator. One row per object: a later cycle replaces it. */
export interface StagedDeletionStore {
  put(rows: readonly StagedDeletion[]): Promise<void>;
  read(key: ObjectKey): Promise<StagedDeletion | undefined>;
  remove(keys: readonly ObjectKey[]): Promise<void>;
  list(): AsyncIterable<readonly StagedDeletion[]>;
}

/** Those who left and with whom something is still to be done, or whose tickets were handed over. One row per person. */
export interface LeavingStore {
  read(id: SourceId): Promise<Leaving | undefined>;
  /** Stores what is known of somebody who left, in place of what was. */
  put(leaving: Leaving): Promise<void>;
  remove(id: SourceId): Promise<void>;
  /**
   * Those for whom a step waits for its day and who left between two instants (ISO 8601, the first not included), in the order of leaving. After
   * a crash somebody may be listed for whom nothing waits any more: {@link read} tells.
   */
  listLeft(step: DayStep, after: string | null, until: string): AsyncIterable<readonly Leaving[]>;
  /** Takes somebody off that list for whom, as it turned out, nothing waits. */
  dropDay(step: DayStep, leaving: Leaving): Promise<void>;
}

/**
 * What made a set of work items: a cycle over the source (`initial`, `incremental`), or an operator who asked for some objects
 * (`onDemand`), let staged deletions go (`release`) or applied a plan (`apply`).
 */
export type CycleKind = 'initial' | 'incremental' | 'onDemand' | 'release' | 'apply';

/** How a finished or running cycle stands; its outcome counts live in the provisioning log. */
export interface CycleRecord {
  readonly cycleId: string;
  readonly kind: CycleKind;
  /** `importing` and `enqueueing` while the cycle runs, `exporting` while items are worked off, then closed. */
  readonly state: 'importing' | 'enqueueing' | 'exporting' | 'succeeded' | 'entryLevelErrors' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Work items put into the queue. */
  readonly enqueued: number;
  /** Objects the brake held back. */
  readonly staged: number;
  /** Changed objects that the source reported. */
  readonly imported: number;
  /** What lists lacked and direct reads could not prove gone, so that nothing was changed for it; absent where nothing was proved. */
  readonly unknowns?: number;
  readonly why: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Cycles, newest first. */
/** How far a cycle is, by its record: it never goes back. */
export const cycleRank = ({ state }: CycleRecord): number =>
  state === 'importing' || state === 'enqueueing' ? 0 : state === 'exporting' ? 1 : 2;

export interface CycleStore {
  put(cycle: CycleRecord): Promise<void>;
  /**
   * Puts a cycle, unless its record is further already: importing, then exporting, then closed. Whoever slept never opens again what
   * another instance has closed. Atomic. @returns whether it was put
   */
  advance(cycle: CycleRecord): Promise<boolean>;
  read(cycleId: string): Promise<CycleRecord | undefined>;
  /** Every cycle whose state is `exporting`, in no order, however many others came after it. */
  listExporting(): Promise<readonly CycleRecord[]>;
  /** The newest cycles, at most `limit`. */
  latest(limit: number): Promise<readonly CycleRecord[]>;
}
