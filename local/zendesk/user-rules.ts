import { forbidden, invalid, simpleRefusal, ZendeskRefusal } from './errors';
import type { IdentityRow, Role, UserRow } from './rows';
import { foldCase } from './state';
import { reassignOnDowngrade, unassignOnDelete } from './ticket-rules';
import { readUserInput, type UserInput } from './user-input';
import type { Actor, World } from './world';

/**
 * Creates a user: https://developer.zendesk.com/api-reference/ticketing/users/users/#create-user
 * A verification mail goes out unless `verified` or `skip_verify_email` says otherwise.
 * @throws RecordInvalid, ZendeskRefusal; nothing is written then, except for the end user a full account may leave behind
 */
export function createUser(world: World, actor: Actor, body: Readonly<Record<string, unknown>>): UserRow {
  const input = readUserInput(world, body, undefined);
  const access = resolveAccess(undefined, input);
  requireAdminFor(actor, 'end-user', access.role);
  const seatsLeft = hasSeat(world, undefined, access);
  if (!seatsLeft && !world.faults.seatsRefusalLeavesEndUser) throw maxAgentExceeded(world);
  const granted = seatsLeft ? access : { role: 'end-user' as const, customRoleId: null };
  const user = world.state.addUser(blankUser(world, input));
  setAccess(world, user, granted.role, granted.customRoleId);
  apply(world, user, input, true);
  if (!seatsLeft) throw maxAgentExceeded(world);
  return user;
}

/**
 * Updates a user with the attributes sent: https://developer.zendesk.com/api-reference/ticketing/users/users/#update-user
 * A new `email` is added as a secondary, unverified identity; `organization_id` wipes other memberships; `tags` replace.
 * @throws RecordInvalid, ZendeskRefusal; nothing is written then
 */
export function updateUser(world: World, actor: Actor, user: UserRow, body: Readonly<Record<string, unknown>>): UserRow {
  const input = readUserInput(world, body, user);
  const access = resolveAccess(user, input);
  const isRoleChange = access.role !== user.role || access.customRoleId !== user.custom_role_id;
  requireAdminFor(actor, user.role, access.role);
  if (isRoleChange && actor.user?.id === user.id) throw forbidden('You cannot change your own role.');
  if (user.id === world.state.ownerId && (isRoleChange || input.flags.get('suspended'))) {
    throw invalid(
      'role',
      'InvalidValue',
      'The account owner must stay an active administrator',
      'El propietario debe seguir siendo administrador',
    );
  }
  if (isRoleChange && !hasSeat(world, user, access)) throw maxAgentExceeded(world);
  const wasAgent = user.role !== 'end-user';
  if (isRoleChange) setAccess(world, user, access.role, access.customRoleId);
  if (wasAgent && user.role === 'end-user') reassignOnDowngrade(world, user.id, actor.user?.id ?? 0);
  const wasSuspended = user.suspended;
  apply(world, user, input, false);
  if (isRoleChange && world.faults.roleWithSuspension === 'role-only') user.suspended = wasSuspended;
  return user;
}

/**
 * Soft delete: https://developer.zendesk.com/api-reference/ticketing/users/users/#delete-user
 * @throws RecordInvalid for owner, oneself, and requesters of open tickets ("User is requester on N ticket(s) that are not closed.", lanej/zendesk2)
 */
export function deleteUser(world: World, actor: Actor, user: UserRow): void {
  requireAdminFor(actor, user.role, user.role);
  if (user.id === world.state.ownerId || user.id === actor.user?.id) throw forbidden('You cannot delete this user.');
  const open = world.state.requestedTickets.get(user.id) ?? 0;
  if (open > 0) {
    // Recorded without a code.
    throw invalid(
      'base',
      undefined,
      `User is requester on ${open} ticket(s) that are not closed.`,
      `El usuario es solicitante de ${open} ticket(s) no cerrados.`,
    );
  }
  user.active = false;
  unassignOnDelete(world, user.id);
  user.updated_at = world.timestamp();
  if (!world.faults.deletedKeepsKeys) world.state.forgetDeletedUser(user);
  world.state.onUserChange(user.id);
}

