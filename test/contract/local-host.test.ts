import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import type { LogEvent } from '../../local/host/events';
import { type LocalHost, type StartHostOptions, startHost } from '../../local/host/start-host';
import { type BuiltFixture, buildFixture } from '../support/host-fixture/build-fixture';
import { until } from '../support/host-fixture/until';

/** No storage here: the queue function is in error then, and everything else must work. Queues have a suite of their own. */
const env = { TICK_SCHEDULE: '0 0 0 1 1 *', ONLY: 'this' };
let fixture: BuiltFixture;
const logs: LogEvent[] = [];
const options = (more: Partial<StartHostOptions> = {}): StartHostOptions => ({
  appDirectory: fixture.appDirectory,
  childScript: fixture.childScript,
  env,
  onLog: (event) => logs.push(event),
  ...more,
});
const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};
interface State {
  readonly timers: readonly { readonly scheduleStatus: unknown }[];
  readonly env: Record<string, string>;
}
const stateOf = async (host: LocalHost) => (await fetch(`${host.url}/api/state`)).json() as Promise<State>;

beforeAll(() => {
  fixture = buildFixture();
});
afterAll(() => fixture.remove());

describe('local host › process', () => {
  let host: LocalHost;
  beforeEach(() => {
    logs.length = 0;
  });
  afterEach(() => host?.stop());

  test('the app sees exactly the environment it was given', async () => {
    host = await startHost(options());
    expect((await stateOf(host)).env).toEqual(env);
  });

  test('a stop lets a running request end, then the process is gone', async () => {
    host = await startHost(options());
    const pid = host.pid;
    const slow = fetch(`${host.url}/api/slow`);
    await until(
      () => logs,
      (all) => all.some(({ message }) => message === 'slow has begun'),
    );
    await host.stop();
    expect(await (await slow).text()).toBe('done');
    expect(isAlive(pid)).toBe(false);
    await expect(fetch(`${host.url}/api/state`)).rejects.toThrow();
  });

  test('a stop cuts off what outlasts its grace time', async () => {
    host = await startHost(options());
    const endless = fetch(`${host.url}/api/endless`).then(
      (response) => response.text(),
      () => 'cut off',
    );
    await until(
      () => logs,
      (all) => all.some(({ message }) => message === 'endless has begun'),
    );
    await host.stop(50);
    expect(await endless).toBe('cut off');
  });

  test('kill and restart: a new process on the same port with the same keys', async () => {
    host = await startHost(options());
    const before = { pid: host.pid, url: host.url, key: host.functionKey('guarded') };
    await host.kill();
    expect(host.pid).toBeUndefined();
    expect(isAlive(before.pid)).toBe(false);
    await host.restart();
    expect(host.url).toBe(before.url);
    expect(host.pid).not.toBe(before.pid);
    expect((await fetch(`${host.url}/api/guarded?code=${before.key}`)).status).toBe(200);
  });

  test('an error nobody catches ends the process and is reported', async () => {
    const crashes: unknown[] = [];
    host = await startHost(options({ onCrash: (exit) => crashes.push(exit) }));
    await fetch(`${host.url}/api/crash`, { method: 'POST' });
    await until(
      () => crashes,
      (all) => all.length === 1,
    );
    expect(logs.filter(({ level }) => level === 'critical').map(({ message }) => message)).toEqual([
      expect.stringContaining('nobody caught this'),
      expect.stringContaining("The app's process ended"),
    ]);
  });

  test('an app that cannot be loaded is told in its own words, and leaves no process', async () => {
    await expect(startHost(options({ env: { ...env, FIXTURE_FAILS: 'yes' } }))).rejects.toThrow('the fixture will not load');
  });

  test('memory, start-up times and invocations are measured', async () => {
    // A large parent: the child's figure must not inherit its memory, as the kernel's maxrss does over a fork.
    const ballast = Buffer.alloc(300 * 1024 * 1024, 1);
    host = await startHost(options());
    await fetch(`${host.url}/api/slow`);
    await fetch(`${host.url}/api/broken`);
    await host.stop();
    const stats = host.stats();
    expect(stats.invocations).toMatchObject({ slow: { succeeded: 1, failed: 0 }, broken: { succeeded: 0, failed: 1 } });
    expect(stats.firstFunctionMs).toBeGreaterThan(5);
    expect(stats.readyMs).toBeGreaterThanOrEqual(stats.firstFunctionMs ?? Number.NaN);
    expect(stats.peakRssBytes).toBeGreaterThan(stats.baselineRssBytes ?? Number.NaN);
    expect(stats.peakRssBytes).toBeLessThan(ballast.length);
  });

  test('the peak of a killed process is kept', async () => {
    host = await startHost(options());
    await host.kill();
    expect(host.stats().peakRssBytes).toBeGreaterThan(20 * 1024 * 1024);
  });

  test('in this process: same behaviour, and the app still sees its own environment only', async () => {
    host = await startHost(options({ inProcess: true }));
    expect(host.pid).toBeUndefined();
    expect((await stateOf(host)).env).toEqual(env);
    await expect(host.kill()).rejects.toThrow('cannot be killed');
  });

  test('hooks see and change arguments and results, and the last one runs before the end', async () => {
    host = await startHost(options());
    expect(await (await fetch(`${host.url}/api/hooked`)).json()).toEqual({ given: 'changed by a hook', hooks: ['appStart'] });
    await host.stop();
    expect(logs.filter(({ category }) => category === 'console').map(({ message }) => message)).toEqual(['appTerminate']);
  });

  test('a function that outlasts functionTimeout counts as timed out and its caller gets a 500', async () => {
    const hasty = buildFixture({}, '00:00:00.200');
    try {
      host = await startHost(options({ appDirectory: hasty.appDirectory, childScript: hasty.childScript }));
      expect((await fetch(`${host.url}/api/slow`)).status).toBe(500);
      expect(host.stats().invocations.slow).toEqual({ succeeded: 0, failed: 0, timedOut: 1 });
    } finally {
      hasty.remove();
    }
  });

  test('a child does not outlive a parent that dies without a word', async () => {
    if (!existsSync('/proc/self')) return;
    const { spawn } = await import('node:child_process');
    const script = `
      const { fork } = require('node:child_process');
      const child = fork(${JSON.stringify(fixture.childScript)}, [], { env: {}, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', (m) => m.kind === 'ready' && console.log(child.pid));
      child.send({ kind: 'start', options: { appDirectory: ${JSON.stringify(fixture.appDirectory)}, port: 0, keys: { master: 'm', default: 'd' }, runTimersAtStart: false, messageLeaseMs: 1000 } });`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const childPid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (chunk) => resolve(Number(String(chunk)))),
    );
    try {
      expect(isAlive(childPid)).toBe(true);
      parent.kill('SIGKILL');
      await until(
        () => isAlive(childPid),
        (alive) => !alive,
      );
    } finally {
      if (isAlive(childPid)) process.kill(childPid, 'SIGKILL');
    }
  });
});

