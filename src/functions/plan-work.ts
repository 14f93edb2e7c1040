import type { InvocationContext, Timer } from '@azure/functions';
import type { App } from '../compose';
import { continueApply } from '../engine/preview/apply-plan';
import { continuePlan } from '../engine/preview/make-plan';
import { withinInvocation } from './invocation-log';

/** Well inside the ten minutes of host.json. */
const BUDGET_MS = 8 * 60_000;

/** The timer that goes on with plans: also while PROVISIONING_STATUS is Off, because a plan is what one looks at before. */
export const makePlanWork =
  (getApp: () => App) =>
  (_timer: Timer, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = getApp();
      if (app.kind === 'notConfigured') return;
      const options = { owner: context.invocationId, budgetMs: BUDGET_MS };
      const open = [...(await app.planning.plans.list())].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
      const next = open.find((plan) => plan.state === 'planning' || plan.state === 'applying');
      if (next?.state === 'planning') await continuePlan(app.planning, next.planId, options);
      if (next?.state === 'applying') await continueApply(app.planning, next.planId, options);
    });
