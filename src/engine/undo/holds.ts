import type { Hold } from '../../ports/hold-store';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, STORAGE_CONCURRENCY } from '../concurrently';
import { endHold, recordHoldEnd } from '../decide/held';
import type { EngineDeps } from '../deps';
import type { Initiator } from '../record/initiator';
import { recordOperation } from '../record/operation-entry';

/** Which holds are to end: all, those of one plan, or those of some objects. */
export type HoldChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'plan'; readonly planId: string }
  | { readonly kind: 'objects'; readonly keys: readonly ObjectKey[] };

/**
 * Ends holds: cycles follow the objects again, the next one first of all, and what they then lose is counted by the brake like anything else. A
 * way back that has not been carried out yet never is. Idempotent. Returns how many were held.
 */
export async function releaseHolds(deps: EngineDeps, operator: Initiator, choice: HoldChoice): Promise<number> {
  let released = 0;
  for await (const holds of chosen(deps, choice)) {
    await concurrently(holds, STORAGE_CONCURRENCY, async (hold) => {
      await recordHoldEnd(deps, hold, operator, 'it was released, so cycles follow it again');
      await endHold(deps, hold.key);
    });
    released += holds.length;
  }
  await recordOperation(deps, operator, {
    description: released > 0 ? `${released} held objects were released.` : 'There was nothing held to release.',
    details: { which: choice.kind === 'plan' ? `plan ${choice.planId}` : choice.kind, released: String(released) },
  });
  return released;
}

async function* chosen({ holds }: EngineDeps, choice: HoldChoice): AsyncGenerator<readonly Hold[], void> {
  if (choice.kind === 'objects') {
    const found = await concurrently(choice.keys, STORAGE_CONCURRENCY, (key) => holds.read(key));
    yield found.flatMap((stored) => stored?.value ?? []);
    return;
  }
  for await (const page of holds.list()) {
    yield choice.kind === 'all' ? page : page.filter(({ planId }) => planId === choice.planId);
  }
}

/** One page of what is held, in key order. @param after the last key of the page before */
export async function listHolds(
  { holds }: Pick<EngineDeps, 'holds'>,
  limit: number,
  after: ObjectKey | undefined,
): Promise<{ readonly holds: readonly Hold[]; readonly next: ObjectKey | undefined }> {
  const found: Hold[] = [];
  for await (const page of holds.list(after)) {
    found.push(...page);
    if (found.length > limit) break;
  }
  const shown = found.slice(0, limit);
  return { holds: shown, next: found.length > limit ? shown.at(-1)?.key : undefined };
}
