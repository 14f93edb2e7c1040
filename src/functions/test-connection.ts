import type { App, ConfiguredApp } from '../compose';
import { ProvisioningError } from '../core/errors';
import type { ProbeRow } from '../core/probe';
import { checkAgainstAccount } from '../core/schema/account';
import { hintsVerdict } from '../engine/hints/hint-advice';
import { readHints } from '../engine/hints/hint-state';
import { NOTHING, openEndpoint } from './endpoint';
import { type Body, respond } from './http';
import { jsonDoc } from './shapes/kit';
import { TestConnection } from './shapes/status';
import { notificationUrl } from './watch-subscriptions';

/**
 * `POST /api/test-connection`: tries everything the app needs, one row per check, with what was tried and what to do. Never
 * writes. The status is 200 also when checks fail: the rows are the result.
 */
export const makeTestConnection = openEndpoint(
  {
    tag: 'status',
    summary: 'Try everything the app needs',
    description:
      'Zendesk (credential, Admin role, quota), Graph (each permission, the enterprise application) and storage: one row per check with ' +
      'what was tried and what to do. The status is 200 even when checks fail. Never writes.',
    body: NOTHING,
    answers: { 200: jsonDoc('The rows.', TestConnection) },
    problems: [400],
  },
  async (app) => respond(TestConnection, verdictOf(await connectionRows(app))),
);

/** Tries everything the app needs, one row per check. Never writes. */
export async function connectionRows(app: App): Promise<readonly ProbeRow[]> {
  if (app.kind === 'notConfigured') {
    return app.error.issues.map((issue) => ({
      name: `Setting ${issue.setting}`,
      status: 'fail',
      tried: 'Read the setting.',
      result: issue.problem,
      action: 'Correct the setting and restart the app.',
    }));
  }
  const [target, source, storage] = await Promise.all([
    app.zendesk.probe(),
    app.graph.probeSource({ isMailConfigured: app.config.notification.email !== undefined }),
    probeStorage(app),
  ]);
  const mapping = target.some((row) => row.status === 'fail') ? [] : await probeMapping(app);
  return [...target, ...mapping, ...source, ...storage, ...(await probeSubscriptions(app))];
}

/** Only a subscription shows whether one may be made, and a test writes nothing: so what is there is looked at, here and at Graph. */
async function probeSubscriptions({ config, deps, graph }: ConfiguredApp): Promise<readonly ProbeRow[]> {
  if (config.source.changeNotifications === 'Off') return [];
  const row = {
    name: 'Change notifications',
    tried: 'Compared the subscriptions that the app keeps with those of GET /subscriptions.',
  };
  const url = notificationUrl(config);
  if (url === undefined) {
    const action = 'Set CHANGE_NOTIFICATIONS to Off, or WEBSITE_HOSTNAME to the host name of the app.';
    return [{ ...row, status: 'warn', result: 'The app does not know its own address.', action }];
  }
  try {
    const [hints, atGraph] = await Promise.all([readHints(deps), graph.subscriptions.subscribedTo(url)]);
    const { state, activeUntil, problems } = hintsVerdict(true, hints, deps.clock());
    const isThere = Object.values(hints.subscriptions ?? {}).every(({ id }) => id !== null && atGraph.includes(id));
    if (state === 'Active' && isThere)
      return [{ ...row, status: 'pass', result: `Users and groups, until ${activeUntil}; renewed daily.`, action: '' }];
    const result = problems.join(' ') || 'Graph no longer has a subscription that the app keeps.';
    const action =
      'Grant Group.Read.All (grant-graph-permissions with the switch for change notifications) and let Graph reach the app; it tries again by itself. Until then the schedule finds the changes.';
    return [{ ...row, status: 'warn', result, action }];
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    return [{ ...row, status: 'warn', result: error.message, action: 'Run Test Connection again.' }];
  }
}

const verdictOf = (rows: readonly ProbeRow[]): Body<typeof TestConnection> => ({
  status: rows.some((row) => row.status === 'fail') ? 'fail' : rows.some((row) => row.status === 'warn') ? 'warn' : 'pass',
  checks: rows,
});

async function probeStorage({ deps }: ConfiguredApp): Promise<readonly ProbeRow[]> {
  const row = { name: 'Storage', tried: 'Read the job state from a table and the length of the work queue.' };
  try {
    await deps.state.read('job');
    await deps.queue.approximateLength();
    return [{ ...row, status: 'pass', result: 'Tables and queue respond.', action: '' }];
  } catch (error) {
    const result = error instanceof ProvisioningError ? error.message : 'Storage did not respond as expected.';
    const action =
      'Check that the network of the app reaches the account, and that its identity has the roles Storage Table Data Contributor and Storage Queue Data Contributor.';
    return [{ ...row, status: 'fail', result, action }];
  }
}

async function probeMapping({ deps }: ConfiguredApp): Promise<readonly ProbeRow[]> {
  const findings = checkAgainstAccount(deps.schema, await deps.target.describe());
  const row = { name: 'Mappings', tried: 'Checked the mappings against the Zendesk account.' };
  if (findings.length === 0)
    return [{ ...row, status: 'pass', result: 'Every mapped attribute exists in the account.', action: '' }];
  return findings.map((finding) => ({
    ...row,
    status: finding.severity === 'error' ? 'fail' : 'warn',
    result: `${finding.path}: ${finding.message}`,
    action: 'Change the mapping, or the Zendesk account.',
  }));
}
