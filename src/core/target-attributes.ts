/** What kind of value a Zendesk attribute holds; decides how values are checked, written and compared. */
export type TargetKind =
  | 'text'
  | 'email'
  | 'boolean'
  | 'phone'
  | 'locale'
  | 'timeZone'
  | 'tags'
  | 'role'
  | 'customRole'
  | 'organization'
  | 'organizations'
  | 'userField'
  | 'group'
  | 'brands'
  | 'ticketRestriction'
  | 'webAddress'
  | 'members';

/** An attribute of a Zendesk user or group that mappings may write. */
export interface TargetAttribute {
  /** Zendesk's own name, as in `targetAttributeName`. A custom user field is `user_fields.<key>`. */
  readonly name: string;
  readonly kind: TargetKind;
  /** Zendesk creates no object without it. */
  readonly isRequired: boolean;
  /** Whether a change of case alone is a change. */
  readonly isCaseExact: boolean;
  /** Whether Zendesk can look objects up by it. */
  readonly isMatchable: boolean;
  /** Whether `null` may be written to empty it. */
  readonly isClearable: boolean;
  /**
   * Which accounts have a place for it: `agents` (admins are agents too), or `plainAgents`, whose role leaves it open: a custom role decides
   * it for its agents, and an admin is never restricted. `byValue`: plain agents, and end users for some values. Undefined: all.
   */
  readonly holders?: 'agents' | 'plainAgents' | 'byValue';
  /** Whether Zendesk shows the value it was given, so that it can be compared. False: it flows when the account is created, and never again. */
  readonly isShown: boolean;
  /** Longest text in UTF-16 units; undefined where nobody has said or found one. */
  readonly maxLength?: number;
}

type Traits = Partial<Omit<TargetAttribute, 'name' | 'kind'>>;

const attribute = (name: string, kind: TargetKind, traits: Traits = {}): TargetAttribute => ({
  name,
  kind,
  isRequired: false,
  isCaseExact: false,
  isMatchable: false,
  isClearable: true,
  isShown: true,
  ...traits,
});

/** A text column of Zendesk: external ids, names and the like hold 255 characters. Not in the published contract; longer values are refused with 422. */
const COLUMN_LENGTH = 255;

/** Longest note or detail text; Zendesk names about 64 KB for long texts. @see https://support.zendesk.com/hc/en-us/community/posts/4719863289498 */
const LONG_TEXT_LENGTH = 65_535;

/** The longest address that mail can be sent to. @see https://www.rfc-editor.org/errata/eid1690 */
export const MAX_EMAIL_LENGTH = 254;

/**
 * What can be written to a Zendesk user, besides `user_fields.<key>`.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format
 */
export const USER_ATTRIBUTES: readonly TargetAttribute[] = [
  attribute('external_id', 'text', { isMatchable: true, isClearable: false, maxLength: COLUMN_LENGTH }),
  attribute('email', 'email', { isMatchable: true, isClearable: false, maxLength: MAX_EMAIL_LENGTH }),
  attribute('name', 'text', {
    isRequired: true,
    isCaseExact: true,
    isMatchable: true,
    isClearable: false,
    maxLength: COLUMN_LENGTH,
  }),
  attribute('role', 'role', { isClearable: false }),
  attribute('custom_role_id', 'customRole', { isClearable: false }),
  attribute('suspended', 'boolean', { isClearable: false }),
  attribute('phone', 'phone', { isMatchable: true, maxLength: COLUMN_LENGTH }),
  attribute('locale', 'locale', { isClearable: false }),
  attribute('time_zone', 'timeZone', { isClearable: false, maxLength: COLUMN_LENGTH }),
  attribute('alias', 'text', { isCaseExact: true, maxLength: COLUMN_LENGTH }),
  attribute('organization', 'organization', { maxLength: COLUMN_LENGTH }),
  attribute('organizations', 'organizations', { maxLength: COLUMN_LENGTH }),
  attribute('tags', 'tags'),
  attribute('details', 'text', { isCaseExact: true, maxLength: LONG_TEXT_LENGTH }),
  attribute('notes', 'text', { isCaseExact: true, maxLength: LONG_TEXT_LENGTH }),
  attribute('signature', 'text', { isCaseExact: true, maxLength: LONG_TEXT_LENGTH, holders: 'agents' }),
  attribute('default_group_id', 'group', { isClearable: false, holders: 'agents' }),
  attribute('agent_brand_ids', 'brands', { isClearable: false, holders: 'agents' }),
  attribute('ticket_restriction', 'ticketRestriction', { isClearable: false, holders: 'byValue' }),
  attribute('only_private_comments', 'boolean', { isClearable: false, holders: 'plainAgents' }),
  attribute('moderator', 'boolean', { isClearable: false }),
  attribute('shared_phone_number', 'boolean', { isClearable: false }),
  attribute('remote_photo_url', 'webAddress', { isClearable: false, isShown: false, maxLength: 2000 }),
];

