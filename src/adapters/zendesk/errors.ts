import {
  AlreadyExistsError,
  LicenseLimitError,
  NotFoundError,
  type ProvisioningError,
  RejectedError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
  UnexpectedResponseError,
} from '../../core/errors';
import { boundedWaitMs, retryAfterMs, untoldWaitMs } from '../../core/retry-after';
import type { Envelope } from './envelope';
import { type AnswerHeaders, header, quotaOf } from './headers';

/** An answer that is not a success. */
export interface Refusal {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly envelope: Envelope;
  readonly method: string;
  /** The path with `{id}` in place of ids. */
  readonly route: string;
  /** True for what every object needs, such as the credential's own user: a 403 then means that nothing can succeed. */
  readonly isAccountWide?: boolean | undefined;
}

/** Wait when 30 background jobs are queued or running; one takes some seconds. */
const JOBS_WAIT_MS = 10_000;
/** Zendesk runs as many background jobs as it takes; other requests are not held up. */
export class TooManyJobsError extends ThrottledError {}

/** Error code of a plan without a free seat: https://github.com/zendesk/zendesk_api_client_rb/issues/465 */
const NO_SEAT = 'MaxAgentExceeded';
const DUPLICATE = 'DuplicateValue';

/**
 * Translates a refusal by status and error *code*, never by its texts: those are localised.
 *
 *   status                    code                   │ error
 *   any                       MaxAgentExceeded       │ LicenseLimitError
 *   any                       TooManyJobs            │ ThrottledError
 *   401                       –                      │ UnauthorizedError
 *   403, account-wide         –                      │ UnauthorizedError
 *   403                       –                      │ RejectedError: about this object (the caller first checks the credential)
 *   404                       RecordNotFound         │ NotFoundError
 *   404                       other, or no JSON      │ UnexpectedResponseError (wrong host or path: proves nothing about an object)
 *   409                       –                      │ UnavailableError (concurrent write: try later)
 *   422                       DuplicateValue         │ AlreadyExistsError, with the attribute
 *   400, 413, 422             –                      │ RejectedError, with the attribute and Zendesk's words
 *   429; 503 with Retry-After –                      │ ThrottledError, the wait as asked up to `MAX_WAIT_MS`
 *   5xx, 408                  –                      │ UnavailableError
 *   3xx and the rest          –                      │ UnexpectedResponseError
 *
 * @param jitter in [0, 1), spreads waits that Zendesk does not give. @param timeScale compresses those waits in a local demonstration
 */
export function toError(refusal: Refusal, nowMs: number, jitter: number, timeScale = 1): ProvisioningError {
  const { status, method, route, envelope } = refusal;
  const what = `Zendesk answered ${status}${envelope.code === undefined ? '' : ` ${envelope.code}`} to ${method} ${route}`;
  if (hasCode(envelope, NO_SEAT)) return new LicenseLimitError(`${what}: no agent seat is free`, envelope.text);
  if (hasCode(envelope, 'TooManyJobs'))
    return new TooManyJobsError('target', JOBS_WAIT_MS / timeScale, `${what}: too many background jobs`);
  switch (true) {
    case status === 401:
      return new UnauthorizedError('target', `${what}: the credential was refused; renew it in the settings`);
    case status === 403 && refusal.isAccountWide === true:
      return new UnauthorizedError(
        'target',
        `${what}: the credential's user or scope may not read this, or an IP restriction applies`,
      );
    case status === 403:
      return new RejectedError(undefined, `${what}: not allowed for this object`, envelope.text);
    case status === 404:
      return notFound(envelope, what);
    case status === 409:
      return new UnavailableError('target', `${what}: somebody else wrote at the same time`);
    case status === 400 || status === 413 || status === 422:
      return invalid(envelope, what);
    case status === 429:
      return new ThrottledError('target', wait429(refusal, nowMs, jitter, timeScale), `${what}: rate limit`, {
        isUnwritten: method !== 'GET',
      });
    case status === 503 && askedWait(refusal, nowMs) !== undefined:
      return new ThrottledError('target', askedWait(refusal, nowMs) ?? 0, `${what}: maintenance`);
    case status >= 500 || status === 408:
      return new UnavailableError('target', what);
    default:
      return new UnexpectedResponseError('target', `${what}; is the subdomain right?`);
  }
}

/** The codes of a refusal that name a taken value, by attribute. */
function invalid(envelope: Envelope, what: string): ProvisioningError {
  const duplicate = envelope.complaints.find(({ code }) => code === DUPLICATE);
  if (duplicate)
    return new AlreadyExistsError(ourName(duplicate.attribute), `${what}: the value of ${ourName(duplicate.attribute)} is taken`);
  const first = envelope.complaints[0];
  return new RejectedError(
    first && ourName(first.attribute),
    `${what}${first ? `: ${ourName(first.attribute)}` : ''}`,
    envelope.text,
  );
}

function notFound(envelope: Envelope, what: string): ProvisioningError {
  return envelope.code === 'RecordNotFound'
    ? new NotFoundError('target', `${what}: the object is gone`)
    : new UnexpectedResponseError(
        'target',
        `${what}: no such path in this account; is the subdomain right, does the plan have it?`,
      );
}

/** Retry-After; else the end of the quota window; else a minute with jitter. */
function wait429(refusal: Refusal, nowMs: number, jitter: number, timeScale: number): number {
  const asked = askedWait(refusal, nowMs);
  if (asked !== undefined) return asked;
  const { remaining, resetSeconds } = quotaOf(refusal.headers);
  if (remaining === 0 && resetSeconds !== undefined) return boundedWaitMs(resetSeconds * 1_000);
  return untoldWaitMs(jitter) / timeScale;
}

const askedWait = ({ headers }: Refusal, nowMs: number): number | undefined =>
  retryAfterMs(header(headers, 'retry-after'), nowMs);

function hasCode({ code, complaints }: Envelope, wanted: string): boolean {
  return code === wanted || complaints.some((complaint) => complaint.code === wanted);
}

/** The identities endpoint calls an address `value`; attribute names are not secrets, but may be anything. */
function ourName(attribute: string): string {
  return attribute === 'value' ? 'email' : attribute.replace(/[^\w.]/g, '_');
}
