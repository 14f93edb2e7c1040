import { ProvisioningError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import type { EngineDeps } from '../deps';
import { THE_CYCLE } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { recordOutcome } from './handle-work-item';

/** A work item that failed too often through a fault of ours becomes an escrow with a log entry: nothing is lost without a trace. */
export async function escrowPoisoned(deps: EngineDeps, item: WorkItem): Promise<void> {
  const error = new ProvisioningError('PROV_BUG', 'The work item failed again and again in a way that the app did not expect.');
  const source = (await deps.space.readObject({ type: item.objectType, id: item.sourceId }))?.value;
  const subject = {
    source,
    targetId: undefined,
    targetName: undefined,
    scope: undefined,
    steps: [
      {
        name: 'EntryImport',
        provisioningStepType: 'import' as const,
        status: 'failure' as const,
        description: error.message,
        details: {},
      },
    ],
  };
  await recordOutcome(deps, item, { kind: 'failed', subject, error, plan: undefined }, deps.clock());
}

/**
 * Takes texts out of the poison queue that no function can read. They name no object, so no object is lost; the log says that they were there.
 * @returns how many
 */
export async function reportUnreadable(deps: EngineDeps): Promise<number> {
  const messages = await deps.queue.takeUnreadable();
  for (const { messageId } of messages) {
    deps.logger.error('Removed a queue message that is not a work item', { messageId });
    await recordOperation(deps, THE_CYCLE, {
      description: 'A queue message that is not a work item was removed. Something other than this app had put it there.',
      details: { messageId },
    });
  }
  return messages.length;
}
