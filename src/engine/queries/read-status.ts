import type { RemovalKind } from '../../core/brake';
import type { Quarantine } from '../../core/quarantine';
import type { CycleRecord } from '../../ports/cycle-store';
import type { Escrow } from '../../ports/escrow-store';
import type { DeliveryWarning } from '../../ports/notifier';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { isOverSource } from '../cycle/close-cycles';
import type { EngineDeps } from '../deps';
import { type HintsStatus, readHints } from '../hints/hint-state';
import { type DriftState, readDriftState } from '../job/drift-state';
import { type CycleStatus, type GoodExecutions, lastGood } from '../job/executions';
import { type HoldsStatus, heldSummary } from '../job/held-summary';
import { type JobState, type RunningCycle, readJob, STATE_KEYS } from '../job/job-state';
import { type LeaversAhead, readLeaversAhead } from '../job/leavers-ahead';
import { type LinkedCounts, shownCounts } from '../job/linked-counts';
import { activeVersion, versionInUse } from '../job/mappings-in-use';
import { type SampleObject, sampleObjects } from '../job/notify-samples';
import { STATUS_KEYS } from '../job/status-keys';
import { type ItemsWatch, watchItems } from '../job/watch-items';
import { type PermissionsStatus, readPermissions } from '../job/watch-permissions';
import { jobId } from '../record/log-entry';
import { type Watch, type WatchedJob, watchJob } from './read-health';
import { hasFileChanged } from './read-mappings';
import { makeProgress, type Progress } from './read-status-progress';

/** How many past cycles the status tells of. */
const CYCLES_SHOWN = 10;

/** How many escrows and staged deletions the status lists. */
const LISTED = 50;

/** How many causes of what is held the status lists. */
const CAUSES = 20;

/** How many rows of escrows and of staged deletions one look counts; beyond that the count is "at least". */
const COUNTED = 5_000;

/** The escrows as the status tells of them. */
export interface EscrowsStatus {
  /** Exact, or the least that there are when `isCountExact` is false. */
  readonly count: number;
  readonly isCountExact: boolean;
  /** How many of those counted are users; the rest are groups. */
  readonly users: number;
  /** How many of those counted failed with each code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** The first 50, in key order. */
  readonly listed: readonly Escrow[];
  /** The earliest next attempt among those counted; null when nothing will be tried again by itself. */
  readonly nextAttemptAt: string | null;
}

/** What the brake holds. */
export interface StagedStatus {
  /** Objects; exact, or the least that there are when `isCountExact` is false. */
  readonly count: number;
  readonly isCountExact: boolean;
  /** How many of the objects are users; the rest are groups. */
  readonly users: number;
  /** How many removals of each kind; a held group may stand for many memberships. */
  readonly byKind: Readonly<Partial<Record<RemovalKind, number>>>;
  readonly cycleIds: readonly string[];
  /** What is held for one cause, told together: the 20 most frequent, first the most frequent. */
  readonly causes: readonly HeldCause[];
  /** The first 50, in key order. */
  readonly listed: readonly StagedDeletion[];
}

/** Objects that are held for the same reason. */
export interface HeldCause {
  readonly kind: RemovalKind;
  readonly reason: string;
  readonly objects: number;
}

/** How the job stands, from the stores alone. */
export interface JobStatus {
  readonly jobId: string;
  readonly code: 'NotRun' | 'Active' | 'Paused' | 'Quarantine';
  readonly job: JobState;
  readonly quarantine: (Quarantine & { readonly samples: readonly SampleObject[] }) | null;
  /** The cycle that is importing or enqueueing right now. */
  readonly running: RunningCycle | null;
  /** Of the newest cycle whose work has not ended; null when nothing is under way. */
  readonly progress: Progress | null;
  /** Newest first. */
  readonly cycles: readonly CycleStatus[];
  readonly lastExecutions: GoodExecutions;
  readonly linked: LinkedCounts;
  readonly escrows: EscrowsStatus;
  readonly staged: StagedStatus;
  readonly holds: HoldsStatus;
  /** Whose accounts the days delete or erase within a week. */
  readonly leaving: LeaversAhead;
  /** About how many messages wait in the work queue. */
  readonly queueLength: number;
  readonly watch: Watch;
  readonly items: ItemsWatch;
  /** By which ways the last notice did not arrive; empty when it did. */
  readonly undelivered: readonly DeliveryWarning[];
  /** When Entra ID was last read to the end; null before the first time. */
  readonly watermarkAt: string | null;
  readonly permissions: PermissionsStatus;
  /** How the last comparison with Zendesk went. */
  readonly drift: DriftState;
  readonly hints: HintsStatus;
  readonly mappings: MappingsStatus;
}

/** Which version of the mappings is active. */
export interface MappingsStatus {
  /** What the next cycle begins with; 0 is the file. */
  readonly version: number;
  readonly hash: string;
  /** Since when and by whom; null for the file that nobody has chosen. */
  readonly since: string | null;
  readonly by: string | null;
  /** What work items use until a cycle has taken the active version into use. */
  readonly versionInUse: number;
  readonly hasFileChanged: boolean;
}

