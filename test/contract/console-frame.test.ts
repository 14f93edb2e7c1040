import type { App } from '../../src/compose';
import { readJob } from '../../src/engine/job/job-state';
import { APPROVER, OPERATOR, READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aStatusApp, compose, nameObject, type StatusApp, seedHistory } from '../unit/pages/status-app';

const HOUR_MS = 3600_000;

async function anApp(settings: Readonly<Record<string, string>> = {}): Promise<StatusApp> {
  const world = aStatusApp({ ...SIGNED_IN, ...settings });
  await seedHistory(world.deps);
  return world;
}

const paused = async ({ deps }: StatusApp): Promise<boolean> => (await readJob(deps.state)).value.paused;

const operations = async ({ deps }: StatusApp) =>
  (await deps.log.query({}, 100)).entries.filter((entry) => entry.provisioningSteps[0]?.name === 'JobOperation');

describe('who may come in', () => {
  test('nobody is led to the sign-in and back to where they wanted to go, on this host only', async () => {
    const { app } = await anApp();
    const page = await visit(() => app, undefined).get('/api/console/log?status=failure');
    expect(page.status).toBe(303);
    expect(page.headers['location']).toBe(
      `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent('/api/console/log?status=failure')}`,
    );
  });

  test('an address that begins with two slashes does not lead elsewhere', async () => {
    const { app } = await anApp();
    const page = await visit(() => app, undefined).get('/api/console//evil.example/');
    const back = decodeURIComponent(page.headers['location']?.split('post_login_redirect_uri=')[1] ?? '');
    expect(back.startsWith('/api/console/')).toBe(true);
  });

  test('where signing in is not set up, the page says how to switch it on, whatever the headers say', async () => {
    for (const settings of [{ WEBSITE_AUTH_ENABLED: 'False' }, { CONSOLE_CLIENT_ID: '' }]) {
      const { app } = await anApp(settings);
      const page = await visit(() => app, APPROVER).get('');
      expect(page.status).toBe(403);
      expect(textOf(page)).toContain('console-registration.sh');
      expect(textOf(page)).not.toContain('contoso');
    }
  });

  test('without a role the page names the role to ask for', async () => {
    const { app } = await anApp();
    const page = await visit(() => app, { ...READER, roles: [] }).get('');
    expect(page.status).toBe(403);
    expect(textOf(page)).toContain('Provisioning.Read');
  });

  test('a function key opens nothing', async () => {
    const { app } = await anApp();
    const visitor = visit(() => app, undefined);
    expect((await visitor.get('/api/console?code=key', { 'x-functions-key': 'key' })).status).toBe(303);
    expect((await visitor.post('', { act: 'pause', items: 'stop' }, { 'x-functions-key': 'key' })).status).toBe(401);
  });

  test('while the settings are wrong, whoever may read sees every problem, and nobody else any', async () => {
    const broken = (): App => compose({ ...SIGNED_IN, CYCLE_SCHEDULE: 'often' });
    expect(textOf(await visit(broken, READER).get(''))).toContain('CYCLE_SCHEDULE');
    expect((await visit(broken, undefined).get('')).status).toBe(303);
    const blind = (): App => compose({ ...SIGNED_IN, ENTRA_TENANT_ID: 'nowhere' });
    const page = await visit(blind, READER).get('');
    expect(page.status).toBe(503);
    expect(page.body).not.toContain('nowhere');
  });

  test('a page that is not there', async () => {
    const { app } = await anApp();
    expect((await visit(() => app, READER).get('no/such/page')).status).toBe(404);
    expect((await visit(() => app, READER).get('%E0%A4%A')).status).toBe(404);
  });
});

describe('what a page allows a browser to do', () => {
  test('nothing from elsewhere, no frame, no script of others, no cache, no referrer', async () => {
    const { app } = await anApp();
    for (const path of ['', 'no/such/page']) {
      const { headers, body } = await visit(() => app, READER).get(path);
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(policy).not.toContain('unsafe-inline');
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(body).not.toMatch(/ on\w+="| style="/);
    }
  });
});

