import type { AttributeValue } from '../model';
import type { CustomRole } from '../role';
import { type TargetAttribute, userFieldKey } from '../target-attributes';
import { timeZoneNamed } from './time-zones';

/** What values are checked against, besides what holds for every account. Undefined parts are not checked. */
export interface AccountFacts {
  /** Locale codes the account offers, compared without case. */
  readonly locales?: readonly string[];
  readonly userFields?: readonly { readonly key: string; readonly type: string; readonly options: readonly string[] }[];
  /** False where user tagging is switched off: tags are then left out. */
  readonly hasUserTagging?: boolean;
  /** False where a user can belong to one organization only. */
  readonly hasMultipleOrganizations?: boolean;
  /** Live groups, for `default_group_id`. */
  readonly groups?: readonly NamedId[];
  /** Brands, for `agent_brand_ids`. */
  readonly brands?: readonly (NamedId & { readonly subdomain: string })[];
  /** False where agents belong to all brands by themselves, so that assigning some has no effect. */
  readonly hasBrandAssignment?: boolean;
  /** For attributes that depend on the role. */
  readonly customRoles?: readonly CustomRole[];
}

/** Something of the account that mappings may mean by its name or by its id. */
export interface NamedId {
  readonly id: string;
  readonly name: string;
}

/** A value in the form in which Zendesk stores it, or why it cannot be stored. `empty`: there is nothing in it. */
export type Normalised =
  | { readonly kind: 'value'; readonly value: Exclude<AttributeValue, null> }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused'; readonly message: string };

/** Longest tag, in UTF-16 units. Ours: a text column of Zendesk. */
const MAX_TAG_LENGTH = 255;

/** Longest value of a text field of a user. Ours; Zendesk names none below its 64 KB for long texts. */
const MAX_FIELD_LENGTH = 65_535;

const empty: Normalised = { kind: 'empty' };
const refused = (message: string): Normalised => ({ kind: 'refused', message });
const accepted = (value: Exclude<AttributeValue, null>): Normalised => ({ kind: 'value', value });

/**
 * Turns what a mapping gave into what Zendesk will store, so that a second run finds nothing to do. Messages name attribute and rule and never
 * quote the value, which may be personal data.
 */
export function normaliseFor(target: TargetAttribute, given: AttributeValue, account: AccountFacts = {}): Normalised {
  if (given === null) return empty;
  if (target.kind === 'tags') return normaliseTags(given, account);
  if (target.kind === 'organizations') return normaliseOrganizations(target, given, account);
  if (target.kind === 'userField') return normaliseField(target.name, given, account);
  if (target.kind === 'brands') return normaliseBrands(given, account);
  if (Array.isArray(given)) {
    const [only, ...others] = given;
    if (only === undefined) return empty;
    if (others.length > 0) return refused(`${target.name} holds one value, but the source gave ${given.length}`);
    return normaliseFor(target, only, account);
  }
  const text = String(given).replace(/\r\n?/g, '\n').trim();
  if (text === '') return empty;
  if (target.maxLength !== undefined && text.length > target.maxLength) {
    return refused(`${target.name} holds at most ${target.maxLength} characters, but the value has ${text.length}`);
  }
  switch (target.kind) {
    case 'boolean':
      return normaliseBoolean(target.name, text);
    case 'email':
      return /^[^\s@<>]+@[^\s@<>]+$/.test(text) ? accepted(text.toLowerCase()) : refused('the value is not an e-mail address');
    case 'locale':
      return normaliseLocale(text, account.locales);
    case 'timeZone': {
      const zone = timeZoneNamed(text);
      return zone === undefined ? refused('Zendesk has no time zone of this name; write one such as Berlin') : accepted(zone);
    }
    case 'group':
      return normaliseNamed('group', text, account.groups);
    case 'ticketRestriction': {
      const word = text.toLowerCase();
      return TICKET_RESTRICTIONS.includes(word) ? accepted(word) : refused(`${target.name} is ${TICKET_RESTRICTIONS.join(', ')}`);
    }
    case 'webAddress':
      return isWebAddress(text) ? accepted(text) : refused('the value is not an address that begins with https://');
    case 'phone':
      // Extensions and the like are Zendesk's to judge; a text without any digit is not a number.
      return /\d/.test(text) ? accepted(text.replace(/\s+/g, ' ')) : refused('the value is not a phone number');
    case 'organization':
      return accepted(text.replace(/\s+/g, ' '));
    default:
      return accepted(target.name === 'name' || target.name === 'alias' ? text.replace(/\s+/g, ' ') : text);
  }
}

