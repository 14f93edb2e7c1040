import { json } from '../http-kit';
import { invalid, recordNotFound } from './errors';
import { pageOf } from './paging';
import { presentGroup, presentMembership } from './present';
import { userOf } from './route-kit';
import type { GroupMembershipRow, GroupRow } from './rows';
import { foldCase } from './state';
import { nullableId, text } from './user-input';
import { joinGroup } from './user-rules';
import { usersPage } from './users-routes';
import type { Call, Route } from './world';

/** Groups: https://developer.zendesk.com/api-reference/ticketing/groups/groups/ */
export function groupRoutes(route: Route): void {
  route('GET', '/api/v2/groups', 'agent', (call) => json(200, groupsPage(call, visibleGroups(call))));
  route('GET', '/api/v2/groups/count', 'agent', (call) =>
    json(200, {
      count: {
        value: [...call.world.state.groups.values()].filter((group) => !group.deleted).length,
        refreshed_at: call.world.timestamp(),
      },
    }),
  );
  route('POST', '/api/v2/groups', 'admin', (call) => json(201, { group: presentGroup(call.world, createGroup(call)) }));
  // A deleted group can still be read: it says `deleted: true`.
  route('GET', '/api/v2/groups/{group_id}', 'agent', (call) =>
    json(200, { group: presentGroup(call.world, groupOf(call, true)) }),
  );
  route('PUT', '/api/v2/groups/{group_id}', 'admin', (call) => json(200, { group: presentGroup(call.world, updateGroup(call)) }));
  route('DELETE', '/api/v2/groups/{group_id}', 'admin', deleteGroup);
  route('GET', '/api/v2/groups/{group_id}/users', 'agent', (call) => {
    const memberships = call.world.state.membershipsIn(groupOf(call).id);
    const users = memberships
      .map((membership) => call.world.state.users.get(membership.user_id)!)
      .sort((left, right) => left.id - right.id);
    return json(200, usersPage(call, users));
  });
  route('GET', '/api/v2/users/{user_id}/groups', 'agent', (call) => {
    const memberships = call.world.state.membershipsOf(userOf(call).id);
    const groups = memberships
      .map((membership) => call.world.state.groups.get(membership.group_id)!)
      .sort((left, right) => left.id - right.id);
    return json(200, groupsPage(call, groups));
  });
}

/** Deleted groups are in the list unless `exclude_deleted=true` (trap 14). */
function visibleGroups(call: Call): GroupRow[] {
  const groups = [...call.world.state.groups.values()];
  return call.query.get('exclude_deleted') === 'true' ? groups.filter((group) => !group.deleted) : groups;
}

const groupsPage = (call: Call, rows: readonly GroupRow[]) =>
  pageOf(call, { key: 'groups', rows, present: (group) => presentGroup(call.world, group), idOf: (group) => group.id });

/** Equal names are accepted unless the account's setting `check_group_name_uniqueness` is on. */
function createGroup(call: Call): GroupRow {
  const body = call.body('group');
  const name = text(body, 'name')?.trim();
  if (!name) throw invalid('name', 'BlankValue', 'Name: cannot be blank', 'Nombre: no puede estar en blanco');
  requireFreeName(call, name, undefined);
  const at = call.world.timestamp();
  return call.world.state.addGroup({
    id: call.world.state.nextId(),
    name,
    description: text(body, 'description') ?? '',
    is_public: body.is_public !== false,
    default: false,
    deleted: false,
    created_at: at,
    updated_at: at,
  });
}

function updateGroup(call: Call): GroupRow {
  const group = groupOf(call);
  const body = call.body('group');
  const name = 'name' in body ? text(body, 'name')?.trim() : group.name;
  if (!name) throw invalid('name', 'BlankValue', 'Name: cannot be blank', 'Nombre: no puede estar en blanco');
  if (body.is_public === true && !group.is_public) {
    throw invalid(
      'is_public',
      'InvalidValue',
      'A private group cannot be made public',
      'Un grupo privado no puede hacerse público',
    );
  }
  requireFreeName(call, name, group);
  group.name = name;
  group.description = text(body, 'description') ?? group.description;
  if (typeof body.is_public === 'boolean') group.is_public = body.is_public;
  group.updated_at = call.world.timestamp();
  return group;
}

function requireFreeName(call: Call, name: string, own: GroupRow | undefined): void {
  if (!call.world.features.uniqueGroupNames) return;
  const isTaken = [...call.world.state.groups.values()].some(
    (group) => group !== own && !group.deleted && foldCase(group.name) === foldCase(name),
  );
  if (isTaken) throw invalid('name', 'DuplicateValue', 'Name: has already been taken', 'Nombre: ya está en uso');
}

/** Soft; refused for the account's default group and for a group that is the default of an agent (support article section 4873271107231). */
function deleteGroup(call: Call) {
  const group = groupOf(call);
  const members = call.world.state.membershipsIn(group.id);
  if (group.default || members.some((membership) => membership.default)) {
    throw invalid(
      'base',
      'InvalidValue',
      'Group not updated. This is the default group for one or more agents and cannot be deleted.',
      'Este es el grupo predeterminado de uno o más agentes y no se puede eliminar.',
    );
  }
  for (const membership of members) call.world.state.removeMembership(membership);
  group.deleted = true;
  group.updated_at = call.world.timestamp();
  return json(204);
}

