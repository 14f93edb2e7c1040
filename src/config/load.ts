import { ConfigError, type ConfigIssue } from '../core/errors';
import type {
  Config,
  JobConfig,
  NotificationConfig,
  PartialConfig,
  SourceConfig,
  StorageConfig,
  ZendeskAuth,
  ZendeskConfig,
} from './config';
import { isLoopback } from './parsers';
import { type Parsed, SETTING_KEYS, SETTINGS, type Setting, type SettingKey } from './schema';
import { mistypedSettings } from './typo';

/** What came of reading the settings. Warnings never stop anything. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigIssue[] }
  | {
      readonly ok: false;
      readonly error: ConfigError;
      readonly partial: PartialConfig;
      readonly warnings: readonly ConfigIssue[];
    };

/**
 * Microsoft Graph of each cloud.
 * @see https://learn.microsoft.com/graph/deployments#microsoft-graph-and-graph-explorer-service-root-endpoints
 */
const GRAPH_HOSTS = ['graph.microsoft.com', 'graph.microsoft.us', 'dod-graph.microsoft.us', 'microsoftgraph.chinacloudapi.cn'];
/** The version of Graph whose contract the connector is written for. */
const GRAPH_VERSION = 'v1.0';

/** Collects issues and warnings while the slices are built. */
class Findings {
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigIssue[] = [];

  problem(setting: SettingKey, problem: string): undefined {
    this.issues.push({ setting, problem });
    return undefined;
  }

  warn(setting: string, problem: string): void {
    this.warnings.push({ setting, problem });
  }

  /** Whether any of these settings has an issue. */
  blames(...settings: readonly SettingKey[]): boolean {
    return this.issues.some((issue) => settings.some((setting) => setting === issue.setting));
  }
}

