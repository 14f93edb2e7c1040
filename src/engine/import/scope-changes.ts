import type { Permission, SourceId, WorkItem } from '../../core/model';
import type { MarkedKey } from '../../ports/connector-space';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { keyText, type ObjectKey } from '../../ports/stored';
import { LOST_AFTER_MS, releaseCycleId } from '../change-id';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { type Due, dueFor } from '../decide/due';
import { endOutlived } from '../decide/held';
import { lossOf } from '../decide/loss';
import type { ScopeContext } from '../decide/scope-object';
import { wantsSeat } from '../decide/seat-wish';
import { releasedFor, stageLoss } from '../decide/stage-loss';
import { skipStranger, strangerOf } from '../decide/unsupported-principals';
import { promiseSeats, tellOfSeats } from '../job/seat-ledger';
import { entryOf } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { Trace } from '../record/trace';
import { itemFor } from '../work-item';
import type { CycleContext } from './cycle-context';
import { type Doubt, doubtOf } from './doubt';
import { holdsOf, readAhead } from './read-ahead';
import { refreshed } from './refresh-row';

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

/** How the item of somebody ends whose assignments are in doubt: nothing is changed, and the next cycle looks again. */
function doubted({ object, decision, link }: Due, cause: string): Extract<Outcome, { kind: 'skipped' }> {
  const reason = `${cause} Nothing is changed; the next cycle looks again.`;
  const trace = new Trace();
  trace.step('scoping', reason, { decision: 'unknown' }, 'warning');
  const subject = { source: object, targetId: link?.targetId, targetName: undefined, scope: decision, steps: trace.steps };
  return { kind: 'skipped', subject, skipReason: 'Unknown', reason };
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
