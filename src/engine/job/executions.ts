import type { CycleRecord } from '../../ports/cycle-store';
import type { OutcomeCounts } from '../../ports/provisioning-log';
import type { EngineDeps } from '../deps';
import { failures } from './cycle-counts';
import { changeDocument } from './job-state';
import { STATUS_KEYS } from './status-keys';

/** One cycle with its true counts. */
export interface CycleStatus {
  readonly cycle: CycleRecord;
  readonly counts: OutcomeCounts;
  /** Work items not yet ended. */
  readonly pending: number;
}

/** A cycle in the shape of Graph's `synchronizationTaskExecution`. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationtaskexecution */
export interface TaskExecution {
  readonly activityIdentifier: string;
  readonly countEntitled: number;
  readonly countEntitledForProvisioning: number;
  readonly countEscrowed: number;
  readonly countEscrowedRaw: number;
  readonly countExported: number;
  readonly countExports: number;
  readonly countImported: number;
  readonly countImportedDeltas: number;
  readonly countImportedReferenceDeltas: number;
  /** Graph's `synchronizationError`; null for a cycle that no error stopped. */
  readonly error: { readonly code: string; readonly message: string; readonly tenantActionable: boolean } | null;
  readonly state: 'Succeeded' | 'Failed' | 'EntryLevelErrors';
  readonly timeBegan: string;
  readonly timeEnded: string | null;
}

/** The last executions that went well; null while there is none. */
export interface GoodExecutions {
  readonly successful: TaskExecution | null;
  readonly successfulWithExports: TaskExecution | null;
}

/** Describes a cycle as Graph describes an execution of a job. Counts are of objects. */
export function taskExecution({ cycle, counts }: Pick<CycleStatus, 'cycle' | 'counts'>): TaskExecution {
  const failed = failures(counts);
  return {
    activityIdentifier: cycle.cycleId,
    countEntitled: counts.total,
    countEntitledForProvisioning: counts.total - (counts.bySkipReason['NotEffectivelyEntitled'] ?? 0),
    countEscrowed: failed,
    countEscrowedRaw: failed,
    countExported: exported(counts),
    countExports: exported(counts),
    countImported: cycle.imported,
    countImportedDeltas: cycle.imported,
    countImportedReferenceDeltas: 0,
    error: cycle.error && { ...cycle.error, tenantActionable: !NOBODYS_CONCERN.test(cycle.error.code) },
    state: cycle.state === 'failed' || cycle.error ? 'Failed' : failed > 0 ? 'EntryLevelErrors' : 'Succeeded',
    timeBegan: cycle.startedAt,
    timeEnded: cycle.endedAt,
  };
}

/** Codes that pass by themselves, or that only the maintainers can do something about. */
const NOBODYS_CONCERN = /_(?:THROTTLED|UNAVAILABLE|UNEXPECTED|CONFLICT|EXPIRED|BUG)$/;

/** Keeps a closed cycle as the last one that went well, if it did. Cycles with single failed objects count: the cycle itself went through. */
export async function keepExecution(deps: EngineDeps, cycle: CycleRecord, counts: OutcomeCounts): Promise<void> {
  await changeDocument<GoodExecutions>(deps.state, STATUS_KEYS.executions, (before) =>
    lastGood(before, [{ cycle, counts, pending: 0 }]),
  );
}

/**
 * The last executions that went well, as kept and as the newest cycles tell: one whose work has ended counts at once, though it is
 * closed only by the next run of the timer. Pure.
 */
export function lastGood(kept: GoodExecutions | undefined, ended: readonly CycleStatus[]): GoodExecutions {
  let successful = kept?.successful ?? null;
  let successfulWithExports = kept?.successfulWithExports ?? null;
  for (const one of ended) {
    const execution = taskExecution(one);
    if (execution.state === 'Failed') continue;
    successful = later(successful, execution);
    if (execution.countExports > 0) successfulWithExports = later(successfulWithExports, execution);
  }
  return { successful, successfulWithExports };
}

/** Cycles may close in another order than they began. */
const later = (before: TaskExecution | null, execution: TaskExecution): TaskExecution =>
  before && before.timeBegan > execution.timeBegan ? before : execution;

/** How many objects a cycle wrote to Zendesk. */
export const exported = (counts: OutcomeCounts): number =>
  Object.entries(counts.byOutcome).reduce(
    (sum, [outcome, count]) => (/^(?:success|warning)\/(?:create|update|disable|delete)$/.test(outcome) ? sum + count : sum),
    0,
  );
