import type { LoopWatch } from '../core/endless';
import type { AppRoleAssignment, ObjectType, SourceId, SourceObject } from '../core/model';
import type { SourceLink } from './source-connector';
import type { ObjectKey, Stored } from './stored';

/** An object that waits to be evaluated, with what changes each time it is marked. */
export interface MarkedKey extends ObjectKey {
  readonly mark: string;
}

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
  /** Until when a group may return that was deleted in the last full round, and when the members were last listed for that; ISO 8601. */
  readonly nested?: { readonly until: string; readonly lookedAt: string };
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
