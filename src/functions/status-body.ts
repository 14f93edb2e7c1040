import { REMOVAL_KINDS, type RemovalKind } from '../core/brake';
import { isOverSource } from '../engine/cycle/close-cycles';
import { type CycleStatus, taskExecution } from '../engine/job/executions';
import type { SampleObject } from '../engine/job/notify-samples';
import type { JobStatus } from '../engine/queries/read-status';
import type { StatusView } from '../engine/queries/status-view';
import { verdictOf } from '../engine/queries/verdict';
import type { Escrow } from '../ports/escrow-store';
import type { StagedDeletion } from '../ports/staged-deletion-store';
import { holdBody } from './holds';
import type { Body } from './http';
import { logUrl } from './log-url';
import type { StatusOfJob, SynchronizationStatus } from './shapes/status';

/**
 * The status as JSON: Graph's `synchronizationStatus` under `status`, ours beside it.
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus
 */
export function statusBody(view: StatusView): Body<typeof StatusOfJob> {
  const { status, now } = view;
  const { tone, headline, explanation, steps } = verdictOf(view);
  return {
    version: view.version,
    provisioningStatus: view.provisioningStatus,
    id: status.jobId,
    summary: { tone, headline, explanation, whatToDo: steps },
    schedule: { expression: view.schedule, state: scheduleState(view), nextRunAt: view.nextRunAt },
    status: synchronizationStatus(status, now),
    paused: pausedBody(status),
    users: usersBody(status),
    running: status.progress && { ...status.progress, why: whyOf(status) },
    cycles: status.cycles.map(cycleBody),
    escrows: {
      count: status.escrows.count,
      isCountExact: status.escrows.isCountExact,
      byCode: status.escrows.byCode,
      nextAttemptAt: status.escrows.nextAttemptAt,
      listed: status.escrows.listed.map(escrowBody),
    },
    stagedDeletions: {
      count: status.staged.count,
      isCountExact: status.staged.isCountExact,
      byKind: countsOf(status.staged.byKind),
      cycleIds: status.staged.cycleIds,
      causes: status.staged.causes,
      listed: status.staged.listed.map(stagedBody),
    },
    holds: {
      count: status.holds.count,
      isCountExact: status.holds.isCountExact,
      waiting: status.holds.waiting,
      oldestSinceDateTime: status.holds.oldestAt,
      heldBy: status.holds.heldBy,
      listed: status.holds.listed.map(holdBody),
    },
    drift: {
      repair: view.driftRepair,
      nextCheckAt: view.nextDriftAt,
      last: status.drift.last,
      failed: status.drift.failed,
    },
    leaving: { deletions: status.leaving.delete, erasures: status.leaving.erase },
    queueLength: status.queueLength,
    changeNotifications: view.changeNotifications,
    watchdog: status.watch,
    watermarkAt: status.watermarkAt,
    mappings: status.mappings,
    warnings: view.warnings,
  };
}

const countsOf = (byKind: JobStatus['staged']['byKind']): Record<RemovalKind, number> =>
  Object.fromEntries(REMOVAL_KINDS.map((kind) => [kind, byKind[kind] ?? 0])) as Record<RemovalKind, number>;

const scheduleState = ({ provisioningStatus, status }: StatusView): 'Active' | 'Disabled' | 'Paused' =>
  provisioningStatus === 'Off' ? 'Disabled' : status.job.paused ? 'Paused' : 'Active';

function synchronizationStatus(status: JobStatus, now: Date): Body<typeof SynchronizationStatus> {
  const closed = status.cycles.find(({ cycle, pending }) => isOverSource(cycle) && pending === 0 && !isReading(cycle));
  const { progress, quarantine } = status;
  return {
    code: status.code,
    countSuccessiveCompleteFailures: status.job.successiveFailures,
    escrowsPruned: false,
    lastExecution: closed ? taskExecution(closed) : null,
    lastSuccessfulExecution: status.lastExecutions.successful,
    lastSuccessfulExecutionWithExports: status.lastExecutions.successfulWithExports,
    progress: progress
      ? [
          {
            completedUnits: progress.completed,
            totalUnits: progress.total,
            units: 'objects',
            progressObservationDateTime: now.toISOString(),
          },
        ]
      : [],
    quarantine: quarantine && {
      currentBegan: quarantine.currentBegan,
      error: { code: quarantine.code, message: quarantine.message, tenantActionable: true },
      nextAttempt: quarantine.nextAttempt,
      reason: quarantine.reason,
      seriesBegan: quarantine.seriesBegan,
      seriesCount: quarantine.seriesCount,
      message: quarantine.message,
      failingRequest: quarantine.failingRequest ?? null,
      sampleObjects: quarantine.samples.map(sampleBody),
    },
    steadyStateFirstAchievedTime: status.job.steadyStateFirstAt,
    steadyStateLastAchievedTime: status.job.steadyStateLastAt,
    synchronizedEntryCountByType: [
      { key: 'User', value: status.linked.users },
      { key: 'Group', value: status.linked.groups },
      { key: 'Membership', value: status.linked.memberships },
    ],
    troubleshootingUrl: null,
  };
}

const pausedBody = ({ job }: JobStatus) =>
  job.paused ? { at: job.pausedAt, by: job.pausedBy, items: job.holdItems ? ('stop' as const) : ('finish' as const) } : null;

const usersBody = ({ linked, staged, escrows }: JobStatus) => ({
  linked: linked.users,
  ...linked.userStates,
  held: staged.users,
  failed: escrows.users,
  countedAt: linked.countedAt,
});

const isReading = ({ state, error }: CycleStatus['cycle']): boolean =>
  (state === 'importing' || state === 'enqueueing') && error === null;

const whyOf = (status: JobStatus): string | null =>
  status.cycles.find(({ cycle }) => cycle.cycleId === status.progress?.cycleId)?.cycle.why ?? null;

const cycleBody = ({ cycle, counts, pending }: CycleStatus) => ({ ...cycle, counts, pending });
const escrowBody = (escrow: Escrow) => ({ ...escrow, logUrl: logUrl(escrow.changeId) });
/** A held removal, without what only the brake needs to know. */
export function heldBody({ countedIn: _, isWider: __, ...row }: StagedDeletion) {
  return row;
}

const stagedBody = (row: StagedDeletion) => ({ ...heldBody(row), logUrl: logUrl(row.changeId) });
const sampleBody = (sample: SampleObject) => ({
  ...sample,
  logUrl: sample.changeId === null ? null : logUrl(sample.changeId),
});
