import { ncrontabProblem } from './ncrontab';
import { withoutWrapping } from './wrapping';

/** The schedules of the timers that a setting moves, by setting. Here and not in the schema: the app needs them before it loads that. */
export const TIMER_SCHEDULES = { CYCLE_SCHEDULE: '0 */20 * * * *' } as const;

/**
 * The schedule to register a timer with. One that cannot be read gives the default here and is reported with all other problems: a
 * bad setting never yields an app without its functions.
 */
export function timerSchedule(env: Readonly<Record<string, string | undefined>>, key: keyof typeof TIMER_SCHEDULES): string {
  const given = withoutWrapping(env[key] ?? '');
  return given !== '' && ncrontabProblem(given) === undefined ? given : TIMER_SCHEDULES[key];
}
