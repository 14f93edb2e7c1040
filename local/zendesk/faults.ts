import type { SimReply, SimRequest } from '../http-kit';
import type { Language } from './errors';

/** Which requests a fault is for; everything left out matches all. `path` is tested against the path without the query string. */
export interface FaultMatcher {
  readonly method?: string;
  readonly path?: RegExp | string;
  readonly when?: (request: SimRequest) => boolean;
}

/** What happens instead of, or after, the real handling. */
export interface Fault {
  /** Status of the answer; undefined leaves the real answer (a pure delay). */
  readonly status?: number;
  /** Object: JSON. String: as it is, with `headers['content-type']` or text/plain. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** true: the write is applied first, then the caller is told something else (POST ambiguity). */
  readonly after?: boolean;
  readonly delayMs?: number;
  /** Cuts the connection. */
  readonly reset?: boolean;
  /** false: the faulty answer carries no rate-limit headers, as answers of the edge do. Default true. */
  readonly rateLimitHeaders?: boolean;
}

/** Ready-made faults, each with the public place it was seen. */
export const zendeskFaults = {
  /** 429 with `Retry-After`: https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
  throttled: (retryAfterSeconds: number): Fault => ({
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: { error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' },
  }),
  /** 429 of the edge: HTML, no `Retry-After`, no quota headers (airbytehq/airbyte#14253). */
  edge429Html: (): Fault => ({
    status: 429,
    rateLimitHeaders: false,
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>429 Too Many Requests</title></head><body><center><h1>429 Too Many Requests</h1></center></body></html>',
  }),
  /** 429 of the edge as plain text. */
  edge429Text: (): Fault => ({
    status: 429,
    rateLimitHeaders: false,
    headers: { 'content-type': 'text/plain' },
    body: 'Too Many Requests',
  }),
  /** 503 with `Retry-After`: maintenance; Zendesk's own Ruby client waits for it (zendesk/zendesk_api_client_rb). */
  maintenance: (retryAfterSeconds: number): Fault => ({
    status: 503,
    rateLimitHeaders: false,
    headers: { 'retry-after': String(retryAfterSeconds), 'content-type': 'text/html' },
    body: '<html><body><h1>Service Temporarily Unavailable</h1></body></html>',
  }),
  /** 500 although the write was applied: no idempotency keys outside tickets (https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#idempotency). */
  errorAfterWrite: (status = 500): Fault => ({
    status,
    after: true,
    rateLimitHeaders: false,
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h1>Something went wrong</h1></body></html>',
  }),
  /** 500 and nothing was written. */
  errorBeforeWrite: (status = 500): Fault => ({
    status,
    rateLimitHeaders: false,
    headers: { 'content-type': 'text/html' },
    body: '<html><body><h1>Something went wrong</h1></body></html>',
  }),
  /** The connection is cut before anything was done. */
  reset: (): Fault => ({ reset: true }),
  /** The write was applied, the connection is cut before the answer. */
  resetAfterWrite: (): Fault => ({ reset: true, after: true }),
  /** 409 of concurrent writes (zendesk/zendesk_api_client_php#314). */
  databaseConflict: (): Fault => ({ status: 409, body: { error: 'DatabaseConflict', description: 'Database collision' } }),
  /** 403, e.g. from an IP restriction: https://support.zendesk.com/hc/en-us/articles/203663706 */
  forbidden: (): Fault => ({
    status: 403,
    body: { error: { title: 'Forbidden', message: 'You do not have access to this page.' } },
  }),
} as const;

/** How rows of a finished job look; recordings and schema disagree (reference section 1.11). */
export type JobRowShape = 'recorded' | 'spec' | 'success-object' | 'null';

interface Armed {
  readonly matcher: FaultMatcher;
  readonly fault: Fault;
  times: number;
}

