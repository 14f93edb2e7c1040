/** What a notice leads to in the console. */
export type PagePart = 'verdict' | 'staged' | 'failures' | 'warnings' | 'drift' | 'facts';

/** Addresses of this app for a notice; they hold no key: who follows one signs in, or has a key of their own. */
export interface NoticeLinks {
  /** Whether there are whole addresses, and not paths alone. */
  readonly isWhole: boolean;
  /** The page of the console to read on. */
  status(part?: PagePart): string;
  /** The log entry of one change, in the console. */
  entry(changeId: string): string;
  /** The log entries that a filter finds, as data for programs. */
  logs(filter: string): string;
  /** A request of a remedy. */
  request(path: string): string;
}

/** Where each part is in the console. */
const PAGES: Readonly<Record<PagePart, string>> = {
  verdict: '',
  staged: '/held',
  failures: '/people?show=failed',
  warnings: '#warnings',
  drift: '/plans',
  facts: '/accounts',
};

/** Links below the app's address; without one, paths alone, which still say where to look. */
export function noticeLinks(appUrl: string | undefined): NoticeLinks {
  const base = appUrl ?? '';
  return {
    isWhole: appUrl !== undefined,
    status: (part) => `${base}/api/console${part === undefined ? '' : PAGES[part]}`,
    entry: (changeId) => `${base}/api/console/log?change=${encodeURIComponent(changeId)}`,
    logs: (filter) => `${base}/api/logs?$filter=${encodeURIComponent(filter).replaceAll("'", '%27')}`,
    request: (path) => `${base}${path}`,
  };
}

/** The filter that finds the log entry of one change. */
export const changeFilter = (changeId: string): string => `changeId eq '${changeId.replaceAll("'", "''")}'`;
