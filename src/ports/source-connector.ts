import type { AppRoleAssignment, Attributes, ObjectType, PrincipalType, SourceApplication, SourceId } from '../core/model';

/** Where reading continues: an opaque link of the source, stored and followed, never parsed or built. */
export type SourceLink = string;

/** One change of an object as the source tells it. Absent attributes say nothing; `null` ones are known to be empty. */
export type SourceChange =
  | {
      readonly kind: 'present';
      readonly type: ObjectType;
      readonly id: SourceId;
      readonly attributes: Attributes;
      /** False when the answer shows signs of a missing permission (identifying attributes null): it proves nothing. */
      readonly isComplete: boolean;
      /** Group only: members that came and went in this page, in order; the last word on a member wins. */
      readonly members?: readonly MemberChange[];
    }
  | { readonly kind: 'removed'; readonly type: ObjectType; readonly id: SourceId; readonly reason: 'soft' | 'hard' };

/** A member that joined or left a group directly. Devices, contacts and service principals are `other`. */
export interface MemberChange {
  readonly memberId: SourceId;
  readonly memberType: 'user' | 'group' | 'other';
  readonly isMember: boolean;
}

/** One page of a delta round. Exactly one of `next` (the round continues) and `watermark` (the round is complete) is set. */
export interface SourcePage {
  readonly changes: readonly SourceChange[];
  readonly next?: SourceLink;
  readonly watermark?: SourceLink;
}

/** A direct member of a group. */
export interface SourceMember {
  readonly id: SourceId;
  readonly type: 'user' | 'group' | 'other';
}

/** What a direct, single read says about an object. `unknown` never deprovisions anybody. */
export type SourceRead =
  | { readonly kind: 'present'; readonly id: SourceId; readonly attributes: Attributes }
  | { readonly kind: 'softDeleted'; readonly id: SourceId; readonly attributes: Attributes }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a second, direct read says about something that went missing from a list. */
export type Proof =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The same of a membership; `lacksObject` where the member or the group is not there at all, perhaps among the deleted ones. */
export type MembershipProof = Exclude<Proof, { kind: 'absent' }> | { readonly kind: 'absent'; readonly lacksObject?: boolean };

/** One page of the assignments; `next` undefined means that it is the last. */
export interface AssignmentPage {
  readonly assignments: readonly AppRoleAssignment[];
  readonly next: SourceLink | undefined;
}

/** A principal of whom a list lacked assignments. */
export interface AssignedPrincipal {
  readonly id: SourceId;
  readonly type: PrincipalType;
  /** The assignments that were known and that the list lacked; at least one. */
  readonly missing: readonly AppRoleAssignment[];
}

/** Every assignment of one principal, read directly; `unknown` takes nothing away from anybody. */
export type AssignmentsRead =
  | { readonly kind: 'known'; readonly assignments: readonly AppRoleAssignment[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A permission that the app needs of the source, and what a harmless read says about it. */
export interface PermissionFinding {
  /** By the source's own name, such as `GroupMember.Read.All`. */
  readonly permission: string;
  /** `unknown`: the read failed for another reason, or could not be tried. */
  readonly verdict: 'granted' | 'missing' | 'unknown';
  /** What showed it: the request and its answer, without ids and personal data. */
  readonly evidence: string;
}

/**
 * Microsoft Entra ID as the engine needs it. Every method may throw UnauthorizedError, ThrottledError, UnavailableError and
 * UnexpectedResponseError of the source; none returns a failed or partial read as if it were complete.
 */
export interface SourceConnector {
  /** The enterprise application and its app roles. @throws NotFoundError if no such service principal exists. */
  readApplication(): Promise<SourceApplication>;

  /** Every permission that the app needs, by harmless reads; nulls where a permission lacks count as missing. Never throws for a refusal. */
  checkPermissions(): Promise<readonly PermissionFinding[]>;

  /**
   * One page of the assignments to the application.
   * @param link A `next` handed out before; undefined starts at the beginning.
   * @throws WatermarkExpiredError when the link is no longer known
   */
  readAssignments(link: SourceLink | undefined): Promise<AssignmentPage>;

  /** Every assignment to the application, page by page to the end; throws rather than end early. */
  listAssignments(): AsyncIterable<readonly AppRoleAssignment[]>;

  /**
   * Second, direct reads of what one principal is assigned to the application now, for one of whom a list lacked something: the rows
   * that were known, each by its id, and any other that the principal has by now. Never throws for a failed read: that is `unknown`.
   */
  readAssignmentsOf(principal: AssignedPrincipal): Promise<AssignmentsRead>;

  /** Second, direct read of a membership that a list lacked (direct membership only). Failed reads are `unknown`. */
  proveMembershipGone(groupId: SourceId, memberId: SourceId): Promise<MembershipProof>;

  /**
   * One page of the users' delta.
   * @param link A stored `next` or `watermark`; undefined starts a new round.
   * @param select Source attribute names to ask for; baked into the links, so another list needs a new round.
   * @param round Names a round over everybody: managers that were read for one of its pages serve the others. Else each page reads them anew.
   * @throws WatermarkExpiredError when the link is no longer known.
   */
  readUserChanges(link: SourceLink | undefined, select: readonly string[], round?: string): Promise<SourcePage>;

  /**
   * One page of the delta of up to 50 named groups, with their direct members.
   * @throws WatermarkExpiredError when the link is no longer known.
   */
  readGroupChanges(link: SourceLink | undefined, groupIds: readonly SourceId[], select: readonly string[]): Promise<SourcePage>;

  /** One user by object id, UPN or e-mail, looked for among the deleted ones too. Failed reads are `unknown`. */
  readUser(idOrName: string, select: readonly string[]): Promise<SourceRead>;

  /** Ids of the users who are deleted and can be restored, page by page to the end. */
  listDeletedUsers(): AsyncIterable<readonly SourceId[]>;

  /** The first users, at most 21, whose display name, UPN or address begins with a text. */
  searchUsers(text: string): Promise<readonly { readonly id: SourceId; readonly attributes: Attributes }[]>;

  /** One group by object id or exact display name. Failed reads are `unknown`. */
  readGroup(idOrName: string, select: readonly string[]): Promise<SourceRead>;

  /** Every group of the tenant, page by page to the end; throws rather than end early. */
  listGroups(select: readonly string[]): AsyncIterable<readonly { readonly id: SourceId; readonly attributes: Attributes }[]>;

  /** Direct members of a group, to the end. */
  listMembers(groupId: SourceId): AsyncIterable<readonly SourceMember[]>;

  /** Ids of the groups that an object is a direct member of, to the end. */
  listGroupsOf(memberType: ObjectType, memberId: SourceId): AsyncIterable<readonly SourceId[]>;
}

/** How many groups one delta query can name. @see https://learn.microsoft.com/graph/api/group-delta */
export const MAX_GROUPS_PER_DELTA = 50;
