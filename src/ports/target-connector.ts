import type { TicketReceiver } from '../core/leaving';
import type { Attributes, TargetGroup, TargetId, TargetMembership, TargetRole, TargetUser, TeamMember } from '../core/model';

/** A role that exists in the account besides the three built-in ones. */
export interface TargetCustomRole {
  readonly id: TargetId;
  readonly name: string;
  /** 0 custom agent, 1 light agent, 2 chat agent, 3 contributor, 4 admin, 5 billing admin. */
  readonly roleType: number;
}

/** What the account is like; read rarely, cached by the connector, never per object. */
export interface TargetDescription {
  /** The user whom the credential acts as; never touched. */
  readonly selfId: TargetId;
  /** The account owner where the account tells; never touched. */
  readonly ownerId: TargetId | null;
  readonly customRoles: readonly TargetCustomRole[];
  /** False where the plan has no custom roles: then only the built-in ones exist. */
  readonly hasCustomRoles: boolean;
  readonly userFields: readonly TargetUserField[];
  /** Locale codes the account offers, such as `en-US`; compared without case. */
  readonly locales: readonly string[];
  /** False where user tagging is switched off: tags are then left out with a warning. */
  readonly hasUserTagging: boolean;
  readonly hasMultipleOrganizations: boolean;
  /** Live groups; read only where a mapping asks for them. */
  readonly groups?: readonly { readonly id: TargetId; readonly name: string }[];
  /** Brands; read only where a mapping asks for them. */
  readonly brands?: readonly { readonly id: TargetId; readonly name: string; readonly subdomain: string }[];
  /** False where agents belong to all brands by themselves: assigning some has no effect. Undefined where the account does not tell. */
  readonly hasBrandAssignment?: boolean;
  /** How many organizations there are, about; read only where a mapping names some. */
  readonly organizations?: number;
}

/** A custom user field of the account. */
export interface TargetUserField {
  readonly key: string;
  readonly type: string;
  /** Tag values of a dropdown's options; empty for other types. */
  readonly options: readonly string[];
}

/** A user to be created. Never sends a welcome mail unless `sendWelcomeMail`. */
export interface NewTargetUser {
  /** By which creating is idempotent; the Entra object id unless the mapping says otherwise. */
  readonly externalId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: TargetRole;
  readonly suspended: boolean;
  readonly attributes: Attributes;
  readonly sendWelcomeMail: boolean;
}

/** What to change on a user: only what differs. An absent key leaves the value alone; `null` clears it. */
export interface TargetUserChanges {
  /** `null` takes it away. */
  readonly externalId?: string | null;
  readonly name?: string;
  /** The new primary address: added, made primary, then the old one removed. Resumable. */
  readonly email?: string;
  /** Always sent as one consistent pair and read back. */
  readonly role?: TargetRole;
  readonly suspended?: boolean;
  /** Mapped attributes by target name; `tags` is the whole list to store (merging is the planner's work). */
  readonly attributes?: Attributes;
}

/** The fields of a group that this app writes. */
export interface TargetGroupFields {
  readonly name: string;
  readonly description?: string | null;
  /** A private group never becomes public again. */
  readonly isPublic?: boolean;
}

/** A value to look a user up by. Only attributes that Zendesk can search are matchable. */
export interface UserMatcher {
  /** `external_id`, `email`, `name`, `phone` or `user_fields.<key>`. */
  readonly attribute: string;
  readonly value: string;
}

/** What a place within the account's limits is needed for: any request, or an update of a user, which has a narrower lane too. */
export type LimitKind = 'request' | 'userUpdate';

/** A page of agents and admins. */
export interface TeamPage {
  readonly members: readonly TeamMember[];
  /** Where the list continues; undefined on the last page. Opaque. */
  readonly next?: string;
}

/** A wait that the account has asked for and that is not over. */
export interface TargetWait {
  readonly kind: LimitKind;
  /** Since when nothing has been served, ISO 8601: the beginning of the first of several waits with no served request between them. */
  readonly since: string;
  /** ISO 8601; at most an hour ahead: then one request asks again. */
  readonly until: string;
}

/** The account's limits, as all instances share them. */
export interface TargetLimits {
  /** Requests per minute of the account's plan; null until it was told. */
  readonly requestsPerMinute: number | null;
  readonly ourRequestsPerMinute: number;
  readonly waits: readonly TargetWait[];
}

/** Called now and then, at least twice a minute, while a call waits for its turn or for a background job of the account. Must not throw. */
export type OnWaiting = () => void;

/** Who takes over tickets, found in the account and fit for it. */
export type TicketHeir =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'group'; readonly id: TargetId }
  /** `groupIds`: the groups of the agent, the default one first; a ticket keeps its group where the agent is in it. */
  | { readonly kind: 'user'; readonly id: TargetId; readonly groupIds: readonly TargetId[] };

/** What became of up to a hundred open tickets. */
export interface TicketBatch {
  /** Tickets that a re-read shows with the heir. */
  readonly handed: number;
  /** Tickets that Zendesk refused to move. */
  readonly refused: readonly TargetId[];
  /** Zendesk's own words for the first refusal, redacted; undefined where it said none. */
  readonly why: string | undefined;
  /** True while more open tickets may be left than those that were refused. */
  readonly hasMore: boolean;
}

/**
 * Zendesk as the engine needs it. Every method may throw UnauthorizedError, ThrottledError, UnavailableError,
 * UnexpectedResponseError of the target. Calls of many concurrent callers are bundled where Zendesk offers it.
 */
export interface TargetConnector {
  /** What the account is like. Cached for some minutes. @param fresh reads anew */
  describe(fresh?: boolean): Promise<TargetDescription>;

