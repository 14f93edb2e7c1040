import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asRecord, Router, type SimReply, type SimRequest, startSimServer } from '../http-kit';
import { accountRoutes } from './account-routes';
import { Authenticator, authorize } from './auth';
import { brandRoutes } from './brand-routes';
import { bulkRoutes } from './bulk-routes';
import { invalidAttribute, invalidEndpoint, RecordInvalid, ZendeskRefusal } from './errors';
import { type Fault, faultReply, ZendeskFaults } from './faults';
import { groupRoutes, membershipRoutes } from './groups-routes';
import { identityRoutes } from './identities-routes';
import { JobRunner } from './jobs';
import { type BucketState, RateLimits } from './limits';
import {
  type AccountFeatures,
  defaultApiToken,
  defaultOAuthClient,
  defaultOwnerEmail,
  type ZendeskSimulatorOptions,
} from './options';
import { organizationMembershipRoutes, organizationRoutes } from './organizations-routes';
import type { UserRow } from './rows';
import { SearchIndex } from './search-index';
import { makeSeed, type Seed } from './seed';
import { ZendeskState } from './state';
import { type Recorder, type SimStats, startRecorder, type TrafficEntry } from './stats';
import { ticketRoutes } from './ticket-routes';
import { deletedUserRoutes, userRoutes } from './users-routes';
import type { Access, Call, Handler, World } from './world';

/** A running simulated Zendesk account. */
export interface ZendeskSimulator {
  /** Base URL without a trailing slash, to be used in place of `https://{subdomain}.zendesk.com`. */
  readonly url: string;
  readonly port: number;
  /** The account's data, live. */
  readonly state: ZendeskState;
  /** Faults and switches, mutable at run time. */
  readonly faults: ZendeskFaults;
  /** Plan features, mutable at run time. */
  readonly features: AccountFeatures;
  readonly stats: SimStats;
  /** The last requests and answers, oldest first; empty unless `recordTraffic`. */
  readonly traffic: readonly TrafficEntry[];
  /** Fills the account without requests. */
  readonly seed: Seed;
  /** The account owner. */
  readonly owner: UserRow;
  readonly jobs: JobRunner;
  /** Credentials that work, as an `authorization` header for tests. */
  readonly authorization: string;
  /** Revokes all access tokens. */
  expireTokens(): void;
  /** Makes search see everything now. */
  flushSearchIndex(): void;
  /** Forgets statistics and recorded traffic, and disarms faults; data stays. */
  reset(): void;
  close(): Promise<void>;
}

interface RouteEntry {
  readonly access: Access;
  readonly handler: Handler;
}

/** 429 body as it is commonly seen; the status and `Retry-After` are the documented part. */
const tooManyRequests = { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' };
const defaultLocales = ['en-US', 'es', 'de', 'fr', 'ja'];
/** Ids as in the public examples; others are counted from 1000. */
const localeIds = new Map([
  ['en-US', 1],
  ['es', 2],
  ['de', 8],
  ['fr', 16],
  ['ja', 67],
]);

/** Starts a simulated Zendesk account on loopback. */
export async function startZendeskSimulator(options: ZendeskSimulatorOptions = {}): Promise<ZendeskSimulator> {
  const account = new Account(options);
  const server = await startSimServer((request) => account.handle(request), {
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.host === undefined ? {} : { host: options.host }),
  });
  account.baseUrl = server.url;
  const { world, recorder } = account;
  const owner = world.state.users.get(world.state.ownerId)!;
  return {
    url: server.url,
    port: server.port,
    state: world.state,
    faults: world.faults,
    features: world.features,
    stats: recorder.stats,
    traffic: recorder.traffic,
    seed: account.seed,
    owner,
    jobs: world.jobs,
    authorization: `Basic ${Buffer.from(`${owner.email}/token:${account.auth.apiTokens[0]?.token}`).toString('base64')}`,
    expireTokens: () => account.auth.expireTokens(),
    flushSearchIndex: () => world.index.flush(),
    reset: () => {
      recorder.reset();
      world.faults.clear();
    },
    close: () => server.close(),
  };
}

