import type { AppRole, AppRoleAssignment, SourceId } from '../../core/model';
import type { EngineDeps } from '../deps';
import { readApplication } from './read-application';
import { filterGroups } from './schema-needs';

/** What is read once for any number of objects that are imported directly: the application and everything assigned to it. */
export interface ImportSession {
  readonly deps: EngineDeps;
  readonly appRoles: readonly AppRole[];
  /** By principal, as listed; those that only the connector space knows are added as they are found to stand. */
  readonly assignments: Map<SourceId, readonly AppRoleAssignment[]>;
  /** Stored assignments that the list lacked, by principal: nothing is forgotten before a direct read has proved it. */
  readonly missing: Map<SourceId, readonly AppRoleAssignment[]>;
  /** The groups that entitle somebody or that filters ask about; memberships of others are of no interest. */
  readonly wantedGroups: ReadonlySet<SourceId>;
  /** Groups above groups as read in this session. */
  readonly parents: Map<SourceId, Promise<readonly SourceId[]>>;
  /** Assigned groups whose rows were brought up to date in this session: many objects share them. */
  readonly groups: Map<SourceId, Promise<unknown>>;
}

/** Reads the application and its assignments. @throws whatever the source throws; nothing is imported from half a list */
export async function openImport(deps: EngineDeps): Promise<ImportSession> {
  const application = await readApplication(deps);
  const missing = new Map<string, AppRoleAssignment>();
  for await (const page of deps.space.listAssignments()) for (const one of page) missing.set(one.id, one);
  const assignments = new Map<SourceId, readonly AppRoleAssignment[]>();
  for await (const page of deps.source.listAssignments()) {
    for (const one of page) {
      missing.delete(one.id);
      addTo(assignments, one);
    }
  }
  const missingByPrincipal = new Map<SourceId, readonly AppRoleAssignment[]>();
  for (const one of missing.values()) addTo(missingByPrincipal, one);
  const groups = [...assignments, ...missingByPrincipal].filter(([, [first]]) => first?.principalType === 'Group');
  return {
    deps,
    appRoles: application.appRoles,
    assignments,
    missing: missingByPrincipal,
    wantedGroups: new Set([...groups.map(([id]) => id), ...filterGroups(deps.schema)]),
    parents: new Map(),
    groups: new Map(),
  };
}

/** Puts an assignment to the others of its principal. */
export function addTo(into: Map<SourceId, readonly AppRoleAssignment[]>, one: AppRoleAssignment): void {
  into.set(one.principalId, [...(into.get(one.principalId) ?? []), one]);
}
