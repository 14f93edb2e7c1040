import type { ObjectType, SourceId } from '../../core/model';
import type { ProvisioningLogEntry } from '../../core/record';
import { wayBackOf } from '../../core/way-back';
import type { PlanHeader, PlanRow } from '../../ports/plan-store';
import type { ObjectKey } from '../../ports/stored';
import { changeIdFor } from '../change-id';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import { fingerprintOf, isUnchanged } from '../decide/held';
import type { ScopeContext } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { CycleInterrupted } from '../import/cycle-context';
import { importOne } from '../import/import-one';
import { type ImportSession, openImport } from '../import/import-session';
import { requireSameSystems } from '../job/same-systems';
import { withoutWriting } from '../on-demand/on-demand-overlay';
import { countsWith, newPlan, PlanDraft } from '../preview/plan-draft';
import { noSeats, type SeatedRow, withSeats } from '../preview/plan-seats';
import { type PlanBegun, takeSlot } from '../preview/plan-slot';
import type { PlannedAgain, Planning, PlanParts } from '../preview/planning';
import type { Initiator } from '../record/initiator';
import { holdFor, planUndoOf } from './undo-object';

/** Objects planned between two saves. */
const PLANNED_AT_ONCE = 64;

/** What became of the wish to take a cycle back. */
export type UndoBegun = PlanBegun | { readonly kind: 'nothing'; readonly reason: string };

/**
 * Begins a plan of the way back from what one cycle did, an operator's application, release or act on demand included: each has a cycle of its
 * own in the log. Nothing but the plan is written. One plan at a time.
 * @param only The objects that are asked for; undefined for all.
 */
export async function createUndo(
  planning: Planning,
  operator: Initiator,
  cycleId: string,
  only: readonly ObjectKey[] | undefined,
): Promise<UndoBegun> {
  const { deps } = planning;
  const first = await deps.log.query({ cycleId }, 1);
  if (first.entries.length === 0 && first.next === undefined) {
    return { kind: 'nothing', reason: `The log has no entry of a cycle ${cycleId}. Entries are kept for LOG_RETENTION_DAYS.` };
  }
  const undone = { undoes: cycleId.toLowerCase(), ...(only && { only }) };
  const cycle: Place = { after: null };
  return takeSlot(planning, newPlan(deps, 'undo', operator, { ...undone, schemaHash: deps.schema.hash, cycle }));
}

/** Where the plan is: the mark of the log's next page, or the number of objects asked for that are done. Null at the beginning. */
interface Place {
  readonly after: string | number | null;
}

/** How the way back from a cycle is planned, and planned again before it is let go. */
export const undoParts: PlanParts = {
  make(planning, lease, begun, deadlineMs) {
    const draft = new PlanDraft(planning, lease, begun);
    return draft.stretch(() => planAll(draft, deadlineMs));
  },
  planAgain,
};

async function planAll(draft: PlanDraft, deadlineMs: number): Promise<void> {
  const { deps, plans } = draft.planning;
  await requireSameSystems(deps);
  await deps.target.describe(true);
  // A direct look at each object tells who has changed since; what the look finds is kept nowhere.
  const session = await openImport(withoutWriting(deps));
  for (;;) {
    const { header } = draft;
    const page = await entriesOf(deps, header);
    const rows = await concurrently(page.entries, SOURCE_CONCURRENCY, (entry) =>
      planEntry(deps, session, header, entry, deadlineMs),
    );
    // The log tells the latest first; objects are let go in the order of their ids, and so are the seats.
    const inOrder = rows.flatMap((row) => row ?? []).sort((a, b) => (a.row.key.id < b.row.key.id ? -1 : 1));
    const { seats, rows: told } = withSeats(header.seats ?? (await noSeats(deps)), inOrder);
    await plans.putRows(header.planId, told);
    const done = { ...countsWith(header, told), seats, cycle: { after: page.next } satisfies Place };
    if (page.next === null) return draft.finish(done);
    await draft.save({ ...done, error: null });
    if (deps.clock().getTime() >= deadlineMs) throw new CycleInterrupted();
  }
}

