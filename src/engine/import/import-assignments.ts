import type { AppRoleAssignment, SourceId } from '../../core/model';
import type { ObjectKey } from '../../ports/stores';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import type { CycleContext } from '../cycle-context';
import { usersBelow } from '../decide/ancestry';
import type { EngineDeps } from '../deps';

/**
 * Reads every assignment and merges the list into the connector space; whoever is touched by a difference waits to be
 * evaluated. An assignment that the list lacks is forgotten only after a direct read has proved it gone: an empty or truncated
 * list changes nothing. Safe to repeat from the start at any point.
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
      remember(assignments, assignment);
    }
    await markPrincipals(deps, changed);
    await markStrangers(deps, changed);
    await deps.space.putAssignments(changed);
    await context.save({});
  }

  const gone = await provedGone(context, [...missing.values()]);
  for (const assignment of missing.values()) if (!gone.has(assignment.id)) remember(assignments, assignment);
  const removed = [...missing.values()].filter((assignment) => gone.has(assignment.id));
  await markPrincipals(deps, removed);
  await deps.space.removeAssignments(removed);
  const kept = missing.size - removed.length;
  if (kept > 0) {
    deps.logger.warn('Assignments were missing from the list but are not proved gone; nothing is changed for them', {
      cycleId: context.cycle().cycleId,
      listed,
      kept,
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
    for (const assignment of page) remember(context.assignments, assignment);
  }
}

async function storedById(deps: EngineDeps): Promise<Map<string, AppRoleAssignment>> {
  const stored = new Map<string, AppRoleAssignment>();
  for await (const page of deps.space.listAssignments()) for (const assignment of page) stored.set(assignment.id, assignment);
  return stored;
}

function remember(assignments: CycleContext['assignments'], assignment: AppRoleAssignment): void {
  const { principalId } = assignment;
  assignments.set(principalId, [...(assignments.get(principalId) ?? []), assignment]);
}

const isSame = (stored: AppRoleAssignment | undefined, listed: AppRoleAssignment): boolean =>
  stored !== undefined && stored.appRoleId === listed.appRoleId && stored.principalId === listed.principalId;

async function provedGone(context: CycleContext, missing: readonly AppRoleAssignment[]): Promise<ReadonlySet<string>> {
  const proofs = await concurrently(missing, SOURCE_CONCURRENCY, async (assignment) => ({
    id: assignment.id,
    proof: await context.deps.source.proveAssignmentGone(assignment.id),
  }));
  return new Set(proofs.filter(({ proof }) => proof.kind === 'absent').map(({ id }) => id));
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
