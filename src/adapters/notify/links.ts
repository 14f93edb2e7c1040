/** Parts of the status page that a notice leads to. */
export type PagePart = 'verdict' | 'staged' | 'failures' | 'warnings' | 'drift' | 'facts';

/** Addresses of this app for a notice; they hold no key: who follows one signs in, or has a key of their own. */
export interface NoticeLinks {
  /** Whether there are whole addresses, and not paths alone. */
  readonly isWhole: boolean;
  /** The status page, at one of its parts. */
  status(part?: PagePart): string;
  /** The log entries that a filter finds. */
  logs(filter: string): string;
  /** A request of a remedy. */
  request(path: string): string;
}

/** Links below the app's address; without one, paths alone, which still say where to look. */
export function noticeLinks(appUrl: string | undefined): NoticeLinks {
  const base = appUrl ?? '';
  return {
    isWhole: appUrl !== undefined,
    status: (part) => `${base}/api/status${part === undefined ? '' : `#${part}`}`,
    logs: (filter) => `${base}/api/logs?$filter=${encodeURIComponent(filter).replaceAll("'", '%27')}`,
    request: (path) => `${base}${path}`,
  };
}

/** The filter that finds the log entry of one change. */
export const changeFilter = (changeId: string): string => `changeId eq '${changeId.replaceAll("'", "''")}'`;
