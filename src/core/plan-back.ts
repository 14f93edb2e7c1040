import { attributesOf, groupAttributesOf } from './desired';
import { isSameValue } from './map/changes';
import { holderMismatch } from './map/holders';
import { normaliseTag } from './map/normalise';
import { type Attributes, type AttributeValue, type TargetGroup, type TargetRole, type TargetUser, targetId } from './model';
import { roleText, sorted, suspends } from './plan';
import type { AttributeChange, Plan, PlannedRemoval } from './plan-model';
import { groupAttribute, userAttribute, userFieldKey } from './target-attributes';
import type { ValueBack, WayBack } from './way-back';

/** What the account says of its own fields: the log prints every value as text. */
export interface FieldTypes {
  readonly userFields?: readonly { readonly key: string; readonly type: string }[];
}

/**
 * Plans the way back of an account: each value that still stands as it was left returns to what it was. Pure; the same bytes for the same inputs.
 *
 *   the value now        │ was                      │ plan
 *   as it was left       │ anything                 │ back to that
 *   as it was left       │ none, cannot be emptied  │ left, with a note
 *   as it was before     │ –                        │ nothing: it is back already
 *   anything else        │ –                        │ left, with a note: somebody has changed it since
 *   tags                 │ –                        │ those that were added go, those that were taken come back; others stay
 *   the account is new   │ –                        │ suspended, never deleted
 */
export function planUserBack(way: WayBack, current: TargetUser, fields: FieldTypes = {}): Plan {
  const now: Record<string, AttributeValue> = {
    ...attributesOf(current),
    suspended: current.suspended,
    role: roleText(current.role),
  };
  const roleAfter = roleBack(way, current) ?? current.role;
  const { changes, notes } = valuesBack(
    way,
    'user',
    now,
    (value) => {
      const target = userAttribute(value.attribute);
      const why = target && value.was !== null && holderMismatch(target, value.was, roleAfter);
      return why || undefined;
    },
    fields,
  );
  const all = [...changes];
  if (way.isCreation && !current.suspended)
    all.push({ attribute: 'suspended', oldValue: false, newValue: true, redacted: false });
  if (way.isCreation) {
    notes.push(
      current.suspended
        ? 'The account was created by that cycle and is suspended already; an undo deletes nothing.'
        : 'The account was created by that cycle: it is suspended, not deleted.',
    );
  }
  const role = all.some(({ attribute }) => attribute === 'role') ? roleAfter : null;
  if (wasDowngraded(way) && (role ?? current.role).role !== 'end-user') {
    notes.push('Becoming an end user ended all memberships in groups; those that this app had not made are not known.');
  }
  const removals = removalsIn(all, current, role);
  return {
    action: all.length === 0 ? 'none' : removals.some(({ kind }) => kind === 'userDisable') ? 'disable' : 'update',
    targetId: current.id,
    changes: sorted(all),
    role,
    adopts: false,
    notes,
    removals,
  };
}

/** Plans the way back of a Zendesk group, apart from its members. Pure. */
export function planGroupBack(way: WayBack, current: TargetGroup): Plan {
  const isHidden = ({ attribute, was }: ValueBack) =>
    attribute === 'is_public' && was === 'true' ? 'a private group never becomes public again' : undefined;
  const { changes, notes } = valuesBack(way, 'group', groupAttributesOf(current), isHidden, {});
  if (way.isCreation) {
    notes.push(
      'The group was created by that cycle: it stays, because tickets may be assigned to it, and loses the members that it was given.',
    );
  }
  return {
    action: changes.length === 0 ? 'none' : 'update',
    targetId: current.id,
    changes: sorted(changes),
    role: null,
    adopts: false,
    notes,
    removals: [],
  };
}

/** Access and seat that go together are one removal, as when a person leaves. */
function removalsIn(
  changes: readonly AttributeChange[],
  current: TargetUser,
  role: TargetRole | null,
): readonly PlannedRemoval[] {
  const isSuspending = suspends({ changes });
  const losesSeat = role?.role === 'end-user' && current.role.role !== 'end-user';
  if (!isSuspending && !losesSeat) return [];
  const attributes = [...(isSuspending ? ['suspended'] : []), ...(losesSeat ? ['role'] : [])];
  return [{ kind: isSuspending ? 'userDisable' : 'agentDowngrade', attributes }];
}

function valuesBack(
  way: WayBack,
  type: 'user' | 'group',
  now: Attributes,
  reasonNotTo: (value: ValueBack) => string | undefined,
  fields: FieldTypes,
): { readonly changes: AttributeChange[]; readonly notes: string[] } {
  const changes: AttributeChange[] = [];
  const notes = way.lost.map(({ attribute, reason }) => `${attribute} is not taken back: ${reason}.`);
  for (const value of way.values) {
    const { attribute } = value;
    const current = Object.hasOwn(now, attribute) ? (now[attribute] ?? null) : null;
    const decided = backOf(type, value, current, fields);
    if (decided === undefined) continue;
    const why = typeof decided === 'string' ? decided : reasonNotTo(value);
    if (why !== undefined) notes.push(`${attribute} is not taken back: ${why}.`);
    else changes.push(decided as AttributeChange);
  }
  return { changes, notes };
}

