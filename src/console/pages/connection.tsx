import { z } from 'zod';
import { credentialEnd } from '../../core/credential-end';
import type { ProbeRow } from '../../core/probe';
import { sendTestNotice } from '../../engine/control/test-notice';
import { readPermissions } from '../../engine/job/watch-permissions';
import { permissionAdvice } from '../../engine/queries/permission-advice';
import { hasNotices } from '../../functions/job-control';
import { connectionRows } from '../../functions/test-connection';
import { clip } from '../../html';
import { ActForm } from '../components/form';
import { Card, Empty, Facts, Notice, Table } from '../components/parts';
import { counted, Foreign, Tag, type Tone, When } from '../components/text';
import { type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';

async function show(ask: Ask): Promise<View> {
  const { app, now } = ask;
  const { source, target, notification, job } = app.config;
  const end = credentialEnd(target.auth.kind, target.credentialEndsOn, now);
  const limits = await app.deps.target.limits();
  const permissions = await readPermissions(app.deps);
  const isTest = ask.query.get('test') === 'yes' && ask.can('Operate');
  return {
    main: (
      <>
        {isTest ? (
          <TestResult rows={await connectionRows(app)} />
        ) : (
          <Card id="test" title="Test Connection">
            {ask.can('Operate') ? (
              <>
                <p>
                  Tries everything that the app needs: the credential and role in Zendesk, each permission of Microsoft Graph, the
                  mailbox, the mappings against the account, and storage. Nothing is written. It takes some seconds.
                </p>
                <p>
                  <a class="button" href={addressOf('connection', { test: 'yes' })}>
                    Test Connection
                  </a>
                </p>
              </>
            ) : (
              <p class="soft">To test the connection, you need the role Provisioning.Operate.</p>
            )}
          </Card>
        )}
        <Card id="zendesk" title="Zendesk">
          <Facts
            facts={[
              ['Account', `${target.subdomain}.zendesk.com`],
              ['Signs in with', target.auth.kind === 'oauth' ? 'OAuth client' : 'API token'],
              target.auth.kind === 'oauth'
                ? ['OAuth client', <code>{clip(target.auth.clientId, 80)}</code>]
                : ['Admin', <Foreign text={target.auth.email} max={80} />],
              [
                'Expires',
                end ? <CredentialEnds on={end.on} daysLeft={end.daysLeft} /> : <NotSet setting="ZENDESK_SECRET_EXPIRES_AT" />,
              ],
              ['Requests per minute', limits.requestsPerMinute ?? 'not known yet'],
              ['Of these for this app', limits.ourRequestsPerMinute],
              [
                'Waits',
                limits.waits.length === 0 ? (
                  'none'
                ) : (
                  <>
                    until <When at={limits.waits[0]?.until ?? null} now={now} />
                  </>
                ),
              ],
            ]}
          />
        </Card>
        <Card id="entra" title="Microsoft Entra ID">
          <Facts
            facts={[
              ['Tenant', <code>{source.tenantId}</code>],
              ['Enterprise application', <code>{source.servicePrincipalId}</code>],
              ['Scope', job.scope],
              ['Group membership', job.groupMembership],
            ]}
          />
          {permissions.missing.length === 0 ? (
            <p class="soft">No permission is known to be missing; Test Connection tries each.</p>
          ) : (
            <ul class="plain">
              {permissions.missing.map((finding) => (
                <li>
                  <Tag tone="bad">missing</Tag> <code>{finding.permission}</code>: {permissionAdvice(finding)}
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card id="notices" title="Notices">
          <Facts
            facts={[
              [
                'Mail to',
                notification.email ? (
                  <Foreign text={notification.email.to.join(', ')} max={300} />
                ) : (
                  <NotSet setting="NOTIFICATION_EMAIL" />
                ),
              ],
              ['Mail from', notification.email ? <Foreign text={notification.email.sender} max={120} /> : '–'],
              [
                'Webhook',
                notification.webhookUrl ? 'set; its address is a secret' : <NotSet setting="NOTIFICATION_WEBHOOK_URL" />,
              ],
            ]}
          />
          {hasNotices(app) ? (
            ask.can('Operate') && (
              <ActForm ask={ask} act="testNotice" label="Send a test notice" tone="second">
                <p>
                  Sends one message that says that it is a test, to{' '}
                  {[
                    notification.email && counted(notification.email.to.length, 'address', 'addresses'),
                    notification.webhookUrl && 'the webhook',
                  ]
                    .filter(Boolean)
                    .join(' and ')}
                  .
                </p>
              </ActForm>
            )
          ) : (
            <Empty>
              Nobody gets a notice of failures. Set NOTIFICATION_EMAIL with NOTIFICATION_SENDER, or NOTIFICATION_WEBHOOK_URL.
            </Empty>
          )}
        </Card>
      </>
    ),
  };
}

const NotSet = ({ setting }: { readonly setting: string }) => (
  <>
    not set
    <br />
    <small class="soft">{setting}</small>
  </>
);

const CredentialEnds = ({ on, daysLeft }: { readonly on: string; readonly daysLeft: number }) => (
  <>
    {on} <Tag tone={daysLeft <= 30 ? 'bad' : 'good'}>{daysLeft < 0 ? 'over' : counted(daysLeft, 'day')}</Tag>
  </>
);

const PROBE_TONES: Readonly<Record<ProbeRow['status'], Tone>> = { pass: 'good', warn: 'warn', fail: 'bad' };

function TestResult({ rows }: { readonly rows: readonly ProbeRow[] }) {
  const failed = rows.filter(({ status }) => status === 'fail').length;
  const warned = rows.filter(({ status }) => status === 'warn').length;
  const sorted = [...rows].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  return (
    <>
      <Notice tone={failed > 0 ? 'bad' : warned > 0 ? 'warn' : 'good'}>
        <p>
          <strong>
            {failed > 0
              ? `${counted(failed, 'check')} of ${rows.length} failed.`
              : `All ${rows.length} checks passed${warned > 0 ? `, ${warned} with a warning` : ''}.`}
          </strong>{' '}
          {failed > 0 ? 'Each says what to do.' : warned === 0 && 'The app can do everything that it needs.'}
        </p>
      </Notice>
      <Card id="test" title="Test Connection">
        <Table
          rows={sorted}
          columns={[
            { head: 'Check', cell: ({ name }) => name },
            { head: 'State', cell: ({ status }) => <Tag tone={PROBE_TONES[status]}>{status}</Tag> },
            {
              head: 'Result',
              cell: ({ result, action }) => (
                <>
                  <Foreign text={result} max={600} />
                  {action !== '' && (
                    <div>
                      <strong>To do:</strong> <Foreign text={action} max={600} />
                    </div>
                  )}
                </>
              ),
            },
            { head: 'Request', cell: ({ tried }) => <small class="soft">{clip(tried, 200)}</small> },
          ]}
        />
        <p>
          <a class="button second" href={addressOf('connection', { test: 'yes' })}>
            Test again
          </a>
        </p>
      </Card>
    </>
  );
}

const ORDER: readonly ProbeRow['status'][] = ['fail', 'warn', 'pass'];

/** How the app reaches both sides and whom it tells, and trying both. */
export const connectionPage: ConsolePage = {
  path: 'connection',
  title: 'Connection',
  nav: { label: 'Connection', order: 90 },
  role: 'Read',
  show,
  acts: {
    testNotice: defineAct({
      role: 'Operate',
      fields: z.strictObject({}),
      summary: () => 'send a test notice',
      run: async ({ app, operator }) => {
        const { isConfigured, problems } = await sendTestNotice(app.deps, operator, hasNotices(app));
        if (!isConfigured) return { kind: 'refused', text: 'Nobody is named to be told, so nothing was sent.' };
        if (problems.length === 0) return { kind: 'done', text: 'The test notice was sent. Look whether it has arrived.' };
        return { kind: 'refused', text: problems.map(({ channel, problem }) => `${channel}: ${problem}`).join(' ') };
      },
    }),
  },
};