/**
 * Merges an end user into another one: the addresses become further ones of the other, and the merged account is gone as a deleted one is. No document
 * says what becomes of the external id; here it goes with the account, as in a deletion.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#merge-end-users and
 *   https://support.zendesk.com/hc/en-us/articles/4408887695898
 */
export function mergeUser(world: World, user: UserRow, winner: UserRow): void {
  if (user.role !== 'end-user' || winner.role !== 'end-user' || user === winner) throw forbidden();
  const identities = world.state.identitiesOf(user.id).map(({ type, value, verified }) => ({ type, value, verified }));
  const open = world.state.requestedTickets.get(user.id) ?? 0;
  if (open > 0) world.state.requestedTickets.set(winner.id, (world.state.requestedTickets.get(winner.id) ?? 0) + open);
  user.active = false;
  user.updated_at = world.timestamp();
  world.state.forgetDeletedUser(user);
  for (const identity of identities) addIdentity(world, winner, { ...identity, isMailSkipped: true });
  winner.updated_at = world.timestamp();
  world.state.onUserChange(user.id);
}

/** Adds an e-mail (or other) identity. The caller has checked uniqueness. */
export function addIdentity(
  world: World,
  user: UserRow,
  identity: { readonly type: string; readonly value: string; readonly verified: boolean; readonly isMailSkipped: boolean },
): IdentityRow {
  const isFirst = !world.state.identitiesOf(user.id).some(({ type, primary }) => type === identity.type && primary);
  const at = world.timestamp();
  const row = world.state.addIdentity({
    id: world.state.nextId(),
    user_id: user.id,
    type: identity.type,
    value: identity.value,
    verified: identity.verified,
    primary: isFirst,
    created_at: at,
    updated_at: at,
  });
  if (identity.type === 'email' && !identity.verified && !identity.isMailSkipped) {
    world.state.sentMails.push({ kind: 'verification', user_id: user.id, to: identity.value });
  }
  mirrorPrimary(world, user);
  return row;
}

/** Copies the primary e-mail identity into the user, after any change of identities. */
export function mirrorPrimary(world: World, user: UserRow): void {
  const primary = world.state.identitiesOf(user.id).find((identity) => identity.type === 'email' && identity.primary);
  user.email = primary?.value ?? null;
  user.verified = primary?.verified ?? user.verified;
  world.state.onUserChange(user.id);
}

/** The organization of that name, created if it is new; names are compared trimmed and without case. */
export function organizationNamed(world: World, name: string) {
  const found = world.state.organizationByName(name);
  if (found) return found;
  const at = world.timestamp();
  return world.state.addOrganization({
    id: world.state.nextId(),
    name: name.trim(),
    external_id: null,
    domain_names: [],
    details: null,
    notes: null,
    tags: [],
    created_at: at,
    updated_at: at,
  });
}

/** Makes these the user's organizations, the first one the default (trap 13). */
export function setOrganizations(world: World, user: UserRow, ids: readonly number[]): void {
  for (const membership of world.state.organizationMembershipsOf(user.id)) {
    if (!ids.includes(membership.organization_id)) world.state.removeOrganizationMembership(membership);
  }
  for (const id of ids) joinOrganization(world, user, id, id === ids[0]);
}

/** Adds one organization membership, or returns the existing one; the user's first one is the default. */
export function joinOrganization(world: World, user: UserRow, organizationId: number, isDefault: boolean) {
  const existing = world.state.organizationMembership(user.id, organizationId);
  if (existing) {
    if (isDefault) world.state.makeDefaultOrganizationMembership(existing);
    return existing;
  }
  const at = world.timestamp();
  const isFirst = world.state.organizationMembershipsOf(user.id).length === 0;
  const row = {
    user_id: user.id,
    organization_id: organizationId,
    default: isDefault || isFirst,
    created_at: at,
    updated_at: at,
  };
  return world.state.addOrganizationMembership({ id: world.state.nextId(), ...row });
}

