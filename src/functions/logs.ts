import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { type LogClause, parseLogFilter } from '../core/log-filter/parse';
import { LOG_PROPERTY_NAMES } from '../core/log-filter/properties';
import type { ProvisioningLogEntry } from '../core/record';
import type { EngineDeps } from '../engine/deps';
import { findPerson } from '../engine/queries/find-person';
import { type LogQuestion, readLogs, streamLogs } from '../engine/queries/read-logs';
import { InvalidLogQueryError } from '../ports/provisioning-log';
import { endpoint } from './endpoint';
import { type Body, respond } from './http';
import { CSV_PARTS } from './log-csv';
import { type DownloadFormat, download } from './log-download';
import { badParameter } from './read-query';
import { LogEntry, LogList, personParameter } from './shapes/logs';

const MAX_TOP = 1_000;
const DEFAULT_TOP = 100;
/** What the entries are. @see https://learn.microsoft.com/graph/api/provisioningobjectsummary-list */
const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata#auditLogs/provisioning';

const Query = z.strictObject({
  $filter: z
    .string()
    .max(4_000)
    .optional()
    .meta({
      description:
        "Comparisons with eq, gt, ge, lt, le and contains(property,'text'), joined by and, with parentheses. Properties: " +
        `${LOG_PROPERTY_NAMES.join(', ')}. Names are compared with case; ids, codes, actions and statuses without.`,
      example: "status eq 'failure' and activityDateTime ge 2026-01-31T00:00:00Z",
    }),
  $top: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_TOP)
    .optional()
    .describe('How many entries a page, or a download, has at most. Without it a page has 100 and a download has all.'),
  $skiptoken: z.string().optional().describe('Where to continue; opaque, from `@odata.nextLink`.'),
  person: personParameter("Only this person's history."),
  format: z.enum(['csv', 'json']).optional().describe('Send a file.'),
  part: z.enum(CSV_PARTS).optional().describe('Which of the three CSV files (default `logs`); they are joined by changeId.'),
});

/**
 * `GET /api/logs`: the provisioning log as Graph's `provisioningObjectSummary` list, newest first, page by page; with `format` the
 * whole result as a file. `person` (Entra or Zendesk id, UPN or e-mail) narrows it to the history of one person.
 */
export const makeLogs = endpoint(
  {
    tag: 'logs',
    summary: 'The provisioning log',
    description:
      "Graph's `provisioningObjectSummary` list, newest first. A page with `@odata.nextLink` may be short or empty: follow the link until " +
      'there is none. With `format` everything that matches is one file, made as it is taken, so it may be of any size. In CSV no cell ' +
      'is read as a formula by a spreadsheet, and a file that could not be ended says INCOMPLETE in its last line. Values of mappings ' +
      'with Redact print as [Redact].',
    query: Query,
    answers: {
      200: {
        description: 'A page; with `format` a file.',
        headers: { 'Content-Disposition': 'For a file: its name.' },
        content: { 'application/json': z.union([LogList, z.array(LogEntry)]), 'text/csv': z.string() },
      },
    },
    problems: [400, 503],
  },
  async ({ deps, config }, { query, request }) => {
    const clauses = readFilter(query.$filter);
    const format = readFormat(query);
    const subject = await readPerson(deps, query.person);
    if (subject === 'nobody') return format ? download(nothing(), format, deps.clock()) : respond(LogList, listOf([]));
    const question = { clauses, ...(subject && { subject }) };
    const { $top: top, $skiptoken } = query;
    try {
      if (format) return await download(streamLogs(deps.log, question, top, $skiptoken), format, deps.clock());
      const page = await readLogs(deps.log, question, top ?? DEFAULT_TOP, $skiptoken);
      const next = page.next && nextLink(request, config.notification.appUrl, question, page.next);
      return respond(LogList, listOf(page.entries, next));
    } catch (error) {
      if (error instanceof InvalidLogQueryError) throw badParameter('$skiptoken', error.message);
      throw error;
    }
  },
);

const listOf = (value: readonly ProvisioningLogEntry[], next?: string): Body<typeof LogList> => ({
  '@odata.context': CONTEXT,
  value,
  ...(next && { '@odata.nextLink': next }),
});

/**
 * The same question from there on, at the address that the platform gave the app (`WEBSITE_HOSTNAME` in Azure): the address of the request
 * has the host that the caller wrote, and a link to somebody else's host would be sent the key. Only where there is no platform, on one's
 * own machine, is it taken from the request. A key given in the address is left out: links are kept and passed on.
 */
function nextLink(request: HttpRequest, appUrl: string | undefined, { subject }: LogQuestion, next: string): string {
  const asked = new URL(request.url);
  const url = appUrl === undefined ? asked : new URL(`${asked.pathname}${asked.search}`, appUrl);
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
  const detail = `at offset ${offset}: ${message}`;
  throw badParameter('$filter', detail, { offset, ...(allowed.length > 0 && { allowed }) });
}

function readFormat({ format, part }: z.output<typeof Query>): DownloadFormat | undefined {
  if (part !== undefined && format !== 'csv') throw badParameter('part', 'only a download with format=csv has parts');
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
      throw badParameter('person', 'give an Entra object id, a Zendesk user id, a UPN or an e-mail address');
  }
}

async function* nothing(): AsyncGenerator<never> {}