const outcomes = makeProgress();

/** Reads how the job stands. Counts are of objects, never of pages. Point reads and short ranges only, whatever the tenant's size. */
export async function readStatus(deps: EngineDeps, job: WatchedJob): Promise<JobStatus> {
  const [
    { value: state },
    running,
    latest,
    linked,
    escrows,
    staged,
    holds,
    queueLength,
    executions,
    undelivered,
    watch,
    permissions,
    items,
    drift,
    hints,
    leaving,
  ] = await Promise.all([
    readJob(deps.state),
    deps.state.read<RunningCycle | null>(STATE_KEYS.cycle),
    deps.cycles.latest(CYCLES_SHOWN),
    shownCounts(deps),
    readEscrows(deps),
    readStaged(deps),
    heldSummary(deps),
    deps.queue.approximateLength(),
    deps.state.read<GoodExecutions>(STATUS_KEYS.executions),
    deps.state.read<readonly DeliveryWarning[]>(STATUS_KEYS.undelivered),
    watchJob(deps, job),
    readPermissions(deps),
    watchItems(deps),
    readDriftState(deps),
    readHints(deps),
    readLeaversAhead(deps),
  ]);
  const cycles = await Promise.all(latest.map((cycle) => outcomes.of(deps, cycle)));
  const quarantine = state.quarantine && { ...state.quarantine, samples: await sampleObjects(deps, state.quarantine.sampleIds) };
  return {
    jobId: jobId(deps),
    code: codeOf(state, latest.length > 0),
    job: state,
    quarantine,
    running: running?.value ?? null,
    progress: outcomes.progress(cycles, running?.value ?? null, deps.clock()),
    cycles,
    lastExecutions: lastGood(executions?.value, cycles.filter(hasEnded)),
    linked,
    escrows,
    staged,
    holds,
    leaving,
    queueLength,
    watch,
    items,
    undelivered: undelivered?.value ?? [],
    watermarkAt: latest.find(isRead)?.endedAt ?? null,
    permissions,
    drift,
    hints,
    mappings: {
      version: activeVersion(state),
      hash: state.mappings?.hash ?? deps.mappings.file.schema.hash,
      since: state.mappings?.since ?? null,
      by: state.mappings?.by ?? null,
      versionInUse: versionInUse(state),
      hasFileChanged: hasFileChanged(deps, state),
    },
  };
}

const hasEnded = ({ cycle, pending }: CycleStatus): boolean => pending === 0 && isRead(cycle);

const isRead = (cycle: CycleRecord): boolean =>
  isOverSource(cycle) &&
  cycle.endedAt !== null &&
  cycle.state !== 'importing' &&
  cycle.state !== 'enqueueing' &&
  cycle.state !== 'failed';

function codeOf(job: JobState, hasRun: boolean): JobStatus['code'] {
  if (job.paused) return 'Paused';
  if (job.quarantine) return 'Quarantine';
  return hasRun ? 'Active' : 'NotRun';
}

async function readEscrows(deps: EngineDeps): Promise<EscrowsStatus> {
  const listed: Escrow[] = [];
  const byCode = new Map<string, number>();
  let [count, users] = [0, 0];
  let nextAttemptAt: string | null = null;
  let isCountExact = true;
  for await (const page of deps.escrows.list()) {
    count += page.length;
    listed.push(...page.slice(0, LISTED - listed.length));
    for (const { key, code, nextAttemptAt: at } of page) {
      if (key.type === 'user') users += 1;
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
      if (at !== null && (nextAttemptAt === null || at < nextAttemptAt)) nextAttemptAt = at;
    }
    isCountExact = count < COUNTED;
    if (!isCountExact) break;
  }
  return { count, isCountExact, users, byCode: Object.fromEntries(byCode), listed, nextAttemptAt };
}

async function readStaged(deps: EngineDeps): Promise<StagedStatus> {
  const byKind: Partial<Record<RemovalKind, number>> = {};
  const listed: StagedDeletion[] = [];
  const cycleIds = new Set<string>();
  const causes = new Map<string, HeldCause>();
  let [count, users] = [0, 0];
  let seen = 0;
  let isCountExact = true;
  for await (const page of deps.staged.list()) {
    seen += page.length;
    for (const row of page) {
      if (row.state !== 'staged') continue;
      count += 1;
      if (row.key.type === 'user') users += 1;
      byKind[row.kind] = (byKind[row.kind] ?? 0) + row.count;
      cycleIds.add(row.cycleId);
      const cause = `${row.kind} ${row.reason}`;
      causes.set(cause, { kind: row.kind, reason: row.reason, objects: (causes.get(cause)?.objects ?? 0) + 1 });
      if (listed.length < LISTED) listed.push(row);
    }
    if (seen >= COUNTED) {
      isCountExact = false;
      break;
    }
  }
  const frequent = [...causes.values()].sort((a, b) => b.objects - a.objects).slice(0, CAUSES);
  return { count, isCountExact, users, byKind, cycleIds: [...cycleIds], causes: frequent, listed };
}
