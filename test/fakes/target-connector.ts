import { AlreadyExistsError, LicenseLimitError, NotFoundError, OpenTicketsError, RejectedError } from '../../src/core/errors';
import type { TicketReceiver } from '../../src/core/leaving';
import type {
  Attributes,
  AttributeValue,
  TargetGroup,
  TargetId,
  TargetMembership,
  TargetRole,
  TargetUser,
} from '../../src/core/model';
import { targetId } from '../../src/core/model';
import type {
  LimitKind,
  NewTargetUser,
  OnWaiting,
  TargetConnector,
  TargetDescription,
  TargetGroupFields,
  TargetLimits,
  TargetUserChanges,
  TargetWait,
  TeamPage,
  TicketBatch,
  TicketHeir,
  UserMatcher,
} from '../../src/ports/target-connector';

/** The port's methods that change Zendesk. */
export type WriteMethod =
  | 'createUser'
  | 'updateUser'
  | 'removeEmail'
  | 'endSessions'
  | 'deleteUser'
  | 'eraseUser'
  | 'handOverTickets'
  | 'createGroup'
  | 'updateGroup'
  | 'deleteGroup'
  | 'addMembership'
  | 'removeMembership';

/** Called before and after each call; what it throws, the caller sees. Thrown `after`, the change has happened all the same. */
export type FaultHook = (
  moment: 'before' | 'after',
  method: keyof TargetConnector,
  args: readonly unknown[],
) => void | Promise<void>;

/** A user as the fake keeps it. */
export interface FakeUser {
  readonly id: TargetId;
  externalId: string | null;
  email: string | null;
  /** Addresses besides the primary one. */
  otherEmails: string[];
  name: string;
  role: TargetRole;
  suspended: boolean;
  active: boolean;
  attributes: Attributes;
  createdAt?: string;
  updatedAt?: string;
  lastLoginAt?: string | null;
}

/** An open ticket as the fake keeps it. */
export interface FakeTicket {
  assignee: TargetId | null;
  group: TargetId | null;
  /** Zendesk refuses to give it to anybody else. */
  isStubborn?: boolean;
}

/** A group as the fake keeps it. */
export interface FakeGroup {
  readonly id: TargetId;
  name: string;
  description: string | null;
  readonly isDefault: boolean;
  deleted: boolean;
}

/** How to start the fake account. */
export interface FakeTargetOptions {
  readonly description?: Partial<TargetDescription>;
  /** Free paid seats; undefined: no end of them. */
  readonly seats?: number;
  /** False: users created since are not found by anything but their external id, as in a lagging search index. */
  readonly isSearchCurrent?: boolean;
  /** What Zendesk says of when an account was deleted; without it nothing. */
  readonly nowMs?: () => number;
}

/** An in-memory Zendesk account behind the port: far simpler than the real one, the same in what the port promises. */
export interface FakeTarget extends TargetConnector {
  readonly users: Map<TargetId, FakeUser>;
  readonly groups: Map<TargetId, FakeGroup>;
  readonly memberships: Map<TargetId, TargetMembership>;
  /** Users whose sessions were ended, oldest first. */
  readonly endedSessions: TargetId[];
  /** Users who have requested tickets that are not closed: they cannot be deleted. */
  readonly openTickets: Set<TargetId>;
  /** Users who were erased, oldest first. */
  readonly erased: TargetId[];
  /** Open tickets by their ids. */
  readonly tickets: Map<TargetId, FakeTicket>;
  /** Puts open tickets of an agent there. */
  seedTickets(assignee: TargetId, count: number): void;
  /** Waits that the account asks for. */
  waits: readonly TargetWait[];
  /** What `busyForMs` says of changes of accounts. */
  busyMs: number;
  /** Addresses that were sent a welcome mail. */
  readonly mails: string[];
  /** Calls that changed something. */
  readonly writes: Map<WriteMethod, number>;
  /** Sum of `writes`. */
  writeCount(): number;
  hook: FaultHook | undefined;
  isSearchCurrent: boolean;
  seats: number | undefined;
  /** Puts a user there without the port. */
  seedUser(user: Partial<Omit<FakeUser, 'id'>> & { readonly name: string }): FakeUser;
  seedGroup(name: string): FakeGroup;
}

