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

/**
 * What is wrong with a timer schedule; undefined when nothing is. Six fields `second minute hour day month day-of-week`, or five
 * without the seconds. The host would refuse the whole timer for a bad one, and say so only in its own log.
 *
 * Our own, because the libraries for cron read another language: croner refuses `January` and `Monday`, which NCRONTAB documents, and
 * takes `L`, `#`, `?`, `W`, `7` and `@daily`, which the host refuses. Stricter than the host where it takes what nobody means: a reversed
 * range (it makes `Sat-Sun` every day), a step of 0 and names of one or two letters.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export function ncrontabProblem(expression: string): string | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    return `has ${parts.length} fields; give six: second minute hour day month day-of-week, as in "0 */20 * * * *"`;
  }
  const fields = parts.length === 6 ? FIELDS : FIELDS.slice(1);
  for (const [index, field] of fields.entries()) {
    const text = parts[index] ?? '';
    if (!text.split(',').every((item) => isItem(item, field))) {
      return `field "${field.name}" cannot be "${text}": values are ${field.min} to ${field.max}, and a range runs from the lower to the higher`;
    }
  }
  return undefined;
}

function isItem(item: string, field: Field): boolean {
  const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
  if (match === null) return false;
  const [, first = '', last, step] = match;
  if (step !== undefined && Number(step) < 1) return false;
  if (first === '*') return last === undefined;
  const from = numberOf(first, field);
  if (from === undefined) return false;
  if (last === undefined) return true;
  const to = numberOf(last, field);
  return to !== undefined && to >= from;
}

function numberOf(text: string, field: Field): number | undefined {
  const word = text.length >= 3 ? (field.words?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1) : -1;
  if (word >= 0) return word + field.min;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

/** Enough for any pair of date and weekday: 29 February falls on each weekday once in 28 years, 40 across the turn of a century. */
const HORIZON_YEARS = 41;

/**
 * The first instant strictly after `after` (UTC) at which a schedule fires; undefined when it never does (30 February) or cannot be
 * read. A time matches when all fields match, day and day of week too.
 */
export function nextOccurrence(expression: string, after: Date): Date | undefined {
  if (ncrontabProblem(expression) !== undefined) return undefined;
  const parts = expression.trim().split(/\s+/);
  const texts = parts.length === 5 ? ['0', ...parts] : parts;
  const matches = FIELDS.map((field, index) => {
    const values = valuesOf(texts[index] ?? '', field);
    return (value: number): boolean => values.has(value);
  });
  const [second, minute, hour, day, month, weekday] = matches;
  if (!second || !minute || !hour || !day || !month || !weekday) return undefined;
  const time = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
  const lastYear = time.getUTCFullYear() + HORIZON_YEARS;
  // Each step skips to the start of the next unit that may match, so that a yearly schedule takes hundreds of steps, not millions.
  while (time.getUTCFullYear() <= lastYear) {
    if (!month(time.getUTCMonth() + 1)) time.setTime(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1));
    else if (!day(time.getUTCDate()) || !weekday(time.getUTCDay())) time.setUTCHours(24, 0, 0, 0);
    else if (!hour(time.getUTCHours())) time.setUTCMinutes(60, 0, 0);
    else if (!minute(time.getUTCMinutes())) time.setUTCSeconds(60, 0);
    else if (!second(time.getUTCSeconds())) time.setUTCSeconds(time.getUTCSeconds() + 1);
    else return time;
  }
  return undefined;
}

/** The values that a field of a readable schedule stands for. */
function valuesOf(text: string, field: Field): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [, first = '', last, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
    const from = first === '*' ? field.min : (numberOf(first, field) ?? field.min);
    // "5/15" means from 5 to the end, as in NCrontab.
    const end = first === '*' || step !== undefined ? field.max : from;
    const to = last === undefined ? end : (numberOf(last, field) ?? from);
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}
