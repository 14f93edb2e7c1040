import { randomUUID } from 'node:crypto';
import { Client, type GraphRequest, ResponseType } from '@microsoft/microsoft-graph-client';
import { z } from 'zod';
import { ProvisioningError, UnavailableError, UnexpectedResponseError } from '../../core/errors';
import { retryAfterMs } from '../../core/retry-after';
import type { Clock, Logger } from '../../ports/runtime';
import { type GraphCredential, makeTokenSource } from './credential';
import { isProvenNotFound, type Operation, type Refusal, refusalError } from './failures';
import { Dispatch, GraphTransport } from './transport';

/** One request that was made, for telemetry. */
export interface GraphRequestEvent {
  readonly operation: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly durationMs: number;
  /** Share of the throttling limit in use, told by Graph from 0.8 up. */
  readonly throttleShare: number | undefined;
}

/** What the Graph adapter is made of. */
export interface GraphOptions {
  /** With the version, without a trailing slash. */
  readonly baseUrl: string;
  readonly credential: GraphCredential;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
  readonly onRequest?: (event: GraphRequestEvent) => void;
}

/** JSON objects as they come over the wire. */
export type Json = Readonly<Record<string, unknown>>;

/** Requests to Graph: the answer's JSON object, or one of the source's errors. */
export interface GraphHttp {
  /** A path below the base URL with its query options. @throws ProvisioningError of the source */
  get(operation: Operation, path: string, query?: Readonly<Record<string, string>>): Promise<Json>;
  /** The same, but undefined when the directory itself says that there is no such object. Another 404 is thrown. */
  find(operation: Operation, path: string, query?: Readonly<Record<string, string>>): Promise<Json | undefined>;
  /** A link that Graph gave. @throws UnexpectedResponseError when it points to another host. */
  follow(operation: Operation, link: string): Promise<Json>;
  /** Sends JSON; never repeated, because Graph may have carried out what it did not answer. */
  post(operation: Operation, path: string, body: Json): Promise<void>;
  /** Changes something of Graph's own; never repeated. Undefined when it answers nothing, or says that there is no such object. */
  change(operation: Operation, method: ChangeMethod, path: string, body?: Json): Promise<Json | undefined>;
}

/** How something is changed. */
export type ChangeMethod = 'POST' | 'PATCH' | 'DELETE';

/** A second and third try within the process; longer trouble is the engine's to wait out. */
const BACKOFF_MS = [500, 2_000] as const;
/** A longer wait is not spent inside a function that costs money while it sleeps. */
const MAX_WAIT_MS = 10_000;

const envelope = z.object({ error: z.object({ code: z.string().max(200), message: z.string().catch('') }) });
const record = z.record(z.string(), z.unknown());

type Answer = { readonly ok: true; readonly body: Json | undefined } | { readonly ok: false; readonly refusal: Refusal };

