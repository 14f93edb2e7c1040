import type { LogFilter } from '../../core/log-filter/filter';
import type { ProvisioningLogEntry } from '../../core/record';
import type { LogPage, LogQuery, ProvisioningLog } from '../../ports/provisioning-log';
import { narrow } from './log-query';

/** What is asked of the log: a filter, and whose history when it is that of one object. */
export interface LogQuestion {
  readonly filter?: LogFilter | undefined;
  /** The source or target id of one object, already found; undefined for everybody. */
  readonly subject?: Pick<LogQuery, 'sourceId' | 'targetId'>;
  /** Newest first unless it says so. */
  readonly isOldestFirst?: boolean;
}

/** Entries that a download reads at a time. */
const DOWNLOAD_PAGE = 500;

const queryOf = ({ filter, subject, isOldestFirst = false }: LogQuestion): LogQuery | 'nothing' =>
  narrow(filter, { ...subject, ...(isOldestFirst && { isOldestFirst }) });

/**
 * One page of the log, newest first unless asked otherwise. A page with `next` may be short or even empty, as Graph's may, but only
 * after a long search.
 * @throws InvalidLogQueryError when `next` is not one that the log gave.
 */
export async function readLogs(
  log: Pick<ProvisioningLog, 'query'>,
  question: LogQuestion,
  size: number,
  next?: string,
): Promise<LogPage> {
  const query = queryOf(question);
  return query === 'nothing' ? { entries: [] } : log.query(query, size, next);
}

/** How many entries there are that a question asks for; undefined when they are too many to be counted within a request. */
export async function countLogs(log: Pick<ProvisioningLog, 'count'>, question: LogQuestion): Promise<number | undefined> {
  const query = queryOf(question);
  return query === 'nothing' ? 0 : log.count(query);
}

/** Everything that a question asks for, page by page, so that no more than a page is ever held. Empty pages are left out. */
export async function* streamLogs(
  log: Pick<ProvisioningLog, 'query'>,
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
