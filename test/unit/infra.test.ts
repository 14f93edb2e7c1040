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
  ZENDESK_SECRET_EXPIRES_AT: '',
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage',
  OTEL_TRACES_SAMPLER_ARG: '1.0',
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

const azd = JSON.parse(read('infra', 'azd.parameters.json')) as { parameters: Record<string, { value: string }> };

/** The variables of azd that a text asks for. */
const variablesOf = (text: string): string[] => [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name ?? '');

test('azd › reaches every parameter, and a setting under its own name', () => {
  expect(Object.keys(template.parameters).filter((name) => !(name in azd.parameters))).toEqual([]);
  for (const [key, parameter] of passedOn) expect(variablesOf(azd.parameters[parameter]?.value ?? '')).toEqual([key]);
});

test('azd › what is not given has the default of the template', () => {
  for (const [name, { defaultValue }] of Object.entries(template.parameters)) {
    if (AZD_ASKS.includes(name) || typeof defaultValue === 'object') continue;
    const [, fallback = ''] = /^\$\{\w+=?([^}]*)\}$/.exec(azd.parameters[name]?.value ?? '') ?? [];
    expect([name, fallback]).toEqual([name, String(defaultValue)]);
  }
});

/** What has no default, and azd asks for. */
const AZD_ASKS = ['location', 'entraServicePrincipalId', 'zendeskSubdomain'];

test('regions › the template accepts those of regions.json, which says where they are from and when that was read', () => {
  const { source, read: day, flexConsumption, national } = JSON.parse(read('infra', 'regions.json')) as Record<string, string[]>;
  expect(template.parameters['location']?.allowedValues).toEqual([...(flexConsumption ?? []), ...(national ?? [])]);
  expect([source, day]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/)]);
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

interface Element {
  readonly name: string;
  readonly type: string;
  readonly defaultValue?: unknown;
  readonly constraints?: { readonly allowedValues?: readonly { readonly label: string; readonly value: string }[] };
}
interface Form {
  readonly $schema: string;
  readonly handler: string;
  readonly version: string;
  readonly parameters: {
    readonly config: { readonly basics: { readonly location: { readonly allowedValues: readonly string[] } } };
    readonly basics: readonly Element[];
    readonly steps: readonly { readonly name: string; readonly label: string; readonly elements: readonly Element[] }[];
    readonly outputs: Record<string, string>;
  };
}

describe('createUiDefinition.json', () => {
  const { parameters: form, ...head } = JSON.parse(read('infra', 'createUiDefinition.json')) as Form;
  const elements = [
    ...form.basics.map((element) => ({ ...element, at: `basics('${element.name}')` })),
    ...form.steps.flatMap(({ name, elements }) =>
      elements.map((element) => ({ ...element, at: `steps('${name}').${element.name}` })),
    ),
  ];

  // https://learn.microsoft.com/azure/azure-resource-manager/managed-applications/create-uidefinition-overview
  test('is a definition of the version that the portal knows, with known elements and no name twice', () => {
    expect(head).toEqual({
      $schema: `https://schema.management.azure.com/schemas/${head.version}/CreateUIDefinition.MultiVm.json#`,
      handler: 'Microsoft.Azure.CreateUIDef',
      version: '0.1.2-preview',
    });
    expect(Object.keys(form).sort()).toEqual(['basics', 'config', 'outputs', 'steps']);
    const known = ['TextBox', 'DropDown', 'PasswordBox', 'CheckBox'].map((type) => `Microsoft.Common.${type}`);
    expect(elements.filter(({ type }) => !known.includes(type))).toEqual([]);
    expect(new Set(elements.map(({ name }) => name)).size).toBe(elements.length);
  });

  test('gives every answer to the parameter of its name, which accepts it, and all that must be given', () => {
    const { location, ...outputs } = form.outputs;
    expect(location).toBe('[location()]');
    expect(Object.keys(outputs).sort()).toEqual(elements.map(({ name }) => name).sort());
    for (const { name, at } of elements) expect(outputs[name]).toContain(at);
    expect(Object.keys(outputs).filter((name) => !(name in template.parameters))).toEqual([]);
    const needed = Object.entries(template.parameters).filter(([, parameter]) => !('defaultValue' in parameter));
    expect(needed.map(([name]) => name).filter((name) => !(name in outputs))).toEqual([]);
  });

  test('offers what the template allows, and begins with its defaults', () => {
    const { flexConsumption } = JSON.parse(read('infra', 'regions.json')) as { flexConsumption: string[] };
    expect(form.config.basics.location.allowedValues).toEqual(flexConsumption);
    for (const { name, type, defaultValue, constraints } of elements) {
      const parameter = template.parameters[name];
      const choices = constraints?.allowedValues;
      if (choices) {
        expect([name, choices.map(({ value }) => value).sort()]).toEqual([name, [...(parameter?.allowedValues ?? [])].sort()]);
        expect([name, choices.find(({ label }) => label === defaultValue)?.value]).toEqual([name, parameter?.defaultValue]);
      }
      expect([name, type === 'Microsoft.Common.PasswordBox']).toEqual([name, parameter?.type === 'securestring']);
    }
  });
});