const fold = (text: AttributeValue | undefined): string =>
  String(text ?? '')
    .trim()
    .toLowerCase();
const END_USER: TargetRole = { role: 'end-user', customRoleId: null };

/** Makes a fake account with an admin (the credential's own user) and a default group `Support`. */
export function makeFakeTarget(options: FakeTargetOptions = {}): FakeTarget {
  return new FakeAccount(options);
}

class FakeAccount implements FakeTarget {
  readonly users = new Map<TargetId, FakeUser>();
  readonly groups = new Map<TargetId, FakeGroup>();
  readonly memberships = new Map<TargetId, TargetMembership>();
  readonly endedSessions: TargetId[] = [];
  readonly openTickets = new Set<TargetId>();
  readonly erased: TargetId[] = [];
  readonly tickets = new Map<TargetId, FakeTicket>();
  waits: readonly TargetWait[] = [];
  busyMs = 0;
  readonly mails: string[] = [];
  readonly writes = new Map<WriteMethod, number>();
  hook: FaultHook | undefined;
  isSearchCurrent: boolean;
  seats: number | undefined;
  readonly #description: TargetDescription;
  readonly #defaultGroup: FakeGroup;
  readonly #nowMs: (() => number) | undefined;
  readonly #unindexed = new Set<TargetId>();
  #lastId = 100;

  constructor(options: FakeTargetOptions) {
    this.seats = options.seats;
    this.#nowMs = options.nowMs;
    this.isSearchCurrent = options.isSearchCurrent ?? true;
    this.#defaultGroup = { id: this.#nextId(), name: 'Support', description: null, isDefault: true, deleted: false };
    this.groups.set(this.#defaultGroup.id, this.#defaultGroup);
    const self = this.seedUser({ name: 'Owner', email: 'owner@zendesk.example', role: { role: 'admin', customRoleId: null } });
    this.#description = {
      selfId: self.id,
      ownerId: null,
      customRoles: [],
      hasCustomRoles: true,
      userFields: [],
      locales: ['en-US', 'es', 'de', 'fr', 'ja'],
      hasUserTagging: true,
      hasMultipleOrganizations: true,
      ...options.description,
    };
  }

  writeCount(): number {
    return [...this.writes.values()].reduce((sum, count) => sum + count, 0);
  }

  seedUser(user: Partial<Omit<FakeUser, 'id'>> & { readonly name: string }): FakeUser {
    const row: FakeUser = {
      id: this.#nextId(),
      externalId: null,
      email: null,
      otherEmails: [],
      role: END_USER,
      suspended: false,
      active: true,
      attributes: {},
      ...user,
    };
    this.users.set(row.id, row);
    this.#settleRole(row);
    return row;
  }

