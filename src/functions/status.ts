import type { App } from '../compose';
import { type CycleStatus, type JobStatus, readStatus, taskExecution } from '../engine/read-status';
import { type Handler, http, json } from './http';
import { VERSION } from './version';

/** `GET /api/status`: how the job stands, in the shape of Graph's `synchronizationStatus`, with ours beside it. */
export const makeStatus = (getApp: () => App): Handler =>
  http(async () => {
    const app = getApp();
    if (app.kind === 'notConfigured') {
      return json({ version: VERSION, status: { code: 'NotConfigured' }, problems: app.error.issues, warnings: app.warnings });
    }
    const status = await readStatus(app.deps);
    return json({
      version: VERSION,
      provisioningStatus: app.config.job.status,
      ...statusBody(status),
      warnings: app.warnings,
    });
  });

/** The status as JSON. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationstatus */
export function statusBody(status: JobStatus) {
  const closed = status.cycles.filter(({ cycle }) => cycle.state !== 'importing' && cycle.state !== 'enqueueing');
  const succeeded = closed.find(({ cycle, pending }) => pending === 0 && cycle.state !== 'failed');
  return {
    id: status.jobId,
    status: {
      code: status.code,
      countSuccessiveCompleteFailures: status.job.successiveFailures,
      escrowsPruned: false,
      lastExecution: closed[0] ? taskExecution(closed[0]) : null,
      lastSuccessfulExecution: succeeded ? taskExecution(succeeded) : null,
      progress: status.cycles.slice(0, 1).map(progressOf),
      quarantine: status.job.quarantine,
      steadyStateFirstAchievedTime: status.job.steadyStateFirstAt,
      steadyStateLastAchievedTime: status.job.steadyStateLastAt,
      synchronizedEntryCountByType: [
        { key: 'User', value: status.linkedUsers },
        { key: 'Group', value: status.linkedGroups },
        { key: 'Membership', value: status.memberships },
      ],
      troubleshootingUrl: null,
    },
    running: status.running && {
      cycleId: status.running.cycleId,
      kind: status.running.kind,
      phase: status.running.phase,
      why: status.running.why,
    },
    cycles: status.cycles.map(cycleBody),
    escrows: status.escrows,
    stagedDeletions: status.staged,
    queueLength: status.queueLength,
  };
}

const progressOf = ({ cycle, counts }: CycleStatus) => ({
  completedUnits: counts.total,
  totalUnits: cycle.enqueued,
  units: 'objects',
  progressObservationDateTime: new Date().toISOString(),
});

const cycleBody = ({ cycle, counts, pending }: CycleStatus) => ({ ...cycle, counts, pending });
