import { type SimReply, startSimServer } from '../../local/http-kit';
import { makeZendeskConnector } from '../../src/adapters/zendesk/connector';
import type { ZendeskConnectorOptions } from '../../src/adapters/zendesk/settings';
import { Secret } from '../../src/config/secret';
import { StateUnavailableError } from '../../src/core/errors';
import type { ProbeRow } from '../../src/core/probe';
import { makeFakeStateStore } from '../fakes/state-store';
import { apiToken, connectorOptions, makeZendeskWorld, oauth, type ZendeskWorld } from './zendesk-connector-world';

const statusOf = (rows: readonly ProbeRow[]) => Object.fromEntries(rows.map(({ name, status }) => [name, status]));

describe('Zendesk connector › test connection', () => {
  let world: ZendeskWorld;
  beforeEach(async () => {
    world = await makeZendeskWorld({ simulator: { requestsPerMinute: 700 } });
  });
  afterEach(() => world.close());

  async function probe(changes: Partial<ZendeskConnectorOptions> = {}): Promise<readonly ProbeRow[]> {
    const connector = makeZendeskConnector(connectorOptions(world.simulator.url, changes));
    try {
      return await connector.probe();
    } finally {
      await connector.close();
    }
  }

  it('all is well › every row passes or warns, and nothing was written', async () => {
    const users = world.countUsers();
    const rows = await probe({ protectedUsers: [world.simulator.owner.email ?? ''] });
    expect(statusOf(rows)).toEqual({
      'Zendesk reachable': 'pass',
      Credential: 'pass',
      'Admin role': 'pass',
      'Language of the credential': 'pass',
      'API quota': 'pass',
      'Custom roles': 'pass',
      'User fields': 'pass',
      'User tagging': 'pass',
      'Multiple organizations': 'pass',
      Groups: 'pass',
      'Account owner': 'pass',
      'Bulk user import': 'warn',
    });
    expect(rows.find(({ name }) => name === 'API quota')?.result).toContain('700');
    expect(world.countUsers()).toBe(users);
    expect([...world.simulator.state.groups.values()]).toHaveLength(1);
    expect(rows.every(({ status, action }) => (status === 'pass') === (action === ''))).toBe(true);
  });

  it('the account owner is asked for until PROTECTED_USERS names an admin, by address or id', async () => {
    world.seedUser({ name: 'Bob', email: 'bob@example.com' });
    const owner = async (...protectedUsers: string[]) =>
      (await probe({ protectedUsers })).find(({ name }) => name === 'Account owner')?.status;
    expect([await owner(), await owner('bob@example.com', 'nobody@example.com')]).toEqual(['warn', 'warn']);
    const { id, email } = world.simulator.owner;
    expect([await owner(String(id)), await owner('bob@example.com', email?.toUpperCase() ?? '')]).toEqual(['pass', 'pass']);
  });

  it('trap 1 › an API token warns with the days left, and fails once they are gone', async () => {
    const startedAt = Date.now();
    const at = (iso: string) => () => new Date(Date.parse(iso) + Date.now() - startedAt);
    const soon = (await probe({ auth: apiToken, clock: at('2026-11-23T08:00:00Z') })).find(({ name }) => name === 'API token');
    expect(soon).toMatchObject({ status: 'warn', result: expect.stringContaining('158 days') });
    const over = (await probe({ auth: apiToken, clock: at('2027-05-01T08:00:00Z') })).find(({ name }) => name === 'API token');
    expect(over).toMatchObject({ status: 'fail', action: expect.stringContaining('OAuth') });
  });

  it('no storage › Zendesk was not tried, and the subdomain is not blamed', async () => {
    const refused = () => Promise.reject(new StateUnavailableError('ProvisioningState: read was refused (403)'));
    const rows = await probe({ stateStore: { ...makeFakeStateStore(), read: refused, write: refused } });
    expect(rows).toEqual([
      expect.objectContaining({
        status: 'fail',
        result: 'Not tried: ProvisioningState: read was refused (403)',
        action: expect.stringContaining('storage'),
      }),
    ]);
  });

  it('a wrong secret, a wrong token', async () => {
    for (const auth of [
      { ...oauth, clientSecret: new Secret('wrong-secret') },
      { ...apiToken, token: new Secret('wrong-secret') },
    ] as const) {
      const rows = await probe({ auth });
      expect(statusOf(rows)).toMatchObject({ 'Zendesk reachable': 'pass', Credential: 'fail' });
      expect(JSON.stringify(rows)).not.toContain('wrong-secret');
    }
  });

  it('not an admin; suspended; another language; a smaller plan', async () => {
    const { owner, features, state } = world.simulator;
    owner.role = 'agent';
    expect(statusOf(await probe())).toMatchObject({ Credential: 'pass', 'Admin role': 'fail' });
    owner.role = 'admin';
    owner.locale = 'es';
    features.customRoles = false;
    features.userTagging = false;
    features.bulkCreateEnabled = true;
    expect(statusOf(await probe())).toMatchObject({
      'Language of the credential': 'warn',
      'Custom roles': 'warn',
      'User tagging': 'warn',
      'Bulk user import': 'pass',
    });
    state.users.get(owner.id)!.suspended = true;
    expect(statusOf(await probe())).toMatchObject({ Credential: 'fail' });
  });

  it('nobody there', async () => {
    const rows = await probe({ baseUrl: 'http://127.0.0.1:1' });
    expect(rows).toMatchObject([{ name: 'Zendesk reachable', status: 'fail', action: expect.stringContaining('network') }]);
  });

  const token: SimReply = {
    status: 201,
    body: { access_token: 't', token_type: 'bearer', scope: 'read write', expires_in: 1800 },
  };
  const html = { 'content-type': 'text/html' };
  it.each<[name: string, answers: { token: SimReply; me: SimReply }, expected: Readonly<Record<string, string>>]>([
    [
      'a wrong subdomain: 404 in HTML',
      { token: { status: 404, headers: html, body: '<html>No help desk</html>' }, me: token },
      { 'Zendesk reachable': 'fail' },
    ],
    [
      'a wrong subdomain: a redirect',
      { token: { status: 302, headers: { location: 'https://zendesk.invalid/' } }, me: token },
      { 'Zendesk reachable': 'fail' },
    ],
    [
      'a page in place of the API',
      { token, me: { status: 200, headers: html, body: '<html>Welcome</html>' } },
      { 'Zendesk reachable': 'fail' },
    ],
    [
      'trap 3: the anonymous user',
      { token, me: { status: 200, body: { user: { id: null, role: 'end-user' } } } },
      { Credential: 'fail' },
    ],
    [
      'a suspended user',
      { token, me: { status: 200, body: { user: { id: 7, role: 'admin', suspended: true } } } },
      { 'Credential user active': 'fail' },
    ],
    [
      'trap 2: a scope that was not granted',
      { token: { status: 201, body: { access_token: 't', scope: 'read', expires_in: 1800 } }, me: token },
      { Credential: 'fail' },
    ],
    [
      'trap 25: an IP restriction',
      { token, me: { status: 403, body: { error: { title: 'Forbidden', message: 'x' } } } },
      { Credential: 'fail' },
    ],
    ['a rate limit', { token, me: { status: 429, headers: { 'retry-after': '9' }, body: 'x' } }, { 'Zendesk reachable': 'warn' }],
  ])('%s', async (_name, answers, expected) => {
    const server = await startSimServer(({ path }) => (path === '/oauth/tokens' ? answers.token : answers.me));
    const rows = await probe({ baseUrl: server.url });
    expect(statusOf(rows)).toMatchObject(expected);
    expect(rows.every(({ action, status }) => status === 'pass' || action !== '')).toBe(true);
    await server.close();
  });
});
