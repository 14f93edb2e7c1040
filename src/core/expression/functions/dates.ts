import { type Call, type FunctionDefinition, parameters } from '../call';
import { fromFileTime, type Instant, isInRange, parseDate, printDate, toFileTime } from '../date-text';
import { compileDateFormat, type DateFormat } from '../dotnet-date-format';
import { EvaluationFailure, type Run } from '../run';

type Interval = 'yyyy' | 'm' | 'd' | 'ww' | 'h' | 'n' | 's';

const fixedMs: Readonly<Partial<Record<Interval, number>>> = { d: 86_400_000, ww: 604_800_000, h: 3_600_000, n: 60_000, s: 1000 };
const intervals: readonly string[] = ['yyyy', 'm', 'd', 'ww', 'h', 'n', 's'];
const intervalHint = 'yyyy, m, d, ww, h, n or s';

/** An argument as a date. Empty text is not a value; text that is not a date is refused at load if constant, else fails the evaluation. */
function date(call: Call, index: number): (run: Run) => Instant | null {
  const name = call.parameterName(index);
  const constant = call.constant(index);
  if (constant !== undefined && constant !== '' && parseDate(constant) === undefined) {
    call.refuse(index, `${name} is not a date`, 'write ISO 8601 or M/d/yyyy h:mm:ss tt, or convert it with FormatDateTime');
  }
  const source = call.text(index);
  return (run) => {
    const text = source(run);
    if (text === null || text.trim() === '') return null;
    const instant = parseDate(text);
    if (instant !== undefined) return instant;
    throw new EvaluationFailure(`${call.definition.name}: ${name} is not a date in ISO 8601 or M/d/yyyy h:mm:ss tt`);
  };
}

function interval(call: Call): (run: Run) => Interval | null {
  const constant = call.constant(0);
  if (constant !== undefined && !intervals.includes(constant))
    call.refuse(0, 'interval is not known', `write one of ${intervalHint}`);
  const source = call.text(0);
  return (run) => {
    const text = source(run);
    if (text === null) return null;
    if (!intervals.includes(text)) throw new EvaluationFailure(`${call.definition.name}: interval is not one of ${intervalHint}`);
    return text as Interval;
  };
}

const cDate: FunctionDefinition = {
  name: 'CDate',
  parameters: parameters('expression'),
  each: [0],
  build: (call) => {
    const source = date(call, 0);
    return (run) => {
      const instant = source(run);
      return instant === null ? null : printDate(instant.epochMs);
    };
  },
};

const dateAdd: FunctionDefinition = {
  name: 'DateAdd',
  parameters: parameters('interval, value, dateTime'),
  build: (call) => {
    const unit = interval(call);
    const amount = call.whole(1);
    const source = date(call, 2);
    return (run) => {
      const step = unit(run);
      const value = amount(run);
      const instant = source(run);
      if (step === null || value === null || instant === null) return null;
      const result = addTo(instant.epochMs, step, Number(value));
      if (!isInRange(result)) throw new EvaluationFailure('DateAdd: the date is outside the years 1 to 9999');
      return printDate(result);
    };
  },
};

/** Adds units; a day that the resulting month lacks becomes its last day, as in .NET. NaN when far out of range. */
function addTo(epochMs: number, unit: Interval, value: number): number {
  const ms = fixedMs[unit];
  if (ms !== undefined) return epochMs + value * ms;
  const day = new Date(epochMs).getUTCDate();
  const result = new Date(epochMs);
  result.setUTCDate(1);
  result.setUTCMonth(result.getUTCMonth() + (unit === 'yyyy' ? value * 12 : value));
  const daysInMonth = new Date(result);
  daysInMonth.setUTCMonth(daysInMonth.getUTCMonth() + 1, 0);
  result.setUTCDate(Math.min(day, daysInMonth.getUTCDate()));
  return result.getTime();
}