describe('forms', () => {
  test('an operator pauses the job; the log has their name and object id', async () => {
    const world = await anApp();
    const page = await visit(() => world.app, OPERATOR).act('', 'pause', { items: 'stop' });
    expect(textOf(page)).toContain('The job was paused. What is in the queue waits there.');
    expect(await paused(world)).toBe(true);
    const [entry] = await operations(world);
    expect(entry?.initiatedBy).toEqual({ id: OPERATOR.id, displayName: OPERATOR.name, initiatorType: 'user' });
  });

  test('a reader sees no form, and one made up is refused', async () => {
    const world = await anApp();
    const reader = visit(() => world.app, READER);
    expect((await reader.get('')).body).not.toContain('name="act"');
    const page = await reader.post('', { act: 'pause', items: 'stop', token: 'x' });
    expect(page.status).toBe(403);
    expect(textOf(page)).toContain('Provisioning.Operate');
    expect(await paused(world)).toBe(false);
  });

  test('forged: no token, of another person, changed, from another site', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const mine = await operator.token('');
    const theirs = await visit(() => world.app, APPROVER).token('');
    const [hour = '', form = '', mac = ''] = mine.split('.');
    const attempts: [string, Record<string, string>][] = [
      ['', {}],
      [theirs, {}],
      [`${hour}.${form.replace(/^./, (one) => (one === 'A' ? 'B' : 'A'))}.${mac}`, {}],
      [`${Number(hour) + 1}.${form}.${mac}`, {}],
      [mine, { 'sec-fetch-site': 'cross-site' }],
      [mine, { 'sec-fetch-site': 'same-site' }],
    ];
    for (const [token, headers] of attempts) {
      const page = await operator.post('', { act: 'pause', items: 'stop', token }, headers);
      expect([token, headers, page.status]).toEqual([token, headers, 403]);
      expect(textOf(page)).toContain('Nothing was done');
    }
    expect(await paused(world)).toBe(false);
    expect(await operations(world)).toHaveLength(0);
  });

  test('an older browser is judged by its origin', async () => {
    const { app } = await anApp();
    const operator = visit(() => app, OPERATOR);
    const send = async (headers: Record<string, string>) => {
      const token = await operator.token('');
      const request = { act: 'pause', items: 'stop', token };
      // Without the header that a browser of today sends.
      const { 'sec-fetch-site': _, ...old } = { 'sec-fetch-site': '', ...headers };
      return (await visitWithoutFetchSite(app).post('', request, old)).status;
    };
    expect(await send({ origin: 'https://evil.example' })).toBe(403);
    expect(await send({ origin: 'https://app.example' })).toBe(303);
    expect(await send({ origin: 'null' })).toBe(303);
  });

  test('sent twice it is done once, and both lead to the same result', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const sent = { act: 'pause', items: 'finish', token: await operator.token('') };
    const [first, second] = [await operator.post('', sent), await operator.post('', sent)];
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(second.headers['location']).toBe(first.headers['location']);
    expect(await operations(world)).toHaveLength(1);
  });

  test('sent twice at the same moment it is done once', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const sent = { act: 'pause', items: 'finish', token: await operator.token('') };
    const pages = await Promise.all([1, 2, 3].map(() => operator.post('', sent)));
    expect(pages.filter(({ status }) => status === 303).length).toBeGreaterThanOrEqual(1);
    expect(await operations(world)).toHaveLength(1);
  });

  test('a page that was open for hours asks once more; one of days ago is refused', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const sent = { act: 'pause', items: 'stop', token: await operator.token('') };
    world.now = new Date(world.now.getTime() + 5 * HOUR_MS);
    const old = await operator.post('', sent);
    expect(old.status).toBe(409);
    expect(textOf(old)).toContain('pause the job at once');
    expect(await paused(world)).toBe(false);
    const again = Object.fromEntries(
      [...old.body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, a = '', b = '']) => [a, b]),
    );
    expect(again).toMatchObject({ act: 'pause', items: 'stop' });
    expect((await operator.post('', again)).status).toBe(303);
    expect(await paused(world)).toBe(true);
    world.now = new Date(world.now.getTime() + 72 * HOUR_MS);
    expect((await operator.post('', sent)).status).toBe(403);
  });

  test('a session that has ended loses nothing of what was typed', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const sent = { act: 'pause', items: 'stop', token: await operator.token('') };
    const page = await visit(() => world.app, undefined).post('', sent);
    expect(page.status).toBe(401);
    expect(page.body).toContain(`value="${sent.token}"`);
    expect(page.body).toContain('value="stop"');
    expect(await paused(world)).toBe(false);
    expect((await operator.post('', sent)).status).toBe(303);
  });

  test('fields that do not fit, an act that is not there, a body that is not a form', async () => {
    const world = await anApp();
    const operator = visit(() => world.app, OPERATOR);
    const token = () => operator.token('');
    expect((await operator.post('', { act: 'pause', items: 'sideways', token: await token() })).status).toBe(400);
    expect((await operator.post('', { act: 'pause', items: 'stop', more: '1', token: await token() })).status).toBe(400);
    expect((await operator.post('', { act: 'explode', token: await token() })).status).toBe(400);
    expect((await operator.post('', { act: 'toString', token: await token() })).status).toBe(400);
    expect((await operator.post('', { act: 'pause' }, { 'content-type': 'text/plain' })).status).toBe(400);
    expect(await paused(world)).toBe(false);
  });

  test('two operators at once: the second one is told that it was done already', async () => {
    const world = await anApp();
    const [one, other] = [visit(() => world.app, OPERATOR), visit(() => world.app, APPROVER)];
    const sent = { act: 'pause', items: 'stop', token: await other.token('') };
    await one.act('', 'pause', { items: 'stop' });
    const result = await other.post('', sent);
    expect(textOf(await other.get(result.headers['location'] ?? ''))).toContain('paused in this way already');
  });
});

describe('names of strangers', () => {
  test('are text, in their own direction, and end', async () => {
    const world = await anApp();
    const hostile = '"><img src=x onerror=alert(1)>\u202e\u0000';
    await nameObject(world.deps, 1, hostile + 'x'.repeat(10_000));
    const page = await visit(() => world.app, { ...OPERATOR, name: hostile }).get('');
    expect(page.body).not.toContain('<img');
    expect(page.body).toContain('&lt;img');
    expect(page.body).not.toContain('\u0000');
  });
});

/** A browser that sends no `Sec-Fetch-Site`. */
function visitWithoutFetchSite(app: App) {
  const visitor = visit(() => app, OPERATOR);
  return {
    post: (path: string, fields: Record<string, string>, headers: Record<string, string>) =>
      visitor.post(path, fields, { ...headers, 'sec-fetch-site': undefined as unknown as string }),
  };
}
