import { inspect } from 'node:util';
import { type LoadedConfig, loadConfig } from '../../src/config/load';
import { ncrontabProblem } from '../../src/config/ncrontab';
import { timerSchedule } from '../../src/config/schedule';
import { SETTING_KEYS, settingOf } from '../../src/config/schema';
import { Secret } from '../../src/config/secret';
import { someConfig as configOf, LEAST_SETTINGS as minimal } from '../builders/settings';

type Env = Record<string, string | undefined>;

const load = (extra: Env = {}): LoadedConfig => loadConfig({ ...minimal, ...extra });

const blamed = (loaded: LoadedConfig): readonly string[] => (loaded.ok ? [] : loaded.error.issues.map((issue) => issue.setting));
const warned = (loaded: LoadedConfig): readonly string[] => loaded.warnings.map((warning) => warning.setting);

describe('config › defaults', () => {
  test('the minimum gives every documented default', () => {
    const loaded = load();
    expect(loaded.warnings).toEqual([]);
    expect(configOf()).toMatchObject({
      storage: {
        kind: 'identity',
        queueServiceUri: 'https://stprov1.queue.core.windows.net',
        tableServiceUri: 'https://stprov1.table.core.windows.net',
      },
      source: { servicePrincipalId: '22222222-2222-2222-2222-22222222abcd', baseUrl: 'https://graph.microsoft.com/v1.0' },
      target: {
        baseUrl: 'https://acme.zendesk.com',
        subdomain: 'acme',
        rateLimitShare: 0.7,
        auth: { kind: 'oauth', clientId: 'prov' },
      },
      job: {
        status: 'Off',
        scope: 'AssignedOnly',
        schemaPath: 'provisioning-schema.json',
        schedule: '0 */20 * * * *',
        groupMembership: 'Direct',
        defaultAccess: 'Skip',
        deprovisionUsers: 'Suspend',
        hardDeletedUsers: 'Suspend',
        deletionThreshold: 500,
        deletionThresholdPercent: 10,
        protectedUsers: [],
        logRetentionDays: 90,
      },
      notification: {},
      local: { timeScale: 1 },
    });
    expect(configOf().source).not.toHaveProperty('accessToken');
  });

  test('blank counts as absent', () => {
    expect(configOf({ DELETION_THRESHOLD: '  ', GRAPH_ACCESS_TOKEN: '' }).job.deletionThreshold).toBe(500);
  });

  test('nothing set: every required setting is named together, and the rest is still read', () => {
    const loaded = loadConfig({});
    expect([...blamed(loaded)].sort()).toEqual([
      'AzureWebJobsStorage',
      'ENTRA_SERVICE_PRINCIPAL_ID',
      'ENTRA_TENANT_ID',
      'ZENDESK_OAUTH_CLIENT_ID',
      'ZENDESK_SUBDOMAIN',
    ]);
    expect(loaded.ok ? undefined : loaded.partial.schemaPath).toBe('provisioning-schema.json');
  });
});

describe('config › a reference that the platform left unread', () => {
  const reference = '@Microsoft.KeyVault(VaultName=kv-acme;SecretName=zendesk-secret)';

  test.each(['ZENDESK_OAUTH_CLIENT_SECRET', 'ZENDESK_API_TOKEN', 'NOTIFICATION_WEBHOOK_URL'])(
    '%s › is a problem and no secret',
    (key) => {
      const loaded = loadConfig({ ...minimal, [key]: reference });
      expect(loaded.ok ? [] : loaded.error.issues.filter((issue) => issue.setting === key)).toEqual([
        { setting: key, problem: expect.stringContaining('Azure could not read') },
      ]);
    },
  );
});