const dateDiff: FunctionDefinition = {
  name: 'DateDiff',
  parameters: parameters('interval, date1, date2'),
  build: (call) => {
    const unit = interval(call);
    const first = date(call, 1);
    const second = date(call, 2);
    return (run) => {
      const step = unit(run);
      const from = first(run);
      const to = second(run);
      if (step === null || from === null || to === null) return null;
      return String(difference(step, from.epochMs, to.epochMs) + 0);
    };
  },
};

/** Whole elapsed units for days and below, calendar boundaries crossed for years, months and weeks (which start on Sunday). */
function difference(unit: Interval, from: number, to: number): number {
  const a = new Date(from);
  const b = new Date(to);
  const years = b.getUTCFullYear() - a.getUTCFullYear();
  if (unit === 'yyyy') return years;
  if (unit === 'm') return years * 12 + b.getUTCMonth() - a.getUTCMonth();
  // 1970-01-01 was a Thursday: four days after a Sunday.
  const week = (epochMs: number): number => Math.floor((epochMs / 86_400_000 + 4) / 7);
  if (unit === 'ww') return week(to) - week(from);
  return Math.trunc((to - from) / (fixedMs[unit] ?? 1));
}

const now: FunctionDefinition = {
  name: 'Now',
  parameters: [],
  isVolatile: true,
  build: () => (run) => printDate(run.context.now.getTime()),
};

const dateFromNum: FunctionDefinition = {
  name: 'DateFromNum',
  parameters: parameters('value'),
  each: [0],
  build: (call) => {
    const source = call.whole(0);
    return (run) => {
      const fileTime = source(run);
      if (fileTime === null) return null;
      const epochMs = fromFileTime(fileTime);
      if (epochMs === undefined) throw new EvaluationFailure('DateFromNum: value is not a time before the year 10000');
      return printDate(epochMs);
    };
  },
};

const numFromDate: FunctionDefinition = {
  name: 'NumFromDate',
  parameters: parameters('value'),
  each: [0],
  build: (call) => {
    const source = date(call, 0);
    return (run) => {
      const instant = source(run);
      return instant === null ? null : toFileTime(instant).toString();
    };
  },
};

// https://learn.microsoft.com/dotnet/api/system.globalization.datetimestyles
const styles: readonly string[] =
  'None AllowLeadingWhite AllowTrailingWhite AllowInnerWhite AllowWhiteSpaces NoCurrentDateDefault AdjustToUniversal AssumeLocal AssumeUniversal RoundtripKind'.split(
    ' ',
  );

const formatDateTime: FunctionDefinition = {
  name: 'FormatDateTime',
  parameters: parameters('source, dateTimeStyles?, inputFormat, outputFormat'),
  each: [0],
  build: (call) => {
    const source = call.text(0);
    const given = (call.requireConstant(1) ?? '').split(/[,|]/).map((style) => style.trim().replace(/^DateTimeStyles\./, ''));
    const unknown = given.find((style) => style !== '' && !styles.includes(style));
    if (unknown !== undefined) call.refuse(1, 'dateTimeStyles is not known', `known are ${styles.slice(1).join(', ')}`);
    const input = readFormat(call, 2);
    const output = readFormat(call, 3);
    return (run) => {
      const text = source(run);
      if (text === null || text.trim() === '' || input === undefined || output === undefined) return null;
      const instant = input.read(text, run.context.now);
      if (instant === undefined) throw new EvaluationFailure('FormatDateTime: source does not follow inputFormat');
      return output.write(instant);
    };
  },
};

function readFormat(call: Call, index: number): DateFormat | undefined {
  const text = call.requireConstant(index);
  if (text === undefined) return undefined;
  const result = compileDateFormat(text);
  if (result.ok) return result.format;
  call.refuse(index, result.message, result.hint);
  return undefined;
}

/** Functions on dates. Between functions a date travels as text. */
export const dateFunctions: readonly FunctionDefinition[] = [
  cDate,
  dateAdd,
  dateDiff,
  now,
  dateFromNum,
  numFromDate,
  formatDateTime,
];