const CHANGED_SINCE = 'it was changed in Zendesk since';

/** The change that takes one value back, or the reason why it is left; undefined where it is back already. */
function backOf(
  type: 'user' | 'group',
  value: ValueBack,
  current: AttributeValue,
  fields: FieldTypes,
): AttributeChange | string | undefined {
  const { attribute } = value;
  const typed = (text: string | null): AttributeValue => typedValue(type, attribute, text, fields);
  const [left, was] = [typed(value.left), typed(value.was)];
  if (attribute === 'tags') return tagsBack(listOf(left), listOf(was), listOf(current));
  if (isSame(type, attribute, current, was)) return undefined;
  if (!isSame(type, attribute, current, left)) return CHANGED_SINCE;
  if (was === null && !canBeEmpty(type, attribute)) return 'it had no value before, and Zendesk does not take one away';
  if (attribute === 'role' && roleOf(value.was) === undefined) return 'the log does not name a role that Zendesk has';
  return { attribute, oldValue: current, newValue: was, redacted: false };
}

/** Only the tags that the change added or took: others have come and gone since, and are nobody's business here. */
function tagsBack(left: readonly string[], was: readonly string[], current: readonly string[]): AttributeChange | undefined {
  const without = (from: readonly string[], those: readonly string[]): readonly string[] => {
    const known = new Set(those.map(normaliseTag));
    return from.filter((tag) => !known.has(normaliseTag(tag)));
  };
  const [added, taken] = [without(left, was), without(was, left)];
  const kept = without(current, added);
  const back = without(taken, kept);
  if (kept.length === current.length && back.length === 0) return undefined;
  return { attribute: 'tags', oldValue: current, newValue: [...kept, ...back], redacted: false };
}

/** `role` and `suspended` are compared as they are printed; everything else as Zendesk sees it. */
const isSame = (type: 'user' | 'group', attribute: string, a: AttributeValue, b: AttributeValue): boolean =>
  attribute === 'role' || attribute === 'suspended' ? a === b : isSameValue(type, attribute, a, b);

/** An account may lose its external id: Zendesk is told `null`. A mapping never asks for that. */
function canBeEmpty(type: 'user' | 'group', attribute: string): boolean {
  if (type === 'user' && attribute === 'external_id') return true;
  const target = type === 'user' ? userAttribute(attribute) : groupAttribute(attribute);
  return target?.isClearable ?? false;
}

const LISTS: ReadonlySet<string> = new Set(['tags', 'organizations', 'brands']);

/** A value as the log prints it, in the type that Zendesk gives it. */
function typedValue(
  type: 'user' | 'group',
  attribute: string,
  text: string | null,
  { userFields = [] }: FieldTypes,
): AttributeValue {
  if (text === null) return null;
  const key = type === 'user' ? userFieldKey(attribute) : undefined;
  if (key !== undefined) {
    const field = userFields.find((one) => one.key === key)?.type;
    if (field === 'checkbox') return text === 'true';
    if (field === 'integer' || field === 'decimal') return Number(text);
    return field === 'multiselect' ? listIn(text) : text;
  }
  const target = type === 'user' ? userAttribute(attribute) : groupAttribute(attribute);
  if (target?.kind === 'boolean') return text === 'true';
  return target && LISTS.has(target.kind) ? listIn(text) : text;
}

/** A list as the log prints it: separated by commas, or as JSON where a value has one. */
function listIn(text: string): readonly string[] {
  if (text.startsWith('["')) {
    try {
      return (JSON.parse(text) as readonly unknown[]).map(String);
    } catch {
      // A list of a single value that only looks so.
    }
  }
  return text === '' ? [] : text.split(', ');
}

function listOf(value: AttributeValue): readonly string[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [String(value)];
}

/** Whether the change made an end user of an agent. */
const wasDowngraded = ({ values }: WayBack): boolean =>
  values.some(({ attribute, left, was }) => attribute === 'role' && left === 'end-user' && was !== left);

/** The role that the account returns to; undefined where the role is not taken back. */
function roleBack({ values }: WayBack, { role }: TargetUser): TargetRole | undefined {
  const value = values.find(({ attribute }) => attribute === 'role');
  return value && value.left === roleText(role) ? roleOf(value.was) : undefined;
}

/** A role as the log prints it: `agent`, or `agent (custom role 42)`. */
function roleOf(text: string | null): TargetRole | undefined {
  const found = /^(end-user|agent|admin)(?: \(custom role (\d{1,20})\))?$/.exec(text ?? '');
  if (!found) return undefined;
  const [, role, custom] = found;
  return { role: role as TargetRole['role'], customRoleId: custom === undefined ? null : targetId(custom) };
}

/** The tags that this app owns once a way back is written: those that it took away before are its own again. Pure. */
export function ownedTagsBack(owned: readonly string[], { changes }: Plan): readonly string[] {
  const tags = changes.find(({ attribute }) => attribute === 'tags');
  if (!tags) return owned;
  const [before, after] = [listOf(tags.oldValue).map(normaliseTag), listOf(tags.newValue).map(normaliseTag)];
  const kept = owned.filter((tag) => after.includes(normaliseTag(tag)));
  return [...new Set([...kept, ...after.filter((tag) => !before.includes(tag))])].sort();
}
