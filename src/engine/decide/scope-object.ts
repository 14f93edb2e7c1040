import { evaluateFilter } from '../../core/filter';
import { sourceView } from '../../core/map/source-view';
import type { AppRole, AppRoleAssignment, Entitlement, SourceId, SourceObject } from '../../core/model';
import type { ObjectMapping } from '../../core/schema/model';
import { type FilterVerdict, groupScope, type ScopeDecision, userScope } from '../../core/scope';
import type { ObjectKey } from '../../ports/stored';
import type { EngineDeps, EngineReads } from '../deps';
import type { Ancestor, Ancestry } from './ancestry';

/** What scoping needs to know besides the object itself. */
export interface ScopeContext {
  readonly deps: EngineDeps;
  readonly appRoles: readonly AppRole[];
  readonly ancestry: Ancestry;
  assignmentsOf(principalId: SourceId): readonly AppRoleAssignment[];
}

/**
 * Every way in which an object is entitled now: by its own assignments and by those of the groups above it.
 * @param formerly how it was entitled until now; of a group that nobody could read yet, that is what stays
 */
export async function entitlementsOf(
  context: ScopeContext,
  key: ObjectKey,
  formerly: readonly Entitlement[],
): Promise<readonly Entitlement[]> {
  const own = toEntitlements(context.assignmentsOf(key.id), []);
  if (key.type === 'group') return own;
  const known = new Set(formerly.map(({ assignmentId }) => assignmentId));
  const inherited = await Promise.all(
    (await context.ancestry.above(key.id)).map(async ({ groupId, path }) => {
      const assignments = context.assignmentsOf(groupId);
      if (assignments.length === 0) return [];
      const group = await context.ancestry.group(groupId);
      if (group && !grantsAccess(group)) return [];
      return toEntitlements(group ? assignments : assignments.filter(({ id }) => known.has(id)), path);
    }),
  );
  return [...own, ...inherited.flat()].sort((a, b) => a.assignmentId.localeCompare(b.assignmentId));
}

/** Assigned groups count only while they exist and are security-enabled. @see https://learn.microsoft.com/entra/identity/app-provisioning/how-provisioning-works */
export const grantsAccess = (group: SourceObject): boolean =>
  group.deleted === 'no' && group.attributes['securityEnabled'] !== false;

const toEntitlements = (assignments: readonly AppRoleAssignment[], path: readonly SourceId[]): Entitlement[] =>
  assignments.map(({ id, appRoleId }) => ({ assignmentId: id, appRoleId, path }));

/** Decides on a whole object with the settings, the app roles and the scoping filter in force. */
export function decideScope(
  deps: Pick<EngineReads, 'settings' | 'schema'>,
  appRoles: readonly AppRole[],
  object: SourceObject,
  above: readonly Ancestor[],
): ScopeDecision {
  const rules = { scope: deps.settings.scope, defaultAccess: deps.settings.defaultAccess, appRoles };
  if (object.type === 'user') return userScope(object, rules, filterOf(deps.schema.users, object, above));
  if (!deps.schema.groups) {
    return { kind: 'out', cause: 'filter', skipReason: 'ActionDisabled', reason: 'The group mapping is switched off.' };
  }
  return groupScope(object, rules, filterOf(deps.schema.groups, object, above));
}

function filterOf(mapping: ObjectMapping, object: SourceObject, above: readonly Ancestor[]): (() => FilterVerdict) | undefined {
  const filter = mapping.scope;
  if (!filter) return undefined;
  return () => {
    const groups = new Set<string>(above.map((ancestor) => ancestor.groupId));
    const { inScope, clauses } = evaluateFilter(filter, {
      attribute: sourceView({
        type: object.type,
        attributes: { ...object.attributes, id: object.id },
        isSoftDeleted: object.deleted !== 'no',
        appRoleAssignments: [],
      }),
      isMemberOf: (groupId) => groups.has(groupId),
    });
    const decisive = clauses.filter((clause) => clause.result === inScope);
    return { inScope, reason: decisive.map((clause) => clause.reason).join('; ') };
  };
}
