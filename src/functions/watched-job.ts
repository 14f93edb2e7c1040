import type { ConfiguredApp } from '../compose';
import { nextOccurrence } from '../config/ncrontab';
import type { WatchedJob } from '../engine/queries/read-health';

/** What the watchdog needs to know of the settings: whether the job is on, and when its cycles are due. */
export const watchedJob = ({ config: { job } }: ConfiguredApp): WatchedJob => ({
  status: job.status,
  nextRun: (after) => nextOccurrence(job.schedule, after),
});
