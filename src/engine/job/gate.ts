import type { EngineDeps } from '../deps';
import { readJob } from './job-state';
import { hasOtherSystems } from './same-systems';

/** How long an item waits before it asks again whether work may continue. */
export const HELD_DEFER_MS = 5 * 60_000;

/** How long a look that found the gate open serves all workers of this process. */
const LOOK_MS = 5_000;

/** Tells workers whether the job wants them to wait: it is stopped, its credential was refused, or its links are of other systems. */
export interface Gate {
  /** Milliseconds to wait, or 0 to continue. */
  holdMs(): Promise<number>;
}

/**
 * Looks at the job's state at most every few seconds while the gate is open. Closed, it is asked each time: what an operator lets go is
 * tried at once, and an item that is put back costs more than the look.
 */
export function makeGate(deps: Pick<EngineDeps, 'state' | 'clock' | 'settings'>): Gate {
  let openAtMs: number | undefined;
  return {
    async holdMs() {
      const atMs = deps.clock().getTime();
      if (openAtMs !== undefined && atMs - openAtMs < LOOK_MS && atMs >= openAtMs) return 0;
      const { value: job } = await readJob(deps.state);
      const isRefused = job.quarantine?.reason === 'EncounteredQuarantineException';
      const isHeld = job.holdItems || isRefused || (await hasOtherSystems(deps.state, deps.settings));
      openAtMs = isHeld ? undefined : atMs;
      return isHeld ? HELD_DEFER_MS : 0;
    },
  };
}
