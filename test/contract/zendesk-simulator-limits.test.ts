import { zendeskFaults } from '../../local/zendesk/faults';
import type { ZendeskSimulatorOptions } from '../../local/zendesk/options';
import { startZendeskSimulator, type ZendeskSimulator } from '../../local/zendesk/simulator';
import { cpuMsSince } from '../support/cpu-time';
import { type Probe, probeOf } from '../support/zendesk-probe';

let sim: ZendeskSimulator;
let probe: Probe;
let now = Date.UTC(2026, 10, 1);

async function start(options: ZendeskSimulatorOptions = {}): Promise<void> {
  sim = await startZendeskSimulator({ now: () => now, ...options });
  probe = probeOf(sim);
}
afterEach(() => sim.close());

const grant = (body: Record<string, unknown> = {}) =>
  probe(
    'POST',
    '/oauth/tokens',
    {
      grant_type: 'client_credentials',
      client_id: 'entra-provisioning',
      client_secret: 'simulated-client-secret',
      scope: 'read write',
      ...body,
    },
    null,
  );

describe('credentials', () => {
  test('trap 1: client credentials give a token that acts as the owner, expires, and can be revoked midway', async () => {
    await start();
    const token = await grant({ expires_in: 600 });
    expect([token.status, token.at('token_type'), token.at('expires_in'), token.at('scope')]).toEqual([
      201,
      'bearer',
      600,
      'read write',
    ]);
    const bearer = `Bearer ${String(token.at('access_token'))}`;
    expect((await probe('GET', '/api/v2/users/me', undefined, bearer)).at('user.role')).toBe('admin');
    now += 600_000;
    const expired = await probe('GET', '/api/v2/users/me', undefined, bearer);
    expect([expired.status, expired.at('error')]).toEqual([401, 'invalid_token']);
    const second = `Bearer ${String((await grant()).at('access_token'))}`;
    sim.expireTokens();
    expect((await probe('GET', '/api/v2/users', undefined, second)).status).toBe(401);
    const wrong = await grant({ client_secret: 'no' });
    expect([wrong.status, wrong.at('error')]).toEqual([401, 'invalid_client']);
    expect((await grant({ expires_in: 10 })).status).toBe(400);
  });

  test('trap 2: an array or unknown scope is issued, and every call is 403', async () => {
    await start();
    for (const scope of [['read', 'write'], 'reed writ']) {
      const token = await grant({ scope });
      expect(token.status).toBe(201);
      expect((await probe('GET', '/api/v2/groups', undefined, `Bearer ${String(token.at('access_token'))}`)).status).toBe(403);
    }
    const narrow = `Bearer ${String((await grant({ scope: 'users:read users:write' })).at('access_token'))}`;
    expect((await probe('GET', '/api/v2/users', undefined, narrow)).status).toBe(200);
    expect((await probe('GET', `/api/v2/users/${sim.owner.id}/identities`, undefined, narrow)).status).toBe(403);
    expect((await probe('GET', '/api/v2/groups', undefined, narrow)).status).toBe(403);
  });

  test('trap 3: users/me answers 200 with id null without or with password credentials, 401 for a wrong API token', async () => {
    await start();
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    for (const authorization of [null, basic('owner@zendesk.example:password')]) {
      const me = await probe('GET', '/api/v2/users/me', undefined, authorization);
      expect([me.status, me.at('user.id'), me.at('user.name')]).toEqual([200, null, 'Anonymous user']);
      expect((await probe('GET', '/api/v2/users', undefined, authorization)).status).toBe(401);
    }
    const wrong = await probe('GET', '/api/v2/users/me', undefined, basic('owner@zendesk.example/token:no'));
    expect([wrong.status, wrong.at('error')]).toEqual([401, "Couldn't authenticate you"]);
  });
});

