import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a simulator sees it, read to its end. `body` is undefined when there was none or it is not JSON. */
export interface SimRequest {
  readonly method: string;
  /** Decoded path without the query string. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
  readonly body: unknown;
}

/** What a simulator answers: an object goes out as JSON, a string as it is (set `content-type` yourself), undefined as no body. */
export interface SimReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Cuts the connection instead of answering. */
  readonly reset?: boolean;
}

/** Shorthand for a JSON answer. */
export function json(status: number, body?: unknown, headers?: SimReply['headers']): SimReply {
  return { status, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
}

/** A matched route: its pattern (for statistics) and the values of its `{placeholders}`. */
export interface RouteMatch<Handler> {
  readonly pattern: string;
  readonly params: ReadonlyMap<string, string>;
  readonly handler: Handler;
}

interface Node<Handler> {
  readonly fixed: Map<string, Node<Handler>>;
  placeholder: { readonly name: string; readonly node: Node<Handler> } | undefined;
  readonly handlers: Map<string, { pattern: string; handler: Handler }>;
}

/** Routes by method and path pattern (`/users/{id}`). Fixed segments win over placeholders; cost does not grow with the number of routes. */
export class Router<Handler> {
  readonly #root: Node<Handler> = { fixed: new Map(), placeholder: undefined, handlers: new Map() };

  /** Adds a route; placeholders at one position share the name given first. */
  add(method: string, pattern: string, handler: Handler): this {
    let node = this.#root;
    for (const segment of pattern.split('/').filter(Boolean)) node = this.#step(node, segment);
    node.handlers.set(method, { pattern, handler });
    return this;
  }

  /** Finds the route; undefined when the path, or the method on it, is unknown. */
  match(method: string, path: string): RouteMatch<Handler> | undefined {
    const params = new Map<string, string>();
    const node = this.#walk(this.#root, path.split('/').filter(Boolean), 0, params, method);
    const found = node?.handlers.get(method);
    return found && { ...found, params };
  }

  #step(node: Node<Handler>, segment: string): Node<Handler> {
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    const fresh = (): Node<Handler> => ({ fixed: new Map(), placeholder: undefined, handlers: new Map() });
    if (name !== undefined) {
      node.placeholder ??= { name, node: fresh() };
      return node.placeholder.node;
    }
    const next = node.fixed.get(segment) ?? fresh();
    node.fixed.set(segment, next);
    return next;
  }

  #walk(
    node: Node<Handler>,
    segments: string[],
    at: number,
    params: Map<string, string>,
    method: string,
  ): Node<Handler> | undefined {
    const segment = segments[at];
    if (segment === undefined) return node.handlers.has(method) ? node : undefined;
    const fixed = node.fixed.get(segment);
    const hit = fixed && this.#walk(fixed, segments, at + 1, params, method);
    if (hit) return hit;
    if (!node.placeholder) return undefined;
    params.set(node.placeholder.name, segment);
    return this.#walk(node.placeholder.node, segments, at + 1, params, method);
  }
}

/** A listening simulator server. */
export interface SimServer {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and cuts open connections. Idempotent. */
  close(): Promise<void>;
}

/**
 * How long a server keeps an idle connection, in ms: longer than anybody here is silent. A client that the machine holds up would otherwise write
 * into one that is just being closed, and a POST is not sent again.
 */
export const IDLE_MS = 10 * 60_000;

/** Bodies above this are cut off with 413: a simulator must not be a way to fill memory. */
const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Starts a loopback HTTP server which hands each complete request to `handle`.
 * @param options port 0 (the default) picks a free one; host defaults to 127.0.0.1.
 */
export async function startSimServer(
  handle: (request: SimRequest) => Promise<SimReply> | SimReply,
  options: { readonly port?: number; readonly host?: string } = {},
): Promise<SimServer> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    void answer(request, response, handle);
  });
  server.keepAliveTimeout = IDLE_MS;
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  };
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port, close };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: SimRequest) => Promise<SimReply> | SimReply,
): Promise<void> {
  try {
    const rawBody = await readBody(request);
    if (rawBody === undefined) return send(response, { status: 413, body: 'Request Entity Too Large' });
    const target = new URL(request.url ?? '/', 'http://simulator.invalid');
    const seen: SimRequest = {
      method: request.method ?? 'GET',
      path: decodePath(target.pathname),
      query: target.searchParams,
      headers: request.headers,
      rawBody,
      body: parseJson(rawBody),
    };
    const reply = await handle(seen);
    if (reply.reset) response.destroy();
    else send(response, reply);
  } catch (error) {
    // A bug of the simulator must be loud and distinct from the errors it imitates.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (!response.headersSent) send(response, { status: 599, body: `simulator bug: ${text}` });
    else response.destroy();
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, reply: SimReply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  response.statusCode = reply.status;
  if (reply.body === undefined) {
    response.end();
    return;
  }
  const isText = typeof reply.body === 'string';
  if (!response.hasHeader('content-type'))
    response.setHeader('content-type', isText ? 'text/plain' : 'application/json; charset=utf-8');
  response.end(isText ? reply.body : JSON.stringify(reply.body));
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The value as a plain record, or undefined when it is an array, null or a primitive. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
