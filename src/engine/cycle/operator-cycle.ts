import type { CycleRecord } from '../../ports/cycle-store';
import type { EngineDeps } from '../deps';

/** The record of a cycle that an operator asks for: it reads nothing over the source, so it begins with its work items on their way. */
export function operatorCycle(
  deps: Pick<EngineDeps, 'clock'>,
  asked: Pick<CycleRecord, 'cycleId' | 'kind' | 'enqueued' | 'why'> & Partial<Pick<CycleRecord, 'startedAt' | 'imported'>>,
): CycleRecord {
  const now = deps.clock().toISOString();
  return { state: 'exporting', startedAt: now, endedAt: now, staged: 0, imported: 0, error: null, ...asked };
}