describe('local host › timers', () => {
  let host: LocalHost;
  afterEach(() => host?.stop());

  test('fires at once when asked to, on its own otherwise, and on demand', async () => {
    host = await startHost(options({ runTimersAtStart: true }));
    await until(
      () => stateOf(host),
      ({ timers }) => timers.length === 1,
    );
    await host.runTimer('tick');
    const { timers } = await stateOf(host);
    expect(timers).toEqual([
      {
        isPastDue: false,
        schedule: { adjustForDST: true },
        scheduleStatus: { last: '0001-01-01T00:00:00', next: expect.any(String), lastUpdated: expect.any(String) },
      },
      {
        isPastDue: false,
        schedule: { adjustForDST: true },
        scheduleStatus: { last: expect.stringMatching(/^20/), next: expect.any(String), lastUpdated: expect.any(String) },
      },
    ]);
    await expect(host.runTimer('nobody')).rejects.toThrow('no timer function');
  });

  test('ticks by its schedule, without overlap', async () => {
    host = await startHost(options({ env: { ...env, TICK_SCHEDULE: '* * * * * *' } }));
    const { timers } = await until(
      () => stateOf(host),
      (state) => state.timers.length >= 2,
    );
    // Azure keeps no status for a schedule of less than a minute.
    expect(timers[0]?.scheduleStatus).toBeNull();
  });

  test('a tick missed while the host was down is made up for once, past due', async () => {
    const timerStatusFile = `${fixture.appDirectory}/timers.json`;
    const { writeFileSync } = await import('node:fs');
    const last = new Date(Date.now() - 2 * 366 * 86_400_000).toISOString();
    writeFileSync(timerStatusFile, JSON.stringify({ tick: { last, next: last, lastUpdated: last } }));
    host = await startHost(options({ timerStatusFile }));
    await until(
      () => stateOf(host),
      ({ timers }) => timers.length === 1,
    );
    expect((await stateOf(host)).timers).toMatchObject([{ isPastDue: true, scheduleStatus: { last } }]);
    await host.kill();
    await host.restart();
    expect((await stateOf(host)).timers).toEqual([]);
  });

  test('a timer whose setting is missing is in error; the others run', async () => {
    host = await startHost(options());
    expect(host.functions.find(({ name }) => name === 'brokenTimer')?.error).toContain('%NOT_SET%');
  });
});

