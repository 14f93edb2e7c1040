import type { DesiredObject, DesiredValue } from '../map';
import type { Attributes, AttributeValue, TargetRole } from '../model';
import type { AttributeChange } from '../plan-model';
import { groupAttribute, type TargetAttribute, userAttribute, userFieldKey } from '../target-attributes';
import { holderMismatch } from './holders';
import { normaliseTag } from './normalise';

/** Attributes whose change is decided by policies on roles and access, not by comparing values. */
const decidedElsewhere: ReadonlySet<string> = new Set(['role', 'custom_role_id', 'suspended']);

/** What a comparison needs besides both sides. */
export interface CompareOptions {
  readonly type: 'user' | 'group';
  readonly mode: 'create' | 'update';
  /** Tags that this app has put on the target before. */
  readonly ownedTags: readonly string[];
  /** The role that the user has once everything is written; absent: what only some roles have is written as it is. */
  readonly role?: TargetRole;
  /** Names of the target's organizations by external id in lower case: a mapping may mean them by either. */
  readonly organizationsByExternalId?: ReadonlyMap<string, string>;
}

/**
 * What must be written to make the target as desired: only what differs, sorted by attribute. `role`, `custom_role_id` and `suspended` are not
 * in it. `oldValue` is `null` on create.
 *
 * @param current The target's attributes by target name (`external_id`, `email`, `name` too); a key that is absent counts as empty.
 */
export function changesFor(desired: DesiredObject, current: Attributes, options: CompareOptions): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const [name, value] of desired.values) {
    if (decidedElsewhere.has(name)) continue;
    const change = changeFor(name, value, Object.hasOwn(current, name) ? (current[name] ?? null) : null, options);
    if (change !== undefined) changes.push(change);
  }
  return changes.sort((a, b) => (a.attribute < b.attribute ? -1 : 1));
}

/** What must be written for one attribute; undefined when the target is as desired or its flow type says to leave it alone. */
export function changeFor(
  name: string,
  desired: DesiredValue,
  current: AttributeValue,
  options: CompareOptions,
): AttributeChange | undefined {
  const oldValue = options.mode === 'create' ? null : current;
  if (options.role !== undefined && isMisplaced(name, desired, options.role)) return undefined;
  if (options.mode === 'update') {
    // A private group never becomes public again, and one that does not show what it is could not be compared:
    // https://developer.zendesk.com/api-reference/ticketing/groups/groups/#json-format
    if (name === 'is_public' && current !== true) return undefined;
    if (desired.onlyOnCreate) return undefined;
    if (desired.flow === 'AttributeAddOnly' && !isEmptyValue(oldValue)) return undefined;
  }
  const newValue = mergedValue(name, named(name, desired, options), oldValue, options);
  if (isSameValue(options.type, name, oldValue, newValue)) return undefined;
  return { attribute: name, oldValue, newValue, redacted: desired.redacted };
}

function isMisplaced(name: string, desired: DesiredValue, role: TargetRole): boolean {
  const target = userAttribute(name);
  return target !== undefined && holderMismatch(target, desired.value, role) !== undefined;
}

/**
 * The tags that this app owns after the desired ones are written: those it put there before and still wants, and those it adds now.
 * A tag that somebody else had set first stays theirs.
 */
export function ownedTagsAfter(desired: DesiredObject, current: Attributes, ownedTags: readonly string[]): readonly string[] {
  const tags = desired.values.get('tags');
  if (tags === undefined || tags.onlyOnCreate || tags.flow === 'AttributeAddOnly') return ownedTags;
  const wanted = listOf(tags.value);
  const there = new Set(listOf(Object.hasOwn(current, 'tags') ? (current.tags ?? null) : null).map(normaliseTag));
  const owned = new Set(ownedTags.map(normaliseTag));
  const keepsAll = tags.flow === 'ValueAddOnly' || tags.flow === 'MultiValueAddOnly';
  const kept = keepsAll ? [...owned] : [...owned].filter((tag) => wanted.includes(tag));
  return [...new Set([...kept, ...wanted.filter((tag) => !there.has(tag))])].sort();
}

