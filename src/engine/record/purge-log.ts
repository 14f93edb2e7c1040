import { DAY_MS } from '../../core/time';
import type { EngineDeps } from '../deps';

/** How long one call may take; what is left waits for the next one. */
const BUDGET_MS = 20_000;
/** How often one call asks the log to purge: even a log that answers at once lets go of the caller. */
const MAX_CALLS = 50;

/** Removes the log entries that are older than the retention; returns how many. Bounded: a backlog goes away over several calls. */
export async function purgeLog(deps: Pick<EngineDeps, 'log' | 'clock'>, retentionDays: number): Promise<number> {
  const now = deps.clock().getTime();
  const olderThan = new Date(now - retentionDays * DAY_MS);
  let purged = 0;
  for (let calls = 1; calls <= MAX_CALLS; calls += 1) {
    const count = await deps.log.purge(olderThan);
    purged += count;
    if (count === 0 || deps.clock().getTime() - now >= BUDGET_MS) break;
  }
  return purged;
}
