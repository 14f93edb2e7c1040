import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { POISON_QUEUE, TABLES, WORK_QUEUE } from '../../src/adapters/storage/names';
import { loadConfig } from '../../src/config/load';
import { SETTING_KEYS, SETTINGS, settingOf } from '../../src/config/schema';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

interface Template {
  readonly parameters: Record<
    string,
    {
      readonly type: string;
      readonly defaultValue?: unknown;
      readonly metadata?: { readonly description?: string };
      readonly allowedValues?: readonly unknown[];
    }
  >;
  readonly outputs: Record<string, { readonly type: string; readonly metadata?: { readonly description?: string } }>;
  readonly resources: Record<string, { readonly type: string; readonly properties?: unknown }>;
}
const template = JSON.parse(read('infra', 'main.json')) as Template;
const text = read('infra', 'main.json');

/** Settings that no parameter of their own sets, and why. `extraAppSettings` reaches them all the same. */
const WITHOUT_PARAMETER: Readonly<Record<string, string>> = {
  AzureWebJobsStorage: 'a connection string with a key; the template uses the identity',
  GRAPH_ACCESS_TOKEN: 'accepted on loopback only',
  ZENDESK_BASE_URL: 'accepted on loopback only',
  LOCAL_TIME_SCALE: 'the local demo only',
  WEBSITE_HOSTNAME: 'given by the platform',
  WEBSITE_AUTH_ENABLED: 'set by Azure while App Service authentication is on',
};

test('settings › each one of the app is set by the template, or is listed with the reason', () => {
  const main = read('infra', 'main.bicep');
  const missing = SETTING_KEYS.filter((key) => !new RegExp(`^ +${key}: `, 'm').test(main) && !(key in WITHOUT_PARAMETER));
  expect(missing).toEqual([]);
  expect(Object.keys(WITHOUT_PARAMETER).filter((key) => !(key in SETTINGS))).toEqual([]);
});

/** The parameters that set a setting as they are, from the lines `KEY: parameter` and `KEY: string(parameter)`. */
const passedOn = SETTING_KEYS.flatMap((key) => {
  const parameter = new RegExp(`^ +${key}: (?:string\\()?(\\w+)\\)?$`, 'm').exec(read('infra', 'main.bicep'))?.[1] ?? '';
  return parameter in template.parameters ? [[key, parameter] as const] : [];
});
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const WITH_MORE_IN_BETWEEN = [
  ['NOTIFICATION_EMAIL', 'notificationEmail'],
  ['NOTIFICATION_WEBHOOK_URL', 'notificationWebhookUrl'],
] as const;

test.each([...passedOn, ...WITH_MORE_IN_BETWEEN])(
  'settings › %s › the parameter %s says the same whole sentence',
  (key, name) => {
    const plain = settingOf(key).sentence.replaceAll('`', '');
    expect(template.parameters[name]?.metadata?.description).toMatch(new RegExp(`^${escaped(plain)}( |$)`));
  },
);

test.each(passedOn.filter(([key]) => settingOf(key).default !== undefined))(
  'settings › %s › the parameter %s has its default',
  (key, name) => {
    expect(String(template.parameters[name]?.defaultValue)).toBe(settingOf(key).default);
  },
);

test('settings › every allowed value of a parameter is accepted by the app', () => {
  const limited = passedOn.filter(([, parameter]) => template.parameters[parameter]?.allowedValues);
  expect(limited.length).toBeGreaterThan(6);
  for (const [key, parameter] of limited) {
    for (const value of template.parameters[parameter]?.allowedValues ?? []) {
      const loaded = loadConfig({ ...deployed(), [key]: String(value) });
      expect([value, loaded.ok ? [] : loaded.error.issues]).toEqual([value, []]);
    }
  }
});

/** What the app sees in Azure with the least that a customer gives. */
const deployed = (): Record<string, string> => ({
  AzureWebJobsStorage__accountName: 'stzdprovabc',
  AzureWebJobsStorage__blobServiceUri: 'https://stzdprovabc.blob.core.windows.net/',
  AzureWebJobsStorage__queueServiceUri: 'https://stzdprovabc.queue.core.windows.net/',
  AzureWebJobsStorage__tableServiceUri: 'https://stzdprovabc.table.core.windows.net/',
  AzureWebJobsStorage__credential: 'managedidentity',
  AzureWebJobsStorage__clientId: '11111111-1111-1111-1111-111111111111',
  AZURE_CLIENT_ID: '11111111-1111-1111-1111-111111111111',
  APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=11111111-1111-1111-1111-111111111111',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=11111111-1111-1111-1111-111111111111;Authorization=AAD',
  APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
  ENTRA_TENANT_ID: '11111111-1111-1111-1111-111111111111',
  ENTRA_SERVICE_PRINCIPAL_ID: '22222222-2222-2222-2222-222222222222',
  ZENDESK_SUBDOMAIN: 'acme',
  ZENDESK_OAUTH_CLIENT_ID: 'provisioning',
  ZENDESK_OAUTH_CLIENT_SECRET: 'secret',
  PROTECTED_USERS: '',
  NOTIFICATION_EMAIL: '',
  NOTIFICATION_SENDER: '',
  NOTIFICATION_WEBHOOK_URL: '',
});

