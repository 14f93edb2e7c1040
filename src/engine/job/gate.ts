import type { EngineDeps } from '../deps';
import { readJob } from './job-state';
import { hasOtherSystems } from './same-systems';

/** How long an item waits before it asks again whether work may go on. */
export const HELD_DEFER_MS = 5 * 60_000;

/** How long a look at the job's state serves all workers of this process. */
const LOOK_MS = 5_000;

/** Tells workers whether the job wants them to wait: it is stopped, its credential was refused, or its links are of other systems. */
export interface Gate {
  /** Milliseconds to wait, or 0 to go on. */
  holdMs(): Promise<number>;
}

/** Looks at the job's state at most every few seconds, whatever the number of workers. */
export function makeGate(deps: Pick<EngineDeps, 'state' | 'clock' | 'settings'>): Gate {
  let looked: { readonly atMs: number; readonly holdMs: number } | undefined;
  return {
    async holdMs() {
      const atMs = deps.clock().getTime();
      if (looked && atMs - looked.atMs < LOOK_MS && atMs >= looked.atMs) return looked.holdMs;
      const { value: job } = await readJob(deps.state);
      const isRefused = job.quarantine?.reason === 'EncounteredQuarantineException';
      const isHeld = job.holdItems || isRefused || (await hasOtherSystems(deps.state, deps.settings));
      looked = { atMs, holdMs: isHeld ? HELD_DEFER_MS : 0 };
      return looked.holdMs;
    },
  };
}
