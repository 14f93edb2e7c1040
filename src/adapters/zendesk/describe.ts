import { UnauthorizedError } from '../../core/errors';
import type { TargetId } from '../../core/model';
import type { Logger } from '../../ports/runtime';
import type { TargetCustomRole, TargetDescription, TargetUserField } from '../../ports/target-connector';
import { decode, shapes } from './decode';
import type { ZendeskHttp } from './http';
import { pages } from './paging';

/** The user whom the credential acts as. */
export interface Self {
  readonly id: TargetId;
  readonly email: string | undefined;
  /** Language of Zendesk's texts for this user; undefined if the answer does not tell. */
  readonly locale: string | undefined;
}

/**
 * Reads who the credential is. A wrong password credential is answered with 200 and nobody, so the id is checked:
 * https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self
 * @throws UnauthorizedError for nobody, a suspended or deleted user, and anyone but an admin
 */
export async function readSelf(http: ZendeskHttp): Promise<Self> {
  const route = '/api/v2/users/me';
  const { user } = decode(shapes.me, (await http.call({ method: 'GET', route, isAccountWide: true })).body, route);
  if (user.id === null)
    throw new UnauthorizedError('target', 'Zendesk takes the credential for an anonymous user: it is missing or wrong');
  if (user.suspended === true || user.active === false) {
    throw new UnauthorizedError(
      'target',
      "The credential's Zendesk user is suspended or deleted: use the credential of an active admin",
    );
  }
  if (user.role !== 'admin')
    throw new UnauthorizedError('target', "The credential's Zendesk user is not an admin: only admins may change agents");
  return { id: user.id, email: user.email ?? undefined, locale: user.locale ?? undefined };
}

/** The account's custom roles; `has` is false where the plan has none (404 or 403). https://developer.zendesk.com/api-reference/ticketing/account-configuration/custom_roles/ */
export async function readCustomRoles(
  http: ZendeskHttp,
): Promise<{ readonly has: boolean; readonly roles: readonly TargetCustomRole[] }> {
  const route = '/api/v2/custom_roles';
  const answer = await http.call({ method: 'GET', route, accept: [403, 404] });
  if (answer.status !== 200) return { has: false, roles: [] };
  const rows = decode(shapes.customRoles, answer.body, route).custom_roles;
  return { has: true, roles: rows.map(({ id, name, role_type: roleType }) => ({ id, name, roleType: roleType ?? 0 })) };
}

/** The account's active user fields. */
export async function readUserFields(http: ZendeskHttp): Promise<readonly TargetUserField[]> {
  const fields: TargetUserField[] = [];
  for await (const page of pages(http, { route: '/api/v2/user_fields', isAccountWide: true }, shapes.userFields)) {
    for (const { key, type, active, custom_field_options: options } of page.user_fields) {
      if (active !== false) fields.push({ key, type, options: (options ?? []).map(({ value }) => value) });
    }
  }
  return fields;
}

/** What the account's settings say; what cannot be read is taken as the harmless answer. */
export interface AccountSettings {
  readonly isReadable: boolean;
  readonly hasUserTagging: boolean;
  readonly hasMultipleOrganizations: boolean;
  /** Undefined where the settings do not tell. */
  readonly hasBrandAssignment?: boolean;
}

/** Which lists of the account mappings ask for; each costs requests, so the others are not read. */
export interface DescriptionNeeds {
  readonly readGroups?: boolean;
  readonly readBrands?: boolean;
  readonly countOrganizations?: boolean;
}

/** Reads the account's settings. https://developer.zendesk.com/api-reference/ticketing/account-configuration/account_settings/ */
export async function readSettings(http: ZendeskHttp): Promise<AccountSettings> {
  const route = '/api/v2/account/settings';
  const answer = await http.call({ method: 'GET', route, accept: [403, 404] });
  if (answer.status !== 200) return { isReadable: false, hasUserTagging: true, hasMultipleOrganizations: false };
  const { settings } = decode(shapes.settings, answer.body, route);
  const behavior = settings.brands?.new_agent_brand_association_behavior;
  return {
    isReadable: true,
    hasUserTagging: settings.user?.tagging ?? settings.active_features?.user_tagging ?? true,
    hasMultipleOrganizations: settings.user?.multiple_organizations ?? false,
    ...(behavior ? { hasBrandAssignment: behavior !== ALL_BRANDS } : {}),
  };
}

/** What the settings say where brand access is not set to manual: agents belong to all brands. */
const ALL_BRANDS = 'all_brands';

async function readGroups(http: ZendeskHttp): Promise<NonNullable<TargetDescription['groups']>> {
  const groups: { readonly id: TargetId; readonly name: string }[] = [];
  for await (const page of pages(http, { route: '/api/v2/groups', query: { exclude_deleted: 'true' } }, shapes.groups))
    for (const { id, name, deleted } of page.groups) if (deleted !== true) groups.push({ id, name });
  return groups;
}

async function readBrands(http: ZendeskHttp): Promise<NonNullable<TargetDescription['brands']>> {
  const brands: { readonly id: TargetId; readonly name: string; readonly subdomain: string }[] = [];
  for await (const page of pages(http, { route: '/api/v2/brands' }, shapes.brands))
    for (const { id, name, subdomain, is_deleted: isDeleted } of page.brands)
      if (isDeleted !== true) brands.push({ id, name, subdomain: subdomain ?? '' });
  return brands;
}

/** https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/#count-organizations */
async function countOrganizations(http: ZendeskHttp): Promise<number> {
  const route = '/api/v2/organizations/count';
  return decode(shapes.count, (await http.call({ method: 'GET', route })).body, route).count.value;
}

async function readLocales(http: ZendeskHttp): Promise<readonly string[]> {
  const route = '/api/v2/locales';
  return decode(shapes.locales, (await http.call({ method: 'GET', route, isAccountWide: true })).body, route).locales.map(
    ({ locale }) => locale,
  );
}

/**
 * Reads what the account is like: five requests, and the lists that mappings ask for. The API names no account owner, so `ownerId` is null:
 * Zendesk itself refuses to suspend, downgrade or delete the owner.
 */
export async function readDescription(
  http: ZendeskHttp,
  logger: Logger,
  needs: DescriptionNeeds = {},
): Promise<TargetDescription> {
  // First and alone: with a bad credential nothing else is worth asking.
  const self = await readSelf(http);
  const [customRoles, userFields, settings, locales, groups, brands, organizations] = await Promise.all([
    readCustomRoles(http),
    readUserFields(http),
    readSettings(http),
    readLocales(http),
    needs.readGroups ? readGroups(http) : undefined,
    needs.readBrands ? readBrands(http) : undefined,
    needs.countOrganizations ? countOrganizations(http) : undefined,
  ]);
  if (!settings.isReadable) logger.warn('Zendesk account settings cannot be read: user tagging is taken as on');
  return {
    selfId: self.id,
    ownerId: null,
    customRoles: customRoles.roles,
    hasCustomRoles: customRoles.has,
    userFields,
    locales,
    hasUserTagging: settings.hasUserTagging,
    hasMultipleOrganizations: settings.hasMultipleOrganizations,
    ...(groups && { groups }),
    ...(brands && { brands }),
    ...(organizations !== undefined && { organizations }),
    ...(settings.hasBrandAssignment !== undefined && { hasBrandAssignment: settings.hasBrandAssignment }),
  };
}
