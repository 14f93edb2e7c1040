import { json } from '../http-kit';
import { invalid, invalidAttribute, recordNotFound, simpleRefusal } from './errors';
import { offsetPage, pageOf } from './paging';
import { presentOrganization, presentOrganizationMembership } from './present';
import { listOf, userOf } from './route-kit';
import type { OrganizationMembershipRow, OrganizationRow } from './rows';
import { foldCase } from './state';
import { normaliseTags, nullableId, text } from './user-input';
import { joinOrganization } from './user-rules';
import type { Call, Route } from './world';

/** A user may be in this many organizations: https://support.zendesk.com/hc/en-us/articles/4408838140314 */
const maxOrganizationsPerUser = 300;

/** Organizations: https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/ */
export function organizationRoutes(route: Route): void {
  const one = (call: Call, status: number, row: OrganizationRow) =>
    json(status, { organization: presentOrganization(call.world, row) });
  route('GET', '/api/v2/organizations', 'agent', (call) =>
    json(200, organizationsPage(call, [...call.world.state.organizations.values()])),
  );
  route('GET', '/api/v2/organizations/count', 'agent', (call) =>
    json(200, { count: { value: call.world.state.organizations.size, refreshed_at: call.world.timestamp() } }),
  );
  route('GET', '/api/v2/organizations/search', 'agent', search);
  route('GET', '/api/v2/organizations/show_many', 'agent', (call) => {
    const byId = (listOf(call, 'ids') ?? []).map((id) => call.world.state.organizations.get(Number(id)));
    const byExternalId = (listOf(call, 'external_ids') ?? []).map((id) => call.world.state.organizationByExternalId(id));
    const rows = [...new Set([...byId, ...byExternalId])].filter((row) => row !== undefined);
    return json(200, offsetPage(call, { key: 'organizations', rows, present: (row) => presentOrganization(call.world, row) }));
  });
  route('GET', '/api/v2/organizations/{organization_id}', 'agent', (call) => one(call, 200, organizationOf(call)));
  route('POST', '/api/v2/organizations', 'admin', (call) => one(call, 201, createOrganization(call, call.body('organization'))));
  route('POST', '/api/v2/organizations/create_or_update', 'admin', (call) => {
    const body = call.body('organization');
    const externalId = text(body, 'external_id');
    const match =
      call.world.state.organizations.get(nullableId(body, 'id') ?? -1) ??
      (externalId ? call.world.state.organizationByExternalId(externalId) : undefined);
    return match ? one(call, 200, updateOrganization(call, match, body)) : one(call, 201, createOrganization(call, body));
  });
  route('PUT', '/api/v2/organizations/{organization_id}', 'admin', (call) =>
    one(call, 200, updateOrganization(call, organizationOf(call), call.body('organization'))),
  );
  route('DELETE', '/api/v2/organizations/{organization_id}', 'admin', (call) => {
    call.world.state.removeOrganization(organizationOf(call));
    return json(204);
  });
  route('GET', '/api/v2/users/{user_id}/organizations', 'agent', (call) => {
    const memberships = call.world.state.organizationMembershipsOf(userOf(call).id);
    const rows = memberships.map((membership) => call.world.state.organizations.get(membership.organization_id)!);
    return json(
      200,
      organizationsPage(
        call,
        rows.sort((left, right) => left.id - right.id),
      ),
    );
  });
}

const organizationsPage = (call: Call, rows: readonly OrganizationRow[]) =>
  pageOf(call, { key: 'organizations', rows, present: (row) => presentOrganization(call.world, row), idOf: (row) => row.id });

/** Exact and case-insensitive, by name or by external id, not both. */
function search(call: Call) {
  const name = call.query.get('name');
  const externalId = call.query.get('external_id');
  if ((name === null) === (externalId === null)) throw invalidAttribute('name', 'one of name and external_id must be given');
  const { state } = call.world;
  const found = name === null ? state.organizationByExternalId(externalId ?? '') : state.organizationByName(name);
  return json(
    200,
    offsetPage(call, {
      key: 'organizations',
      rows: found ? [found] : [],
      present: (row) => presentOrganization(call.world, row),
    }),
  );
}

function createOrganization(call: Call, body: Readonly<Record<string, unknown>>): OrganizationRow {
  const { state } = call.world;
  const name = requiredName(text(body, 'name'));
  const externalId = text(body, 'external_id') || null;
  requireFree(call, name, externalId, undefined);
  const at = call.world.timestamp();
  return state.addOrganization({
    id: state.nextId(),
    name,
    external_id: externalId,
    domain_names: domainsOf(body) ?? [],
    details: text(body, 'details') ?? null,
    notes: text(body, 'notes') ?? null,
    tags: body.tags === undefined ? [] : normaliseTags(body.tags),
    created_at: at,
    updated_at: at,
  });
}

function updateOrganization(call: Call, row: OrganizationRow, body: Readonly<Record<string, unknown>>): OrganizationRow {
  const name = 'name' in body ? requiredName(text(body, 'name')) : row.name;
  const externalId = 'external_id' in body ? text(body, 'external_id') || null : row.external_id;
  requireFree(call, name, externalId, row);
  call.world.state.renameOrganization(row, name, externalId);
  row.domain_names = domainsOf(body) ?? row.domain_names;
  if ('details' in body) row.details = text(body, 'details') ?? null;
  if ('notes' in body) row.notes = text(body, 'notes') ?? null;
  if (body.tags !== undefined) row.tags = normaliseTags(body.tags);
  row.updated_at = call.world.timestamp();
  return row;
}

