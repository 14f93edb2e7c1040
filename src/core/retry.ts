import { ERROR_TABLE, type ErrorRow } from './error-table';
import { DisputedMatchError, ProvisioningError, ThrottledError } from './errors';
import { HOUR_MS } from './time';

/** What is to be done about an error; the only place that decides it. */
export type Disposition =
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'replan' }
  | { readonly kind: 'escrow'; readonly isTransient: boolean }
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'rethrow' };

/** Longest time for which an item is put back at once; a longer wait is cut into several, the wait that the server asks for is kept in full. */
const MAX_DEFER_MS = 6 * 24 * 3600_000;

/** How long an item waits when another worker holds the object: longer than one export takes, shorter than a claim lives. */
export const CLAIMED_DEFER_MS = 15_000;

/**
 * Decides what to do about an error thrown while one object is provisioned, by its row in the error table. Pure.
 *
 *   course in the table                     │ disposition
 *   defer      (throttled, state conflict)  │ defer     (not a failed try; throttled for its own delay)
 *   replan     (target not found, exists)   │ replan    (once; the engine escrows the second time)
 *   nextCycle  (a side is unavailable)      │ escrow, transient: tried again by the next cycle
 *   ladder     (refused, disputed, …)       │ escrow, at growing intervals: a person must act
 *              (disputed between two of ours)│ escrow, transient: the other one may change with any cycle
 *   quarantine (credential refused)         │ quarantine
 *   rethrow    (storage down, our bug)      │ rethrow   (nothing can be recorded; the queue hands the item out again)
 */
export function disposition(error: unknown): Disposition {
  if (!(error instanceof ProvisioningError)) return { kind: 'rethrow' };
  const { course }: ErrorRow = ERROR_TABLE[error.code];
  switch (course) {
    case 'defer':
      return {
        kind: 'defer',
        delayMs: error instanceof ThrottledError ? Math.min(error.retryAfterMs, MAX_DEFER_MS) : CLAIMED_DEFER_MS,
      };
    case 'nextCycle':
      return { kind: 'escrow', isTransient: true };
    case 'ladder':
      return { kind: 'escrow', isTransient: error instanceof DisputedMatchError && error.isBetweenOurs };
    default:
      return { kind: course };
  }
}

/** Whether a failure comes and goes by itself, so that the next cycle tries again: what `isTransient` of an escrow says. */
export function isTransientFailure(error: unknown): boolean {
  const decided = disposition(error);
  return decided.kind === 'escrow' && decided.isTransient;
}

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