/**
 * Reads all settings: parse, normalise, then the rules across keys. Pure; never throws; reports every issue at once.
 * An empty or blank setting counts as absent.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const findings = new Findings();
  const parsed = parseAll(env, findings);
  for (const { name, meant } of mistypedSettings(Object.keys(env))) {
    findings.warn(name, meant === undefined ? 'is no setting of this app' : `is no setting of this app; did you mean ${meant}?`);
  }
  const storage = storageOf(parsed, findings);
  const source = sourceOf(parsed, findings);
  const target = targetOf(parsed, findings);
  const job = jobOf(parsed);
  const notification = notificationOf(parsed, findings);
  const telemetry = {
    ...(parsed.APPLICATIONINSIGHTS_CONNECTION_STRING && { connectionString: parsed.APPLICATIONINSIGHTS_CONNECTION_STRING }),
  };
  const signIn = { isOn: /^true$/i.test(parsed.WEBSITE_AUTH_ENABLED ?? '') };
  const local = localOf(parsed, findings);
  const warnings = findings.warnings;
  if (findings.issues.length === 0 && storage && source && target && job && notification && local) {
    return { ok: true, config: { storage, source, target, job, notification, telemetry, signIn, local }, warnings };
  }
  const partial: PartialConfig = {
    ...(storage && { storage }),
    ...(source && { source }),
    ...(target && { target }),
    ...(job && { job }),
    ...(parsed.PROVISIONING_SCHEMA && { schemaPath: parsed.PROVISIONING_SCHEMA }),
    ...(notification && { notification }),
    telemetry,
    ...(local && { local }),
  };
  return { ok: false, error: new ConfigError(findings.issues), partial, warnings };
}

/** What a setting holds when the platform could not read the secret that it refers to. @see https://learn.microsoft.com/azure/app-service/app-service-key-vault-references#troubleshoot-key-vault-references */
const UNREAD_REFERENCE = /^@Microsoft\.(KeyVault|AppConfiguration)\(/i;
const UNREAD_ADVICE =
  'is a reference that Azure could not read: put the secret into the vault, let the identity of the app read it, and have Azure read it again (docs/deploy.md); the environment variables of the app in the portal say what failed';

function parseAll(env: Readonly<Record<string, string | undefined>>, findings: Findings): Parsed {
  const parsed: Partial<Record<SettingKey, unknown>> = {};
  for (const key of SETTING_KEYS) {
    const setting: Setting<unknown> = SETTINGS[key];
    const given = env[key]?.trim();
    const text = given === undefined || given === '' ? setting.default : given;
    if (text === undefined) {
      if (setting.required) findings.problem(key, 'is missing');
      continue;
    }
    if (UNREAD_REFERENCE.test(text)) {
      findings.problem(key, UNREAD_ADVICE);
      continue;
    }
    const result = setting.parse.safeParse(text);
    if (result.success) parsed[key] = result.data;
    else findings.problem(key, result.error.issues[0]?.message ?? 'cannot be read');
  }
  return parsed as Parsed;
}

function storageOf(parsed: Parsed, findings: Findings): StorageConfig | undefined {
  const connectionString = parsed.AzureWebJobsStorage;
  const account = parsed.AzureWebJobsStorage__accountName;
  if (connectionString) {
    if (!isLocalStorage(connectionString.reveal())) {
      findings.warn(
        'AzureWebJobsStorage',
        'is a connection string with a key; in Azure use AzureWebJobsStorage__accountName and an identity',
      );
    }
    return { kind: 'connectionString', connectionString };
  }
  const queueServiceUri = parsed.AzureWebJobsStorage__queueServiceUri ?? (account && `https://${account}.queue.core.windows.net`);
  const tableServiceUri = parsed.AzureWebJobsStorage__tableServiceUri ?? (account && `https://${account}.table.core.windows.net`);
  const clientId = parsed.AzureWebJobsStorage__clientId;
  const keys = [
    'AzureWebJobsStorage__accountName',
    'AzureWebJobsStorage__queueServiceUri',
    'AzureWebJobsStorage__tableServiceUri',
  ] as const;
  for (const key of keys.slice(1)) {
    const uri = parsed[key];
    if (uri !== undefined && !isSafe(uri)) findings.problem(key, 'must be https, http only on loopback');
  }
  if (findings.blames('AzureWebJobsStorage', 'AzureWebJobsStorage__clientId', 'AzureWebJobsStorage__credential', ...keys))
    return undefined;
  if (queueServiceUri !== undefined && tableServiceUri !== undefined) {
    return { kind: 'identity', queueServiceUri, tableServiceUri, ...(clientId && { clientId }) };
  }
  if (queueServiceUri !== undefined)
    return findings.problem('AzureWebJobsStorage__tableServiceUri', 'is missing beside the queue endpoint');
  if (tableServiceUri !== undefined)
    return findings.problem('AzureWebJobsStorage__queueServiceUri', 'is missing beside the table endpoint');
  return findings.problem(
    'AzureWebJobsStorage',
    'is missing: set AzureWebJobsStorage__accountName in Azure, or a connection string locally',
  );
}

function sourceOf(parsed: Parsed, findings: Findings): SourceConfig | undefined {
  const { ENTRA_TENANT_ID: tenantId, ENTRA_SERVICE_PRINCIPAL_ID: servicePrincipalId, GRAPH_BASE_URL: baseUrl } = parsed;
  const { GRAPH_ACCESS_TOKEN: accessToken, AZURE_CLIENT_ID: identityClientId } = parsed;
  const onLoopback = baseUrl !== undefined && isLoopback(baseUrl);
  if (baseUrl !== undefined && !onLoopback && !GRAPH_HOSTS.some((host) => baseUrl === `https://${host}/${GRAPH_VERSION}`)) {
    findings.problem(
      'GRAPH_BASE_URL',
      `must be https://<host>/${GRAPH_VERSION} with one of ${GRAPH_HOSTS.join(', ')}, or an address on loopback`,
    );
  }
  if (accessToken && !onLoopback) {
    findings.problem(
      'GRAPH_ACCESS_TOKEN',
      'is accepted only with a GRAPH_BASE_URL on loopback; remove it, the identity of the app is used',
    );
  }
  if (findings.blames('GRAPH_BASE_URL', 'GRAPH_ACCESS_TOKEN', 'AZURE_CLIENT_ID')) return undefined;
  if (tenantId === undefined || servicePrincipalId === undefined || baseUrl === undefined) return undefined;
  return {
    tenantId,
    servicePrincipalId,
    baseUrl,
    ...(accessToken && { accessToken }),
    ...(identityClientId && { identityClientId }),
  };
}

function targetOf(parsed: Parsed, findings: Findings): ZendeskConfig | undefined {
  const { ZENDESK_SUBDOMAIN: subdomain, ZENDESK_RATE_LIMIT_SHARE: rateLimitShare } = parsed;
  const derived = subdomain && `https://${subdomain}.zendesk.com`;
  const baseUrl = parsed.ZENDESK_BASE_URL ?? derived;
  if (baseUrl !== undefined && baseUrl !== derived && !isLoopback(baseUrl)) {
    findings.problem('ZENDESK_BASE_URL', 'may differ from https://<subdomain>.zendesk.com only on loopback; remove it');
  }
  const auth = authOf(parsed, findings);
  if (findings.blames('ZENDESK_BASE_URL') || !subdomain || !baseUrl || !auth || rateLimitShare === undefined) return undefined;
  return { baseUrl, subdomain, auth, rateLimitShare };
}

function authOf(parsed: Parsed, findings: Findings): ZendeskAuth | undefined {
  const { ZENDESK_OAUTH_CLIENT_ID: clientId, ZENDESK_OAUTH_CLIENT_SECRET: clientSecret } = parsed;
  const { ZENDESK_ADMIN_EMAIL: email, ZENDESK_API_TOKEN: token } = parsed;
  if (clientId && clientSecret) {
    if (email || token)
      findings.warn('ZENDESK_API_TOKEN', 'is not used, because the OAuth client is set; remove the API token and its e-mail');
    return { kind: 'oauth', clientId, clientSecret };
  }
  const keys = ['ZENDESK_OAUTH_CLIENT_ID', 'ZENDESK_OAUTH_CLIENT_SECRET', 'ZENDESK_ADMIN_EMAIL', 'ZENDESK_API_TOKEN'] as const;
  if (findings.blames(...keys)) return undefined;
  if (clientId) return findings.problem('ZENDESK_OAUTH_CLIENT_SECRET', 'is missing beside ZENDESK_OAUTH_CLIENT_ID');
  if (clientSecret) return findings.problem('ZENDESK_OAUTH_CLIENT_ID', 'is missing beside ZENDESK_OAUTH_CLIENT_SECRET');
  if (email && token) {
    const sunset =
      'works only until Zendesk stops API tokens on 30 April 2027; create an OAuth client and set ZENDESK_OAUTH_CLIENT_ID and _SECRET';
    findings.warn('ZENDESK_API_TOKEN', sunset);
    return { kind: 'apiToken', email, token };
  }
  if (email) return findings.problem('ZENDESK_API_TOKEN', 'is missing beside ZENDESK_ADMIN_EMAIL');
  if (token) return findings.problem('ZENDESK_ADMIN_EMAIL', 'is missing beside ZENDESK_API_TOKEN');
  return findings.problem('ZENDESK_OAUTH_CLIENT_ID', 'is missing: set it and ZENDESK_OAUTH_CLIENT_SECRET');
}

function jobOf(parsed: Parsed): JobConfig | undefined {
  const {
    PROVISIONING_STATUS: status,
    PROVISIONING_SCOPE: scope,
    PROVISIONING_SCHEMA: schemaPath,
    CYCLE_SCHEDULE: schedule,
    GROUP_MEMBERSHIP: groupMembership,
    DEFAULT_ACCESS: defaultAccess,
    DEPROVISION_USERS: deprovisionUsers,
    HARD_DELETED_USERS: hardDeletedUsers,
    DELETION_THRESHOLD: deletionThreshold,
    DELETION_THRESHOLD_PERCENT: deletionThresholdPercent,
    LOG_RETENTION_DAYS: logRetentionDays,
  } = parsed;
  if (
    !status ||
    !scope ||
    !schemaPath ||
    !schedule ||
    !groupMembership ||
    !defaultAccess ||
    !deprovisionUsers ||
    !hardDeletedUsers
  ) {
    return undefined;
  }
  if (deletionThreshold === undefined || deletionThresholdPercent === undefined || logRetentionDays === undefined)
    return undefined;
  return {
    status,
    scope,
    schemaPath,
    schedule,
    groupMembership,
    defaultAccess,
    deprovisionUsers,
    hardDeletedUsers,
    deletionThreshold,
    deletionThresholdPercent,
    logRetentionDays,
    protectedUsers: parsed.PROTECTED_USERS ?? [],
  };
}

function notificationOf(parsed: Parsed, findings: Findings): NotificationConfig | undefined {
  const { NOTIFICATION_EMAIL: to, NOTIFICATION_SENDER: sender, NOTIFICATION_WEBHOOK_URL: webhookUrl } = parsed;
  if (webhookUrl && !isSafe(webhookUrl.reveal()))
    findings.problem('NOTIFICATION_WEBHOOK_URL', 'must be https, http only on loopback');
  if (findings.blames('NOTIFICATION_EMAIL', 'NOTIFICATION_SENDER', 'NOTIFICATION_WEBHOOK_URL')) return undefined;
  if (to && !sender)
    findings.warn('NOTIFICATION_EMAIL', 'gets no mail, because NOTIFICATION_SENDER (the mailbox to send from) is missing');
  if (sender && !to) findings.warn('NOTIFICATION_SENDER', 'sends no mail, because NOTIFICATION_EMAIL (who gets it) is missing');
  const appUrl = appUrlOf(parsed.WEBSITE_HOSTNAME);
  return { ...(to && sender && { email: { to, sender } }), ...(webhookUrl && { webhookUrl }), ...(appUrl && { appUrl }) };
}

/** The address behind the platform's host name. One that is none gives no links and is nobody's mistake to correct. */
function appUrlOf(hostname: string | undefined): string | undefined {
  if (hostname === undefined || !/^[a-z0-9.-]{1,253}(?::\d{1,5})?$/i.test(hostname)) return undefined;
  const insecure = `http://${hostname}`;
  return isLoopback(insecure) ? insecure : `https://${hostname}`;
}

function localOf(parsed: Parsed, findings: Findings): { readonly timeScale: number } | undefined {
  const timeScale = parsed.LOCAL_TIME_SCALE;
  if (timeScale !== undefined && timeScale !== 1 && !isLoopback(parsed.ZENDESK_BASE_URL ?? '')) {
    return findings.problem('LOCAL_TIME_SCALE', 'is accepted only with a ZENDESK_BASE_URL on loopback; remove it');
  }
  return timeScale === undefined ? undefined : { timeScale };
}

/** https anywhere, http only on this machine. */
function isSafe(url: string): boolean {
  return url.startsWith('https:') || isLoopback(url);
}

/** Azurite and other storage on this machine, where a key is no secret. */
function isLocalStorage(connectionString: string): boolean {
  if (/UseDevelopmentStorage=true/i.test(connectionString)) return true;
  const endpoints = [...connectionString.matchAll(/Endpoint=([^;]+)/gi)].map((match) => match[1] ?? '');
  return endpoints.length > 0 && endpoints.every(isLoopback);
}
