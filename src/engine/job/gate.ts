import type { EngineDeps } from '../deps';
import { readJob } from './job-state';
import { LOOK_MS, versionInUse } from './mappings-in-use';
import { hasOtherSystems } from './same-systems';

/** How long an item waits before it asks again whether work may continue. */
export const HELD_DEFER_MS = 5 * 60_000;

/** Tells workers whether the job wants them to wait: it is stopped, its credential was refused, or its links are of other systems. */
export interface Gate {
  /** Milliseconds to wait, or 0 to continue. */
  holdMs(): Promise<number>;
  /** The version of the mappings to work with; at most {@link LOOK_MS} old. */
  mappings(): Promise<number>;
  /** What work items last went by, as {@link rulesOf} has it; as old. */
  rules(): Promise<string | null>;
}

/** What a look at the job's state found. */
interface Look {
  readonly atMs: number;
  readonly isHeld: boolean;
  readonly mappings: number;
  readonly rules: string | null;
}

/**
 * Looks at the job's state at most every few seconds while the gate is open. Closed, it is asked each time: what an operator lets go is
 * tried at once, and an item that is put back costs more than the look.
 */
export function makeGate(deps: Pick<EngineDeps, 'state' | 'clock' | 'settings'>): Gate {
  let last: Look | undefined;
  const look = async (): Promise<Look> => {
    const atMs = deps.clock().getTime();
    if (last && !last.isHeld && atMs - last.atMs < LOOK_MS && atMs >= last.atMs) return last;
    const { value: job } = await readJob(deps.state);
    const isRefused = job.quarantine?.reason === 'EncounteredQuarantineException';
    const isHeld = job.holdItems || isRefused || (await hasOtherSystems(deps.state, deps.settings));
    last = { atMs, isHeld, mappings: versionInUse(job), rules: job.rulesInUse };
    return last;
  };
  return {
    holdMs: async () => ((await look()).isHeld ? HELD_DEFER_MS : 0),
    mappings: async () => (await look()).mappings,
    rules: async () => (await look()).rules,
  };
}
