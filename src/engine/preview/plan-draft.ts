import type { RemovalKind } from '../../core/brake';
import { ProvisioningError } from '../../core/errors';
import type { PlanBrake, PlanHeader, PlanKind, PlanRow } from '../../ports/plan-store';
import type { Stored } from '../../ports/stored';
import { overThreshold } from '../cycle/weigh-removals';
import type { EngineDeps } from '../deps';
import { CycleInterrupted } from '../import/cycle-context';
import type { Lease } from '../job/lease';
import type { Initiator } from '../record/log-entry';
import { notePlanFailure } from './plan-slot';
import type { Planning } from './planning';

/** The header of a plan that has not begun, with what the kind of plan adds. */
export function newPlan(
  deps: Pick<EngineDeps, 'clock' | 'newId'>,
  kind: PlanKind,
  operator: Initiator,
  about: Pick<PlanHeader, 'schemaHash' | 'cycle'> & Partial<PlanHeader>,
): PlanHeader {
  return {
    planId: deps.newId(),
    kind,
    createdAt: deps.clock().toISOString(),
    createdBy: operator.displayName,
    ...(operator.id !== '' && { createdById: operator.id }),
    state: 'planning',
    isForOtherSchema: false,
    phase: 'objects',
    objects: 0,
    counts: {},
    removals: {},
    brake: [],
    endedAt: null,
    error: null,
    application: null,
    ...about,
  };
}

/** The header of a plan while it is being made, as it was last saved. */
export class PlanDraft {
  #stored: Stored<PlanHeader>;

  constructor(
    readonly planning: Planning,
    readonly lease: Lease,
    begun: Stored<PlanHeader>,
  ) {
    this.#stored = begun;
  }

  get header(): PlanHeader {
    return this.#stored.value;
  }

  /** Keeps how far the plan has come. @throws StaleStateError when somebody else works on it, or has cancelled it */
  async save(change: Partial<PlanHeader>): Promise<void> {
    await this.lease.renew();
    const value = { ...this.header, ...change };
    this.#stored = { value, etag: await this.planning.plans.write(value, this.#stored.etag) };
  }

  /** The plan is made: what the brake would hold of it is known. @param last what the last step has added */
  async finish(last: Partial<PlanHeader> = {}): Promise<void> {
    const { deps } = this.planning;
    const brake = await brakeOf(deps, { ...this.header, ...last });
    await this.save({ ...last, state: 'planned', phase: 'done', brake, endedAt: deps.clock().toISOString(), error: null });
  }

  /** One stretch of making it. What is cut off for want of time continues with the next; what fails is noted in the plan. */
  async stretch(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof CycleInterrupted) return;
      if (!(error instanceof ProvisioningError)) throw error;
      await notePlanFailure(this.planning, this.header.planId, error);
    }
  }
}

/** What of a plan's removals the brake would hold. */
async function brakeOf(deps: EngineDeps, { removals }: PlanHeader): Promise<readonly PlanBrake[]> {
  const held = await overThreshold(deps, new Map(Object.entries(removals) as [RemovalKind, number][]));
  return [...held].map(([kind, reason]) => ({ kind, count: removals[kind] ?? 0, reason }));
}

type Counts = Pick<PlanHeader, 'objects' | 'counts' | 'removals'>;

/** The counts of a plan with more of its objects. @param nameOf what an object counts as; by default its action, or why there is none */
export function countsWith(header: Counts, rows: readonly PlanRow[], nameOf = actionOrOutcome): Counts {
  const counts: Record<string, number> = { ...header.counts };
  const removals: Partial<Record<RemovalKind, number>> = { ...header.removals };
  for (const row of rows) {
    const name = nameOf(row);
    counts[name] = (counts[name] ?? 0) + 1;
    if (row.removal) removals[row.removal.kind] = (removals[row.removal.kind] ?? 0) + row.removal.count;
  }
  return { objects: header.objects + rows.length, counts, removals };
}

const actionOrOutcome = ({ outcome, action }: PlanRow): string => (outcome === 'planned' ? action : outcome);
