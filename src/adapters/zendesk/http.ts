import { ThrottledError, UnauthorizedError, UnavailableError, UnexpectedResponseError } from '../../core/errors';
import { redactSecrets } from '../../core/redact';
import { boundedWaitMs } from '../../core/retry-after';
import type { Clock, Logger } from '../../ports/runtime';
import { readEnvelope } from './envelope';
import { TooManyJobsError, toError } from './errors';
import { type AnswerHeaders, header, quotaOf, updateBucketOf } from './headers';
import type { Lane } from './lanes';
import type { Limiter } from './limiter';
import type { Authorizer } from './oauth';
import type { Quota, RequestInfo } from './settings';
import type { Transport, WireAnswer } from './transport';
import type { UserPace } from './user-update-pace';

/** Parameters of an address; a list stands once for each value. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/** A request to the Zendesk API. */
export interface ZendeskRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path with `{id}` in place of ids, for logs and metrics. */
  readonly route: string;
  /** Values of the route's placeholders, in order; encoded here. */
  readonly params?: readonly string[];
  /** A function is asked when the request has its place within the limits: until then a bundle may grow. */
  readonly query?: Query | (() => Query);
  readonly body?: unknown;
  /** Id of the user an update is for: such requests keep to the update lane. */
  readonly updatesUser?: string;
  /** True for what every object needs: a 403 then refuses the credential, not an object. */
  readonly isAccountWide?: boolean;
  /** Statuses other than 2xx to answer rather than throw. */
  readonly accept?: readonly number[];
}

/** Calls Zendesk within its limits and translates what it answers. */
export interface ZendeskHttp {
  /** @throws ProvisioningError of the target, see `toError`; UnavailableError when it is unknown whether a write happened */
  call(request: ZendeskRequest): Promise<WireAnswer>;
  /** The next page of a request, by the link that this account tells. @throws UnexpectedResponseError for a link to another host */
  follow(link: string, request: ZendeskRequest): Promise<WireAnswer>;
  quota(): Quota;
}

/** What the client is made of. */
export interface HttpDeps {
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly limiter: Limiter;
  readonly userPace: UserPace;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly timeScale: number;
  readonly onRequest?: ((info: RequestInfo) => void) | undefined;
  /** Called after a 403: throws UnauthorizedError when the credential, read since that instant, is what was refused. */
  readonly checkCredential: (sinceMs: number) => Promise<void>;
}

/** Above this the bucket that refused is the user's (5 a minute), not the account's (1 a second). */
const ACCOUNT_BUCKET_MS = 2_000;

