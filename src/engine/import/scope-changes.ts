import type { RemovalKind } from '../../core/brake';
import { hasMixedRules } from '../../core/cycle-state';
import { NotFoundError } from '../../core/errors';
import type { AppRoleAssignment, Entitlement, Permission, SourceId, SourceObject, WorkItem } from '../../core/model';
import type { MarkedKey } from '../../ports/connector-space';
import type { AssignmentsRead } from '../../ports/source-connector';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { keyText, type ObjectKey } from '../../ports/stored';
import { LOST_AFTER_MS, releaseCycleId } from '../change-id';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import { type Due, dueFor } from '../decide/due';
import { endOutlived } from '../decide/held';
import { type Loss, lossOf } from '../decide/loss';
import { entitlementsOf, type ScopeContext } from '../decide/scope-object';
import { wantsSeat } from '../decide/seat-wish';
import { releasedFor, stageLoss } from '../decide/stage-loss';
import { skipStranger, strangerOf } from '../decide/unsupported-principals';
import { promiseSeats, tellOfSeats } from '../job/seat-ledger';
import { entryOf } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { Trace } from '../record/trace';
import { itemFor } from '../work-item';
import type { CycleContext } from './cycle-context';
import { type MembershipReads, refreshGroupsAbove } from './import-one-members';
import { noteManagers } from './managers';
import { holdsOf, readAhead } from './read-ahead';
import { lookAtApplication, roleLines } from './read-application';
import { newRow, told } from './source-row';

/**
 * Takes the objects that wait, decides on each, and puts it into the queue, except those that stand to lose something: they are
 * held as candidates until all are counted. Each object is counted once, however often this is cut off and continued.
 */
export async function scopeChanges(context: CycleContext): Promise<void> {
  const { deps } = context;
  const scoping = scopeContext(context);
  const doubt = doubtOf(context);
  let held: ReadonlyMap<string, StagedDeletion> | undefined;
  for (;;) {
    const state = context.cycle();
    if (state.phase !== 'scoping') return;
    const keys = await deps.space.listDirty(state.scopedAfter ?? undefined);
    const last = keys.at(-1);
    if (!last) break;
    held ??= await heldKeys(context);
    const before = held;
    const ahead = await readAhead(deps, keys, { links: true, groups: (await context.groups.ids()).size > 0 });
    const { space, links } = ahead;
    const holds = await holdsOf(deps.holds, keys, state.scopedAfter ?? undefined);
    const found = await concurrently(keys, STORAGE_CONCURRENCY, (key) =>
      scopeOne(context, askedOnce({ ...scoping, deps: { ...deps, space, links, holds } }, key, ahead.groupsOf(key.id)), {
        key,
        staged: before.get(keyText(key)),
        doubt,
      }),
    );
    await ahead.flush();
    const candidates = found.flatMap(({ candidate }) => candidate ?? []);
    const free = found.filter((one) => !one.candidate && !one.hasEnded);
    // An instance that slept through its lease would take a later cycle's candidates for its own, and their cycle would never end.
    if (candidates.length > 0) await context.fence();
    await deps.staged.put(candidates);
    await deps.staged.remove(free.filter((one) => !one.isReleased && before.has(keyText(one.key))).map((one) => one.key));
    // In the order of the marks, that is of the object ids, before any of them is let go: who is served is not left to chance.
    await promiseSeats(
      deps,
      free.flatMap((one) => (one.wantsSeat ? [one.key.id] : [])),
      state.cycleId,
    );
    await deps.queue.enqueue(free.flatMap(({ item, again }) => (again ? [item, again] : [item])));
    await context.save({ kind: 'scoped', last, count: keys.length });
    await clearScoped(context, keys, state.scopedAfter ?? undefined);
  }
  await tellOfSeats(deps, context.cycle().cycleId);
  await context.save({ kind: 'allScoped' });
}

/**
 * Takes the marks of a page off, now that all of it is in the queue or held and the place is kept. An object that was marked again since it was
 * listed keeps its mark: what changed meanwhile may not have been seen, and the next cycle looks.
 */
async function clearScoped(context: CycleContext, scoped: readonly MarkedKey[], before: ObjectKey | undefined): Promise<void> {
  await context.fence();
  const listed = new Map(scoped.map((key) => [keyText(key), key.mark]));
  const now = await context.deps.space.listDirty(before);
  await context.clearDirty(now.filter((key) => listed.get(keyText(key)) === key.mark));
}

