import {
  NotFoundError,
  type ProvisioningError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
  UnexpectedResponseError,
  WatermarkExpiredError,
} from '../../core/errors';

/** What a request to Graph is for, in words fit for messages and logs (no ids of people), and the permission that it needs. */
export interface Operation {
  readonly name: string;
  readonly permission: string;
  /** True where links are kept between calls, so that some refusals mean that the link has expired. */
  readonly isDelta?: boolean;
  /** What to do about refusals of these codes, a sentence each. */
  readonly advice?: Readonly<Record<string, string>>;
}

/** A refusal as it came, reduced to what is safe to keep. */
export interface Refusal {
  readonly status: number;
  /** Graph's `error.code`; undefined when the body is not Graph's error envelope (a proxy's page, an empty body). */
  readonly code: string | undefined;
  /** Graph's `error.message`; may hold personal data, so it is looked at and never passed on. */
  readonly text: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly location: string | undefined;
}

/** Wait when Graph says "too many requests" without saying how long. @see https://learn.microsoft.com/graph/throttling */
const DEFAULT_RETRY_AFTER_MS = 30_000;

/**
 * Codes of a delta or page token that is no longer known.
 * @see https://learn.microsoft.com/graph/delta-query-overview#synchronization-reset
 */
const EXPIRED = /^(syncState(NotFound|Invalid)|resync\w*|directory_(expiredPageToken|resyncRequired))$/i;
const BAD_TOKEN = /badly formed token/i;

/** The directory's own "there is no such object"; a 404 with any other body proves nothing. */
export function isProvenNotFound(refusal: Refusal): boolean {
  return refusal.status === 404 && /^(Request_ResourceNotFound|ResourceNotFound)$/i.test(refusal.code ?? '');
}

/**
 * Graph's refusal in our words. Pure.
 *
 *   status            │ error
 *   401, 403          │ UnauthorizedError, naming the permission
 *   404               │ NotFoundError
 *   429               │ ThrottledError, with the whole wait
 *   410, 40x expired  │ WatermarkExpiredError (where links are kept)
 *   5xx               │ UnavailableError
 *   anything else     │ UnexpectedResponseError
 */
export function refusalError(operation: Operation, refusal: Refusal, baseOrigin: string): ProvisioningError {
  const { status, code } = refusal;
  const told = `${operation.name} returned ${status}${code === undefined ? '' : ` ${code}`}${trace(refusal)}`;
  if (status === 401)
    return new UnauthorizedError('source', `Graph refused the access token: ${told}. Check the identity of the app.`);
  if (status === 403) {
    const action = `Grant the application permission ${operation.permission} to the identity of the app.`;
    return new UnauthorizedError('source', `Graph denied access: ${told}. ${action}`);
  }
  if (status === 429) {
    return new ThrottledError('source', refusal.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, `Graph asks to wait: ${told}`);
  }
  if (operation.isDelta && isExpired(refusal)) {
    return new WatermarkExpiredError(`The stored link has expired: ${told}`, restartLink(refusal.location, baseOrigin));
  }
  if (status === 404) return new NotFoundError('source', `Not found: ${told}`);
  if (status >= 500) return new UnavailableError('source', `Graph failed: ${told}`);
  const unknown = /Could not find a property named '(\w{1,100})'/.exec(refusal.text ?? '')?.[1];
  const advice = operation.advice?.[code ?? ''];
  if (advice !== undefined) return new UnexpectedResponseError('source', `Graph refused the request: ${told}. ${advice}`);
  const hint = unknown === undefined ? '' : `. Graph knows no property '${unknown}': correct the mapping`;
  return new UnexpectedResponseError('source', `Graph refused the request: ${told}${hint}`);
}

function isExpired({ status, code, text }: Refusal): boolean {
  if (status === 410) return true;
  return status >= 400 && status < 500 && (EXPIRED.test(code ?? '') || BAD_TOKEN.test(text ?? ''));
}

/**
 * Graph's own hint where to start again, if it may be believed: same origin, and for groups only when it still names them
 * (a link without its filter would bring every group of the tenant).
 */
function restartLink(location: string | undefined, baseOrigin: string): string | undefined {
  if (location === undefined || !URL.canParse(location)) return undefined;
  const url = new URL(location);
  if (url.origin !== baseOrigin) return undefined;
  return url.pathname.endsWith('/users/delta') || url.searchParams.has('$filter') ? location : undefined;
}

function trace({ requestId }: Refusal): string {
  return requestId !== undefined && /^[\w-]{1,64}$/.test(requestId) ? ` (request-id ${requestId})` : '';
}
