import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatLogLine } from '../../local/host/events';
import { isLogged, readHostSettings } from '../../local/host/host-json';
import { parseSchedule } from '../../local/host/ncrontab';
import { parseRoute } from '../../local/host/route-template';

const root = resolve(__dirname, '../..');

describe('NCRONTAB', () => {
  test.each([
    ['every 20 minutes', '0 */20 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:20:00Z'],
    ['strictly after', '0 0 * * * *', '2026-01-01T05:00:00Z', '2026-01-01T06:00:00Z'],
    ['milliseconds are passed over', '* * * * * *', '2026-01-01T00:00:00.999Z', '2026-01-01T00:00:01Z'],
    ['lists and ranges', '5,10-12 0 0 * * *', '2026-01-01T00:00:10Z', '2026-01-01T00:00:11Z'],
    ['range with a step', '0 0-30/15 * * * *', '2026-01-01T00:30:00Z', '2026-01-01T01:00:00Z'],
    ['from a value with a step, to the end', '0 50/5 * * * *', '2026-01-01T00:50:00Z', '2026-01-01T00:55:00Z'],
    ['weekday names, across a weekend', '0 30 9 * * Mon-Fri', '2026-01-02T10:00:00Z', '2026-01-05T09:30:00Z'],
    ['month names, in full', '0 0 0 1 january,JUL *', '2026-02-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['year end', '59 59 23 31 12 *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59Z'],
    ['leap day', '0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['day and weekday must both match', '0 0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-02-13T00:00:00Z'],
    ['five fields have no seconds', '*/5 * * * *', '2026-01-01T00:00:01Z', '2026-01-01T00:05:00Z'],
    ['day 31 skips short months', '0 0 0 31 * *', '2026-01-31T00:00:00Z', '2026-03-31T00:00:00Z'],
  ])('%s', (_rule, expression, after, expected) => {
    expect(parseSchedule(expression).next(new Date(after)).toISOString()).toBe(new Date(expected).toISOString());
  });

  test.each([
    '',
    '* * * *',
    '60 * * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '0 0 0 * 13 *',
    '0 0 0 * * 7',
    '5-1 * * * * *',
    '*/0 * * * * *',
    '* * * * * Xyz',
    '00:20:00',
    '@hourly',
  ])('refuses "%s"', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(/Schedule/);
  });

  test('a date that never comes is an error, not an endless loop', () => {
    expect(() => parseSchedule('0 0 0 30 2 *').next(new Date())).toThrow('never occurs');
  });
});

describe('route templates', () => {
  test.each([
    ['api/openapi.json', 'api/openapi.json', {}],
    ['api/openapi.json', 'api/openapiXjson', undefined],
    ['api/plan/{id}/apply', 'API/Plan/7/Apply', { id: '7' }],
    ['api/plan/{id}', 'api/plan', undefined],
    ['api/plan/{id}', 'api/plan/', undefined],
    ['api/plan/{id?}', 'api/plan', {}],
    ['api/plan/{id=latest}', 'api/plan', { id: 'latest' }],
    ['api/files/{*path}', 'api/files/a/b.txt', { path: 'a/b.txt' }],
    ['api/files/{name}.{ext}', 'api/files/a.txt', { name: 'a', ext: 'txt' }],
    ['api/{id:guid}', 'api/00000000-0000-0000-0000-000000000001', { id: '00000000-0000-0000-0000-000000000001' }],
    ['api/{id:guid}', 'api/1', undefined],
    ['api/{id:range(2,4)}', 'api/5', undefined],
    ['api/{id:length(3)}', 'api/abc', { id: 'abc' }],
    ['api/{name:alpha:minlength(2)}', 'api/a', undefined],
    ['api/job/{do:regex(^(start|pause)$)}', 'api/job/pause', { do: 'pause' }],
    ['api/job/{do:regex(^(start|pause)$)}', 'api/job/stop', undefined],
    ['api/{x:regex(^\\d{{2}}$)}', 'api/42', { x: '42' }],
    ['api/{x}', 'api/__proto__', { x: '__proto__' }],
    ['api/{x}', 'api/%E0%A4%A', { x: '%E0%A4%A' }],
  ])('%s ← %s', (template, path, expected) => {
    const found = parseRoute(template).match(path);
    expect(found === undefined ? undefined : { ...found }).toEqual(expected);
  });

  test('what is unknown is refused', () => {
    expect(() => parseRoute('api/{x:unheard}')).toThrow('unheard');
  });
});

describe('host.json', () => {
  test("the app's own file says what the documentation says", () => {
    expect(readHostSettings(root)).toMatchObject({
      functionTimeoutMs: 600_000,
      routePrefix: 'api',
      queues: {
        batchSize: 32,
        newBatchThreshold: 68,
        maxDequeueCount: 5,
        retryDelayMs: 30_000,
        maxPollingIntervalMs: 2_000,
        messageEncoding: 'base64',
      },
    });
    const { extensionBundle } = JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')) as { extensionBundle: unknown };
    expect(extensionBundle).toEqual({ id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' });
  });

  test.each([
    [{ version: '1.0' }, 'version'],
    [{ version: '2.0', functionTimeout: '10 minutes' }, 'functionTimeout'],
    [{ version: '2.0', extensions: { queues: { batchSize: 33 } } }, 'batchSize'],
    [{ version: '2.0', extensions: { queues: { messageEncoding: 'utf8' } } }, 'messageEncoding'],
    [{ version: '2.0', logging: { logLevel: { default: 'Loud' } } }, 'logLevel.default'],
  ])('%j is refused by name', (content, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'host-json-'));
    writeFileSync(join(folder, 'host.json'), JSON.stringify(content));
    expect(() => readHostSettings(folder)).toThrow(name);
    rmSync(folder, { recursive: true });
  });

  test('the longest category decides what is logged', () => {
    const levels = { default: 'warning', Function: 'information', 'Function.noisy': 'none' } as const;
    expect(isLogged(levels, 'Worker', 'information')).toBe(false);
    expect(isLogged(levels, 'Function.status.User', 'information')).toBe(true);
    expect(isLogged(levels, 'Function.noisy.User', 'critical')).toBe(false);
    expect(isLogged(levels, 'Functional', 'information')).toBe(false);
  });
});

test('a log line stays one line', () => {
  expect(formatLogLine({ at: '2026-01-01T12:00:01.000Z', level: 'warning', category: 'Worker', message: 'a\nb' })).toBe(
    '12:00:01 [warning] Worker: a\\nb',
  );
});
