import type { Hold } from '../../ports/hold-store';
import type { OwnedMembership } from '../../ports/link-store';
import type { PlanHeader, PlanKind, PlanRow, PlanStore, ShadowSpace } from '../../ports/plan-store';
import type { Stored } from '../../ports/stored';
import type { ScopeContext } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import type { Lease } from '../job/lease';

/** What planning needs besides the engine. */
export interface Planning {
  readonly deps: EngineDeps;
  readonly plans: PlanStore;
  readonly shadow: ShadowSpace;
  /** The kinds of plan that are not made from the source as a cycle would; they are wired in, because they stand on this folder. */
  readonly kinds?: Readonly<Partial<Record<PlanKind, PlanParts>>>;
}

/** What a plan of another kind than `cycle` does differently: how it is made, and how one object of it is planned again before it is let go. */
export interface PlanParts {
  /** One stretch of making it, until it is made or the time is up. Safe to repeat. */
  make(planning: Planning, lease: Lease, begun: Stored<PlanHeader>, deadlineMs: number): Promise<void>;
  /** One object as it would be planned now. @throws CycleInterrupted, UnauthorizedError as {@link planObject} does */
  planAgain(scoping: ScopeContext, header: PlanHeader, row: PlanRow, deadlineMs: number): Promise<PlannedAgain>;
}

/** An object of a plan as it would be planned now, and the memberships that would end with it. */
export interface PlannedAgain {
  readonly row: PlanRow;
  readonly leaving: readonly OwnedMembership[];
  /** The hold that is put on the object before it is let go; absent for none. */
  readonly hold?: Hold;
}

/** One plan is worked on at a time: they share the space that they import into. */
export const PLAN_LEASE = 'plan-lease';

/** After this long a plan can no longer be applied: it describes a directory that has moved on. */
export const PLAN_EXPIRES_MS = 24 * 3600_000;

/** How one call may go about it. */
export interface PlanOptions {
  readonly owner: string;
  readonly budgetMs: number;
}