describe('quotas', () => {
  test('the plan limit answers 429 with Retry-After, until the minute is over', async () => {
    await start({ requestsPerMinute: 3 });
    const first = await probe('GET', '/api/v2/groups');
    expect([
      first.headers.get('x-rate-limit'),
      first.headers.get('x-rate-limit-remaining'),
      first.headers.get('ratelimit-remaining'),
    ]).toEqual(['3', '2', '2']);
    await probe('GET', '/api/v2/groups');
    now += 20_000;
    await probe('GET', '/api/v2/groups');
    const refused = await probe('GET', '/api/v2/groups');
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('ratelimit-reset')]).toEqual([
      429,
      '40',
      '40',
    ]);
    now += 40_000;
    expect((await probe('GET', '/api/v2/groups')).status).toBe(200);
    expect([
      sim.stats.requests,
      sim.stats.throttled,
      sim.stats.peakRatePerMinute,
      sim.stats.byRoute.get('GET /api/v2/groups'),
    ]).toEqual([5, 1, 4, 5]);
  });

  test('time compression shortens the minute and says so; Retry-After stays at least one real second', async () => {
    await start({ requestsPerMinute: 1, timeScale: 60 });
    expect((await probe('GET', '/api/v2/groups')).headers.get('x-simulator-time-scale')).toBe('60');
    expect((await probe('GET', '/api/v2/groups')).headers.get('retry-after')).toBe('1');
    now += 1_000;
    expect((await probe('GET', '/api/v2/groups')).status).toBe(200);
  });

  test('trap 4: updates of users pass once a second per account and five times a minute per user', async () => {
    await start();
    const [one, two] = [sim.seed.user({ name: 'a' }), sim.seed.user({ name: 'b' })];
    const put = (id: number) => probe('PUT', `/api/v2/users/${id}`, { user: { notes: 'n' } });
    const first = await put(one.id);
    expect(first.headers.get('zendesk-ratelimit-create-update-user')).toBe('total=1;remaining=0;resets=1');
    const second = await put(two.id);
    expect([second.status, second.headers.get('retry-after'), two.notes]).toEqual([429, '1', null]);
    for (let at = 0; at < 4; at += 1) {
      now += 1_000;
      expect((await put(one.id)).status).toBe(200);
    }
    now += 1_000;
    const sixth = await put(one.id);
    expect([sixth.status, sixth.headers.get('retry-after')]).toEqual([429, '55']);
    now += 1_000;
    expect((await put(two.id)).status).toBe(200);
    expect((await probe('POST', '/api/v2/users/create_or_update', { user: { name: 'x', external_id: 'x' } })).status).toBe(429);
    // Creating is not in the lane.
    expect((await probe('POST', '/api/v2/users', { user: { name: 'y' } })).status).toBe(201);
  });

  test('quota headers come in both spellings, or not at all', async () => {
    await start();
    sim.faults.rateLimitHeaders = 'rate-limit';
    const old = await probe('GET', '/api/v2/groups');
    expect([old.headers.get('rate-limit'), old.headers.get('ratelimit-limit')]).toEqual(['700', null]);
    sim.faults.rateLimitHeaders = 'both';
    expect((await probe('GET', '/api/v2/groups')).headers.get('ratelimit-limit')).toBe('700');
    sim.faults.rateLimitHeaders = 'none';
    expect((await probe('GET', '/api/v2/groups')).headers.get('x-rate-limit')).toBeNull();
  });
});

describe('faults on demand', () => {
  test('the edge answers 429 as HTML without headers, maintenance 503 with Retry-After', async () => {
    await start();
    sim.faults.next({ path: /groups/ }, zendeskFaults.edge429Html(), 2);
    const edge = await probe('GET', '/api/v2/groups');
    expect([
      edge.status,
      edge.headers.get('content-type'),
      edge.headers.get('retry-after'),
      edge.headers.get('x-rate-limit'),
    ]).toEqual([429, 'text/html', null, null]);
    expect((await probe('GET', '/api/v2/users')).status).toBe(200);
    expect((await probe('GET', '/api/v2/groups')).status).toBe(429);
    sim.faults.next({ method: 'get' }, zendeskFaults.maintenance(7));
    expect((await probe('GET', '/api/v2/groups')).headers.get('retry-after')).toBe('7');
    expect((await probe('GET', '/api/v2/groups')).status).toBe(200);
  });

  test('a reset may come before or after the write; a delay leaves the answer alone', async () => {
    await start();
    sim.faults.next({ method: 'POST' }, zendeskFaults.reset());
    await expect(probe('POST', '/api/v2/groups', { group: { name: 'never' } })).rejects.toThrow();
    sim.faults.next({ method: 'POST' }, zendeskFaults.resetAfterWrite());
    await expect(probe('POST', '/api/v2/groups', { group: { name: 'written' } })).rejects.toThrow();
    expect([...sim.state.groups.values()].map(({ name }) => name)).toEqual(['Support', 'written']);
    sim.faults.next({}, { delayMs: 30 });
    const before = Date.now();
    expect((await probe('GET', '/api/v2/groups')).status).toBe(200);
    expect(Date.now() - before).toBeGreaterThanOrEqual(29);
    expect(sim.stats.writes.map(({ status }) => status)).toEqual([0, 0]);
  });
});

