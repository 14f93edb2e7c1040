import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { TypedData } from './core-types';
import type { CallResult } from './invoker';

/** Headers that belong to one connection and are never passed on. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** How long a call that has ended well may take to show its answer, before it counts as one without an answer. */
const LATE_ANSWER_MS = 1_000;

/**
 * Passes a request through the small HTTP server which the library opens in the worker once the app has asked for `enableHttpStream`,
 * as the real host does, so that neither body is ever held whole.
 *
 * @param workerUrl What the library answered as the capability `HttpUri`.
 * @param invoke Starts the invocation that takes the request from the library's server.
 * @see https://github.com/Azure/azure-functions-nodejs-library/blob/v4.x/src/http/httpProxy.ts
 */
export async function forward(
  workerUrl: string,
  invocationId: string,
  request: IncomingMessage,
  response: ServerResponse,
  invoke: () => Promise<CallResult>,
): Promise<void> {
  const forwarded = httpRequest(new URL(request.url ?? '/', workerUrl), {
    method: request.method,
    headers: {
      ...passable(request.headers),
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': request.headers.host ?? '127.0.0.1',
      'x-forwarded-proto': 'http',
    },
    agent: false,
  });
  const answered = new Promise<boolean>((resolve) => {
    forwarded.on('error', () => resolve(false));
    forwarded.on('response', (answer) => {
      const headers = passable(answer.headers);
      delete headers['x-ms-invocation-id'];
      response.writeHead(answer.statusCode ?? 500, headers);
      // A client that goes away, or a handler whose stream breaks, ends the other side too.
      pipeline(answer, response).then(
        () => resolve(true),
        () => resolve(true),
      );
    });
  });
  pipeline(request, forwarded).catch(() => undefined);
  const result = await invoke();
  if (result.outcome !== 'succeeded') {
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
    forwarded.destroy();
    return;
  }
  const timer = setTimeout(() => {
    if (response.headersSent) return;
    response.writeHead(result.isEmpty ? 204 : 500).end();
    forwarded.destroy();
  }, LATE_ANSWER_MS);
  await answered;
  clearTimeout(timer);
}

/** What the library reads headers and route parameters from when a request streams. */
export function streamMetadata(
  request: IncomingMessage,
  parameters: Readonly<Record<string, string>>,
): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = { Headers: { json: JSON.stringify(request.headers) } };
  for (const [name, value] of Object.entries(parameters)) metadata[name] = { string: value };
  return metadata;
}

function passable(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
