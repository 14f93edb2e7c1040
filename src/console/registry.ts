import type { ConsoleDownload, ConsolePage } from './model';
import { accountsCsvDownload, accountsPage } from './pages/accounts';
import { approvalsPage } from './pages/approvals';
import { connectionPage } from './pages/connection';
import { groupCleanUpPage } from './pages/group-clean-up';
import { heldPage } from './pages/held';
import { holdsPage } from './pages/holds';
import { logCsv, logJson, logPage } from './pages/log';
import { logEntryPage } from './pages/log-entry';
import { mappingAddPage, mappingEditPage } from './pages/mapping-edit';
import { mappingScopePage } from './pages/mapping-scope';
import { mappingTextPage } from './pages/mapping-text';
import { mappingFile, mappingVersionPage } from './pages/mapping-version';
import { mappingsPage } from './pages/mappings';
import { overviewPage } from './pages/overview';
import { peoplePage } from './pages/people';
import { personPage } from './pages/person';
import { planCsvDownload, planPage } from './pages/plan';
import { plansPage } from './pages/plans';
import { provisionPage } from './pages/provision';
import { restartPage } from './pages/restart';
import { undoPage } from './pages/undo';

/** Every page of the console. A new page is a file of its own in `pages/` and a line here. */
export const PAGES: readonly ConsolePage[] = [
  overviewPage,
  peoplePage,
  personPage,
  provisionPage,
  plansPage,
  planPage,
  heldPage,
  holdsPage,
  undoPage,
  mappingsPage,
  mappingVersionPage,
  mappingEditPage,
  mappingAddPage,
  mappingScopePage,
  mappingTextPage,
  accountsPage,
  groupCleanUpPage,
  approvalsPage,
  logPage,
  logEntryPage,
  connectionPage,
  restartPage,
];

/** Every file that the console offers. */
export const DOWNLOADS: readonly ConsoleDownload[] = [logCsv, logJson, planCsvDownload, mappingFile, accountsCsvDownload];

/** What stands in the navigation, in its order. */
export const NAVIGATION = PAGES.flatMap(({ nav, path }) => (nav ? [{ ...nav, path }] : [])).sort((a, b) => a.order - b.order);

/** What is found under a path. */
export interface Found<T> {
  readonly item: T;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds what is declared for a path. @param path below `/api/console/`, its parts still encoded */
export function find<T extends { readonly path: string }>(items: readonly T[], path: string): Found<T> | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  for (const item of items) {
    const params = matched(
      item.path.split('/').filter((part) => part !== ''),
      parts,
    );
    if (params) return { item, params };
  }
  return undefined;
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, wanted] of pattern.entries()) {
    const part = decoded(parts[at] ?? '');
    if (part === undefined) return undefined;
    if (wanted.startsWith(':')) params[wanted.slice(1)] = part;
    else if (wanted !== part) return undefined;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
