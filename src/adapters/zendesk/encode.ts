import { RejectedError } from '../../core/errors';
import type { Attributes, AttributeValue, TargetRole } from '../../core/model';
import { USER_FIELD_PREFIX } from '../../core/target-attributes';
import type { TargetDescription, TargetUserField } from '../../ports/target-connector';
import { FLAG_ATTRIBUTES, TEXT_ATTRIBUTES } from './decode';
import { idNumber } from './json';

/** Mapped attributes as Zendesk takes them. */
export interface EncodedAttributes {
  /** Members of the user's JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Name or external id of the one organization; `null` for none; undefined leaves it alone. */
  readonly organization: string | null | undefined;
  /** Names or external ids of all organizations; undefined leaves them alone. */
  readonly organizations: readonly string[] | undefined;
  /** Attributes that the account has no place for, such as tags while tagging is off. */
  readonly leftOut: readonly string[];
}

/** What can be left empty and what cannot: Zendesk always has a language and a time zone. */
const NEVER_EMPTY: ReadonlySet<string> = new Set(['locale', 'time_zone']);
const TEXTS: ReadonlySet<string> = new Set([...TEXT_ATTRIBUTES, 'remote_photo_url']);
const FLAGS: ReadonlySet<string> = new Set(FLAG_ATTRIBUTES);
const TRUE_WORDS: ReadonlySet<string> = new Set(['true', '1', 'yes']);

/**
 * Turns mapped attributes into the user's JSON. Pure.
 * @throws RejectedError for an attribute or a user field that the account does not have: Zendesk ignores those in silence
 */
export function encodeAttributes(attributes: Attributes, account: TargetDescription): EncodedAttributes {
  const fields: Record<string, unknown> = Object.create(null);
  const userFields: Record<string, unknown> = Object.create(null);
  const leftOut: string[] = [];
  let organization: string | null | undefined;
  let organizations: readonly string[] | undefined;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith(USER_FIELD_PREFIX)) {
      const field = fieldNamed(account, name);
      userFields[field.key] = encodeField(field, value);
    } else if (name === 'tags') {
      if (account.hasUserTagging) fields.tags = listOf(value);
      else leftOut.push(name);
    } else if (name === 'organization') organization = textOf(value);
    else if (name === 'organizations') organizations = listOf(value);
    else if (FLAGS.has(name)) fields[name] = TRUE_WORDS.has(String(value).toLowerCase());
    else if (name === 'ticket_restriction') fields[name] = value === 'all' ? null : textOf(value);
    else if (name === 'default_group_id') fields[name] = idOf(name, textOf(value) ?? '');
    else if (name === 'agent_brand_ids') fields[name] = listOf(value).map((id) => idOf(name, id));
    else if (!TEXTS.has(name))
      throw new RejectedError(name, `Zendesk users have no attribute ${printable(name)} that can be written`);
    else {
      const text = name === 'locale' ? localeOf(account, value) : textOf(value);
      if (text === undefined || (text === null && NEVER_EMPTY.has(name))) leftOut.push(name);
      else fields[name] = text;
    }
  }
  if (Object.keys(userFields).length > 0) fields.user_fields = userFields;
  return { fields, organization, organizations, leftOut };
}

/**
 * A role as one consistent pair: "end-user" next to a custom role would make an agent.
 * https://developer.zendesk.com/api-reference/ticketing/users/users/#set-custom-role
 */
export function encodeRole(role: TargetRole): { readonly role: string; readonly custom_role_id: unknown } {
  const customRoleId = role.role === 'end-user' || role.customRoleId === null ? null : idNumber(role.customRoleId);
  return { role: role.role, custom_role_id: customRoleId };
}

function fieldNamed(account: TargetDescription, name: string): TargetUserField {
  const key = name.slice(USER_FIELD_PREFIX.length);
  const field = account.userFields.find((known) => known.key === key);
  if (!field) throw new RejectedError(name, `Zendesk has no user field ${printable(key)}: create it or change the mapping`);
  return field;
}

function encodeField({ key, type, options }: TargetUserField, value: AttributeValue): unknown {
  if (type === 'checkbox') return typeof value === 'boolean' ? value : TRUE_WORDS.has(String(value ?? '').toLowerCase());
  if (value === null || value === '') return null;
  if (type === 'multiselect') return listOf(value);
  const text = textOf(value) ?? '';
  if (type === 'date') return /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? text;
  if ((type === 'dropdown' || type === 'tagger') && !options.includes(text)) {
    throw new RejectedError(USER_FIELD_PREFIX + key, `The Zendesk user field ${printable(key)} has no such option`);
  }
  if ((type === 'integer' || type === 'decimal') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** The account's own spelling of a language; undefined when it does not offer it, which Zendesk would refuse. */
function localeOf(account: TargetDescription, value: AttributeValue): string | null | undefined {
  const wanted = textOf(value)?.replaceAll('_', '-').toLowerCase();
  return wanted === undefined ? null : account.locales.find((locale) => locale.toLowerCase() === wanted);
}

/** @throws RejectedError for what is not an id: a name that the account's description could not settle */
function idOf(name: string, value: string): unknown {
  if (!/^\d{1,20}$/.test(value)) throw new RejectedError(name, `Zendesk has nothing of this name for ${name}`);
  return idNumber(value);
}

function textOf(value: AttributeValue): string | null {
  if (value === null || value === '') return null;
  return typeof value === 'object' ? value.join(', ') : String(value);
}

function listOf(value: AttributeValue): readonly string[] {
  if (value === null || value === '') return [];
  return typeof value === 'object' ? [...value] : [String(value)];
}

function printable(name: string): string {
  return name.replace(/[^\w.-]/g, '_').slice(0, 60);
}
