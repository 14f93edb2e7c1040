import type { ObjectKey } from '../../ports/stored';
import { changeIdFor } from '../change-id';
import { operatorCycle } from '../cycle/operator-cycle';
import type { EngineDeps } from '../deps';
import type { Initiator } from '../record/log-entry';
import { recordOperation } from '../record/operation-entry';
import { itemFor } from '../work-item';

/**
 * Forgets every stored failure; the next cycle tries their objects anew, as if for the first time. Were they only forgotten, the status
 * would call them in sync. Returns how many.
 */
export async function forgetEscrows(deps: EngineDeps): Promise<number> {
  let count = 0;
  for await (const page of deps.escrows.list()) {
    await deps.space.markDirty(page.map(({ key }) => key));
    for (const escrow of page) await deps.escrows.remove(escrow.key);
    count += page.length;
  }
  return count;
}

/** Forgets the stored failure of one object; the next cycle tries it as if for the first time. Idempotent. @returns false when there was none */
export async function forgetEscrow(deps: EngineDeps, operator: Initiator, key: ObjectKey): Promise<boolean> {
  const escrow = await deps.escrows.read(key);
  if (escrow) await deps.space.markDirty([key]);
  await deps.escrows.remove(key);
  await recordOperation(deps, operator, {
    description: escrow ? 'The stored failure was forgotten.' : 'There was no stored failure to forget.',
    details: escrow ? { errorCode: escrow.code, attempts: String(escrow.attempts) } : {},
    subject: key,
  });
  return escrow !== undefined;
}

/**
 * Puts one failed object into the queue now instead of at its next attempt; nothing is taken away by it. A repeat before the
 * try has ended puts the same change there again, which is carried out once.
 * @returns the cycle it runs in, undefined when there is no stored failure
 */
export async function retryEscrow(deps: EngineDeps, operator: Initiator, key: ObjectKey): Promise<string | undefined> {
  const escrow = await deps.escrows.read(key);
  if (!escrow) return undefined;
  const cycleId = changeIdFor(`retry ${escrow.changeId} ${escrow.attempts}`, key);
  if (!(await deps.cycles.read(cycleId))) {
    const why = 'An operator asked for another try of a failed object.';
    await deps.cycles.put(operatorCycle(deps, { cycleId, kind: 'onDemand', enqueued: 1, why }));
  }
  await deps.queue.enqueue([itemFor(cycleId, key)]);
  await recordOperation(deps, operator, { description: 'Another try was asked for.', details: { cycleId }, subject: key });
  return cycleId;
}
