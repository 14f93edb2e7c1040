import type { z } from 'zod';
import * as parse from './parsers';
import { TIMER_SCHEDULES } from './schedule';

/** The parts of the configuration, with the titles that they have in docs/settings.md; undefined for what no customer sets. */
export const SLICES = {
  storage: 'Storage',
  source: 'Microsoft Entra ID',
  target: 'Zendesk',
  credential: 'Signing in to Zendesk',
  job: 'What the job does',
  notification: 'Notices',
  console: 'The console',
  telemetry: 'Telemetry',
  platform: undefined,
  local: undefined,
} as const;

/** Name of a part of the configuration. */
export type SliceName = keyof typeof SLICES;

/** One setting: declared in {@link SETTINGS}, and nowhere else. Types, documents, sample and template follow from it. */
export type Setting = Declaration & Place;

/**
 * Where a value lands: `job.scope` is the property `scope` of the slice `job`. What the job does has to say of each setting whether it
 * decides who has which access, so that the mark cannot be forgotten: a change of one that does makes the next cycle an initial one.
 */
type Place =
  | { readonly at: `job.${string}`; readonly decidesAccess: boolean }
  | { readonly at: `${Exclude<SliceName, 'job'>}.${string}`; readonly decidesAccess?: true };

interface Declaration {
  /** What it means, for the person who sets it: one whole sentence, used word for word in the documents and the template. */
  readonly sentence: string;
  /** From its text to its value. */
  readonly parse: parse.Parser<unknown>;
  /** Text taken when the setting is absent or empty. */
  readonly default?: string;
  /** True when the app cannot do without it; the rules across settings (`rules.ts`) may ask for more. */
  readonly required?: true;
  /** Unit of a number. */
  readonly unit?: string;
  /** True when its value must never be printed. */
  readonly secret?: true;
  /** What the sample shows where there is no default. */
  readonly example?: string;
}