test('settings › as the template sets them by default › are accepted without a warning', () => {
  const loaded = loadConfig(deployed());
  expect(loaded.ok ? [] : loaded.error.issues).toEqual([]);
  expect(loaded.warnings).toEqual([]);
});

test('storage › queues and tables of the template are those of the app', () => {
  const names = JSON.parse(read('infra', 'storage-names.json')) as { queues: string[]; tables: string[] };
  expect([...names.queues].sort()).toEqual([WORK_QUEUE, POISON_QUEUE].sort());
  expect([...names.tables].sort()).toEqual(Object.values(TABLES).sort());
});

test('parameters and outputs › all are described, secrets are secure and have no default', () => {
  for (const [name, { metadata }] of Object.entries({ ...template.parameters, ...template.outputs }))
    expect([name, metadata?.description]).toEqual([name, expect.stringMatching(/\w{3}/)]);
  const secure = Object.entries(template.parameters).filter(([, { type }]) => type === 'securestring');
  expect(secure.map(([name]) => name).sort()).toEqual(['notificationWebhookUrl', 'zendeskSecret']);
  expect(secure.map(([, { defaultValue }]) => defaultValue)).toEqual(['', '']);
  for (const [, { type }] of Object.entries(template.outputs)) expect(type).not.toMatch(/secure/);
});

test('safety › no keys, no public blobs, no local authentication, TLS 1.2, nothing on until asked', () => {
  for (const words of [
    '"allowSharedKeyAccess": false',
    '"allowBlobPublicAccess": false',
    '"minimumTlsVersion": "TLS1_2"',
    '"DisableLocalAuth": true',
    '"enablePurgeProtection": true',
    '"enableRbacAuthorization": true',
    '"httpsOnly": true',
  ]) {
    expect(text).toContain(words);
  }
  expect(text).not.toMatch(/listKeys|AccountKey=/);
  expect(template.parameters['provisioningStatus']?.defaultValue).toBe('Off');
});

test('safety › every role of the identity is known, and none is broader than the service it is for', () => {
  const roles = [...text.matchAll(/'Microsoft\.Authorization\/roleDefinitions'/g)];
  expect(roles.length).toBeGreaterThan(0);
  const guids = new Set(
    [...text.matchAll(/"(?:[\w]+)": "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"/g)].map((match) => match[1]),
  );
  expect([...guids].sort()).toEqual(
    [
      'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', // Storage Blob Data Owner
      '974c5e8b-45b9-4653-ba55-5f855dd0fb88', // Storage Queue Data Contributor
      '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', // Storage Table Data Contributor
      '4633458b-17de-408a-b874-0445c86b69e6', // Key Vault Secrets User
      '3913510d-42f4-4e42-8a64-420c390055eb', // Monitoring Metrics Publisher
    ].sort(),
  );
});

test('azd › the parameter file names parameters of the template only, and all that must be given', () => {
  const given = Object.keys((JSON.parse(read('infra', 'main.parameters.json')) as { parameters: object }).parameters);
  expect(given.filter((name) => !(name in template.parameters))).toEqual([]);
  const needed = Object.entries(template.parameters)
    .filter(([, parameter]) => !('defaultValue' in parameter))
    .map(([name]) => name);
  expect(needed.filter((name) => !given.includes(name))).toEqual([]);
});

/** Parameters that azd need not give, and why. */
const NOT_FROM_AZD: Readonly<Record<string, string>> = { entraTenantId: 'the tenant of the subscription, unless said otherwise' };

test('azd › the parameter file passes every parameter of a setting on under the name of the setting', () => {
  const given = (JSON.parse(read('infra', 'main.parameters.json')) as { parameters: Record<string, { value: string }> })
    .parameters;
  for (const [key, parameter] of passedOn) {
    if (parameter in NOT_FROM_AZD) continue;
    const { default: start } = settingOf(key);
    expect([parameter, given[parameter]?.value]).toEqual([parameter, `\${${key}${start ? `=${start}` : ''}}`]);
  }
});

