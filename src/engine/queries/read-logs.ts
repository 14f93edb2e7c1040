import { matchesClauses } from '../../core/log-filter/match';
import type { LogClause } from '../../core/log-filter/parse';
import type { ProvisioningLogEntry } from '../../core/record';
import type { LogPage, LogQuery, ProvisioningLog } from '../../ports/provisioning-log';
import { narrow } from './log-query';

/** What is asked of the log: a filter, and whose history when it is that of one object. */
export interface LogQuestion {
  readonly clauses: readonly LogClause[];
  /** The source or target id of one object, already found; undefined for everybody. */
  readonly subject?: Pick<LogQuery, 'sourceId' | 'targetId'>;
}

/** A page that a filter leaves short is filled for so long and so often; then it is answered as it is, with its `next`. */
const MAX_FILL_MS = 500;
const MAX_FILL_CALLS = 20;

/** Entries that a download reads at a time. */
const DOWNLOAD_PAGE = 500;

/**
 * One page of the log, newest first. A page with `next` may be short or even empty, as Graph's may.
 * @throws InvalidLogQueryError when `next` is not one that the log gave.
 */
export async function readLogs(log: ProvisioningLog, question: LogQuestion, size: number, next?: string): Promise<LogPage> {
  const { clauses, subject } = question;
  const query = narrow(clauses, subject);
  if (query === 'nothing') return { entries: [] };
  const until = performance.now() + MAX_FILL_MS;
  const entries: ProvisioningLogEntry[] = [];
  let after = next;
  for (let calls = 1; ; calls += 1) {
    const page = await log.query(query, size - entries.length, after);
    entries.push(...page.entries.filter((entry) => matchesClauses(entry, clauses)));
    after = page.next;
    if (after === undefined) return { entries };
    if (entries.length >= size || calls >= MAX_FILL_CALLS || performance.now() > until) return { entries, next: after };
  }
}

/** Everything that answers a question, newest first, page by page, so that no more than a page is ever held. Empty pages are left out. */
export async function* streamLogs(
  log: ProvisioningLog,
  question: LogQuestion,
  limit = Number.POSITIVE_INFINITY,
  next?: string,
): AsyncGenerator<readonly ProvisioningLogEntry[]> {
  let left = limit;
  for (let after = next; left > 0; ) {
    const page = await readLogs(log, question, Math.min(DOWNLOAD_PAGE, left), after);
    if (page.entries.length > 0) yield page.entries;
    left -= page.entries.length;
    after = page.next;
    if (after === undefined) return;
  }
}
