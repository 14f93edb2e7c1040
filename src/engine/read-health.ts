import { ProvisioningError } from '../core/errors';
import type { EngineDeps } from './deps';
import { readJob } from './job-state';

/** Longest time without a completed cycle before the watchdog speaks: several missed ticks of the default schedule. */
const SILENT_AFTER_MS = 2 * 3600_000;

/**
 * The health of the job: `fail` when storage does not answer, `warn` in quarantine or when no cycle has run for hours although
 * the job is on (a cycle that never runs is noticed too), else `pass`.
 */
export async function readHealth(deps: EngineDeps, job: { readonly status: 'On' | 'Off' }): Promise<'pass' | 'warn' | 'fail'> {
  try {
    const { value: state } = await readJob(deps.state);
    if (job.status === 'Off' || state.paused) return 'pass';
    if (state.quarantine) return 'warn';
    const [latest] = await deps.cycles.latest(1);
    if (!latest) return 'pass';
    const at = Date.parse(latest.endedAt ?? latest.startedAt);
    return deps.clock().getTime() - at > SILENT_AFTER_MS ? 'warn' : 'pass';
  } catch (error) {
    if (error instanceof ProvisioningError) return 'fail';
    throw error;
  }
}
