import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { type LocalHost, startHost } from '../../local/host/start-host';
import { openApiDocument } from '../../src/functions/openapi-document';
import { aDirectory, type HttpApp, startHttpApp } from '../support/http-app';
import { logEntry } from './storage/log-entry';

/** The built app under the local host, asked over HTTP: what answers there is what the document says. */
const { directory, application, agent } = aDirectory();
const ann = directory.addUser({ userPrincipalName: 'ann@contoso.com', displayName: 'Ann', mail: 'ann@contoso.com' });
directory.assign(ann, agent);

const ENTRIES = 550;
let world: HttpApp;
let host: LocalHost;
let folder: string;

beforeAll(async () => {
  mkdirSync('out', { recursive: true });
  folder = mkdtempSync(join(process.cwd(), 'out', 'http-host-'));
  execFileSync(process.execPath, ['scripts/build.mjs', '--only', 'main,app,local/child', '--out', join(folder, 'dist')], {
    stdio: 'pipe',
  });
  for (const file of ['package.json', 'host.json', 'provisioning-schema.json']) copyFileSync(file, join(folder, file));
  world = await startHttpApp(directory, application);
  await world.cycle();
  const { log } = world.app.deps;
  for (let from = 0; from < ENTRIES; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        log.record(
          logEntry(`cycle-${from + n}`, `change-${from + n}`, {
            at: new Date(Date.UTC(2026, 0, 1) + (from + n) * 1000).toISOString(),
          }),
        ),
      ),
    );
  }
  host = await startHost({
    appDirectory: folder,
    childScript: join(folder, 'dist/local/child.js'),
    // Streams are on in Azure only, which this setting tells; the local host can take them.
    env: { ...world.env, PROVISIONING_STATUS: 'Off', WEBSITE_SITE_NAME: 'app' },
    storageConnectionString: world.azurite.connectionString,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await host?.stop();
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = (path: string, init: { readonly body?: string; readonly key?: string } = {}) =>
  fetch(`${host.url}/api/${path}`, {
    method: init.body === undefined ? 'GET' : 'POST',
    headers: { 'x-functions-key': init.key ?? host.keys.default },
    ...(init.body !== undefined && { body: init.body }),
  });

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
const document = JSON.parse(JSON.stringify(openApiDocument()));
ajv.addSchema({ $id: 'app:document', ...document });

/** Fails with the validator's words where an answer is not what the document says of that route and status. */
async function documented(path: string, init: Parameters<typeof call>[1] = {}): Promise<{ status: number; body: unknown }> {
  const response = await call(path, init);
  const route = `/api/${path.split('?')[0]}`;
  const answer = document.paths[route][init.body === undefined ? 'get' : 'post'].responses[response.status];
  expect({ route, status: response.status, isDocumented: answer !== undefined }).toMatchObject({ isDocumented: true });
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const { schema } = answer.content[type];
  const body = await response.json();
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"app:document#/components/')));
  validate(body);
  expect({ route, errors: validate.errors ?? [] }).toEqual({ route, errors: [] });
  return { status: response.status, body };
}

test.each<[string, number, string?]>([
  ['health', 200],
  ['status', 200],
  ['openapi.json', 200],
  ['logs?$top=5', 200],
  ['logs?$top=nothing', 400],
  ['status?__proto__=1', 400],
  ['health?x=1', 400],
  ['auditLogs/provisioning?$top=5', 200],
  ['auditLogs/provisioning?$filter=nonsense', 400],
  ['explain?person=ann@contoso.com', 200],
  ['explain?person=nobody@contoso.com', 404],
  ['schema', 200],
  ['test-connection', 200, '{}'],
  ['schema/parse-expression', 200, '{"expression":"Join(\\"-\\", \\"a\\", [mail])","sourceId":"ann@contoso.com"}'],
  ['schema/parse-expression', 200, '{"expression":"Nonsense("}'],
  ['schema/parse-expression', 400, '{'],
  ['schema/evaluate-filter', 200, '{"filter":{"groups":[{"clauses":[{"sourceOperandName":"mail","operatorName":"IS NULL"}]}]}}'],
  ['on-demand', 200, '{"subjects":["ann@contoso.com"],"dryRun":true}'],
])('%s answers %d as documented', async (...[path, status, body]) => {
  expect((await documented(path, body === undefined ? {} : { body })).status).toBe(status);
});

test('a body over 1 MiB is refused by every function that takes one', async () => {
  for (const path of ['schema/parse-expression', 'schema/evaluate-filter', 'on-demand', 'job/run', 'plan']) {
    const { status, body } = await documented(path, { body: `{"expression":"${'x'.repeat(1_048_576)}"}` });
    expect([path, status, (body as { code: string }).code]).toEqual([path, 413, 'PayloadTooLarge']);
  }
});

test('a key opens its own function and no other', async () => {
  expect((await call('logs', { key: host.functionKey('logs') })).status).toBe(200);
  expect((await call('logs', { key: host.functionKey('jobRun') })).status).toBe(401);
  expect((await call('explain?person=x', { key: 'wrong' })).status).toBe(401);
});

test('a download comes in pieces, whole, and named', async () => {
  const response = await call('logs?format=json');
  expect(response.headers.get('content-length')).toBeNull();
  expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
  let pieces = 0;
  let text = '';
  for await (const piece of response.body ?? []) {
    pieces += 1;
    text += Buffer.from(piece).toString('utf8');
  }
  expect(pieces).toBeGreaterThan(2);
  const entries = JSON.parse(text) as { changeId: string }[];
  expect(new Set(entries.map((entry) => entry.changeId)).size).toBe(entries.length);
  expect(entries.length).toBeGreaterThan(ENTRIES);
});
