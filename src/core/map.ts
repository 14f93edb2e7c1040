import { candidates, evaluate } from './expression/compile';
import { type EvaluationContext, normalise, type Value } from './expression/values';
import { holderMismatch } from './map/holders';
import { type AccountFacts, normaliseFor } from './map/normalise';
import { type SourceFacts, sourceView } from './map/source-view';
import type { AttributeValue, TargetRole } from './model';
import { DEFAULT_ROLE, resolveRole } from './role';
import type { AttributeMapping, FlowType, ObjectMapping } from './schema/model';
import type { TargetAttribute } from './target-attributes';

/** What mappings need to know to be evaluated on one source object. Clock and randomness come from outside. */
export interface MappingInput extends Omit<SourceFacts, 'type'> {
  /** `create` for an object that the target does not have yet; `update` for one that is there, adopted ones included. */
  readonly mode: 'create' | 'update';
  readonly now: Date;
  newGuid(): string;
  /** A number in [0, 1), from a cryptographic source. */
  random(): number;
  /** What the account offers. Absent: values are not checked against it. */
  readonly account?: AccountFacts;
  /** Whether nobody in the target has this value of the attribute yet; look {@link uniqueCandidates} up first. Absent: the first one is taken. */
  isUniqueInTarget?(attribute: string, candidate: string): boolean;
}

/** What the source wants an attribute of the target to be. */
export interface DesiredValue {
  /** In the form in which Zendesk stores it; `null` empties the attribute (see `clears`). */
  readonly value: AttributeValue;
  /** Keep the value out of logs. */
  readonly redacted: boolean;
  readonly flow: FlowType;
  /** True for a value that is set when the object is made and left alone afterwards. */
  readonly onlyOnCreate: boolean;
  /** True when the source has nothing and the mapping says that this empties the target (`flowNullValues`). */
  readonly clears: boolean;
  /** True when the source had nothing and the mapping's default value stands in. */
  readonly isDefault: boolean;
}

/** What to look for in the target when there is no link: in this order, until something is found. */
export interface MatchingValue {
  readonly attribute: string;
  readonly value: string;
}

/** Why an attribute is not as the mapping wanted, in the provisioning log's words. Messages hold no data. */
export interface MappingIssue {
  readonly attribute: string;
  readonly code: 'ImportSkipped' | 'MandatoryFieldsMissing' | 'AttributeValidationFailed' | 'MappingFailed';
  readonly message: string;
  /** True when the object must not be written at all; else the attribute is left alone. */
  readonly isFatal: boolean;
  /** True when the value is sound and the account lacks what it names: once the account has it, nothing is at fault. */
  readonly awaitsAccount?: boolean;
}

/** What the source wants a target object to be. Attributes that are not in `values` are left alone. */
export interface DesiredObject {
  /** By target attribute name, in the order of the file. `role` and `custom_role_id` are texts for `resolveRole`. */
  readonly values: ReadonlyMap<string, DesiredValue>;
  readonly matching: readonly MatchingValue[];
  readonly issues: readonly MappingIssue[];
}

/** What the source wants a Zendesk user to be. */
export type DesiredUser = DesiredObject;

/** What the source wants a Zendesk group to be; members are not in it. */
export type DesiredGroup = DesiredObject;

/**
 * Evaluates the user mappings on one whole source object. Pure given its inputs; never throws for anything that the object holds.
 *
 *   source gave     │ flowNullValues │ on create      │ on update
 *   a value         │ –              │ the value      │ the value; with ObjectAddOnly left alone
 *   nothing         │ skip           │ default value  │ left alone
 *   nothing         │ clear          │ default value  │ emptied; with an add-only flow left alone
 *   dropped         │ –              │ left alone     │ left alone
 *   type None       │ –              │ default value  │ default value where the target is empty
 */
export function mapUser(input: MappingInput, users: ObjectMapping): DesiredUser {
  return mapObject({ ...input, type: 'user' }, users);
}

/** Evaluates the group mappings on one whole source group. As {@link mapUser}; the members are left to the engine. */
export function mapGroup(input: MappingInput, groups: ObjectMapping): DesiredGroup {
  return mapObject({ ...input, type: 'group' }, groups);
}

/** Whether the mapping says who is in a group. False: memberships in Zendesk are left alone. */
export function mapsMembers(groups: ObjectMapping): boolean {
  return groups.mappings.some(({ target }) => target.kind === 'members');
}

