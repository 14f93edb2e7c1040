/**
 * Longest wait that the other side can ask for at once. The longest window that Zendesk or Graph documents is ten minutes, and maintenance is
 * announced by the hour; so a wait beyond this is a mistake, and asking once an hour costs nobody anything. A wait that is
 * really longer is told again with each such request.
 * @see https://developer.zendesk.com/api-reference/introduction/rate-limits/
 */
export const MAX_WAIT_MS = 60 * 60_000;

/** Wait after "too many requests" without a word how long: answers of Zendesk's edge carry no headers (https://github.com/airbytehq/airbyte/issues/14253). */
const UNTOLD_MS = 60_000;
const UNTOLD_JITTER_MS = 15_000;

/** A wait as it is honoured: never negative, never beyond {@link MAX_WAIT_MS}. */
export function boundedWaitMs(askedMs: number): number {
  return Math.min(Math.max(0, askedMs), MAX_WAIT_MS);
}

/**
 * The wait that a `Retry-After` asks for, in ms, bounded: seconds or an HTTP date; undefined when absent or neither.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return boundedWaitMs(Math.ceil(Number(text) * 1_000));
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : boundedWaitMs(at - nowMs);
}

/** The wait when nobody says how long. @param jitter in [0, 1), spreads those who wait */
export function untoldWaitMs(jitter: number): number {
  return UNTOLD_MS + jitter * UNTOLD_JITTER_MS;
}
