import type { NotificationConfig, StorageConfig, ZendeskAuth } from './config';
import type { Findings } from './findings';
import { isLoopback } from './parsers';
import type { Slice } from './schema';

/** How storage is reached; undefined when the settings do not say, with the reason in `findings`. */
export function buildStorage(given: Slice<'storage'>, findings: Findings): StorageConfig | undefined {
  const { connectionString, accountName, clientId } = given;
  if (connectionString) {
    if (!isLocalStorage(connectionString.reveal())) {
      findings.warn(
        'AzureWebJobsStorage',
        'is a connection string with a key; in Azure, use AzureWebJobsStorage__accountName and an identity',
      );
    }
    return { kind: 'connectionString', connectionString };
  }
  const queueServiceUri = given.queueServiceUri ?? (accountName && `https://${accountName}.queue.core.windows.net`);
  const tableServiceUri = given.tableServiceUri ?? (accountName && `https://${accountName}.table.core.windows.net`);
  if (queueServiceUri && tableServiceUri) {
    return { kind: 'identity', queueServiceUri, tableServiceUri, ...(clientId && { clientId }) };
  }
  if (queueServiceUri) return findings.problem('AzureWebJobsStorage__tableServiceUri', 'is missing beside the queue endpoint');
  if (tableServiceUri) return findings.problem('AzureWebJobsStorage__queueServiceUri', 'is missing beside the table endpoint');
  return findings.problem(
    'AzureWebJobsStorage',
    'is missing: set AzureWebJobsStorage__accountName in Azure, or a connection string on your own machine',
  );
}

/** Azurite and other storage on this machine, where a key is not a secret. */
function isLocalStorage(connectionString: string): boolean {
  if (/UseDevelopmentStorage=true/i.test(connectionString)) return true;
  const endpoints = [...connectionString.matchAll(/Endpoint=([^;]+)/gi)].map((match) => match[1] ?? '');
  return endpoints.length > 0 && endpoints.every(isLoopback);
}

const SUNSET =
  'works only until Zendesk ends API tokens on 30 April 2027; create an OAuth client and set ZENDESK_OAUTH_CLIENT_ID and _SECRET';

/** How the app signs in to Zendesk; undefined when the settings do not say, with the reason in `findings`. */
export function buildAuth(given: Slice<'credential'>, findings: Findings): ZendeskAuth | undefined {
  const { clientId, clientSecret, apiToken } = given;
  const email = given.email ?? apiToken?.email;
  if (clientId && clientSecret) {
    if (email || apiToken)
      findings.warn(
        'ZENDESK_API_TOKEN',
        'is not used because the OAuth client is set; remove the API token and its e-mail address',
      );
    return { kind: 'oauth', clientId, clientSecret };
  }
  if (clientId) return findings.problem('ZENDESK_OAUTH_CLIENT_SECRET', 'is missing beside ZENDESK_OAUTH_CLIENT_ID');
  if (clientSecret) return findings.problem('ZENDESK_OAUTH_CLIENT_ID', 'is missing beside ZENDESK_OAUTH_CLIENT_SECRET');
  if (email && apiToken) {
    if (email.toLowerCase() !== (apiToken.email ?? email).toLowerCase())
      return findings.problem(
        'ZENDESK_API_TOKEN',
        'is preceded by another e-mail address than ZENDESK_ADMIN_EMAIL; set the token alone',
      );
    findings.warn('ZENDESK_API_TOKEN', SUNSET);
    return { kind: 'apiToken', email, token: apiToken.token };
  }
  if (email) return findings.problem('ZENDESK_API_TOKEN', 'is missing beside ZENDESK_ADMIN_EMAIL');
  if (apiToken) return findings.problem('ZENDESK_ADMIN_EMAIL', 'is missing beside ZENDESK_API_TOKEN');
  return findings.problem('ZENDESK_OAUTH_CLIENT_ID', 'is missing: set it and ZENDESK_OAUTH_CLIENT_SECRET');
}

/** Who hears of failures: mail needs both its settings, and links need the host name of the platform. */
export function buildNotification(given: Slice<'notification'>, { hostname }: Slice<'platform'>): NotificationConfig {
  const { to, sender, webhookUrl } = given;
  const appUrl = appUrlOf(hostname);
  return { ...(to && sender && { email: { to, sender } }), ...(webhookUrl && { webhookUrl }), ...(appUrl && { appUrl }) };
}

/** The address behind the platform's host name. One that is not a host name gives no links; no customer could correct it. */
function appUrlOf(hostname: string | undefined): string | undefined {
  if (hostname === undefined || !/^[a-z0-9.-]{1,253}(?::\d{1,5})?$/i.test(hostname)) return undefined;
  const insecure = `http://${hostname}`;
  return isLoopback(insecure) ? insecure : `https://${hostname}`;
}
