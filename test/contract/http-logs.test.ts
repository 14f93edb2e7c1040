import { randomUUID } from 'node:crypto';
import { StateUnavailableError } from '../../src/core/errors';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { makeLogs } from '../../src/functions/logs';
import { aDirectory, ask, type HttpApp, startHttpApp } from '../support/http-app';
import { type LogEntryOptions, logEntry } from './storage/log-entry';

const { directory, application } = aDirectory();
const ann = directory.addUser({ userPrincipalName: 'ann@contoso.com', displayName: 'Ann', mail: 'ann.mail@contoso.com' });
const purged = randomUUID();
const FORMULA = "=cmd|' /C calc'!A0";
const HOSTILE = [
  FORMULA,
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '  =1',
  '\u0000=1',
  '＝1',
  '"quoted",x',
  'a\nb',
  '<script>alert(1)</script>',
];

let world: HttpApp;
let logs: ReturnType<typeof makeLogs>;
let clock = Date.parse('2026-01-15T10:00:00Z');
/** Records an entry a second after the one before. */
const record = async (change: string, options: LogEntryOptions = {}): Promise<void> => {
  clock += 1_000;
  const entry = logEntry('cycle-a', change, { at: new Date(clock).toISOString(), sourceId: `src-${change}`, ...options });
  await world.app.deps.log.record({ ...entry, id: change });
};
const get = (query: string) => ask(logs, `logs?${query}`);
interface List {
  readonly value: readonly ProvisioningLogEntry[];
  readonly '@odata.nextLink'?: string;
}
const changesOf = async (response: Response): Promise<string[]> =>
  ((await response.json()) as List).value.map((entry) => entry.changeId);

beforeAll(async () => {
  world = await startHttpApp(directory, application);
  logs = makeLogs(world.getApp);
  for (const [index, name] of HOSTILE.entries()) await record(`h${index}`, { name, sourceId: `hostile-${index}`, targetId: '' });
  await record('a1', {
    sourceId: ann,
    targetId: '',
    name: 'Ann',
    upn: 'ann@contoso.com',
    status: 'failure',
    errorCode: 'EntryConflict',
  });
  await record('a2', { sourceId: ann, targetId: '77', name: 'Ann', upn: 'ann@contoso.com', action: 'create' });
  await record('a3', { sourceId: ann, targetId: '77', name: 'Ann', upn: 'old.ann@contoso.com' });
  await record('p1', { sourceId: purged, targetId: '88', name: 'Gone', upn: 'gone@contoso.com', action: 'disable' });
  await record('s1', { status: 'skipped', skipReason: 'RedundantExport', action: 'other', name: 'Somebody' });
});
afterAll(() => world?.stop());

describe('GET logs › pages', () => {
  test('newest first, in the shape of Graph', async () => {
    const response = await get('$top=3');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const body = (await response.json()) as List;
    expect(body.value.map((entry) => entry.changeId)).toEqual(['s1', 'p1', 'a3']);
    expect(body.value[0]).toMatchObject({
      provisioningStatusInfo: { status: 'skipped', errorInformation: null },
      provisioningAction: 'other',
    });
  });

  test('following the links gives everything once, and no key travels in a link', async () => {
    const seen: string[] = [];
    let next: string | undefined = 'https://app.example/api/logs?$top=4&code=secret-key';
    for (let pages = 0; next !== undefined && pages < 20; pages += 1) {
      const body = (await (await ask(logs, next)).json()) as List;
      seen.push(...body.value.map((entry) => entry.changeId));
      next = body['@odata.nextLink'];
      expect(next ?? '').not.toContain('secret-key');
    }
    expect(seen).toEqual(['s1', 'p1', 'a3', 'a2', 'a1', ...HOSTILE.map((_, index) => `h${index}`).reverse()]);
  });

  test.each([
    ["status eq 'failure'", ['a1']],
    ["cycleId eq 'CYCLE-A' and action eq 'create'", ['a2']],
    ["skipReason eq 'RedundantExport'", ['s1']],
    ["errorCode eq 'EntryConflict'", ['a1']],
    ["targetIdentity/id eq '88'", ['p1']],
    ["sourceIdentity/displayName eq 'Ann' and targetIdentity/id eq '77'", ['a3', 'a2']],
    ["sourceIdentity/displayName eq 'ann'", []],
    ["contains(sourceIdentity/displayName,'omebod')", ['s1']],
    ['activityDateTime gt 2026-01-15T10:00:17Z', ['s1']],
    ["jobId eq 'nobody'", []],
    ["cycleId eq 'a' and cycleId eq 'b'", []],
  ])('$filter=%s', async (filter, expected) => {
    expect(await changesOf(await get(`$filter=${encodeURIComponent(filter)}`))).toEqual(expected);
  });

  test.each([
    ['the Entra id', ann, ['a3', 'a2', 'a1']],
    ['the Zendesk id, also for entries from before the account', '77', ['a3', 'a2', 'a1']],
    ['the UPN', 'ANN@contoso.com', ['a3', 'a2', 'a1']],
    ['the e-mail', 'ann.mail@contoso.com', ['a3', 'a2', 'a1']],
    ['a former UPN', 'old.ann@contoso.com', ['a3', 'a2', 'a1']],
    ['the UPN of somebody purged', 'gone@contoso.com', ['p1']],
    ['nobody', 'nobody@contoso.com', []],
  ])('a person by %s', async (_, name, expected) => {
    expect(await changesOf(await get(`person=${encodeURIComponent(name)}`))).toEqual(expected);
  });

  test('a link leads to the app, whatever host the caller wrote', async () => {
    const { config } = world.app;
    const inAzure = { ...config, notification: { ...config.notification, appUrl: 'https://prov.azurewebsites.net' } };
    const handler = makeLogs(() => ({ ...world.app, config: inAzure }));
    const body = (await (await ask(handler, 'https://evil.example/api/logs?$top=1&code=secret-key')).json()) as List;
    expect(body['@odata.nextLink']).toMatch(/^https:\/\/prov\.azurewebsites\.net\/api\/logs\?\$top=1&\$skiptoken=[\w-]+$/);
  });

  test('the pages after the first are about the same person', async () => {
    const first = (await (await get('person=ann@contoso.com&$top=1')).json()) as List;
    const link = first['@odata.nextLink'] ?? '';
    expect(new URL(link).searchParams.get('person')).toBe(ann);
    expect(await changesOf(await ask(logs, link))).toEqual(['a2']);
  });

  test.each([
    ["$filter=foo eq 'x'", '$filter'],
    ['$top=0', '$top'],
    ['$top=1001', '$top'],
    ['$top=x', '$top'],
    ['$skiptoken=nonsense', '$skiptoken'],
    ['top=5', 'top'],
    ['$top=1&$top=2', '$top'],
    ['person=%20', 'person'],
    ['format=xml', 'format'],
    ['part=steps', 'part'],
    ['format=csv&part=all', 'part'],
  ])('%s is refused', async (query, pointer) => {
    const response = await get(query);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ code: 'BadRequest', errors: [{ pointer }] });
  });

  test('a refused filter says where and what is allowed', async () => {
    const body = await (await get(`$filter=${encodeURIComponent("status eq 'success' and foo eq 'x'")}`)).json();
    expect(body).toMatchObject({ errors: [{ offset: 24, allowed: expect.arrayContaining(['cycleId', 'status']) }] });
  });
});

