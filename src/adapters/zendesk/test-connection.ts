import type { ZendeskAuth } from '../../config/config';
import { ProvisioningError, StateUnavailableError, ThrottledError, UnauthorizedError, UnavailableError } from '../../core/errors';
import { receiverText, type TicketReceiver } from '../../core/leaving';
import type { ProbeRow } from '../../core/probe';
import type { Clock } from '../../ports/runtime';
import { decode, shapes } from './decode';
import { readCustomRoles, readSettings, readUserFields } from './describe';
import { quotaOf } from './headers';
import { traceId, type ZendeskHttp } from './http';
import { pages } from './paging';
import type { Heir } from './ticket-heir';

/** What the probe needs. */
export interface ProbeDeps {
  readonly http: ZendeskHttp;
  readonly authKind: ZendeskAuth['kind'];
  /** E-mail addresses and ids of `PROTECTED_USERS`. */
  readonly protectedUsers: readonly string[];
  /** `OFFBOARD_TICKETS`. */
  readonly ticketReceiver: TicketReceiver;
  readonly findHeir: (receiver: Exclude<TicketReceiver, { kind: 'leave' }>) => Promise<Heir>;
  readonly clock: Clock;
}

/** The day API tokens stop working: https://support.zendesk.com/hc/en-us/articles/4408889192858 */
const API_TOKENS_END = '2027-04-30';
const DAY_MS = 86_400_000;
const ME = 'GET /api/v2/users/me';
const ADMINS = 'GET /api/v2/users?role=admin';
const RECEIVER = 'Receiver of tickets';
const EMPTY_BULK = 'POST /api/v2/users/create_many with no users';

const pass = (name: string, tried: string, result: string): ProbeRow => ({ name, status: 'pass', tried, result, action: '' });
const warn = (name: string, tried: string, result: string, action: string): ProbeRow => ({
  name,
  status: 'warn',
  tried,
  result,
  action,
});
const fail = (name: string, tried: string, result: string, action: string): ProbeRow => ({
  name,
  status: 'fail',
  tried,
  result,
  action,
});

/** Tries the connection, one row per check. Never writes, never throws; stops early when the rest would only repeat a failure. */
export async function probeZendesk(deps: ProbeDeps): Promise<readonly ProbeRow[]> {
  const sunset = deps.authKind === 'apiToken' ? [sunsetRow(deps.clock())] : [];
  const { rows, isUsable } = await probeSelf(deps.http);
  if (!isUsable) return [...rows, ...sunset];
  const checks: [name: string, tried: string, check: (http: ZendeskHttp) => Promise<ProbeRow[]>][] = [
    ['Custom roles', 'GET /api/v2/custom_roles', probeRoles],
    ['User fields', 'GET /api/v2/user_fields', probeFields],
    ['Account settings', 'GET /api/v2/account/settings', probeSettings],
    ['Groups', 'GET /api/v2/groups', probeGroups],
    ['Account owner', ADMINS, (http) => probeOwner(http, deps.protectedUsers)],
    ['Bulk user import', EMPTY_BULK, probeBulk],
    [RECEIVER, 'OFFBOARD_TICKETS', () => probeReceiver(deps)],
  ];
  for (const [name, tried, check] of checks) {
    rows.push(
      ...(await check(deps.http).catch((error: unknown) => [
        fail(name, tried, words(error), 'Check the admin rights and scopes of the credential'),
      ])),
    );
  }
  return [...rows, ...sunset];
}