/** The values that `SelectUniqueValue` mappings would try on an object, so that they can be looked up before it is mapped. */
export function uniqueCandidates(
  input: MappingInput,
  mapping: ObjectMapping,
): readonly { readonly attribute: string; readonly values: readonly string[] }[] {
  const context = contextOf({ ...input, type: mapping.objectType });
  return mapping.mappings.flatMap((one) =>
    one.source.kind === 'function' && isUniqueValue(one)
      ? [{ attribute: one.target.name, values: candidates(one.source.expression, context) }]
      : [],
  );
}

const isUniqueValue = ({ source }: AttributeMapping): boolean => source.kind === 'function' && source.expression.usesUniqueness;

function mapObject(input: MappingInput & SourceFacts, mapping: ObjectMapping): DesiredObject {
  const context = contextOf(input);
  const values = new Map<string, DesiredValue>();
  const issues: MappingIssue[] = [];
  const bound: TargetAttribute[] = [];
  const matching: (MatchingValue & { readonly priority: number })[] = [];
  for (const one of mapping.mappings) {
    if (one.target.kind === 'members') continue;
    const outcome = evaluateMapping(one, input, context);
    if (outcome.issue !== undefined) issues.push(outcome.issue);
    if (outcome.desired !== undefined) {
      values.set(one.target.name, outcome.desired);
      if (one.target.holders !== undefined) bound.push(one.target);
    }
    if (one.matchingPriority > 0 && outcome.found !== undefined) {
      matching.push({ attribute: one.target.name, value: outcome.found, priority: one.matchingPriority });
    }
  }
  if (bound.length > 0) leaveOutMisplaced(bound, input, values, issues);
  matching.sort((a, b) => a.priority - b.priority);
  if (matching.length === 0) issues.push(nothingToMatch(mapping));
  const told = input.mode === 'create' && !values.has('name') ? withoutName(mapping, issues) : issues;
  return { values, matching: matching.map(({ attribute, value }) => ({ attribute, value })), issues: told };
}

/**
 * Leaves out what the user's role has no place for, with the reason. Where no role is mapped only a new account's is known; the role of an
 * existing one is looked at when both sides are compared.
 */
function leaveOutMisplaced(
  bound: readonly TargetAttribute[],
  input: MappingInput,
  values: Map<string, DesiredValue>,
  issues: MappingIssue[],
): void {
  const role = roleOf(input, values);
  if (role === undefined) return;
  for (const target of bound) {
    const { name } = target;
    const value = values.get(name)?.value ?? null;
    const message = holderMismatch(target, value, role);
    if (message === undefined) continue;
    values.delete(name);
    if (value !== null)
      issues.push({ attribute: name, code: 'AttributeValidationFailed', message: `${name}: ${message}`, isFatal: false });
  }
}

/** The role that the mapping gives; undefined where it is not known here. */
function roleOf(input: MappingInput, values: ReadonlyMap<string, DesiredValue>): TargetRole | undefined {
  const text = (name: string): string | null => {
    const value = values.get(name)?.value;
    return typeof value === 'string' ? value : null;
  };
  const resolution = resolveRole(text('role'), text('custom_role_id'), input.account?.customRoles ?? []);
  if (resolution.kind === 'role') return resolution.role;
  return resolution.kind === 'unmapped' && input.mode === 'create' ? DEFAULT_ROLE : undefined;
}

function contextOf(input: MappingInput & SourceFacts): EvaluationContext {
  return {
    attribute: sourceView(input),
    now: input.now,
    newGuid: () => input.newGuid(),
    random: () => input.random(),
  };
}

/** The context of a value that must be unique: the look at the target is one at this attribute. */
function uniqueContext(attribute: string, { isUniqueInTarget }: MappingInput, context: EvaluationContext): EvaluationContext {
  if (isUniqueInTarget === undefined) return context;
  return { ...context, isUniqueInTarget: (candidate) => isUniqueInTarget(attribute, candidate) };
}

interface Outcome {
  readonly desired?: DesiredValue;
  /** The value to match by. */
  readonly found?: string;
  readonly issue?: MappingIssue;
}

type Given =
  | { readonly kind: 'value'; readonly value: Value; readonly redacted: boolean }
  | { readonly kind: 'dropped' | 'none' }
  | { readonly kind: 'failed'; readonly message: string };

