import { MappingError, UnknownRoleError } from '../../core/errors';
import { type DesiredObject, type MappingInput, mapGroup, mapUser, uniqueCandidates } from '../../core/map';
import { changesFor, ownedTagsAfter } from '../../core/map/changes';
import {
  DEFAULT_ACCESS_ROLE_ID,
  type Link,
  type SourceObject,
  type TargetGroup,
  type TargetRole,
  type TargetUser,
} from '../../core/model';
import type { WantedUser } from '../../core/plan';
import type { AttributeChange } from '../../core/plan-model';
import { DEFAULT_ROLE, resolveRole } from '../../core/role';
import type { GrantedRole, ScopeDecision } from '../../core/scope';
import type { TargetDescription, UserMatcher } from '../../ports/target-connector';
import type { EngineDeps } from '../deps';
import { attributesOf } from './export-plan';
import { findFreeValues } from './free-values';

/** What the mappings make of a source object: evaluated once, then held against whatever is found in Zendesk. */
export interface Wish {
  readonly desired: DesiredObject;
  readonly matchers: readonly UserMatcher[];
  readonly externalId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: TargetRole | null;
  readonly suspended: boolean | null;
  /** Attributes left out and why; plain words. */
  readonly warnings: readonly string[];
}

/**
 * Maps a whole user. @throws MappingError when an attribute without which nothing may be written is missing or wrong,
 * UnknownRoleError when the role names nothing in Zendesk.
 */
export function wishForUser(
  deps: EngineDeps,
  account: TargetDescription,
  user: SourceObject,
  decision: ScopeDecision,
  mode: 'create' | 'update',
): Wish {
  return userWish(deps, account, user, decision, userInput(deps, account, user, decision, mode));
}

/**
 * Maps a whole user who is about to get an account. Values that must be unique are looked up in Zendesk, which is why nobody else is
 * mapped by this. @throws MappingError, UnknownRoleError as {@link wishForUser}; what the connector throws
 */
export async function wishForNewUser(
  deps: EngineDeps,
  account: TargetDescription,
  user: SourceObject,
  decision: ScopeDecision,
): Promise<Wish> {
  const input = userInput(deps, account, user, decision, 'create');
  const isUniqueInTarget = await findFreeValues(deps.target, uniqueCandidates(input, deps.schema.users));
  return userWish(deps, account, user, decision, { ...input, isUniqueInTarget });
}

function userInput(
  deps: EngineDeps,
  account: TargetDescription,
  user: SourceObject,
  decision: ScopeDecision,
  mode: 'create' | 'update',
): MappingInput {
  const roles = decision.kind === 'in' ? decision.roles : [];
  return mappingInput(deps, account, user, decision.kind !== 'in', roles, mode);
}

function userWish(
  deps: EngineDeps,
  account: TargetDescription,
  user: SourceObject,
  decision: ScopeDecision,
  input: MappingInput,
): Wish {
  const desired = mapUser(input, deps.schema.users);
  const warnings = checked(desired);
  return {
    ...common(desired, user, warnings),
    role: roleOf(desired, account) ?? roleOfDefaultAccess(deps, user, decision),
    suspended: booleanOf(desired, 'suspended'),
  };
}

/** Maps a whole group. @throws MappingError as {@link wishForUser} */
export function wishForGroup(deps: EngineDeps, account: TargetDescription, group: SourceObject, mode: 'create' | 'update'): Wish {
  const { groups } = deps.schema;
  if (!groups) throw new MappingError('name', 'The group mapping is switched off.');
  const desired = mapGroup(mappingInput(deps, account, group, false, [], mode), groups);
  return { ...common(desired, group, checked(desired)), role: null, suspended: null };
}

/** What differs between the wish and the account as it is; everything for a new one. */
export function wantedFrom(wish: Wish, current: TargetUser | null, link: Link | null): WantedUser {
  const changes = changesFor(wish.desired, current ? attributesOf(current) : {}, {
    type: 'user',
    mode: current ? 'update' : 'create',
    ownedTags: link?.ownedTags ?? [],
    role: wish.role ?? current?.role ?? DEFAULT_ROLE,
    ...(current?.organizationsByExternalId && { organizationsByExternalId: current.organizationsByExternalId }),
  });
  return { changes, role: wish.role, suspended: wish.suspended };
}