/** Host, credential, role, suspension, language and quota: all told by one request. */
async function probeSelf(http: ZendeskHttp): Promise<{ rows: ProbeRow[]; isUsable: boolean }> {
  try {
    const route = '/api/v2/users/me';
    const answer = await http.call({ method: 'GET', route, isAccountWide: true });
    const { user } = decode(shapes.me, answer.body, route);
    const rows = [
      pass('Zendesk reachable', ME, `Zendesk responded (request ${traceId(answer.headers, 'x-request-id') ?? 'without an id'})`),
    ];
    if (user.id === null) {
      const action = 'Enter the OAuth client id and secret again; passwords no longer work for the API';
      return {
        rows: [...rows, fail('Credential', ME, 'Zendesk takes the credential for an anonymous user', action)],
        isUsable: false,
      };
    }
    rows.push(pass('Credential', ME, `Accepted as Zendesk user ${user.id}`));
    if (user.suspended === true || user.active === false) {
      rows.push(
        fail('Credential user active', ME, 'The Zendesk user is suspended or deleted', 'Use the credential of an active admin'),
      );
      return { rows, isUsable: false };
    }
    const isAdmin = user.role === 'admin';
    const notAdmin = `The Zendesk user is ${word(user.role)}, not admin`;
    rows.push(
      isAdmin
        ? pass('Admin role', ME, 'The Zendesk user is an admin')
        : fail('Admin role', ME, notAdmin, 'Let an admin own the OAuth client'),
    );
    rows.push(localeRow(user.locale), quotaRow(http, quotaOf(answer.headers).limit));
    return { rows, isUsable: isAdmin };
  } catch (error) {
    return { rows: refusedRows(error), isUsable: false };
  }
}

function refusedRows(error: unknown): ProbeRow[] {
  if (error instanceof UnauthorizedError) {
    const action =
      'Check client id (the unique identifier), secret and scope "read write", or e-mail and API token; check IP restrictions of the account';
    return [pass('Zendesk reachable', ME, 'Zendesk responded'), fail('Credential', ME, words(error), action)];
  }
  if (error instanceof ThrottledError) {
    return [warn('Zendesk reachable', ME, `Asked to wait ${Math.ceil(error.retryAfterMs / 1000)} s`, 'Try again later')];
  }
  // Every request waits for its place in the limiter, which is kept in storage.
  if (error instanceof StateUnavailableError) {
    return [
      fail(
        'Zendesk reachable',
        'Nothing',
        `Not tried: ${words(error)}`,
        'First correct the storage, the last row; then test again',
      ),
    ];
  }
  const action =
    error instanceof UnavailableError
      ? 'Check network, DNS and firewall, then try again'
      : 'Check ZENDESK_SUBDOMAIN: it is the first part of https://<subdomain>.zendesk.com';
  return [fail('Zendesk reachable', ME, words(error), action)];
}

function localeRow(locale: string | null | undefined): ProbeRow {
  const name = 'Language of the credential';
  if (locale?.toLowerCase() === 'en-us') return pass(name, ME, 'en-US');
  const action =
    'Set the language of this Zendesk user to English (United States), so that its error texts in the log are English';
  return warn(name, ME, locale ? `The language is ${word(locale)}` : 'Zendesk did not return the language', action);
}

function quotaRow(http: ZendeskHttp, limit: number | undefined): ProbeRow {
  if (limit !== undefined)
    return pass(
      'API quota',
      `${ME}, header X-Rate-Limit`,
      `${limit} requests per minute, ${http.quota().remaining ?? 'unknown'} left`,
    );
  return warn(
    'API quota',
    `${ME}, header X-Rate-Limit`,
    'Zendesk did not return the quota',
    'None: the lowest plan is assumed until it does',
  );
}

async function probeRoles(http: ZendeskHttp): Promise<ProbeRow[]> {
  const tried = 'GET /api/v2/custom_roles';
  const { has, roles } = await readCustomRoles(http);
  if (has) return [pass('Custom roles', tried, `${roles.length} ${roles.length === 1 ? 'role' : 'roles'}`)];
  return [warn('Custom roles', tried, 'The plan has no custom roles', 'Assign only User, Agent and Admin in Entra')];
}

async function probeFields(http: ZendeskHttp): Promise<ProbeRow[]> {
  return [pass('User fields', 'GET /api/v2/user_fields', `${(await readUserFields(http)).length} active fields`)];
}

async function probeSettings(http: ZendeskHttp): Promise<ProbeRow[]> {
  const tried = 'GET /api/v2/account/settings';
  const settings = await readSettings(http);
  if (!settings.isReadable) return [warn('Account settings', tried, 'Not readable', 'Tags are sent as if user tagging were on')];
  const tagging = settings.hasUserTagging
    ? pass('User tagging', tried, 'On')
    : warn('User tagging', tried, 'Off', 'Tags are left out; switch on user tagging in Zendesk if you map tags');
  return [
    tagging,
    pass('Multiple organizations', tried, settings.hasMultipleOrganizations ? 'On' : 'Off: one organization per user'),
  ];
}

