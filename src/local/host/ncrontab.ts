/**
 * Azure's timer schedules: six fields `second minute hour day month day-of-week` (five without the seconds), in UTC. A time matches when
 * **all** fields match, day and day-of-week too (Unix cron takes either).
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export interface Schedule {
  /** The first matching instant strictly after `after`. @throws Error when there is none (30 February). */
  next(after: Date): Date;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of week', min: 0, max: 6, words: DAYS },
];
/** Enough for any pair of date and weekday: 29 February falls on each weekday once in 28 years, 40 across the turn of a century. */
const HORIZON_YEARS = 41;

/** Reads a schedule. @throws Error naming the field that is wrong. */
export function parseSchedule(expression: string): Schedule {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) throw new Error(`Schedule "${expression}" must have 5 or 6 fields`);
  const texts = parts.length === 5 ? ['0', ...parts] : parts;
  const [seconds, minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    parseField(texts[index] ?? '', field),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  return {
    next(after) {
      const time = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
      const lastYear = time.getUTCFullYear() + HORIZON_YEARS;
      // Each step skips to the start of the next unit that may match, so that a yearly schedule takes hundreds of steps, not millions.
      while (time.getUTCFullYear() <= lastYear) {
        if (!months.has(time.getUTCMonth() + 1)) time.setTime(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1));
        else if (!days.has(time.getUTCDate()) || !weekdays.has(time.getUTCDay())) time.setUTCHours(24, 0, 0, 0);
        else if (!hours.has(time.getUTCHours())) time.setUTCMinutes(60, 0, 0);
        else if (!minutes.has(time.getUTCMinutes())) time.setUTCSeconds(60, 0);
        else if (!seconds.has(time.getUTCSeconds())) time.setUTCSeconds(time.getUTCSeconds() + 1);
        else return time;
      }
      throw new Error(`Schedule "${expression}" never occurs`);
    },
  };
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
    if (match === null) throw fieldError(text, field);
    const [, first = '', last, step] = match;
    const every = step === undefined ? 1 : Number(step);
    if (every < 1 || (first === '*' && last !== undefined)) throw fieldError(text, field);
    const from = first === '*' ? field.min : parseValue(first, field, text);
    // "5/15" means from 5 to the end, as in NCrontab.
    const to = last !== undefined ? parseValue(last, field, text) : first === '*' || step !== undefined ? field.max : from;
    if (to < from) throw fieldError(text, field);
    for (let value = from; value <= to; value += every) values.add(value);
  }
  return values;
}

function parseValue(text: string, field: Field, whole: string): number {
  const word = text.length >= 3 ? (field.words?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1) : -1;
  const value = word >= 0 ? word + field.min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.min && value <= field.max)) throw fieldError(whole, field);
  return value;
}

function fieldError(text: string, field: Field): Error {
  return new Error(`Schedule field "${field.name}" cannot be "${text}" (${field.min} to ${field.max})`);
}