function evaluateMapping(mapping: AttributeMapping, input: MappingInput, context: EvaluationContext): Outcome {
  const { target, flowType, defaultValue } = mapping;
  const isUpdate = input.mode === 'update';
  // What does not flow cannot be at fault either.
  if (isUpdate && flowType === 'ObjectAddOnly' && mapping.matchingPriority === 0 && mapping.source.kind !== 'none') return {};
  const given = evaluateSource(mapping, isUniqueValue(mapping) ? uniqueContext(target.name, input, context) : context);
  switch (given.kind) {
    case 'dropped':
      return {};
    case 'failed':
      return { issue: issue(mapping, 'MappingFailed', `${target.name}: ${given.message}`) };
    case 'none':
      // Only what the target lacks is given the default: the flow type says so to the comparison.
      return defaultValue === null
        ? {}
        : settle(mapping, defaultValue, input, { redacted: false, flow: 'AttributeAddOnly', isDefault: true });
    case 'value':
      break;
  }
  const { redacted } = given;
  const normal = normaliseFor(target, given.value, input.account);
  if (normal.kind === 'refused') return { issue: refusedIssue(mapping, given.value, normal.message) };
  if (normal.kind === 'value') {
    const { value } = normal;
    const found = typeof value === 'string' || typeof value === 'number' ? { found: String(value) } : {};
    if (isUpdate && flowType === 'ObjectAddOnly') return found;
    return { ...found, desired: desiredOf(mapping, value, { redacted, flow: flowType, isDefault: false }) };
  }
  if (!isUpdate)
    return defaultValue === null ? {} : settle(mapping, defaultValue, input, { redacted, flow: flowType, isDefault: true });
  if (mapping.flowNullValues === 'skip' || flowType !== 'Always') return {};
  return { desired: { value: null, redacted, flow: flowType, onlyOnCreate: false, clears: true, isDefault: false } };
}

function evaluateSource(mapping: AttributeMapping, context: EvaluationContext): Given {
  const { source } = mapping;
  switch (source.kind) {
    case 'none':
      return { kind: 'none' };
    case 'constant':
      return { kind: 'value', value: source.value, redacted: false };
    case 'attribute':
      return { kind: 'value', value: normalise(context.attribute(source.name)), redacted: false };
    case 'function':
      return evaluate(source.expression, context);
  }
}

interface Traits {
  readonly redacted: boolean;
  readonly flow: FlowType;
  readonly isDefault: boolean;
}

/** Makes a default value a desired one. It was checked when the file was read, so what is refused here is what the account lacks. */
function settle(mapping: AttributeMapping, text: string, input: MappingInput, traits: Traits): Outcome {
  const normal = normaliseFor(mapping.target, text, input.account);
  if (normal.kind === 'refused') {
    return { issue: refusedIssue(mapping, text, `the default value: ${normal.message}`) };
  }
  return normal.kind === 'empty' ? {} : { desired: desiredOf(mapping, normal.value, traits) };
}

function desiredOf(mapping: AttributeMapping, value: Exclude<AttributeValue, null>, traits: Traits): DesiredValue {
  const settled = mapping.isInverted && typeof value === 'boolean' ? !value : value;
  return { value: settled, onlyOnCreate: traits.flow === 'ObjectAddOnly', clears: false, ...traits };
}

/** Attributes that decide who the object is or what it may do; a fault in one of these stops the object, as does a value that must be unique. */
const decisive: ReadonlySet<string> = new Set(['external_id', 'role', 'custom_role_id', 'suspended']);

function issue(mapping: AttributeMapping, code: MappingIssue['code'], message: string): MappingIssue {
  return {
    attribute: mapping.target.name,
    code,
    message,
    isFatal: mapping.matchingPriority > 0 || decisive.has(mapping.target.name) || isUniqueValue(mapping),
  };
}

/** Why a value is left out, and whether that is for what the account lacks. */
function refusedIssue(mapping: AttributeMapping, value: AttributeValue, why: string): MappingIssue {
  const { target } = mapping;
  const found = issue(mapping, 'AttributeValidationFailed', `${target.name}: ${why}`);
  return normaliseFor(target, value).kind === 'refused' ? found : { ...found, awaitsAccount: true };
}

function nothingToMatch(mapping: ObjectMapping): MappingIssue {
  const names = mapping.matching.map(({ target }) => target.name).join(', ');
  return {
    attribute: mapping.matching[0]?.target.name ?? '',
    code: 'ImportSkipped',
    message: `No matching attribute has a value (${names}), so the object cannot be looked up in Zendesk`,
    isFatal: true,
  };
}

/** Zendesk creates nothing without a name: what was wrong with the name stops the object; where nothing was, there was none. */
function withoutName(mapping: ObjectMapping, issues: readonly MappingIssue[]): readonly MappingIssue[] {
  if (issues.some(({ attribute }) => attribute === 'name'))
    return issues.map((one) => (one.attribute === 'name' ? { ...one, isFatal: true } : one));
  const message = `Zendesk cannot create a ${mapping.objectType} without a name, and the mapping of name gave no value`;
  return [...issues, { attribute: 'name', code: 'MandatoryFieldsMissing', message, isFatal: true }];
}