async function probeGroups(http: ZendeskHttp): Promise<ProbeRow[]> {
  const route = '/api/v2/groups';
  const answer = await http.call({ method: 'GET', route, query: { exclude_deleted: 'true', 'page[size]': '100' } });
  return [pass('Groups', `GET ${route}`, `${decode(shapes.groups, answer.body, route).groups.length} groups on the first page`)];
}

/**
 * No documented endpoint tells who owns the account, and whether Zendesk refuses to suspend the owner is not documented either. So the owner
 * has to be named: asked for until one of those named is an admin.
 * https://support.zendesk.com/hc/en-us/articles/4408822084634-Changing-account-ownership
 */
async function probeOwner(http: ZendeskHttp, protectedUsers: readonly string[]): Promise<ProbeRow[]> {
  const name = 'Account owner';
  const named = new Set(protectedUsers.map((user) => user.toLowerCase()));
  let count = 0;
  if (named.size > 0) {
    for await (const { users } of pages(http, { route: '/api/v2/users', query: { role: 'admin' } }, shapes.users))
      count += users.filter(({ id, email }) => named.has(id) || named.has(email?.toLowerCase() ?? '')).length;
  }
  if (count > 0)
    return [pass(name, ADMINS, `PROTECTED_USERS names ${count} admins; make sure that the account owner is one of them`)];
  const action =
    "Name the account owner in PROTECTED_USERS, so that no change at the source can take the owner's access. Admin Center shows who it is under Account > Billing > Contacts";
  return [warn(name, ADMINS, "Zendesk's API does not say who owns the account, and PROTECTED_USERS names no admin", action)];
}

/** An empty batch creates nobody: it is refused as empty where bulk import is on, and as forbidden where it is off. */
async function probeBulk(http: ZendeskHttp): Promise<ProbeRow[]> {
  const name = 'Bulk user import';
  const answer = await http.call({
    method: 'POST',
    route: '/api/v2/users/create_many',
    body: { users: [] },
    accept: [400, 403, 404, 422],
  });
  if (answer.status !== 403 && answer.status !== 404) return [pass(name, EMPTY_BULK, 'Enabled for this account')];
  return [
    warn(
      name,
      EMPTY_BULK,
      'Not enabled',
      'None needed: users are created one by one. For large accounts the owner may ask Zendesk Customer Support to enable bulk user imports',
    ),
  ];
}

/** Whoever is to take over the tickets of agents who leave has to exist and to be able to: found out here rather than when somebody leaves. */
async function probeReceiver({ ticketReceiver, findHeir }: ProbeDeps): Promise<ProbeRow[]> {
  if (ticketReceiver.kind === 'leave') return [];
  const tried = `OFFBOARD_TICKETS ${receiverText(ticketReceiver)}`;
  const heir = await findHeir(ticketReceiver);
  if (heir.kind !== 'refused') {
    const result = heir.kind === 'nobody' ? 'The tickets stay in their groups' : `Zendesk ${heir.kind} ${heir.id}`;
    return [pass(RECEIVER, tried, result)];
  }
  const action =
    'Name a group that exists, or an active agent in a group; until then people lose access, and tickets and seats wait';
  return [fail(RECEIVER, tried, heir.reason, action)];
}

function sunsetRow(now: Date): ProbeRow {
  const days = Math.ceil((Date.parse(`${API_TOKENS_END}T00:00:00Z`) - now.getTime()) / DAY_MS);
  const action = 'Create an OAuth client in Zendesk and set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET';
  const name = 'API token';
  if (days <= 0)
    return fail(name, 'today against the end of API tokens', `Zendesk stopped API tokens on ${API_TOKENS_END}`, action);
  return warn(
    name,
    'today against the end of API tokens',
    `Zendesk stops API tokens on ${API_TOKENS_END}: ${days} days left`,
    action,
  );
}

function words(error: unknown): string {
  return error instanceof ProvisioningError ? error.message : 'The check failed unexpectedly';
}

/** A word from outside, made harmless. */
function word(text: string | null | undefined): string {
  return (text ?? 'unknown').replace(/[^\w-]/g, '_').slice(0, 40);
}
