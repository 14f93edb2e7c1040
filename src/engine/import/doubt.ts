import type { RemovalKind } from '../../core/brake';
import { hasMixedRules } from '../../core/cycle-state';
import { NotFoundError } from '../../core/errors';
import type { AppRoleAssignment, Entitlement, SourceId, SourceObject } from '../../core/model';
import type { AssignmentsRead } from '../../ports/source-connector';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import type { Due } from '../decide/due';
import type { Loss } from '../decide/loss';
import type { CycleContext } from './cycle-context';
import { type MembershipReads, refreshGroupsAbove } from './import-one-members';
import { lookAtApplication, roleLines } from './read-application';

/** Tells why an object is not to lose this in this cycle; undefined where nothing speaks against it. */
export type Doubt = (due: Due, loss: Loss, formerly: readonly Entitlement[]) => Promise<string | undefined>;

/** Whether somebody is to lose something because an assignment is not there; a list that is not believed proves nothing of that kind. */
export const isForWantOfAssignment = ({ decision }: Due, { kind }: Loss): boolean =>
  decision.kind === 'out' ? ['unassigned', 'defaultAccess', 'noRole'].includes(decision.cause) : kind === 'agentDowngrade';

/** Whether rules take part in what an object is to lose: nothing that Entra ID says of the object alone asks for it. */
const isByRules = ({ decision }: Due): boolean =>
  decision.kind !== 'out' || !['hardDeleted', 'softDeleted', 'disabled', 'notSecurityEnabled'].includes(decision.cause);

/**
 * Rules that have changed since the cycle was begun meet what was read before them: whom a new scoping filter leaves out may have got another
 * department in between. So nobody loses anything by them, and the next cycle reads anew.
 * Roles and assignments are read one after the other: were a role enabled and people moved to it in between, they would have a role that
 * counts as disabled. So whoever is first to lose something for want of an assignment has the roles read once more. And a list of members
 * may lack one who has just joined, or still have one who has left, and the list of assignments one that was made since, of a person or a group:
 * who leaves is asked directly, as far as the brake, which does not count those in doubt, would let them all go; releases ask anew in any case.
 * And whoever is first has the assignments listed once more: of a group that they come into and that nobody has followed before, nothing else tells.
 */
export function doubtOf(context: CycleContext): Doubt {
  const { deps, application, cycle, groups } = context;
  let changed: Promise<boolean> | undefined;
  const undoubted = new Map<RemovalKind, number>();
  const parents: MembershipReads['parents'] = new Map();
  const reads: AssignmentReads = new Map();
  let since: Promise<readonly SourceId[]> | undefined;
  const ask = async ({ object, decision, above }: Due, formerly: readonly Entitlement[]): Promise<string | undefined> => {
    const key: ObjectKey = { type: object.type, id: object.id };
    const granting =
      key.type === 'user' ? [...above.map(({ groupId }) => groupId), ...formerly.flatMap(({ path }) => path.at(-1) ?? [])] : [];
    const assigned = await assignedNow(context, key, granting, reads);
    if (assigned) return assigned;
    if (key.type !== 'user') return undefined;
    since ??= assignedSince(context);
    const wantedGroups = new Set([...(await groups.ids()), ...(await since)]);
    const listed = await refreshGroupsAbove({ deps, wantedGroups, parents }, key).catch(ifGone);
    // Not by what was stored: the groups of groups are remembered for a whole cycle, and who was asked about before may have brought a new one.
    const known = new Set(above.map(({ groupId }) => groupId));
    if (listed.some((groupId) => !known.has(groupId))) return 'Entra ID did not list a group membership that exists.';
    if (decision.kind !== 'in') return undefined;
    if (await hasEndedAssignment(context, object))
      return 'An assignment that gives the role has ended, or could not be read directly.';
    return (await hasEndedPath(context, object)) ? 'A group membership that gives the role has ended.' : undefined;
  };
  return async (due, loss, formerly) => {
    if (hasMixedRules(cycle()) && isByRules(due))
      return 'The mappings, the settings or the app roles have changed since this cycle began to read.';
    if (!isForWantOfAssignment(due, loss)) return undefined;
    const { kind, count } = loss;
    if (cycle().isListDoubted)
      return 'Entra ID returned a list of assignments that lacks some which exist, so it proves nothing.';
    changed ??= lookAtApplication(deps).then((now) => String(roleLines(now)) !== String(roleLines(application)));
    if (await changed) return 'The app roles have changed since this cycle read them.';
    if ((undoubted.get(kind) ?? 0) > deps.settings.deletionThreshold) return undefined;
    const reason = await ask(due, formerly);
    if (reason === undefined) undoubted.set(kind, (undoubted.get(kind) ?? 0) + count);
    return reason;
  };
}

