import { ProvisioningError } from '../../core/errors';
import type { Hold } from '../../ports/hold-store';
import type { PlanApplication, PlanHeader, PlanRow } from '../../ports/plan-store';
import type { Stored } from '../../ports/stored';
import { changeIdFor } from '../change-id';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import { closeCycles } from '../cycle/close-cycles';
import { ancestryOf } from '../decide/ancestry';
import type { ScopeContext } from '../decide/scope-object';
import { markLeaving } from '../decide/stage-loss';
import type { EngineDeps } from '../deps';
import { CycleInterrupted } from '../import/cycle-context';
import { importOne } from '../import/import-one';
import { type ImportSession, openImport } from '../import/import-session';
import { type Lease, takeLease } from '../job/lease';
import { withMappingsInUse } from '../job/mappings-in-use';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { itemFor } from '../work-item';
import { planObject, planRow } from './plan-object';
import { PLAN_EXPIRES_MS, PLAN_LEASE, type PlannedAgain, type Planning, type PlanOptions } from './planning';

/** Why a plan is not applied. */
export type ApplyRefusal =
  | { readonly kind: 'notFound' }
  | { readonly kind: 'expired'; readonly reason: string }
  | { readonly kind: 'conflict'; readonly reason: string };

/** A plan that is being applied, or has been, or why it is not. */
export type ApplyAnswer = { readonly kind: 'applying'; readonly header: PlanHeader } | ApplyRefusal;

/**
 * Begins to apply a plan. What is applied is applied: asking again returns how far it is.
 * @param only Entra object ids: these alone are applied; undefined means all.
 * @param allowDeletes Needed where the brake would hold: true lets those removals go, false leaves them out.
 */
export async function startApply(
  { deps, plans }: Planning,
  planId: string,
  operator: Initiator,
  allowDeletes: boolean | undefined,
  only?: readonly string[],
): Promise<ApplyAnswer> {
  const stored = await plans.read(planId);
  if (!stored) return { kind: 'notFound' };
  const { value: header, etag } = stored;
  if (header.state === 'applying' || header.state === 'applied') return { kind: 'applying', header };
  const now = deps.clock();
  if (now.getTime() - Date.parse(header.createdAt) > PLAN_EXPIRES_MS) {
    return { kind: 'expired', reason: 'The plan is older than 24 hours. Make a new one.' };
  }
  const { schema } = await withMappingsInUse(deps);
  const conflict = reasonNotToApply(header, schema.hash, allowDeletes);
  if (conflict) return { kind: 'conflict', reason: conflict };
  const application: PlanApplication = {
    cycleId: changeIdFor('apply', { type: 'user', id: planId as PlanRow['key']['id'] }),
    allowDeletes,
    by: operator,
    ...(only && { only }),
    startedAt: now.toISOString(),
    endedAt: null,
    after: null,
    enqueued: 0,
    refused: 0,
    held: 0,
  };
  const next: PlanHeader = { ...header, state: 'applying', application };
  await plans.write(next, etag);
  await recordOperation(deps, operator, {
    description:
      header.kind === 'undo'
        ? `What cycle ${header.undoes} did is taken back.`
        : only
          ? `${only.length} objects of a plan were applied.`
          : 'A plan was applied.',
    details: {
      planId,
      cycleId: application.cycleId,
      ...(allowDeletes === undefined ? {} : { allowDeletes: String(allowDeletes) }),
    },
  });
  return { kind: 'applying', header: next };
}

function reasonNotToApply(header: PlanHeader, schemaHash: string, allowDeletes: boolean | undefined): string | undefined {
  if (header.state === 'planning') return 'The plan is not finished yet.';
  if (header.state === 'failed') return 'The plan could not be made, or was cancelled. Make a new one.';
  // What a cycle did is taken back as it was, whatever the mappings say by now.
  if (header.kind !== 'undo' && header.schemaHash !== schemaHash) {
    return 'The plan was made with mappings that are not in use: a version that has been activated is used from the next cycle on. Make a plan with those that are in use.';
  }
  if (header.brake.length === 0 || allowDeletes !== undefined) return undefined;
  const reasons = header.brake.map((one) => one.reason).join(' ');
  return `Above the deletion threshold: ${reasons} Send "allowDeletes": true to include them, or false to leave them out.`;
}

/** Continues applying a plan as far as it gets. Returns it as it is afterwards; undefined when there is none. Safe to repeat. */
export async function continueApply(planning: Planning, planId: string, options: PlanOptions): Promise<PlanHeader | undefined> {
  const { deps, plans } = planning;
  const lease = await takeLease(deps.state, PLAN_LEASE, options.owner, deps.clock, deps.sleep);
  if (lease) {
    try {
      const stored = await plans.read(planId);
      if (stored?.value.state === 'applying')
        await applyPages(planning, lease, stored, deps.clock().getTime() + options.budgetMs);
    } catch (error) {
      if (error instanceof ProvisioningError) await noteError(planning, planId, error);
      else if (!(error instanceof CycleInterrupted)) throw error;
    } finally {
      await lease.release();
    }
  }
  return (await plans.read(planId))?.value;
}

async function noteError({ plans }: Planning, planId: string, error: ProvisioningError): Promise<void> {
  const stored = await plans.read(planId);
  if (stored?.value.state === 'applying')
    await plans.write({ ...stored.value, error: { code: error.code, message: error.message } }, stored.etag);
}

/** Objects imported, planned again and enqueued between two saves. */
const APPLIED_AT_ONCE = 32;