  /** The user, or undefined when it is gone for good (deleted users come back with `active: false`). Strongly consistent. */
  getUser(id: TargetId): Promise<TargetUser | undefined>;

  /**
   * Active users with exactly this value, compared without case. By `external_id` the answer is current; by any other
   * attribute it comes from Zendesk's search index, which lags by minutes: an empty answer is then no proof of absence.
   */
  findUsers(matcher: UserMatcher): Promise<readonly TargetUser[]>;

  /**
   * Creates a user. Idempotent by `externalId`: after an ambiguous answer the user is looked up before anything is repeated.
   * @throws AlreadyExistsError (`attribute` `email` or `external_id`), RejectedError, LicenseLimitError
   */
  createUser(user: NewTargetUser, onWaiting?: OnWaiting): Promise<TargetUser>;

  /**
   * Changes a user and returns it as it is afterwards. Idempotent.
   * @throws NotFoundError, AlreadyExistsError, RejectedError, LicenseLimitError
   */
  updateUser(current: TargetUser, changes: TargetUserChanges, onWaiting?: OnWaiting): Promise<TargetUser>;

  /** Removes a secondary e-mail address left behind by an interrupted change of the primary one. Idempotent. */
  removeEmail(id: TargetId, email: string): Promise<void>;

  /** Ends a user's live sessions, best effort: never throws for a user without any. */
  endSessions(id: TargetId): Promise<void>;

  /**
   * Every e-mail address of an account, the primary one first, whether verified or not; none for an account that is gone.
   * Current. Concurrent calls share a request.
   */
  addressesOf(id: TargetId): Promise<readonly string[]>;

  /**
   * How many admins can sign in (active, not suspended), the credential's own user among them; stops counting at `atMost`. Current, and one
   * request up to 100 admins: ask before an admin loses access, never for everybody.
   */
  countActiveAdmins(atMost: number): Promise<number>;

  /**
   * Deletes a user (soft in Zendesk, not recoverable). Idempotent.
   * @returns whether this call did it; false for one that was gone already
   * @throws OpenTicketsError while the user has requested tickets that are not closed; RejectedError for any other reason
   */
  deleteUser(id: TargetId): Promise<boolean>;

  /**
   * Erases a deleted user with all personal data, for good. Idempotent: one that is erased already, or was never there, is as good as erased.
   * @throws RejectedError where the user is not deleted, or Zendesk refuses for another reason
   */
  eraseUser(id: TargetId): Promise<void>;

  /**
   * Who is to take over the tickets of somebody who leaves, as the setting names them: a live group, or an active agent who can be assigned
   * tickets. What is found holds for some minutes. `refused` says in plain words why nobody fits.
   */
  ticketHeir(
    receiver: Exclude<TicketReceiver, { kind: 'leave' }>,
    leaver: TargetId,
  ): Promise<TicketHeir | { readonly kind: 'refused'; readonly reason: string }>;

  /**
   * Hands over up to a hundred tickets that are assigned to an agent and neither solved nor closed. Idempotent: what is handed over is no
   * longer the agent's. @param except tickets that were refused already
   */
  handOverTickets(from: TargetId, heir: TicketHeir, except: readonly TargetId[]): Promise<TicketBatch>;

  /** The group, or undefined when it is deleted. */
  getGroup(id: TargetId): Promise<TargetGroup | undefined>;

  /** Live groups of exactly this name, compared without case. */
  findGroups(name: string): Promise<readonly TargetGroup[]>;

  /** Every live group, page by page; current. */
  listGroups(): AsyncIterable<readonly TargetGroup[]>;

  /**
   * One page of the agents and admins of the account, at most 100, suspended ones too; current.
   * @param after what a page gave as `next`; it may be stored and used by another call
   */
  listTeam(after?: string): Promise<TeamPage>;

  /** Creates a group. @throws RejectedError, AlreadyExistsError (`attribute` `name`) */
  createGroup(fields: TargetGroupFields): Promise<TargetGroup>;

  /** Changes a group and returns it as it is afterwards. @throws NotFoundError, RejectedError */
  updateGroup(id: TargetId, fields: Partial<TargetGroupFields>): Promise<TargetGroup>;

  /** Deletes a group. Idempotent. @returns as {@link deleteUser} @throws RejectedError for a default group */
  deleteGroup(id: TargetId): Promise<boolean>;

  /** Every membership of a group, page by page. */
  listGroupMemberships(groupId: TargetId): AsyncIterable<readonly TargetMembership[]>;

  /** Puts an agent into a group. Idempotent: an existing membership is answered. @throws RejectedError for an end user */
  addMembership(userId: TargetId, groupId: TargetId): Promise<TargetMembership>;

  /**
   * For how long, in ms, there is no place for such a call within the time that a caller is kept waiting; 0 when there is one. No request:
   * ask before an object is read at all, and put its work item back for so long.
   */
  busyForMs(kind: LimitKind): number;

  /** The limits with the waits that the account has asked for, for the status. @throws StateUnavailableError */
  limits(): Promise<TargetLimits>;

  /** Ends those waits for all instances, at an operator's request. The next refusal sets a new one. @throws StateUnavailableError */
  clearWaits(): Promise<void>;

  /** Takes an agent out of a group, giving the agent another default group first where needed. Idempotent. @throws RejectedError */
  removeMembership(membership: TargetMembership): Promise<void>;
}

/** What may be read of Zendesk: whoever has only this cannot write. */
export type TargetReads = Pick<
  TargetConnector,
  | 'describe'
  | 'getUser'
  | 'findUsers'
  | 'addressesOf'
  | 'countActiveAdmins'
  | 'getGroup'
  | 'findGroups'
  | 'listGroups'
  | 'listTeam'
  | 'listGroupMemberships'
>;