/** One object as its way back would be planned now, with the hold under which it is carried out. What the source object was like counts, too. */
async function planAgain(
  { deps }: ScopeContext,
  { planId, undoes, application }: PlanHeader,
  row: PlanRow,
  deadlineMs: number,
): Promise<PlannedAgain> {
  const before = (await deps.holds.read(row.key))?.value;
  // An earlier stretch of this work has put the hold and did not get to saving; the way back may be under way.
  if (before?.planId === planId) return { row, leaving: [], hold: before };
  const object = (await deps.space.readObject(row.key))?.value;
  const by = application?.by;
  if (!object || !by || !row.way || !row.source || !isUnchanged(row.source, object)) {
    return { row: { ...row, outcome: 'skipped', digest: '', reason: 'It has changed in Entra ID.' }, leaving: [] };
  }
  const { cycleId } = application;
  const plan = { planId, cycleId, heldBy: by, heldAt: deps.clock().toISOString() };
  const hold = { ...holdFor(deps, plan, object, row.way), way: row.way };
  const allows = row.removal && { kind: row.removal.kind, countedIn: changeIdFor(cycleId, row.key) };
  const isLast = before !== undefined && before.cycleId === undoes;
  const { row: now } = await planUndoOf(deps, hold, deadlineMs);
  return { row: now, leaving: [], hold: { ...hold, allows, isLast } };
}

/** The next entries of the cycle that is taken back; `next` is null after the last. */
async function entriesOf(
  { log }: EngineDeps,
  { undoes = '', only, cycle }: PlanHeader,
): Promise<{ readonly entries: readonly ProvisioningLogEntry[]; readonly next: string | number | null }> {
  const { after } = cycle as Place;
  if (!only) {
    const page = await log.query({ cycleId: undoes }, PLANNED_AT_ONCE, typeof after === 'string' ? after : undefined);
    return { entries: page.entries, next: page.next ?? null };
  }
  const from = typeof after === 'number' ? after : 0;
  const keys = only.slice(from, from + PLANNED_AT_ONCE);
  const found = await concurrently(keys, SOURCE_CONCURRENCY, (key) => log.read(undoes, changeIdFor(undoes, key)));
  const next = from + keys.length;
  return { entries: found.flatMap((entry) => entry ?? []), next: next < only.length ? next : null };
}

async function planEntry(
  deps: EngineDeps,
  session: ImportSession,
  header: PlanHeader,
  entry: ProvisioningLogEntry,
  deadlineMs: number,
): Promise<SeatedRow | undefined> {
  const { id, identityType } = entry.sourceIdentity;
  if (identityType === 'ServicePrincipal') return undefined;
  const key: ObjectKey = { type: identityType.toLowerCase() as ObjectType, id: id as SourceId };
  const undoing = wayBackOf(entry, await laterThan(deps, entry));
  if (undoing.kind === 'nothing') return undefined;
  if (undoing.kind === 'lost') return lostRow(key, entry, undoing.reason);
  const known = (await deps.space.readObject(key))?.value;
  if (known && known.version > versionIn(entry)) return lostRow(key, entry, CHANGED_SINCE);
  const read = await importOne(session, id, key.type);
  if (read.kind !== 'imported') return lostRow(key, entry, read.reason);
  if (known && !isUnchanged(fingerprintOf(deps, known), read.object)) return lostRow(key, entry, CHANGED_SINCE);
  const heldBy: Initiator = { type: 'user', id: '', displayName: header.createdBy };
  const plan = { planId: header.planId, cycleId: header.planId, heldBy, heldAt: header.createdAt };
  return planUndoOf(deps, { ...holdFor(deps, plan, read.object, undoing.way), way: undoing.way }, deadlineMs);
}

const CHANGED_SINCE = 'It has changed in Entra ID since that cycle: the next cycle follows it.';

/** Entries of an object that are looked through for what came later, a page at a time. */
const LATER_AT_ONCE = 100;

/** What the log has of the same object since. */
async function laterThan({ log }: EngineDeps, entry: ProvisioningLogEntry): Promise<readonly ProvisioningLogEntry[]> {
  const later: ProvisioningLogEntry[] = [];
  for (let next: string | undefined; ; ) {
    const query = { sourceId: entry.sourceIdentity.id, after: entry.activityDateTime, statuses: ['success', 'warning'] as const };
    const page = await log.query(query, LATER_AT_ONCE, next);
    later.push(...page.entries.filter(({ changeId }) => changeId !== entry.changeId));
    if (page.next === undefined) return later;
    next = page.next;
  }
}

/** The version of the source object that an entry was made with; entries of older versions do not tell. */
function versionIn({ provisioningSteps }: ProvisioningLogEntry): number {
  const told = provisioningSteps.flatMap(({ details: { version } }) => (version === undefined ? [] : [Number(version)]));
  return told.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...told);
}

/** An object that is not taken back, with the reason. */
const lostRow = (key: ObjectKey, entry: ProvisioningLogEntry, reason: string): SeatedRow => ({
  seat: undefined,
  row: {
    key,
    name: entry.sourceIdentity.displayName,
    targetId: entry.targetIdentity.id || null,
    outcome: 'skipped',
    action: 'other',
    changes: [],
    reason,
    code: 'NotRestorable',
    warnings: [],
    removal: null,
    digest: '',
    applied: null,
    refusal: null,
  },
});
