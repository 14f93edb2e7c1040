import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { IDLE_MS } from '../http-kit';
import { answerBatch } from './batch';
import type { GraphAnswer, GraphCore, GraphRequest, SentMail } from './call';
import { Cursors } from './cursors';
import { DeltaTokens } from './delta';
import { SimulatedDirectory } from './directory';
import { type FaultRule, GraphFaults } from './faults';
import { errorBody, GraphError } from './graph-error';
import { answerRoute, findRoute } from './router';
import type { DirectoryState } from './state';
import { Subscriptions } from './subscriptions';

/** How the simulator is started. */
export interface GraphSimulatorOptions {
  /** The directory to serve; an empty one by default. */
  readonly directory?: SimulatedDirectory;
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** The only bearer token accepted; any token is accepted when absent, but one there must be. */
  readonly token?: string;
  /** Application permissions; by default the three of least privilege and Mail.Send. */
  readonly permissions?: readonly string[];
  /** Objects on a delta page; 100 by default. */
  readonly deltaPageSize?: number;
  /** Members and managers on a delta page; 1,000 by default. */
  readonly deltaLinksPerPage?: number;
  /** Clock for token ages and answers; the real one by default. */
  readonly now?: () => Date;
  /** Whether {@link GraphSimulator.traffic} is filled from the start. */
  readonly recordTraffic?: boolean;
}

