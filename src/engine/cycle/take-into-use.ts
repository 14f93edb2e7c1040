import { StaleStateError } from '../../core/errors';
import type { CycleContext } from '../import/cycle-context';
import { readJob, STATE_KEYS } from '../job/job-state';
import { AT_ONCE, LOOK_MS, versionInUse } from '../job/mappings-in-use';
import { rulesOf } from '../job/rules-in-use';
import { FILE_VERSION } from '../mappings';

/**
 * After this long every process works with the version that a cycle has taken into use. Durations only: clocks of different machines
 * are not compared.
 */
const FOLLOWED_AFTER_MS = LOOK_MS + 1_000;

const TRIES = 8;

/**
 * Makes the work items use the mappings of a cycle, once it has read what they need and before it puts the first item into the queue:
 *
 *   cycle under version 1 ─ its items: 1 ──────────────┐
 *   version 2 is activated                             │
 *   cycle under version 2 ─ reads ─ takes into use ─ waits until all have followed ─ its items, and those that are late: 2
 *
 * So at any time there is one version that items use, and an item that is late cannot undo what one of a later cycle has written.
 * Costs nothing where nobody has ever chosen a version.
 */
export async function takeIntoUse(context: CycleContext): Promise<void> {
  const { deps } = context;
  const { cycleId, kind, mappings, ...state } = context.cycle();
  if (mappings === undefined && kind === 'incremental') return;
  const version = mappings ?? FILE_VERSION;
  for (let tries = 1; ; tries += 1) {
    const { value: job, etag } = await readJob(deps.state);
    // What was taken into use without a cycle has not been waited for yet.
    if (versionInUse(job) === version && job.mappingsInUse?.cycleId !== AT_ONCE) {
      // Cut off while it waited, a cycle waits again.
      const isNew = job.mappingsInUse?.cycleId === cycleId && 'scopedAfter' in state && state.scopedAfter === null;
      if (isNew) await deps.sleep(FOLLOWED_AFTER_MS);
      return;
    }
    // Whoever continues the cycle in the place of this instance completes it by a change of what was just read.
    await context.fence();
    try {
      await deps.state.write(
        STATE_KEYS.job,
        { ...job, mappingsInUse: { version, cycleId }, rulesInUse: rulesOf(deps) },
        etag || null,
      );
    } catch (error) {
      if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
    }
  }
}
