import type { z } from 'zod';
import * as parse from './parsers';

/** One setting: declared here once, and nowhere else. */
export interface Setting<T> {
  /** One sentence: what it means. */
  readonly sentence: string;
  /** Text taken when the setting is absent or empty. */
  readonly default?: string;
  /** True when the app cannot do without it; the rules across keys in `load.ts` may ask for more. */
  readonly required?: true;
  /** Unit of a number. */
  readonly unit?: string;
  /** True when its value must never be printed. */
  readonly secret?: true;
  /** True when it serves the local demo only and is no part of the documented settings. */
  readonly local?: true;
  /** True when the platform sets it and no person does; no part of the documented settings either. */
  readonly platform?: true;
  readonly parse: parse.Parser<T>;
}

const setting = <T>(declared: Setting<T>): Setting<T> => declared;

/** Every setting of the app by its name in the environment. */
export const SETTINGS = {
  AzureWebJobsStorage: setting({
    sentence:
      'Connection string of the queue and table storage, for local use only; in Azure the identity settings below replace it.',
    secret: true,
    parse: parse.secret,
  }),
  AzureWebJobsStorage__accountName: setting({
    sentence: 'Name of the storage account, reached with the identity of the app.',
    parse: parse.storageAccountName,
  }),
  AzureWebJobsStorage__blobServiceUri: setting({
    sentence: 'Blob endpoint of the storage account, where the account name alone does not give it; used by the Functions host.',
    parse: parse.baseUrl,
  }),
  AzureWebJobsStorage__queueServiceUri: setting({
    sentence: 'Queue endpoint of the storage account, where the account name alone does not give it.',
    parse: parse.baseUrl,
  }),
  AzureWebJobsStorage__tableServiceUri: setting({
    sentence: 'Table endpoint of the storage account, where the account name alone does not give it.',
    parse: parse.baseUrl,
  }),
  AzureWebJobsStorage__credential: setting({
    sentence: 'Kind of credential for the storage account.',
    parse: parse.oneOf('managedidentity'),
  }),
  AzureWebJobsStorage__clientId: setting({
    sentence: 'Client id of the user-assigned identity that reaches the storage account; absent means the system-assigned one.',
    parse: parse.guid,
  }),
  AZURE_CLIENT_ID: setting({
    sentence: 'Client id of the user-assigned identity that reads Microsoft Graph; absent means the system-assigned one.',
    parse: parse.guid,
  }),
  ENTRA_TENANT_ID: setting({ sentence: 'Tenant id of the directory.', required: true, parse: parse.guid }),
  ENTRA_SERVICE_PRINCIPAL_ID: setting({
    sentence: 'Object id of the Zendesk enterprise application whose assignments count.',
    required: true,
    parse: parse.guid,
  }),
  GRAPH_BASE_URL: setting({
    sentence: 'Address of Microsoft Graph, for national clouds; any other host only on loopback.',
    default: 'https://graph.microsoft.com/v1.0',
    parse: parse.baseUrl,
  }),
  GRAPH_ACCESS_TOKEN: setting({
    sentence: 'Static token, accepted only with a loopback GRAPH_BASE_URL; otherwise the identity of the app is used.',
    secret: true,
    parse: parse.secret,
  }),
  ZENDESK_SUBDOMAIN: setting({ sentence: '`acme` of `acme.zendesk.com`.', required: true, parse: parse.dnsLabel }),
  ZENDESK_BASE_URL: setting({
    sentence: 'Address of Zendesk; derived from the subdomain, another one only on loopback.',
    parse: parse.baseUrl,
  }),
  ZENDESK_OAUTH_CLIENT_ID: setting({ sentence: 'OAuth client (client credentials): the recommended way.', parse: parse.text }),
  ZENDESK_OAUTH_CLIENT_SECRET: setting({ sentence: 'Secret of the OAuth client.', secret: true, parse: parse.secret }),
  ZENDESK_ADMIN_EMAIL: setting({ sentence: 'E-mail of the Zendesk admin whom the API token belongs to.', parse: parse.email }),
  ZENDESK_API_TOKEN: setting({
    sentence: 'API token (the Secret Token of the tutorial); works until Zendesk stops API tokens on 30 April 2027.',
    secret: true,
    parse: parse.secret,
  }),
  PROVISIONING_STATUS: setting({ sentence: '`On` or `Off`, as in the portal.', default: 'Off', parse: parse.oneOf('On', 'Off') }),
  PROVISIONING_SCOPE: setting({
    sentence: '`AssignedOnly`: assigned users and groups; `All`: every user of the tenant that passes the filters.',
    default: 'AssignedOnly',
    parse: parse.oneOf('AssignedOnly', 'All'),
  }),
  PROVISIONING_SCHEMA: setting({
    sentence: 'Path of the mapping file.',
    default: 'provisioning-schema.json',
    parse: parse.text,
  }),
  CYCLE_SCHEDULE: setting({
    sentence: 'When cycles start.',
    default: '0 */20 * * * *',
    unit: 'NCRONTAB, UTC',
    parse: parse.schedule,
  }),
  GROUP_MEMBERSHIP: setting({
    sentence: '`Direct` members of assigned groups, or `Transitive`: nested groups too.',
    default: 'Direct',
    parse: parse.oneOf('Direct', 'Transitive'),
  }),
  DEFAULT_ACCESS: setting({
    sentence: 'What being assigned by Default Access only means: `Skip`, or `EndUser`.',
    default: 'Skip',
    parse: parse.oneOf('Skip', 'EndUser'),
  }),
  DEPROVISION_USERS: setting({
    sentence: 'What losing access means: `Suspend`, `DowngradeAndSuspend` (an agent gives the paid seat back), `Nothing`.',
    default: 'Suspend',
    parse: parse.oneOf('Suspend', 'DowngradeAndSuspend', 'Nothing'),
  }),
  HARD_DELETED_USERS: setting({
    sentence: 'What a hard delete in Entra does: `Suspend`, `Delete`, `Nothing`.',
    default: 'Suspend',
    parse: parse.oneOf('Suspend', 'Delete', 'Nothing'),
  }),
  DELETION_THRESHOLD: setting({
    sentence: 'Brake: more removals than this in one cycle wait for an operator.',
    default: '500',
    unit: 'objects',
    parse: parse.integer(0, 10_000_000),
  }),
  DELETION_THRESHOLD_PERCENT: setting({
    sentence: 'Brake: more than this share of the linked objects waits for an operator (counts from 10 removals up).',
    default: '10',
    unit: 'percent',
    parse: parse.integer(0, 100),
  }),
  PROTECTED_USERS: setting({
    sentence: 'E-mails or Zendesk ids never touched, besides those protected in code; separated by commas.',
    parse: parse.people,
  }),
  NOTIFICATION_EMAIL: setting({ sentence: 'Who hears of failures; several addresses separated by commas.', parse: parse.emails }),
  NOTIFICATION_SENDER: setting({ sentence: 'Mailbox that Graph `sendMail` sends from.', parse: parse.email }),
  NOTIFICATION_WEBHOOK_URL: setting({
    sentence: 'Gets the same notice as JSON; https, http only on loopback.',
    secret: true,
    parse: parse.secretUrl,
  }),
  ZENDESK_RATE_LIMIT_SHARE: setting({
    sentence: "Share of the account's API quota that this app may use.",
    default: '0.7',
    unit: 'share, above 0 to 1',
    parse: parse.positive(1),
  }),
  LOG_RETENTION_DAYS: setting({
    sentence: 'Provisioning log entries older than this are purged.',
    default: '90',
    unit: 'days',
    parse: parse.integer(1, 3650),
  }),
  APPLICATIONINSIGHTS_CONNECTION_STRING: setting({
    sentence: 'Where telemetry goes; absent means only the log of the Functions host.',
    secret: true,
    parse: parse.secret,
  }),
  WEBSITE_HOSTNAME: setting({
    sentence: 'Host name of this app, set by Azure; links in notices begin with it.',
    platform: true,
    parse: parse.text,
  }),
  WEBSITE_AUTH_ENABLED: setting({
    sentence: 'Set by Azure while App Service authentication is on: only then do its headers tell who asks.',
    platform: true,
    parse: parse.text,
  }),
  LOCAL_TIME_SCALE: setting({
    sentence: 'Demo only: how many times faster waits pass; accepted only with a loopback ZENDESK_BASE_URL.',
    default: '1',
    unit: 'factor',
    local: true,
    parse: parse.positive(100_000),
  }),
};

/** Name of a setting. */
export type SettingKey = keyof typeof SETTINGS;

/** The names of all settings, in the order in which they are documented. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** The value of each setting that is given (or has a default) and parses; others are absent. */
export type Parsed = { readonly [Key in SettingKey]?: z.output<(typeof SETTINGS)[Key]['parse']> };

/** One row of the settings table, for documents and for the test that holds them against this schema. */
export interface SettingRow {
  readonly key: SettingKey;
  readonly sentence: string;
  /** `required`, the default's text, or undefined for an optional setting without one. */
  readonly default: string | undefined;
  readonly unit: string | undefined;
  readonly secret: boolean;
  /** True for what no customer sets (the local demo's settings, the platform's own), which the documents leave out. */
  readonly local: boolean;
}

/** Every setting as a row, in the documented order. */
export function describeSettings(): readonly SettingRow[] {
  return SETTING_KEYS.map((key) => {
    const declared: Setting<unknown> = SETTINGS[key];
    return {
      key,
      sentence: declared.sentence,
      default: declared.required ? 'required' : declared.default,
      unit: declared.unit,
      secret: declared.secret ?? false,
      local: declared.local ?? declared.platform ?? false,
    };
  });
}