describe('GET logs › downloads', () => {
  test('JSON: every entry, newest first', async () => {
    const response = await get('format=json');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="ProvisioningLogs_[\dT-]+\.json"$/);
    const entries = (await response.json()) as ProvisioningLogEntry[];
    expect(entries).toHaveLength(HOSTILE.length + 5);
    expect(entries[0]?.changeId).toBe('s1');
  });

  test('JSON of nothing is an empty list', async () => {
    expect(await (await get('format=json&person=nobody@contoso.com')).json()).toEqual([]);
  });

  test('CSV: hostile names come out harmless', async () => {
    const response = await get("format=csv&$filter=contains(sourceIdentity/id,'hostile')");
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="ProvisioningLogs_[\dT-]+\.csv"$/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const rows = csv(Buffer.from(await response.arrayBuffer()).toString('utf8'));
    const [header, ...lines] = rows;
    const column = (name: string): string[] => lines.map((line) => line[header?.indexOf(name) ?? -1] ?? '');
    expect(column('sourceId').reverse()).toEqual(HOSTILE.map((_, index) => `hostile-${index}`));
    expect(column('sourceDisplayName').reverse()).toEqual([
      `'${FORMULA}`,
      "'+1+1",
      "'-2+3",
      "'@SUM(A1)",
      "'\t=1",
      "'\r=1",
      "'\n=1",
      "'  =1",
      "'=1",
      "'＝1",
      '"quoted",x',
      'a\nb',
      '<script>alert(1)</script>',
    ]);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[\s\p{Cc}]*[=+\-@＝＋－＠]/u);
    for (const line of lines) expect(line).toHaveLength(header?.length ?? 0);
  });

  test('CSV: steps and properties are joined by the change id', async () => {
    const steps = csv(await (await get(`format=csv&part=steps&person=${ann}`)).text());
    expect(steps.map((line) => line.slice(0, 4))).toEqual([
      ['changeId', 'cycleId', 'number', 'name'],
      ...[
        ['a3', 'EntryExportUpdate'],
        ['a2', 'EntryExportAdd'],
        ['a1', 'EntryExportUpdate'],
      ].map(([change, name]) => [change, 'cycle-a', '1', name]),
    ]);
    const properties = csv(await (await get(`format=csv&part=properties&person=${ann}&$top=1`)).text());
    expect(properties).toEqual([
      ['changeId', 'cycleId', 'displayName', 'oldValue', 'newValue'],
      ['a3', 'cycle-a', 'name', '', 'x'],
    ]);
  });

  test('what breaks off says so; what fails at once is refused', async () => {
    const { deps } = world.app;
    const [entry] = (await deps.log.query({}, 1)).entries;
    let calls = 0;
    const query = async () => {
      calls += 1;
      if (calls > 1) throw new StateUnavailableError('Storage is down');
      return { entries: Array.from({ length: 500 }, () => entry as ProvisioningLogEntry), next: 'x' };
    };
    const handler = makeLogs(() => ({ ...world.app, deps: { ...deps, log: { ...deps.log, query } } }));
    const lines = csv(await (await ask(handler, 'logs?format=csv')).text());
    expect(lines).toHaveLength(502);
    expect(lines.at(-1)?.join()).toMatch(/^INCOMPLETE,.*PROV_STATE_UNAVAILABLE/);
    calls = 0;
    const text = await (await ask(handler, 'logs?format=json')).text();
    expect(() => JSON.parse(text)).toThrow();
    expect(text).toMatch(/INCOMPLETE.*PROV_STATE_UNAVAILABLE/);
    const refused = await ask(handler, 'logs?format=csv');
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'PROV_STATE_UNAVAILABLE' });
  });
});

/** A strict reader of RFC 4180. @throws when a quotation mark stands where none may. */
function csv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  let row: string[] = [];
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; at = cell.lastIndex) {
    cell.lastIndex = at;
    const found = cell.exec(text);
    if (!found) throw new Error(`No cell at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    row.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'));
    if (found[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