/** What differs between the wish and the Zendesk group as it is. */
export function groupChanges(wish: Wish, current: TargetGroup | null): readonly AttributeChange[] {
  const attributes = current ? { name: current.name, description: current.description, is_public: current.isPublic ?? null } : {};
  return changesFor(wish.desired, attributes, { type: 'group', mode: current ? 'update' : 'create', ownedTags: [] });
}

/** The tags that this app answers for once the wish is written. */
export const tagsOwnedAfter = (wish: Wish, current: TargetUser | null, link: Link | null): readonly string[] =>
  ownedTagsAfter(wish.desired, current ? attributesOf(current) : {}, link?.ownedTags ?? []);

/** What role and suspension a linked user would get, for the brake; undefined where the mapping has no answer (a failure, not a removal). */
export async function desiredRole(
  deps: EngineDeps,
  user: SourceObject,
  decision: ScopeDecision,
): Promise<Pick<Wish, 'role' | 'suspended'> | undefined> {
  try {
    return wishForUser(deps, await deps.target.describe(), user, decision, 'update');
  } catch (error) {
    if (error instanceof MappingError || error instanceof UnknownRoleError) return undefined;
    throw error;
  }
}

function mappingInput(
  deps: EngineDeps,
  account: TargetDescription,
  object: SourceObject,
  isSoftDeleted: boolean,
  roles: readonly GrantedRole[],
  mode: 'create' | 'update',
): MappingInput {
  return {
    attributes: { ...object.attributes, id: object.id },
    isSoftDeleted,
    appRoleAssignments: roles.map(({ role }) => role),
    mode,
    now: deps.clock(),
    newGuid: deps.newId,
    random: deps.random,
    account,
  };
}

function common(desired: DesiredObject, object: SourceObject, warnings: readonly string[]) {
  const text = (name: string): string | null => {
    const value = desired.values.get(name)?.value;
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    desired,
    matchers: desired.matching,
    externalId: text('external_id') ?? object.id,
    name: text('name') ?? '',
    email: text('email'),
    warnings,
  };
}

function checked(desired: DesiredObject): readonly string[] {
  const fatal = desired.issues.filter((issue) => issue.isFatal);
  const [first] = fatal;
  if (first) throw new MappingError(first.attribute, fatal.map((issue) => issue.message).join('. '));
  return desired.issues.map((issue) => issue.message);
}

function roleOf(desired: DesiredObject, account: TargetDescription): TargetRole | null {
  const text = (name: string): string | null => {
    const value = desired.values.get(name)?.value;
    return value === undefined || value === null || value === '' ? null : String(value);
  };
  const role = text('role');
  const customRole = text('custom_role_id');
  const resolved = resolveRole(role, customRole, account.customRoles);
  if (resolved.kind === 'role') return resolved.role;
  if (resolved.kind === 'unmapped') return null;
  throw new UnknownRoleError(
    resolved.available,
    `The role "${resolved.wanted}" names no role in Zendesk. There are: ${resolved.available.join(', ')}.`,
  );
}

/**
 * DEFAULT_ACCESS=EndUser is the source's word for whoever is assigned by Default Access alone: without it somebody who lost the
 * role of an agent would keep the seat. Null where roles are not mapped: then they are nobody's business but Zendesk's.
 */
function roleOfDefaultAccess({ schema, settings }: EngineDeps, user: SourceObject, decision: ScopeDecision): TargetRole | null {
  if (decision.kind !== 'in' || decision.roles.length > 0 || settings.defaultAccess !== 'EndUser') return null;
  const isMapped = schema.users.mappings.some(({ target, source }) => target.name === 'role' && source.kind !== 'none');
  const hasDefaultAccess = user.entitlements.some(({ appRoleId }) => appRoleId === DEFAULT_ACCESS_ROLE_ID);
  return isMapped && hasDefaultAccess ? DEFAULT_ROLE : null;
}

function booleanOf(desired: DesiredObject, name: string): boolean | null {
  const value = desired.values.get(name)?.value;
  return typeof value === 'boolean'
    ? value
    : value === 'True' || value === 'true'
      ? true
      : value === undefined || value === null
        ? null
        : false;
}
