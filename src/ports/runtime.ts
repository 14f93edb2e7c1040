/** The current instant. */
export type Clock = () => Date;

/** A new random id (GUID). */
export type NewId = () => string;

/** Structured properties of a log line: ids and counts, never secrets or personal data. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Operational log: a constant message and key/values, with `cycleId`, `changeId`, `sourceId` where there are any. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
