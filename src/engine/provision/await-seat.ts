import type { Plan } from '../../core/plan-model';
import { withoutSeat } from '../../core/seats';
import type { EngineDeps } from '../deps';
import { promiseSeats } from '../job/seat-ledger';
import type { Attempt } from './attempt';

/** What may be carried out of a plan with the seats that there are. */
export interface Seated {
  /** What may be; null where all of it waits. */
  readonly plan: Plan | null;
  readonly awaitsSeat: boolean;
}

/**
 * Asks for a seat before it is taken. Without one a new or adopted account waits as a whole, and of one that is linked the role alone.
 * What Zendesk itself refuses stays a failure of the object.
 * @param earlier what an earlier try is proved to have written: an account that it made or adopted counts as linked
 */
export async function seated(
  deps: EngineDeps,
  { item, pairing }: Attempt,
  {
    plan,
    seat,
    earlier,
  }: { readonly plan: Plan; readonly seat: 'takes' | 'frees' | undefined; readonly earlier: Plan | undefined },
): Promise<Seated> {
  if (seat !== 'takes') return { plan, awaitsSeat: false };
  const promised = await promiseSeats(deps, [item.sourceId]);
  if (promised.has(item.sourceId)) return { plan, awaitsSeat: false };
  return { plan: pairing.row.link || earlier ? withoutSeat(plan) : null, awaitsSeat: true };
}

/** What is said of somebody who waits for a seat. */
export const AWAITING_SEAT = {
  code: 'AwaitingSeat' as const,
  reason:
    'No agent seat is free (AGENT_SEATS). It is tried again with every cycle: free a seat in Zendesk, or buy more and raise AGENT_SEATS.',
};
