import type {
  CustomRoleRow,
  GroupMembershipRow,
  GroupRow,
  IdentityRow,
  LocaleRow,
  OrganizationMembershipRow,
  OrganizationRow,
  UserFieldRow,
  UserRow,
} from './rows';
import type { World } from './world';

/** JSON of a user, as admins get it. Nulls stand where recordings have them, although the schema says string. */
export function presentUser(world: World, user: UserRow): Record<string, unknown> {
  const isEndUser = user.role === 'end-user';
  return {
    id: user.id,
    url: `${world.url()}/api/v2/users/${user.id}.json`,
    name: user.name,
    email: user.email,
    created_at: user.created_at,
    updated_at: user.updated_at,
    time_zone: user.time_zone,
    iana_time_zone: ianaTimeZones.get(user.time_zone) ?? 'Etc/UTC',
    phone: user.phone,
    shared_phone_number: user.shared_phone_number,
    photo: null,
    locale_id: user.locale_id,
    locale: user.locale,
    organization_id: user.organization_id,
    role: user.role,
    verified: user.verified,
    external_id: user.external_id,
    tags: presentTags(world, user),
    alias: user.alias,
    active: user.active,
    shared: false,
    shared_agent: false,
    last_login_at: user.last_login_at,
    two_factor_auth_enabled: null,
    signature: user.signature,
    details: user.details,
    notes: user.notes,
    role_type: roleType(world, user),
    custom_role_id: user.custom_role_id,
    moderator: user.moderator,
    // What an end user cannot have becomes `requested`: https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format
    ticket_restriction: isEndUser && user.ticket_restriction !== 'organization' ? 'requested' : user.ticket_restriction,
    only_private_comments: user.only_private_comments,
    restricted_agent: user.role !== 'admin' && (isEndUser || user.ticket_restriction !== null || roleType(world, user) === 1),
    suspended: user.suspended,
    suspension_details: user.suspended ? { channels: ['all'] } : null,
    default_group_id: user.default_group_id,
    report_csv: user.role === 'admin',
    user_fields: presentFields(world, user),
  };
}

/** role_type: 0 custom agent, 1 light agent, 4 admin where custom roles exist; null otherwise. */
export function roleType(world: World, user: UserRow): number | null {
  if (user.role === 'end-user') return null;
  if (user.role === 'admin') return world.features.customRoles ? 4 : null;
  return user.custom_role_id === null ? null : (world.state.customRoles.get(user.custom_role_id)?.role_type ?? 0);
}

/** Tags, plus those that dropdown and checkbox fields contribute (reference section 1.4). */
export function presentTags(world: World, user: UserRow): string[] {
  if (!world.features.userTagging) return [];
  const tags = new Set(user.tags);
  for (const [key, value] of user.user_fields) {
    const field = world.state.userFields.get(key);
    if (field?.type === 'dropdown' && typeof value === 'string') tags.add(value);
    if (field?.type === 'checkbox' && value === true && field.tag) tags.add(field.tag);
  }
  return [...tags];
}

/** Every field of the account is present, with null while unset. */
function presentFields(world: World, user: UserRow): Record<string, unknown> {
  const entries = [...world.state.userFields.values()]
    .filter((field) => field.active)
    .map((field) => [field.key, user.user_fields.get(field.key) ?? (field.type === 'checkbox' ? false : null)] as const);
  return Object.fromEntries(entries);
}

/** JSON of an identity. */
export function presentIdentity(world: World, identity: IdentityRow): Record<string, unknown> {
  return {
    url: `${world.url()}/api/v2/users/${identity.user_id}/identities/${identity.id}.json`,
    ...identity,
    verification_method: identity.verified ? 'low' : 'none',
    verified_at: identity.verified ? identity.updated_at : null,
    ...(identity.type === 'email' ? { undeliverable_count: 0, deliverable_state: 'deliverable' } : {}),
  };
}

/** JSON of a group. */
export const presentGroup = (world: World, group: GroupRow) => ({
  url: `${world.url()}/api/v2/groups/${group.id}.json`,
  ...group,
});

/** JSON of a group membership. */
export const presentMembership = (world: World, membership: GroupMembershipRow) => ({
  url: `${world.url()}/api/v2/group_memberships/${membership.id}.json`,
  ...membership,
});

/** JSON of an organization. */
export const presentOrganization = (world: World, organization: OrganizationRow) => ({
  url: `${world.url()}/api/v2/organizations/${organization.id}.json`,
  ...organization,
  group_id: null,
  shared_tickets: false,
  shared_comments: false,
  organization_fields: {},
});

/** JSON of an organization membership. */
export const presentOrganizationMembership = (world: World, membership: OrganizationMembershipRow) => ({
  url: `${world.url()}/api/v2/organization_memberships/${membership.id}.json`,
  ...membership,
  organization_name: world.state.organizations.get(membership.organization_id)?.name ?? '',
  view_tickets: false,
});

/** JSON of a language. */
export const presentLocale = (world: World, locale: LocaleRow) => ({
  url: `${world.url()}/api/v2/locales/${locale.id}.json`,
  ...locale,
  created_at: '2009-07-20T22:55:29Z',
  updated_at: '2011-05-05T10:38:52Z',
});

/** JSON of a custom role, with the number of its members. */
export const presentCustomRole = (world: World, role: CustomRoleRow) => {
  let members = 0;
  for (const user of world.state.users.values()) if (user.custom_role_id === role.id && user.active) members += 1;
  return { ...role, description: '', team_member_count: members, configuration: { light_agent: role.role_type === 1 } };
};

/** JSON of a user field; `position` counts from 0. */
export const presentUserField = (world: World, field: UserFieldRow, position: number) => ({
  url: `${world.url()}/api/v2/user_fields/${field.id}.json`,
  id: field.id,
  type: field.type,
  key: field.key,
  title: field.title,
  raw_title: field.title,
  description: '',
  raw_description: '',
  position,
  active: field.active,
  system: false,
  regexp_for_validation: null,
  created_at: '2020-01-01T00:00:00Z',
  updated_at: '2020-01-01T00:00:00Z',
  ...(field.tag === null ? {} : { tag: field.tag }),
  ...(field.type === 'dropdown'
    ? { custom_field_options: field.options.map((option) => ({ ...option, raw_name: option.name })) }
    : {}),
});

/** A few of Zendesk's own time-zone names; the rest read back as UTC. */
const ianaTimeZones = new Map([
  ['Eastern Time (US & Canada)', 'America/New_York'],
  ['Pacific Time (US & Canada)', 'America/Los_Angeles'],
  ['Copenhagen', 'Europe/Copenhagen'],
  ['Berlin', 'Europe/Berlin'],
  ['London', 'Europe/London'],
]);
