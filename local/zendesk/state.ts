import type {
  BrandRow,
  CustomRoleRow,
  GroupMembershipRow,
  GroupRow,
  IdentityRow,
  LocaleRow,
  OrganizationMembershipRow,
  OrganizationRow,
  SentMail,
  TicketRow,
  UserFieldRow,
  UserRow,
} from './rows';

/** Zendesk's ids are 64-bit and long past 2^32: starting here shows whoever stores them in 32 bits. */
const firstId = 360_000_000_001;

/** Key under which external ids and e-mails are unique: look-ups are case-insensitive (reference section 1.4). */
export const foldCase = (value: string): string => value.trim().toLowerCase();

/** The simulated account's data with its indexes. Rows may be read freely; change them through the methods, which keep the indexes true. */
export class ZendeskState {
  readonly users = new Map<number, UserRow>();
  readonly identities = new Map<number, IdentityRow>();
  readonly groups = new Map<number, GroupRow>();
  readonly memberships = new Map<number, GroupMembershipRow>();
  readonly organizations = new Map<number, OrganizationRow>();
  readonly organizationMemberships = new Map<number, OrganizationMembershipRow>();
  readonly customRoles = new Map<number, CustomRoleRow>();
  readonly userFields = new Map<string, UserFieldRow>();
  readonly brands = new Map<number, BrandRow>();
  /** Ids of the brands of each agent, by user id. */
  readonly brandsOf = new Map<number, ReadonlySet<number>>();
  readonly locales: LocaleRow[] = [];
  readonly sentMails: SentMail[] = [];
  /** Open tickets a user requested: such a user cannot be deleted. */
  readonly requestedTickets = new Map<number, number>();
  /** Tickets that somebody works on, by id. */
  readonly tickets = new Map<number, TicketRow>();
  /** Users whose sessions were ended, oldest first. */
  readonly endedSessions: number[] = [];
  /** The account owner; undefined only while the account is being set up. */
  ownerId = 0;
  /** User ids in rising order, deleted ones too: cursor paging starts in the middle of it. */
  readonly userIds: number[] = [];

  readonly #byExternalId = new Map<string, number>();
  readonly #deletedByExternalId = new Map<string, Set<number>>();
  readonly #emailIdentity = new Map<string, number>();
  readonly #phoneIdentity = new Map<string, number>();
  readonly #identitiesOf = new Map<number, Set<number>>();
  readonly #membershipsOf = new Map<number, Set<number>>();
  readonly #membershipsIn = new Map<number, Set<number>>();
  readonly #membershipByPair = new Map<string, number>();
  readonly #organizationMembershipsOf = new Map<number, Set<number>>();
  readonly #organizationMembershipByPair = new Map<string, number>();
  readonly #organizationByName = new Map<string, number>();
  readonly #organizationByExternalId = new Map<string, number>();
  readonly #seats = new Set<number>();
  readonly #lightSeats = new Set<number>();
  #lastId = firstId;
  #defaultGroupId = 0;

  /** Called with the user id after every change of a user or of its identities (search index, incremental export). */
  onUserChange: (id: number) => void = () => undefined;

  /** A fresh id, larger than all before. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  readonly #changes = new Map<number, { readonly sequence: number; readonly id: number; readonly at: number }>();
  #sequence = 0;

  /** Notes when a user last changed, for the incremental export. */
  recordChange(id: number, at: number): void {
    this.#sequence += 1;
    // Deleting first moves the entry to the end: the map stays in the order of last change.
    this.#changes.delete(id);
    this.#changes.set(id, { sequence: this.#sequence, id, at });
  }

