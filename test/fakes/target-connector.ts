import { OpenTicketsError, RejectedError } from '../../src/core/errors';
import type { TicketReceiver } from '../../src/core/leaving';
import {
  type Attributes,
  type AttributeValue,
  type TargetGroup,
  type TargetId,
  type TargetMembership,
  type TargetRole,
  type TargetUser,
  targetId,
} from '../../src/core/model';
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
import {
  type FakeGroup,
  type FakeTarget,
  type FakeTargetOptions,
  type FakeUser,
  type FaultHook,
  fold,
  type WriteMethod,
} from './target-account';
import { FakeGroups } from './target-groups';
import { FakeTickets } from './target-tickets';
import { FakeUsers, isAgent } from './target-users';

const END_USER: TargetRole = { role: 'end-user', customRoleId: null };

/** Makes a fake account with an admin (the credential's own user) and a default group `Support`. */
export function makeFakeTarget(options: FakeTargetOptions = {}): FakeTarget {
  return new FakeAccount(options);
}

class FakeAccount implements FakeTarget {
  #lastId = 100;
  readonly #users = new FakeUsers();
  readonly users = this.#users.users;
  readonly #groups = new FakeGroups(() => this.#nextId());
  readonly groups = this.#groups.groups;
  readonly memberships = this.#groups.memberships;
  readonly endedSessions: TargetId[] = [];
  readonly openTickets = new Set<TargetId>();
  readonly erased: TargetId[] = [];
  readonly #tickets = new FakeTickets();
  readonly tickets = this.#tickets.tickets;
  waits: readonly TargetWait[] = [];
  busyMs = 0;
  readonly mails: string[] = [];
  readonly writes = new Map<WriteMethod, number>();
  hook: FaultHook | undefined;
  isSearchCurrent: boolean;
  seats: number | undefined;
  readonly #description: TargetDescription;
  readonly #nowMs: (() => number) | undefined;
  readonly #unindexed = new Set<TargetId>();

  constructor(options: FakeTargetOptions) {
    this.seats = options.seats;
    this.#nowMs = options.nowMs;
    this.isSearchCurrent = options.isSearchCurrent ?? true;
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
    return this.#groups.seed(name);
  }

  describe(fresh?: boolean): Promise<TargetDescription> {
    return this.#call('describe', [fresh], () => this.#description);
  }

  getUser(id: TargetId): Promise<TargetUser | undefined> {
    return this.#call('getUser', [id], () => this.#shown(this.users.get(id)));
  }