/** One request and its answer, batches both as a whole and by their parts. */
export interface GraphTraffic {
  readonly method: string;
  /** Below `/v1.0`, without the query. */
  readonly path: string;
  readonly query: string;
  /** Without Authorization. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

/** How often what was asked for. */
export interface GraphStats {
  /** HTTP requests; a batch counts once. */
  count: number;
  /** Requests by route, for instance `GET /users/{id}`; those inside a batch included. */
  readonly byRoute: Map<string, number>;
  reset(): void;
}

/** A running Microsoft Graph, as far as provisioning needs it. */
export interface GraphSimulator {
  /** Base URL including `/v1.0`. */
  readonly url: string;
  /** Change it at any time; delta queries report it. */
  readonly directory: SimulatedDirectory;
  readonly faults: GraphFaults;
  /** Add and delete to grant and revoke. */
  readonly permissions: Set<string>;
  readonly stats: GraphStats;
  recordTraffic: boolean;
  readonly traffic: GraphTraffic[];
  readonly sentMail: SentMail[];
  /** The subscriptions to changes, and what they send. */
  readonly subscriptions: Subscriptions;
  close(): Promise<void>;
}

/** What the app asks its administrator for. */
export const LEAST_PRIVILEGE = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All', 'Mail.Send'] as const;

/** The service refuses larger requests; https://learn.microsoft.com/graph/errors (413). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

const JSON_TYPE = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

/** Starts a Graph simulator on loopback. The same directory may not be served by two simulators at once. */
export async function startGraphSimulator(options: GraphSimulatorOptions = {}): Promise<GraphSimulator> {
  const directory = options.directory ?? new SimulatedDirectory(options.now === undefined ? {} : { now: options.now });
  const faults = new GraphFaults();
  const permissions = new Set<string>(options.permissions ?? LEAST_PRIVILEGE);
  const sentMail: SentMail[] = [];
  const traffic: GraphTraffic[] = [];
  const now = options.now ?? (() => new Date());
  const stats: GraphStats = {
    count: 0,
    byRoute: new Map(),
    reset() {
      this.count = 0;
      this.byRoute.clear();
    },
  };
  const deltas = new DeltaTokens({ objects: options.deltaPageSize ?? 100, links: options.deltaLinksPerPage ?? 1000 });
  const replica = new Replica(directory, faults);
  const subscriptions = new Subscriptions(directory.tenantId, now);
  directory.afterChange = (change) => {
    const { deletedUsers, deletedGroups } = directory.state;
    const isKept = (change.kind === 'user' ? deletedUsers : deletedGroups).has(change.id);
    subscriptions.changed(change, change.event === 'removed' && !isKept);
  };
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = IDLE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`;
  const core: GraphCore = { base, directory, faults, permissions, deltas, cursors: new Cursors(), sentMail, subscriptions, now };
  const simulator: GraphSimulator = {
    url: base,
    directory,
    faults,
    permissions,
    stats,
    recordTraffic: options.recordTraffic ?? false,
    traffic,
    sentMail,
    subscriptions,
    close: () =>
      new Promise((resolve) => {
        subscriptions.close();
        directory.afterChange = undefined;
        directory.beforeChange = undefined;
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return simulator;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    stats.count += 1;
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const ids = { request: randomUUID(), client: headers['client-request-id'] ?? randomUUID() };
    const sent = (answer: GraphAnswer, rule: FaultRule | undefined) => send(outgoing, answer, ids, rule);
    let request: GraphRequest;
    try {
      const url = new URL(incoming.url ?? '/', base);
      const text = await readBody(incoming);
      if (!url.pathname.startsWith('/v1.0/')) throw new GraphError(400, 'BadRequest', 'Invalid version.');
      const path = url.pathname.slice('/v1.0'.length);
      request = { method: incoming.method ?? 'GET', path, query: url.searchParams, headers, body: parseBody(text) };
      authenticate(headers.authorization);
    } catch (error) {
      return sent(toAnswer(error, ids), undefined);
    }
    const isBatch = request.method === 'POST' && request.path === '/$batch';
    if (!isBatch) {
      const { answer, rule } = await dispatch(request, ids);
      return sent(answer, rule);
    }
    const outerRule = faults.take(request.method, request.path, '');
    let answer: GraphAnswer;
    try {
      if (outerRule?.status !== undefined) answer = faultAnswer(outerRule, ids);
      else answer = await answerBatch(request.body, async (inner) => innerAnswer(await dispatch(inner, ids)));
    } catch (error) {
      answer = toAnswer(error, ids);
    }
    record(request, 'POST /$batch', answer);
    if (outerRule?.delayMs !== undefined) await sleep(outerRule.delayMs);
    return sent(answer, outerRule);
  }

  /** One request through faults, routes and records. Never throws. */
  async function dispatch(request: GraphRequest, ids: RequestIds): Promise<{ answer: GraphAnswer; rule: FaultRule | undefined }> {
    let rule: FaultRule | undefined;
    let route = `${request.method} unmatched`;
    let answer: GraphAnswer;
    try {
      const found = findRoute(request);
      if (found !== undefined) route = `${found.route.method} ${found.route.template}`;
      const path = decodeURIComponent(request.path);
      rule = faults.take(request.method, path, decodeURIComponent(request.query.toString().replaceAll('+', ' ')));
      if (rule?.delayMs !== undefined) await sleep(rule.delayMs);
      if (rule?.status !== undefined) answer = faultAnswer(rule, ids);
      else if ([...faults.unavailable].some((id) => path.includes(id)))
        throw new GraphError(503, 'ServiceUnavailable', 'The service is temporarily unavailable.', { 'Retry-After': '1' });
      else answer = await answerRoute(core, found, request, replica.view());
      if (rule?.dropNextLink === true) answer = withoutLinks(answer);
    } catch (error) {
      answer = toAnswer(error, ids);
    }
    record(request, route, answer);
    return { answer, rule };
  }

  function record(request: GraphRequest, route: string, answer: GraphAnswer): void {
    stats.byRoute.set(route, (stats.byRoute.get(route) ?? 0) + 1);
    if (!simulator.recordTraffic) return;
    const { authorization: _, ...requestHeaders } = request.headers;
    const { method, path, body } = request;
    const response = { status: answer.status, responseHeaders: answer.headers ?? {}, responseBody: answer.body };
    traffic.push({ method, path, query: request.query.toString(), requestHeaders, requestBody: body, ...response });
  }

  /** https://learn.microsoft.com/graph/auth/auth-concepts; the messages as reported in public issues. */
  function authenticate(authorization: string | undefined): void {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token !== undefined && (options.token === undefined || options.token === token)) return;
    const message = token === undefined ? 'Access token is empty.' : 'Access token validation failure. Invalid audience.';
    throw new GraphError(401, 'InvalidAuthenticationToken', message, {
      'WWW-Authenticate': 'Bearer realm="", authorization_uri=""',
    });
  }

  function faultAnswer(rule: FaultRule, ids: RequestIds): GraphAnswer {
    const status = rule.status ?? 500;
    const code = status === 429 ? 'TooManyRequests' : status >= 500 ? 'ServiceUnavailable' : 'UnknownError';
    const message = status === 429 ? 'Too many requests.' : 'The request could not be completed.';
    return {
      status,
      headers: rule.headers ?? {},
      body: rule.body ?? errorBody({ code, message }, ids.request, ids.client, now()),
    };
  }

  function toAnswer(error: unknown, ids: RequestIds): GraphAnswer {
    const known = error instanceof GraphError ? error : new GraphError(500, 'generalException', String(error));
    return { status: known.status, headers: known.headers, body: errorBody(known, ids.request, ids.client, now()) };
  }
}

interface RequestIds {
  readonly request: string;
  readonly client: string;
}

/** Keeps the state from before a change for so many requests as the fault says. */
class Replica {
  private stale: DirectoryState | undefined;
  private left = 0;

  constructor(
    private readonly directory: SimulatedDirectory,
    faults: GraphFaults,
  ) {
    directory.beforeChange = (state) => {
      if (faults.replicationDelay <= 0) return;
      this.stale ??= state.clone();
      this.left = faults.replicationDelay;
    };
  }

  /** The state that the next request sees. */
  view(): DirectoryState {
    const { stale } = this;
    if (stale === undefined || this.left <= 0) return this.directory.state;
    this.left -= 1;
    if (this.left === 0) this.stale = undefined;
    return stale;
  }
}

/** A broken connection inside a batch is an inner 503: the outer answer still arrives. */
function innerAnswer({ answer, rule }: { answer: GraphAnswer; rule: FaultRule | undefined }): GraphAnswer {
  if (rule?.reset !== true) return answer;
  return { status: 503, body: { error: { code: 'ServiceUnavailable', message: 'The service is temporarily unavailable.' } } };
}

function withoutLinks(answer: GraphAnswer): GraphAnswer {
  const { '@odata.nextLink': _next, '@odata.deltaLink': _delta, ...body } = (answer.body ?? {}) as Record<string, unknown>;
  return { ...answer, body };
}

function send(outgoing: ServerResponse, answer: GraphAnswer, ids: RequestIds, rule: FaultRule | undefined): void {
  if (rule?.reset === true) {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  const isText = typeof answer.body === 'string';
  const bytes = Buffer.from(answer.body === undefined ? '' : isText ? String(answer.body) : JSON.stringify(answer.body));
  const type = answer.body === undefined ? {} : { 'Content-Type': isText ? 'text/html' : JSON_TYPE };
  const common = { 'Cache-Control': 'no-cache', 'request-id': ids.request, 'client-request-id': ids.client };
  outgoing.writeHead(answer.status, { ...type, ...common, 'Content-Length': bytes.length, ...answer.headers });
  if (rule?.cutAfterBytes !== undefined) {
    outgoing.write(bytes.subarray(0, rule.cutAfterBytes), () => outgoing.destroy());
    return;
  }
  outgoing.end(bytes);
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new GraphError(413, 'RequestEntityTooLarge', 'The request is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new GraphError(
      400,
      'BadRequest',
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}
