import type { AppRole, AppRoleAssignment, SourceId, SourceObject } from '../../core/model';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { EngineDeps } from '../deps';
import { HeldAssignments } from './held-assignments';
import { readApplication } from './read-application';
import { filterGroups } from './schema-needs';

/** What is read once for any number of objects that are imported directly: the application and everything assigned to it. */
export interface ImportSession {
  readonly deps: EngineDeps;
  readonly appRoles: readonly AppRole[];
  /** As listed; those that only the connector space knows are added as they are found to stand. */
  readonly assignments: HeldAssignments;
  /** Stored assignments that the list lacked: nothing is forgotten before a direct read has proved it. */
  readonly missing: HeldAssignments;
  /** The groups that entitle somebody or that filters ask about; memberships of others are of no interest. */
  readonly wantedGroups: ReadonlySet<SourceId>;
  /** Groups above groups as read in this session. */
  readonly parents: Map<SourceId, Promise<readonly SourceId[]>>;
  /** Assigned groups as they are in this session, their rows brought up to date: many objects share them. */
  readonly groups: Map<SourceId, Promise<SourceObject>>;
}

/** Reads the application and its assignments. @throws whatever the source throws; nothing is imported from half a list */
export async function openImport(deps: EngineDeps): Promise<ImportSession> {
  const application = await readApplication(deps);
  const missing = new HeldAssignments();
  for await (const page of deps.space.listAssignments()) for (const one of page) missing.put(one);
  const assignments = new HeldAssignments();
  for await (const page of deps.source.listAssignments()) {
    for (const one of page) {
      missing.remove(one.id);
      assignments.put(one);
    }
  }
  return {
    deps,
    appRoles: application.appRoles,
    assignments,
    missing,
    wantedGroups: new Set([...assignments.principals('Group'), ...missing.principals('Group'), ...filterGroups(deps.schema)]),
    parents: new Map(),
    groups: new Map(),
  };
}

/** So many of the stored assignments that a list lacks are asked for directly. */
const ASKED = 8;

/**
 * Whether the list of assignments lacks some that exist, or that nobody can read: then it proves nothing about those that it need not have had before
 * either. Reads a few of them directly; where all that is lacking has ended, as it mostly has, that is all.
 */
export async function isListDoubted({ deps, missing }: ImportSession): Promise<boolean> {
  const asked: AppRoleAssignment[] = [];
  for (const one of missing.unseen()) {
    if (asked.length >= ASKED) break;
    asked.push(one);
  }
  const doubts = await concurrently(asked, SOURCE_CONCURRENCY, async (one) => {
    const read = await deps.source.readAssignmentsOf({ id: one.principalId, type: one.principalType, missing: [one] });
    return read.kind === 'unknown' || read.assignments.some(({ id }) => id === one.id);
  });
  return doubts.includes(true);
}
