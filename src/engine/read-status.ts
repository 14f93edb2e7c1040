import type { OutcomeCounts } from '../ports/provisioning-log';
import type { CycleRecord, Escrow } from '../ports/stores';
import { failures } from './close-cycles';
import type { EngineDeps } from './deps';
import { type JobState, type RunningCycle, readJob, STATE_KEYS } from './job-state';
import { jobId } from './log-entry';

/** How many past cycles the status tells of. */
const CYCLES_SHOWN = 10;

/** How many escrows and staged deletions the status lists; their counts are whole. */
const LISTED = 50;

/** One cycle with its true counts. */
export interface CycleStatus {
  readonly cycle: CycleRecord;
  readonly counts: OutcomeCounts;
  /** Work items not yet ended. */
  readonly pending: number;
}

/** How the job stands, from the stores alone. */
export interface JobStatus {
  readonly jobId: string;
  readonly code: 'NotRun' | 'Active' | 'Paused' | 'Quarantine';
  readonly job: JobState;
  /** The cycle that is importing or enqueueing right now. */
  readonly running: RunningCycle | null;
  /** Newest first. */
  readonly cycles: readonly CycleStatus[];
  readonly linkedUsers: number;
  readonly linkedGroups: number;
  readonly memberships: number;
  readonly escrows: { readonly count: number; readonly listed: readonly Escrow[] };
  readonly staged: { readonly count: number; readonly byKind: Readonly<Record<string, number>> };
  readonly queueLength: number;
}

/** Reads how the job stands. Counts are of objects, never of pages. */
export async function readStatus(deps: EngineDeps): Promise<JobStatus> {
  const [{ value: job }, running, latest, linkedUsers, linkedGroups, memberships, escrows, staged, queueLength] =
    await Promise.all([
      readJob(deps.state),
      deps.state.read<RunningCycle | null>(STATE_KEYS.cycle),
      deps.cycles.latest(CYCLES_SHOWN),
      deps.links.countLinks('user'),
      deps.links.countLinks('group'),
      deps.links.countMemberships(),
      readEscrows(deps),
      readStaged(deps),
      deps.queue.approximateLength(),
    ]);
  const cycles = await Promise.all(latest.map((cycle) => statusOf(deps, cycle)));
  return {
    jobId: jobId(deps),
    code: codeOf(job, latest.length > 0),
    job,
    running: running?.value ?? null,
    cycles,
    linkedUsers,
    linkedGroups,
    memberships,
    escrows,
    staged,
    queueLength,
  };
}

async function statusOf(deps: EngineDeps, cycle: CycleRecord): Promise<CycleStatus> {
  const counts = await deps.log.counts(cycle.cycleId);
  return { cycle, counts, pending: Math.max(0, cycle.enqueued - counts.total) };
}

function codeOf(job: JobState, hasRun: boolean): JobStatus['code'] {
  if (job.paused) return 'Paused';
  if (job.quarantine) return 'Quarantine';
  return hasRun ? 'Active' : 'NotRun';
}

async function readEscrows(deps: EngineDeps): Promise<JobStatus['escrows']> {
  const listed: Escrow[] = [];
  let count = 0;
  for await (const page of deps.escrows.list()) {
    count += page.length;
    listed.push(...page.slice(0, LISTED - listed.length));
  }
  return { count, listed };
}

async function readStaged(deps: EngineDeps): Promise<JobStatus['staged']> {
  const byKind: Record<string, number> = Object.create(null);
  let count = 0;
  for await (const page of deps.staged.list()) {
    for (const row of page) {
      if (row.state !== 'staged') continue;
      count += 1;
      byKind[row.kind] = (byKind[row.kind] ?? 0) + row.count;
    }
  }
  return { count, byKind };
}

/** A cycle in the shape of Graph's `synchronizationTaskExecution`. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationtaskexecution */
export function taskExecution({ cycle, counts }: CycleStatus) {
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
    error: cycle.error,
    state: cycle.state === 'failed' ? 'Failed' : failed > 0 ? 'EntryLevelErrors' : 'Succeeded',
    timeBegan: cycle.startedAt,
    timeEnded: cycle.endedAt,
  };
}

/** How many objects a cycle wrote to Zendesk. */
const exported = (counts: OutcomeCounts): number =>
  Object.entries(counts.byOutcome).reduce(
    (sum, [outcome, count]) => (/^(?:success|warning)\/(?:create|update|disable|delete)$/.test(outcome) ? sum + count : sum),
    0,
  );