function groupOf(call: Call, withDeleted = false): GroupRow {
  const group = call.world.state.groups.get(call.id('group_id'));
  if (!group || (group.deleted && !withDeleted)) throw recordNotFound();
  return group;
}

/** Group memberships: https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/ */
export function membershipRoutes(route: Route): void {
  const page = (call: Call, rows: readonly GroupMembershipRow[]) =>
    json(
      200,
      pageOf(call, {
        key: 'group_memberships',
        rows,
        present: (row) => presentMembership(call.world, row),
        idOf: (row) => row.id,
      }),
    );
  const one = (call: Call, status: number, row: GroupMembershipRow) =>
    json(status, { group_membership: presentMembership(call.world, row) });
  const remove = (call: Call) => {
    removeMembershipByRules(call, membershipOf(call));
    return json(204);
  };
  route('GET', '/api/v2/group_memberships', 'agent', (call) => page(call, [...call.world.state.memberships.values()]));
  route('GET', '/api/v2/group_memberships/assignable', 'agent', (call) => page(call, [...call.world.state.memberships.values()]));
  route('GET', '/api/v2/users/{user_id}/group_memberships', 'agent', (call) =>
    page(call, call.world.state.membershipsOf(userOf(call).id)),
  );
  route('GET', '/api/v2/groups/{group_id}/memberships', 'agent', (call) =>
    page(call, call.world.state.membershipsIn(groupOf(call).id)),
  );
  route('GET', '/api/v2/group_memberships/{group_membership_id}', 'agent', (call) => one(call, 200, membershipOf(call)));
  route('GET', '/api/v2/users/{user_id}/group_memberships/{group_membership_id}', 'agent', (call) =>
    one(call, 200, membershipOf(call)),
  );
  route('POST', '/api/v2/group_memberships', 'admin', (call) =>
    one(call, 201, createMembership(call, call.body('group_membership'))),
  );
  route('POST', '/api/v2/users/{user_id}/group_memberships', 'admin', (call) =>
    one(call, 201, createMembership(call, { ...call.body('group_membership'), user_id: call.id('user_id') })),
  );
  route('DELETE', '/api/v2/group_memberships/{group_membership_id}', 'admin', remove);
  route('DELETE', '/api/v2/users/{user_id}/group_memberships/{group_membership_id}', 'admin', remove);
  route('PUT', '/api/v2/users/{user_id}/group_memberships/{group_membership_id}/make_default', 'agent', (call) => {
    const membership = membershipOf(call);
    call.world.state.makeDefaultMembership(membership);
    return page(call, call.world.state.membershipsOf(membership.user_id));
  });
}

/** @throws RecordInvalid for end users, unknown users and groups, and memberships that exist */
export function createMembership(call: Call, body: Readonly<Record<string, unknown>>): GroupMembershipRow {
  const { state } = call.world;
  const user = state.users.get(nullableId(body, 'user_id') ?? -1);
  const group = state.groups.get(nullableId(body, 'group_id') ?? -1);
  if (!user?.active) throw invalid('user_id', 'InvalidValue', 'User: is invalid', 'Usuario: no es válido');
  if (!group || group.deleted) throw invalid('group_id', 'InvalidValue', 'Group: is invalid', 'Grupo: no es válido');
  if (user.role === 'end-user') throw invalid('user', 'InvalidValue', 'User: must be an agent', 'Usuario: debe ser un agente');
  if (state.membership(user.id, group.id)) {
    throw invalid('user_id', 'DuplicateValue', 'User: has already been taken', 'Usuario: ya está en uso');
  }
  return joinGroup(call.world, user, group.id, body.default === true);
}

/** An agent keeps at least one group, and a default one: make another the default first (see the make_default operation). */
export function removeMembershipByRules(call: Call, membership: GroupMembershipRow): void {
  const { state, faults } = call.world;
  const others = state.membershipsOf(membership.user_id).filter(({ id }) => id !== membership.id);
  const next = others[0];
  if (!next)
    throw invalid('base', 'InvalidValue', 'Agents must belong to at least one group', 'Los agentes deben pertenecer a un grupo');
  if (membership.default && faults.defaultMembershipRemoval === 'refuse') {
    throw invalid(
      'base',
      'InvalidValue',
      'The default group of an agent cannot be removed',
      'No se puede quitar el grupo predeterminado',
    );
  }
  state.removeMembership(membership);
  if (membership.default) state.makeDefaultMembership(next);
}

function membershipOf(call: Call): GroupMembershipRow {
  const membership = call.world.state.memberships.get(call.id('group_membership_id'));
  const isUserPath = call.request.path.startsWith('/api/v2/users/');
  if (!membership || (isUserPath && membership.user_id !== call.id('user_id'))) throw recordNotFound();
  return membership;
}