interface Scoped {
  readonly key: ObjectKey;
  readonly item: WorkItem;
  readonly candidate: StagedDeletion | undefined;
  /** True where an operator has let go what the object loses: what is staged of it stays until that has happened. */
  readonly isReleased?: true;
  /** The item of the release, put into the queue once more where it seems to be lost. */
  readonly again?: WorkItem | undefined;
  /** True when nothing is left for a worker to do, and the log says so. */
  readonly hasEnded?: true;
  /** True where an agent seat is needed that is not held yet. */
  readonly wantsSeat?: true;
}

async function scopeOne(
  context: CycleContext,
  scoping: ScopeContext,
  { key, staged, doubt }: { readonly key: ObjectKey; readonly staged: StagedDeletion | undefined; readonly doubt: Doubt },
): Promise<Scoped> {
  const { deps } = context;
  const { cycleId } = context.cycle();
  const item = itemFor(cycleId, key);
  const stranger = strangerOf(scoping, key);
  if (stranger) {
    await deps.log.record(entryOf(deps, item, skipStranger(stranger), deps.clock()));
    return { key, item, candidate: undefined, hasEnded: true };
  }
  const { object, formerly } = await refreshed(scoping, key);
  if (key.type === 'group') await followMet(context, key.id);
  const due = object && (await dueFor(scoping.deps, scoping, object));
  if (due?.held.kind === 'ended') await endOutlived(deps, due.held.stored);
  const loss = due && (await lossOf(deps, due));
  // In an initial cycle nearly everybody is linked and few have changed.
  const isChange = key.type === 'user' && due?.link && context.cycle().kind === 'incremental';
  const told = isChange ? { ...item, isChange: true as const } : item;
  if (!loss) return { key, item: told, candidate: undefined, ...(due && (await wantsSeat(deps, due)) && { wantsSeat: true }) };
  const released = releasedFor(staged, loss);
  if (staged && released)
    return { key, item, candidate: undefined, isReleased: true, again: lostRelease(context, staged, released) };
  const candidate = await stageLoss(deps, due, loss, cycleId, staged, formerly);
  const reason = await doubt(due, loss, formerly);
  if (reason === undefined) return { key, item, candidate };
  await deps.log.record(entryOf(deps, item, doubted(due, reason), deps.clock()));
  return { key, item, candidate: { ...candidate, cycleId: DOUBTED }, hasEnded: true };
}

/**
 * Has the next cycle read a group that was met on demand, or came back that way with the one it is in, with those above it: if it is deleted before
 * the group that it is in is read, no edge leads to it any more.
 */
async function followMet({ deps, groups, ancestry }: CycleContext, id: SourceId): Promise<void> {
  if (deps.settings.groupMembership === 'Direct' || (await groups.ids()).has(id)) return;
  const above = await ancestry.above(id);
  if (above.length > 0) await groups.follow([id, ...above.map(({ groupId }) => groupId)]);
}

/** The item under which an operator's release is carried out, if it should have ended long ago. It may be repeated. */
function lostRelease({ deps }: CycleContext, staged: StagedDeletion, allows: Permission): WorkItem | undefined {
  if (deps.clock().getTime() - Date.parse(staged.stagedAt) < LOST_AFTER_MS) return undefined;
  return itemFor(releaseCycleId(staged.heldIn ?? staged.cycleId), staged.key, allows);
}

/** Stands for no cycle: what is staged under it is left to the next one, which has a list of its own. */
const DOUBTED = 'list-doubted';

/** Whether somebody is to lose something because an assignment is not there; a list that is not believed proves nothing of that kind. */
export const isForWantOfAssignment = ({ decision }: Due, { kind }: Loss): boolean =>
  decision.kind === 'out' ? ['unassigned', 'defaultAccess', 'noRole'].includes(decision.cause) : kind === 'agentDowngrade';

/** Whether rules take part in what an object is to lose: nothing that Entra ID says of the object alone asks for it. */
const isByRules = ({ decision }: Due): boolean =>
  decision.kind !== 'out' || !['hardDeleted', 'softDeleted', 'disabled', 'notSecurityEnabled'].includes(decision.cause);

/** How the item of somebody ends whose assignments are in doubt: nothing is changed, and the next cycle looks again. */
function doubted({ object, decision, link }: Due, cause: string): Extract<Outcome, { kind: 'skipped' }> {
  const reason = `${cause} Nothing is changed; the next cycle looks again.`;
  const trace = new Trace();
  trace.step('scoping', reason, { decision: 'unknown' }, 'warning');
  const subject = { source: object, targetId: link?.targetId, targetName: undefined, scope: decision, steps: trace.steps };
  return { kind: 'skipped', subject, skipReason: 'Unknown', reason };
}

