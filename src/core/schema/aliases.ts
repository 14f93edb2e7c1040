import type { ObjectType } from '../model';
import { groupAttribute, type TargetAttribute, USER_FIELD_PREFIX, userAttribute } from '../target-attributes';

/** A target name as written, understood. */
export interface ResolvedTarget {
  readonly attribute: TargetAttribute;
  /** True when the name says the opposite (`active` for `suspended`). */
  readonly isInverted: boolean;
  /** True when the name is not Zendesk's own, so that the reading is said to the administrator. */
  readonly isAlias: boolean;
}

/** Names of other applications' schemas (SCIM's among them) for Zendesk's user attributes, in normal form. No alias for anything that might mean two things. */
const userAliases: Readonly<Record<string, string>> = {
  externalid: 'external_id',
  email: 'email',
  emails: 'email',
  emailaddress: 'email',
  emailstypeeqwork: 'email',
  emailstypeeqworkvalue: 'email',
  emailsprimaryeqtruevalue: 'email',
  mail: 'email',
  username: 'email',
  name: 'name',
  displayname: 'name',
  fullname: 'name',
  nameformatted: 'name',
  role: 'role',
  roles: 'role',
  rolesvalue: 'role',
  rolesprimaryeqtrue: 'role',
  rolesprimaryeqtruevalue: 'role',
  rolename: 'role',
  userrole: 'role',
  customroleid: 'custom_role_id',
  customrole: 'custom_role_id',
  suspended: 'suspended',
  issuspended: 'suspended',
  active: 'suspended',
  isactive: 'suspended',
  phone: 'phone',
  phonenumber: 'phone',
  telephonenumber: 'phone',
  phonenumberstypeeqwork: 'phone',
  phonenumberstypeeqworkvalue: 'phone',
  phonenumbersprimaryeqtruevalue: 'phone',
  locale: 'locale',
  language: 'locale',
  preferredlanguage: 'locale',
  timezone: 'time_zone',
  alias: 'alias',
  nickname: 'alias',
  organization: 'organization',
  organizationname: 'organization',
  company: 'organization',
  companyname: 'organization',
  tags: 'tags',
  details: 'details',
  notes: 'notes',
  signature: 'signature',
  defaultgroup: 'default_group_id',
  defaultgroupid: 'default_group_id',
  groupid: 'default_group_id',
  brands: 'agent_brand_ids',
  agentbrands: 'agent_brand_ids',
  agentbrandids: 'agent_brand_ids',
  ticketrestriction: 'ticket_restriction',
  onlyprivatecomments: 'only_private_comments',
  moderator: 'moderator',
  sharedphonenumber: 'shared_phone_number',
  remotephotourl: 'remote_photo_url',
  photourl: 'remote_photo_url',
};

const groupAliases: Readonly<Record<string, string>> = {
  name: 'name',
  displayname: 'name',
  groupname: 'name',
  description: 'description',
  ispublic: 'is_public',
  members: 'members',
  groupmembers: 'members',
};

const opposites: ReadonlySet<string> = new Set(['active', 'isactive']);

/** In front of an attribute of SCIM's core or enterprise schema. @see https://www.rfc-editor.org/rfc/rfc7643#section-10.3.1 */
const SCIM_SCHEMA = /^urn:ietf:params:scim:schemas:(?:core|extension:enterprise):2\.0:(?:User|Group):/i;

/** Understands a `targetAttributeName`: Zendesk's own name, or another spelling of it without case, blanks and punctuation. */
export function resolveTarget(type: ObjectType, written: string): ResolvedTarget | undefined {
  const find = type === 'user' ? userAttribute : groupAttribute;
  const exact = find(written);
  if (exact !== undefined) return { attribute: exact, isInverted: false, isAlias: false };
  const fieldKey = /^user_?fields?[._](.+)$/i.exec(written)?.[1];
  if (type === 'user' && fieldKey !== undefined) {
    const field = userAttribute(`${USER_FIELD_PREFIX}${fieldKey}`);
    return field === undefined ? undefined : { attribute: field, isInverted: false, isAlias: true };
  }
  const normal = written
    .slice(0, 200)
    .replace(SCIM_SCHEMA, '')
    .replace(/[\s_.:[\]"-]+/g, '')
    .toLowerCase();
  const aliases = type === 'user' ? userAliases : groupAliases;
  const name = Object.hasOwn(aliases, normal) ? aliases[normal] : undefined;
  const attribute = name === undefined ? undefined : find(name);
  return attribute === undefined ? undefined : { attribute, isInverted: opposites.has(normal), isAlias: true };
}
