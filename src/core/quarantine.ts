import { HOUR_MS } from './time';
/** Why the whole job is slowed down; Graph's names. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationquarantine */
export const QUARANTINE_REASONS = [
  'EncounteredBaseEscrowThreshold',
  'EncounteredTotalEscrowThreshold',
  'EncounteredEscrowProportionThreshold',
  'EncounteredQuarantineException',
  'TooManyDeletes',
  'QuarantinedOnDemand',
] as const;

/** One of these reasons. */
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** What an operator sees of a quarantine: the reason, the failing request, some of the objects. */
export interface QuarantineCause {
  readonly reason: QuarantineReason;
  readonly message: string;
  readonly code: string;
  /** The request that failed, such as `GET /api/v2/users/me → 401`; undefined where it is a matter of counts. */
  readonly failingRequest?: string;
  readonly sampleIds: readonly string[];
  /** How many objects failed in the cycle that led to it; undefined where it is not a matter of counts. */
  readonly failing?: number;
}

/** A quarantine in force. Instants are ISO 8601. */
export interface Quarantine extends QuarantineCause {
  /** When it began. */
  readonly seriesBegan: string;
  /** When the present reason began. */
  readonly currentBegan: string;
  /** How many cycles it has lasted. */
  readonly seriesCount: number;
  readonly nextAttempt: string;
}

/** The documented absolute limits. @see https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-quarantine-status */
export const ABSOLUTE_FAILURES = 40_000;
const ABSOLUTE_FAILURES_WITH_REFERENCES = 60_000;
const DOCUMENTED_FLOOR = 5_000;
const FAILED_SHARE = 0.4;

/** After this long in quarantine the job is switched off. */
export const QUARANTINE_LAST_DAY = 28;

/** How many failures it takes before the failed share is looked at: a tenth of the objects in scope, 10 to 5,000. */
export const failureFloor = (objectsInScope: number): number =>
  Math.min(DOCUMENTED_FLOOR, Math.max(10, Math.ceil(objectsInScope / 10)));

/** Counts of one finished cycle. */
export interface CycleHealth {
  readonly total: number;
  /** Failed objects, not counting references. */
  readonly failed: number;
  /** Failed references: members of groups, managers. */
  readonly failedReferences: number;
  readonly objectsInScope: number;
}

/** The reason why a finished cycle puts the job into quarantine; undefined for a healthy one. Pure. */
export function unhealthy(cycle: CycleHealth): Exclude<QuarantineReason, 'TooManyDeletes'> | undefined {
  if (cycle.failed > ABSOLUTE_FAILURES) return 'EncounteredBaseEscrowThreshold';
  if (cycle.failed + cycle.failedReferences > ABSOLUTE_FAILURES_WITH_REFERENCES) return 'EncounteredTotalEscrowThreshold';
  if (cycle.failed >= failureFloor(cycle.objectsInScope) && cycle.failed > cycle.total * FAILED_SHARE) {
    return 'EncounteredEscrowProportionThreshold';
  }
  return undefined;
}

/**
 * Whether a quarantine for failed objects is over: no more than 40 % of those that failed still fail, or fewer than the floor. A cycle
 * that merely had nothing to do is not a recovery. Pure.
 * @param failedThen Objects that failed when it began; undefined where that is not known.
 * @param failing Objects that wait for another try now.
 */
export const hasRecovered = (failedThen: number | undefined, failing: number, objectsInScope: number): boolean =>
  failing < failureFloor(objectsInScope) || (failedThen !== undefined && failing <= failedThen * FAILED_SHARE);

/**
 * Enters quarantine, or continues it: each time the wait doubles from one hour up to a day. While only the brake holds removals cycles
 * keep their schedule: new hires, and leavers below the threshold, do not wait for a decision about others. Pure.
 */
export function quarantine(before: Quarantine | undefined, cause: QuarantineCause, now: Date): Quarantine {
  const seriesCount = (before?.seriesCount ?? 0) + 1;
  const isBrake = cause.reason === 'TooManyDeletes';
  const waitMs = isBrake ? 0 : Math.min(24 * HOUR_MS, HOUR_MS * 2 ** Math.min(seriesCount - 1, 5));
  const isSameReason = before?.reason === cause.reason;
  return {
    ...cause,
    seriesBegan: before?.seriesBegan ?? now.toISOString(),
    currentBegan: isSameReason && before ? before.currentBegan : now.toISOString(),
    seriesCount,
    nextAttempt: new Date(now.getTime() + waitMs).toISOString(),
  };
}

/** True once a quarantine has lasted so long that the job is switched off; never for that of the brake. */
export const isOverdue = (value: Quarantine, now: Date): boolean =>
  value.reason !== 'TooManyDeletes' && now.getTime() - Date.parse(value.seriesBegan) >= QUARANTINE_LAST_DAY * 24 * HOUR_MS;
