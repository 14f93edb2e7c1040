import type { LogFilter } from '../core/log-filter/filter';
import type { ProvisioningAction } from '../core/plan-model';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../core/record';

/** How many work items of a cycle ended how. Exact: a repeated work item counts once. */
export interface OutcomeCounts {
  /** By status and action, such as `success/create` or `skipped/other`. */
  readonly byOutcome: Readonly<Record<string, number>>;
  /** Skips by their code. */
  readonly bySkipReason: Readonly<Record<string, number>>;
  /** Failures by error code. */
  readonly byErrorCode: Readonly<Record<string, number>>;
  readonly total: number;
}

/** What to look for; every given condition must hold. Text is compared without case. */
export interface LogQuery {
  readonly cycleId?: string;
  readonly changeId?: string;
  readonly statuses?: readonly ProvisioningStatus[];
  readonly action?: ProvisioningAction;
  readonly skipReason?: string;
  readonly errorCode?: string;
  readonly sourceId?: string;
  readonly targetId?: string;
  /** The whole name, UPN or e-mail of either side. */
  readonly name?: string;
  /** A part of a name, UPN or e-mail of either side. */
  readonly nameContains?: string;
  /** ISO instant: at or after it. */
  readonly after?: string;
  /** ISO instant: strictly before it. */
  readonly before?: string;
  /** What must hold besides. */
  readonly filter?: LogFilter;
  /** Newest first unless it says so. */
  readonly isOldestFirst?: boolean;
}

/** A question that cannot be answered as asked: a `next` that no page gave, or a time that is not one. The caller's fault. */
export class InvalidLogQueryError extends RangeError {
  override readonly name = 'InvalidLogQueryError';
}

/**
 * One page, newest first unless asked otherwise. `next` is opaque and undefined on the last page; a page with `next` may be short or even
 * empty, when a long search found no more.
 */
export interface LogPage {
  readonly entries: readonly ProvisioningLogEntry[];
  readonly next?: string;
}

/** The provisioning log: exactly one entry per work item, kept until purged. */
export interface ProvisioningLog {
  /**
   * Records how a work item ended and counts it, both or neither. The entry is known by cycle and change id: a repeat adds an
   * attempt; it replaces the outcome only when the first was a failure and this one is not. Its `id` and `activityDateTime`, and
   * so its place in the log, stay those of the first.
   */
  record(entry: ProvisioningLogEntry): Promise<'recorded' | 'repeated'>;
  read(cycleId: string, changeId: string): Promise<ProvisioningLogEntry | undefined>;
  counts(cycleId: string): Promise<OutcomeCounts>;
  /**
   * Looks up by keys what it can; what only the filter decides is looked for entry by entry, for some seconds.
   * @param pageSize 1 to 1000. @throws InvalidLogQueryError
   */
  query(query: LogQuery, pageSize: number, next?: string): Promise<LogPage>;
  /** How many entries there are; undefined when they could not be counted within some seconds. @throws InvalidLogQueryError */
  count(query: LogQuery): Promise<number | undefined>;
  /** Removes entries older than the instant; returns how many. Bounded per call: call until 0. */
  purge(olderThan: Date): Promise<number>;
}
