import type { InvocationContext, Timer } from '@azure/functions';
import type { App } from '../compose';
import { closeCycles } from '../engine/close-cycles';
import { reportUnreadable } from '../engine/escrow-poisoned';
import { runCycle } from '../engine/run-cycle';
import { withinInvocation } from './invocation-log';

/**
 * How long one run may take before it stops at the next page and goes on with the next run: well inside the ten minutes of
 * host.json, so that a run always ends by itself.
 */
const BUDGET_MS = 8 * 60_000;

/** The timer: closes what has ended, then runs a cycle as far as it gets. Does nothing while the app is not configured or off. */
export const makeProvisioningCycle =
  (getApp: () => App) =>
  (_timer: Timer, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = getApp();
      if (app.kind === 'notConfigured') {
        context.warn('Not configured: no cycle runs. The status lists the problems.');
        return;
      }
      if (app.config.job.status === 'Off') {
        context.info('PROVISIONING_STATUS is Off: no cycle runs.');
        return;
      }
      const { deps } = app;
      await reportUnreadable(deps);
      await closeCycles(deps);
      const outcome = await runCycle(deps, { owner: context.invocationId, budgetMs: BUDGET_MS });
      deps.logger.info('The timer is done', {
        outcome: outcome.kind,
        ...('cycleId' in outcome ? { cycleId: outcome.cycleId } : {}),
        ...('reason' in outcome ? { reason: outcome.reason } : {}),
      });
    });
