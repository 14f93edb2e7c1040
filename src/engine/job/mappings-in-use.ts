import type { EngineDeps } from '../deps';
import { FILE_VERSION, withMappings } from '../mappings';
import { type JobState, readJob } from './job-state';

/** How long a look at the job's state serves the workers of a process. */
export const LOOK_MS = 5_000;

/** In the place of a cycle, for a version that was taken into use without one. */
export const AT_ONCE = '';

/** The version that the next cycle begins with. */
export const activeVersion = (job: Pick<JobState, 'mappings'>): number => job.mappings?.version ?? FILE_VERSION;

/** The version that work items use. */
export const versionInUse = (job: Pick<JobState, 'mappingsInUse'>): number => job.mappingsInUse?.version ?? FILE_VERSION;

/** The same dependencies, to act now as the work items do. @throws ConfigError when the version cannot be used */
export async function withMappingsInUse(deps: EngineDeps): Promise<EngineDeps> {
  return withMappings(deps, versionInUse((await readJob(deps.state)).value));
}