describe.each([
  ['whole bodies', {}],
  ['streamed bodies', { FIXTURE_STREAMS: 'yes' }],
])('local host › HTTP with %s', (_name, more) => {
  let host: LocalHost;
  beforeAll(async () => {
    host = await startHost(options({ env: { ...env, ...more } }));
  });
  afterAll(() => host?.stop());
  const get = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);

  test('keys › 401 without, function level takes its own key, the host key and the master key', async () => {
    const withKey = async (path: string, key: string) => (await get(path, { headers: { 'x-functions-key': key } })).status;
    const bare = await get('/api/guarded');
    expect([bare.status, await bare.text()]).toEqual([401, '']);
    expect((await get(`/api/guarded?code=${host.functionKey('guarded')}`)).status).toBe(200);
    expect(await withKey('/api/guarded', host.functionKey('guarded'))).toBe(200);
    expect(await withKey('/api/guarded', host.keys.default)).toBe(200);
    expect(await withKey('/api/guarded', host.keys.master)).toBe(200);
    expect(await withKey('/api/guarded', host.functionKey('echo'))).toBe(401);
    expect(await withKey('/api/guarded', '')).toBe(401);
    expect(await withKey('/api/adminonly', host.functionKey('adminOnly'))).toBe(401);
    expect(await withKey('/api/adminonly', host.keys.default)).toBe(401);
    expect(await withKey('/api/adminonly', host.keys.master)).toBe(200);
  });

  test('routes › the first function by name takes the request, literal or not', async () => {
    expect(await (await get('/api/things/special?a=1&b=x%20y')).json()).toEqual({
      by: 'id',
      id: 'special',
      query: { a: '1', b: 'x y' },
    });
    expect(host.functions.map(({ name }) => name)).toEqual(
      [...host.functions.map(({ name }) => name)].sort((a, b) => (a.toUpperCase() < b.toUpperCase() ? -1 : 1)),
    );
  });

  test('routes › parameters, constraints, options, case, encoding, HEAD', async () => {
    expect(await (await get('/api/numbers/7')).json()).toEqual({ n: '7' });
    expect(await (await get('/API/Numbers/7/km')).json()).toEqual({ n: '7', unit: 'km' });
    expect((await get('/api/numbers/0')).status).toBe(404);
    expect((await get('/api/numbers/x')).status).toBe(404);
    expect((await get('/api/numbers/7/km/more')).status).toBe(404);
    expect((await get('/api/nowhere')).status).toBe(404);
    expect((await get('/things/1')).status).toBe(404);
    expect(await (await get('/api/things/a%2Fb%20%C3%A9')).json()).toMatchObject({ id: 'a%2Fb é' });
    expect((await get('/api/things/1', { method: 'DELETE' })).status).toBe(404);
    const head = await get('/api/things/1', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await get('/api/state', { method: 'HEAD' })).status).toBe(404);
  });

  test('bodies › binary both ways, status, headers, cookies', async () => {
    const body = randomBytes(3_000_000);
    const response = await get('/api/echo', { method: 'PUT', body });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-method')).toBe('PUT');
    expect(response.headers.get('set-cookie')).toBe('seen=yes; HttpOnly');
    expect(response.headers.get('x-sha256')).toBe(createHash('sha256').update(body).digest('hex'));
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  test('bodies › a stream arrives whole; an empty answer is 204; a throw is an empty 500', async () => {
    const lines = await get('/api/lines');
    expect([lines.headers.get('content-type'), await lines.text()]).toEqual(['text/csv', 'one\ntwo\nthree\n']);
    const nothing = await get('/api/nothing');
    expect([nothing.status, await nothing.text()]).toEqual([204, '']);
    const broken = await get('/api/broken');
    expect([broken.status, await broken.text()]).toEqual([500, '']);
  });

  test('bodies › more than 100 MB is refused unread', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const upload = request(
        `${host.url}/api/echo`,
        { method: 'POST', headers: { 'content-length': 104_857_601 } },
        (response) => {
          resolve(response.statusCode);
          upload.destroy();
        },
      );
      upload.on('error', reject);
      upload.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('admin › a timer is run by name with the master key only', async () => {
    const post = (key: string, name: string) =>
      get(`/admin/functions/${name}`, { method: 'POST', headers: { 'x-functions-key': key }, body: '{"input":""}' });
    expect((await post(host.keys.default, 'tick')).status).toBe(401);
    expect((await post(host.keys.master, 'nobody')).status).toBe(404);
    expect((await post(host.keys.master, 'tick')).status).toBe(202);
    await until(
      () => stateOf(host),
      ({ timers }) => timers.length === 1,
    );
  });
});

test('local host › with streamed bodies the first part of an answer arrives before the last is made', async () => {
  const host = await startHost(options({ env: { ...env, FIXTURE_STREAMS: 'yes' } }));
  try {
    let text = '';
    for await (const chunk of (await fetch(`${host.url}/api/lines?hold=yes`)).body ?? []) {
      text += Buffer.from(chunk).toString();
      // The rest is made only once the first part is here.
      if (text === 'one\n') await fetch(`${host.url}/api/release`, { method: 'POST' });
    }
    expect(text).toBe('one\ntwo\nthree\n');
  } finally {
    await host.stop();
  }
});
