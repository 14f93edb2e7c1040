/** Addresses that a page leads to, all relative to it. They carry the caller's key only if the caller came with it in the address. */
export interface PageLinks {
  /** The key as it came by query; undefined when it did not. */
  readonly code: string | undefined;
  /** The log entries that a filter finds. */
  logs(filter: string): string;
  /** The status page, perhaps with a person looked up. */
  status(person?: string): string;
}

/** Links for a page beside the other routes (`/api/status`, `/api/logs`). */
export function pageLinks(code: string | undefined): PageLinks {
  const withCode = (path: string, query: readonly string[]): string => {
    const all = [...query, ...(code === undefined ? [] : [`code=${encode(code)}`])];
    return all.length === 0 ? path : `${path}?${all.join('&')}`;
  };
  return {
    code,
    logs: (filter) => withCode('logs', [`$filter=${encode(filter)}`]),
    status: (person) => withCode('status', person === undefined ? [] : [`person=${encode(person)}`]),
  };
}

/** Filters that find the log entry of one change, what happened in a cycle, failures, or held removals. */
export const logFilter = {
  change: (changeId: string): string => `changeId eq ${quoted(changeId)}`,
  failures: (code?: string): string => `status eq 'failure'${code === undefined ? '' : ` and errorCode eq ${quoted(code)}`}`,
  held: (): string => "action eq 'stagedDelete'",
  cycle: (cycleId: string, status?: 'failure' | 'skipped'): string =>
    `cycleId eq ${quoted(cycleId)}${status ? ` and status eq ${quoted(status)}` : ''}`,
};

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Lone surrogates, which no address can carry, are replaced. */
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replaceAll("'", '%27');