interface Workflow {
  readonly permissions?: object;
  readonly jobs: Record<
    string,
    {
      readonly if?: string;
      readonly environment?: unknown;
      readonly permissions?: object;
      readonly env?: Record<string, string>;
      readonly steps?: readonly { readonly uses?: string; readonly run?: string; readonly env?: Record<string, string> }[];
    }
  >;
}
const workflow = (name: string): Workflow => parse(read('.github', 'workflows', name)) as Workflow;

test.each(readdirSync(join(root, '.github', 'workflows')))(
  'workflows › %s › pins every action by its commit, and reads only where it says no more',
  (name) => {
    const { permissions, jobs } = workflow(name);
    expect(permissions).toEqual(expect.objectContaining({ contents: 'read' }));
    const uses = Object.values(jobs).flatMap((job) => (job.steps ?? []).flatMap((step) => step.uses ?? []));
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    // The version beside the commit is for people and for Dependabot.
    const lines = read('.github', 'workflows', name).match(/uses: .*/g) ?? [];
    expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  },
);

test('azure-dev.yml › signs in as the federated credential that azd makes: by its branch, so without an environment', () => {
  const { permissions, jobs } = workflow('azure-dev.yml');
  expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  const job = jobs['deploy'];
  expect(job?.environment).toBeUndefined();
  expect(job?.if).toBe("github.ref == 'refs/heads/main'");
  expect(job?.steps?.find(({ run }) => run?.startsWith('azd auth login'))?.run).toContain(
    '--federated-credential-provider github',
  );
});

test('azure-dev.yml and azure.yaml › hand on every value that the parameters of azd ask for', () => {
  const asked = variablesOf(read('infra', 'azd.parameters.json'));
  expect(asked.length).toBeGreaterThan(40);
  const { env = {}, steps = [] } = workflow('azure-dev.yml').jobs['deploy'] ?? {};
  const given: Record<string, string> = Object.assign({}, env, ...steps.map((step) => step.env ?? {}));
  expect(asked.filter((name) => !new RegExp(`^\\$\\{\\{ (vars|secrets)\\.${name} \\}\\}$`).test(given[name] ?? ''))).toEqual([]);
  const { pipeline } = parse(read('azure.yaml')) as { pipeline: { variables: string[]; secrets: string[] } };
  expect([...pipeline.variables, ...pipeline.secrets].sort()).toEqual([...asked].sort());
  const secure = Object.keys(template.parameters).filter((name) => template.parameters[name]?.type === 'securestring');
  expect([...pipeline.secrets].sort()).toEqual(secure.map((name) => variablesOf(azd.parameters[name]?.value ?? '')[0]).sort());
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

/** PowerShell, where it is; the runners of the workflow have it. */
const pwsh = spawnSync('pwsh', ['-Version']).status === 0 ? 'pwsh' : process.env['PWSH_PATH'];
if (!pwsh) console.warn('The PowerShell scripts are not run here: there is no pwsh.');

(pwsh ? describe : describe.skip)('grant-graph-permissions.ps1', () => {
  /** The script against a stand-in for Microsoft Graph that keeps the grants: what if, then for real, then again. */
  const script = `
    $global:granted = @()
    function Connect-MgGraph { }
    function Get-MgContext { @{ TenantId = 'tenant' } }
    function Invoke-MgGraphRequest { param($Method, $Uri, $Body)
      if ($Method -eq 'POST') { $global:granted += $Body.appRoleId; return }
      if ($Uri -like '*appRoleAssignments') { return @{ value = @($global:granted | ForEach-Object { @{ resourceId = 'graph'; appRoleId = $_ } }) } }
      if ($Uri -notlike '*appId=*') { return @{ id = 'sp'; displayName = 'identity' } }
      $offered = 'User.Read.All', 'GroupMember.Read.All', 'Application.Read.All', 'Mail.Send'
      return @{ id = 'graph'; appRoles = @($offered | ForEach-Object { @{ id = $_; value = $_; isEnabled = $true; allowedMemberTypes = @('Application') } }) }
    }
    $arguments = @{ PrincipalId = '33333333-3333-3333-3333-333333333333' }
    foreach ($more in @{ WhatIf = $true }, @{ Confirm = $false }, @{ Confirm = $false }) {
      & '${join(root, 'infra', 'scripts', 'grant-graph-permissions.ps1')}' @arguments @more | Out-Null
      "granted: $($global:granted -join ',')"
    }`;

  test('what if grants nothing, then exactly the three are granted, and nothing more the next time', () => {
    const { stdout } = spawnSync(pwsh ?? '', ['-NoLogo', '-NoProfile', '-Command', script], { encoding: 'utf8' });
    const three = 'User.Read.All,GroupMember.Read.All,Application.Read.All';
    expect(stdout.split('\n').filter((line) => line.startsWith('granted:'))).toEqual([
      'granted: ',
      `granted: ${three}`,
      `granted: ${three}`,
    ]);
  });
});