/** Puts an agent into a group, or returns the existing membership; the first one is the default. */
export function joinGroup(world: World, user: UserRow, groupId: number, isDefault: boolean) {
  const existing = world.state.membership(user.id, groupId);
  if (existing) {
    if (isDefault) world.state.makeDefaultMembership(existing);
    return existing;
  }
  const at = world.timestamp();
  const isFirst = world.state.membershipsOf(user.id).length === 0;
  const row = { user_id: user.id, group_id: groupId, default: isDefault || isFirst, created_at: at, updated_at: at };
  return world.state.addMembership({ id: world.state.nextId(), ...row });
}

interface RoleAndSeat {
  readonly role: Role;
  readonly customRoleId: number | null;
}

/**
 * Role and custom role after a write. "end-user" together with a custom role becomes an agent (trap 6, documented at
 * https://developer.zendesk.com/api-reference/ticketing/users/users/); an admin has no custom role.
 */
function resolveAccess(user: UserRow | undefined, { role, customRoleId }: UserInput): RoleAndSeat {
  if (typeof customRoleId === 'number') return role === 'admin' ? { role, customRoleId: null } : { role: 'agent', customRoleId };
  const next = role ?? user?.role ?? 'end-user';
  if (next !== 'agent') return { role: next, customRoleId: null };
  return { role: 'agent', customRoleId: customRoleId === null || user?.role !== 'agent' ? null : user.custom_role_id };
}

/** Only admins create or change agents and admins: https://support.zendesk.com/hc/en-us/articles/4408846314266 */
function requireAdminFor(actor: Actor, before: Role, after: Role): void {
  if ((before !== 'end-user' || after !== 'end-user') && actor.user?.role !== 'admin') throw forbidden();
}

function hasSeat(world: World, user: UserRow | undefined, access: RoleAndSeat): boolean {
  if (access.role === 'end-user') return true;
  const typeOf = (id: number | null | undefined) =>
    typeof id === 'number' ? world.state.customRoles.get(id)?.role_type : undefined;
  const wanted = typeOf(access.customRoleId);
  const isTeam = user !== undefined && user.role !== 'end-user';
  const held = typeOf(user?.custom_role_id);
  if (wanted === 3) return true;
  if (wanted === 1)
    return (isTeam && held === 1) || world.state.lightSeatsUsed < (world.features.lightAgentSeats ?? Number.POSITIVE_INFINITY);
  return (isTeam && held !== 1 && held !== 3) || world.state.seatsUsed < (world.features.agentSeats ?? Number.POSITIVE_INFINITY);
}

/** `MaxAgentExceeded` (zendesk/zendesk_api_client_rb#465); status and text are not public, so match the code. */
function maxAgentExceeded(world: World) {
  const description =
    world.faults.language === 'es' ? 'Ha alcanzado el número máximo de agentes' : 'You have reached the maximum number of agents';
  if (world.faults.seatsRefusalEnvelope === 'error')
    return simpleRefusal(world.faults.seatsRefusalStatus, 'MaxAgentExceeded', description);
  const body = {
    error: 'RecordInvalid',
    description: 'Record validation errors',
    details: { role: [{ description, error: 'MaxAgentExceeded' }] },
  };
  return new ZendeskRefusal({ status: world.faults.seatsRefusalStatus, body });
}

/** Sets the role with what hangs on it: a new agent lands in the default group, an ex-agent leaves all groups. */
export function setAccess(world: World, user: UserRow, role: Role, customRoleId: number | null): void {
  user.role = role;
  user.custom_role_id = customRoleId;
  world.state.recountSeat(user);
  const memberships = world.state.membershipsOf(user.id);
  const leaves = role === 'end-user' && world.faults.downgradeGroups === 'leaves';
  if (leaves) for (const membership of memberships) world.state.removeMembership(membership);
  else if (role !== 'end-user' && memberships.length === 0 && world.state.defaultGroup)
    joinGroup(world, user, world.state.defaultGroup.id, true);
}

