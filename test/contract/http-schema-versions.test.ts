import { readFileSync } from 'node:fs';
import { TableClient } from '@azure/data-tables';
import { TABLES } from '../../src/adapters/storage/names';
import type { App } from '../../src/compose';
import { followMappings } from '../../src/current-app';
import { readJob } from '../../src/engine/job/job-state';
import { LOOK_MS } from '../../src/engine/job/mappings-in-use';
import type { Endpoint } from '../../src/functions/endpoint';
import { makeParseExpression } from '../../src/functions/parse-expression';
import { makePlanApply, makePlanCreate } from '../../src/functions/plan';
import { makeSchema } from '../../src/functions/schema';
import { makeSchemaActivate, makeSchemaStore } from '../../src/functions/schema-control';
import { makeSchemaDifferences, makeSchemaVersion, makeSchemaVersions } from '../../src/functions/schema-versions';
import { makeStatus } from '../../src/functions/status';
import { APPROVER, claimsOf, headerOf, SIGNED_IN } from '../support/console-app';
import { type JobWorld, startJobWorld } from './job-control-world';

const SHIPPED = readFileSync('provisioning-schema.json', 'utf8');
const ANN = { 'x-ms-client-principal': headerOf(claimsOf(APPROVER)) };
/** The shipped mappings with another source of names. */
function withName(expression: string, more: object = {}): string {
  const file = JSON.parse(SHIPPED);
  const { attributeMappings } = file.synchronizationRules[0].objectMappings[0];
  const at = attributeMappings.findIndex((one: { targetAttributeName: string }) => one.targetAttributeName === 'name');
  attributeMappings[at] = { targetAttributeName: 'name', source: { expression }, ...more };
  return JSON.stringify(file, null, 2);
}
const LOUD = withName('ToUpper([displayName])');

let world: JobWorld;
let ann: string;

beforeAll(async () => {
  world = await startJobWorld(SIGNED_IN);
  const role = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'User', value: 'User' });
  ann = world.directory.addUser({ userPrincipalName: 'ann@contoso.com', mail: 'ann@contoso.com', displayName: 'Ann Lee' });
  world.directory.assign(ann, role);
  await world.settle();
});
afterAll(() => world?.stop());

const call = (make: Endpoint, more: Parameters<JobWorld['call']>[2] & { readonly body?: unknown } = {}) =>
  world.call(make, more.body, { headers: ANN, ...more });
const get = (make: Endpoint, params: Record<string, string> = {}, query: Record<string, string> = {}, app: App = world.app) =>
  call(make, { method: 'GET', params, query, app });
const put = (raw: string, query: Record<string, string> = {}) => call(makeSchemaStore, { method: 'PUT', raw, query });
const activate = (version: number, body: object = {}) => call(makeSchemaActivate, { params: { version: String(version) }, body });