/** What may be written of a Zendesk user by the contract and is not a target here, with the reason. A test holds both lists to the contract. */
export const USER_PROPERTIES_LEFT_OUT: Readonly<Record<string, string>> = {
  active_brand_id: 'the brand of the welcome mail, which this app never sends',
  group_id: 'another name of default_group_id',
  group_ids: 'memberships follow the group mapping',
  identities: 'addresses follow email; Entra ID has no others',
  language: 'another name of locale',
  locale_id: 'another form of locale, which wins where both are sent',
  organization_id: 'organization takes the name or the external id',
  organization_ids: 'organizations takes names or external ids',
  organization_name: 'deprecated by Zendesk; organization takes the name',
  password: 'passwords are not provisioned',
  photo: 'an upload; remote_photo_url takes an address',
  separation: 'cannot be changed after creation, and exists only where brands are separated',
  skip_verify_email: 'always set, so that nobody gets a mail',
  verified: 'set when the account is created, so that nobody gets a mail; afterwards it belongs to the addresses',
};

/**
 * What can be written to a Zendesk group. Groups have no external id: which is which is kept in our own link table.
 * @see https://developer.zendesk.com/api-reference/ticketing/groups/groups/#json-format
 */
export const GROUP_ATTRIBUTES: readonly TargetAttribute[] = [
  attribute('name', 'text', {
    isRequired: true,
    isCaseExact: true,
    isMatchable: true,
    isClearable: false,
    maxLength: COLUMN_LENGTH,
  }),
  attribute('description', 'text', { isCaseExact: true, maxLength: LONG_TEXT_LENGTH }),
  attribute('is_public', 'boolean', { isClearable: false }),
  attribute('members', 'members', { isClearable: false }),
];

/** Start of the target name of a custom user field; the field's key follows. */
export const USER_FIELD_PREFIX = 'user_fields.';

/** A field key as Zendesk makes them: letters, digits, underscores and hyphens. @see https://developer.zendesk.com/api-reference/ticketing/users/user_fields/ */
const USER_FIELD_KEY = /^[A-Za-z0-9_-]{1,255}$/;

const usersByName: ReadonlyMap<string, TargetAttribute> = new Map(USER_ATTRIBUTES.map((one) => [one.name, one]));
const groupsByName: ReadonlyMap<string, TargetAttribute> = new Map(GROUP_ATTRIBUTES.map((one) => [one.name, one]));

/** The user attribute of exactly this name, custom fields included; undefined when a Zendesk user has none such. */
export function userAttribute(name: string): TargetAttribute | undefined {
  const known = usersByName.get(name);
  if (known !== undefined) return known;
  const key = userFieldKey(name);
  return key === undefined ? undefined : attribute(name, 'userField', { isCaseExact: true, isMatchable: true });
}

/** The group attribute of exactly this name; undefined when a Zendesk group has none such. */
export function groupAttribute(name: string): TargetAttribute | undefined {
  return groupsByName.get(name);
}

/** The key in `user_fields.<key>`; undefined for any other target name. */
export function userFieldKey(targetName: string): string | undefined {
  if (!targetName.startsWith(USER_FIELD_PREFIX)) return undefined;
  const key = targetName.slice(USER_FIELD_PREFIX.length);
  return USER_FIELD_KEY.test(key) && key !== '__proto__' ? key : undefined;
}