/** Tells why an object is not to lose this in this cycle; undefined where nothing speaks against it. */
type Doubt = (due: Due, loss: Loss, formerly: readonly Entitlement[]) => Promise<string | undefined>;

/**
 * Rules that have changed since the cycle was begun meet what was read before them: whom a new scoping filter leaves out may have got another
 * department in between. So nobody loses anything by them, and the next cycle reads anew.
 * Roles and assignments are read one after the other: were a role enabled and people moved to it in between, they would have a role that
 * counts as disabled. So whoever is first to lose something for want of an assignment has the roles read once more. And a list of members
 * may lack one who has just joined, or still have one who has left, and the list of assignments one that was made since, of a person or a group:
 * who leaves is asked directly, as far as the brake, which does not count those in doubt, would let them all go; releases ask anew in any case.
 * And whoever is first has the assignments listed once more: of a group that they come into and that nobody has followed before, nothing else tells.
 */
function doubtOf(context: CycleContext): Doubt {
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

/**
 * Brings the row's entitlements up to date outside a cycle, reading a user who is new to the connector space directly. Marks before it writes: an
 * assignment that no cycle has listed yet may be gone by the next one, which then finds nothing different.
 */
export const refreshRow = async (scoping: ScopeContext, key: ObjectKey): Promise<SourceObject | undefined> =>
  (await refreshed(scoping, key, () => scoping.deps.space.markDirty([key]))).object;

/** The row as it is now, with what entitled the object until now. @param beforeWrite where something is different */
async function refreshed(
  scoping: ScopeContext,
  key: ObjectKey,
  beforeWrite?: () => Promise<void>,
): Promise<{ readonly object: SourceObject | undefined; readonly formerly: readonly Entitlement[] }> {
  const { space } = scoping.deps;
  const stored = await space.readObject(key);
  const before = stored?.value ?? (key.type === 'user' ? await readNewUser(scoping, key) : undefined);
  if (!before) return { object: undefined, formerly: [] };
  const formerly = before.entitlements;
  const entitlements = await entitlementsOf(scoping, key, formerly);
  const isSame = JSON.stringify(entitlements) === JSON.stringify(formerly);
  if (stored && isSame) return { object: before, formerly };
  const after: SourceObject = { ...before, entitlements, version: before.version + 1 };
  if (!stored) await noteManagers(scoping.deps, [after]);
  await beforeWrite?.();
  await space.writeObject(after, stored?.etag ?? null);
  return { object: after, formerly };
}

async function readNewUser({ deps }: ScopeContext, key: ObjectKey): Promise<SourceObject | undefined> {
  const read = await deps.source.readUser(key.id, deps.schema.users.sourceAttributes);
  if (read.kind === 'present') return told(newRow(key.type, key.id), read.attributes);
  if (read.kind === 'softDeleted') return { ...told(newRow(key.type, key.id), read.attributes), deleted: 'soft' };
  // No delta tells of the user again: marked anew, the user keeps waiting when this cycle takes off the marks of what it has looked at.
  if (read.kind === 'unknown') await deps.space.markDirty([key]);
  return undefined;
}

/** What scoping needs, taken from a cycle in progress. */
export const scopeContext = (context: CycleContext): ScopeContext => ({
  deps: context.deps,
  appRoles: context.application.appRoles,
  ancestry: context.ancestry,
  assignmentsOf: (principalId) => context.assignments.of(principalId),
});

/** The same, where the groups above one object are looked up once. @param direct those that it is a direct member of, where that is known */
function askedOnce(scoping: ScopeContext, { id }: ObjectKey, direct: readonly SourceId[] | undefined): ScopeContext {
  const { ancestry } = scoping;
  let own: ReturnType<typeof ancestry.above> | undefined;
  const above: typeof ancestry.above = (memberId) => {
    if (memberId !== id) return ancestry.above(memberId);
    own ??= ancestry.above(id, direct);
    return own;
  };
  return { ...scoping, ancestry: { ...ancestry, above } };
}

/** What is staged of objects already, by object. */
async function heldKeys(context: CycleContext): Promise<ReadonlyMap<string, StagedDeletion>> {
  const held = new Map<string, StagedDeletion>();
  for await (const page of context.deps.staged.list()) for (const row of page) held.set(keyText(row.key), row);
  return held;
}
