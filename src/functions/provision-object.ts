import type { InvocationContext } from '@azure/functions';
import type { App, UnconfiguredApp } from '../compose';
import { HELD_DEFER_MS } from '../engine/job/gate';
import { surviveOutage } from '../engine/job/hold-item';
import { escrowPoisoned } from '../engine/provision/escrow-poisoned';
import { handleWorkItem } from '../engine/provision/handle-work-item';
import { beyondMappings } from './beyond-mappings';
import { withinInvocation } from './logger';
import { continueCycle } from './provisioning-cycle';

/** Thrown so that the queue keeps the message: an app that is not configured loses nothing. */
const NOT_CONFIGURED = 'Not configured: the work item stays in the queue. The status lists the problems.';

/**
 * The queue's worker: carries out a work item, or continues a cycle that was cut off. A message that is neither fails and ends in the
 * poison queue, where the cycle reports it.
 */
export const makeProvisionObject =
  (getApp: () => App) =>
  (message: unknown, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = beyondMappings(getApp());
      if (app.kind === 'notConfigured') return putBack(app, message);
      if (app.deps.queue.asksForCycle(message)) return continueCycle(app, context);
      const item = app.deps.queue.decode(message);
      if (!item) throw new Error('The message is not a work item of this app.');
      app.telemetry.metric('provisioning.queue.wait', ageOf(context, app.deps.clock()));
      await app.telemetry.span(
        'provisioning.work_item',
        { objectType: item.objectType, cycleId: item.cycleId, changeId: item.changeId, sourceId: item.sourceId },
        async (span) => {
          await surviveOutage(app.deps, item, async () => {
            const outcome = await handleWorkItem(app.deps, app.gate, item);
            span.set({ outcome: outcome?.kind ?? 'held' });
          });
        },
        context.traceContext?.traceParent,
      );
    });

/** The poison queue's worker: what failed too often becomes an escrow with a log entry. */
export const makeProvisionObjectPoison =
  (getApp: () => App) =>
  (message: unknown, context: InvocationContext): Promise<void> =>
    withinInvocation(context, async () => {
      const app = beyondMappings(getApp());
      if (app.kind === 'notConfigured') throw new Error(NOT_CONFIGURED);
      const item = app.deps.queue.decode(message);
      app.telemetry.metric('provisioning.poisoned', 1);
      // Put back into the queue of work during an outage: a message that fails too often in the poison queue is gone for good.
      if (item) await surviveOutage(app.deps, item, () => escrowPoisoned(app.deps, item));
      else context.error('Removed a message from the poison queue that is not a work item.');
    });

/** Not thrown where it can be helped: a throw spends a try, and after the last one the item would be a failure of ours. */
async function putBack({ queue }: UnconfiguredApp, message: unknown): Promise<void> {
  // The timer asks again once there is something to continue.
  if (queue?.asksForCycle(message)) return;
  const item = queue?.decode(message);
  if (!queue || !item) throw new Error(NOT_CONFIGURED);
  await queue.defer(item, HELD_DEFER_MS);
}

/** How long ago the message was put into the queue, in milliseconds; 0 when the trigger does not say. */
function ageOf(context: InvocationContext, now: Date): number {
  const insertedAt = Date.parse(String(context.triggerMetadata?.['insertionTime']));
  return Number.isNaN(insertedAt) ? 0 : Math.max(0, now.getTime() - insertedAt);
}