  seedGroup(name: string): FakeGroup {
    const group: FakeGroup = { id: this.#nextId(), name, description: null, isDefault: false, deleted: false };
    this.groups.set(group.id, group);
    return group;
  }

  describe(fresh?: boolean): Promise<TargetDescription> {
    return this.#call('describe', [fresh], () => this.#description);
  }

  getUser(id: TargetId): Promise<TargetUser | undefined> {
    return this.#call('getUser', [id], () => this.#shown(this.users.get(id)));
  }

  findUsers(matcher: UserMatcher): Promise<readonly TargetUser[]> {
    return this.#call('findUsers', [matcher], () => {
      const { attribute, value } = matcher;
      if (fold(value) === '') return [];
      return [...this.users.values()]
        .filter((user) => user.active && (attribute === 'external_id' || this.isSearchCurrent || !this.#unindexed.has(user.id)))
        .filter((user) => this.#valuesOf(user, attribute).some((candidate) => fold(candidate) === fold(value)))
        .map((user) => this.#shown(user));
    });
  }

  createUser(user: NewTargetUser): Promise<TargetUser> {
    return this.#call('createUser', [user], () => {
      if (fold(user.name) === '') throw new RejectedError('name', 'Refused: no name');
      this.#requireFree(user, undefined);
      this.#requireSeat(user.role, undefined);
      const { externalId, name, email, suspended } = user;
      const role = pairOf(user.role);
      const row: FakeUser = {
        id: this.#nextId(),
        externalId,
        name,
        email,
        otherEmails: [],
        role,
        suspended,
        active: true,
        attributes: {},
      };
      this.users.set(row.id, row);
      this.#unindexed.add(row.id);
      this.#settleRole(row);
      this.#store(row, user.attributes);
      if (user.sendWelcomeMail && email !== null) this.mails.push(email);
      this.#wrote('createUser');
      return this.#shown(row);
    });
  }

  updateUser(current: TargetUser, changes: TargetUserChanges, onWaiting?: OnWaiting): Promise<TargetUser> {
    return this.#call('updateUser', [current, changes, onWaiting], () => {
      const row = this.#live(current.id);
      if (row.id === this.#description.selfId && (changes.role || changes.suspended)) {
        throw new RejectedError(undefined, 'Refused: this is the credential itself');
      }
      this.#requireFree({ email: changes.email ?? null, externalId: changes.externalId ?? null }, row.id);
      if (changes.role) this.#requireSeat(changes.role, row);
      if (changes.externalId !== undefined) row.externalId = changes.externalId;
      if (changes.name !== undefined) row.name = changes.name;
      if (changes.email !== undefined) row.email = changes.email;
      if (changes.suspended !== undefined) row.suspended = changes.suspended;
      if (changes.role) row.role = pairOf(changes.role);
      this.#settleRole(row);
      this.#store(row, changes.attributes ?? {});
      if (Object.keys(changes).length > 0) this.#wrote('updateUser');
      return this.#shown(row);
    });
  }

  removeEmail(id: TargetId, email: string): Promise<void> {
    return this.#call('removeEmail', [id, email], () => {
      const row = this.#live(id);
      const left = row.otherEmails.filter((other) => fold(other) !== fold(email));
      if (left.length < row.otherEmails.length) this.#wrote('removeEmail');
      row.otherEmails = left;
    });
  }

  endSessions(id: TargetId): Promise<void> {
    return this.#call('endSessions', [id], () => {
      if (!this.users.get(id)?.active) return;
      this.endedSessions.push(id);
      this.#wrote('endSessions');
    });
  }

  addressesOf(id: TargetId): Promise<readonly string[]> {
    return this.#call('addressesOf', [id], () => {
      const row = this.users.get(id);
      return row?.active ? [row.email, ...row.otherEmails].filter((email) => email !== null) : [];
    });
  }

  countActiveAdmins(atMost: number): Promise<number> {
    return this.#call('countActiveAdmins', [atMost], () => {
      const admins = [...this.users.values()].filter(
        ({ role, active, suspended }) => role.role === 'admin' && active && !suspended,
      );
      return Math.min(atMost, admins.length);
    });
  }

  deleteUser(id: TargetId): Promise<boolean> {
    return this.#call('deleteUser', [id], () => {
      const row = this.users.get(id);
      if (!row?.active) return false;
      if (id === this.#description.selfId) throw new RejectedError(undefined, 'Refused: this is the credential itself');
      if (this.openTickets.has(id)) throw new OpenTicketsError('base', 'Refused: tickets that are not closed');
      row.active = false;
      if (this.#nowMs) row.updatedAt = new Date(this.#nowMs()).toISOString();
      for (const membership of this.#membershipsOf(id)) this.memberships.delete(membership.id);
      this.#wrote('deleteUser');
      return true;
    });
  }

  seedTickets(assignee: TargetId, count: number): void {
    for (let at = 0; at < count; at += 1) this.tickets.set(this.#nextId(), { assignee, group: this.#defaultGroup.id });
  }

  ticketHeir(receiver: Exclude<TicketReceiver, { kind: 'leave' }>, leaver: TargetId) {
    return this.#call('ticketHeir', [receiver, leaver], (): TicketHeir | { kind: 'refused'; reason: string } => {
      if (receiver.kind === 'unassign') return { kind: 'nobody' };
      if (receiver.kind === 'group') {
        const group = [...this.groups.values()].find(({ name, deleted }) => !deleted && fold(name) === fold(receiver.name));
        return group ? { kind: 'group', id: group.id } : { kind: 'refused', reason: 'There is no such group.' };
      }
      const user = [...this.users.values()].find(({ email, active }) => active && fold(email) === fold(receiver.email));
      if (!user || user.suspended || user.role.role === 'end-user' || user.id === leaver)
        return { kind: 'refused', reason: 'Nobody of that address can be assigned tickets.' };
      return { kind: 'user', id: user.id, groupIds: this.#membershipsOf(user.id).map(({ groupId }) => groupId) };
    });
  }

  handOverTickets(from: TargetId, heir: TicketHeir, except: readonly TargetId[]): Promise<TicketBatch> {
    return this.#call('handOverTickets', [from, heir, except], () => {
      const open = [...this.tickets].filter(([id, { assignee }]) => assignee === from && !except.includes(id));
      const batch = open.slice(0, 100);
      for (const [, ticket] of batch) {
        if (ticket.isStubborn) continue;
        ticket.assignee = heir.kind === 'user' ? heir.id : null;
        if (heir.kind === 'group') ticket.group = heir.id;
        this.#wrote('handOverTickets');
      }
      const refused = batch.flatMap(([id, { isStubborn }]) => (isStubborn ? [id] : []));
      const why = refused.length > 0 ? 'The ticket is stubborn.' : undefined;
      return { handed: batch.length - refused.length, refused, why, hasMore: open.length > batch.length };
    });
  }

  eraseUser(id: TargetId): Promise<void> {
    return this.#call('eraseUser', [id], () => {
      const row = this.users.get(id);
      if (row?.active) throw new RejectedError(undefined, 'Refused: the user is not deleted');
      if (!row || this.erased.includes(id)) return;
      this.erased.push(id);
      this.users.delete(id);
      this.#wrote('eraseUser');
    });
  }

  getGroup(id: TargetId): Promise<TargetGroup | undefined> {
    return this.#call('getGroup', [id], () => {
      const group = this.groups.get(id);
      return group && !group.deleted ? { ...group } : undefined;
    });
  }

  findGroups(name: string): Promise<readonly TargetGroup[]> {
    return this.#call('findGroups', [name], () =>
      [...this.groups.values()]
        .filter((group) => !group.deleted && fold(group.name) === fold(name))
        .map((group) => ({ ...group })),
    );
  }

  createGroup(fields: TargetGroupFields): Promise<TargetGroup> {
    return this.#call('createGroup', [fields], () => {
      if (fold(fields.name) === '') throw new RejectedError('name', 'Refused: no name');
      const group = this.seedGroup(fields.name.trim());
      group.description = fields.description || null;
      this.#wrote('createGroup');
      return { ...group };
    });
  }

  updateGroup(id: TargetId, fields: Partial<TargetGroupFields>): Promise<TargetGroup> {
    return this.#call('updateGroup', [id, fields], () => {
      const group = this.groups.get(id);
      if (!group || group.deleted) throw new NotFoundError('target', 'The group is gone');
      if (fields.name !== undefined) group.name = fields.name.trim();
      if (fields.description !== undefined) group.description = fields.description || null;
      this.#wrote('updateGroup');
      return { ...group };
    });
  }

  deleteGroup(id: TargetId): Promise<boolean> {
    return this.#call('deleteGroup', [id], () => {
      const group = this.groups.get(id);
      if (!group || group.deleted) return false;
      const members = [...this.memberships.values()].filter(({ groupId }) => groupId === id);
      if (group.isDefault || members.some(({ isDefault }) => isDefault))
        throw new RejectedError(undefined, 'Refused: a default group');
      for (const member of members) this.memberships.delete(member.id);
      group.deleted = true;
      this.#wrote('deleteGroup');
      return true;
    });
  }

  async *listGroups(): AsyncGenerator<readonly TargetGroup[]> {
    yield await this.#call('listGroups', [], () =>
      [...this.groups.values()].filter(({ deleted }) => !deleted).map((group) => ({ ...group })),
    );
  }

  /** Pages of two, so that paging is exercised. */
  listTeam(after?: string): Promise<TeamPage> {
    return this.#call('listTeam', [after], () => {
      const team = [...this.users.values()].filter(({ active, role }) => active && role.role !== 'end-user');
      const rest = team.filter(({ id }) => after === undefined || Number(id) > Number(after));
      const members = rest.slice(0, 2).map(({ id, externalId, email, name, role, suspended, createdAt, lastLoginAt }) => ({
        ...{
          id,
          externalId,
          email,
          name,
          role,
          suspended,
          roleType: null,
          createdAt: createdAt ?? null,
          lastLoginAt: lastLoginAt ?? null,
        },
      }));
      const last = members.at(-1);
      return { members, ...(rest.length > 2 && last && { next: last.id }) };
    });
  }

  async *listGroupMemberships(groupId: TargetId): AsyncGenerator<readonly TargetMembership[]> {
    yield await this.#call('listGroupMemberships', [groupId], () => {
      if (this.groups.get(groupId)?.deleted !== false) throw new NotFoundError('target', 'The group is gone');
      return [...this.memberships.values()].filter((membership) => membership.groupId === groupId);
    });
  }

  addMembership(userId: TargetId, groupId: TargetId): Promise<TargetMembership> {
    return this.#call('addMembership', [userId, groupId], () => {
      const existing = this.#membershipsOf(userId).find((membership) => membership.groupId === groupId);
      if (existing) return existing;
      const user = this.users.get(userId);
      if (!user?.active || user.role.role === 'end-user') throw new RejectedError('members', 'Refused: not an agent');
      if (this.groups.get(groupId)?.deleted !== false) throw new RejectedError('members', 'Refused: no such group');
      this.#wrote('addMembership');
      return this.#join(userId, groupId);
    });
  }

  removeMembership(membership: TargetMembership): Promise<void> {
    return this.#call('removeMembership', [membership], () => {
      const stored = this.memberships.get(membership.id);
      if (!stored) return;
      const heir = this.#membershipsOf(stored.userId).find(({ id }) => id !== stored.id) ?? this.#joinDefault(stored);
      this.memberships.delete(stored.id);
      if (stored.isDefault) this.memberships.set(heir.id, { ...heir, isDefault: true });
      this.#wrote('removeMembership');
    });
  }

  busyForMs(kind: LimitKind): number {
    return kind === 'userUpdate' ? this.busyMs : 0;
  }

  limits(): Promise<TargetLimits> {
    return this.#call('limits', [], () => ({ requestsPerMinute: 700, ourRequestsPerMinute: 490, waits: this.waits }));
  }

  clearWaits(): Promise<void> {
    return this.#call('clearWaits', [], () => {
      this.waits = [];
    });
  }

  async #call<T>(method: keyof TargetConnector, args: readonly unknown[], act: () => T): Promise<T> {
    await this.hook?.('before', method, args);
    const result = act();
    await this.hook?.('after', method, args);
    return result;
  }

  #wrote(method: WriteMethod): void {
    this.writes.set(method, (this.writes.get(method) ?? 0) + 1);
  }

  #nextId(): TargetId {
    this.#lastId += 1;
    return targetId(this.#lastId);
  }

  #shown<User extends FakeUser | undefined>(row: User): User extends undefined ? undefined : TargetUser;
  #shown(row: FakeUser | undefined): TargetUser | undefined {
    if (!row) return undefined;
    const { otherEmails: _hidden, createdAt: _made, lastLoginAt: _login, ...user } = row;
    return { ...user, attributes: { ...row.attributes } };
  }

  #live(id: TargetId): FakeUser {
    const row = this.users.get(id);
    if (!row?.active) throw new NotFoundError('target', 'The user is gone');
    return row;
  }

  #valuesOf(user: FakeUser, attribute: string): AttributeValue[] {
    if (attribute === 'external_id') return [user.externalId];
    if (attribute === 'email') return [user.email, ...user.otherEmails];
    if (attribute === 'name') return [user.name];
    return [user.attributes[attribute] ?? null];
  }

  #requireFree(wanted: { readonly email: string | null; readonly externalId: string | null }, own: TargetId | undefined): void {
    for (const user of this.users.values()) {
      if (!user.active || user.id === own) continue;
      const emails = [user.email, ...user.otherEmails].filter((email) => email !== null).map(fold);
      if (wanted.email !== null && emails.includes(fold(wanted.email)))
        throw new AlreadyExistsError('email', 'The address is taken');
      if (wanted.externalId !== null && user.externalId !== null && fold(user.externalId) === fold(wanted.externalId)) {
        throw new AlreadyExistsError('external_id', 'The external id is taken');
      }
    }
  }

  #requireSeat(role: TargetRole, user: FakeUser | undefined): void {
    if (this.seats === undefined || role.role === 'end-user' || (user && user.role.role !== 'end-user')) return;
    const used = [...this.users.values()].filter((other) => other.active && other.role.role !== 'end-user').length;
    if (used >= this.seats) throw new LicenseLimitError('No agent seat is free');
  }

  /** A new agent lands in the default group, an ex-agent leaves all groups. */
  #settleRole(row: FakeUser): void {
    const own = this.#membershipsOf(row.id);
    if (row.role.role === 'end-user') {
      for (const membership of own) this.memberships.delete(membership.id);
      // Zendesk gives them to the admin who did it, or to the first agent of the group: whom this app did not choose.
      for (const ticket of this.tickets.values()) if (ticket.assignee === row.id) ticket.assignee = this.#description.selfId;
    } else if (own.length === 0) this.#join(row.id, this.#defaultGroup.id);
  }

  #membershipsOf(userId: TargetId): TargetMembership[] {
    return [...this.memberships.values()].filter((membership) => membership.userId === userId);
  }

  #join(userId: TargetId, groupId: TargetId): TargetMembership {
    const membership = { id: this.#nextId(), userId, groupId, isDefault: this.#membershipsOf(userId).length === 0 };
    this.memberships.set(membership.id, membership);
    return membership;
  }

  #joinDefault(only: TargetMembership): TargetMembership {
    if (only.groupId === this.#defaultGroup.id) throw new RejectedError('members', 'Refused: an agent needs a group');
    return this.#join(only.userId, this.#defaultGroup.id);
  }

  #store(row: FakeUser, attributes: Attributes): void {
    const next: Record<string, AttributeValue> = Object.assign(Object.create(null), row.attributes);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'tags' && !this.#description.hasUserTagging) continue;
      next[name] = value === '' ? null : value;
    }
    row.attributes = next;
  }
}

/** An end user never has a custom role. */
function pairOf(role: TargetRole): TargetRole {
  return role.role === 'end-user' ? END_USER : role;
}
