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

const HOUR_MS = 3600_000;

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

/** Enters quarantine, or goes on in it: each time the wait doubles from one hour up to a day. Pure. */
export function quarantine(before: Quarantine | undefined, cause: QuarantineCause, now: Date): Quarantine {
  const seriesCount = (before?.seriesCount ?? 0) + 1;
  const waitMs = Math.min(24 * HOUR_MS, HOUR_MS * 2 ** Math.min(seriesCount - 1, 5));
  const isSameReason = before?.reason === cause.reason;
  return {
    ...cause,
    seriesBegan: before?.seriesBegan ?? now.toISOString(),
    currentBegan: isSameReason && before ? before.currentBegan : now.toISOString(),
    seriesCount,
    nextAttempt: new Date(now.getTime() + waitMs).toISOString(),
  };
}

/** True once a quarantine has lasted so long that the job is switched off. */
export const isOverdue = (value: Quarantine, now: Date): boolean =>
  now.getTime() - Date.parse(value.seriesBegan) >= QUARANTINE_LAST_DAY * 24 * HOUR_MS;
