import type { ZendeskAuth } from '../../config/config';
import type { TicketReceiver } from '../../core/leaving';
import type { Clock, Logger } from '../../ports/runtime';
import type { StateStore } from '../../ports/state-store';

/** One finished request, for metrics. */
export interface RequestInfo {
  readonly method: string;
  /** The path with `{id}` in place of ids. */
  readonly route: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly durationMs: number;
  /** How long the request waited for its place within the rate limit. */
  readonly throttledMs: number;
}

/** What mappings ask of the connector besides users: some of it costs a request per user. */
export interface TargetNeeds {
  /** Create organizations that do not exist yet; default false: the user is refused with the reason. */
  readonly createOrganizations?: boolean;
  /** Read each user's organization memberships (one request per user), for the attribute `organizations`; default false. */
  readonly readOrganizations?: boolean;
  /** Read the account's groups, for the attribute `default_group_id`; default false. */
  readonly readGroups?: boolean;
  /** Count the account's organizations, so that one that appears is noticed; default false. */
  readonly countOrganizations?: boolean;
  /** Read the account's brands and each agent's (one request per agent), for the attribute `agent_brand_ids`; default false. */
  readonly readBrands?: boolean;
}

/** Everything the Zendesk connector needs. */
export interface ZendeskConnectorOptions extends TargetNeeds {
  /** `https://acme.zendesk.com`, without a path. */
  readonly baseUrl: string;
  readonly auth: ZendeskAuth;
  /** Holds the limiter that all instances share. */
  readonly stateStore: Pick<StateStore, 'read' | 'write'>;
  /** Share of the account's quota this app may use, above 0 to 1. */
  readonly rateLimitShare: number;
  /** Quota per minute to assume until Zendesk tells it; default 200, the lowest of today's plans. */
  readonly startPerMinute?: number;
  /** Longest wait for a place within the rate limit before ThrottledError; default 10 s. */
  readonly maxWaitMs?: number;
  /** The same for requests that are not updates; default `maxWaitMs`. */
  readonly accountWaitMs?: number;
  /** E-mail addresses and Zendesk ids that are never touched, for Test Connection: the account owner belongs among them. */
  readonly protectedUsers?: readonly string[];
  /** Who gets the tickets of agents who leave, for Test Connection; default: nobody, they are left. */
  readonly ticketReceiver?: TicketReceiver;
  /** Write many users at once with background jobs where the account has them; default true. */
  readonly bulk?: boolean;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Time compression of a local demonstration; default 1. */
  readonly timeScale?: number;
  readonly onRequest?: (info: RequestInfo) => void;
}

/** What is known of the account's quota; undefined where Zendesk has not told yet. */
export interface Quota {
  /** Requests per minute of the account's plan. */
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  /** Requests this instance has sent. */
  readonly used: number;
}
