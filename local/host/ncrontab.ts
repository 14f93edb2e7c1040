import { ncrontabProblem, nextOccurrence } from '../../src/config/ncrontab';

/** When a timer fires. */
export interface Schedule {
  /** The first matching instant strictly after `after`. @throws Error when there is none (30 February). */
  next(after: Date): Date;
}

/** Reads a schedule. @throws Error naming the field that is wrong. */
export function parseSchedule(expression: string): Schedule {
  const problem = ncrontabProblem(expression);
  if (problem !== undefined) throw new Error(`Schedule "${expression}" ${problem}`);
  return {
    next(after) {
      const next = nextOccurrence(expression, after);
      if (next === undefined) throw new Error(`Schedule "${expression}" never occurs`);
      return next;
    },
  };
}