/**
 * Whether Zendesk would see no difference between two values: e-mail, external id, organization, locale and the like without case, phone
 * numbers by their digits, lists without order, empty text as no value, dates by the day.
 */
export function isSameValue(type: 'user' | 'group', name: string, left: AttributeValue, right: AttributeValue): boolean {
  if (userFieldKey(name) !== undefined) return isSameField(left, right);
  const target = type === 'user' ? userAttribute(name) : groupAttribute(name);
  return comparable(target, left) === comparable(target, right);
}

/** Zendesk returns a date with a time of day, numbers as numbers or as texts, and an unticked box as `false` or nothing. */
function isSameField(left: AttributeValue, right: AttributeValue): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return isTicked(left) === isTicked(right);
  if (typeof left === 'number' || typeof right === 'number') {
    return !isEmptyValue(left) && !isEmptyValue(right) && Number(left) === Number(right);
  }
  return comparable(undefined, dayOnly(left)) === comparable(undefined, dayOnly(right));
}

function isTicked(value: AttributeValue): boolean {
  return String(value).toLowerCase() === 'true';
}

function dayOnly(value: AttributeValue): AttributeValue {
  if (typeof value !== 'string') return value;
  return /^(\d{4}-\d{2}-\d{2})T00:00:00(?:\.0+)?(?:Z|\+00:00)$/.exec(value)?.[1] ?? value;
}

/** Says organizations by their names where they are the target's already: Zendesk returns names, whatever the mapping calls them by. */
function named(name: string, desired: DesiredValue, { organizationsByExternalId: names }: CompareOptions): DesiredValue {
  if (names === undefined || (name !== 'organization' && name !== 'organizations')) return desired;
  const nameOf = (text: string): string => names.get(text.toLowerCase()) ?? text;
  const { value } = desired;
  return { ...desired, value: Array.isArray(value) ? value.map(nameOf) : typeof value === 'string' ? nameOf(value) : value };
}

function mergedValue(name: string, desired: DesiredValue, current: AttributeValue, options: CompareOptions): AttributeValue {
  const adds = desired.flow === 'ValueAddOnly' || desired.flow === 'MultiValueAddOnly';
  if (name === 'tags') {
    const wanted = listOf(desired.value);
    const owned = new Set(options.ownedTags.map(normaliseTag));
    const there = listOf(current);
    const kept = there.filter((tag) => adds || wanted.includes(normaliseTag(tag)) || !owned.has(normaliseTag(tag)));
    return union(kept, wanted, normaliseTag);
  }
  const key = (text: string): string => (name === 'organizations' ? text.toLowerCase() : text);
  return adds && Array.isArray(desired.value) ? union(listOf(current), desired.value, key) : desired.value;
}

function union(kept: readonly string[], added: readonly string[], key: (text: string) => string): readonly string[] {
  const there = new Set(kept.map(key));
  return [...kept, ...added.filter((one) => !there.has(key(one)))];
}

function listOf(value: AttributeValue): readonly string[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [String(value)];
}

function isEmptyValue(value: AttributeValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A text that two values share exactly when Zendesk cannot tell them apart. */
function comparable(target: TargetAttribute | undefined, value: AttributeValue): string {
  if (isEmptyValue(value) || value === null) return '';
  if (target?.kind === 'tags') return JSON.stringify([...new Set(listOf(value).map(normaliseTag))].sort());
  if (target?.kind === 'organizations')
    return JSON.stringify(
      listOf(value)
        .map((name) => name.toLowerCase())
        .sort(),
    );
  if (Array.isArray(value)) return JSON.stringify([...value].sort());
  const text = String(value).replace(/\r\n?/g, '\n').trim();
  switch (target?.kind) {
    case 'phone':
      return text.toLowerCase().replace(/[^\dx+]/g, '');
    case 'locale':
      return text.replaceAll('_', '-').toLowerCase();
    case 'boolean':
      return text.toLowerCase();
    case 'ticketRestriction':
      return text === 'all' ? '' : text;
    default:
      return target?.isCaseExact === false ? text.toLowerCase() : text;
  }
}
