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
      return `field "${field.name}" cannot be "${text}" (${field.min} to ${field.max})`;
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