/**
 * A tag as Zendesk stores it: lower case and one word, so blanks become underscores; commas and quotation marks, which part tags, are dropped.
 * @see https://developer.zendesk.com/api-reference/ticketing/ticket-management/tags/
 */
export function normaliseTag(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/\s+/g, '_')
    .replace(/[,"'<>]/g, '')
    .slice(0, MAX_TAG_LENGTH);
}

function normaliseTags(given: Exclude<AttributeValue, null>, account: AccountFacts): Normalised {
  if (account.hasUserTagging === false) return refused('user tagging is switched off in Zendesk, so tags have no effect');
  const list = Array.isArray(given) ? given : [String(given)];
  const tags = [...new Set(list.map(normaliseTag).filter((tag) => tag !== ''))].sort();
  return tags.length === 0 ? empty : accepted(tags);
}

/** Names or external ids, each once and without surplus blanks, in the order given: the first is the default one of a new user. */
function normaliseOrganizations(
  target: TargetAttribute,
  given: Exclude<AttributeValue, null>,
  account: AccountFacts,
): Normalised {
  const texts = (Array.isArray(given) ? given : [String(given)]).map((text) => text.trim().replace(/\s+/g, ' '));
  const names = texts.filter((text, index) => text !== '' && texts.findIndex((one) => isSameText(one, text)) === index);
  const longest = Math.max(0, ...names.map(({ length }) => length));
  if (target.maxLength !== undefined && longest > target.maxLength)
    return refused(`the name of an organization holds at most ${target.maxLength} characters, but one has ${longest}`);
  if (names.length > 1 && account.hasMultipleOrganizations === false)
    return refused(`a user of this Zendesk account belongs to one organization, but the source gave ${names.length}`);
  return names.length === 0 ? empty : accepted(names);
}

/** Which tickets an agent sees, in Zendesk's words; `all` is ours for no restriction, which Zendesk writes as null. */
export const TICKET_RESTRICTIONS: readonly string[] = ['all', 'organization', 'groups', 'assigned', 'requested'];

/** Whether a text is the address of something on the web that Zendesk can fetch. */
export function isWebAddress(text: string): boolean {
  return /^https:\/\/[^\s/?#]+\.[^\s]+$/i.test(text);
}

/** The id of something that the text names, by its id or by its name without case. Unchecked where the account's list is not known. */
function normaliseNamed(what: string, text: string, known: readonly NamedId[] | undefined): Normalised {
  if (known === undefined) return accepted(text);
  const byId = known.find(({ id }) => id === text);
  if (byId !== undefined) return accepted(byId.id);
  const [found, ...others] = known.filter(({ name }) => isSameText(name.trim(), text));
  if (found === undefined) return refused(`Zendesk has no ${what} of this name or id`);
  return others.length === 0 ? accepted(found.id) : refused(`Zendesk has several ${what}s of this name; give the id instead`);
}

/** Ids of brands, each once, sorted. A brand is meant by id, name or subdomain. */
function normaliseBrands(given: Exclude<AttributeValue, null>, account: AccountFacts): Normalised {
  if (account.hasBrandAssignment === false)
    return refused('agents belong to all brands by themselves in Zendesk, so brands have no effect until that is set to manual');
  const texts = (Array.isArray(given) ? given : [String(given)]).map((text) => text.trim()).filter((text) => text !== '');
  const ids = new Set<string>();
  for (const text of texts) {
    const bySubdomain = account.brands?.find(({ subdomain }) => isSameText(subdomain, text));
    const normal = bySubdomain === undefined ? normaliseNamed('brand', text, account.brands) : accepted(bySubdomain.id);
    if (normal.kind !== 'value') return normal;
    ids.add(String(normal.value));
  }
  return ids.size === 0 ? empty : accepted([...ids].sort());
}

function isSameText(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function normaliseBoolean(name: string, text: string): Normalised {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1') return accepted(true);
  return word === 'false' || word === '0' ? accepted(false) : refused(`${name} must be True or False`);
}

/** The account's own spelling of a locale; `de-CH` falls back to `de` where the account has only that. */
function normaliseLocale(text: string, locales: readonly string[] | undefined): Normalised {
  const wanted = text.replaceAll('_', '-').toLowerCase();
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{1,8})*$/.test(wanted)) return refused('the value is not a locale such as en-US');
  if (locales === undefined) return accepted(text.replaceAll('_', '-'));
  const language = wanted.split('-')[0];
  const exact = locales.find((locale) => locale.toLowerCase() === wanted);
  const found = exact ?? locales.find((locale) => locale.toLowerCase() === language);
  return found === undefined ? refused('the locale is not enabled in Zendesk') : accepted(found);
}

function normaliseField(name: string, given: Exclude<AttributeValue, null>, account: AccountFacts): Normalised {
  const key = userFieldKey(name);
  const field = account.userFields?.find((one) => one.key === key);
  if (account.userFields !== undefined && field === undefined)
    return refused(`Zendesk has no active user field with the key ${key ?? ''}`);
  if (field?.type === 'multiselect') {
    const values = (Array.isArray(given) ? given : [String(given)]).map((one) => one.trim()).filter((one) => one !== '');
    const options = values.map((one) => optionOf(field.options, one));
    if (options.includes(undefined)) return refused(`the field ${key} has no option of this value`);
    return options.length === 0 ? empty : accepted([...new Set(options.flatMap((one) => one ?? []))].sort());
  }
  const text = (Array.isArray(given) ? given.join(', ') : String(given)).replace(/\r\n?/g, '\n').trim();
  if (text === '') return empty;
  if (text.length > MAX_FIELD_LENGTH) return refused(`the field ${key} holds at most ${MAX_FIELD_LENGTH} characters`);
  switch (field?.type) {
    case 'checkbox':
      return normaliseBoolean(name, text);
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? accepted(Number(text)) : refused(`the field ${key} holds whole numbers`);
    case 'decimal':
      return /^[+-]?\d{1,15}(?:\.\d{1,10})?$/.test(text) ? accepted(Number(text)) : refused(`the field ${key} holds numbers`);
    case 'date': {
      const day = dayOf(text);
      return day === undefined ? refused(`the field ${key} holds dates such as 2026-01-31`) : accepted(day);
    }
    case 'dropdown':
    case 'tagger': {
      const option = optionOf(field.options, text);
      return option === undefined ? refused(`the field ${key} has no option of this value`) : accepted(option);
    }
    default:
      return accepted(text);
  }
}

/** The option of this value: as it is, without case, or written as the tag that Zendesk makes of it. */
function optionOf(options: readonly string[], text: string): string | undefined {
  const lower = text.toLowerCase();
  return options.find((one) => one === text) ?? options.find((one) => one.toLowerCase() === lower || one === normaliseTag(text));
}

/** The day of an ISO date or of the expression language's `M/d/yyyy h:mm:ss tt`. */
function dayOf(text: string): string | undefined {
  const iso = /^\d{4}-\d{2}-\d{2}(?=$|[T ])/.exec(text)?.[0];
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?=$| )/.exec(text);
  const day = iso ?? (us === null ? undefined : `${us[3]}-${us[1]?.padStart(2, '0')}-${us[2]?.padStart(2, '0')}`);
  return day === undefined || Number.isNaN(Date.parse(`${day}T00:00:00Z`)) ? undefined : day;
}