describe('versions of the mappings over HTTP', () => {
  it('at first there is the file, which nobody has activated', async () => {
    const { status, body } = await get(makeSchemaVersions);
    expect([status, body.activeVersion, body.versionInUse, body.hasFileChanged]).toEqual([200, 0, 0, false]);
    expect(body.value).toMatchObject([
      { schemaVersion: 0, isActive: true, isInUse: true, storedBy: null, activatedDateTime: null },
    ]);
  });

  it('a draft: every problem at once, each with its place and what is allowed', async () => {
    const { status, body } = await put(withName('ToUper([displayName])', { flowType: 'Sometimes' }));
    expect(status).toBe(400);
    const all = body.errors as { pointer: string; detail: string; allowed?: string[] }[];
    expect(all).toHaveLength(2);
    expect(all.find(({ pointer }) => pointer.endsWith('/flowType'))?.allowed).toContain('Always');
    for (const one of all) expect(one.pointer).toMatch(/^#\/synchronizationRules\/0\/objectMappings\/\d/);
    expect(all[0]?.detail).toMatch(/\(line \d+, column \d+\)$/);
    const nothing = await put('');
    expect([nothing.status, nothing.body.errors.length]).toEqual([400, 1]);
    expect((await put('PK\u0003\u0004')).body.detail).toMatch(/ZIP/);
    expect((await put(SHIPPED, { why: 'x'.repeat(501) })).status).toBe(400);
    expect((await get(makeSchemaVersions)).body.value).toHaveLength(1);
  });

  it('is stored once, with who and why, and can be read and compared', async () => {
    const first = await put(LOUD, { why: 'Capitals' });
    expect([first.status, first.body.schemaVersion, first.body.isNew, first.headers.location]).toEqual([
      201,
      1,
      true,
      '/api/schema/versions/1',
    ]);
    const again = await put(LOUD, { why: 'Again' });
    expect([again.status, again.body.schemaVersion, again.body.isNew]).toEqual([200, 1, false]);
    const [listed] = (await get(makeSchemaVersions)).body.value;
    expect(listed).toMatchObject({
      schemaVersion: 1,
      storedBy: APPROVER.name,
      storedById: APPROVER.id,
      why: 'Capitals',
      isActive: false,
      isInUse: false,
    });
    const one = await get(makeSchemaVersion, { version: '1' });
    expect(one.body).toMatchObject({ schemaVersion: 1, schema: JSON.parse(LOUD) });
    const { body } = await get(makeSchemaDifferences, { version: '1' });
    expect(body.from).toBe(0);
    expect(body.value.map(({ text }: { text: string }) => text)).toEqual([
      expect.stringMatching(/^Users: name: source: .+ → ToUpper\(\[displayName\]\)\.$/),
    ]);
    expect((await get(makeSchemaDifferences, { version: '0' }, { from: '1' })).body.value).toHaveLength(1);
    for (const version of ['2', '999999999']) expect((await get(makeSchemaVersion, { version })).status).toBe(404);
    for (const version of ['-1', 'x', '1.5']) expect((await get(makeSchemaVersion, { version })).status).toBe(404);
    expect((await get(makeSchemaDifferences, { version: '1' }, { from: '7' })).status).toBe(404);
  });

  it('a large file fits', async () => {
    const large = JSON.stringify({ ...JSON.parse(SHIPPED), metadata: ['é'.repeat(1_300_000)] });
    expect(Buffer.byteLength(large)).toBeGreaterThan(2_500_000);
    const { status, body } = await put(large);
    expect([status, body.isNew, body.detail]).toEqual([201, true, undefined]);
    const read = await get(makeSchemaVersion, { version: String(body.schemaVersion) });
    expect(read.body.schema).toEqual(JSON.parse(large));
    expect((await put(`"${'x'.repeat(4 * 1_048_576)}"`)).status).toBe(413);
  });

  it('is planned, then activated by whoever knows what is active; every instance follows', async () => {
    expect((await activate(1)).body.detail).toMatch(/there is no plan of it.*"schemaVersion": 1/);
    const plan = await call(makePlanCreate, { body: { schemaVersion: 1 } });
    expect(plan.body).toMatchObject({ status: 'planned', schema: { isInForce: false, schemaVersion: 1 }, counts: { update: 1 } });
    expect((await call(makePlanApply, { params: { id: plan.body.id } })).status).toBe(409);
    expect((await call(makePlanCreate, { body: { schemaVersion: 9 } })).status).toBe(404);
    expect((await call(makePlanCreate, { body: { schemaVersion: 1, schema: {} } })).status).toBe(400);

    const late = await activate(1, { replaces: 2 });
    expect([late.status, late.body.errors[0].pointer]).toEqual([409, '#/replaces']);
    const done = await activate(1, { replaces: 0, why: 'As agreed' });
    expect([done.status, done.body]).toMatchObject([200, { schemaVersion: 1, changed: true, versionInUse: 0 }]);
    expect((await activate(1)).body).toMatchObject({ schemaVersion: 1, changed: false });
    expect((await activate(9)).status).toBe(404);

    const other = world.compose({});
    let now = other.deps.clock();
    const following = followMappings({ ...other, deps: { ...other.deps, clock: () => now } });
    await following.look();
    expect(nameIn(following.current())).not.toContain('ToUpper');
    const schema = await get(makeSchema);
    expect([schema.body.schemaVersion, JSON.stringify(schema.body)]).toEqual([1, expect.stringContaining('ToUpper')]);

    const cycle = await world.settle();
    expect(cycle).toMatchObject({ kind: 'completed', cycleKind: 'initial' });
    expect(names()).toContain('ANN LEE');
    now = new Date(now.getTime() + LOOK_MS);
    await following.look();
    expect(nameIn(following.current())).toContain('ToUpper');
    expect(LOOK_MS).toBeLessThanOrEqual(30_000);
  });

  it('the status says which version is active, and that a changed file is not', async () => {
    const { body } = await call(makeStatus, { method: 'GET' });
    expect(body.mappings).toMatchObject({ version: 1, versionInUse: 1, by: APPROVER.name, hasFileChanged: false });
    const { state } = world.app.deps;
    const { value: job, etag } = await readJob(state);
    const mappings = job.mappings && { ...job.mappings, fileHash: 'of another deployment' };
    await state.write('job', { ...job, mappings }, etag);
    const changed = await call(makeStatus, { method: 'GET' });
    expect(changed.body.mappings.hasFileChanged).toBe(true);
    expect(changed.body.warnings).toContainEqual({
      code: 'MappingFileUnused',
      setting: 'PROVISIONING_SCHEMA',
      problem: expect.stringMatching(
        /^The mapping file was changed, and is not active: Ada Approver activated version 1 of the mappings at /,
      ),
    });
  });

  it('a damaged version in use: everything that needs mappings says so, the status too, and going back needs none', async () => {
    const { storage } = world.app.config;
    const connection = storage.kind === 'connectionString' ? storage.connectionString.reveal() : '';
    const table = TableClient.fromConnectionString(connection, TABLES.schemas, { allowInsecureConnection: true });
    for await (const row of table.listEntities<Record<string, unknown>>())
      if (String(row.partitionKey).startsWith('text'))
        await table.updateEntity({ partitionKey: String(row.partitionKey), rowKey: String(row.rowKey), json0: '"' }, 'Merge');
    const following = followMappings(world.compose({}));
    await following.look();
    const app = following.current();
    expect(app.kind).toBe('notConfigured');
    const status = await call(makeStatus, { method: 'GET', app });
    expect(status.body).toMatchObject({
      status: { code: 'NotConfigured' },
      problems: [{ setting: 'mappings version 1', problem: expect.stringContaining('damaged') }],
    });
    expect((await call(makeParseExpression, { body: { expression: '[mail]', sourceId: ann }, app })).body.code).toBe(
      'NotConfigured',
    );
    expect((await get(makeSchemaVersions, {}, {}, app)).body.activeVersion).toBe(1);
    const plan = await call(makePlanCreate, { body: { schemaVersion: 0 }, app });
    expect(plan.status).toBe(200);
    expect((await call(makeSchemaActivate, { params: { version: '0' }, body: {}, app })).body).toMatchObject({
      schemaVersion: 0,
      versionInUse: 0,
    });
    await following.look();
    await world.settle();
    expect(names()).toContain('Ann Lee');
  });
});

const names = () => [...world.zendesk.state.users.values()].map(({ name }) => name);

const nameIn = (app: App): string =>
  app.kind === 'configured' ? (app.deps.schema.users.mappings.find(({ target }) => target.name === 'name')?.text ?? '') : '';