describe('paging', () => {
  test('cursor pages cover a changing list once; page=2 means offset; the depth is limited', async () => {
    await start();
    const ids = Array.from({ length: 7 }, (_, at) => sim.seed.user({ name: `u${at}`, external_id: `u${at}` }).id);
    const seen: unknown[] = [];
    let link: unknown = `${sim.url}/api/v2/users?page[size]=3`;
    while (typeof link === 'string') {
      const page = await probe('GET', link);
      seen.push(...(page.at('users') as { id: number }[]).map(({ id }) => id));
      // Deleting what was read moves offsets, not cursors.
      if (seen.length === 3) await probe('DELETE', `/api/v2/users/${ids[0]}`);
      link = page.at('links.next');
      expect(page.at('meta.has_more')).toBe(typeof link === 'string');
    }
    expect(seen).toEqual([sim.owner.id, ...ids]);
    const offset = await probe('GET', '/api/v2/users?page=2&per_page=3');
    expect([offset.at('count'), offset.at('meta'), String(offset.at('next_page')).includes('page=3')]).toEqual([
      7,
      undefined,
      true,
    ]);
    const agents = [
      sim.seed.user({ name: 'x', email: 'x@example.com', role: 'agent' }),
      sim.seed.user({ name: 'y', email: 'y@example.com', role: 'agent' }),
    ];
    const filtered = await probe('GET', '/api/v2/users?role[]=agent&page[size]=1');
    expect([filtered.at('users.0.id'), filtered.at('meta.has_more')]).toEqual([agents[0]!.id, true]);
    const last = await probe('GET', String(filtered.at('links.next')));
    expect([last.at('users.0.id'), last.at('users.length'), last.at('links.next')]).toEqual([agents[1]!.id, 1, null]);
    expect((await probe('GET', String(last.at('links.prev')))).at('users.0.id')).toBe(agents[0]!.id);
    expect((await probe('GET', '/api/v2/users?page=101')).at('error')).toBe('InvalidPaginationDepth');
    expect((await probe('GET', '/api/v2/users?page[after]=nonsense')).at('errors.0.code')).toBe('InvalidCursor');
  });

  test('the incremental export leaves the last minute out and has deleted users', async () => {
    await start();
    const user = sim.seed.user({ name: 'a' });
    await probe('DELETE', `/api/v2/users/${user.id}`);
    const since = Math.floor(now / 1000) - 3_600;
    expect((await probe('GET', `/api/v2/incremental/users/cursor?start_time=${since}`)).at('users.length')).toBe(0);
    expect((await probe('GET', `/api/v2/incremental/users/cursor?start_time=${Math.floor(now / 1000)}`)).status).toBe(422);
    now += 61_000;
    const first = await probe('GET', `/api/v2/incremental/users/cursor?start_time=${since}&per_page=1`);
    expect([first.at('users.0.id'), first.at('end_of_stream')]).toEqual([sim.owner.id, false]);
    const second = await probe('GET', String(first.at('after_url')));
    expect([second.at('users.0.id'), second.at('users.0.active'), second.at('end_of_stream')]).toEqual([user.id, false, true]);
  });
});

test('5,000 users: look-ups and full scans stay fast', async () => {
  await start();
  for (let at = 0; at < 5_000; at += 1)
    sim.seed.user({
      name: `User ${at}`,
      email: `u${at}@example.com`,
      external_id: `id-${at}`,
      role: at % 10 ? 'end-user' : 'agent',
    });
  const before = process.cpuUsage();
  for (let at = 0; at < 300; at += 1)
    expect((await probe('GET', `/api/v2/users?external_id=ID-${at * 16}`)).at('users.0.name')).toBe(`User ${at * 16}`);
  let count = 0;
  for (let link: unknown = '/api/v2/users?page[size]=100'; typeof link === 'string'; ) {
    const page = await probe('GET', link);
    count += (page.at('users') as unknown[]).length;
    link = page.at('links.next');
  }
  expect(count).toBe(5_001);
  // Well under a second on an idle machine; a quadratic scan takes many times that.
  expect(cpuMsSince(before)).toBeLessThan(5_000);
});
