import type { ObjectKey } from '../../ports/stores';
import { recoverFromBrake } from '../cycle/close-cycles';
import type { EngineDeps } from '../deps';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';

/** Objects that the entry of the log names; more are counted. */
const NAMED = 50;

/**
 * Drops held removals: nothing is taken away, and the brake does not wait for them any more. Whoever is still out of scope when a cycle looks
 * at them again, because they have changed in Entra ID or everything is read anew, is counted again. Idempotent.
 * @returns how many were held
 */
export async function dropStaged(deps: EngineDeps, operator: Initiator, only: ReadonlySet<string>): Promise<number> {
  const dropped: ObjectKey[] = [];
  for await (const page of deps.staged.list()) {
    const keys = page.filter(({ state, key }) => state === 'staged' && only.has(key.id)).map(({ key }) => key);
    await deps.staged.remove(keys);
    dropped.push(...keys);
  }
  await recoverFromBrake(deps);
  await recordOperation(deps, operator, {
    description: dropped.length > 0 ? `${dropped.length} held removals were dropped.` : 'There were no held removals to drop.',
    details: {
      objects: dropped
        .slice(0, NAMED)
        .map(({ id }) => id)
        .join(', '),
    },
  });
  return dropped.length;
}
