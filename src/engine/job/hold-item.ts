import { StateUnavailableError } from '../../core/errors';
import type { WorkItem } from '../../core/model';
import type { EngineDeps } from '../deps';

/**
 * Puts an item back because the job wants its workers to wait, and marks its object: the first cycle that runs again takes it up at
 * once, so that nobody who has repaired a credential and asks for a cycle waits for the item to come back by itself.
 */
export async function holdItem(deps: Pick<EngineDeps, 'queue' | 'space'>, item: WorkItem, delayMs: number): Promise<void> {
  await deps.space.markDirty([{ type: item.objectType, id: item.sourceId }]);
  await deps.queue.defer(item, delayMs);
}

/** How long an item waits while the tables of the app are not available: an outage costs what it lasts, and this at most on top. */
const OUTAGE_DEFER_MS = 30_000;

/**
 * Carries out the work on an item, and puts the item back when storage is not available. Thrown, the outage would spend one of the few
 * tries of the message, and within minutes pass for a fault of the app.
 * @throws whatever else the work throws; the outage itself when the queue is not available either
 */
export async function surviveOutage(
  deps: Pick<EngineDeps, 'queue' | 'logger'>,
  item: WorkItem,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StateUnavailableError)) throw error;
    deps.logger.warn('Storage is not available; the work item is put back and tried again', {
      cycleId: item.cycleId,
      changeId: item.changeId,
      sourceId: item.sourceId,
      reason: error.message,
    });
    await deps.queue.defer(item, OUTAGE_DEFER_MS);
  }
}