/** Makes the client. */
export function makeHttp(deps: HttpDeps): ZendeskHttp {
  const { transport, authorizer, limiter, clock, logger } = deps;
  const now = () => clock().getTime();
  let seen: { limit: number | undefined; remaining: number | undefined } = { limit: undefined, remaining: undefined };
  let used = 0;

  /** A request in its place within the limits, with a credential that is good when it leaves. */
  async function send(request: ZendeskRequest, path: () => string): Promise<{ answer: WireAnswer; authorization: string }> {
    // Renewed before the wait, so that a place is not spent on it; asked for again after it, because the wait may outlast a token.
    await authorizer.header();
    const lane: Lane = request.updatesUser === undefined ? 'account' : 'updateUser';
    if (request.updatesUser !== undefined) deps.userPace.check(request.updatesUser, now());
    const throttledMs = await limiter.acquire(lane);
    const authorization = await authorizer.header();
    const startedAt = now();
    if (request.updatesUser !== undefined) deps.userPace.note(request.updatesUser, startedAt);
    used += 1;
    let status = 0;
    try {
      const answer = await transport.send({
        method: request.method,
        path: path(),
        authorization,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      status = answer.status;
      return { answer, authorization };
    } finally {
      deps.onRequest?.({ method: request.method, route: request.route, status, durationMs: now() - startedAt, throttledMs });
    }
  }

  function note(request: ZendeskRequest, answer: WireAnswer): void {
    const { limit, remaining } = quotaOf(answer.headers);
    if (limit !== undefined || remaining !== undefined) seen = { limit: limit ?? seen.limit, remaining };
    if (limit !== undefined) limiter.learn(limit);
    const fields = {
      method: request.method,
      route: request.route,
      status: answer.status,
      requestId: traceId(answer.headers, 'x-request-id'),
      originServer: traceId(answer.headers, 'x-zendesk-origin-server'),
    };
    if (answer.status < 400) logger.debug('Zendesk request', fields);
    else logger.info('Zendesk refused a request', { ...fields, code: envelopeOf(answer).code });
  }

  const envelopeOf = ({ body }: WireAnswer) => readEnvelope(body, (text) => redactSecrets(text, authorizer.secrets()));

  /**
   * Tells the limiter to be silent, then hands the error on. An update that met another within its second (nothing was done) is tried once
   * more in its next place: putting the whole work item back would cost all its reads.
   */
  async function refuse(
    request: ZendeskRequest,
    path: () => string,
    answer: WireAnswer,
    startedAt: number,
    isFirst: boolean,
  ): Promise<WireAnswer> {
    const refusal = { ...answer, ...request, envelope: envelopeOf(answer) };
    const error = toError(refusal, now(), deps.random(), deps.timeScale);
    const isAskedToWait = error instanceof ThrottledError && !(error instanceof TooManyJobsError);
    if (isAskedToWait && (answer.status === 429 || answer.status === 503)) {
      const bucket = bucketOf(request, answer, error.retryAfterMs);
      if (bucket === 'user') deps.userPace.silence(request.updatesUser, now() + error.retryAfterMs);
      else await limiter.silence(bucket, error.retryAfterMs);
      if (bucket === 'updateUser' && isFirst) return run(request, path, false);
    }
    if (answer.status === 403 && request.isAccountWide !== true) await deps.checkCredential(startedAt);
    throw error;
  }

  async function run(request: ZendeskRequest, path: () => string, isFirst = true): Promise<WireAnswer> {
    const startedAt = now();
    let { answer, authorization } = await send(request, path);
    note(request, answer);
    // A refused token means that nothing was done: the one request that may be repeated at once, a POST too.
    if (answer.status === 401 && (await authorizer.refused(authorization))) {
      ({ answer, authorization } = await send(request, path));
      note(request, answer);
    }
    const isFine = answer.status >= 200 && answer.status < 300;
    if (isFine) limiter.served();
    // Others use the quota too: once it is used up, wait for the next window rather than for a 429.
    const { remaining, resetSeconds } = quotaOf(answer.headers);
    if (isFine && remaining === 0 && resetSeconds !== undefined)
      await limiter.silence('account', boundedWaitMs(resetSeconds * 1_000));
    if (isFine || request.accept?.includes(answer.status)) return answer;
    return refuse(request, path, answer, startedAt, isFirst);
  }

  /** A write that the credential was refused for was not done, whether it was sent or there was no token to send it with. */
  async function write(request: ZendeskRequest): Promise<WireAnswer> {
    try {
      return await run(request, () => pathOf(request));
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      throw new UnauthorizedError('target', error.message, { cause: error, isUnwritten: true });
    }
  }

  return {
    call: (request) => (request.method === 'GET' ? run(request, () => pathOf(request)) : write(request)),
    follow(link, request) {
      const url = new URL(link, transport.origin);
      if (url.origin !== transport.origin)
        throw new UnexpectedResponseError('target', `Zendesk's next page of ${request.route} is on another host`);
      return run(request, () => url.pathname + url.search);
    },
    quota: () => ({ ...seen, used }),
  };
}

/** Whose bucket was empty: the account's, that of all updates (1 a second), or that of one user (5 a minute). */
function bucketOf(request: ZendeskRequest, answer: WireAnswer, waitMs: number): Lane | 'user' {
  const isUpdate = request.updatesUser !== undefined && updateBucketOf(answer.headers).remaining === 0;
  if (!isUpdate || quotaOf(answer.headers).remaining === 0) return 'account';
  return waitMs <= ACCOUNT_BUCKET_MS ? 'updateUser' : 'user';
}

function pathOf({ route, params = [], query }: ZendeskRequest): string {
  let at = 0;
  const path = route.replace(/\{[^}]+\}/g, () => encodeURIComponent(params[at++] ?? ''));
  const parameters = typeof query === 'function' ? query() : query;
  if (parameters === undefined) return path;
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
  return `${path}?${new URLSearchParams(pairs).toString()}`;
}

/** An id of the other side's, for its support; anything else in its place stays out of the log. */
export function traceId(headers: AnswerHeaders, name: string): string | undefined {
  const value = header(headers, name);
  return value !== undefined && /^[\w.-]{1,64}$/.test(value) ? value : undefined;
}

/** True if it is unknown whether a write happened: there was no answer, or one that came from a fault of the server. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof UnavailableError;
}
