import { z } from 'zod';
import { ACCOUNT_FINDINGS, type AccountFinding, NEVER_SIGNED_IN_DAYS } from '../../core/account-findings';
import { withAdvice } from '../../core/advice';
import { capital } from '../../core/held-words';
import type { Seats } from '../../core/seats';
import {
  type AccountReport,
  beginReport,
  continueReport,
  type ReportState,
  readReports,
} from '../../engine/accounts/account-report';
import { readSeats } from '../../engine/accounts/read-seats';
import { accountsCsv } from '../../functions/accounts';
import { type AccountRow, isAccountMark } from '../../ports/account-report';
import { ActForm } from '../components/form';
import { Card, Empty, Facts, Live, Notice, Table } from '../components/parts';
import { counted, Foreign, Tag, When } from '../components/text';
import { type Ask, addressOf, addressOfObject, type ConsoleDownload, type ConsolePage, defineAct, type View } from '../model';

/** Accounts on a page. */
const PAGE = 50;
/** A person waits for the answer; the timer continues what is left. */
const BUDGET_MS = 8_000;
const BUSY_REFRESH_SECONDS = 5;

/** What each finding means, in a few words. */
const FINDINGS: Readonly<Record<AccountFinding, string>> = {
  NobodyBehind: 'nobody in Entra ID stands behind it',
  OutOfScope: 'the person is to have no access',
  SuspendedWithSeat: 'suspended, and holds a seat',
  NeverSignedIn: `never signed in, and older than ${NEVER_SIGNED_IN_DAYS} days`,
  ServiceAccount: 'shared or service account',
  Protected: 'never changed by this app',
};

async function show(ask: Ask): Promise<View> {
  const { reporting } = ask.app;
  const { done, running, failed } = await readReports(reporting.deps);
  const include = ask.query.get('show') === 'all' ? 'all' : 'findings';
  const after = ask.query.get('after') ?? '';
  const page = done && (await reporting.reports.rows(done.reportId, include, PAGE, isAccountMark(after) ? after : undefined));
  const seats = done && (await readSeats(reporting.deps, done.seatsUsed));
  return {
    ...(running && { refreshSeconds: BUSY_REFRESH_SECONDS }),
    main: (
      <>
        <Live id="report">
          <Report ask={ask} done={done} running={running} failed={failed} />
        </Live>
        {done && seats && <Numbers report={done} seats={seats} />}
        {done && page && (
          <Card id="accounts" title={include === 'all' ? 'All agents and admins' : 'What stands out'}>
            <p>
              <a href={addressOf('accounts', { show: include === 'all' ? '' : 'all' })}>
                {include === 'all' ? 'Only what stands out' : 'Show all agents and admins'}
              </a>{' '}
              · <a href={addressOf('accounts/csv', { show: include })}>Download as CSV</a> ·{' '}
              <a href={addressOf('accounts/groups')}>Group clean-up</a>
            </p>
            {page.rows.length === 0 ? <Empty>Nothing stands out.</Empty> : <Accounts rows={page.rows} now={ask.now} />}
            {page.next !== undefined && (
              <p>
                <a rel="next" href={addressOf('accounts', { show: include, after: page.next })}>
                  Next page
                </a>
              </p>
            )}
          </Card>
        )}
      </>
    ),
  };
}

type ReportProps = Pick<ReportState, 'done' | 'running' | 'failed'> & { readonly ask: Ask };

const Report = ({ ask, done, running, failed }: ReportProps) => (
  <Card id="report" title="The report">
    {done ? (
      <p>
        Made <When at={done.endedAt} now={ask.now} /> by <Foreign text={done.startedBy} max={80} />:{' '}
        {counted(done.accounts, 'agent or admin', 'agents and admins')}.
      </p>
    ) : (
      <Empty>There is no report yet.</Empty>
    )}
    {running && (
      <p>A new one is being made: {running.accounts} accounts so far. This page shows the last whole one until then.</p>
    )}
    {failed && (
      <Notice tone="warn">
        A newer one could not be made <When at={failed.at} now={ask.now} />: <Foreign text={withAdvice(failed)} max={400} />
      </Notice>
    )}
    {running?.error && (
      <Notice tone="warn">
        It stands still for now: {running.error.code}: <Foreign text={running.error.message} max={300} />
      </Notice>
    )}
    {!running && ask.can('Operate') && (
      <ActForm
        ask={ask}
        act="refresh"
        label={done ? 'Make a new report' : 'Make the report'}
        {...(done && { tone: 'second' as const })}
      >
        <p>Reads Zendesk’s list of agents and admins, 100 per request. Nothing in Zendesk is changed.</p>
      </ActForm>
    )}
    {!ask.can('Operate') && <p class="soft">To make a report, you need the role Provisioning.Operate.</p>}
  </Card>
);