function apply(world: World, user: UserRow, input: UserInput, isNew: boolean): void {
  if (input.name !== undefined) user.name = input.name;
  if (input.externalId !== undefined) world.state.setExternalId(user, input.externalId);
  if (input.locale) Object.assign(user, { locale: input.locale.locale, locale_id: input.locale.id });
  for (const [key, value] of input.texts) if (key !== 'time_zone' || value !== null) Object.assign(user, { [key]: value });
  for (const [key, value] of input.flags) if (key !== 'verified' && key !== 'skip_verify_email') user[key] = value;
  // Without user tagging the write is accepted and does nothing (trap 15).
  if (input.tags && world.features.userTagging) user.tags = [...input.tags];
  for (const [key, value] of input.userFields ?? []) user.user_fields.set(key, value);
  applyContacts(world, user, input, isNew);
  if (input.organizationIds) setOrganizations(world, user, input.organizationIds);
  if (input.organizationName?.trim()) setOrganizations(world, user, [organizationNamed(world, input.organizationName).id]);
  if (user.role !== 'end-user') {
    for (const id of input.groupIds) joinGroup(world, user, id, false);
    if (input.defaultGroupId !== undefined) joinGroup(world, user, input.defaultGroupId, true);
    if (input.agentBrandIds && world.features.manualBrandAccess) world.state.brandsOf.set(user.id, new Set(input.agentBrandIds));
  }
  user.updated_at = world.timestamp();
  world.state.onUserChange(user.id);
}

function applyContacts(world: World, user: UserRow, input: UserInput, isNew: boolean): void {
  const isVerified = input.flags.get('verified') === true;
  const isMailSkipped = input.flags.get('skip_verify_email') === true;
  const own = world.state.identitiesOf(user.id);
  if (
    input.email !== undefined &&
    !own.some(({ type, value }) => type === 'email' && foldCase(value) === foldCase(input.email ?? ''))
  ) {
    addIdentity(world, user, { type: 'email', value: input.email, verified: isNew && isVerified, isMailSkipped });
  } else if (!isNew && isVerified) {
    for (const identity of own) if (identity.primary && identity.type === 'email') identity.verified = true;
    mirrorPrimary(world, user);
  }
  for (const identity of input.identities) {
    if (identity.type === 'email' && world.state.emailIdentity(identity.value)) continue;
    addIdentity(world, user, { ...identity, isMailSkipped });
  }
  if (isNew && isVerified) user.verified = true;
  if (input.phone === undefined) return;
  user.phone = input.phone;
  for (const identity of own) if (identity.type === 'phone_number') world.state.removeIdentity(identity);
  const isShared = input.flags.get('shared_phone_number') === true;
  user.shared_phone_number = input.phone === null ? null : isShared || world.state.phoneIdentity(input.phone) !== undefined;
  if (input.phone !== null && !user.shared_phone_number) {
    addIdentity(world, user, { type: 'phone_number', value: input.phone, verified: true, isMailSkipped: true });
  }
}

function blankUser(world: World, input: UserInput): UserRow {
  const at = world.timestamp();
  return {
    id: world.state.nextId(),
    name: input.name ?? '',
    email: null,
    external_id: null,
    role: 'end-user',
    custom_role_id: null,
    suspended: false,
    active: true,
    verified: false,
    phone: null,
    shared_phone_number: null,
    locale: world.state.locales[0]?.locale ?? 'en-US',
    locale_id: world.state.locales[0]?.id ?? 1,
    time_zone: 'Eastern Time (US & Canada)',
    organization_id: null,
    default_group_id: null,
    tags: [],
    user_fields: new Map(),
    alias: null,
    details: null,
    notes: null,
    signature: null,
    moderator: false,
    only_private_comments: false,
    ticket_restriction: null,
    remote_photo_url: null,
    last_login_at: null,
    created_at: at,
    updated_at: at,
    permanently_deleted: false,
  };
}
