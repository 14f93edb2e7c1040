/** Where an HTTP function is found, and who may call it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Without the prefix `api/`; a template of the Functions host. */
  readonly route: string;
  readonly authLevel: 'anonymous' | 'function';
}

/** A function that only looks. */
const looks = (route: string): Route => ({ method: 'GET', route, authLevel: 'function' });

/** A function that stores what it is sent. */
const stores = (route: string): Route => ({ method: 'PUT', route, authLevel: 'function' });

/** A function that acts. Each is a function of its own, so that Azure's keys separate who may look from who may act. */
const acts = (route: string): Route => ({ method: 'POST', route, authLevel: 'function' });

/**
 * Every HTTP function by its name, on which its key hangs. `main.ts` registers from this table, `endpoints.ts` has what stands behind each
 * name, and the OpenAPI document is printed from both. The host matches routes in the order of the names, so none may hide another:
 * a test holds that. Nothing is imported here, because a cold start reads this file.
 */
export const ROUTES = {
  health: { method: 'GET', route: 'health', authLevel: 'anonymous' },
  graphNotifications: { method: 'POST', route: 'graph-notifications', authLevel: 'anonymous' },
  status: looks('status'),
  testConnection: acts('test-connection'),
  openapi: looks('openapi.json'),
  logs: looks('logs'),
  auditLogs: looks('auditLogs/provisioning'),
  explain: looks('explain'),
  onDemand: acts('on-demand'),
  planCreate: acts('plan'),
  planRead: looks('plan/{id}'),
  planApply: acts('plan/{id}/apply'),
  planCancel: acts('plan/{id}/cancel'),
  holds: looks('holds'),
  groupsLeftOver: looks('groups/clean-up'),
  groupsCleanUp: acts('groups/clean-up'),
  accounts: looks('accounts'),
  accountsRefresh: acts('accounts'),
  jobStart: acts('job/start'),
  jobPause: acts('job/pause'),
  jobRestart: acts('job/restart'),
  jobRun: acts('job/run'),
  jobAllowDeletes: acts('job/allow-deletes'),
  jobDropDeletes: acts('job/drop-deletes'),
  jobTestNotice: acts('job/test-notice'),
  jobRetryEscrow: acts('job/escrows/retry'),
  jobForgetEscrow: acts('job/escrows/forget'),
  jobUnlink: acts('job/unlink'),
  jobReleaseHolds: acts('job/holds/release'),
  schema: looks('schema'),
  schemaStore: stores('schema'),
  schemaVersions: looks('schema/versions'),
  schemaVersion: looks('schema/versions/{version}'),
  schemaDifferences: looks('schema/versions/{version}/differences'),
  schemaActivate: acts('schema/{version}/activate'),
  parseExpression: acts('schema/parse-expression'),
  evaluateFilter: acts('schema/evaluate-filter'),
} as const satisfies Readonly<Record<string, Route>>;

/** The name of an HTTP function. */
export type RouteName = keyof typeof ROUTES;

/**
 * The console, which is for people: open to the host, because no key gives access to it, and closed by the app (`src/console`). It is not part
 * of the API, so the OpenAPI document leaves it out.
 */
export const CONSOLE_ROUTES = {
  console: { method: 'GET', route: 'console/{*path}', authLevel: 'anonymous' },
  consoleAct: { method: 'POST', route: 'console/{*path}', authLevel: 'anonymous' },
} as const satisfies Readonly<Record<string, Route>>;
