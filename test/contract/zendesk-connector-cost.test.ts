import { zendeskFaults } from '../../local/zendesk/faults';
import { ThrottledError, UnavailableError } from '../../src/core/errors';
import { targetId } from '../../src/core/model';
import { loadZendeskContract } from '../support/zendesk-contract';
import { aNewUser } from './target-connector-suite';
import { makeZendeskWorld } from './zendesk-connector-world';

describe('Zendesk connector › contract and cost', () => {
  it('every request fits the official contract; a user costs so many requests', async () => {
    const contract = await loadZendeskContract();
    const world = await makeZendeskWorld({ connector: { createOrganizations: true } });
    const { connector, simulator } = world;
    await connector.describe();
    const cost = async (act: () => Promise<unknown>) => {
      const before = simulator.stats.requests;
      await act();
      return simulator.stats.requests - before;
    };
    const matcher = { attribute: 'external_id', value: aNewUser().externalId };
    // Once in ten minutes the credential's own address is read too.
    await connector.findUsers({ attribute: 'email', value: 'nobody@example.com' });
    const created = await connector.createUser(aNewUser({ externalId: 'cost-0', email: 'cost@example.com' }));
    expect(await cost(() => connector.findUsers(matcher))).toBe(1);
    expect(await cost(() => connector.findUsers({ attribute: 'email', value: 'ann@example.com' }))).toBe(1);
    expect(await cost(() => connector.createUser(aNewUser()))).toBe(1);
    expect(await cost(() => connector.getUser(created.id))).toBe(1);
    expect(await cost(() => connector.updateUser(created, { name: 'x', suspended: true }))).toBe(1);
    expect(await cost(() => connector.updateUser(created, { email: 'cost2@example.com', name: 'y' }))).toBe(5);
    const hundred = Array.from({ length: 100 }, () => created.id);
    expect(await cost(() => Promise.all(hundred.map((id) => connector.getUser(id))))).toBe(1);
    const group = await connector.createGroup({ name: 'G' });
    const agent = world.seedUser({ name: 'Agent', role: 'agent' });
    const membership = await connector.addMembership(agent, group.id);
    for await (const page of connector.listGroupMemberships(group.id)) expect(page).toHaveLength(1);
    await connector.removeMembership(membership);
    await connector.updateGroup(group.id, { description: null });
    await connector.deleteGroup(group.id);
    const member = await connector.updateUser(created, { attributes: { organizations: ['New A', 'New B'] } });
    await connector.updateUser(member, { attributes: { organization: 'New B' } });
    expect(simulator.traffic.filter(({ method, path }) => method === 'POST' && path === '/api/v2/organizations')).toHaveLength(2);
    await connector.endSessions(created.id);
    await connector.deleteUser(created.id);
    const problems = simulator.traffic
      .filter(({ path, status }) => path.startsWith('/api/') && status < 400)
      .flatMap(({ method, path, query, requestBody }) =>
        (
          contract?.validateRequest({ method, path, query, ...(requestBody === undefined ? {} : { body: requestBody }) }) ?? []
        ).map((problem) => `${method} ${path}: ${problem}`),
      );
    expect(problems).toEqual([]);
    await world.close();
  });
});

describe('Zendesk connector › description', () => {
  it('is read once for all callers, kept for ten minutes, and read anew on demand', async () => {
    let offsetMs = 0;
    const world = await makeZendeskWorld({ connector: { clock: () => new Date(Date.now() + offsetMs) } });
    const { connector, simulator } = world;
    await Promise.all(Array.from({ length: 10 }, () => connector.describe()));
    const once = simulator.stats.byRoute.get('GET /api/v2/users/me');
    expect(once).toBe(1);
    offsetMs = 9 * 60_000;
    await connector.describe();
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(1);
    offsetMs = 11 * 60_000;
    await connector.describe();
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(2);
    await connector.describe(true);
    expect(simulator.stats.byRoute.get('GET /api/v2/users/me')).toBe(3);
    await world.close();
  });

  it('a plan without custom roles has none, and that is no error', async () => {
    const world = await makeZendeskWorld({ simulator: { features: { customRoles: false, multipleOrganizations: false } } });
    expect(await world.connector.describe()).toMatchObject({
      hasCustomRoles: false,
      customRoles: [],
      hasMultipleOrganizations: false,
    });
    await world.close();
  });
});

