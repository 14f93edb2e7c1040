/** The first and last instants a date can be, as .NET's DateTime: years 1 to 9999. Milliseconds since 1970, UTC. */
const minEpochMs = -62_135_596_800_000;
const maxEpochMs = 253_402_300_799_999;

/** Milliseconds from 1601-01-01, where Active Directory's file times start, to 1970-01-01. @see https://learn.microsoft.com/windows/win32/sysinfo/file-times */
const fileTimeOffsetMs = 11_644_473_600_000n;

/** A point in time. `ticks` are the 100-nanosecond units beyond the millisecond, 0 to 9999. `isUtc` is false when the text named no offset. */
export interface Instant {
  readonly epochMs: number;
  readonly ticks: number;
  readonly isUtc: boolean;
}

/** The parts of a date and time as written, before they are checked. `offsetMinutes` is east of UTC. */
export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** Fraction of a second in 100-nanosecond units, 0 to 9,999,999. */
  readonly fraction?: number;
  readonly offsetMinutes?: number;
}

/** Whether an instant is one .NET could hold. */
export function isInRange(epochMs: number): boolean {
  return epochMs >= minEpochMs && epochMs <= maxEpochMs;
}

/** Makes an instant of parts, or `undefined` when there is no such date (30 February, hour 25). Without offset the parts are UTC. */
export function fromParts(parts: DateParts): Instant | undefined {
  const { year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, offsetMinutes } = parts;
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetMinutes !== undefined && Math.abs(offsetMinutes) > 14 * 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1) return undefined;
  const milliseconds = Math.floor(fraction / 10_000);
  const epochMs = date.getTime() + ((hour * 60 + minute - (offsetMinutes ?? 0)) * 60 + second) * 1000 + milliseconds;
  if (!isInRange(epochMs)) return undefined;
  return { epochMs, ticks: fraction % 10_000, isUtc: offsetMinutes !== undefined };
}

const isoText =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/;
const usText = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?([AaPp][Mm]))?)?$/;

/**
 * Reads a date as the language knows it: ISO 8601 (also `2020-03-16-07:00`, also with a blank instead of `T`) or `M/d/yyyy h:mm:ss tt`.
 * Without an offset it is UTC. `undefined` when the text is not such a date.
 */
export function parseDate(text: string): Instant | undefined {
  const trimmed = text.length > 100 ? '' : text.trim();
  const iso = isoText.exec(trimmed);
  if (iso !== null) {
    const offset = iso[8] === undefined ? undefined : offsetMinutes(iso[8]);
    return fromParts({
      year: Number(iso[1]),
      month: Number(iso[2]),
      day: Number(iso[3]),
      hour: Number(iso[4] ?? 0),
      minute: Number(iso[5] ?? 0),
      second: Number(iso[6] ?? 0),
      fraction: fractionTicks(iso[7]),
      ...(offset === undefined ? {} : { offsetMinutes: offset }),
    });
  }
  const us = usText.exec(trimmed);
  if (us === null) return undefined;
  const hour = twentyFourHour(Number(us[4] ?? 0), us[8]);
  if (hour === undefined) return undefined;
  return fromParts({
    year: Number(us[3]),
    month: Number(us[1]),
    day: Number(us[2]),
    hour,
    minute: Number(us[5] ?? 0),
    second: Number(us[6] ?? 0),
    fraction: fractionTicks(us[7]),
  });
}

/** The hour of day for an hour with AM or PM; without one the hour is of 24. `undefined` when there is no such hour. */
export function twentyFourHour(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

/** 100-nanosecond units of the digits after the decimal point; what is finer is cut off. */
export function fractionTicks(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.slice(0, 7).padEnd(7, '0'));
}

/** Minutes east of UTC of `Z`, `+02`, `+0200` or `+02:00`. */
export function offsetMinutes(text: string): number {
  if (text.toLowerCase() === 'z') return 0;
  const digits = text.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return text.startsWith('-') ? -minutes : minutes;
}

/** The form in which dates travel between functions: `M/d/yyyy h:mm:ss tt`, UTC. */
export function printDate(epochMs: number): string {
  const date = new Date(epochMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  const hour = date.getUTCHours() % 12 || 12;
  const half = date.getUTCHours() < 12 ? 'AM' : 'PM';
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${year}`;
  return `${day} ${hour}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${half}`;
}

/** Active Directory's file time: 100-nanosecond units since 1601, UTC. */
export function toFileTime(instant: Instant): bigint {
  return (BigInt(instant.epochMs) + fileTimeOffsetMs) * 10_000n + BigInt(instant.ticks);
}

/** Milliseconds since 1970 of a file time, or `undefined` beyond the year 9999 (as in "never expires"). */
export function fromFileTime(fileTime: bigint): number | undefined {
  if (fileTime < 0n || fileTime > 4_000_000_000_000_000_000n) return undefined;
  const epochMs = Number(fileTime / 10_000n - fileTimeOffsetMs);
  return isInRange(epochMs) ? epochMs : undefined;
}
