import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { ProvisioningError } from '../core/errors';
import {
  type AccountReport,
  beginReport,
  continueReport,
  type Reporting,
  type ReportState,
  readReports,
} from '../engine/accounts/account-report';
import { readSeats } from '../engine/accounts/read-seats';
import { type AccountRow, isAccountMark } from '../ports/account-report';
import { type Cell, type Separator, separatorParameter, timeCell } from './csv';
import { csvWriter, download } from './download';
import { endpoint } from './endpoint';
import { type Body, RequestProblem, respond } from './http';
import { operatorOf } from './operator';
import { badParameter } from './read-query';
import { Accounts } from './shapes/accounts';
import { jsonDoc } from './shapes/kit';

/** Time for making a report within the call; the timer continues with what takes longer. */
const BUDGET_MS = 100_000;

const MAX_PAGE = 1_000;

/** `GET /api/accounts`: the report of Zendesk's agents and admins, as last made; it asks Zendesk nothing. */
export const makeAccounts = endpoint(
  {
    tag: 'status',
    summary: "The report of Zendesk's agents and admins",
    description:
      'Agents and admins whom nobody in Entra ID stands behind, suspended ones that hold a seat, those who never signed in, protected and ' +
      'service accounts, and the seats: as of the last report, with its age. POST makes it again.',
    query: z.strictObject({
      include: z.enum(['findings', 'all']).default('findings').describe('`all` shows also those about whom nothing stands out.'),
      format: z.enum(['csv']).optional().describe('Send a file.'),
      separator: separatorParameter,
      $top: z.coerce.number().int().min(1).max(MAX_PAGE).default(100).describe('Accounts on a page.'),
      $skiptoken: z.string().optional().describe('Where to continue; opaque.'),
    }),
    headers: { accept: '`text/csv` sends the file that `format=csv` sends.' },
    answers: {
      200: { description: 'The report.', content: { 'application/json': Accounts, 'text/csv': z.string() } },
    },
    problems: [400, 404, 503],
  },
  async ({ reporting }, { query, request }) => {
    const { include, separator, $top: top, $skiptoken } = query;
    const isCsv = query.format === 'csv' || /^text\/csv\b/i.test(request.headers.get('accept') ?? '');
    if (separator !== undefined && !isCsv) throw badParameter('separator', 'only format=csv has one');
    if ($skiptoken !== undefined && !isAccountMark($skiptoken))
      throw badParameter('$skiptoken', 'did not come from this report; ask for the first page again');
    const state = await readReports(reporting.deps);
    if (isCsv) return accountsCsv(reporting, state, include, separator);
    const head = await accountsBody(reporting, state);
    if (!state.done) return respond(Accounts, head);
    const { rows, next } = await reporting.reports.rows(state.done.reportId, include, top, $skiptoken);
    const rest = new URLSearchParams({ ...(include === 'all' && { include }), $top: String(top), $skiptoken: next ?? '' });
    return respond(Accounts, {
      ...head,
      value: rows.map(rowBody),
      ...(next !== undefined && { '@odata.nextLink': `/api/accounts?${rest}` }),
    });
  },
);

/** `POST /api/accounts`: makes the report again. Nothing in Zendesk is changed by it. */
export const makeAccountsRefresh = endpoint(
  {
    tag: 'status',
    summary: 'Make the report of accounts again',
    description:
      'Reads the list of agents and admins, a hundred with a request. One that takes longer than the call continues by itself.',
    answers: {
      200: jsonDoc('The report is made.', Accounts),
      202: jsonDoc('It is being made; the last whole one stays until then.', Accounts),
    },
    problems: [400, 502, 503],
  },
  async (app, { request }) => {
    const { reporting } = app;
    const { reportId } = await beginReport(reporting, operatorOf(app, request));
    const state = await continueReport(reporting, { owner: reporting.deps.newId(), budgetMs: BUDGET_MS });
    if (state.failed?.reportId === reportId) throw new ProvisioningError(state.failed.code, state.failed.message);
    return respond(Accounts, await accountsBody(reporting, state), state.done?.reportId === reportId ? 200 : 202);
  },
);

async function accountsBody({ deps }: Reporting, { done, running, failed }: ReportState): Promise<Body<typeof Accounts>> {
  const now = deps.clock();
  return {
    report: done && reportBody(done, now),
    running: running && reportBody(running, now),
    failed: failed && { at: failed.at, code: failed.code, message: failed.message },
    seats: done && (await readSeats(deps, done.seatsUsed)),
  };
}

const reportBody = (report: AccountReport, now: Date) => ({
  id: report.reportId,
  startedDateTime: report.startedAt,
  startedBy: report.startedBy,
  completedDateTime: report.endedAt,
  ageInSeconds: Math.max(0, Math.floor((now.getTime() - Date.parse(report.endedAt ?? report.startedAt)) / 1_000)),
  accounts: report.accounts,
  byRole: report.byRole,
  byFinding: report.byFinding,
  error: report.error,
});

/** One account as JSON. */
const rowBody = (row: AccountRow) => ({
  id: row.id,
  name: row.name,
  email: row.email,
  externalId: row.externalId,
  role: row.roleName,
  suspended: row.suspended,
  holdsSeat: row.holdsSeat,
  createdDateTime: isoOf(row.createdAt),
  lastLoginDateTime: isoOf(row.lastLoginAt),
  sourceIdentity: row.source && { id: row.source.id, displayName: row.source.name },
  findings: row.findings,
});

/** An instant of Zendesk's as ours; null for what is none. */
function isoOf(text: string | null): string | null {
  const at = new Date(text ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

const COLUMNS = [
  ...['id', 'name', 'email', 'externalId', 'role', 'suspended', 'holdsSeat', 'createdDateTime', 'lastLoginDateTime'],
  ...['sourceId', 'sourceDisplayName', 'findings', 'reportedDateTime'],
] as const;

/** The last whole report as CSV; streamed. @throws RequestProblem where there is none */
export async function accountsCsv(
  reporting: Reporting,
  { done }: ReportState,
  include: 'findings' | 'all',
  separator: Separator | undefined,
): Promise<HttpResponseInit> {
  if (!done) throw new RequestProblem('NotFound', 'There is no report yet. Make one with POST /api/accounts.');
  const lineOf = (row: AccountRow): readonly Cell[] => [
    ...[row.id, row.name, row.email, row.externalId, row.roleName, row.suspended ? 'yes' : 'no', row.holdsSeat ? 'yes' : 'no'],
    ...[row.createdAt, row.lastLoginAt].map((at) => at && timeCell(at)),
    ...[row.source?.id ?? null, row.source?.name ?? null, row.findings.join(' '), timeCell(done.endedAt ?? done.startedAt)],
  ];
  return download(
    pagesOf(reporting, done.reportId, include),
    csvWriter<AccountRow>(COLUMNS, (rows) => rows.map(lineOf), separator),
    'accounts.csv',
  );
}

async function* pagesOf(
  { reports }: Reporting,
  reportId: string,
  include: 'findings' | 'all',
): AsyncGenerator<readonly AccountRow[], void> {
  for (let after: string | undefined; ; ) {
    const page = await reports.rows(reportId, include, MAX_PAGE, after);
    if (page.rows.length > 0) yield page.rows;
    if (page.next === undefined) return;
    after = page.next;
  }
}
