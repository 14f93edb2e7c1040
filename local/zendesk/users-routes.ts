import { asRecord, json } from '../http-kit';
import { forbidden, invalid, invalidAttribute, recordNotFound, simpleRefusal } from './errors';
import { offsetPage, pageOf, scanPage } from './paging';
import { presentIdentity, presentTags, presentUser } from './present';
import { listOf, userOf } from './route-kit';
import type { UserRow } from './rows';
import { foldCase } from './state';
import { normaliseTags, text } from './user-input';
import { createUser, deleteUser, mergeUser, updateUser } from './user-rules';
import type { Call, Route } from './world';

/** Users, their tags and sessions: https://developer.zendesk.com/api-reference/ticketing/users/users/ */
export function userRoutes(route: Route): void {
  route('GET', '/api/v2/users/me', 'anyone', (call) =>
    json(200, { user: call.actor.user ? presentUser(call.world, call.actor.user) : anonymousUser }),
  );
  route('GET', '/api/v2/users', 'agent', listUsers);
  route('GET', '/api/v2/users/count', 'agent', (call) =>
    json(200, { count: { value: listedUsers(call).length, refreshed_at: call.world.timestamp() } }),
  );
  route('GET', '/api/v2/users/search', 'agent', search);
  route('GET', '/api/v2/users/show_many', 'agent', showMany);
  route('GET', '/api/v2/users/{user_id}/tickets/requested', 'agent', requestedTickets);
  route('POST', '/api/v2/users', 'agent', (call) => {
    const user = createUser(call.world, call.actor, call.body('user'));
    return json(201, { user: presentUser(call.world, user) }, { location: `${call.world.url()}/api/v2/users/${user.id}.json` });
  });
  route('POST', '/api/v2/users/create_or_update', 'admin', createOrUpdate);
  // A soft-deleted user can still be read, with active:false; everything else about it answers 404.
  route('GET', '/api/v2/users/{user_id}', 'agent', (call) => json(200, { user: presentUser(call.world, userOf(call, true)) }));
  route('PUT', '/api/v2/users/{user_id}', 'agent', (call) => {
    call.takeUpdateLane(call.id('user_id'));
    return json(200, { user: presentUser(call.world, updateUser(call.world, call.actor, userOf(call), call.body('user'))) });
  });
  route('DELETE', '/api/v2/users/{user_id}', 'agent', (call) => {
    const user = userOf(call);
    deleteUser(call.world, call.actor, user);
    return json(200, { user: presentUser(call.world, user) });
  });
  route('PUT', '/api/v2/users/{user_id}/merge', 'agent', (call) => {
    const winner = call.world.state.users.get(Number(call.body('user').id));
    if (!winner?.active) throw recordNotFound();
    mergeUser(call.world, userOf(call), winner);
    return json(200, { user: presentUser(call.world, winner) });
  });
  tagRoutes(route);
  sessionRoutes(route);
}

/** Missing or password credentials get this with 200 (trap 3): https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self */
const anonymousUser = {
  id: null,
  url: null,
  name: 'Anonymous user',
  email: 'invalid@example.com',
  role: 'end-user',
  active: null,
  verified: false,
};

/** Lists active users. Look-ups by external id read the database, not the index. */
function listUsers(call: Call) {
  const { state } = call.world;
  const isScan = (call.query.has('page[size]') || call.query.has('page[after]')) && !call.query.has('page[before]');
  if (!isScan || call.query.has('external_id')) return json(200, usersPage(call, listedUsers(call)));
  const fits = userFilter(call);
  const read = (id: number) => [state.users.get(id)!].find(fits);
  return json(200, scanPage(call, { key: 'users', ids: state.userIds, read, present: (user) => presentUser(call.world, user) }));
}

function listedUsers(call: Call): UserRow[] {
  const { state } = call.world;
  const fits = userFilter(call);
  const externalId = call.query.get('external_id');
  if (externalId === null) return state.userIds.map((id) => state.users.get(id)!).filter(fits);
  const user = state.userByExternalId(externalId);
  return user && fits(user) ? [user] : [];
}