const Numbers = ({ report, seats }: { readonly report: AccountReport; readonly seats: Seats }) => (
  <Card id="numbers" title="In numbers">
    {seats.bought !== null && seats.needed > seats.bought && (
      <Notice tone="warn">{counted(seats.needed - seats.bought, 'agent seat is', 'agent seats are')} missing.</Notice>
    )}
    <Facts
      facts={[
        ['Seats used', seats.used],
        ['Seats needed', seats.needed],
        ['Seats bought', seats.bought ?? 'AGENT_SEATS is not set'],
        ['Seats free', seats.free ?? '–'],
        ['Admins', report.byRole.admin],
        ['Agents', report.byRole.agent],
        ['Light agents, contributors', report.byRole.withoutSeat],
        ...ACCOUNT_FINDINGS.map((finding) => [capital(FINDINGS[finding]), report.byFinding[finding] ?? 0] as const),
      ]}
    />
  </Card>
);

const Accounts = ({ rows, now }: { readonly rows: readonly AccountRow[]; readonly now: Date }) => (
  <Table
    rows={rows}
    columns={[
      {
        head: 'Account',
        cell: ({ id, name, email }) => (
          <>
            <Foreign text={name || id} max={80} />
            <br />
            <small class="soft">
              <Foreign text={email ?? ''} max={120} /> {id}
            </small>
          </>
        ),
      },
      { head: 'Role', cell: ({ roleName, holdsSeat }) => `${roleName}${holdsSeat ? '' : ', no seat'}` },
      {
        head: 'Stands out',
        cell: ({ findings, suspended }) =>
          findings.length === 0
            ? suspended
              ? 'suspended'
              : '–'
            : findings.map((one) => (
                <>
                  <Tag tone={one === 'ServiceAccount' || one === 'Protected' ? 'none' : 'warn'}>{FINDINGS[one]}</Tag>{' '}
                </>
              )),
      },
      {
        head: 'In Entra ID',
        cell: ({ source }) =>
          source ? (
            <a href={addressOfObject({ type: 'user', id: source.id })}>
              <Foreign text={source.name || source.id} max={80} />
            </a>
          ) : (
            'nobody'
          ),
      },
      { head: 'Last sign-in', cell: ({ lastLoginAt }) => <When at={lastLoginAt} now={now} none="never" /> },
    ]}
  />
);

/** The report of Zendesk's agents and admins, and the seats. */
export const accountsPage: ConsolePage = {
  path: 'accounts',
  title: 'Accounts',
  nav: { label: 'Accounts', order: 80 },
  role: 'Read',
  show,
  acts: {
    refresh: defineAct({
      role: 'Operate',
      fields: z.strictObject({}),
      summary: () => 'make the report of accounts again',
      run: async ({ app: { reporting }, operator }) => {
        const { reportId } = await beginReport(reporting, operator);
        const { done, failed } = await continueReport(reporting, { owner: reporting.deps.newId(), budgetMs: BUDGET_MS });
        if (failed?.reportId === reportId) return { kind: 'refused', text: `It could not be made: ${withAdvice(failed)}` };
        const isMade = done?.reportId === reportId;
        return {
          kind: 'done',
          text: isMade
            ? 'The report was made.'
            : 'The report was begun; it continues by itself, and this page shows how far it is.',
        };
      },
    }),
  },
};

/** The report as a file. */
export const accountsCsvDownload: ConsoleDownload = {
  path: 'accounts/csv',
  role: 'Read',
  async send({ app: { reporting }, query }) {
    return accountsCsv(reporting, await readReports(reporting.deps), query.get('show') === 'all' ? 'all' : 'findings', undefined);
  },
};