/** Every setting of the app by its name in the environment, slice by slice, in the order in which they are documented. */
export const SETTINGS = {
  AzureWebJobsStorage: {
    at: 'storage.connectionString',
    sentence: 'Connection string of the storage account, for local use only; in Azure, the identity settings below replace it.',
    parse: parse.secret,
    secret: true,
    example: 'UseDevelopmentStorage=true',
  },
  AzureWebJobsStorage__accountName: {
    at: 'storage.accountName',
    sentence: 'Name of the storage account, which the app reaches with its managed identity.',
    parse: parse.storageAccountName,
  },
  AzureWebJobsStorage__blobServiceUri: {
    at: 'storage.blobServiceUri',
    sentence:
      'Blob endpoint of the storage account, for the Functions host; needed where the account name alone does not give it.',
    parse: parse.baseUrl,
  },
  AzureWebJobsStorage__queueServiceUri: {
    at: 'storage.queueServiceUri',
    sentence: 'Queue endpoint of the storage account; needed where the account name alone does not give it.',
    parse: parse.baseUrl,
  },
  AzureWebJobsStorage__tableServiceUri: {
    at: 'storage.tableServiceUri',
    sentence: 'Table endpoint of the storage account; needed where the account name alone does not give it.',
    parse: parse.baseUrl,
  },
  AzureWebJobsStorage__credential: {
    at: 'storage.credential',
    sentence: 'Kind of credential for the storage account: `managedidentity`.',
    parse: parse.oneOf('managedidentity'),
  },
  AzureWebJobsStorage__clientId: {
    at: 'storage.clientId',
    sentence:
      'Client id of the user-assigned identity that reaches the storage account; without it, the system-assigned identity is used.',
    parse: parse.guid,
  },
  AZURE_CLIENT_ID: {
    at: 'source.identityClientId',
    sentence:
      'Client id of the user-assigned identity that reads Microsoft Graph; without it, the system-assigned identity is used.',
    parse: parse.guid,
  },
  ENTRA_TENANT_ID: {
    at: 'source.tenantId',
    sentence: 'Tenant id of the directory whose users are provisioned.',
    parse: parse.guid,
    required: true,
    example: '11111111-1111-1111-1111-111111111111',
  },
  ENTRA_SERVICE_PRINCIPAL_ID: {
    at: 'source.servicePrincipalId',
    sentence: 'Object id (not application id) of the Zendesk enterprise application whose assignments count.',
    parse: parse.guid,
    required: true,
    decidesAccess: true,
    example: '22222222-2222-2222-2222-222222222222',
  },
  GRAPH_BASE_URL: {
    at: 'source.baseUrl',
    sentence: 'Address of Microsoft Graph; change it in national clouds only.',
    parse: parse.baseUrl,
    default: 'https://graph.microsoft.com/v1.0',
  },
  GRAPH_ACCESS_TOKEN: {
    at: 'source.accessToken',
    sentence: 'Access token for a simulator of Microsoft Graph; accepted only with a `GRAPH_BASE_URL` on loopback.',
    parse: parse.bearerToken,
    secret: true,
  },
  CHANGE_NOTIFICATIONS: {
    at: 'source.changeNotifications',
    sentence:
      '`On` has Microsoft Graph notify the app of changes, so that a cycle runs within seconds; this needs one more permission, and an address that Graph can reach.',
    parse: parse.oneOf('Off', 'On'),
    default: 'Off',
  },
  ZENDESK_SUBDOMAIN: {
    at: 'target.subdomain',
    sentence: 'Subdomain of the Zendesk account: `acme` of `acme.zendesk.com`.',
    parse: parse.dnsLabel,
    required: true,
    example: 'your-subdomain',
  },
  ZENDESK_BASE_URL: {
    at: 'target.baseUrl',
    sentence: 'Address of a Zendesk simulator on loopback; otherwise the address follows from the subdomain.',
    parse: parse.baseUrl,
  },
  ZENDESK_RATE_LIMIT_SHARE: {
    at: 'target.rateLimitShare',
    sentence: 'Share of the Zendesk rate limit that this app may use, above 0 and at most 1.',
    parse: parse.positive(1),
    default: '0.7',
    unit: 'of 1',
  },
  ZENDESK_OAUTH_CLIENT_ID: {
    at: 'credential.clientId',
    sentence: 'Unique identifier (not the number) of the Zendesk OAuth client, the recommended way to sign in.',
    parse: parse.text,
    example: 'your-oauth-client',
  },
  ZENDESK_OAUTH_CLIENT_SECRET: {
    at: 'credential.clientSecret',
    sentence: 'Secret of the OAuth client.',
    parse: parse.clientSecret,
    secret: true,
    example: 'put-the-secret-here',
  },
  ZENDESK_ADMIN_EMAIL: {
    at: 'credential.email',
    sentence: 'E-mail address of the Zendesk admin to whom the API token belongs.',
    parse: parse.adminEmail,
  },
  ZENDESK_API_TOKEN: {
    at: 'credential.apiToken',
    sentence: 'API token, the Secret Token of the gallery app; it works until Zendesk ends API tokens on 30 April 2027.',
    parse: parse.apiToken,
    secret: true,
  },
  ZENDESK_SECRET_EXPIRES_AT: {
    at: 'credential.endsOn',
    sentence:
      'Day on which that secret ends, such as 2027-06-30, so that notices start 30 days before; empty if it never expires.',
    parse: parse.day,
  },
  PROVISIONING_STATUS: {
    at: 'job.status',
    sentence: '`Off` until you have read a plan; then `On`.',
    parse: parse.oneOf('Off', 'On'),
    default: 'Off',
    decidesAccess: false,
  },
  PROVISIONING_SCOPE: {
    at: 'job.scope',
    sentence:
      'Who is provisioned: `AssignedOnly`, the users and groups assigned to the enterprise application, or `All`, every user of the tenant who passes the scoping filters.',
    parse: parse.oneOf('AssignedOnly', 'All'),
    default: 'AssignedOnly',
    decidesAccess: true,
  },
  PROVISIONING_SCHEMA: {
    at: 'job.schemaPath',
    sentence: 'Path of the mapping file inside the package.',
    parse: parse.text,
    default: 'provisioning-schema.json',
    decidesAccess: false,
  },
  CYCLE_SCHEDULE: {
    at: 'job.schedule',
    sentence: 'When cycles start: an NCRONTAB schedule with six fields, in UTC.',
    parse: parse.schedule,
    default: TIMER_SCHEDULES.CYCLE_SCHEDULE,
    decidesAccess: false,
  },
  GROUP_MEMBERSHIP: {
    at: 'job.groupMembership',
    sentence: 'Who belongs to an assigned group: its `Direct` members only, or `Transitive`, the members of nested groups too.',
    parse: parse.oneOf('Direct', 'Transitive'),
    default: 'Direct',
    decidesAccess: true,
  },
  DEFAULT_ACCESS: {
    at: 'job.defaultAccess',
    sentence: 'What happens to users who are assigned with Default Access only: `Skip` them, or provision each as an `EndUser`.',
    parse: parse.oneOf('Skip', 'EndUser'),
    default: 'Skip',
    decidesAccess: true,
  },
  DEPROVISION_USERS: {
    at: 'job.deprovisionUsers',
    sentence:
      'What happens to the account of a user who loses access: `Suspend`, `DowngradeAndSuspend` (which also frees the paid seat of an agent) or `Nothing`.',
    parse: parse.oneOf('Suspend', 'DowngradeAndSuspend', 'Nothing'),
    default: 'Suspend',
    decidesAccess: true,
  },
  HARD_DELETED_USERS: {
    at: 'job.hardDeletedUsers',
    sentence:
      'What happens to the account of a user who is permanently deleted in Entra ID: `Suspend`, `Delete` (suspended instead while Zendesk refuses it because of open tickets) or `Nothing`.',
    parse: parse.oneOf('Suspend', 'Delete', 'Nothing'),
    default: 'Suspend',
    decidesAccess: true,
  },
  OFFBOARD_TICKETS: {
    at: 'job.offboardTickets',
    sentence:
      'What happens to the open tickets of an agent who loses access, before the seat is given back: `Leave` them, `Unassign` them, or give them to `group:<name>` or `user:<e-mail>`.',
    parse: parse.ticketReceiver,
    default: 'Leave',
    decidesAccess: true,
  },
  OFFBOARD_DELETE_AFTER_DAYS: {
    at: 'job.offboardDeleteAfterDays',
    sentence:
      'Deletes the account of a user so many days after access was taken away, unless the user has returned; only accounts that this app created, and never where it is not set.',
    parse: parse.integer(1, 3650),
    unit: 'days',
    decidesAccess: true,
  },
  OFFBOARD_ERASE_AFTER_DAYS: {
    at: 'job.offboardEraseAfterDays',
    sentence:
      'Erases the deleted account of a user permanently so many days after access was taken away; counted from the same day as `OFFBOARD_DELETE_AFTER_DAYS`, which must be set and not be greater.',
    parse: parse.integer(1, 3650),
    unit: 'days',
    decidesAccess: false,
  },
  DELETION_THRESHOLD: {
    at: 'job.deletionThreshold',
    sentence: 'Brake: if one cycle would remove more than this many objects, the removals wait for your approval.',
    parse: parse.integer(0, 10_000_000),
    default: '500',
    unit: 'objects',
    decidesAccess: false,
  },
  DELETION_THRESHOLD_PERCENT: {
    at: 'job.deletionThresholdPercent',
    sentence:
      'Brake: if one cycle would remove more than this share of the provisioned objects, the removals wait for your approval; it applies from 10 removals up.',
    parse: parse.integer(0, 100),
    default: '10',
    unit: 'percent',
    decidesAccess: false,
  },
  PROTECTED_USERS: {
    at: 'job.protectedUsers',
    sentence:
      'E-mail addresses or Zendesk user ids of accounts that are never changed, besides those that are always protected; separated by commas.',
    parse: parse.people,
    default: '',
    decidesAccess: true,
  },
  SERVICE_ACCOUNTS: {
    at: 'job.serviceAccounts',
    sentence:
      'E-mail addresses or Zendesk user ids of shared and service accounts, which nobody in Entra ID stands behind on purpose: the report of accounts marks them; separated by commas.',
    parse: parse.people,
    default: '',
    decidesAccess: false,
  },
  AGENT_SEATS: {
    at: 'job.agentSeats',
    sentence:
      'How many agent seats you have bought; nobody is made an agent or admin beyond them. Empty: only what Zendesk itself refuses counts.',
    parse: parse.integer(1, 1_000_000),
    unit: 'seats',
    decidesAccess: false,
  },
  ACCOUNTS_REPORT_SCHEDULE: {
    at: 'job.accountsReportSchedule',
    sentence:
      'When the report of accounts is made again and sent as a notice: an NCRONTAB schedule in UTC, such as `0 0 6 1 * *`, or `Off`.',
    parse: parse.scheduleOrOff,
    default: 'Off',
    decidesAccess: false,
  },
  DRIFT_CHECK_SCHEDULE: {
    at: 'job.driftCheckSchedule',
    sentence:
      'When every provisioned account and group is compared with what Entra ID says: an NCRONTAB schedule in UTC, or `Off`.',
    parse: parse.scheduleOrOff,
    default: '0 0 3 * * 0',
    decidesAccess: false,
  },
  DRIFT_REPAIR: {
    at: 'job.driftRepair',
    sentence:
      'What happens to what was changed in Zendesk: `Report` it, or `Repair` it, within the deletion threshold and without writing a role.',
    parse: parse.oneOf('Report', 'Repair'),
    default: 'Report',
    decidesAccess: false,
  },
  LOG_RETENTION_DAYS: {
    at: 'job.logRetentionDays',
    sentence: 'How long entries of the provisioning log are kept.',
    parse: parse.integer(1, 3650),
    default: '90',
    unit: 'days',
    decidesAccess: false,
  },
  NOTIFICATION_EMAIL: {
    at: 'notification.to',
    sentence: 'E-mail addresses that are notified of failures, separated by commas.',
    parse: parse.emails,
  },
  NOTIFICATION_SENDER: {
    at: 'notification.sender',
    sentence: 'Mailbox from which Microsoft Graph sends these mails; without it, none are sent.',
    parse: parse.email,
  },
  NOTIFICATION_WEBHOOK_URL: {
    at: 'notification.webhookUrl',
    sentence: 'Address (https) that receives the same notices as JSON.',
    parse: parse.secretUrl,
    secret: true,
  },
  APPLICATIONINSIGHTS_CONNECTION_STRING: {
    at: 'telemetry.connectionString',
    sentence: 'Where telemetry is sent; without it, the Functions host alone keeps a log.',
    parse: parse.secret,
    secret: true,
  },
  CONSOLE_CLIENT_ID: {
    at: 'console.clientId',
    sentence:
      'Client id of the app registration with which people sign in to the console: only its tokens are accepted. Without it the console stays closed.',
    parse: parse.guid,
  },
  TWO_PERSON_APPROVAL: {
    at: 'console.twoPersonApproval',
    sentence:
      '`On`: whatever removes access on the word of a person needs two people, one who asks for it in the console and another who approves it there; a function key cannot do it any more.',
    parse: parse.oneOf('Off', 'On'),
    default: 'Off',
  },
  WEBSITE_HOSTNAME: {
    at: 'platform.hostname',
    sentence: 'Host name of this app, set by Azure; links in notices start with it.',
    parse: parse.text,
  },
  WEBSITE_AUTH_ENABLED: {
    at: 'platform.hasSignIn',
    sentence: 'Set by Azure while App Service authentication is on; only then are its headers trusted.',
    parse: parse.isTrue,
    default: 'False',
  },
  LOCAL_TIME_SCALE: {
    at: 'local.timeScale',
    sentence: 'How many times faster waits pass in the local demo; accepted only with a `ZENDESK_BASE_URL` on loopback.',
    parse: parse.positive(100_000),
    default: '1',
    unit: 'times',
  },
} as const satisfies Record<string, Setting>;