test('azd › azure.yaml › names the template, the service tag of the app and files that exist', () => {
  const azure = parse(read('azure.yaml')) as {
    infra: { path: string; module: string };
    services: Record<string, { project: string }>;
    hooks: Record<string, Record<string, { run: string }>>;
  };
  expect(existsSync(join(root, azure.infra.path, `${azure.infra.module}.bicep`))).toBe(true);
  expect(Object.keys(azure.services)).toEqual(['api']);
  expect(read('infra', 'modules', 'app.bicep')).toContain("'azd-service-name': 'api'");
  expect(existsSync(join(root, azure.services['api']?.project ?? 'none'))).toBe(true);
  const scripts = [...read('azure.yaml').matchAll(/infra\/scripts\/[\w-]+\.\w+/g)].map(([name]) => name);
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

test('workflows › parse, pin their actions and give no more rights than needed', () => {
  for (const name of readdirSync(join(root, '.github', 'workflows'))) {
    const workflow = parse(read('.github', 'workflows', name)) as {
      permissions?: object;
      jobs: Record<string, { steps?: { uses?: string }[] }>;
    };
    expect([name, workflow.permissions]).toEqual([name, expect.any(Object)]);
    const uses = Object.values(workflow.jobs).flatMap((job) => (job.steps ?? []).flatMap((step) => step.uses ?? []));
    expect(uses.filter((action) => !/@(v\d+(\.\d+)*|[0-9a-f]{40})$/.test(action))).toEqual([]);
  }
});

test('workflows › the deployment has the defaults of the settings', () => {
  const given = read('.github', 'workflows', 'deploy.yml');
  for (const [key, parameter] of passedOn) {
    const { default: start } = settingOf(key);
    if (!(parameter in NOT_FROM_AZD))
      expect(given).toContain(`      ${key}: \${{ vars.${key}${start ? ` || '${start}'` : ''} }}\n`);
  }
});

test('workflows › the deployment hands on every value that the parameters of azd ask for', () => {
  const asked = [...read('infra', 'main.parameters.json').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  const given = read('.github', 'workflows', 'deploy.yml');
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !new RegExp(`^ +${name}: \\$\\{\\{ (vars|secrets)\\.${name}\\b`, 'm').test(given))).toEqual([]);
});

describe('grant-graph-permissions.sh', () => {
  const permissions = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'];
  const identity = '33333333-3333-3333-3333-333333333333';
  const graphId = '44444444-4444-4444-4444-444444444444';
  const roleId = (index: number): string => `aaaaaaa${index}-0000-0000-0000-000000000000`;

  /** Runs the script against a stand-in for az that keeps the grants in a file; answers its output and the grants made. */
  function run(args: readonly string[], granted: readonly string[], input = '') {
    const folder = mkdtempSync(join(tmpdir(), 'grant-'));
    writeFileSync(join(folder, 'granted'), granted.map((id) => `${id}\n`).join(''));
    const roles = permissions.map((value, index) => `*"${value}"*) echo ${roleId(index)} ;;`).join('\n');
    writeFileSync(
      join(folder, 'az'),
      `#!/usr/bin/env bash
set -eu
case "$*" in
  "cloud show"*) echo https://graph.microsoft.com/ ;;
  "account show"*) echo tenant ;;
  *"--method post"*) sed -E 's/.*"appRoleId":"([^"]*)".*/\\1/' <<<"$*" >> "${folder}/granted" ;;
  *"appRoleAssignments"*) cat "${folder}/granted" ;;
  *"select=appRoles"*) case "$*" in ${roles} esac ;;
  *"servicePrincipals(appId="*) echo ${graphId} ;;
  *) echo "the identity ManagedIdentity" ;;
esac
`,
      { mode: 0o755 },
    );
    const script = join(root, 'infra', 'scripts', 'grant-graph-permissions.sh');
    const result = spawnSync('bash', [script, ...args], {
      encoding: 'utf8',
      input,
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    });
    const after = readFileSync(join(folder, 'granted'), 'utf8').split('\n').filter(Boolean);
    return { ...result, after };
  }
  const all = permissions.map((_, index) => roleId(index));

  test('what if › nothing is granted', () => {
    const { status, after, stdout } = run(['--principal-id', identity, '--what-if'], []);
    expect([status, after]).toEqual([0, []]);
    for (const permission of permissions) expect(stdout).toContain(permission);
  });

  test('refused at the question › nothing is granted', () => {
    expect(run(['--principal-id', identity], [], 'n\n')).toMatchObject({ status: 1, after: [] });
  });

  test('confirmed › exactly the three are granted', () => {
    expect(run(['--principal-id', identity], [], 'y\n')).toMatchObject({ status: 0, after: all });
  });

  test('again › grants what is missing only, and nothing once all are there', () => {
    expect(run(['--principal-id', identity, '--yes'], all.slice(0, 1))).toMatchObject({ status: 0, after: all });
    expect(run(['--principal-id', identity, '--yes'], all)).toMatchObject({ status: 0, after: all });
  });

  test('more than needed › is told of and left alone', () => {
    const extra = 'bbbbbbbb-0000-0000-0000-000000000000';
    const { stdout, after } = run(['--principal-id', identity, '--yes'], [...all, extra]);
    expect(stdout).toContain(extra);
    expect(after).toEqual([...all, extra]);
  });

  test('no object id › usage', () => expect(run(['--principal-id', 'x; rm'], [])).toMatchObject({ status: 2, after: [] }));
});