/** Switches of the simulator; every field may be changed while it runs. */
export class ZendeskFaults {
  /** Language of descriptions; codes stay. */
  language: Language = 'en';
  /** Spelling of quota headers: documented, of the 2023 recordings, both, or none. */
  rateLimitHeaders: 'ratelimit' | 'rate-limit' | 'both' | 'none' = 'ratelimit';
  /** Age a change must have before search sees it, real ms: https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/ */
  searchLagMs = 0;
  /** true: the search index takes in nothing (support article 10078092603674). */
  searchStalled = false;
  /** Status of `MaxAgentExceeded`; not in a public text (reference section 6, question 7). */
  seatsRefusalStatus: 403 | 422 = 422;
  /** Whether a create over the seat limit leaves an end user behind (same question). */
  seatsRefusalLeavesEndUser = false;
  /** Where the refusal carries its code: on top, or inside `details` of a `RecordInvalid` (same question). */
  seatsRefusalEnvelope: 'error' | 'details' = 'error';
  /** What a plan without custom roles answers to `GET /custom_roles`; not documented (reference section 6, question 4). */
  customRolesRefusal: 'InvalidEndpoint' | 'Forbidden' | 'light-agents-only' = 'InvalidEndpoint';
  /** What an unknown key in `user_fields` does; not documented (same section, question 6). */
  unknownUserField: 'ignore' | 'refuse' = 'ignore';
  /** Key of a duplicate external id in `details`; lanej/zendesk2 has it under `name`, without a code. */
  duplicateExternalId: { key: string; code: string | undefined } = { key: 'external_id', code: 'DuplicateValue' };
  /** What deleting an agent's default membership does while others exist; undocumented, refusing is the harder one. */
  defaultMembershipRemoval: 'refuse' | 'reassign' = 'refuse';
  /** false: `include=` is ignored, as where a side-load is not offered. */
  sideloads = true;
  jobRows: JobRowShape = 'recorded';
  shuffleJobRows = true;
  /** Adds a row of a user that does not exist to finished jobs (zendesk-java-client PR #325). */
  bogusJobRow = false;
  /** This many jobs to come end as `killed`, half done. */
  killJobs = 0;
  /** This many jobs to come end as `failed`, nothing done. */
  failJobs = 0;
  /** This many jobs to come are forgotten once they have ended: polls do not find them. */
  loseJobs = 0;
  /** Real ms that each row of a job takes: with 1,000, jobs obey the limit of one update a second inside (not documented). */
  jobMsPerRow = 0;
  /** Whether a new value leaves an e-mail identity verified; not documented (reference section 6, question 10). */
  identityValueChange: 'keeps' | 'unverifies' = 'keeps';
  /** Whether an agent who becomes an end user stays in groups; not documented. */
  downgradeGroups: 'leaves' | 'keeps' = 'leaves';
  /** What an update with a role and a suspension does; not documented (same section, question 5). */
  roleWithSuspension: 'both' | 'role-only' = 'both';
  /** What a language that is not enabled does; not documented. */
  unknownLocale: 'refuse' | 'ignore' = 'refuse';
  /** What an unknown time zone does; not documented. */
  unknownTimeZone: 'accept' | 'refuse' = 'accept';
  /** Whether the address and external id of a deleted user are free again; not documented. */
  deletedKeepsKeys = false;
  /** Tickets that refuse every change, by id. */
  readonly stubbornTickets = new Set<number>();
  /** Whether the list of an agent's tickets ignores `sort_by`; that it is honoured there is not documented by the contract. */
  ticketsUnsorted = false;
  /** Status of `TooManyJobs`; not in a public text. */
  tooManyJobsStatus: 422 | 429 = 429;
  /** What `create_many` does about an address or external id that somebody has; not documented: refuse it, or take the account over. */
  createManyTaken: 'refuse' | 'take-over' = 'refuse';
  /** Whether several terms of one kind in a search are alternatives; not documented for addresses. */
  searchTerms: 'or' | 'and' = 'or';
  /** true: jobs stay `working`, so that the limit of 30 can be met. */
  holdJobs = false;
  /** Whether 30 jobs are counted per job type or per account (reference section 1.2, open). */
  jobLimitScope: 'type' | 'account' = 'type';
  /** true: refuses all credentials, as an account whose integration was switched off. */
  rejectCredentials = false;

  #armed: Armed[] = [];

  /** Applies `fault` to the next `times` requests that match; faults for one request are taken in the order armed. */
  next(matcher: FaultMatcher, fault: Fault, times = 1): void {
    this.#armed.push({ matcher, fault, times });
  }

  /** Faults still armed. */
  get pending(): number {
    return this.#armed.reduce((sum, armed) => sum + armed.times, 0);
  }

  /** Disarms all faults of {@link next}. */
  clear(): void {
    this.#armed = [];
  }

  /** Takes the fault for this request, if one is armed. */
  take(request: SimRequest): Fault | undefined {
    const armed = this.#armed.find(({ matcher }) => matches(matcher, request));
    if (!armed) return undefined;
    armed.times -= 1;
    if (armed.times <= 0) this.#armed = this.#armed.filter((other) => other !== armed);
    return armed.fault;
  }
}

function matches(matcher: FaultMatcher, request: SimRequest): boolean {
  if (matcher.method !== undefined && matcher.method.toUpperCase() !== request.method) return false;
  if (typeof matcher.path === 'string' && matcher.path !== request.path) return false;
  if (matcher.path instanceof RegExp && request.path.search(matcher.path) < 0) return false;
  return matcher.when?.(request) ?? true;
}

/** The answer a fault gives, or undefined when the real one stands. */
export function faultReply(fault: Fault): SimReply | undefined {
  if (fault.reset) return { status: 0, reset: true };
  if (fault.status === undefined) return undefined;
  return { status: fault.status, ...(fault.body === undefined ? {} : { body: fault.body }), headers: fault.headers ?? {} };
}