type Settings = typeof SETTINGS;

/** Name of a setting. */
export type SettingKey = keyof Settings;

/** The names of all settings, in the order in which they are documented. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** A setting without the literal types of its declaration. */
export const settingOf = (key: SettingKey): Setting => SETTINGS[key];

/** The two halves of `job.scope`: the slice and the property. */
export function placeOf(key: SettingKey): readonly [SliceName, string] {
  const [slice, name] = SETTINGS[key].at.split('.');
  return [slice as SliceName, name ?? ''];
}

type Value<Key extends SettingKey> = z.output<Settings[Key]['parse']>;
type NameOf<Key extends SettingKey> = Settings[Key]['at'] extends `${string}.${infer Name}` ? Name : never;
type KeysAt<Slice extends SliceName> = {
  [Key in SettingKey]: Settings[Key]['at'] extends `${Slice}.${string}` ? Key : never;
}[SettingKey];
type Certain<Key extends SettingKey> = Settings[Key] extends { readonly required: true } | { readonly default: string }
  ? Key
  : never;

/** The values of settings by the names that they have in their slices: optional where there is neither a default nor `required`. */
type Values<Keys extends SettingKey> = {
  readonly [Key in Keys as Key extends Certain<Key> ? NameOf<Key> : never]: Value<Key>;
} & {
  readonly [Key in Keys as Key extends Certain<Key> ? never : NameOf<Key>]?: Value<Key>;
};

/** One slice as its settings give it. */
export type Slice<Name extends SliceName> = Values<KeysAt<Name>>;

/** The settings that decide who has which access, by the names that they have in their slices. */
export type AccessSettings = Values<
  { [Key in SettingKey]: Settings[Key] extends { readonly decidesAccess: true } ? Key : never }[SettingKey]
>;

/** The value of each setting that is given (or has a default) and can be read; others are absent. */
export type Parsed = { readonly [Key in SettingKey]?: Value<Key> };