function requiredName(value: string | null | undefined): string {
  if (!value?.trim()) throw invalid('name', 'BlankValue', 'Name: cannot be blank', 'Nombre: no puede estar en blanco');
  return value.trim();
}

function requireFree(call: Call, name: string, externalId: string | null, own: OrganizationRow | undefined): void {
  const sameName = call.world.state.organizationByName(name);
  if (sameName && sameName !== own) {
    throw invalid('name', 'DuplicateValue', `Name: ${name} has already been taken`, `Nombre: ${name} ya está en uso`);
  }
  const sameId = externalId === null ? undefined : call.world.state.organizationByExternalId(externalId);
  if (sameId && sameId !== own)
    throw invalid('external_id', 'DuplicateValue', 'External has already been taken', 'External ya está en uso');
}

function domainsOf(body: Readonly<Record<string, unknown>>): string[] | undefined {
  return Array.isArray(body.domain_names) ? body.domain_names.map((domain: unknown) => foldCase(String(domain))) : undefined;
}

function organizationOf(call: Call): OrganizationRow {
  const organization = call.world.state.organizations.get(call.id('organization_id'));
  if (!organization) throw recordNotFound();
  return organization;
}

/** Memberships: https://developer.zendesk.com/api-reference/ticketing/organizations/organization_memberships/ */
export function organizationMembershipRoutes(route: Route): void {
  const page = (call: Call, rows: readonly OrganizationMembershipRow[]) =>
    json(
      200,
      pageOf(call, {
        key: 'organization_memberships',
        rows,
        present: (row) => presentOrganizationMembership(call.world, row),
        idOf: (row) => row.id,
      }),
    );
  const one = (call: Call, status: number, row: OrganizationMembershipRow) =>
    json(status, { organization_membership: presentOrganizationMembership(call.world, row) });
  const remove = (call: Call) => {
    call.world.state.removeOrganizationMembership(membershipOf(call));
    return json(204);
  };
  const list = '/api/v2/organization_memberships';
  const ofUser = '/api/v2/users/{user_id}/organization_memberships';
  route('GET', list, 'agent', (call) => page(call, [...call.world.state.organizationMemberships.values()]));
  route('GET', ofUser, 'agent', (call) => page(call, call.world.state.organizationMembershipsOf(userOf(call).id)));
  route('GET', '/api/v2/organizations/{organization_id}/organization_memberships', 'agent', (call) => {
    const { id } = organizationOf(call);
    return page(
      call,
      [...call.world.state.organizationMemberships.values()].filter((row) => row.organization_id === id),
    );
  });
  route('GET', `${list}/{organization_membership_id}`, 'agent', (call) => one(call, 200, membershipOf(call)));
  route('POST', list, 'agent', (call) =>
    one(call, 201, createOrganizationMembership(call, call.body('organization_membership'))),
  );
  route('POST', ofUser, 'agent', (call) =>
    one(call, 201, createOrganizationMembership(call, { ...call.body('organization_membership'), user_id: call.id('user_id') })),
  );
  route('DELETE', `${list}/{organization_membership_id}`, 'agent', remove);
  route('DELETE', `${ofUser}/{organization_membership_id}`, 'agent', remove);
  route('PUT', `${ofUser}/{organization_membership_id}/make_default`, 'agent', (call) => {
    const membership = membershipOf(call);
    call.world.state.makeDefaultOrganizationMembership(membership);
    return page(call, call.world.state.organizationMembershipsOf(membership.user_id));
  });
}

/** @throws RecordInvalid for unknown users and organizations, memberships that exist, and a second one where the account allows one */
export function createOrganizationMembership(call: Call, body: Readonly<Record<string, unknown>>): OrganizationMembershipRow {
  const { state, features } = call.world;
  const user = state.users.get(nullableId(body, 'user_id') ?? -1);
  const organizationId = nullableId(body, 'organization_id') ?? -1;
  if (!user?.active) throw invalid('user_id', 'InvalidValue', 'User: is invalid', 'Usuario: no es válido');
  if (!state.organizations.has(organizationId)) {
    throw invalid('organization_id', 'InvalidValue', 'Organization: is invalid', 'Organización: no es válida');
  }
  if (state.organizationMembership(user.id, organizationId)) {
    throw invalid('organization_id', 'DuplicateValue', 'Organization: has already been taken', 'Organización: ya está en uso');
  }
  const count = state.organizationMembershipsOf(user.id).length;
  if (count >= maxOrganizationsPerUser) throw simpleRefusal(422, 'RecordInvalid', 'User belongs to too many organizations');
  // Whether it fails or replaces when the account allows one organization only is not documented; failing is the harder one.
  if (count > 0 && !features.multipleOrganizations) {
    throw invalid(
      'user_id',
      'InvalidValue',
      'User: can only belong to one organization',
      'Usuario: solo puede pertenecer a una organización',
    );
  }
  return joinOrganization(call.world, user, organizationId, body.default === true);
}

function membershipOf(call: Call): OrganizationMembershipRow {
  const membership = call.world.state.organizationMemberships.get(call.id('organization_membership_id'));
  const isUserPath = call.request.path.startsWith('/api/v2/users/');
  if (!membership || (isUserPath && membership.user_id !== call.id('user_id'))) throw recordNotFound();
  return membership;
}
