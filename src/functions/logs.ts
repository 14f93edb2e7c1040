import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { asGraphEntry } from '../core/graph-entry';
import type { ProvisioningLogEntry } from '../core/record';
import type { EngineDeps } from '../engine/deps';
import { findSubject } from '../engine/find-subject';
import { type LogQuestion, streamLogs } from '../engine/queries/read-logs';
import { separatorParameter } from './csv';
import { csvWriter, download, jsonWriter } from './download';
import { endpoint } from './endpoint';
import { CSV_PARTS, csvColumns, csvFileName, csvRows } from './log-csv';
import { isOldestFirst, listParameters, logList, MAX_TOP, readFilter, refusingTokens } from './log-list';
import { notOne } from './not-one';
import { badParameter } from './read-query';
import { LogEntry, LogList, personParameter } from './shapes/logs';

const DEFAULT_TOP = 100;

const Query = z.strictObject({
  ...listParameters,
  $top: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_TOP)
    .optional()
    .describe('How many entries a page, or a download, has at most. Without it a page has 100 and a download has all.'),
  person: personParameter("Only this person's history."),
  format: z.enum(['csv', 'json']).optional().describe('Send a file.'),
  part: z.enum(CSV_PARTS).optional().describe('Which of the three CSV files (default `logs`); they are joined by changeId.'),
  separator: separatorParameter,
});

/**
 * `GET /api/logs`: the provisioning log as Graph's `provisioningObjectSummary` list, newest first, page by page; with `format` the
 * whole result as a file. `person` (Entra or Zendesk id, UPN or e-mail) narrows it to the history of one person.
 */
export const makeLogs = endpoint(
  {
    tag: 'logs',
    summary: 'The provisioning log',
    needsNoMappings: true,
    description:
      "Graph's `provisioningObjectSummary` list, newest first. A page with `@odata.nextLink` may be short, or even empty after a search of " +
      'some seconds: follow the link until there is none. With `format` everything that matches is one file, made as it is taken, so it ' +
      'may be of any size. In CSV no cell is read as a formula by a spreadsheet, and a file that could not be ended says INCOMPLETE in ' +
      'its last line. Values of mappings with Redact print as [Redact].',
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
    const filter = readFilter(query.$filter);
    refuseStrayOptions(query);
    const found = await readPerson(deps, query.person);
    const subject = found === 'nobody' ? {} : found;
    const log = found === 'nobody' ? NOTHING : deps.log;
    const question = { filter, ...(subject && { subject }), isOldestFirst: isOldestFirst(query.$orderby) };
    if (query.format)
      return refusingTokens(() => fileOf(query, streamLogs(log, question, query.$top, query.$skiptoken), deps.clock()));
    return logList(log, request, config.notification.appUrl, question, { ...query, top: query.$top ?? DEFAULT_TOP });
  },
);

/** The whole result as a file. */
async function fileOf(
  { format, part, separator }: z.output<typeof Query>,
  pages: AsyncGenerator<readonly ProvisioningLogEntry[], void>,
  at: Date,
): Promise<HttpResponseInit> {
  const stamp = at.toISOString().slice(0, 19).replaceAll(':', '-');
  if (format === 'json') return download(pages, jsonWriter(asGraphEntry), `ProvisioningLogs_${stamp}.json`);
  const which = part ?? 'logs';
  const rows = (entries: readonly ProvisioningLogEntry[]) => csvRows(which, entries.map(asGraphEntry));
  return download(pages, csvWriter(csvColumns(which), rows, separator), `${csvFileName(which)}_${stamp}.csv`);
}

/** @throws RequestProblem when a parameter is given that only another format has */
function refuseStrayOptions({ format, part, separator }: z.output<typeof Query>): void {
  if (format === 'csv') return;
  if (part !== undefined) throw badParameter('part', 'only a download with format=csv has parts');
  if (separator !== undefined) throw badParameter('separator', 'only a download with format=csv has one');
}

async function readPerson(deps: EngineDeps, name: string | undefined): Promise<LogQuestion['subject'] | 'nobody'> {
  if (name === undefined) return undefined;
  const found = await findSubject(deps, name);
  switch (found.kind) {
    case 'one':
      return { sourceId: found.key.id };
    case 'target':
      return { targetId: found.id };
    case 'none':
      return 'nobody';
    default:
      throw notOne('person', found);
  }
}

/** The log of somebody whom nobody knows. */
const NOTHING: Pick<EngineDeps['log'], 'query' | 'count'> = { query: async () => ({ entries: [] }), count: async () => 0 };
