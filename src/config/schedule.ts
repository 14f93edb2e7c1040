import { ncrontabProblem } from './ncrontab';

const DEFAULT_SCHEDULE = '0 */20 * * * *';

/**
 * The schedule to register the timer with. A schedule that cannot be read gives the default here and is reported with all other
 * problems: a bad setting never yields an app without its functions. Needed while the app loads, so it does without the schema.
 */
export function cycleSchedule(env: Readonly<Record<string, string | undefined>>): string {
  const given = env.CYCLE_SCHEDULE?.trim();
  return given && ncrontabProblem(given) === undefined ? given : DEFAULT_SCHEDULE;
}