/**
 * Whether a membership through which somebody in scope is entitled is proved gone. A lower role that is left over from it was never what the source
 * said: whoever loses a role and a group together would first lose the seat, and access only with the next reading.
 */
async function hasEndedPath({ deps }: CycleContext, { id, entitlements }: SourceObject): Promise<boolean> {
  const edges = entitlements.flatMap(({ path }) => path.map((groupId, at) => ({ groupId, memberId: path[at - 1] ?? id })));
  const once = new Map(edges.map((edge) => [`${edge.groupId} ${edge.memberId}`, edge]));
  const proofs = await concurrently([...once.values()], SOURCE_CONCURRENCY, (edge) =>
    deps.source.proveMembershipGone(edge.groupId, edge.memberId),
  );
  return proofs.some(({ kind }) => kind === 'absent');
}

/** The same of the assignments by which somebody in scope is entitled: of a group, it may have ended before the person joined. */
async function hasEndedAssignment({ deps, assignments }: CycleContext, { entitlements }: SourceObject): Promise<boolean> {
  const known = entitlements.flatMap(({ assignmentId }) => assignments.get(assignmentId) ?? []);
  const ended = await concurrently(known, STORAGE_CONCURRENCY, async (one) => {
    const read = await deps.source.readAssignmentsOf({ id: one.principalId, type: one.principalType, missing: [one] });
    return read.kind === 'unknown' || !read.assignments.some(({ id }) => id === one.id);
  });
  return ended.includes(true);
}

/** Groups that have been assigned since this cycle listed the assignments, as another list shows them: it need not have followed them ever before. */
async function assignedSince({ deps, assignments, hold }: CycleContext): Promise<readonly SourceId[]> {
  const groups: SourceId[] = [];
  for await (const page of deps.source.listAssignments()) {
    await hold();
    for (const { id, principalId, principalType } of page)
      if (principalType === 'Group' && assignments.get(id)?.principalId !== principalId) groups.push(principalId);
  }
  return groups;
}

/** What direct reads have said of groups: once for all who are in them. */
type AssignmentReads = Map<SourceId, Promise<AssignmentsRead>>;

/** Tells that an object, or a group that it is in or was entitled by, has an assignment that this cycle does not know, or may have; undefined otherwise. */
async function assignedNow(
  { deps, assignments }: CycleContext,
  { type, id }: ObjectKey,
  groups: readonly SourceId[],
  reads: AssignmentReads,
): Promise<string | undefined> {
  const read = (principal: SourceId, of: 'User' | 'Group') =>
    deps.source.readAssignmentsOf({ id: principal, type: of, missing: [] });
  const readGroup = (groupId: SourceId): Promise<AssignmentsRead> => {
    const known = reads.get(groupId) ?? read(groupId, 'Group');
    reads.set(groupId, known);
    return known;
  };
  const own = type === 'user' ? await read(id, 'User') : await readGroup(id);
  const found = [own, ...(await concurrently([...new Set(groups)], STORAGE_CONCURRENCY, readGroup))];
  if (found.some(({ kind }) => kind === 'unknown')) return 'The assignments could not be read directly.';
  const isNew = (one: AppRoleAssignment): boolean => assignments.get(one.id)?.principalId !== one.principalId;
  const rows = found.flatMap((one) => (one.kind === 'known' ? one.assignments : []));
  return rows.some(isNew) ? 'Entra ID did not list an assignment that exists.' : undefined;
}

/** Who is not there is in no group. */
function ifGone(error: unknown): readonly SourceId[] {
  if (error instanceof NotFoundError) return [];
  throw error;
}
