import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { nearest } from '../core/expression/suggest';
import { asGraphEntry } from '../core/graph-entry';
import type { LogFilter } from '../core/log-filter/filter';
import { parseLogFilter } from '../core/log-filter/parse';
import { LOG_PROPERTY_NAMES } from '../core/log-filter/properties';
import type { ProvisioningLogEntry } from '../core/record';
import { countLogs, type LogQuestion, readLogs } from '../engine/queries/read-logs';
import { InvalidLogQueryError, type ProvisioningLog } from '../ports/provisioning-log';
import { json } from './http';
import { badParameter } from './read-query';
import { LogEntry } from './shapes/logs';

/** The most entries of a page. */
export const MAX_TOP = 1_000;
/** What the entries are. @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list */
const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata#auditLogs/provisioning';

/** The query options of OData that the log understands, but for `$top`. */
export const listParameters = {
  $filter: z
    .string()
    .max(4_000)
    .optional()
    .meta({
      description:
        'Comparisons with eq, ne, gt, ge, lt, le, in, and contains, startswith or endswith(property,text), joined by and, or and not, with ' +
        'parentheses; tolower and toupper compare without case; a type may stand before a text (microsoft.graph.provisioningResult). ' +
        `Properties: ${LOG_PROPERTY_NAMES.join(', ')}. Display names are compared with case; ids, codes, actions and statuses without.`,
      example: "status eq 'failure' and activityDateTime ge 2026-01-31T00:00:00Z",
    }),
  $orderby: z
    .string()
    .regex(/^\s*activityDateTime(\s+(asc|desc))?\s*$/i, 'must be activityDateTime desc (as without it) or activityDateTime asc')
    .optional()
    .describe('activityDateTime desc, as without it, or activityDateTime asc.'),
  $count: z
    .enum(['true', 'false'])
    .optional()
    .describe('true adds `@odata.count`, unless there are too many entries to be counted within the call.'),
  $select: z.string().max(1_000).optional().describe('Names of properties, separated by commas: entries have only these.'),
  $skiptoken: z.string().optional().describe('Where to continue; opaque, from `@odata.nextLink`.'),
};

/** Values of {@link listParameters}, and the size of a page. */
export interface ListOptions {
  readonly $orderby?: string | undefined;
  readonly $count?: 'true' | 'false' | undefined;
  readonly $select?: string | undefined;
  readonly $skiptoken?: string | undefined;
  readonly top: number;
}

/** Whether the oldest entry is to come first; OData sorts ascending where no direction is given. */
export const isOldestFirst = ($orderby: string | undefined): boolean => $orderby !== undefined && !/desc\s*$/i.test($orderby);

/** One page of the log. @param appUrl the address of the app where the platform gives one @throws RequestProblem */
export async function logList(
  log: Pick<ProvisioningLog, 'query' | 'count'>,
  request: HttpRequest,
  appUrl: string | undefined,
  question: LogQuestion,
  { $count, $select, $skiptoken, top }: ListOptions,
): Promise<HttpResponseInit> {
  const selected = readSelect($select);
  const page = await refusingTokens(() => readLogs(log, question, top, $skiptoken));
  const count = $count === 'true' ? await countLogs(log, question) : undefined;
  return json({
    '@odata.context': selected ? `${CONTEXT}(${selected.join(',')})` : CONTEXT,
    ...(count !== undefined && { '@odata.count': count }),
    value: page.entries.map(asGraphEntry).map((entry) => (selected ? only(entry, selected) : entry)),
    ...(page.next !== undefined && { '@odata.nextLink': nextLink(request, appUrl, question, page.next) }),
  });
}

/** Runs what reads the log; a token that it did not give is the caller's fault. @throws RequestProblem */
export async function refusingTokens<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InvalidLogQueryError) throw badParameter('$skiptoken', error.message);
    throw error;
  }
}

/** What is to be read. @throws RequestProblem saying where the filter is wrong and what may stand there */
export function readFilter(text: string | undefined): LogFilter | undefined {
  const parsed = parseLogFilter(text ?? '');
  if (parsed.ok) return parsed.filter;
  const { message, offset, allowed } = parsed.problem;
  throw badParameter('$filter', `at offset ${offset}: ${message}`, { offset, ...(allowed.length > 0 && { allowed }) });
}

type Name = keyof ProvisioningLogEntry;
const NAMES = Object.keys(LogEntry.shape) as Name[];

function readSelect(text: string | undefined): readonly Name[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((part) => {
    const wanted = part.trim();
    const name = NAMES.find((one) => one.toLowerCase() === wanted.toLowerCase());
    if (name !== undefined) return name;
    const near = nearest(wanted, NAMES);
    const detail = `${JSON.stringify(wanted.slice(0, 64))} is not a property of an entry${near ? `; did you mean ${near}?` : ''}`;
    throw badParameter('$select', detail, { allowed: NAMES });
  });
}

const only = (entry: ProvisioningLogEntry, names: readonly Name[]): Partial<ProvisioningLogEntry> =>
  Object.fromEntries(names.map((name) => [name, entry[name]]));

/**
 * The same question from there on, at the address that the platform gave the app (`WEBSITE_HOSTNAME` in Azure): the address of the request
 * has the host that the caller wrote, and a link to somebody else's host would be sent the key. Only where there is no platform, on one's
 * own machine, is it taken from the request. A key given in the address is left out: links are kept and passed on.
 */
function nextLink(request: HttpRequest, appUrl: string | undefined, { subject }: LogQuestion, next: string): string {
  const asked = new URL(request.url);
  const url = appUrl === undefined ? asked : new URL(`${asked.pathname}${asked.search}`, appUrl);
  for (const name of [...url.searchParams.keys()]) if (/^(?:code|\$?skiptoken)$/i.test(name)) url.searchParams.delete(name);
  url.searchParams.set('$skiptoken', next);
  // Whoever the name means by then, the pages to come are about the same person.
  const id = subject?.sourceId ?? subject?.targetId;
  if (id !== undefined) url.searchParams.set('person', id);
  url.search = url.search.replaceAll(/([?&])%24/g, '$1$');
  return url.href;
}
