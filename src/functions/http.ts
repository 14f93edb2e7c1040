import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { withAdvice } from '../core/advice';
import { ERROR_TABLE, type ErrorCode, REFUSAL_TABLE, type RefusalCode } from '../core/error-table';
import { type ConfigError, ProvisioningError, ThrottledError } from '../core/errors';
import { invocationLogger, withinInvocation } from './logger';

/** One fault of a request. */
export interface RequestFault {
  /** Where: a JSON pointer into the body, the name of a parameter of the query, or a setting. */
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

/** A response in JSON. Never cached unless told otherwise: it is the state of this moment. */
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

/** What a schema describes, as it may be given: nothing is changed, so nothing need be writable. */
type Given<T> = T extends readonly (infer I)[]
  ? readonly Given<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : T;

/** A response in JSON of a declared shape; what is missing or of another type does not compile. */
export const respond = <S extends z.ZodType>(
  _shape: S,
  body: Given<z.output<S>>,
  status = 200,
  headers: Record<string, string> = {},
): HttpResponseInit => json(body, status, headers);

/** A value of a declared shape, for a part of a response that is made elsewhere. */
export type Body<S extends z.ZodType> = Given<z.output<S>>;

/** A response of type `application/problem+json` with a stable `code`. */
export const problem = (status: number, code: string, title: string, detail: string, more: Record<string, unknown> = {}) =>
  json({ type: 'about:blank', title, status, detail, code, ...more }, status, {
    'content-type': 'application/problem+json; charset=utf-8',
  });

/** A response that says when to ask again; as it is where that is not known. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export const withRetryAfter = (response: HttpResponseInit, ms: number | undefined): HttpResponseInit =>
  ms === undefined
    ? response
    : {
        ...response,
        headers: { ...(response.headers as Record<string, string>), 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) },
      };

/** Takes a body in and keeps nothing of it: with streams, who is still sending would never hear a refusal. Azure bounds its size. */
async function takeIn(request: HttpRequest): Promise<void> {
  for await (const _ of request.body ?? []);
}

/** The refusal of a body over the limit. */
export const tooLarge = (maxBytes: number): RequestProblem =>
  new RequestProblem('PayloadTooLarge', `The body is larger than ${maxBytes} bytes.`);

/** A handler of an HTTP function of this app. */
export type Handler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/** Why a request ended without what it asked for. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode | RefusalCode;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly RequestFault[];
  /** When to ask again, in ms, where another service says so. */
  readonly retryAfterMs?: number;
}

/** Prints a refusal. @param requestId by which the log of the app names the request */
export type PrintRefusal = (refusal: Refusal, requestId: string) => HttpResponseInit;

/** A refusal as every function but one prints it. */
const asProblem: PrintRefusal = ({ status, code, title, detail, errors }) =>
  problem(status, code, title, detail, errors && errors.length > 0 ? { errors } : {});

/**
 * Runs a handler within its invocation; every error becomes a refusal, and no message of a stranger's making leaves.
 * @param print how a refusal is printed; RFC 9457 unless told otherwise
 * @param maxBytes of the largest body
 */
export const http =
  (
    run: (request: HttpRequest) => Promise<HttpResponseInit>,
    print: PrintRefusal = asProblem,
    maxBytes = MAX_BODY_BYTES,
  ): Handler =>
  (request, context) =>
    withinInvocation(context, async () => {
      try {
        if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
          await takeIn(request);
          throw tooLarge(maxBytes);
        }
        return await run(request);
      } catch (error) {
        const refusal = refusalOf(error);
        return withRetryAfter(print(refusal, context.invocationId), refusal.retryAfterMs);
      }
    });

/** The refusal while the settings are wrong: each problem, with the setting in the place of the pointer. */
export function notConfigured({ issues }: ConfigError): RequestProblem {
  const names = new Set(issues.map(({ setting }) => setting.split(' ')[0]));
  const detail = `Correct ${[...names].join(', ')}. The app restarts when its settings change; errors says what is wrong with each.`;
  const errors = issues.map((issue) => ({ pointer: issue.setting, detail: issue.problem }));
  return new RequestProblem('NotConfigured', detail, errors);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RequestProblem) {
    const { status, code, detail, errors } = error;
    return { status, code, title: code, detail, errors };
  }
  if (error instanceof ProvisioningError)
    return {
      status: statusOf(error.code),
      code: error.code,
      title: error.name,
      detail: withAdvice(error),
      ...(error instanceof ThrottledError && { retryAfterMs: error.retryAfterMs }),
    };
  invocationLogger.error('A request failed in a way that the app did not expect', {
    kind: error instanceof Error ? error.name : typeof error,
    ...(error instanceof Error && { places: placesOf(error) }),
  });
  return {
    status: 500,
    code: 'PROV_BUG',
    title: 'Unexpected',
    detail: 'The app failed in a way that it did not expect; its log says more.',
  };
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
