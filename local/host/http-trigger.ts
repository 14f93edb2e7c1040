import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDLE_MS } from '../http-kit';
import type { RegisteredFunction } from './core-api';
import type { HttpCookie, HttpData, NullableMap, TypedData } from './core-types';
import type { FunctionSummary, Log } from './events';
import { isTooLarge, readBody } from './http-body';
import { forward, streamMetadata } from './http-stream';
import type { Call, Invoker } from './invoker';
import { type HostKeys, isAuthorised } from './keys';
import { parseRoute, type RouteTemplate } from './route-template';
import type { SignIn } from './sign-in';

/** An HTTP function, ready to be matched. */
export interface HttpEndpoint {
  readonly fn: RegisteredFunction;
  readonly name: string;
  /** With the prefix of `host.json`. */
  readonly route: string;
  readonly template: RouteTemplate;
  /** Upper case. */
  readonly methods: readonly string[];
  /** `anonymous`, `function` or `admin`. */
  readonly authLevel: string;
}

/** What the HTTP server needs from its host. */
export interface HttpTriggerOptions {
  readonly endpoints: readonly HttpEndpoint[];
  readonly keys: HostKeys;
  readonly invoker: Invoker;
  readonly log: Log;
  /** Where the library takes streams; undefined when the app does not stream. */
  readonly workerUrl: string | undefined;
  /** Plays the platform's sign-in; undefined where it is off. */
  readonly signIn: SignIn | undefined;
  /** Runs a function by name for the admin endpoint; undefined when there is none of that name. */
  readonly runByName: (name: string, input: string) => Promise<unknown> | undefined;
}

/** Reads an HTTP binding. @throws Error when its route cannot be read. */
export function makeEndpoint(
  fn: RegisteredFunction,
  binding: Readonly<Record<string, unknown>>,
  routePrefix: string,
): HttpEndpoint {
  const { name } = fn.metadata;
  const own = typeof binding.route === 'string' ? binding.route.replace(/^\/+/, '') : name;
  const route = routePrefix === '' ? own : `${routePrefix}/${own}`;
  const methods = (Array.isArray(binding.methods) ? binding.methods : []).map((method) => String(method).toUpperCase());
  return {
    fn,
    name,
    route,
    template: parseRoute(route),
    methods,
    authLevel: String(binding.authLevel ?? 'function').toLowerCase(),
  };
}

/** The host registers routes in the order of the function names, and the first that fits takes the request. */
export function inHostOrder<T extends Pick<FunctionSummary, 'name'>>(functions: readonly T[]): T[] {
  const key = (item: T): string => item.name.toUpperCase();
  return [...functions].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** Listens on loopback. @returns the server; its port is in `address()`. @throws when the port is taken. */
export async function listen(port: number, options: HttpTriggerOptions): Promise<{ server: Server; port: number }> {
  const endpoints = inHostOrder(options.endpoints);
  const server = createServer((request, response) => {
    answer({ ...options, endpoints }, request, response).catch((error: unknown) => {
      options.log('error', 'Host.Http', `Answering a request failed: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.keepAliveTimeout = IDLE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function answer(options: HttpTriggerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const path = url.pathname.slice(1);
  if (await options.signIn?.handle(request, response, url)) return;
  const key = header(request, 'x-functions-key') ?? url.searchParams.get('code') ?? undefined;
  if (path.startsWith('admin/')) return answerAdmin(options, method, path, key, request, response);
  for (const endpoint of options.endpoints) {
    // A method nobody takes is 404 here, not 405: the host's routes are constrained by method. HEAD is not GET either.
    const parameters =
      endpoint.methods.length === 0 || endpoint.methods.includes(method) ? endpoint.template.match(path) : undefined;
    if (parameters === undefined) continue;
    if (!isAuthorised(options.keys, endpoint.authLevel, endpoint.name, key)) return end(response, 401);
    return invoke(options, endpoint, parameters, url, request, response);
  }
  end(response, 404);
}

async function invoke(
  options: HttpTriggerOptions,
  endpoint: HttpEndpoint,
  parameters: Readonly<Record<string, string>>,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const invocationId = randomUUID();
  const traceParent = header(request, 'traceparent');
  const call = (data: TypedData, triggerMetadata: Call['triggerMetadata']) =>
    options.invoker.call(endpoint.fn, {
      trigger: 'http',
      data,
      triggerMetadata,
      invocationId,
      ...(traceParent === undefined ? {} : { traceParent }),
    });
  if (options.workerUrl !== undefined) {
    if (isTooLarge(request)) return end(response, 413);
    const metadata = streamMetadata(request, parameters);
    return forward(options.workerUrl, invocationId, request, response, () => call({ http: {} }, metadata));
  }
  const body = await readBody(request);
  if (body === undefined) return end(response, 413);
  const http: HttpData = {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(Object.entries(request.headers)),
    nullableParams: nullable(Object.entries(parameters)),
    nullableQuery: nullable([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name).join(',')])),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
  const result = await call({ http }, {});
  if (result.outcome !== 'succeeded') return end(response, 500);
  const answered = result.response?.returnValue?.http;
  // No output at all is 204. @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-output
  if (answered === undefined) return end(response, 204);
  for (const [name, value] of Object.entries(answered.headers ?? {})) response.setHeader(name, value);
  if (answered.cookies !== undefined && answered.cookies.length > 0)
    response.setHeader('set-cookie', answered.cookies.map(cookieText));
  response.writeHead(Number(answered.statusCode ?? 200));
  response.end(answered.body?.bytes);
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http */
async function answerAdmin(
  options: HttpTriggerOptions,
  method: string,
  path: string,
  key: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isAuthorised(options.keys, 'admin', '', key)) return end(response, 401);
  const name = /^admin\/functions\/([^/]+)$/.exec(path)?.[1];
  if (method !== 'POST' || name === undefined) return end(response, 404);
  const run = options.runByName(name, inputOf((await readBody(request)) ?? Buffer.alloc(0)));
  if (run === undefined) return end(response, 404);
  // Azure answers at once; the run continues by itself, and its outcome is in the log.
  run.catch(() => undefined);
  end(response, 202);
}

function inputOf(body: Buffer): string {
  try {
    const { input } = JSON.parse(body.toString('utf8')) as { input?: unknown };
    return typeof input === 'string' ? input : JSON.stringify(input ?? '');
  } catch {
    return '';
  }
}

function end(response: ServerResponse, status: number): void {
  // The rest of a refused body is not read; the connection cannot be used again.
  if (status === 413) response.setHeader('connection', 'close');
  response.writeHead(status).end();
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function nullable(entries: Iterable<readonly [string, string | string[] | undefined]>): NullableMap {
  const map: Record<string, { value: string }> = {};
  for (const [name, value] of entries) {
    Object.defineProperty(map, name, {
      value: { value: Array.isArray(value) ? value.join(', ') : (value ?? '') },
      enumerable: true,
    });
  }
  return map;
}

function cookieText(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${cookie.maxAge.value}`);
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path !== undefined) parts.push(`Path=${cookie.path.value}`);
  if (cookie.httpOnly?.value) parts.push('HttpOnly');
  if (cookie.secure?.value) parts.push('Secure');
  if (typeof cookie.sameSite === 'string' && cookie.sameSite !== 'none')
    parts.push(`SameSite=${cookie.sameSite.replace('explicitNone', 'None')}`);
  return parts.join('; ');
}
