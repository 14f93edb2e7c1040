import { SETTINGS } from './schema';

const DEFAULT_SCHEDULE = '0 */20 * * * *';

/**
 * The schedule to register the timer with. A schedule that cannot be read gives the default here and is reported with all other
 * problems: a bad setting never yields an app without its functions.
 */
export function cycleSchedule(env: Readonly<Record<string, string | undefined>>): string {
  const given = env.CYCLE_SCHEDULE?.trim();
  if (!given) return DEFAULT_SCHEDULE;
  const parsed = SETTINGS.CYCLE_SCHEDULE.parse.safeParse(given);
  return parsed.success ? parsed.data : DEFAULT_SCHEDULE;
}
