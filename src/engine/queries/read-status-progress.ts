import type { CycleKind, CycleRecord } from '../../ports/cycle-store';
import type { OutcomeCounts } from '../../ports/provisioning-log';
import type { EngineDeps } from '../deps';
import { closedState } from '../job/cycle-counts';
import type { CycleStatus } from '../job/executions';
import type { RunningCycle } from '../job/job-state';

/** How far the work under way has come, in objects. */
export interface Progress {
  readonly cycleId: string;
  readonly kind: CycleKind;
  readonly phase: RunningCycle['phase'] | 'exporting';
  readonly completed: number;
  /** Objects of the cycle so far; grows while the cycle still reads, and is then final. */
  readonly total: number;
  /** False while the cycle still reads, so that the total may grow. */
  readonly isTotalFinal: boolean;
  /** Changed objects read from Entra ID so far. */
  readonly imported: number;
  readonly startedAt: string;
  /** ISO 8601, at the speed of the last minutes; null while nobody can tell. */
  readonly estimatedEndAt: string | null;
}

/** Counts of a closed cycle hardly ever change, so they are read again only after a while. */
const CLOSED_FRESH_MS = 60_000;
const KEPT = 64;

/** Speed is told from at least this much time. */
const MIN_SPAN_MS = 3_000;
/** And from the last minutes only: a cycle's pace changes. */
const MAX_SPAN_MS = 5 * 60_000;

/** Reads outcomes of cycles and remembers a little: the counts of closed cycles, and how fast the open one goes. */
export function makeProgress() {
  const closed = new WeakMap<EngineDeps, Map<string, { readonly counts: OutcomeCounts; readonly readAtMs: number }>>();
  const pace = new Map<string, { readonly atMs: number; readonly completed: number }[]>();

  return {
    /** A cycle with its counts. */
    async of(deps: EngineDeps, cycle: CycleRecord): Promise<CycleStatus> {
      const isClosed = cycle.state === 'succeeded' || cycle.state === 'entryLevelErrors' || cycle.state === 'failed';
      const known = closed.get(deps) ?? new Map();
      closed.set(deps, known);
      const nowMs = deps.clock().getTime();
      const kept = isClosed ? known.get(cycle.cycleId) : undefined;
      if (kept && nowMs - kept.readAtMs < CLOSED_FRESH_MS) return statusOf(cycle, kept.counts);
      const counts = await deps.log.counts(cycle.cycleId);
      if (isClosed) remember(known, cycle.cycleId, { counts, readAtMs: nowMs });
      return statusOf(cycle, counts);
    },

    /** How far the newest cycle with work left has come; null when nothing is under way. */
    progress(cycles: readonly CycleStatus[], running: RunningCycle | null, now: Date): Progress | null {
      const newest = cycles.find(({ cycle, pending }) => cycle.cycleId === running?.cycleId || pending > 0);
      if (!newest) return null;
      const { cycle, counts } = newest;
      const isReading = running?.cycleId === cycle.cycleId;
      const total = Math.max(isReading ? running.evaluated : 0, cycle.enqueued, counts.total);
      const isTotalFinal = !isReading;
      return {
        cycleId: cycle.cycleId,
        kind: cycle.kind,
        phase: isReading ? running.phase : 'exporting',
        completed: counts.total,
        total,
        isTotalFinal,
        imported: isReading ? running.imported : cycle.imported,
        startedAt: cycle.startedAt,
        estimatedEndAt: isTotalFinal ? estimate(cycle, counts.total, total, now.getTime()) : null,
      };
    },
  };

  function estimate(cycle: CycleRecord, completed: number, total: number, nowMs: number): string | null {
    const seen = (pace.get(cycle.cycleId) ?? []).filter(({ atMs }) => nowMs - atMs <= MAX_SPAN_MS);
    seen.push({ atMs: nowMs, completed });
    remember(pace, cycle.cycleId, seen.slice(-200));
    const first = seen[0];
    const isLong = first !== undefined && nowMs - first.atMs >= MIN_SPAN_MS && completed > first.completed;
    const from = isLong ? first : { atMs: Date.parse(cycle.startedAt), completed: 0 };
    const done = completed - from.completed;
    const spanMs = nowMs - from.atMs;
    if (done <= 0 || spanMs <= 0 || completed >= total) return null;
    return new Date(nowMs + ((total - completed) * spanMs) / done).toISOString();
  }
}

function statusOf(cycle: CycleRecord, counts: OutcomeCounts): CycleStatus {
  const pending = Math.max(0, cycle.enqueued - counts.total);
  // Finished is what has no work left, though only the next run of the timer closes the record.
  const isFinished = cycle.state === 'exporting' && pending === 0;
  return { cycle: isFinished ? { ...cycle, state: closedState(counts) } : cycle, counts, pending };
}

/** Keeps a few, the newest. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > KEPT && oldest !== undefined) map.delete(oldest);
}
