import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { App, ConfiguredApp } from '../compose';
import { withAdvice } from '../core/advice';
import { ERROR_TABLE, type ErrorCode, REFUSAL_TABLE, type RefusalCode } from '../core/error-table';
import { ProvisioningError } from '../core/errors';
import { invocationLogger, withinInvocation } from './invocation-log';

/** One fault of a request. */
export interface RequestFault {
  /** Where: a JSON pointer into the body, or the name of a parameter of the query. */
  readonly pointer: string;
  readonly detail: string;
  /** UTF-16 units from the start of the value, from 0. */
  readonly offset?: number;
  /** What may stand there instead. */
  readonly allowed?: readonly string[];
}

/** The largest request body, in bytes; what this app takes is a thousand times smaller. */
export const MAX_BODY_BYTES = 1_048_576;

/** A refusal of a request, as the caller reads it. @see https://www.rfc-editor.org/rfc/rfc9457 */
export class RequestProblem extends Error {
  /** The HTTP status, by the code. */
  readonly status: number;

  constructor(
    readonly code: RefusalCode,
    /** What was wrong, where, and what to do. */
    readonly detail: string,
    readonly errors: readonly RequestFault[] = [],
  ) {
    super(detail);
    this.status = REFUSAL_TABLE[code].http;
  }
}

/** The HTTP status of an error by its code. */
export const statusOf = (code: ErrorCode): number => ERROR_TABLE[code].http;

/** An answer as JSON. Never cached unless told otherwise: it is the state of this moment. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): HttpResponseInit => ({
  status,
  headers: {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  },
  body: JSON.stringify(body),
});

/** An answer as `application/problem+json` with a stable `code`. */
export const problem = (status: number, code: string, title: string, detail: string, more: Record<string, unknown> = {}) =>
  json({ type: 'about:blank', title, status, detail, code, ...more }, status, {
    'content-type': 'application/problem+json; charset=utf-8',
  });

/** The body of a request as JSON. @throws RequestProblem when it is empty, larger than {@link MAX_BODY_BYTES}, or no JSON */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const body = await readOptionalJson(request);
  if (body === undefined) throw new RequestProblem('BadRequest', 'The request has no body; send a JSON object.');
  return body;
}

/** As {@link readJson}; undefined for an empty body. Keeps no more than the limit, whatever the request announces. */
export async function readOptionalJson(request: HttpRequest): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestProblem('BadRequest', 'The body is no JSON.');
  }
}

/** Takes a body in and keeps nothing of it: with streams, who is still sending would never hear a refusal. Azure bounds its size. */
async function takeIn(request: HttpRequest): Promise<void> {
  for await (const _ of request.body ?? []);
}

const tooLarge = (): RequestProblem => new RequestProblem('PayloadTooLarge', `The body is larger than ${MAX_BODY_BYTES} bytes.`);

/** A handler of an HTTP function of this app. */
export type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/** Runs a handler within its invocation; every error becomes a problem, and no message of a stranger's making leaves. */
export const http =
  (run: (request: HttpRequest) => Promise<HttpResponseInit>): Handler =>
  (request, context) =>
    withinInvocation(context, async () => {
      try {
        if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
          await takeIn(request);
          throw tooLarge();
        }
        return await run(request);
      } catch (error) {
        return problemOf(error);
      }
    });

/** As {@link http}, for what needs a configured app: else the answer says what is not configured. */
export const configuredHttp = (
  getApp: () => App,
  run: (app: ConfiguredApp, request: HttpRequest) => Promise<HttpResponseInit>,
): Handler =>
  http(async (request) => {
    const app = getApp();
    if (app.kind === 'configured') return run(app, request);
    const names = new Set(app.error.issues.map(({ setting }) => setting.split(' ')[0]));
    const detail = `Correct ${[...names].join(', ')}. The app restarts when its settings change; errors says what is wrong with each.`;
    return problem(503, 'NotConfigured', 'Not configured', detail, { errors: app.error.issues });
  });

function problemOf(error: unknown): HttpResponseInit {
  if (error instanceof RequestProblem) {
    return problem(error.status, error.code, error.code, error.detail, error.errors.length > 0 ? { errors: error.errors } : {});
  }
  if (error instanceof ProvisioningError) {
    return problem(statusOf(error.code), error.code, error.name, withAdvice(error));
  }
  invocationLogger.error('A request failed in a way that the app did not expect', {
    kind: error instanceof Error ? error.name : typeof error,
    ...(error instanceof Error && { places: placesOf(error) }),
  });
  return problem(500, 'PROV_BUG', 'Unexpected', 'The app failed in a way that it did not expect; its log says more.');
}

/** Calls of the stack that are told: enough to find the mistake. */
const MAX_PLACES = 6;

/** Where in the code an error was made, innermost first. Without its message, which may hold anything. */
function placesOf({ stack = '', message }: Error): string {
  const end = stack.indexOf(message);
  const calls = end < 0 ? '' : stack.slice(end + message.length);
  return [...calls.matchAll(/^ +at (.+)$/gm)]
    .slice(0, MAX_PLACES)
    .map(([, call]) => call)
    .join(' < ');
}