describe('Zendesk connector › throttling', () => {
  it('trap 4 › a quota used up by others is waited for without a 429', async () => {
    const world = await makeZendeskWorld({
      simulator: { requestsPerMinute: 5 },
      connector: { maxWaitMs: 1_000, startPerMinute: 2_500 },
    });
    for (let at = 0; at < 4; at++)
      await fetch(`${world.simulator.url}/api/v2/users/me`, { headers: { authorization: world.simulator.authorization } });
    expect(await world.connector.findGroups('Support')).toHaveLength(1);
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(ThrottledError);
    expect(world.simulator.stats.throttled).toBe(0);
    await world.close();
  });

  it('metrics › one line per request, with route and status', async () => {
    const lines: string[] = [];
    const world = await makeZendeskWorld({
      connector: { onRequest: ({ method, route, status }) => lines.push(`${method} ${route} ${status}`) },
    });
    await world.connector.getGroup(targetId('1'));
    expect(lines).toEqual(['GET /api/v2/groups/{group_id} 404']);
    await world.close();
  });

  it('trap 4 › 429 is told whole, to all instances, and never repeated blindly', async () => {
    const world = await makeZendeskWorld({ connector: { maxWaitMs: 500 } });
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.throttled(37));
    const failure = world.connector.getGroup(targetId('1'));
    await expect(failure).rejects.toMatchObject({ constructor: ThrottledError, retryAfterMs: 37_000 });
    const sent = world.simulator.stats.requests;
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(ThrottledError);
    expect(world.simulator.stats.requests).toBe(sent);
    await world.close();
  });

  it.each([
    ['HTML', zendeskFaults.edge429Html()],
    ['text', zendeskFaults.edge429Text()],
  ])('trap 4 › a 429 of the edge as %s waits a minute with jitter', async (_name, fault) => {
    const world = await makeZendeskWorld({ connector: { timeScale: 1 } });
    world.simulator.faults.next({ path: /groups/ }, fault);
    const failure = world.connector.getGroup(targetId('1'));
    await expect(failure).rejects.toMatchObject({ constructor: ThrottledError, retryAfterMs: 60_000 + 7_500 });
    await world.close();
  });

  it('maintenance with Retry-After is a wait, without it a fault', async () => {
    const world = await makeZendeskWorld();
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.errorBeforeWrite(503));
    await expect(world.connector.getGroup(targetId('1'))).rejects.toBeInstanceOf(UnavailableError);
    world.simulator.faults.next({ path: /groups/ }, zendeskFaults.maintenance(20));
    await expect(world.connector.getGroup(targetId('1'))).rejects.toMatchObject({
      constructor: ThrottledError,
      retryAfterMs: 20_000,
    });
    await world.close();
  });

  it.each(['ratelimit', 'rate-limit', 'both'] as const)('the quota is read in the spelling %s', async (spelling) => {
    const world = await makeZendeskWorld({ simulator: { requestsPerMinute: 400 } });
    world.simulator.faults.rateLimitHeaders = spelling;
    await world.connector.describe();
    expect(world.connector.quota()).toMatchObject({ limit: 400, remaining: 395, used: 5 });
    await world.close();
  });

  it('trap 4 › an update that meets another within its second takes the next place', async () => {
    const world = await makeZendeskWorld({ connector: { timeScale: 1 } });
    const user = await world.connector.createUser(aNewUser());
    const headers = { 'retry-after': '1', 'zendesk-ratelimit-create-update-user': 'total=1;remaining=0;resets=1' };
    world.simulator.faults.next({ method: 'PUT' }, { status: 429, headers, rateLimitHeaders: false });
    expect((await world.connector.updateUser(user, { name: 'Name 1' })).name).toBe('Name 1');
    world.simulator.faults.next({ method: 'PUT' }, { status: 429, headers, rateLimitHeaders: false }, 2);
    await expect(world.connector.updateUser(user, { name: 'Name 2' })).rejects.toBeInstanceOf(ThrottledError);
    await world.close();
  });

  it('trap 4 › the sixth update of one user within a minute waits', async () => {
    const world = await makeZendeskWorld({ connector: { timeScale: 10 } });
    const user = await world.connector.createUser(aNewUser());
    for (let at = 0; at < 5; at++) await world.connector.updateUser(user, { name: `Name ${at}` });
    const sixth = world.connector.updateUser(user, { name: 'Name 6' });
    await expect(sixth).rejects.toBeInstanceOf(ThrottledError);
    await world.close();
  });
});
