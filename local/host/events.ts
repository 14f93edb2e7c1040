import type { LogLevel } from './core-types';

/** A line of the app, the library, this host, or the process's standard output (`console`). */
export interface LogEvent {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly level: LogLevel;
  /** As in Azure: `Function.<name>` (host), `Function.<name>.User` (the app), `Host.…`, `Worker`; `console` for bare output. */
  readonly category: string;
  readonly message: string;
  readonly invocationId?: string;
}

/** What set a function off. */
export type TriggerKind = 'http' | 'queue' | 'timer';
/** How an invocation ended; `timedOut` when `functionTimeout` passed before it did. */
export type Outcome = 'succeeded' | 'failed' | 'timedOut';

/** One invocation that has ended. */
export interface InvocationEvent {
  readonly functionName: string;
  readonly invocationId: string;
  readonly trigger: TriggerKind;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** What was thrown, in words; undefined after a success. */
  readonly error?: string;
}

/** One function of the app, as far as a caller of the host needs to know it. */
export interface FunctionSummary {
  readonly name: string;
  readonly trigger: TriggerKind | 'unknown';
  /** HTTP only: `api/logs`, with its parameters in braces. */
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly queueName?: string;
  readonly schedule?: string;
  /** Why the function does not run, such as a schedule that cannot be read; the others run all the same. */
  readonly error?: string;
}

/** Takes a log line. */
export type Log = (level: LogLevel, category: string, message: string, invocationId?: string) => void;

/** `12:00:01 [warning] Function.status.User: text`, line breaks in the text made visible so that one event stays one line. */
export function formatLogLine(event: LogEvent): string {
  return `${event.at.slice(11, 19)} [${event.level}] ${event.category}: ${event.message.replace(/\r?\n/g, '\\n')}`;
}