describe('config › accepted', () => {
  test.each<[string, Env, (config: ReturnType<typeof configOf>) => unknown, unknown]>([
    [
      'words without case',
      { PROVISIONING_STATUS: 'on', DEPROVISION_USERS: 'downgradeandsuspend' },
      (c) => [c.job.status, c.job.deprovisionUsers],
      ['On', 'DowngradeAndSuspend'],
    ],
    [
      'national cloud',
      { GRAPH_BASE_URL: 'https://graph.microsoft.us/v1.0/' },
      (c) => c.source.baseUrl,
      'https://graph.microsoft.us/v1.0',
    ],
    [
      'simulator with a token',
      { GRAPH_BASE_URL: 'http://127.0.0.1:7071/v1.0', GRAPH_ACCESS_TOKEN: 't' },
      (c) => c.source.accessToken?.reveal(),
      't',
    ],
    [
      'Zendesk on loopback',
      { ZENDESK_BASE_URL: 'http://localhost:9/', LOCAL_TIME_SCALE: '60' },
      (c) => [c.target.baseUrl, c.local.timeScale],
      ['http://localhost:9', 60],
    ],
    ['protected users', { PROTECTED_USERS: 'Boss@Acme.com; 123,' }, (c) => c.job.protectedUsers, ['boss@acme.com', '123']],
    [
      'user-assigned identity',
      { AZURE_CLIENT_ID: minimal.ENTRA_TENANT_ID },
      (c) => c.source.identityClientId,
      minimal.ENTRA_TENANT_ID,
    ],
    [
      'mail',
      { NOTIFICATION_EMAIL: 'a@b.de,c@d.de', NOTIFICATION_SENDER: 's@b.de' },
      (c) => c.notification.email,
      { to: ['a@b.de', 'c@d.de'], sender: 's@b.de' },
    ],
    [
      'webhook on loopback',
      { NOTIFICATION_WEBHOOK_URL: 'http://[::1]:1/x?k=1' },
      (c) => c.notification.webhookUrl?.reveal(),
      'http://[::1]:1/x?k=1',
    ],
    [
      'bounds',
      { DELETION_THRESHOLD: '0', DELETION_THRESHOLD_PERCENT: '100', ZENDESK_RATE_LIMIT_SHARE: '1' },
      (c) => [c.job.deletionThreshold, c.job.deletionThresholdPercent, c.target.rateLimitShare],
      [0, 100, 1],
    ],
    [
      'storage endpoints with an identity',
      {
        AzureWebJobsStorage__accountName: undefined,
        AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.chinacloudapi.cn/',
        AzureWebJobsStorage__tableServiceUri: 'https://a.table.core.chinacloudapi.cn',
        AzureWebJobsStorage__credential: 'managedIdentity',
        AzureWebJobsStorage__clientId: minimal.ENTRA_TENANT_ID,
      },
      (c) => c.storage,
      {
        kind: 'identity',
        queueServiceUri: 'https://a.queue.core.chinacloudapi.cn',
        tableServiceUri: 'https://a.table.core.chinacloudapi.cn',
        clientId: minimal.ENTRA_TENANT_ID,
      },
    ],
  ])('%s', (_name, extra, read, expected) => {
    expect(read(configOf(extra))).toEqual(expected);
  });

  test('both Zendesk credentials: OAuth wins, with a warning', () => {
    const loaded = load({ ZENDESK_ADMIN_EMAIL: 'a@acme.com', ZENDESK_API_TOKEN: 'tok' });
    expect(loaded.ok && loaded.config.target.auth.kind).toBe('oauth');
    expect(warned(loaded)).toEqual(['ZENDESK_API_TOKEN']);
  });

  test('API token alone works and warns of its end', () => {
    const loaded = load({ ...noOauth, ZENDESK_ADMIN_EMAIL: 'a@acme.com', ZENDESK_API_TOKEN: 'tok' });
    expect(loaded.ok && loaded.config.target.auth).toMatchObject({ kind: 'apiToken', email: 'a@acme.com' });
    expect(loaded.warnings[0]?.problem).toContain('30 April 2027');
  });

  test('mail without a sender is a warning and no mail', () => {
    const loaded = load({ NOTIFICATION_EMAIL: 'a@b.de' });
    expect(warned(loaded)).toEqual(['NOTIFICATION_EMAIL']);
    expect(loaded.ok && loaded.config.notification.email).toBeUndefined();
  });

  test('a storage key in Azure is a warning; Azurite is none', () => {
    const key = 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=eA==;EndpointSuffix=core.windows.net';
    expect(warned(load({ AzureWebJobsStorage: key }))).toEqual(['AzureWebJobsStorage']);
    expect(warned(load({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }))).toEqual([]);
    const azurite = 'AccountName=a;AccountKey=eA==;QueueEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:2/a;';
    expect(warned(load({ AzureWebJobsStorage: azurite }))).toEqual([]);
  });
});