class Account {
  baseUrl = '';
  readonly world: World;
  readonly auth: Authenticator;
  readonly limits: RateLimits;
  readonly seed: Seed;
  readonly recorder: Recorder;
  readonly #router = new Router<RouteEntry>();
  readonly #timeScale: number;

  constructor(readonly options: ZendeskSimulatorOptions) {
    const now = options.now ?? Date.now;
    this.#timeScale = options.timeScale ?? 1;
    const faults = new ZendeskFaults();
    const state = new ZendeskState();
    const url = () => this.baseUrl;
    const index = new SearchIndex(state, faults, now);
    state.onUserChange = (id) => {
      index.changed(id);
      state.recordChange(id, now());
    };
    this.world = {
      state,
      faults,
      index,
      features: {
        customRoles: true,
        bulkCreateEnabled: false,
        userTagging: true,
        multipleOrganizations: true,
        manualBrandAccess: true,
        uniqueGroupNames: false,
        agentSeats: undefined,
        lightAgentSeats: undefined,
        ...options.features,
      },
      jobs: new JobRunner(faults, now, options.jobDurationMs ?? 40, url),
      now,
      timestamp: () => `${new Date(now()).toISOString().slice(0, 19)}Z`,
      url,
      minuteMs: 60_000 / this.#timeScale,
    };
    this.limits = new RateLimits(options.requestsPerMinute, this.#timeScale, options.updateLanes ?? true);
    this.auth = new Authenticator(
      this.world,
      [...(options.oauthClients ?? [defaultOAuthClient])],
      [...(options.apiTokens ?? [defaultApiToken])],
    );
    this.recorder = startRecorder(this.limits, options.recordTraffic ?? false, options.trafficLimit ?? 5_000);
    this.seed = makeSeed(this.world);
    this.#setUp();
  }

  async handle(request: SimRequest): Promise<SimReply> {
    const fault = this.world.faults.take(request);
    if (fault?.delayMs) await sleep(fault.delayMs);
    const path = request.path.replace(/\.json$/, '');
    const match = this.#router.match(request.method, path);
    const faulty = fault && faultReply(fault);
    const real = !faulty || fault?.after ? this.#answer(request, match) : undefined;
    const reply = this.#dress(faulty ?? real ?? { status: 500 }, fault);
    this.recorder.note(request, match?.pattern ?? (path === '/oauth/tokens' ? path : 'unknown'), reply);
    return reply;
  }

  #answer(request: SimRequest, match: ReturnType<Router<RouteEntry>['match']>): SimReply {
    if (request.path === '/oauth/tokens' && request.method === 'POST') return this.auth.issue(request);
    const headers = new Map<string, string>();
    const bucket = this.limits.request(this.world.now());
    this.#quotaHeaders(headers, bucket);
    try {
      if (!bucket.allowed)
        return withHeaders(
          { status: 429, body: tooManyRequests, headers: { 'retry-after': String(bucket.resetSeconds) } },
          headers,
        );
      this.world.jobs.advance();
      const actor = this.auth.identify(request);
      if (!match) throw invalidEndpoint();
      authorize(actor, match.handler.access, request.method, match.pattern);
      if (match.pattern.startsWith('/api/v2/incremental/'))
        this.#requireBucket(this.limits.incremental(this.world.now()), 'incremental-exports', headers);
      return withHeaders(match.handler.handler(this.#call(request, actor, match.params, headers)), headers);
    } catch (error) {
      if (error instanceof RecordInvalid) return withHeaders(error.reply(this.world.faults.language), headers);
      if (error instanceof ZendeskRefusal) return withHeaders(error.reply, headers);
      throw error;
    }
  }

  #call(request: SimRequest, actor: Call['actor'], params: ReadonlyMap<string, string>, headers: Map<string, string>): Call {
    return {
      world: this.world,
      actor,
      request,
      query: request.query,
      headers,
      id: (name) => {
        const value = params.get(name) ?? '';
        if (!/^\d{1,15}$/.test(value)) throw invalidAttribute('id', 'id must be an integer');
        return Number(value);
      },
      text: (name) => params.get(name) ?? '',
      body: (key) => {
        const value = asRecord(asRecord(request.body)?.[key]);
        if (!value) throw invalidAttribute(key, `${key} is required`);
        return value;
      },
      takeUpdateLane: (userId) => {
        const bucket = this.limits.userUpdate(userId, this.world.now());
        if (bucket) this.#requireBucket(bucket, 'create-update-user', headers);
      },
    };
  }

  /** @throws ZendeskRefusal 429 when the endpoint's own bucket is empty; the header goes out either way */
  #requireBucket(bucket: BucketState, name: string, headers: Map<string, string>): void {
    if (this.world.faults.rateLimitHeaders !== 'none') {
      headers.set(
        `Zendesk-RateLimit-${name}`,
        `total=${bucket.limit};remaining=${bucket.remaining};resets=${bucket.resetSeconds}`,
      );
    }
    if (!bucket.allowed)
      throw new ZendeskRefusal({ status: 429, body: tooManyRequests, headers: { 'retry-after': String(bucket.resetSeconds) } });
  }

