import type { ConnectorSpace } from '../../ports/connector-space';
import type { ShadowSpace } from '../../ports/plan-store';
import type { StateStore } from '../../ports/state-store';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';

/**
 * Copies what is known of the source into the space of a plan and marks all of it, as an initial cycle does: what has vanished from
 * the source is found only by whom it was known. Safe to repeat.
 * @param onPage keeps the lease; may end the work for now by throwing
 */
export async function copySpace(from: ConnectorSpace, to: ShadowSpace, onPage: () => Promise<void>): Promise<void> {
  await to.clear();
  for await (const page of from.listAssignments()) await to.putAssignments(page);
  for (const type of ['group', 'user'] as const) {
    for await (const objects of from.listObjects(type)) {
      await concurrently(objects, STORAGE_CONCURRENCY, async (object) => {
        await to.writeObject(object, '*');
        if (type === 'group') for await (const edges of from.listMembers(object.id)) await to.putMembers(edges);
      });
      await to.markDirty(objects.map(({ id }) => ({ type, id })));
      await onPage();
    }
  }
}

/** The documents of state under names of their own: what a plan keeps there disturbs no cursor, watermark or quarantine. */
export const planState = (base: StateStore): StateStore => ({
  read: <T>(key: string) => base.read<T>(`plan-${key}`),
  write: (key, value, etag) => base.write(`plan-${key}`, value, etag),
  remove: (key) => base.remove(`plan-${key}`),
});