  findUsers(matcher: UserMatcher): Promise<readonly TargetUser[]> {
    return this.#call('findUsers', [matcher], () =>
      this.#users
        .matching(matcher)
        .filter(({ id }) => matcher.attribute === 'external_id' || this.isSearchCurrent || !this.#unindexed.has(id))
        .map((user) => this.#shown(user)),
    );
  }

  createUser(user: NewTargetUser): Promise<TargetUser> {
    return this.#call('createUser', [user], () => {
      if (fold(user.name) === '') throw new RejectedError('name', 'Refused: no name');
      this.#users.requireFree(user, undefined);
      this.#users.requireSeat(this.seats, user.role);
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
      const row = this.#users.live(current.id);
      if (row.id === this.#description.selfId && (changes.role || changes.suspended)) {
        throw new RejectedError(undefined, 'Refused: this is the credential itself');
      }
      this.#users.requireFree({ email: changes.email ?? null, externalId: changes.externalId ?? null }, row.id);
      if (changes.role) this.#users.requireSeat(this.seats, changes.role, row);
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
      const row = this.#users.live(id);
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
      const admins = this.#users.active().filter(({ role, suspended }) => role.role === 'admin' && !suspended);
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
      this.#groups.leaveAll(id);
      this.#wrote('deleteUser');
      return true;
    });
  }

  seedTickets(assignee: TargetId, count: number): void {
    for (let at = 0; at < count; at += 1) this.tickets.set(this.#nextId(), { assignee, group: this.#groups.default.id });
  }

  ticketHeir(receiver: Exclude<TicketReceiver, { kind: 'leave' }>, leaver: TargetId) {
    return this.#call('ticketHeir', [receiver, leaver], (): TicketHeir | { kind: 'refused'; reason: string } => {
      if (receiver.kind === 'unassign') return { kind: 'nobody' };
      if (receiver.kind === 'group') {
        const [group] = this.#groups.named(receiver.name);
        return group ? { kind: 'group', id: group.id } : { kind: 'refused', reason: 'There is no such group.' };
      }
      const user = this.#users.active().find(({ email }) => fold(email) === fold(receiver.email));
      if (!user || user.suspended || user.role.role === 'end-user' || user.id === leaver)
        return { kind: 'refused', reason: 'Nobody of that address can be assigned tickets.' };
      return { kind: 'user', id: user.id, groupIds: this.#groups.of(user.id).map(({ groupId }) => groupId) };
    });
  }

  handOverTickets(from: TargetId, heir: TicketHeir, except: readonly TargetId[]): Promise<TicketBatch> {
    return this.#call('handOverTickets', [from, heir, except], () => {
      const batch = this.#tickets.handOver(from, heir, except);
      for (let at = 0; at < batch.handed; at += 1) this.#wrote('handOverTickets');
      return batch;
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
      const group = this.#groups.get(id);
      return group && { ...group };
    });
  }

  findGroups(name: string): Promise<readonly TargetGroup[]> {
    return this.#call('findGroups', [name], () => this.#groups.named(name).map((group) => ({ ...group })));
  }

  createGroup(fields: TargetGroupFields): Promise<TargetGroup> {
    return this.#call('createGroup', [fields], () => this.#wrote('createGroup', this.#groups.create(fields)));
  }

  updateGroup(id: TargetId, fields: Partial<TargetGroupFields>): Promise<TargetGroup> {
    return this.#call('updateGroup', [id, fields], () => this.#wrote('updateGroup', this.#groups.update(id, fields)));
  }

  deleteGroup(id: TargetId): Promise<boolean> {
    return this.#call('deleteGroup', [id], () => this.#groups.remove(id) && this.#wrote('deleteGroup', true));
  }

  async *listGroups(): AsyncGenerator<readonly TargetGroup[]> {
    yield await this.#call('listGroups', [], () => this.#groups.live().map((group) => ({ ...group })));
  }

  /** Pages of two, so that paging is exercised. */
  listTeam(after?: string): Promise<TeamPage> {
    return this.#call('listTeam', [after], () => {
      const team = this.#users.active().filter(isAgent);
      const rest = team.filter(({ id }) => after === undefined || Number(id) > Number(after));
      const members = rest.slice(0, 2).map(({ id, externalId, email, name, role, suspended, createdAt, lastLoginAt }) => ({
        ...{ id, externalId, email, name, role, suspended, roleType: null },
        createdAt: createdAt ?? null,
        lastLoginAt: lastLoginAt ?? null,
      }));
      const last = members.at(-1);
      return { members, ...(rest.length > 2 && last && { next: last.id }) };
    });
  }

  async *listGroupMemberships(groupId: TargetId): AsyncGenerator<readonly TargetMembership[]> {
    yield await this.#call('listGroupMemberships', [groupId], () => this.#groups.membersOf(groupId));
  }

  addMembership(userId: TargetId, groupId: TargetId): Promise<TargetMembership> {
    return this.#call('addMembership', [userId, groupId], () => {
      const existing = this.#groups.of(userId).find((membership) => membership.groupId === groupId);
      if (existing) return existing;
      const user = this.users.get(userId);
      if (!user?.active || user.role.role === 'end-user') throw new RejectedError('members', 'Refused: not an agent');
      if (!this.#groups.get(groupId)) throw new RejectedError('members', 'Refused: no such group');
      return this.#wrote('addMembership', this.#groups.join(userId, groupId));
    });
  }

  removeMembership(membership: TargetMembership): Promise<void> {
    return this.#call('removeMembership', [membership], () => {
      if (this.#groups.leave(membership)) this.#wrote('removeMembership');
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

  /** Counts a change. @returns what it gave, for the caller to hand on */
  #wrote<T>(method: WriteMethod, given?: T): T {
    this.writes.set(method, (this.writes.get(method) ?? 0) + 1);
    return given as T;
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

  /** A new agent lands in the default group, an ex-agent leaves all groups. */
  #settleRole(row: FakeUser): void {
    if (row.role.role === 'end-user') {
      this.#groups.leaveAll(row.id);
      // Zendesk gives them to the admin who did it, or to the first agent of the group: whom this app did not choose.
      this.#tickets.reassign(row.id, this.#description.selfId);
    } else if (this.#groups.of(row.id).length === 0) this.#groups.join(row.id, this.#groups.default.id);
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
