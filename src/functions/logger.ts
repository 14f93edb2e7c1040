import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields, Logger } from '../ports/runtime';

/** Where lines go: the log methods of the Functions `InvocationContext`. */
export interface LogSink {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** Longer texts are cut: a line must stay far below what Application Insights keeps of one (32 KiB). */
const MAX_TEXT = 1_000;
const MAX_LINE = 16_000;
/** A net below the rule that logs hold no personal data: whatever looks like an address is masked. Bounded, so it stays linear. */
const ADDRESS = /[^\s@"'<>,;:()]{1,64}@[^\s@"'<>,;:()]{1,255}/g;
const MASK = '[address]';

const current = new AsyncLocalStorage<LogSink>();

/** Runs work so that whatever it logs, however deep, belongs to that invocation. */
export const withinInvocation = <T>(sink: LogSink, work: () => T): T => current.run(sink, work);

/**
 * The app's logger. A line is the constant message, a space and the fields as one JSON object, which a query takes apart with
 * `parse_json(substring(message, indexof(message, "{")))`. Only texts, numbers and booleans fit into a field, so a `Secret` is
 * refused by the compiler. It goes to the invocation under way, else to `fallback`; without one, nowhere.
 */
export function makeLogger(fallback?: LogSink): Logger {
  const write = (level: keyof LogSink, message: string, fields?: LogFields): void => {
    (current.getStore() ?? fallback)?.[level](lineOf(message, fields));
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

/** The app's logger: each line goes to the invocation under way; outside of one there is nobody to tell. */
export const invocationLogger = makeLogger();

/** One line: message and fields. Absent fields are left out; control characters cannot break the line. */
export function lineOf(message: string, fields: LogFields = {}): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return message;
  const line = `${message} ${JSON.stringify(Object.fromEntries(entries.map(([key, value]) => [key, plain(value)])))}`;
  return line.length <= MAX_LINE ? line : `${message} ${JSON.stringify({ cut: line.length })}`;
}

function plain(value: LogFields[string]): LogFields[string] {
  if (typeof value !== 'string') return value;
  const text = value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return text.replace(ADDRESS, MASK);
}