async function applyPages(planning: Planning, lease: Lease, begun: Stored<PlanHeader>, deadlineMs: number): Promise<void> {
  const { deps, plans } = planning;
  let { value: header, etag } = begun;
  const session = await openImport(await withMappingsInUse(deps));
  for (;;) {
    const progress = header.application;
    if (!progress) return;
    const page = await plans.rows(header.planId, 'acting', APPLIED_AT_ONCE, progress.after ?? undefined);
    const chosen = page.rows.filter(({ key }) => progress.only?.includes(key.id) ?? true);
    const judged = await concurrently(chosen, SOURCE_CONCURRENCY, (row) =>
      judge(planning, session, header, progress, row, deadlineMs),
    );
    const rows = judged.map(({ row }) => row);
    const goes = rows.filter((row) => row.applied === 'enqueued');
    const enqueued = progress.enqueued + goes.length;
    const isLast = page.next === undefined;
    // The record first: an item that ends before its cycle is known would be counted nowhere.
    await putRecord(planning, header, progress, enqueued, isLast);
    await putHolds(
      deps,
      judged.flatMap((one) => one.hold ?? []),
    );
    await deps.queue.enqueue(
      goes.map(({ key, removal, way }) => ({
        ...itemFor(progress.cycleId, key, removal && { kind: removal.kind, countedIn: changeIdFor(progress.cycleId, key) }),
        ...(way && { undo: header.planId }),
      })),
    );
    await plans.putRows(header.planId, rows);
    await lease.renew();
    const application: PlanApplication = {
      ...progress,
      after: page.next ?? progress.after,
      enqueued,
      refused: progress.refused + rows.filter((row) => row.applied === 'refused').length,
      held: progress.held + rows.filter((row) => row.applied === 'held').length,
      endedAt: isLast ? deps.clock().toISOString() : null,
    };
    header = { ...header, application, error: null, ...(isLast && { state: 'applied' as const }) };
    etag = await plans.write(header, etag);
    if (isLast) break;
    if (deps.clock().getTime() >= deadlineMs) throw new CycleInterrupted();
  }
  await closeCycles(deps);
}

/** What becomes of one object of a plan: its row, with the hold to be put before it is let go. */
interface Judged {
  readonly row: PlanRow;
  readonly hold?: Hold;
}

const refused = (row: PlanRow, refusal: string): Judged => ({ row: { ...row, applied: 'refused', refusal } });
const letGo = (row: PlanRow, hold?: Hold): Judged => ({
  row: { ...row, applied: 'enqueued', refusal: null },
  ...(hold && { hold }),
});

/** Plans one object again, from the source as it is now; only what comes out the same is let go. */
async function judge(
  { kinds }: Planning,
  session: ImportSession,
  header: PlanHeader,
  { cycleId, allowDeletes }: PlanApplication,
  row: PlanRow,
  deadlineMs: number,
): Promise<Judged> {
  const { deps } = session;
  if (row.outcome !== 'planned') return { row };
  const isHeld = row.removal !== null && header.brake.some((one) => one.kind === row.removal?.kind) && allowDeletes !== true;
  if (isHeld) return { row: { ...row, applied: 'held', refusal: 'Above the deletion threshold and not allowed.' } };
  // Carried out already, by an earlier stretch of this work that did not get to saving: not to be mistaken for a change.
  if (await deps.log.read(cycleId, changeIdFor(cycleId, row.key))) return letGo(row);
  const imported = await importOne(session, row.key.id, row.key.type);
  if (imported.kind !== 'imported') return refused(row, imported.reason);
  const scoping = {
    deps,
    appRoles: session.appRoles,
    ancestry: ancestryOf(deps),
    assignmentsOf: (id: PlanRow['key']['id']) => session.assignments.of(id),
  };
  const parts = kinds?.[header.kind];
  const {
    row: now,
    leaving,
    hold,
  } = parts ? await parts.planAgain(scoping, header, row, deadlineMs) : await planAgain(scoping, cycleId, row, deadlineMs);
  if (now.digest === row.digest) {
    // Exactly the members that the plan showed are let go with it.
    await markLeaving(deps, leaving, changeIdFor(cycleId, row.key));
    return letGo(row, hold);
  }
  return refused(row, changedSince(now));
}

const changedSince = ({ outcome, action, reason }: PlanRow): string =>
  outcome === 'planned' ? `Changed since: ${action}. ${reason}` : `Changed since: ${reason}`;

/** Holds objects before their way back is let go: from here on no cycle touches them, and what the brake held of them is settled. */
async function putHolds(deps: EngineDeps, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  await deps.holds.put(holds);
  await deps.staged.remove(holds.map(({ key }) => key));
}

/** An object of a plan as a cycle would carry it out now. */
async function planAgain(scoping: ScopeContext, cycleId: string, { key }: PlanRow, deadlineMs: number): Promise<PlannedAgain> {
  const planned = await planObject(scoping, cycleId, key, deadlineMs);
  return { row: planRow(scoping.deps, key, planned), leaving: planned.loss?.memberships ?? [] };
}

async function putRecord(
  { deps }: Planning,
  header: PlanHeader,
  { cycleId, startedAt }: PlanApplication,
  enqueued: number,
  isLast: boolean,
): Promise<void> {
  await deps.cycles.put({
    cycleId,
    kind: 'apply',
    state: isLast ? 'exporting' : 'enqueueing',
    startedAt,
    endedAt: isLast ? deps.clock().toISOString() : null,
    enqueued,
    staged: 0,
    imported: 0,
    why:
      header.kind === 'undo'
        ? `Taken back: cycle ${header.undoes} (plan ${header.planId}).`
        : `Plan ${header.planId} was applied.`,
    error: null,
  });
}
