import { type DateParts, fromParts, type Instant, twentyFourHour } from './date-text';

/** A piece of a format: text as it is, or a specifier with its number of letters (`yyyy` is `y` four times). */
type FormatPart = { readonly literal: string } | { readonly letter: string; readonly count: number };

/** A compiled format, or why it was refused. */
export type DateFormatResult =
  | { readonly ok: true; readonly format: DateFormat }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

// Standard formats in the invariant culture. https://learn.microsoft.com/dotnet/standard/base-types/standard-date-and-time-format-strings
const standardFormats: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  M: 'MMMM dd',
  m: 'MMMM dd',
  O: "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
  o: "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
  R: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  r: "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
  s: "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
  Y: 'yyyy MMMM',
  y: 'yyyy MMMM',
};

const longest: Readonly<Record<string, number>> = { d: 4, f: 7, F: 7, h: 2, H: 2, K: 1, m: 2, M: 4, s: 2, t: 2, y: 5, z: 3 };

/**
 * Reads a .NET custom (or one-letter standard) date format in the invariant culture. Refuses what it cannot honour: eras (`g`), unknown
 * one-letter formats, runs of letters that are too long. Never throws.
 * @see https://learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings
 */
export function compileDateFormat(text: string): DateFormatResult {
  if (text === '') return { ok: false, message: 'the date format is empty' };
  if (text.length > 200) return { ok: false, message: 'the date format is longer than 200 characters' };
  const expanded = text.length === 1 ? standardFormats[text] : text;
  if (expanded === undefined) {
    return {
      ok: false,
      message: `\`${text}\` is not a known date format`,
      hint: `a single letter of a custom format is written \`%${text}\``,
    };
  }
  const parts: FormatPart[] = [];
  for (let index = 0; index < expanded.length; ) {
    const character = expanded[index] ?? '';
    if (character === "'" || character === '"') {
      const end = expanded.indexOf(character, index + 1);
      if (end < 0) return { ok: false, message: `the date format has a quotation mark ${character} that is never closed` };
      parts.push({ literal: expanded.slice(index + 1, end) });
      index = end + 1;
    } else if (character === '\\' || character === '%') {
      const next = expanded[index + 1];
      if (next === undefined || (character === '%' && next === '%'))
        return { ok: false, message: `the date format ends after \`${character}\`` };
      if (character === '\\') parts.push({ literal: next });
      index += character === '\\' ? 2 : 1;
    } else if (character === 'g') {
      return { ok: false, message: 'the era `g` in a date format is not supported', hint: 'write it as text: `"A.D."`' };
    } else if (longest[character] !== undefined) {
      let end = index;
      while (expanded[end] === character) end += 1;
      const count = end - index;
      if (count > (longest[character] ?? 0))
        return { ok: false, message: `\`${expanded.slice(index, end).slice(0, 20)}\` is not part of a date format` };
      parts.push({ letter: character, count });
      index = end;
    } else {
      parts.push({ literal: character });
      index += 1;
    }
  }
  return { ok: true, format: new DateFormat(parts) };
}

/** A date format that can read and write. Names of months and days are English (the invariant culture). */
export class DateFormat {
  constructor(private readonly parts: readonly FormatPart[]) {}

  /** Writes an instant in UTC. */
  write(instant: Instant): string {
    const date = new Date(instant.epochMs);
    let text = '';
    for (const part of this.parts) {
      if ('literal' in part) {
        text += part.literal;
      } else if (part.letter === 'F') {
        const digits = writePart({ letter: 'f', count: part.count }, date, instant).replace(/0+$/, '');
        text = digits === '' && text.endsWith('.') ? text.slice(0, -1) : text + digits;
      } else {
        text += writePart(part, date, instant);
      }
    }
    return text;
  }

  /**
   * Reads a text that follows the format, with blanks before and after allowed as the service does by default. Missing date parts are
   * `now`'s day when the format has no date at all, else the first of the year or month. `undefined` when the text does not follow the format.
   */
  read(source: string, now: Date): Instant | undefined {
    const text = source.length > 500 ? '' : source.trim();
    const found: Found = {};
    let position = 0;
    for (const [index, part] of this.parts.entries()) {
      const next = this.parts[index + 1];
      const width =
        'literal' in part ? readLiteral(part.literal, next, text, position) : readPart(part, text, position, found, next);
      if (width === undefined) return undefined;
      position += width;
    }
    return position === text.length ? complete(found, now) : undefined;
  }
}

interface Found {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  hour12?: number;
  half?: string;
  minute?: number;
  second?: number;
  fraction?: number;
  offset?: number;
  weekday?: number;
}

function complete(found: Found, now: Date): Instant | undefined {
  const hasDate = found.year !== undefined || found.month !== undefined || found.day !== undefined;
  const hour12 =
    found.hour12 === undefined
      ? undefined
      : found.half === undefined
        ? found.hour12 % 12
        : twentyFourHour(found.hour12, found.half);
  if (found.hour12 !== undefined && (hour12 === undefined || found.hour12 < 1 || found.hour12 > 12)) return undefined;
  const parts: DateParts = {
    year: found.year ?? now.getUTCFullYear(),
    month: found.month ?? (hasDate ? 1 : now.getUTCMonth() + 1),
    day: found.day ?? (hasDate ? 1 : now.getUTCDate()),
    hour: found.hour ?? hour12 ?? 0,
    minute: found.minute ?? 0,
    second: found.second ?? 0,
    fraction: found.fraction ?? 0,
    ...(found.offset === undefined ? {} : { offsetMinutes: found.offset }),
  };
  const instant = fromParts(parts);
  if (instant === undefined || found.weekday === undefined) return instant;
  const local = new Date(instant.epochMs + (found.offset ?? 0) * 60_000);
  return local.getUTCDay() === found.weekday ? instant : undefined;
}

