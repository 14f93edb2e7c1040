import type { PlanStore, ShadowSpace } from '../../ports/plan-store';
import type { EngineDeps } from '../deps';

/** What planning needs besides the engine. */
export interface Planning {
  readonly deps: EngineDeps;
  readonly plans: PlanStore;
  readonly shadow: ShadowSpace;
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
