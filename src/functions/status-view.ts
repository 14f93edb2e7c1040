import type { ConfiguredApp } from '../compose';
import type { JobConfig } from '../config/config';
import { nextOccurrence } from '../config/ncrontab';
import { credentialEnd } from '../core/credential-end';
import { hintsVerdict } from '../engine/hints/hint-advice';
import type { DriftState } from '../engine/job/drift-state';
import { type JobStatus, readStatus } from '../engine/queries/read-status';
import { nextRunOf, type StatusView, warningsOf } from '../engine/queries/status-view';
import { VERSION } from '../version';
import { watchedJob } from './watched-job';

/** How the job stands, with what is shown beside it, for the API and for the console. */
export async function statusViewOf(app: ConfiguredApp): Promise<{ readonly view: StatusView; readonly status: JobStatus }> {
  const { config, deps } = app;
  const watched = watchedJob(app);
  const status = await readStatus(deps, watched);
  const now = deps.clock();
  const hints = hintsVerdict(config.source.changeNotifications === 'On', status.hints, now);
  const view: StatusView = {
    version: VERSION,
    provisioningStatus: config.job.status,
    schedule: config.job.schedule,
    nextRunAt: nextRunOf(status, config.job.status, watched.nextRun, now),
    nextDriftAt: nextDriftOf(config.job, status.drift, now),
    driftRepair: config.job.driftRepair,
    account: config.target.subdomain,
    tenantId: config.source.tenantId,
    status,
    changeNotifications: hints,
    warnings: warningsOf(
      app.warnings,
      status,
      config.job.status,
      credentialEnd(config.target.auth.kind, config.target.credentialEndsOn, now),
      hints,
      now,
    ),
    now,
  };
  return { view, status };
}

/** When the next comparison is due; at the earliest now, where one is due already. */
function nextDriftOf({ driftCheckSchedule, status }: JobConfig, { scheduledFrom }: DriftState, now: Date): string | null {
  if (driftCheckSchedule === null || status === 'Off') return null;
  const next = nextOccurrence(driftCheckSchedule, scheduledFrom === null ? now : new Date(scheduledFrom));
  return next === undefined ? null : (next < now ? now : next).toISOString();
}