function readLiteral(literal: string, next: FormatPart | undefined, text: string, position: number): number | undefined {
  // `F` writes no point when there is no fraction, so it must read back without one.
  if (literal === '.' && next !== undefined && 'letter' in next && next.letter === 'F' && text[position] !== '.') return 0;
  return text.startsWith(literal, position) ? literal.length : undefined;
}

function writePart(part: { letter: string; count: number }, date: Date, instant: Instant): string {
  const pad = (value: number): string => String(value).padStart(part.count, '0');
  switch (part.letter) {
    case 'd':
      if (part.count > 2) return shorten(days[date.getUTCDay()] ?? '', part.count);
      return pad(date.getUTCDate());
    case 'M':
      if (part.count > 2) return shorten(months[date.getUTCMonth()] ?? '', part.count);
      return pad(date.getUTCMonth() + 1);
    case 'y':
      return part.count > 2 ? pad(date.getUTCFullYear()) : pad(date.getUTCFullYear() % 100);
    case 'H':
      return pad(date.getUTCHours());
    case 'h':
      return pad(date.getUTCHours() % 12 || 12);
    case 'm':
      return pad(date.getUTCMinutes());
    case 's':
      return pad(date.getUTCSeconds());
    case 't':
      return (date.getUTCHours() < 12 ? 'AM' : 'PM').slice(0, part.count);
    case 'f':
      return String(date.getUTCMilliseconds() * 10_000 + instant.ticks)
        .padStart(7, '0')
        .slice(0, part.count);
    case 'K':
      return instant.isUtc ? 'Z' : '';
    default:
      return part.count === 1 ? '+0' : part.count === 2 ? '+00' : '+00:00';
  }
}

function shorten(name: string, count: number): string {
  return count === 3 ? name.slice(0, 3) : name;
}

function readPart(
  part: { letter: string; count: number },
  text: string,
  position: number,
  found: Found,
  next: FormatPart | undefined,
): number | undefined {
  const rest = text.slice(position, position + 40);
  const digits = (min: number, max: number): string | undefined => {
    const run = /^\d+/.exec(rest)?.[0].slice(0, max);
    return run !== undefined && run.length >= min ? run : undefined;
  };
  const keep = (
    key: 'day' | 'month' | 'hour' | 'hour12' | 'minute' | 'second',
    value: string | undefined,
  ): number | undefined => {
    if (value === undefined) return undefined;
    found[key] = Number(value);
    return value.length;
  };
  switch (part.letter) {
    case 'd':
      if (part.count > 2) return readName(days, part.count, rest, (index) => Object.assign(found, { weekday: index }));
      return keep('day', digits(part.count, 2));
    case 'M':
      if (part.count > 2) return readName(months, part.count, rest, (index) => Object.assign(found, { month: index + 1 }));
      return keep('month', digits(part.count, 2));
    case 'y': {
      const year = part.count > 2 ? digits(part.count === 3 ? 3 : part.count, Math.max(4, part.count)) : digits(part.count, 2);
      if (year === undefined) return undefined;
      // .NET's invariant calendar puts two-digit years between 1950 and 2049.
      found.year = part.count > 2 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
      return year.length;
    }
    case 'H':
      return keep('hour', digits(part.count, 2));
    case 'h':
      return keep('hour12', digits(part.count, 2));
    case 'm':
      return keep('minute', digits(part.count, 2));
    case 's':
      return keep('second', digits(part.count, 2));
    case 't': {
      const half = (part.count === 1 ? /^[AaPp]/ : /^[AaPp][Mm]/).exec(rest)?.[0];
      if (half !== undefined) found.half = half;
      return half?.length;
    }
    case 'f':
    case 'F': {
      const fraction = part.letter === 'f' ? digits(part.count, part.count) : (digits(0, part.count) ?? '');
      if (fraction === undefined) return undefined;
      found.fraction = Number(fraction.padEnd(7, '0'));
      return fraction.length;
    }
    default:
      return readOffset(part, rest, found, next);
  }
}

function readOffset(
  part: { letter: string; count: number },
  rest: string,
  found: Found,
  next: FormatPart | undefined,
): number | undefined {
  if (part.letter === 'K' && !/^[Zz+-]/.test(rest)) return 0;
  const pattern = part.letter === 'K' || part.count === 3 ? /^(?:[Zz]|([+-])(\d{1,2}):?(\d{2}))/ : /^([+-])(\d{1,2})/;
  const match = pattern.exec(rest);
  if (match === null || (next === undefined && match[0].length < rest.length)) return undefined;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  found.offset = match[1] === '-' ? -minutes : minutes;
  return match[0].length;
}

function readName(names: readonly string[], count: number, rest: string, keep: (index: number) => void): number | undefined {
  const lower = rest.toLowerCase();
  const index = names.findIndex((name) => lower.startsWith(shorten(name, count).toLowerCase()));
  if (index < 0) return undefined;
  keep(index);
  return shorten(names[index] ?? '', count).length;
}
