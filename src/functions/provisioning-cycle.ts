import type { InvocationContext, Timer } from '@azure/functions';
import type { App, ConfiguredApp } from '../compose';
import { closeCycles } from '../engine/cycle/close-cycles';
import { type CycleOutcome, runCycle } from '../engine/cycle/run-cycle';
import { endHint, takeUpHint } from '../engine/hints/hint-cycle';
import { tellOfStuckItems } from '../engine/job/watch-items';
import { reportUnreadable } from '../engine/provision/escrow-poisoned';
import { purgeLog } from '../engine/record/purge-log';
import { beyondMappings } from './beyond-mappings';
import { withinInvocation } from './logger';

/**
 * How long one run may take before it stops at the next page and another one continues: well inside the ten minutes of host.json, so
 * that a run always ends by itself.
 */
const BUDGET_MS = 8 * 60_000;

/** The timer: closes what has ended, then runs a cycle as far as it gets. Does nothing while the app is not configured or off. */
export const makeProvisioningCycle =
  (getApp: () => App) =>
  (_timer: Timer, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = beyondMappings(getApp());
      if (app.kind === 'notConfigured') {
        context.warn('Not configured: no cycle runs. The status lists the problems.');
        return;
      }
      await purgeOldEntries(app);
      if (app.config.job.status === 'Off') {
        context.info('PROVISIONING_STATUS is Off: no cycle runs.');
        return;
      }
      await reportUnreadable(app.deps);
      await runAsFarAsItGets(app, context);
      await measure(app);
    });

/** The queue asks for a cycle: one was cut off, or Graph has reported a change. Nothing while the job is off. */
export async function continueCycle(app: ConfiguredApp, context: InvocationContext): Promise<void> {
  if (app.config.job.status !== 'On') return;
  const { deps } = app;
  const isHint = await takeUpHint(deps);
  const startedMs = deps.clock().getTime();
  const outcome = await runAsFarAsItGets(app, context);
  if (isHint) await endHint(deps, startedMs, outcome);
}

/** Runs a cycle for as long as a call may take. One that is cut off is continued at once by another call, not with the next tick. */
async function runAsFarAsItGets({ deps, telemetry }: ConfiguredApp, context: InvocationContext): Promise<CycleOutcome> {
  await closeCycles(deps);
  await tellOfStuckItems(deps);
  const outcome = await telemetry.span(
    'provisioning.cycle',
    {},
    async (span) => {
      const ended = await runCycle(deps, { owner: context.invocationId, budgetMs: BUDGET_MS });
      span.set({ outcome: ended.kind, cycleId: 'cycleId' in ended ? ended.cycleId : undefined });
      return ended;
    },
    context.traceContext?.traceParent,
  );
  if (outcome.kind === 'interrupted') await deps.queue.askForCycle();
  deps.logger.info('The timer is done', {
    outcome: outcome.kind,
    ...('cycleId' in outcome ? { cycleId: outcome.cycleId } : {}),
    ...('reason' in outcome ? { reason: outcome.reason } : {}),
  });
  return outcome;
}

/** What is the state of the moment rather than an event, and out with all that was measured: nobody knows when the next run is. */
async function measure({ deps, telemetry }: ConfiguredApp): Promise<void> {
  telemetry.metric('provisioning.queue.length', await deps.queue.approximateLength());
  await telemetry.flush();
}

/** Entries are kept no longer than agreed, also while provisioning is off; a purge that fails must not stop the cycles. */
async function purgeOldEntries({ deps, config }: ConfiguredApp): Promise<void> {
  try {
    const entries = await purgeLog(deps, config.job.logRetentionDays);
    if (entries > 0) deps.logger.info('Log entries past their retention were removed', { entries });
  } catch (error) {
    deps.logger.warn('Old log entries could not be removed; the next run tries again', {
      kind: error instanceof Error ? error.name : typeof error,
    });
  }
}
