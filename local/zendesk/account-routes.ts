import { json } from '../http-kit';
import { errorList, forbidden, invalidAttribute, invalidEndpoint, recordNotFound, simpleRefusal } from './errors';
import { decodeCursor, encodeCursor, offsetPage } from './paging';
import { presentCustomRole, presentGroup, presentLocale, presentOrganization, presentUser, presentUserField } from './present';
import type { CustomRoleRow } from './rows';
import { foldCase } from './state';
import type { Call, Route } from './world';

/** Search answers 422 beyond this: https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/ */
const maxSearchResults = 1_000;
/** Incremental exports: at most 1,000 a page, start at least a minute ago: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ */
const maxExportPage = 1_000;

/** Settings, roles, fields, languages, export and general search. */
export function accountRoutes(route: Route): void {
  route('GET', '/api/v2/account/settings', 'agent', (call) => json(200, { settings: settingsOf(call) }));
  route('GET', '/api/v2/custom_roles', 'agent', (call) =>
    json(200, { custom_roles: visibleRoles(call).map((role) => presentCustomRole(call.world, role)) }),
  );
  route('GET', '/api/v2/custom_roles/{custom_role_id}', 'agent', (call) => {
    const id = call.id('custom_role_id');
    const role = visibleRoles(call).find((row) => row.id === id);
    if (!role) throw recordNotFound();
    return json(200, { custom_role: presentCustomRole(call.world, role) });
  });
  route('GET', '/api/v2/user_fields', 'agent', (call) => {
    const fields = [...call.world.state.userFields.values()].map((field, position) =>
      presentUserField(call.world, field, position),
    );
    return json(200, { user_fields: fields, next_page: null, previous_page: null, count: fields.length });
  });
  route('GET', '/api/v2/locales', 'anyone', (call) =>
    json(200, { locales: call.world.state.locales.map((locale) => presentLocale(call.world, locale)) }),
  );
  route('GET', '/api/v2/locales/agent', 'agent', (call) =>
    json(200, { locales: call.world.state.locales.map((locale) => presentLocale(call.world, locale)) }),
  );
  route('GET', '/api/v2/incremental/users/cursor', 'admin', exportUsers);
  route('GET', '/api/v2/search', 'agent', search);
}

/** https://developer.zendesk.com/api-reference/ticketing/account-configuration/account_settings/ (the part that concerns provisioning) */
function settingsOf(call: Call): Record<string, unknown> {
  const { features, state } = call.world;
  return {
    active_features: {
      user_tagging: features.userTagging,
      light_agents: [...state.customRoles.values()].some((role) => role.role_type === 1),
      sandbox: false,
      user_org_fields: true,
    },
    agents: { agent_workspace: true },
    api: { accepted_api_agreement: true, api_password_access_end_users: false, api_token_access: 'true' },
    groups: { check_group_name_uniqueness: features.uniqueGroupNames },
    brands: features.manualBrandAccess ? {} : { new_agent_brand_association_behavior: 'all_brands' },
    localization: { locale_ids: state.locales.map(({ id }) => id) },
    user: {
      tagging: features.userTagging,
      multiple_organizations: features.multipleOrganizations,
      agent_created_welcome_emails: true,
      end_user_phone_number_validation: false,
      have_gravatars_enabled: true,
      language_selection: true,
      time_zone_selection: true,
    },
  };
}

/**
 * The roles to be listed: https://developer.zendesk.com/api-reference/ticketing/account-configuration/custom_roles/ says "Enterprise or above";
 * what lower plans answer is not documented, hence the switch.
 */
function visibleRoles({ world }: Call): CustomRoleRow[] {
  const roles = [...world.state.customRoles.values()];
  if (world.features.customRoles) return roles;
  if (world.faults.customRolesRefusal === 'light-agents-only') return roles.filter((role) => role.role_type === 1);
  throw world.faults.customRolesRefusal === 'Forbidden' ? forbidden() : invalidEndpoint();
}

/** All users, deleted ones too, in the order of their last change; the last minute is left out. */
function exportUsers(call: Call) {
  const { world } = call;
  const cursor = call.query.get('cursor');
  const startTime = call.query.get('start_time');
  if (cursor === null && startTime === null) throw invalidAttribute('start_time', 'start_time must be given');
  const until = world.now() - world.minuteMs;
  if (cursor === null && Number(startTime) * 1000 > until) {
    throw simpleRefusal(422, 'InvalidValue', 'Too recent start_time. Use a start_time older than 60 seconds');
  }
  const size = Math.min(maxExportPage, Number(call.query.get('per_page') ?? maxExportPage) || maxExportPage);
  const from = cursor === null ? 0 : decodeCursor(cursor);
  const since = cursor === null ? Number(startTime) * 1000 : 0;
  const page: { sequence: number; id: number }[] = [];
  let isEnd = true;
  for (const entry of world.state.changesAfter(from)) {
    if (entry.at > until) break;
    if (entry.at < since) continue;
    if (page.length === size) {
      isEnd = false;
      break;
    }
    page.push(entry);
  }
  const next = encodeCursor(page.at(-1)?.sequence ?? from);
  return json(200, {
    users: page.map(({ id }) => presentUser(world, world.state.users.get(id)!)),
    after_url: `${world.url()}/api/v2/incremental/users/cursor.json?cursor=${next}`,
    after_cursor: next,
    before_url: null,
    before_cursor: null,
    end_of_stream: isEnd,
  });
}

/** `type:user|group|organization` with terms; index-based, offset paging, 1,000 results at most. */
function search(call: Call) {
  const query = call.query.get('query') ?? '';
  if (query === '') throw errorList(400, 'InvalidQuery', 'Invalid search', 'query must be given');
  const type = /\btype:(\w+)/.exec(query)?.[1];
  const words = foldCase(query.replace(/\btype:\w+/, ''));
  const { state } = call.world;
  const rows: Record<string, unknown>[] = [];
  if (type === undefined || type === 'user') {
    for (const user of call.world.index.find({ query })) rows.push({ ...presentUser(call.world, user), result_type: 'user' });
  }
  if (type === undefined || type === 'group') {
    for (const group of state.groups.values()) {
      if (!group.deleted && foldCase(group.name).includes(words))
        rows.push({ ...presentGroup(call.world, group), result_type: 'group' });
    }
  }
  if (type === undefined || type === 'organization') {
    for (const row of state.organizations.values()) {
      if (foldCase(row.name).includes(words)) rows.push({ ...presentOrganization(call.world, row), result_type: 'organization' });
    }
  }
  const page = Number(call.query.get('page') ?? 1);
  const size = Math.min(100, Number(call.query.get('per_page') ?? 100));
  if ((page - 1) * size >= maxSearchResults) {
    throw simpleRefusal(422, 'UnprocessableEntity', 'Requested response size was greater than Search Response Limits');
  }
  return json(200, { facets: null, ...offsetPage(call, { key: 'results', rows, present: (row) => row }) });
}