/** Makes the one place where requests to Graph are sent, repeated and refused. */
export function makeGraphHttp(options: GraphOptions): GraphHttp {
  const { clock, sleep, logger } = options;
  const { origin } = new URL(options.baseUrl);
  const transport = new GraphTransport(origin, makeTokenSource(options.credential, origin, clock));
  const client = Client.initWithMiddleware({ middleware: transport });

  async function attempt(operation: Operation, url: string, sent: Sent | undefined, isFresh: boolean): Promise<Answer> {
    const started = clock().getTime();
    const dispatch = new Dispatch(url, isFresh);
    const request = client.api('/').middlewareOptions([dispatch]).responseType(ResponseType.RAW);
    request.header('client-request-id', randomUUID());
    let response: Response | undefined;
    try {
      response = (await sendAs(request, sent)) as Response;
      const text = await response.text();
      return readAnswer(operation, response, text, clock());
    } catch (error) {
      if (error instanceof ProvisioningError) throw error;
      if (dispatch.failure instanceof ProvisioningError) throw dispatch.failure;
      throw new UnavailableError('source', `Graph could not be reached: ${operation.name}`, { cause: dispatch.failure ?? error });
    } finally {
      const share = Number(response?.headers.get('x-ms-throttle-limit-percentage') ?? Number.NaN);
      options.onRequest?.({
        operation: operation.name,
        status: response?.status ?? 0,
        durationMs: clock().getTime() - started,
        throttleShare: Number.isNaN(share) ? undefined : share,
      });
    }
  }

  async function send(operation: Operation, url: string, sent?: Sent): Promise<Answer> {
    let isFresh = false;
    for (let retry = 0; ; retry += 1) {
      const last = sent !== undefined || retry >= BACKOFF_MS.length;
      let outcome: Answer | UnavailableError;
      try {
        outcome = await attempt(operation, url, sent, isFresh);
      } catch (error) {
        if (last || !(error instanceof UnavailableError)) throw error;
        outcome = error;
      }
      const refusal = outcome instanceof Error || outcome.ok ? undefined : outcome.refusal;
      if (refusal?.status === 401 && !isFresh && options.credential.kind === 'identity') {
        // A token in memory may have been revoked, or belong to an identity that was replaced. Nothing was carried out.
        isFresh = true;
        continue;
      }
      if (!(outcome instanceof Error) && (outcome.ok || last || outcome.refusal.status < 500)) return outcome;
      const wait = Math.max(refusal?.retryAfterMs ?? 0, BACKOFF_MS[retry] ?? 0);
      if (wait > MAX_WAIT_MS && !(outcome instanceof Error)) return outcome;
      logger.debug('Graph request is repeated', { operation: operation.name, status: refusal?.status ?? 0, waitMs: wait });
      await sleep(wait);
    }
  }

  function bodyOf(operation: Operation, answer: Answer): Json {
    if (!answer.ok) throw refusalError(operation, answer.refusal, origin);
    if (answer.body === undefined)
      throw new UnexpectedResponseError('source', `${operation.name} returned something other than a JSON object`);
    return answer.body;
  }

  const address = (path: string, query: Readonly<Record<string, string>> = {}): string => {
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${options.baseUrl}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
  };

  return {
    async get(operation, path, query) {
      return bodyOf(operation, await send(operation, address(path, query)));
    },
    async find(operation, path, query) {
      const answer = await send(operation, address(path, query));
      if (answer.ok || !isProvenNotFound(answer.refusal)) return bodyOf(operation, answer);
      return undefined;
    },
    async follow(operation, link) {
      if (!URL.canParse(link) || new URL(link).origin !== origin) {
        throw new UnexpectedResponseError('source', `${operation.name}: a link points to another host and is not followed`);
      }
      return bodyOf(operation, await send(operation, link));
    },
    async post(operation, path, body) {
      const answer = await send(operation, address(path), { method: 'POST', body });
      if (!answer.ok) throw refusalError(operation, answer.refusal, origin);
    },
    async change(operation, method, path, body) {
      const answer = await send(operation, address(path), { method, body });
      if (answer.ok) return answer.body;
      if (isProvenNotFound(answer.refusal)) return undefined;
      throw refusalError(operation, answer.refusal, origin);
    },
  };
}

/** What is sent besides a question. */
interface Sent {
  readonly method: ChangeMethod;
  readonly body: Json | undefined;
}

function sendAs(request: GraphRequest, sent: Sent | undefined): Promise<unknown> {
  switch (sent?.method) {
    case undefined:
      return request.get();
    case 'POST':
      return request.post(sent.body ?? {});
    case 'PATCH':
      return request.patch(sent.body ?? {});
    case 'DELETE':
      return request.delete();
  }
}

function readAnswer(operation: Operation, response: Response, text: string, now: Date): Answer {
  const body = parseObject(text);
  if (response.ok) {
    // Half a page is not a page: text that is not JSON on a 200 must never pass for an empty answer.
    if (body === undefined && text !== '') throw new UnexpectedResponseError('source', `${operation.name} returned invalid JSON`);
    return { ok: true, body };
  }
  const told = envelope.safeParse(body).data?.error;
  const refusal: Refusal = {
    status: response.status,
    code: told !== undefined && /^[\w.-]{1,100}$/.test(told.code) ? told.code : undefined,
    text: told?.message,
    requestId: response.headers.get('request-id') ?? undefined,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), now.getTime()),
    location: response.headers.get('location') ?? undefined,
  };
  return { ok: false, refusal };
}

function parseObject(text: string): Json | undefined {
  try {
    return record.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
