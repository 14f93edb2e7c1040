import { createHash } from 'node:crypto';
import { UnauthorizedError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { PlanRow } from '../../ports/plan-store';
import type { ObjectKey } from '../../ports/stored';
import { dueFor } from '../decide/due';
import { type Loss, lossOf } from '../decide/loss';
import type { ScopeContext } from '../decide/scope-object';
import { skipStranger, strangerOf } from '../decide/unsupported-principals';
import type { EngineDeps } from '../deps';
import { CycleInterrupted } from '../import/cycle-context';
import { refreshRow } from '../import/refresh-row';
import { provisionObject } from '../provision/provision-object';
import { entryOf } from '../record/log-entry';
import type { Outcome } from '../record/outcome';
import { itemFor } from '../work-item';

/** What would be done to one object, with what the brake counts of it. */
export interface PlannedObject {
  readonly item: WorkItem;
  readonly loss: Loss | undefined;
  readonly outcome: Exclude<Outcome, { kind: 'deferred' }>;
}

/**
 * Plans one object as a cycle would carry it out when the brake lets it: a dry run with the brake's permission exactly where something
 * is to be counted.
 * @throws CycleInterrupted when the other side asks to wait for longer than there is time; UnauthorizedError
 */
export async function planObject(
  scoping: ScopeContext,
  cycleId: string,
  key: ObjectKey,
  deadlineMs: number,
): Promise<PlannedObject> {
  const { deps } = scoping;
  const stranger = strangerOf(scoping, key);
  if (stranger) return { item: itemFor(cycleId, key), loss: undefined, outcome: skipStranger(stranger) };
  const object = await refreshRow(scoping, key);
  const due = object && (await dueFor(deps, scoping, object));
  const loss = due && (await lossOf(deps, due));
  const item = itemFor(cycleId, key);
  const allowed: WorkItem = { ...item, allows: loss ? { kind: loss.kind, countedIn: item.changeId } : null };
  return { item: allowed, loss, outcome: await dryRun(deps, allowed, deadlineMs) };
}

/** A dry run that waits as the other side asks, while there is time. @throws CycleInterrupted, UnauthorizedError */
export async function dryRun(deps: EngineDeps, item: WorkItem, deadlineMs: number): Promise<PlannedObject['outcome']> {
  for (;;) {
    const outcome = await provisionObject(deps, item, { dryRun: true });
    if (outcome.kind !== 'deferred') return outcome;
    if (outcome.error instanceof UnauthorizedError) throw outcome.error;
    const waitMs = Math.max(outcome.delayMs, 250);
    if (deps.clock().getTime() + waitMs >= deadlineMs) throw new CycleInterrupted();
    await deps.sleep(waitMs);
  }
}

/** The object as the plan stores it. */
export function planRow(deps: EngineDeps, key: ObjectKey, { item, loss, outcome }: PlannedObject): PlanRow {
  const entry = entryOf(deps, item, outcome, deps.clock());
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  const isUnchanged = outcome.kind === 'planned' ? outcome.plan.action === 'none' : false;
  return {
    key,
    name: entry.sourceIdentity.displayName,
    targetId: outcome.subject.targetId ?? null,
    outcome: isUnchanged ? 'unchanged' : outcome.kind === 'done' ? 'planned' : outcome.kind,
    action: entry.provisioningAction,
    changes: entry.modifiedProperties,
    reason: outcome.kind === 'failed' ? outcome.error.message : why(outcome),
    code: entry.skipReason ?? entry.provisioningStatusInfo.errorInformation?.errorCode ?? null,
    warnings: outcome.kind === 'planned' ? outcome.warnings : [],
    removal: loss ? { kind: loss.kind, count: loss.count } : null,
    digest: digestOf(plan, loss),
    applied: null,
    refusal: null,
  };
}

/** The steps in words, but for those that say no more than that the object is known, or what a later step begins with. */
const why = ({ subject }: PlannedObject['outcome']): string =>
  subject.steps
    .filter((step) => step.provisioningStepType !== 'import' || step.status !== 'success')
    .map((step) => step.description)
    .filter((text, index, all) => !all.slice(index + 1).some((later) => later.startsWith(text)))
    .join(' ');

/**
 * Plans are data: equal plans are equal bytes, those who are taken out of a group included, each by name. Notes are words about it and left out;
 * so is who comes into a group, because by then the user's own item may have done that.
 */
function digestOf(plan: Plan | undefined, loss: Loss | undefined): string {
  const own = plan?.changes.filter(({ attribute }) => attribute !== 'members') ?? [];
  const left = plan?.changes.flatMap(({ attribute, oldValue }) =>
    attribute === 'members' && oldValue !== null ? [oldValue] : [],
  );
  const isMembersOnly = plan?.action === 'update' && own.length === 0 && !plan.adopts;
  const bytes = plan && [isMembersOnly ? 'none' : plan.action, plan.targetId, own, plan.role, plan.adopts, left];
  const text = JSON.stringify([bytes ?? null, loss ? [loss.kind, loss.count] : null]);
  return createHash('sha256').update(text).digest('hex');
}
