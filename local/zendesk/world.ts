import type { SimReply, SimRequest } from '../http-kit';
import type { ZendeskFaults } from './faults';
import type { JobRunner } from './jobs';
import type { AccountFeatures } from './options';
import type { UserRow } from './rows';
import type { SearchIndex } from './search-index';
import type { ZendeskState } from './state';

/** Everything the rules and routes of the simulated account work on. */
export interface World {
  readonly state: ZendeskState;
  readonly faults: ZendeskFaults;
  readonly features: AccountFeatures;
  readonly jobs: JobRunner;
  readonly index: SearchIndex;
  /** Milliseconds since 1970. */
  now(): number;
  /** Now as Zendesk writes times: whole seconds, UTC. */
  timestamp(): string;
  /** Base URL for `url` and paging links. */
  url(): string;
  /** Zendesk's minute in real milliseconds. */
  readonly minuteMs: number;
}

/** Who calls, and with which OAuth scopes (undefined: an API token, which has them all). */
export interface Actor {
  /** Undefined: anonymous. */
  readonly user: UserRow | undefined;
  readonly scopes: readonly string[] | undefined;
}

/** One request on its way through a route. */
export interface Call {
  readonly world: World;
  readonly actor: Actor;
  readonly request: SimRequest;
  readonly query: URLSearchParams;
  /** A path placeholder as an id. @throws ZendeskRefusal 400 when it is not a number */
  id(name: string): number;
  /** A path placeholder as text. */
  text(name: string): string;
  /** The object under `key` of the JSON body. @throws ZendeskRefusal 400 when it is missing */
  body(key: string): Readonly<Record<string, unknown>>;
  /** Counts a user update in the 1/s and 5/min lanes. @throws ZendeskRefusal 429 */
  takeUpdateLane(userId: number | undefined): void;
  /** Headers added to the answer. */
  readonly headers: Map<string, string>;
}

/** Handles one route. */
export type Handler = (call: Call) => SimReply;

/** Minimum role a route needs; `anyone` also lets anonymous callers in. */
export type Access = 'anyone' | 'agent' | 'admin';

/** Registers a route. */
export type Route = (method: string, pattern: string, access: Access, handler: Handler) => void;
