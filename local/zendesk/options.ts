/** An OAuth client of the account, for the client-credentials grant. */
export interface OAuthClient {
  /** The unique identifier string, not the numeric id. */
  readonly identifier: string;
  readonly secret: string;
  /** The user whose rights the token has. Undefined: the account owner. */
  readonly ownerUserId?: number;
}

/** A classic API token, used as `email/token:secret`. */
export interface ApiToken {
  readonly token: string;
}

/** What the account can do; mutable at run time, because plans change. */
export interface AccountFeatures {
  /** Custom agent roles (Enterprise). Off: `GET /custom_roles` is 404 InvalidEndpoint. */
  customRoles: boolean;
  /** Bulk user import, off until Zendesk enables it: https://support.zendesk.com/hc/en-us/articles/4408843597850 */
  bulkCreateEnabled: boolean;
  userTagging: boolean;
  multipleOrganizations: boolean;
  /** Brand access of agents is set to manual; off: every agent belongs to every brand, and `agent_brand_ids` changes nothing. */
  manualBrandAccess: boolean;
  /** The setting `groups.check_group_name_uniqueness`; off unless switched on, so equal names are accepted. */
  uniqueGroupNames: boolean;
  /** Paid agent and admin seats; undefined: no limit. */
  agentSeats: number | undefined;
  /** Light agents have an allowance of their own; undefined: no limit. */
  lightAgentSeats: number | undefined;
}

/** How to start the simulator. Every duration is in real milliseconds unless it says otherwise. */
export interface ZendeskSimulatorOptions {
  /** 0 or undefined: a free port. */
  readonly port?: number;
  readonly host?: string;
  readonly subdomain?: string;
  /** Plan limit; undefined: unlimited (the headers then say 700). https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
  readonly requestsPerMinute?: number;
  /** Switches the extra limits of `PUT /users/{id}` and `create_or_update` off; default on, as on every plan. */
  readonly updateLanes?: boolean;
  /** Time compression of the limiters: with 60, Zendesk's minute lasts one real second. Default 1. */
  readonly timeScale?: number;
  /** Clock, milliseconds since 1970. */
  readonly now?: () => number;
  readonly features?: Partial<AccountFeatures>;
  readonly oauthClients?: readonly OAuthClient[];
  readonly apiTokens?: readonly ApiToken[];
  /** The account owner, an admin created at start. */
  readonly owner?: { readonly name?: string; readonly email?: string };
  /** Name of the account's default group; default `Support`. */
  readonly defaultGroup?: string;
  /** Enabled languages by BCP-47 code; default en-US, es, de, fr, ja. */
  readonly locales?: readonly string[];
  /** Time a background job takes to complete; default 40. */
  readonly jobDurationMs?: number;
  /** Keep the last requests and answers in `traffic`; default false. */
  readonly recordTraffic?: boolean;
  /** Size of that ring; default 5000. */
  readonly trafficLimit?: number;
}

/** Default credentials, so that a test or the demo needs none. */
export const defaultOAuthClient: OAuthClient = { identifier: 'entra-provisioning', secret: 'simulated-client-secret' };
/** See {@link defaultOAuthClient}. */
export const defaultApiToken: ApiToken = { token: 'simulated-api-token' };
/** See {@link defaultOAuthClient}. */
export const defaultOwnerEmail = 'owner@zendesk.example';
