/** Addresses of this app for a notice; they hold no key, so whoever follows one needs their own. */
export interface NoticeLinks {
  readonly status: string;
  /** The log entries that a filter finds. */
  logs(filter: string): string;
  /** A request of a remedy. */
  request(path: string): string;
}

/** Links below the app's address; without one, paths alone, which still say where to look. */
export function noticeLinks(appUrl: string | undefined): NoticeLinks {
  const base = appUrl ?? '';
  return {
    status: `${base}/api/status`,
    logs: (filter) => `${base}/api/logs?$filter=${encodeURIComponent(filter).replaceAll("'", '%27')}`,
    request: (path) => `${base}${path}`,
  };
}

/** The filter that finds the log entry of one change. */
export const changeFilter = (changeId: string): string => `changeId eq '${changeId.replaceAll("'", "''")}'`;
