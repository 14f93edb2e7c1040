import type { AppRoleAssignment, SourceId } from '../../core/model';
import type { ObjectKey } from '../../ports/stores';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { CycleContext } from '../cycle-context';
import { usersBelow } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import { addTo } from './import-session';

/**
 * Reads every assignment and merges the list into the connector space; whoever is touched by a difference waits to be
 * evaluated. An assignment that the list lacks is forgotten only after direct reads about its principal have proved it gone, and only
 * where no other row that the list lacks was proved to be there: a list caught lying is not believed for any removal. Safe to repeat
 * from the start at any point.
 */
export async function importAssignments(context: CycleContext): Promise<void> {
  const { deps, assignments } = context;
  const missing = await storedById(deps);
  const everything = context.cycle().kind === 'initial';
  let listed = 0;

  for await (const page of deps.source.listAssignments()) {
    listed += page.length;
    const changed = page.filter((assignment) => everything || !isSame(missing.get(assignment.id), assignment));
    for (const assignment of page) {
      missing.delete(assignment.id);
      addTo(assignments, assignment);
    }
    await markPrincipals(deps, changed);
    await markStrangers(deps, changed);
    await deps.space.putAssignments(changed);
    await context.save({});
  }

  const { removed, found, isBelieved } = await lookAtMissing(context, [...missing.values()]);
  const gone = new Set(removed.map(({ id }) => id));
  for (const assignment of missing.values()) if (!gone.has(assignment.id)) addTo(assignments, assignment);
  const news = found.filter((assignment) => !isRemembered(assignments, assignment));
  for (const assignment of news) addTo(assignments, assignment);
  await markPrincipals(deps, [...news, ...removed]);
  await deps.space.putAssignments(news);
  await deps.space.removeAssignments(removed);
  const kept = missing.size - removed.length;
  if (kept > 0) {
    deps.logger.warn('Assignments were missing from the list but are not proved gone; nothing is changed for them', {
      cycleId: context.cycle().cycleId,
      listed,
      kept,
      isListBelieved: isBelieved,
    });
  }
  await context.save({
    phase: 'groups',
    unknowns: context.cycle().unknowns + kept,
  });
}

/** Loads the stored assignments into the context: for a cycle that goes on after this phase. */
export async function loadAssignments(context: CycleContext): Promise<void> {
  for await (const page of context.deps.space.listAssignments()) {
    for (const assignment of page) addTo(context.assignments, assignment);
  }
}

async function storedById(deps: EngineDeps): Promise<Map<string, AppRoleAssignment>> {
  const stored = new Map<string, AppRoleAssignment>();
  for await (const page of deps.space.listAssignments()) for (const assignment of page) stored.set(assignment.id, assignment);
  return stored;
}

const isSame = (stored: AppRoleAssignment | undefined, listed: AppRoleAssignment): boolean =>
  stored !== undefined && stored.appRoleId === listed.appRoleId && stored.principalId === listed.principalId;

const isRemembered = (assignments: CycleContext['assignments'], { id, principalId }: AppRoleAssignment): boolean =>
  (assignments.get(principalId) ?? []).some((known) => known.id === id);

/** What direct reads say of the assignments that the list lacked. */
interface Missing {
  /** Those proved gone: empty where the list is not to be believed. */
  readonly removed: readonly AppRoleAssignment[];
  /** Other assignments of the same principals that the reads came upon. */
  readonly found: readonly AppRoleAssignment[];
  readonly isBelieved: boolean;
}

/** Asks about each principal of whom something is missing. One missing row that is there makes the list unfit for any removal. */
async function lookAtMissing(context: CycleContext, missing: readonly AppRoleAssignment[]): Promise<Missing> {
  const byPrincipal = new Map<SourceId, readonly AppRoleAssignment[]>();
  for (const one of missing) addTo(byPrincipal, one);
  const reads = await concurrently([...byPrincipal], SOURCE_CONCURRENCY, async ([id, rows]) => {
    const read = await context.deps.source.readAssignmentsOf({ id, type: rows[0]?.principalType ?? 'User', missing: rows });
    if (read.kind === 'unknown') return { gone: [], found: [], isRefuted: false };
    const now = new Set(read.assignments.map((one) => one.id));
    return {
      gone: rows.filter((row) => !now.has(row.id)),
      found: read.assignments,
      isRefuted: rows.some((row) => now.has(row.id)),
    };
  });
  const isBelieved = !reads.some(({ isRefuted }) => isRefuted);
  return {
    removed: isBelieved ? reads.flatMap(({ gone }) => gone) : [],
    found: reads.flatMap(({ found }) => found),
    isBelieved,
  };
}

/** Marks the principals of assignments, and for groups everybody below, before the difference itself is stored. */
async function markPrincipals(deps: EngineDeps, assignments: readonly AppRoleAssignment[]): Promise<void> {
  const principals: ObjectKey[] = assignments.flatMap(({ principalId, principalType }): ObjectKey[] => {
    if (principalType === 'User') return [{ type: 'user', id: principalId }];
    return principalType === 'Group' ? [{ type: 'group', id: principalId }] : [];
  });
  await deps.space.markDirty(principals);
  for (const { type, id } of principals) if (type === 'group') await markUsersBelow(deps, id);
}

/** Marks service principals that are assigned, so that the log says why they are skipped; nobody needs to hear that one has left. */
async function markStrangers(deps: EngineDeps, assignments: readonly AppRoleAssignment[]): Promise<void> {
  const strangers = assignments.filter(({ principalType }) => principalType === 'ServicePrincipal');
  await deps.space.markDirty(strangers.map(({ principalId }) => ({ type: 'user', id: principalId })));
}

/** Marks every user below a group as waiting to be evaluated. */
export async function markUsersBelow(deps: EngineDeps, groupId: SourceId): Promise<void> {
  for await (const users of usersBelow(deps.space, deps.settings.groupMembership, groupId)) {
    await deps.space.markDirty(users.map((id) => ({ type: 'user', id })));
  }
}
