import type { Hold } from '../../ports/hold-store';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { recoverFromBrake } from '../cycle/close-cycles';
import { fingerprintOf } from '../decide/held';
import type { EngineDeps } from '../deps';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/** Objects that the entry of the log names; more are counted. */
const NAMED = 50;

/**
 * Drops held removals: nothing is taken away, and the brake does not wait for them any more. Whoever is still out of scope when a cycle looks
 * at them again, because they have changed in Entra ID or everything is read anew, is counted again; with `hold`, only once they have changed
 * or are released. Idempotent.
 * @returns how many were held
 */
export async function dropStaged(
  deps: EngineDeps,
  operator: Initiator,
  only: ReadonlySet<string>,
  hold: boolean,
): Promise<number> {
  const dropped: ObjectKey[] = [];
  for await (const page of deps.staged.list()) {
    const rows = page.filter(({ state, key }) => state === 'staged' && only.has(key.id));
    // Before the brake forgets it, so that no cycle finds it unheld in between.
    if (hold) await deps.holds.put((await concurrently(rows, STORAGE_CONCURRENCY, (row) => holdOf(deps, operator, row))).flat());
    const keys = rows.map(({ key }) => key);
    await deps.staged.remove(keys);
    dropped.push(...keys);
  }
  await recoverFromBrake(deps);
  const kept = hold ? ' and their objects held' : '';
  await recordOperation(deps, operator, {
    description:
      dropped.length > 0 ? `${dropped.length} held removals were dropped${kept}.` : 'There were no held removals to drop.',
    details: {
      objects: dropped
        .slice(0, NAMED)
        .map(({ id }) => id)
        .join(', '),
    },
  });
  return dropped.length;
}

/** The hold on an object that is to keep what it has; none where one is there, or where the cycles know no such object. */
async function holdOf(deps: EngineDeps, operator: Initiator, { key, heldIn, cycleId }: StagedDeletion): Promise<readonly Hold[]> {
  const [object, before] = await Promise.all([deps.space.readObject(key), deps.holds.read(key)]);
  if (!object || before) return [];
  const name = object.value.attributes['displayName'];
  return [
    {
      key,
      source: fingerprintOf(deps, object.value),
      heldBy: operator,
      heldAt: deps.clock().toISOString(),
      planId: '',
      cycleId: heldIn ?? cycleId,
      name: typeof name === 'string' ? name : '',
      way: null,
      allows: null,
      isLast: false,
    },
  ];
}
