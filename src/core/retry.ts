import { type ErrorCode, ProvisioningError, ThrottledError } from './errors';

/** What is to be done about an error; the only place that decides it. */
export type Disposition =
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'retry' }
  | { readonly kind: 'replan' }
  | { readonly kind: 'escrow'; readonly isTransient: boolean }
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'rethrow' };

/** Longest time for which an item is put back at once; a longer wait is cut into several, the server's word stays whole. */
const MAX_DEFER_MS = 6 * 24 * 3600_000;

/** How long an item waits when another worker holds the object: longer than one export takes, shorter than a claim lives. */
const CLAIMED_DEFER_MS = 15_000;

/**
 * Decides what to do about an error thrown while one object is provisioned. Pure.
 *
 *   error                     │ disposition
 *   throttled                 │ defer     (its own delay; not a failed try)
 *   state conflict            │ defer     (another worker was faster)
 *   storage unavailable       │ rethrow   (nothing can be recorded; the queue hands the item out again)
 *   target not found, exists  │ replan    (once; the engine escrows the second time)
 *   credential refused        │ quarantine
 *   unavailable               │ escrow, transient: tried again by the next cycle
 *   refused, disputed, …      │ escrow, on the ladder: a person must act
 *   anything else             │ rethrow   (it is our bug)
 */
export function disposition(error: unknown): Disposition {
  if (!(error instanceof ProvisioningError)) return { kind: 'rethrow' };
  if (error instanceof ThrottledError) return { kind: 'defer', delayMs: Math.min(error.retryAfterMs, MAX_DEFER_MS) };
  switch (error.code) {
    case 'PROV_STATE_CONFLICT':
      return { kind: 'defer', delayMs: CLAIMED_DEFER_MS };
    case 'PROV_STATE_UNAVAILABLE':
    case 'PROV_BUG':
    case 'PROV_CONFIG_INVALID':
      return { kind: 'rethrow' };
    case 'PROV_TARGET_NOT_FOUND':
    case 'PROV_TARGET_EXISTS':
      return { kind: 'replan' };
    case 'PROV_SOURCE_UNAUTHORIZED':
    case 'PROV_TARGET_UNAUTHORIZED':
      return { kind: 'quarantine' };
    case 'PROV_SOURCE_THROTTLED':
    case 'PROV_TARGET_THROTTLED':
      return { kind: 'retry' };
    case 'PROV_SOURCE_UNAVAILABLE':
    case 'PROV_TARGET_UNAVAILABLE':
    case 'PROV_WATERMARK_EXPIRED':
      return { kind: 'escrow', isTransient: true };
    case 'PROV_SOURCE_NOT_FOUND':
    case 'PROV_TARGET_REJECTED':
    case 'PROV_TARGET_LICENSE_LIMIT':
    case 'PROV_TARGET_DISPUTED':
    case 'PROV_ROLE_UNKNOWN':
    case 'PROV_MAPPING_FAILED':
    case 'PROV_DELETIONS_STAGED':
    case 'PROV_SOURCE_UNEXPECTED':
    case 'PROV_TARGET_UNEXPECTED':
      return { kind: 'escrow', isTransient: false };
    default:
      return unreachable(error.code);
  }
}

const HOUR_MS = 3600_000;

/** Hours after the first failure at which a refused object is tried again, then daily until the last day. */
const LADDER_HOURS = [6, 12, 24] as const;

/** After this many days from the first failure, only a change at the source or an operator tries again. */
export const ESCROW_LAST_DAY = 28;

/**
 * When an escrowed object is due again. Pure.
 * @param attempts Failed tries so far, at least 1.
 * @returns `null` after day 28. A transient failure is due with the next cycle, for the same 28 days.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/application-provisioning-quarantine-status
 */
export function nextAttemptAt(firstFailedAt: Date, now: Date, attempts: number, isTransient: boolean): Date | null {
  const end = firstFailedAt.getTime() + ESCROW_LAST_DAY * 24 * HOUR_MS;
  if (now.getTime() >= end) return null;
  if (isTransient) return now;
  const hours = LADDER_HOURS[attempts - 1];
  const onLadder = hours === undefined ? 0 : firstFailedAt.getTime() + hours * HOUR_MS;
  const due = onLadder > now.getTime() ? onLadder : now.getTime() + 24 * HOUR_MS;
  return due > end ? null : new Date(due);
}

/** The documented name of an error code in Entra's provisioning log, so that existing queries find ours. */
export const ENTRA_ERROR_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  PROV_TARGET_UNAUTHORIZED: 'Unauthorized',
  PROV_TARGET_THROTTLED: 'TooManyRequests',
  PROV_TARGET_UNAVAILABLE: 'InternalServerError',
  PROV_TARGET_NOT_FOUND: 'InvalidAnchor',
  PROV_TARGET_EXISTS: 'EntryConflict',
  PROV_TARGET_REJECTED: 'UnprocessableEntity',
  PROV_TARGET_LICENSE_LIMIT: 'LicenseLimitExceeded',
  PROV_TARGET_DISPUTED: 'DuplicateTargetEntries',
  PROV_ROLE_UNKNOWN: 'RoleNotFound',
  PROV_MAPPING_FAILED: 'AttributeValidationFailed',
  PROV_TARGET_UNEXPECTED: 'SystemForCrossDomainIdentityManagementServiceIncompatible',
};

function unreachable(code: never): never {
  throw new Error(`No disposition for ${String(code)}`);
}
