import { type Seats, seatsOf } from '../../core/seats';
import type { EngineDeps } from '../deps';
import { WAITING_FOR_SEAT } from '../job/seat-ledger';

/** The seats as of a count, with those who wait for one now. @param used seats that were held when they were counted */
export async function readSeats(deps: Pick<EngineDeps, 'escrows' | 'settings'>, used: number): Promise<Seats> {
  let waiting = 0;
  for await (const page of deps.escrows.list()) waiting += page.filter(({ code }) => code === WAITING_FOR_SEAT).length;
  return seatsOf(deps.settings.agentSeats, used, waiting);
}