/** `role`, `role[]` (a custom role's name counts) and `permission_set`. */
function userFilter(call: Call): (user: UserRow) => boolean {
  const roles = [...call.query.getAll('role[]'), ...call.query.getAll('role')];
  const permissionSet = call.query.get('permission_set');
  const named = [...call.world.state.customRoles.values()].filter(({ name }) => roles.includes(name));
  const customRoleIds = new Set(named.map(({ id }) => id));
  return (user) =>
    user.active &&
    (roles.length === 0 || roles.includes(user.role) || customRoleIds.has(user.custom_role_id ?? -1)) &&
    (permissionSet === null || user.custom_role_id === Number(permissionSet));
}

/** One page of users. */
export function usersPage(call: Call, rows: readonly UserRow[]): Record<string, unknown> {
  return pageOf(call, { key: 'users', rows, present: (user) => presentUser(call.world, user), idOf: (user) => user.id });
}

/** Index look-up, offset paging only: https://developer.zendesk.com/api-reference/ticketing/users/users/#search-users */
function search(call: Call) {
  const externalId = call.query.get('external_id');
  const query = call.query.get('query');
  if (externalId === null && query === null) throw invalidAttribute('query', 'query is required');
  const rows = call.world.index.find(externalId === null ? { query: query ?? '' } : { externalId });
  return json(200, offsetPage(call, { key: 'users', rows, present: (user) => presentUser(call.world, user) }));
}

/** Unknown ids are left out silently; the answer is in order of id, not of the question. */
function showMany(call: Call) {
  const { state } = call.world;
  const withDeleted = call.query.get('include_deleted') === 'true';
  const ids = listOf(call, 'ids');
  const externalIds = listOf(call, 'external_ids');
  if (!ids && !externalIds) throw invalidAttribute('ids', 'ids or external_ids must be given');
  const found = new Map<number, UserRow>();
  const add = (user: UserRow | undefined) => {
    if (user && (user.active || (withDeleted && !user.permanently_deleted))) found.set(user.id, user);
  };
  for (const id of ids ?? []) add(state.users.get(Number(id)));
  for (const externalId of externalIds ?? []) {
    add(state.userByExternalId(externalId));
    if (withDeleted) for (const user of state.deletedByExternalId(externalId)) add(user);
  }
  const rows = [...found.values()].sort((left, right) => left.id - right.id);
  const users = rows.map((user) => presentUser(call.world, user));
  return json(200, { users, ...identitiesAsked(call, rows), next_page: null, previous_page: null, count: users.length });
}

/** Side-loading: https://support.zendesk.com/hc/en-us/community/posts/4410103990042-Extend-api-v2-users-show-many-endpoint */
function identitiesAsked(call: Call, users: readonly UserRow[]) {
  const isAsked = call.query.get('include')?.split(',').includes('identities') === true && call.world.faults.sideloads;
  if (!isAsked) return {};
  const identities = users.flatMap(({ id }) => call.world.state.identitiesOf(id));
  return { identities: identities.map((identity) => presentIdentity(call.world, identity)) };
}

/** Tickets a user has requested; only those not closed are simulated: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-tickets */
function requestedTickets(call: Call) {
  const requester = userOf(call, true).id;
  const open = call.world.state.requestedTickets.get(requester) ?? 0;
  const tickets = Array.from({ length: open }, (_, at) => ({
    id: requester * 1_000 + at,
    requester_id: requester,
    status: at % 2 === 0 ? 'open' : 'solved',
  }));
  return json(200, { tickets, next_page: null, previous_page: null, count: open });
}

/** Matches e-mail or external id and takes the account over, rewriting its external id (trap 8). */
function createOrUpdate(call: Call) {
  const body = call.body('user');
  const match = matchForUpsert(call, body);
  call.takeUpdateLane(match?.id);
  if (!match) return json(201, { user: presentUser(call.world, createUser(call.world, call.actor, body)) });
  return json(200, { user: presentUser(call.world, updateUser(call.world, call.actor, match, body)) });
}

/** The user a create_or_update body means. Which one wins when both keys hit different users is not documented: the external id does here. */
export function matchForUpsert(call: Call, body: Readonly<Record<string, unknown>>): UserRow | undefined {
  const externalId = text(body, 'external_id');
  const email = text(body, 'email');
  const byExternalId = externalId ? call.world.state.userByExternalId(externalId) : undefined;
  return byExternalId ?? (email ? call.world.state.userByEmail(foldCase(email)) : undefined);
}