  /** Each changed user once, in the order of its last change, after a sequence number. */
  *changesAfter(sequence: number): Iterable<{ readonly sequence: number; readonly id: number; readonly at: number }> {
    for (const change of this.#changes.values()) if (change.sequence > sequence) yield change;
  }

  // -- users

  addUser(user: UserRow): UserRow {
    this.users.set(user.id, user);
    this.userIds.push(user.id);
    if (user.external_id !== null) this.#byExternalId.set(foldCase(user.external_id), user.id);
    this.recountSeat(user);
    this.onUserChange(user.id);
    return user;
  }

  /** The active user with this external id, in any letter case. */
  userByExternalId(externalId: string): UserRow | undefined {
    return this.users.get(this.#byExternalId.get(foldCase(externalId)) ?? -1);
  }

  /** Soft-deleted users that had this external id. */
  deletedByExternalId(externalId: string): UserRow[] {
    return [...(this.#deletedByExternalId.get(foldCase(externalId)) ?? [])].map((id) => this.users.get(id)!);
  }

  /** The active user who owns this address, primary or not. */
  userByEmail(email: string): UserRow | undefined {
    const identity = this.identities.get(this.#emailIdentity.get(foldCase(email)) ?? -1);
    return identity && this.users.get(identity.user_id);
  }

  setExternalId(user: UserRow, externalId: string | null): void {
    if (user.external_id !== null) this.#byExternalId.delete(foldCase(user.external_id));
    user.external_id = externalId;
    if (externalId !== null) this.#byExternalId.set(foldCase(externalId), user.id);
  }

  /** Takes a deleted user out of every index, so that address and external id are free again. */
  forgetDeletedUser(user: UserRow): void {
    if (user.external_id !== null) {
      const key = foldCase(user.external_id);
      this.#byExternalId.delete(key);
      const ids = this.#deletedByExternalId.get(key) ?? new Set();
      this.#deletedByExternalId.set(key, ids.add(user.id));
    }
    for (const identity of this.identitiesOf(user.id)) this.removeIdentity(identity);
    for (const membership of this.membershipsOf(user.id)) this.removeMembership(membership);
    for (const membership of this.organizationMembershipsOf(user.id)) this.removeOrganizationMembership(membership);
    this.recountSeat(user);
  }

  /** Books the user's seat by role: agents and admins pay, suspended ones too; light agents count apart; contributors are free. */
  recountSeat(user: UserRow): void {
    const roleType = user.custom_role_id === null ? undefined : this.customRoles.get(user.custom_role_id)?.role_type;
    const isTeam = user.active && user.role !== 'end-user';
    mark(this.#seats, user.id, isTeam && roleType !== 1 && roleType !== 3);
    mark(this.#lightSeats, user.id, isTeam && roleType === 1);
  }

  get seatsUsed(): number {
    return this.#seats.size;
  }

  get lightSeatsUsed(): number {
    return this.#lightSeats.size;
  }

  // -- identities

  addIdentity(identity: IdentityRow): IdentityRow {
    this.identities.set(identity.id, identity);
    push(this.#identitiesOf, identity.user_id, identity.id);
    this.#indexIdentity(identity);
    return identity;
  }

  removeIdentity(identity: IdentityRow): void {
    this.#unindexIdentity(identity);
    this.identities.delete(identity.id);
    this.#identitiesOf.get(identity.user_id)?.delete(identity.id);
  }

  changeIdentityValue(identity: IdentityRow, value: string): void {
    this.#unindexIdentity(identity);
    identity.value = value;
    this.#indexIdentity(identity);
  }

  /** The user's identities, oldest first. */
  identitiesOf(userId: number): IdentityRow[] {
    return resolve(this.#identitiesOf.get(userId), this.identities);
  }

  emailIdentity(email: string): IdentityRow | undefined {
    return this.identities.get(this.#emailIdentity.get(foldCase(email)) ?? -1);
  }

  phoneIdentity(phone: string): IdentityRow | undefined {
    return this.identities.get(this.#phoneIdentity.get(phone.trim()) ?? -1);
  }

  #indexIdentity(identity: IdentityRow): void {
    if (identity.type === 'email') this.#emailIdentity.set(foldCase(identity.value), identity.id);
    if (identity.type === 'phone_number') this.#phoneIdentity.set(identity.value.trim(), identity.id);
  }

  #unindexIdentity(identity: IdentityRow): void {
    if (identity.type === 'email') this.#emailIdentity.delete(foldCase(identity.value));
    if (identity.type === 'phone_number') this.#phoneIdentity.delete(identity.value.trim());
  }

  // -- groups

  addGroup(group: GroupRow): GroupRow {
    this.groups.set(group.id, group);
    if (group.default) this.#defaultGroupId = group.id;
    return group;
  }

  /** The group new agents land in. */
  get defaultGroup(): GroupRow | undefined {
    return this.groups.get(this.#defaultGroupId);
  }

  /** Adds the membership; the user's other default is taken back when this one is the default. */
  addMembership(membership: GroupMembershipRow): GroupMembershipRow {
    this.memberships.set(membership.id, membership);
    push(this.#membershipsOf, membership.user_id, membership.id);
    push(this.#membershipsIn, membership.group_id, membership.id);
    this.#membershipByPair.set(pair(membership.user_id, membership.group_id), membership.id);
    if (membership.default) this.makeDefaultMembership(membership);
    return membership;
  }

  makeDefaultMembership(membership: GroupMembershipRow): void {
    for (const other of this.membershipsOf(membership.user_id)) other.default = other.id === membership.id;
    const user = this.users.get(membership.user_id);
    if (user) user.default_group_id = membership.group_id;
  }

  removeMembership(membership: GroupMembershipRow): void {
    this.memberships.delete(membership.id);
    this.#membershipsOf.get(membership.user_id)?.delete(membership.id);
    this.#membershipsIn.get(membership.group_id)?.delete(membership.id);
    this.#membershipByPair.delete(pair(membership.user_id, membership.group_id));
    const user = this.users.get(membership.user_id);
    if (user && user.default_group_id === membership.group_id) user.default_group_id = null;
  }

  membershipsOf(userId: number): GroupMembershipRow[] {
    return resolve(this.#membershipsOf.get(userId), this.memberships);
  }

  membershipsIn(groupId: number): GroupMembershipRow[] {
    return resolve(this.#membershipsIn.get(groupId), this.memberships);
  }

  membership(userId: number, groupId: number): GroupMembershipRow | undefined {
    return this.memberships.get(this.#membershipByPair.get(pair(userId, groupId)) ?? -1);
  }

  // -- organizations

  addOrganization(organization: OrganizationRow): OrganizationRow {
    this.organizations.set(organization.id, organization);
    this.#indexOrganization(organization);
    return organization;
  }

  /** Changes name and external id together with their indexes. */
  renameOrganization(organization: OrganizationRow, name: string, externalId: string | null): void {
    this.#organizationByName.delete(foldCase(organization.name));
    if (organization.external_id !== null) this.#organizationByExternalId.delete(foldCase(organization.external_id));
    organization.name = name;
    organization.external_id = externalId;
    this.#indexOrganization(organization);
  }

  removeOrganization(organization: OrganizationRow): void {
    this.organizations.delete(organization.id);
    this.#organizationByName.delete(foldCase(organization.name));
    if (organization.external_id !== null) this.#organizationByExternalId.delete(foldCase(organization.external_id));
    for (const membership of [...this.organizationMemberships.values()]) {
      if (membership.organization_id === organization.id) this.removeOrganizationMembership(membership);
    }
  }

  organizationByName(name: string): OrganizationRow | undefined {
    return this.organizations.get(this.#organizationByName.get(foldCase(name)) ?? -1);
  }

  organizationByExternalId(externalId: string): OrganizationRow | undefined {
    return this.organizations.get(this.#organizationByExternalId.get(foldCase(externalId)) ?? -1);
  }

  #indexOrganization(organization: OrganizationRow): void {
    this.#organizationByName.set(foldCase(organization.name), organization.id);
    if (organization.external_id !== null)
      this.#organizationByExternalId.set(foldCase(organization.external_id), organization.id);
  }

  addOrganizationMembership(membership: OrganizationMembershipRow): OrganizationMembershipRow {
    this.organizationMemberships.set(membership.id, membership);
    push(this.#organizationMembershipsOf, membership.user_id, membership.id);
    this.#organizationMembershipByPair.set(pair(membership.user_id, membership.organization_id), membership.id);
    if (membership.default) this.makeDefaultOrganizationMembership(membership);
    return membership;
  }

  makeDefaultOrganizationMembership(membership: OrganizationMembershipRow): void {
    for (const other of this.organizationMembershipsOf(membership.user_id)) other.default = other.id === membership.id;
    const user = this.users.get(membership.user_id);
    if (user) user.organization_id = membership.organization_id;
  }

  /** Removes it; the oldest of the rest becomes the default, so that `organization_id` names one while there is one. */
  removeOrganizationMembership(membership: OrganizationMembershipRow): void {
    this.organizationMemberships.delete(membership.id);
    this.#organizationMembershipsOf.get(membership.user_id)?.delete(membership.id);
    this.#organizationMembershipByPair.delete(pair(membership.user_id, membership.organization_id));
    if (!membership.default) return;
    const next = this.organizationMembershipsOf(membership.user_id)[0];
    const user = this.users.get(membership.user_id);
    if (next) this.makeDefaultOrganizationMembership(next);
    else if (user) user.organization_id = null;
  }

  organizationMembershipsOf(userId: number): OrganizationMembershipRow[] {
    return resolve(this.#organizationMembershipsOf.get(userId), this.organizationMemberships);
  }

  organizationMembership(userId: number, organizationId: number): OrganizationMembershipRow | undefined {
    return this.organizationMemberships.get(this.#organizationMembershipByPair.get(pair(userId, organizationId)) ?? -1);
  }
}

const pair = (left: number, right: number): string => `${left}:${right}`;

function push(index: Map<number, Set<number>>, key: number, id: number): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

function mark(set: Set<number>, id: number, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

function resolve<Row>(ids: Set<number> | undefined, rows: Map<number, Row>): Row[] {
  return ids ? [...ids].map((id) => rows.get(id)!) : [];
}
