import type { ProvisioningAction } from '../core/plan-model';
import type { ProvisioningLogEntry, ProvisioningStatus } from '../core/record';
import type { LogQuery, ProvisioningLog } from '../ports/provisioning-log';

/** What the log page filters by, as its form and its address have it; empty where nothing is asked. */
export interface LogFields {
  readonly status: string;
  readonly action: string;
  readonly reason: string;
  readonly code: string;
  readonly name: string;
  readonly object: string;
  readonly cycle: string;
  readonly from: string;
  readonly until: string;
}

const STATUSES: readonly string[] = ['success', 'warning', 'failure', 'skipped'] satisfies readonly ProvisioningStatus[];
const ACTIONS: readonly string[] = [
  'create',
  'update',
  'delete',
  'stagedDelete',
  'disable',
  'other',
] satisfies readonly ProvisioningAction[];
const MAX_LENGTH = 320;

/** Reads the filter from an address. What makes no sense counts as not asked. */
export function logFields(query: URLSearchParams): LogFields {
  const text = (name: string): string => (query.get(name) ?? '').trim().slice(0, MAX_LENGTH);
  const oneOf = (name: string, all: readonly string[]): string => (all.includes(text(name)) ? text(name) : '');
  const day = (name: string): string =>
    /^\d{4}-\d{2}-\d{2}$/.test(text(name)) && !Number.isNaN(Date.parse(text(name))) ? text(name) : '';
  return {
    status: oneOf('status', STATUSES),
    action: oneOf('action', ACTIONS),
    reason: text('reason'),
    code: text('code'),
    name: text('name'),
    object: text('object'),
    cycle: text('cycle'),
    from: day('from'),
    until: day('until'),
  };
}

/** The question to the log. `until` is the last day that counts. */
export function queryOf(fields: LogFields): LogQuery {
  const { status, action, reason, code, name, object, cycle, from, until } = fields;
  return {
    ...(status && { statuses: [status as ProvisioningStatus] }),
    ...(action && { action: action as ProvisioningAction }),
    ...(reason && { skipReason: reason }),
    ...(code && { errorCode: code }),
    ...(name && { nameContains: name }),
    ...(object && { sourceId: object }),
    ...(cycle && { cycleId: cycle }),
    ...(from && { after: `${from}T00:00:00.000Z` }),
    ...(until && { before: new Date(Date.parse(until) + 24 * 3600_000).toISOString() }),
  };
}

/** Entries that a download reads at a time. */
const DOWNLOAD_PAGE = 500;

/** Everything that matches, page by page, so that no more than a page is ever held. */
export async function* everyPage(
  log: Pick<ProvisioningLog, 'query'>,
  query: LogQuery,
): AsyncGenerator<readonly ProvisioningLogEntry[], void> {
  let next: string | undefined;
  do {
    const page = await log.query(query, DOWNLOAD_PAGE, next);
    if (page.entries.length > 0) yield page.entries;
    next = page.next;
  } while (next !== undefined);
}