/** POST sets, PUT adds, DELETE removes: https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/ */
function tagRoutes(route: Route): void {
  const path = '/api/v2/users/{user_id}/tags';
  route('GET', path, 'agent', (call) => json(200, { tags: presentTags(call.world, userOf(call)) }));
  const change = (method: string, status: number, next: (old: readonly string[], given: readonly string[]) => string[]) =>
    route(method, path, 'agent', (call) => {
      const user = userOf(call);
      const body = asRecord(call.request.body);
      if (body?.tags === undefined) throw invalidAttribute('tags', 'tags must be present');
      if (call.world.features.userTagging) {
        user.tags = next(user.tags, normaliseTags(body.tags));
        call.world.state.onUserChange(user.id);
      }
      return json(status, { tags: presentTags(call.world, user) });
    });
  change('POST', 201, (_old, given) => [...given]);
  change('PUT', 200, (old, given) => [...new Set([...old, ...given])]);
  change('DELETE', 200, (old, given) => old.filter((tag) => !given.includes(tag)));
}

/** https://developer.zendesk.com/api-reference/ticketing/account-configuration/sessions/ and #logout-many-users */
function sessionRoutes(route: Route): void {
  route('GET', '/api/v2/users/{user_id}/sessions', 'admin', (call) => {
    userOf(call);
    return json(200, { sessions: [] });
  });
  route('DELETE', '/api/v2/users/{user_id}/sessions', 'admin', (call) => {
    call.world.state.endedSessions.push(userOf(call).id);
    return json(204);
  });
  route('POST', '/api/v2/users/logout_many', 'admin', (call) => {
    const ids = listOf(call, 'ids');
    if (!ids) throw invalidAttribute('ids', 'ids must be given');
    for (const id of ids) if (call.world.state.users.get(Number(id))?.active) call.world.state.endedSessions.push(Number(id));
    return json(202);
  });
}

/** Soft-deleted users: https://developer.zendesk.com/api-reference/ticketing/users/users/#permanently-delete-user */
export function deletedUserRoutes(route: Route): void {
  const present = (call: Call, user: UserRow) => {
    const { id, url, name, email, created_at, updated_at, time_zone, phone, locale_id, locale, organization_id, role } =
      presentUser(call.world, user);
    const personal = user.permanently_deleted ? { name: null, email: null, phone: null } : { name, email, phone };
    return {
      id,
      url,
      ...personal,
      created_at,
      updated_at,
      time_zone,
      shared_phone_number: null,
      photo: null,
      locale_id,
      locale,
      organization_id,
      role,
      active: false,
    };
  };
  const deletedOf = (call: Call) => {
    const user = call.world.state.users.get(call.id('deleted_user_id'));
    if (!user || user.active) throw recordNotFound();
    return user;
  };
  route('GET', '/api/v2/deleted_users', 'agent', (call) => {
    const rows = call.world.state.userIds.map((id) => call.world.state.users.get(id)!).filter((user) => !user.active);
    return json(
      200,
      pageOf(call, { key: 'deleted_users', rows, present: (user) => present(call, user), idOf: (user) => user.id }),
    );
  });
  route('GET', '/api/v2/deleted_users/{deleted_user_id}', 'agent', (call) =>
    json(200, { deleted_user: present(call, deletedOf(call)) }),
  );
  route('DELETE', '/api/v2/deleted_users/{deleted_user_id}', 'admin', (call) => {
    const user = deletedOf(call);
    if (user.id === call.actor.user?.id) throw forbidden();
    if (user.permanently_deleted)
      throw invalid('base', 'InvalidValue', 'User was permanently deleted', 'El usuario fue eliminado');
    const answer = { deleted_user: present(call, user) };
    user.permanently_deleted = true;
    return json(200, answer);
  });
}

/** @throws ZendeskRefusal 400 TooManyValues above 100 items ("Maximum 100 users may be created per call", recorded) */
export function requireBatch(items: readonly unknown[], what: string): void {
  if (items.length > 100) throw simpleRefusal(400, 'TooManyValues', `Maximum 100 ${what} may be created per call`);
}