const noOauth: Env = { ZENDESK_OAUTH_CLIENT_ID: undefined, ZENDESK_OAUTH_CLIENT_SECRET: undefined };
const noStorage: Env = { AzureWebJobsStorage__accountName: undefined };

describe('config › refused', () => {
  test.each<[string, Env, string[]]>([
    ['foreign Graph host', { GRAPH_BASE_URL: 'https://graph.microsoft.com.evil.example/v1.0' }, ['GRAPH_BASE_URL']],
    ['Graph over http', { GRAPH_BASE_URL: 'http://graph.microsoft.com/v1.0' }, ['GRAPH_BASE_URL']],
    ['Graph with a port', { GRAPH_BASE_URL: 'https://graph.microsoft.com:8443/v1.0' }, ['GRAPH_BASE_URL']],
    ['Graph beta', { GRAPH_BASE_URL: 'https://graph.microsoft.com/beta' }, ['GRAPH_BASE_URL']],
    ['loopback look-alike', { GRAPH_BASE_URL: 'http://127.0.0.1.evil.example/v1.0' }, ['GRAPH_BASE_URL']],
    ['user name in the address', { GRAPH_BASE_URL: 'https://graph.microsoft.com@evil.example/v1.0' }, ['GRAPH_BASE_URL']],
    ['static token for the real Graph', { GRAPH_ACCESS_TOKEN: 't' }, ['GRAPH_ACCESS_TOKEN']],
    ['foreign Zendesk host', { ZENDESK_BASE_URL: 'https://evil.example' }, ['ZENDESK_BASE_URL']],
    ['subdomain with a dot', { ZENDESK_SUBDOMAIN: 'acme.zendesk.com' }, ['ZENDESK_SUBDOMAIN']],
    ['subdomain with a slash', { ZENDESK_SUBDOMAIN: 'evil.example/x' }, ['ZENDESK_SUBDOMAIN']],
    ['subdomain with an end hyphen', { ZENDESK_SUBDOMAIN: 'acme-' }, ['ZENDESK_SUBDOMAIN']],
    ['OAuth without its secret', { ZENDESK_OAUTH_CLIENT_SECRET: undefined }, ['ZENDESK_OAUTH_CLIENT_SECRET']],
    ['OAuth without its id', { ZENDESK_OAUTH_CLIENT_ID: undefined }, ['ZENDESK_OAUTH_CLIENT_ID']],
    ['token without e-mail', { ...noOauth, ZENDESK_API_TOKEN: 't' }, ['ZENDESK_ADMIN_EMAIL']],
    ['e-mail without token', { ...noOauth, ZENDESK_ADMIN_EMAIL: 'a@b.de' }, ['ZENDESK_API_TOKEN']],
    ['webhook over http', { NOTIFICATION_WEBHOOK_URL: 'http://example.com/hook' }, ['NOTIFICATION_WEBHOOK_URL']],
    ['webhook that is no web address', { NOTIFICATION_WEBHOOK_URL: 'file:///etc/passwd' }, ['NOTIFICATION_WEBHOOK_URL']],
    ['drift schedule', { DRIFT_CHECK_SCHEDULE: 'weekly' }, ['DRIFT_CHECK_SCHEDULE']],
    ['drift repair', { DRIFT_REPAIR: 'Always' }, ['DRIFT_REPAIR']],
    ['report schedule', { ACCOUNTS_REPORT_SCHEDULE: 'Monthly' }, ['ACCOUNTS_REPORT_SCHEDULE']],
    ['seats below one', { AGENT_SEATS: '0' }, ['AGENT_SEATS']],
    ['negative seats', { AGENT_SEATS: '-5' }, ['AGENT_SEATS']],
    ['service accounts that are no people', { SERVICE_ACCOUNTS: 'shared mailbox' }, ['SERVICE_ACCOUNTS']],
    ['schedule', { CYCLE_SCHEDULE: '0 */20 * * *  * *' }, ['CYCLE_SCHEDULE']],
    ['GUID', { ENTRA_TENANT_ID: 'acme.onmicrosoft.com' }, ['ENTRA_TENANT_ID']],
    ['fraction', { DELETION_THRESHOLD: '1.5' }, ['DELETION_THRESHOLD']],
    ['negative', { LOG_RETENTION_DAYS: '-1' }, ['LOG_RETENTION_DAYS']],
    ['hexadecimal', { LOG_RETENTION_DAYS: '0x10' }, ['LOG_RETENTION_DAYS']],
    ['zero share', { ZENDESK_RATE_LIMIT_SHARE: '0' }, ['ZENDESK_RATE_LIMIT_SHARE']],
    ['share over one', { ZENDESK_RATE_LIMIT_SHARE: '1.1' }, ['ZENDESK_RATE_LIMIT_SHARE']],
    ['percent over a hundred', { DELETION_THRESHOLD_PERCENT: '101' }, ['DELETION_THRESHOLD_PERCENT']],
    ['protected user that is neither', { PROTECTED_USERS: 'boss' }, ['PROTECTED_USERS']],
    ['time scale against the real Zendesk', { LOCAL_TIME_SCALE: '60' }, ['LOCAL_TIME_SCALE']],
    [
      'queue endpoint alone',
      { ...noStorage, AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.windows.net' },
      ['AzureWebJobsStorage__tableServiceUri'],
    ],
    [
      'storage over http',
      { AzureWebJobsStorage__tableServiceUri: 'http://a.table.core.windows.net' },
      ['AzureWebJobsStorage__tableServiceUri'],
    ],
    ['tickets to nobody', { OFFBOARD_TICKETS: 'group:' }, ['OFFBOARD_TICKETS']],
    ['tickets to a word', { OFFBOARD_TICKETS: 'Tier 2' }, ['OFFBOARD_TICKETS']],
    ['tickets to what is not an address', { OFFBOARD_TICKETS: 'user:ann' }, ['OFFBOARD_TICKETS']],
    ['a negative number of days', { OFFBOARD_DELETE_AFTER_DAYS: '-3' }, ['OFFBOARD_DELETE_AFTER_DAYS']],
    ['no day at all', { OFFBOARD_DELETE_AFTER_DAYS: '0' }, ['OFFBOARD_DELETE_AFTER_DAYS']],
    ['erasure without deletion', { OFFBOARD_ERASE_AFTER_DAYS: '30' }, ['OFFBOARD_ERASE_AFTER_DAYS']],
    [
      'erasure before deletion, and more that is wrong',
      { OFFBOARD_DELETE_AFTER_DAYS: '31', OFFBOARD_ERASE_AFTER_DAYS: '30', OFFBOARD_TICKETS: 'x', PROVISIONING_STATUS: 'yes' },
      ['PROVISIONING_STATUS', 'OFFBOARD_TICKETS', 'OFFBOARD_ERASE_AFTER_DAYS'],
    ],
    ['two at once', { PROVISIONING_STATUS: 'yes', GROUP_MEMBERSHIP: 'All' }, ['PROVISIONING_STATUS', 'GROUP_MEMBERSHIP']],
  ])('%s', (_name, extra, expected) => {
    expect(blamed(load(extra))).toEqual(expected);
  });
});

describe('config › leaving', () => {
  const job = (extra: Env) => {
    const loaded = load(extra);
    if (!loaded.ok) throw new Error(loaded.error.message);
    return { ...loaded.config.job, warned: loaded.warnings.map(({ setting }) => setting) };
  };

  test.each([
    ['', { kind: 'leave' }],
    ['leave', { kind: 'leave' }],
    ['UNASSIGN', { kind: 'unassign' }],
    ['Group: Tier 2, EMEA ', { kind: 'group', name: 'Tier 2, EMEA' }],
    ['user:Ann@Example.com', { kind: 'user', email: 'ann@example.com' }],
  ])('tickets to «%s»', (text, expected) => {
    expect(job({ OFFBOARD_TICKETS: text }).offboardTickets).toEqual(expected);
  });

  test('erasure on the day of the deletion, or later', () => {
    const days = (erase: string) =>
      job({ OFFBOARD_DELETE_AFTER_DAYS: '30', OFFBOARD_ERASE_AFTER_DAYS: erase }).offboardEraseAfterDays;
    expect([days('30'), days('3650')]).toEqual([30, 3650]);
    expect(job({}).offboardDeleteAfterDays).toBeUndefined();
  });

  test('what has no effect while accounts are left alone is warned of', () => {
    const all = { OFFBOARD_TICKETS: 'Unassign', OFFBOARD_DELETE_AFTER_DAYS: '30' };
    expect(job(all).warned).toEqual([]);
    expect(job({ ...all, DEPROVISION_USERS: 'Nothing' }).warned).toEqual(['OFFBOARD_TICKETS', 'OFFBOARD_DELETE_AFTER_DAYS']);
  });
});

describe('config › names', () => {
  test.each([
    ['ZENDESK_SUBDOMIAN', 'ZENDESK_SUBDOMAIN'],
    ['zendesk_subdomain', 'ZENDESK_SUBDOMAIN'],
    ['SENDESK_SUBDOMAIN', 'ZENDESK_SUBDOMAIN'],
    ['LOG_RETENTION_DAY', 'LOG_RETENTION_DAYS'],
    ['AzureWebJobsStorage_accountName', 'AzureWebJobsStorage__accountName'],
  ])('%s gets the hint %s', (name, meant) => {
    expect(load({ [name]: 'x' }).warnings).toEqual([
      { setting: name, problem: expect.stringContaining(`did you mean ${meant}?`) },
    ]);
  });

  test.each(['AZURE_TENANT_ID', 'PATH', 'HOME', 'APPSETTING_ZENDESK_SUBDOMAIN', 'WEBSITE_SITE_NAME', 'LOGNAME'])(
    '%s is left alone',
    (name) => {
      expect(load({ [name]: 'x' }).warnings).toEqual([]);
    },
  );
});

describe('config › pasted text', () => {
  const token = { ...noOauth, ZENDESK_ADMIN_EMAIL: 'a@acme.com' };
  const apiToken = { kind: 'apiToken', email: 'a@acme.com' };

  test.each<[string, Env]>([
    ['the name with /token', { ...token, ZENDESK_ADMIN_EMAIL: 'a@acme.com/token', ZENDESK_API_TOKEN: 'abc' }],
    ['name, /token and token as the secret', { ...token, ZENDESK_API_TOKEN: 'A@acme.com/token:abc' }],
    ['the same without a name beside it', { ...noOauth, ZENDESK_API_TOKEN: 'a@acme.com/token:abc' }],
    ['quotation marks and a line break', { ...token, ZENDESK_API_TOKEN: ' "abc"\r\n' }],
    ['typographic quotation marks', { ...token, ZENDESK_API_TOKEN: '“abc”' }],
    ['invisible characters', { ...token, ZENDESK_API_TOKEN: '\ufeffabc\u200b\u00a0' }],
  ])('%s › taken as meant', (_name, extra) => {
    const { auth } = configOf(extra).target;
    expect(auth).toMatchObject(apiToken);
    expect(auth.kind === 'apiToken' && auth.token.reveal()).toBe('abc');
  });

  test('a Bearer before the token of a simulator › dropped', () => {
    const { source } = configOf({ GRAPH_BASE_URL: 'http://127.0.0.1:1/v1.0', GRAPH_ACCESS_TOKEN: 'Bearer t' });
    expect(source.accessToken?.reveal()).toBe('t');
  });

  test('quotation marks around a schedule › the timer and the configuration agree', () => {
    const env = { CYCLE_SCHEDULE: '"0 0 * * * *"' };
    expect(configOf(env).job.schedule).toBe('0 0 * * * *');
    expect(timerSchedule(env, 'CYCLE_SCHEDULE')).toBe('0 0 * * * *');
    expect(timerSchedule({ CYCLE_SCHEDULE: 'hourly' }, 'CYCLE_SCHEDULE')).toBe('0 */20 * * * *');
  });

  test.each<[string, Env, string, RegExp]>([
    ['Bearer as an API token', { ...token, ZENDESK_API_TOKEN: 'Bearer tok-1' }, 'ZENDESK_API_TOKEN', /Authorization header/],
    ['Basic as an API token', { ...token, ZENDESK_API_TOKEN: 'Basic dG9rLTE=' }, 'ZENDESK_API_TOKEN', /Authorization header/],
    ['another name', { ...token, ZENDESK_API_TOKEN: 'b@acme.com/token:tok-1' }, 'ZENDESK_API_TOKEN', /another e-mail address/],
    ['a name and a password', { ...token, ZENDESK_API_TOKEN: 'a@acme.com:tok-1' }, 'ZENDESK_API_TOKEN', /alone/],
    ['a token in two lines', { ...token, ZENDESK_API_TOKEN: 'tok-\n1' }, 'ZENDESK_API_TOKEN', /line break/],
    ['a masked token', { ...token, ZENDESK_API_TOKEN: '••••••' }, 'ZENDESK_API_TOKEN', /not ASCII/],
    [
      'the token as a name',
      { ...noOauth, ZENDESK_ADMIN_EMAIL: 'a@acme.com/token:tok-1', ZENDESK_API_TOKEN: 't' },
      'ZENDESK_ADMIN_EMAIL',
      /e-mail/,
    ],
    ['Bearer as the OAuth secret', { ZENDESK_OAUTH_CLIENT_SECRET: 'Bearer tok-1' }, 'ZENDESK_OAUTH_CLIENT_SECRET', /alone/],
    [
      'an API token as the OAuth secret',
      { ZENDESK_OAUTH_CLIENT_SECRET: 'a@acme.com/token:tok-1' },
      'ZENDESK_OAUTH_CLIENT_SECRET',
      /ZENDESK_API_TOKEN/,
    ],
    ['a space in the OAuth secret', { ZENDESK_OAUTH_CLIENT_SECRET: 'tok- 1' }, 'ZENDESK_OAUTH_CLIENT_SECRET', /space/],
  ])('%s › refused by name, with the reason and without the value', (_name, extra, key, reason) => {
    const loaded = load(extra);
    expect(loaded.ok ? [] : loaded.error.issues).toEqual([{ setting: key, problem: expect.stringMatching(reason) }]);
    expect(JSON.stringify(loaded)).not.toContain('tok-');
  });
});

describe('config › secrets', () => {
  test('no print of the config or of an error shows one', () => {
    const secrets = {
      GRAPH_ACCESS_TOKEN: 'tok-graph',
      ZENDESK_API_TOKEN: 'tok-zd',
      NOTIFICATION_WEBHOOK_URL: 'ftp://tok-hook',
      AzureWebJobsStorage: 'AccountKey=tok-key',
    };
    for (const loaded of [load({ AzureWebJobsStorage: 'AccountKey=tok-key' }), load(secrets)]) {
      const printed = `${JSON.stringify(loaded)}${inspect(loaded, { depth: 9, showHidden: true })}${loaded.ok ? '' : loaded.error.message}`;
      expect(printed).not.toMatch(/tok-|s3cr3t/);
      expect(printed).toContain('[redacted]');
    }
    expect(`${new Secret('x')}`).toBe('[redacted]');
    expect(new Secret('x').reveal()).toBe('x');
  });
});

describe('config › NCRONTAB', () => {
  test.each(['0 */20 * * * *', '*/5 * * * *', '0 30 9 * JAN,Feb Mon-Fri', '0 0 0-12/3 1,15 * *', '59 59 23 31 december 6'])(
    '%s is valid',
    (text) => {
      expect(ncrontabProblem(text)).toBeUndefined();
    },
  );

  test.each([
    '',
    '* * * *',
    '60 * * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '0 0 5-3 * * *',
    '0 */0 * * * *',
    '0 *-3 * * * *',
    '0 0 0 * * someday',
    '00:20:00',
  ])('%s is not', (text) => {
    expect(ncrontabProblem(text)).toEqual(expect.any(String));
  });
});

describe('config › declarations', () => {
  test('every setting has one whole sentence, and every number a unit', () => {
    for (const key of SETTING_KEYS) {
      const { sentence, default: value, unit } = settingOf(key);
      expect([key, sentence]).toEqual([key, expect.stringMatching(/^[A-Z`].*[^\s.]\.$/)]);
      if (/^[\d.]+$/.test(value ?? '')) expect([key, unit]).toEqual([key, expect.any(String)]);
    }
  });

  test('no two settings land in the same place', () => {
    const places = SETTING_KEYS.map((key) => settingOf(key).at);
    expect(new Set(places).size).toBe(places.length);
  });

  test('every setting whose value never prints is marked as a secret, and only those', () => {
    const given = 'https://a.example/x';
    const hidden = SETTING_KEYS.filter((key) => {
      const read = settingOf(key).parse.safeParse(given);
      return read.success && JSON.stringify(read.data).includes('[redacted]');
    });
    const marked = SETTING_KEYS.filter((key) => settingOf(key).secret);
    expect([...hidden, 'ZENDESK_API_TOKEN'].sort()).toEqual([...marked].sort());
  });
});
