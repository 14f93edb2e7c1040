import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { App } from '../compose';
import { type LogClause, parseLogFilter } from '../core/log-filter/parse';
import type { EngineDeps } from '../engine/deps';
import { findPerson } from '../engine/queries/find-person';
import { type LogQuestion, readLogs, streamLogs } from '../engine/queries/read-logs';
import { InvalidLogQueryError } from '../ports/provisioning-log';
import { configuredHttp, type Handler, json } from './http';
import { CSV_PARTS } from './log-csv';
import { type DownloadFormat, download } from './log-download';
import { badParameter, oneOf, readQuery } from './query';

const PARAMETERS = ['$filter', '$top', '$skiptoken', 'person', 'format', 'part'] as const;
type Query = ReturnType<typeof readQuery<(typeof PARAMETERS)[number]>>;

const DEFAULT_TOP = 100;
const MAX_TOP = 1_000;
/** What the entries are. @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list */
const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata#auditLogs/provisioning';

/**
 * `GET /api/logs`: the provisioning log as Graph's `provisioningObjectSummary` list, newest first, page by page; with `format` the
 * whole answer as a file. `person` (Entra or Zendesk id, UPN or e-mail) narrows it to the history of one person.
 */
export const makeLogs = (getApp: () => App): Handler =>
  configuredHttp(getApp, async ({ deps }, request) => {
    const query = readQuery(request, PARAMETERS);
    const clauses = readFilter(query.$filter);
    const top = readTop(query.$top);
    const format = readFormat(query);
    const subject = await readPerson(deps, query.person);
    if (subject === 'nobody') return format ? download(nothing(), format, deps.clock()) : json(listOf([]));
    const question = { clauses, ...(subject && { subject }) };
    try {
      if (format) return await download(streamLogs(deps.log, question, top, query.$skiptoken), format, deps.clock());
      return await list(deps, request, question, top ?? DEFAULT_TOP, query.$skiptoken);
    } catch (error) {
      if (error instanceof InvalidLogQueryError) throw badParameter('$skiptoken', `${error.message}.`);
      throw error;
    }
  });

async function list(
  deps: EngineDeps,
  request: HttpRequest,
  question: LogQuestion,
  top: number,
  token: string | undefined,
): Promise<HttpResponseInit> {
  const page = await readLogs(deps.log, question, top, token);
  return json(listOf(page.entries, page.next && nextLink(request, question, page.next)));
}

const listOf = (value: readonly unknown[], next?: string) => ({
  '@odata.context': CONTEXT,
  value,
  ...(next && { '@odata.nextLink': next }),
});

/** The same question from there on. A key given in the address is left out: links are kept and passed on. */
function nextLink(request: HttpRequest, { subject }: LogQuestion, next: string): string {
  const url = new URL(request.url);
  url.searchParams.delete('code');
  url.searchParams.set('$skiptoken', next);
  // Whoever the name means by then, the pages to come are about the same person.
  const id = subject?.sourceId ?? subject?.targetId;
  if (id !== undefined) url.searchParams.set('person', id);
  url.search = url.search.replaceAll(/([?&])%24/g, '$1$');
  return url.href;
}

function readFilter(text: string | undefined): readonly LogClause[] {
  const parsed = parseLogFilter(text ?? '');
  if (parsed.ok) return parsed.clauses;
  const { message, offset, allowed } = parsed.problem;
  const detail = `at offset ${offset}: ${message}.`;
  throw badParameter('$filter', detail, { offset, ...(allowed.length > 0 && { allowed }) });
}

function readTop(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const top = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (top < 1 || top > MAX_TOP) throw badParameter('$top', `must be a whole number from 1 to ${MAX_TOP}.`);
  return top;
}

function readFormat(query: Query): DownloadFormat | undefined {
  const format = oneOf('format', query.format, ['csv', 'json']);
  const part = oneOf('part', query.part, CSV_PARTS);
  if (part !== undefined && format !== 'csv') throw badParameter('part', 'only a download with format=csv has parts.');
  return format === 'csv' ? { kind: 'csv', part: part ?? 'logs' } : format && { kind: 'json' };
}

async function readPerson(deps: EngineDeps, name: string | undefined): Promise<LogQuestion['subject'] | 'nobody'> {
  if (name === undefined) return undefined;
  const person = await findPerson(deps, name);
  switch (person.kind) {
    case 'source':
      return { sourceId: person.id };
    case 'target':
      return { targetId: person.id };
    case 'none':
      return 'nobody';
    case 'unreadable':
      throw badParameter('person', 'give an Entra object id, a Zendesk user id, a UPN or an e-mail address.');
  }
}

async function* nothing(): AsyncGenerator<never> {}
