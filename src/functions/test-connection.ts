import type { App, ConfiguredApp } from '../compose';
import { ProvisioningError } from '../core/errors';
import type { ProbeRow } from '../core/probe';
import { checkAgainstAccount } from '../core/schema/account';
import { NOTHING, openEndpoint } from './endpoint';
import { type Body, respond } from './http';
import { jsonDoc } from './shapes/kit';
import { TestConnection } from './shapes/status';

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
  async (app) => respond(TestConnection, verdictOf(await rowsOf(app))),
);

async function rowsOf(app: App): Promise<readonly ProbeRow[]> {
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
  return [...target, ...mapping, ...source, ...storage];
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
