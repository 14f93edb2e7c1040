import { type AppRole, DEFAULT_ACCESS_ROLE_ID, type Entitlement, type SourceObject } from './model';

/** Codes of a skip, in Entra's words where it has one. */
export const SKIP_REASONS = [
  'RedundantExport',
  'NotEffectivelyEntitled',
  'NotInScope',
  'NotSecurityEnabled',
  'UnsupportedPrincipal',
  'Protected',
  'ActionDisabled',
  'AwaitingCycle',
  'AwaitingSeat',
  'Unknown',
  'HeldByOperator',
  'NotRestorable',
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

/** Why an object is not to exist in Zendesk, in a form that decides what happens to an account it already has. */
export type OutCause =
  | 'unassigned'
  | 'defaultAccess'
  | 'noRole'
  | 'disabled'
  | 'softDeleted'
  | 'hardDeleted'
  | 'filter'
  | 'notSecurityEnabled';

/** An app role by which an object is entitled, and how. */
export interface GrantedRole {
  readonly role: AppRole;
  readonly entitlement: Entitlement;
}

/** Whether an object is to exist in Zendesk, with the reason. `unknown` changes nothing and deprovisions nobody. */
export type ScopeDecision =
  | { readonly kind: 'in'; readonly roles: readonly GrantedRole[]; readonly reason: string }
  | { readonly kind: 'out'; readonly cause: OutCause; readonly skipReason: SkipReason; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a scoping filter said of an object. */
export interface FilterVerdict {
  readonly inScope: boolean | 'unknown';
  /** The clause that decided, in plain words. */
  readonly reason: string;
}

/** The settings that scoping depends on. */
export interface ScopeRules {
  readonly scope: 'AssignedOnly' | 'All';
  readonly defaultAccess: 'Skip' | 'EndUser';
  readonly appRoles: readonly AppRole[];
}

/**
 * Decides whether a user is to have an account. Pure; never throws.
 *
 *   deleted │ enabled │ entitled by             │ filter  │ decision
 *   hard    │ –       │ –                       │ –       │ out hardDeleted
 *   soft    │ –       │ –                       │ –       │ out softDeleted
 *   no      │ unknown │ –                       │ –       │ unknown
 *   no      │ no      │ –                       │ –       │ out disabled
 *   no      │ yes     │ a role not listed       │ –       │ unknown
 *   no      │ yes     │ nothing                 │ –       │ out unassigned    (in with scope All)
 *   no      │ yes     │ Default Access only     │ –       │ out defaultAccess (in with DEFAULT_ACCESS=EndUser)
 *   no      │ yes     │ disabled roles only     │ –       │ out noRole
 *   no      │ yes     │ a role                  │ unknown │ unknown
 *   no      │ yes     │ a role                  │ fails   │ out filter
 *   no      │ yes     │ a role                  │ passes  │ in
 *
 * @param filter Evaluates the scoping filter; called only where it matters. Undefined means no filter.
 */
export function userScope(user: SourceObject, rules: ScopeRules, filter?: () => FilterVerdict): ScopeDecision {
  const gone = deletedDecision(user);
  if (gone) return gone;
  const enabled = user.attributes['accountEnabled'];
  if (typeof enabled !== 'boolean') {
    return { kind: 'unknown', reason: 'Entra ID did not say whether the account is enabled; nothing is changed on a guess.' };
  }
  if (!enabled)
    return out('disabled', 'NotEffectivelyEntitled', 'The account is disabled in Entra ID (accountEnabled is false).');
  return entitledDecision(user, rules, filter);
}

/** Decides whether a group is to exist in Zendesk. As {@link userScope}, with `securityEnabled` in the place of `accountEnabled`. */
export function groupScope(group: SourceObject, rules: ScopeRules, filter?: () => FilterVerdict): ScopeDecision {
  const gone = deletedDecision(group);
  if (gone) return gone;
  const direct = group.entitlements.filter((entitlement) => entitlement.path.length === 0);
  if (direct.length > 0 && group.attributes['securityEnabled'] === false) {
    return out('notSecurityEnabled', 'NotSecurityEnabled', 'The group is assigned but not security-enabled in Entra ID.');
  }
  const chosenByFilter = rules.scope === 'All' && filter !== undefined;
  return entitledDecision(
    { ...group, entitlements: direct },
    { ...rules, scope: chosenByFilter ? 'All' : 'AssignedOnly' },
    filter,
  );
}

/**
 * The enabled roles of an object, the one that counts first: direct before group, then the order in which the application lists its
 * roles, then nearer before farther. @see docs/mappings.md
 */
export function grantedRoles(entitlements: readonly Entitlement[], appRoles: readonly AppRole[]): readonly GrantedRole[] {
  const position = new Map(appRoles.map((role, index) => [role.id, index]));
  return entitlements
    .flatMap((entitlement) => {
      const role = appRoles[position.get(entitlement.appRoleId) ?? -1];
      return role?.isEnabled ? [{ role, entitlement }] : [];
    })
    .sort(
      (a, b) =>
        Math.min(a.entitlement.path.length, 1) - Math.min(b.entitlement.path.length, 1) ||
        (position.get(a.role.id) ?? 0) - (position.get(b.role.id) ?? 0) ||
        a.entitlement.path.length - b.entitlement.path.length ||
        a.entitlement.assignmentId.localeCompare(b.entitlement.assignmentId),
    );
}

function deletedDecision(object: SourceObject): ScopeDecision | undefined {
  if (object.deleted === 'hard') return out('hardDeleted', 'NotInScope', 'Permanently deleted in Entra ID.');
  if (object.deleted === 'soft') return out('softDeleted', 'NotInScope', 'Deleted in Entra ID (restorable for 30 days).');
  return undefined;
}

function entitledDecision(object: SourceObject, rules: ScopeRules, filter?: () => FilterVerdict): ScopeDecision {
  if (namesUnlistedRole(object.entitlements, rules.appRoles)) {
    const reason =
      'An assignment names an app role that the application did not list. A list that lacks a role proves nothing, so nothing is changed; if the role was deleted, remove the assignment.';
    return { kind: 'unknown', reason };
  }
  const roles = grantedRoles(object.entitlements, rules.appRoles);
  if (roles.length === 0 && rules.scope === 'AssignedOnly') {
    const refused = withoutRole(object.entitlements, rules);
    if (refused) return refused;
  }
  const verdict = filter?.();
  if (verdict?.inScope === 'unknown') return { kind: 'unknown', reason: verdict.reason };
  if (verdict?.inScope === false) return out('filter', 'NotInScope', `Fails the scoping filter: ${verdict.reason}`);
  return { kind: 'in', roles, reason: inReason(roles, object.entitlements, rules) };
}

/** Roles that assignments still name are unknown, not gone, as long as the application does not list them. */
const namesUnlistedRole = (entitlements: readonly Entitlement[], appRoles: readonly AppRole[]): boolean =>
  entitlements.some(({ appRoleId }) => appRoleId !== DEFAULT_ACCESS_ROLE_ID && !appRoles.some(({ id }) => id === appRoleId));

function withoutRole(entitlements: readonly Entitlement[], rules: ScopeRules): ScopeDecision | undefined {
  if (entitlements.length === 0) return out('unassigned', 'NotInScope', 'Not assigned to the application.');
  if (!entitlements.some((entitlement) => entitlement.appRoleId === DEFAULT_ACCESS_ROLE_ID)) {
    return out('noRole', 'NotEffectivelyEntitled', 'Assigned only by app roles that are disabled in the application.');
  }
  if (rules.defaultAccess === 'EndUser') return undefined;
  return out(
    'defaultAccess',
    'NotEffectivelyEntitled',
    'Assigned with Default Access only; choose an app role in the assignment.',
  );
}

function inReason(roles: readonly GrantedRole[], entitlements: readonly Entitlement[], rules: ScopeRules): string {
  const [first, ...others] = roles;
  if (!first) return entitlements.length > 0 ? 'Assigned with Default Access.' : `In scope because the scope is ${rules.scope}.`;
  const { path } = first.entitlement;
  const via = path.length === 0 ? 'directly' : `through group ${path.join(' in ')}`;
  const losers = [...new Set(others.map((other) => other.role.displayName))].filter((name) => name !== first.role.displayName);
  const passedOver = losers.length > 0 ? ` Passed over: ${losers.join(', ')}.` : '';
  return `Assigned ${via} with role ${first.role.displayName}.${passedOver}`;
}

const out = (cause: OutCause, skipReason: SkipReason, reason: string): ScopeDecision => ({
  kind: 'out',
  cause,
  skipReason,
  reason,
});
