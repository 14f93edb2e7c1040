import { MappingError, UnknownRoleError } from './errors';
import { type DesiredObject, type MappingInput, mapGroup, mapUser, uniqueCandidates } from './map';
import type { AccountFacts } from './map/normalise';
import {
  type AttributeValue,
  DEFAULT_ACCESS_ROLE_ID,
  type SourceObject,
  type TargetGroup,
  type TargetRole,
  type TargetUser,
} from './model';
import { type CustomRole, DEFAULT_ROLE, resolveRole } from './role';
import type { ObjectMapping } from './schema/model';
import type { ScopeDecision } from './scope';

/** What the mappings make of one source object: evaluated once, then compared with whatever is found in Zendesk. */
export interface Desired {
  readonly object: DesiredObject;
  /** What to look for where there is no link, first tried first. */
  readonly matchers: readonly { readonly attribute: string; readonly value: string }[];
  readonly externalId: string;
  readonly name: string;
  readonly email: string | null;
  /** The role pair that the source stands for; null when role is not mapped. */
  readonly role: TargetRole | null;
  /** Whether the mapping wants the account suspended; null when that is not mapped. */
  readonly suspended: boolean | null;
  /** Attributes left out and why; plain words. */
  readonly warnings: readonly string[];
  /** Attributes among them that are left out for what the Zendesk account lacks. */
  readonly awaits: readonly string[];
}

/** What mapping an object depends on besides the object. Clock and chance come from outside. */
export interface DesireRules {
  readonly account: AccountFacts & { readonly customRoles: readonly (CustomRole & { readonly id: string })[] };
  readonly defaultAccess: 'Skip' | 'EndUser';
  readonly now: Date;
  newGuid(): string;
  /** A number in [0, 1). */
  random(): number;
}

/** A source object that is to be mapped. */
export interface ToMap {
  readonly object: SourceObject;
  readonly decision: ScopeDecision;
  readonly mode: 'create' | 'update';
}

/**
 * Maps a whole user. Pure given its inputs.
 * @param isUnique whether nobody in Zendesk has a value yet, for mappings that ask; absent: the first candidate is taken
 * @throws MappingError when an attribute without which nothing may be written is missing or wrong, UnknownRoleError when the role names
 *   nothing in Zendesk
 */
export function desiredUser(
  { object, decision, mode }: ToMap,
  users: ObjectMapping,
  rules: DesireRules,
  isUnique?: MappingInput['isUniqueInTarget'],
): Desired {
  const input = mappingInput({ object, decision, mode }, rules);
  const mapped = mapUser({ ...input, ...(isUnique && { isUniqueInTarget: isUnique }) }, users);
  const warnings = checked(mapped);
  return {
    ...common(mapped, object, warnings),
    role: roleOf(mapped, rules.account.customRoles) ?? roleOfDefaultAccess(object, decision, users, rules.defaultAccess),
    suspended: booleanOf(mapped, 'suspended'),
  };
}

/** Maps a whole group. @throws MappingError as {@link desiredUser} */
export function desiredGroup(toMap: ToMap, groups: ObjectMapping | undefined, rules: DesireRules): Desired {
  if (!groups) throw new MappingError('name', 'The group mapping is switched off.');
  const mapped = mapGroup(mappingInput(toMap, rules), groups);
  return { ...common(mapped, toMap.object, checked(mapped)), role: null, suspended: null };
}

/** The values that mappings would try on a user until one is free, so that they can be looked up before the user is mapped. */
export const valuesToTry = (toMap: ToMap, users: ObjectMapping, rules: DesireRules) =>
  uniqueCandidates(mappingInput(toMap, rules), users);

/** An account's attributes by target name, those with a place of their own too. */
export function attributesOf(user: TargetUser): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = Object.create(null);
  return Object.assign(attributes, user.attributes, { external_id: user.externalId, email: user.email, name: user.name });
}

/** A Zendesk group's attributes by target name. */
export const groupAttributesOf = ({ name, description, isPublic }: TargetGroup): Record<string, AttributeValue> => ({
  name,
  description,
  is_public: isPublic ?? null,
});

function mappingInput({ object, decision, mode }: ToMap, rules: DesireRules): MappingInput {
  return {
    attributes: { ...object.attributes, id: object.id },
    isSoftDeleted: object.type === 'user' && decision.kind !== 'in',
    appRoleAssignments: object.type === 'user' && decision.kind === 'in' ? decision.roles.map(({ role }) => role) : [],
    mode,
    now: rules.now,
    newGuid: rules.newGuid,
    random: rules.random,
    account: rules.account,
  };
}

function common(mapped: DesiredObject, object: SourceObject, warnings: readonly string[]) {
  const text = (name: string): string | null => {
    const value = mapped.values.get(name)?.value;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    object: mapped,
    matchers: mapped.matching,
    externalId: text('external_id') ?? object.id,
    name: text('name') ?? '',
    email: text('email'),
    warnings,
    awaits: mapped.issues.flatMap(({ awaitsAccount, attribute }) => (awaitsAccount ? [attribute] : [])),
  };
}

function checked(mapped: DesiredObject): readonly string[] {
  const fatal = mapped.issues.filter((issue) => issue.isFatal);
  const [first] = fatal;
  if (first) throw new MappingError(first.attribute, fatal.map((issue) => issue.message).join('. '));
  return mapped.issues.map((issue) => issue.message);
}

function roleOf(mapped: DesiredObject, customRoles: readonly CustomRole[]): TargetRole | null {
  const text = (name: string): string | null => {
    const value = mapped.values.get(name)?.value;
    return value === undefined || value === null || value === '' ? null : String(value);
  };
  const resolved = resolveRole(text('role'), text('custom_role_id'), customRoles);
  if (resolved.kind === 'role') return resolved.role;
  if (resolved.kind === 'unmapped') return null;
  throw new UnknownRoleError(
    resolved.available,
    `Zendesk does not have a role "${resolved.wanted}". It has: ${resolved.available.join(', ')}.`,
  );
}

/**
 * With DEFAULT_ACCESS=EndUser whoever is assigned by Default Access alone is to be an end user: without it somebody who lost the role of an
 * agent would keep the seat. Null where roles are not mapped: then they are nobody's business but Zendesk's.
 */
function roleOfDefaultAccess(
  user: SourceObject,
  decision: ScopeDecision,
  users: ObjectMapping,
  defaultAccess: DesireRules['defaultAccess'],
): TargetRole | null {
  if (decision.kind !== 'in' || decision.roles.length > 0 || defaultAccess !== 'EndUser') return null;
  const isMapped = users.mappings.some(({ target, source }) => target.name === 'role' && source.kind !== 'none');
  const hasDefaultAccess = user.entitlements.some(({ appRoleId }) => appRoleId === DEFAULT_ACCESS_ROLE_ID);
  return isMapped && hasDefaultAccess ? DEFAULT_ROLE : null;
}

function booleanOf(mapped: DesiredObject, name: string): boolean | null {
  const value = mapped.values.get(name)?.value;
  if (value === undefined || value === null) return null;
  return value === true || value === 'True' || value === 'true';
}