  /** Both spellings exist: today's documentation and the recordings of 2023 (facetoe/zenpy cassettes). */
  #quotaHeaders(headers: Map<string, string>, { limit, remaining, resetSeconds }: BucketState): void {
    const spelling = this.world.faults.rateLimitHeaders;
    if (spelling === 'none') return;
    headers.set('X-Rate-Limit', String(limit));
    headers.set('X-Rate-Limit-Remaining', String(remaining));
    for (const prefix of spelling === 'both' ? ['ratelimit', 'rate-limit'] : [spelling]) {
      // Recorded in 2023: `rate-limit` itself is the limit.
      headers.set(prefix === 'rate-limit' ? prefix : `${prefix}-limit`, String(limit));
      headers.set(`${prefix}-remaining`, String(remaining));
      headers.set(`${prefix}-reset`, String(resetSeconds));
    }
  }

  #dress(reply: SimReply, fault: Fault | undefined): SimReply {
    if (reply.reset) return reply;
    const requestId = randomBytes(8).toString('hex');
    const headers: Record<string, string | readonly string[]> = {
      'x-simulator-time-scale': String(this.#timeScale),
      // Twice, as recorded; support asks for it.
      'x-request-id': [requestId, requestId],
      'x-zendesk-origin-server': 'simulator.app-server',
    };
    if (fault?.status !== undefined && fault.rateLimitHeaders !== false) {
      const quota = new Map<string, string>();
      const limit = this.options.requestsPerMinute ?? 700;
      this.#quotaHeaders(quota, { limit, remaining: 0, resetSeconds: 1, allowed: true });
      Object.assign(headers, Object.fromEntries(quota));
    }
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  #setUp(): void {
    const { state } = this.world;
    for (const [at, locale] of (this.options.locales ?? defaultLocales).entries()) {
      state.locales.push({ id: localeIds.get(locale) ?? 1_000 + at, locale, name: locale });
    }
    this.seed.group(this.options.defaultGroup ?? 'Support', { isDefault: true });
    const name = this.options.owner?.name ?? 'Account Owner';
    const email = this.options.owner?.email ?? defaultOwnerEmail;
    state.ownerId = this.seed.user({ name, email, role: 'admin', verified: true }).id;
    const routes: ((route: (method: string, pattern: string, access: Access, handler: Handler) => void) => void)[] = [
      userRoutes,
      deletedUserRoutes,
      identityRoutes,
      groupRoutes,
      brandRoutes,
      membershipRoutes,
      organizationRoutes,
      organizationMembershipRoutes,
      bulkRoutes,
      accountRoutes,
      ticketRoutes,
    ];
    for (const add of routes) add((method, pattern, access, handler) => this.#router.add(method, pattern, { access, handler }));
  }
}

function withHeaders(reply: SimReply, headers: ReadonlyMap<string, string>): SimReply {
  return { ...reply, headers: { ...Object.fromEntries(headers), ...reply.headers } };
}
