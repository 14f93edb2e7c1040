import type { EngineDeps } from '../deps';
import { changeDocument, type JobState } from './job-state';
import { STATUS_KEYS } from './status-keys';

/** What rarely changes, and is therefore not looked at in each cycle. */
export type RareLook = 'credential' | 'permissions' | 'accountChange';

/** When each was last looked at and nothing was wrong, ISO 8601; null where something was. */
export type Looks = Readonly<Partial<Record<RareLook, string | null>>>;

/** A revoked credential is noticed by whatever is written, and within this time where nothing is. */
const LOOK_EVERY_MS = 3600_000;

/** Whether a look is due: after an hour, and in each cycle that an operator asked for, that follows a fault, or that runs in quarantine. */
export function isLookDue(looks: Looks, job: JobState, look: RareLook, now: Date): boolean {
  const isQuarantined = job.quarantine !== null && job.quarantine.reason !== 'TooManyDeletes';
  if (job.runNow || job.stopped !== null || isQuarantined) return true;
  const at = looks[look];
  const ageMs = at ? now.getTime() - Date.parse(at) : Number.POSITIVE_INFINITY;
  return ageMs < 0 || ageMs >= LOOK_EVERY_MS;
}

/** When each was last looked at. */
export const readLooks = async ({ state }: Pick<EngineDeps, 'state'>): Promise<Looks> =>
  (await state.read<Looks>(STATUS_KEYS.looks))?.value ?? {};

/** Notes what a look found: one that found something wrong is due again with the next cycle. */
export async function noteLook(deps: Pick<EngineDeps, 'state' | 'clock'>, look: RareLook, isWell: boolean): Promise<void> {
  const at = isWell ? deps.clock().toISOString() : null;
  await changeDocument<Looks>(deps.state, STATUS_KEYS.looks, (looks) => ({ ...looks, [look]: at }));
}
