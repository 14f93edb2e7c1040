import type { Findings } from './findings';
import { isLoopback } from './parsers';
import type { Parsed } from './schema';

/**
 * Microsoft Graph of each cloud.
 * @see https://learn.microsoft.com/graph/deployments#microsoft-graph-and-graph-explorer-service-root-endpoints
 */
const GRAPH_HOSTS = ['graph.microsoft.com', 'graph.microsoft.us', 'dod-graph.microsoft.us', 'microsoftgraph.chinacloudapi.cn'];
/** The version of Graph whose contract the connector is written for. */
const GRAPH_VERSION = 'v1.0';
const HTTPS_ONLY = 'must start with https; http is accepted on loopback only';

/** A rule across settings: says what does not go together. A setting that is absent or cannot be read is undefined. */
type Rule = (values: Parsed, findings: Findings) => void;

/** All rules across settings, except those that also decide what the configuration becomes (`build.ts`). */
export const RULES: readonly Rule[] = [
  (values, findings) => {
    for (const key of ['AzureWebJobsStorage__queueServiceUri', 'AzureWebJobsStorage__tableServiceUri'] as const) {
      if (!isSafe(values[key])) findings.problem(key, HTTPS_ONLY);
    }
  },
  ({ GRAPH_BASE_URL: url }, findings) => {
    if (url === undefined || isLoopback(url) || GRAPH_HOSTS.some((host) => url === `https://${host}/${GRAPH_VERSION}`)) return;
    const allowed = GRAPH_HOSTS.join(', ');
    findings.problem('GRAPH_BASE_URL', `must be https://<host>/${GRAPH_VERSION} with one of ${allowed}, or a loopback address`);
  },
  ({ GRAPH_ACCESS_TOKEN: token, GRAPH_BASE_URL: url = '' }, findings) => {
    if (token && !isLoopback(url)) {
      findings.problem(
        'GRAPH_ACCESS_TOKEN',
        'is accepted only with a GRAPH_BASE_URL on loopback; remove it, and the app uses its identity',
      );
    }
  },
  ({ ZENDESK_BASE_URL: url, ZENDESK_SUBDOMAIN: subdomain }, findings) => {
    if (url === undefined || isLoopback(url) || url === zendeskUrl(subdomain)) return;
    findings.problem('ZENDESK_BASE_URL', 'may differ from https://<subdomain>.zendesk.com on loopback only; remove it');
  },
  ({ NOTIFICATION_WEBHOOK_URL: url }, findings) => {
    if (!isSafe(url?.reveal())) findings.problem('NOTIFICATION_WEBHOOK_URL', HTTPS_ONLY);
  },
  ({ NOTIFICATION_EMAIL: to, NOTIFICATION_SENDER: sender }, findings) => {
    if (to && !sender) {
      findings.warn('NOTIFICATION_EMAIL', 'has no effect without NOTIFICATION_SENDER, the mailbox from which mails are sent');
    }
    if (sender && !to) findings.warn('NOTIFICATION_SENDER', 'has no effect without NOTIFICATION_EMAIL, the people to be told');
  },
  ({ CHANGE_NOTIFICATIONS: notifications, WEBSITE_HOSTNAME: hostname }, findings) => {
    if (notifications === 'On' && !hostname)
      findings.warn('CHANGE_NOTIFICATIONS', 'has no effect where the app does not know its address: Azure sets WEBSITE_HOSTNAME');
  },
  ({ OFFBOARD_DELETE_AFTER_DAYS: deleteAfter, OFFBOARD_ERASE_AFTER_DAYS: eraseAfter }, findings) => {
    if (eraseAfter === undefined) return;
    if (deleteAfter === undefined) {
      const why = 'has to be set with OFFBOARD_DELETE_AFTER_DAYS: Zendesk erases only what is deleted already';
      findings.problem('OFFBOARD_ERASE_AFTER_DAYS', why);
    } else if (eraseAfter < deleteAfter) {
      const why = `must not be less than OFFBOARD_DELETE_AFTER_DAYS (${deleteAfter}): both count from the day on which access ended`;
      findings.problem('OFFBOARD_ERASE_AFTER_DAYS', why);
    }
  },
  ({ DEPROVISION_USERS: deprovision, OFFBOARD_TICKETS: tickets, OFFBOARD_DELETE_AFTER_DAYS: deleteAfter }, findings) => {
    if (deprovision !== 'Nothing') return;
    const why = 'has no effect while DEPROVISION_USERS is Nothing: nobody leaves as long as accounts are left alone';
    if (tickets !== undefined && tickets.kind !== 'leave') findings.warn('OFFBOARD_TICKETS', why);
    if (deleteAfter !== undefined) findings.warn('OFFBOARD_DELETE_AFTER_DAYS', why);
  },
  ({ LOCAL_TIME_SCALE: scale, ZENDESK_BASE_URL: url = '' }, findings) => {
    if (scale !== undefined && scale !== 1 && !isLoopback(url)) {
      findings.problem('LOCAL_TIME_SCALE', 'is accepted only with a ZENDESK_BASE_URL on loopback; remove it');
    }
  },
];

/** The address of an account, without a trailing slash. */
export const zendeskUrl = (subdomain: string | undefined): string => `https://${subdomain}.zendesk.com`;

/** https anywhere, http only on this machine; absent is safe. */
const isSafe = (url: string | undefined): boolean => url === undefined || url.startsWith('https:') || isLoopback(url);
