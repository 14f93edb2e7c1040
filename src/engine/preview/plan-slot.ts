import { type ProvisioningError, StaleStateError, StateUnavailableError } from '../../core/errors';
import { disposition, isTransientFailure } from '../../core/retry';
import type { PlanHeader } from '../../ports/plan-store';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { PLAN_EXPIRES_MS, type Planning } from './planning';

/** Plans older than this are removed when a new one is made. */
const PLAN_KEPT_MS = 7 * 24 * 3600_000;

/** The plan that has the right to be worked on: plans share the space that they import into. */
const SLOT = 'plan-slot';

/** What became of a new plan. */
export type PlanBegun =
  | { readonly kind: 'begun'; readonly header: PlanHeader }
  | { readonly kind: 'busy'; readonly planId: string; readonly state: 'planning' | 'applying' };

/**
 * Stores a new plan, if none is at work. Of several at once exactly one gets the slot. One that has been at work for longer than a plan is good
 * for gives way.
 */
export async function takeSlot({ deps, plans }: Planning, header: PlanHeader): Promise<PlanBegun> {
  const slot = await deps.state.read<{ readonly planId: string }>(SLOT);
  for (const one of await plans.list()) {
    const ageMs = deps.clock().getTime() - Date.parse(one.createdAt);
    if (one.state !== 'planning' && one.state !== 'applying') {
      if (ageMs > PLAN_KEPT_MS) await plans.remove(one.planId);
      continue;
    }
    if (ageMs <= PLAN_EXPIRES_MS) return { kind: 'busy', planId: one.planId, state: one.state };
    await endPlan({ plans, deps }, one.planId, 'It was not finished within 24 hours, and a new one has taken its place.');
  }
  await plans.write(header, null);
  try {
    await deps.state.write(SLOT, { planId: header.planId }, slot?.etag ?? null);
    return { kind: 'begun', header };
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
    await plans.remove(header.planId);
    const winner = (await deps.state.read<{ readonly planId: string }>(SLOT))?.value.planId ?? '';
    return { kind: 'busy', planId: winner, state: 'planning' };
  }
}

/** Notes why a plan could not be made further. What comes and goes by itself is waited for; anything else would stop it at each try. */
export async function notePlanFailure({ deps, plans }: Planning, planId: string, error: ProvisioningError): Promise<void> {
  const stored = await plans.read(planId);
  if (stored?.value.state !== 'planning') return;
  const isPassing = disposition(error).kind === 'defer' || isTransientFailure(error) || error instanceof StateUnavailableError;
  const ended = isPassing ? {} : { state: 'failed' as const, endedAt: deps.clock().toISOString() };
  await plans.write({ ...stored.value, ...ended, error: { code: error.code, message: error.message } }, '*');
}

/**
 * Stops a plan that is being made or applied. What it has let go already is carried out; nothing more is.
 * @returns the plan as it is afterwards; undefined when there is none
 */
export async function cancelPlan(planning: Planning, planId: string, operator: Initiator): Promise<PlanHeader | undefined> {
  const { deps, plans } = planning;
  const header = (await plans.read(planId))?.value;
  if (!header || (header.state !== 'planning' && header.state !== 'applying')) return header;
  await endPlan(planning, planId, `It was cancelled by ${operator.displayName}.`);
  await recordOperation(deps, operator, { description: 'A plan was cancelled.', details: { planId, state: header.state } });
  return (await plans.read(planId))?.value;
}

/** How often a plan is read again because its work saved at the same time. */
const TRIES = 8;

async function endPlan({ plans, deps }: Pick<Planning, 'plans' | 'deps'>, planId: string, message: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const stored = await plans.read(planId);
    if (stored?.value.state !== 'planning' && stored?.value.state !== 'applying') return;
    const ended: PlanHeader = {
      ...stored.value,
      state: 'failed',
      endedAt: deps.clock().toISOString(),
      error: { code: 'Cancelled', message },
    };
    try {
      await plans.write(ended, stored.etag);
      return;
    } catch (error) {
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
    }
  }
}
