import type { AppHostOptions } from './app-host';
import type { FunctionSummary, InvocationEvent, LogEvent } from './events';

/** What the parent tells the process that hosts the app. */
export type ToChild =
  | { readonly kind: 'start'; readonly options: AppHostOptions }
  | { readonly kind: 'runTimer'; readonly requestId: number; readonly name: string }
  | { readonly kind: 'stop'; readonly graceMs: number };

/** What that process tells its parent. Times are milliseconds since the epoch, with fractions; memory is in bytes. */
export type FromChild =
  | { readonly kind: 'firstFunction'; readonly at: number; readonly cpuMs: number }
  | {
      readonly kind: 'ready';
      readonly at: number;
      readonly port: number;
      readonly functions: readonly FunctionSummary[];
      readonly baselineRssBytes: number;
    }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'log'; readonly event: LogEvent }
  | { readonly kind: 'invocation'; readonly event: InvocationEvent }
  | { readonly kind: 'ran'; readonly requestId: number; readonly error?: string }
  | { readonly kind: 'stopped'; readonly peakRssBytes: number };
