import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { makeJobForgetEscrow, makeJobRetryEscrow, makeJobUnlink } from '../../src/functions/escrow-control';
import { makeExplain } from '../../src/functions/explain';
import { makeHealth } from '../../src/functions/health';
import { makeJobAllowDeletes, makeJobPause, makeJobRestart, makeJobRun, makeJobStart } from '../../src/functions/job-control';
import { makeLogs } from '../../src/functions/logs';
import { makeOnDemand } from '../../src/functions/on-demand';
import { openApiDocument } from '../../src/functions/openapi-document';
import { makePlanApply, makePlanCreate, makePlanRead } from '../../src/functions/plan';
import { makeStatus } from '../../src/functions/status';
import { makeTestConnection } from '../../src/functions/test-connection';
import { type Answer, type JobWorld, startJobWorld } from './job-control-world';

type Json = Record<string, unknown>;

interface Document {
  readonly paths: Record<
    string,
    Record<string, { readonly responses: Record<string, { readonly content?: Record<string, Json> }> }>
  >;
  readonly components: { readonly schemas: Record<string, Json> };
}

/**
 * The document with every object closed: a property that an answer has and the document lacks would be missing from the types of whoever
 * generates a client. An `allOf` of objects becomes the one object that it stands for.
 */
function closed(value: unknown, schemas: Record<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((item) => closed(item, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const parts = (value as { allOf?: readonly Json[] }).allOf?.map((part) =>
    typeof part.$ref === 'string' ? (schemas[part.$ref.split('/').at(-1) ?? ''] ?? {}) : part,
  );
  const merged: Json = parts
    ? {
        type: 'object',
        properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
        required: parts.flatMap(({ required }) => (required ?? []) as string[]),
      }
    : (value as Json);
  const inside = Object.fromEntries(Object.entries(merged).map(([name, part]) => [name, closed(part, schemas)]));
  return merged.type === 'object' && 'properties' in merged ? { ...inside, additionalProperties: false } : inside;
}

const open = JSON.parse(JSON.stringify(openApiDocument())) as Document;
const document = closed(open, open.components.schemas) as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'app:document', ...document } as object);

/** What is wrong with an answer by the document; empty when nothing is. */
function faults(method: 'get' | 'post', path: string, answer: Answer): readonly string[] {
  const described = document.paths[path]?.[method]?.responses[answer.status];
  const type = String(answer.headers['content-type']).split(';')[0] ?? '';
  const schema = described?.content?.[type]?.schema;
  if (schema === undefined) return [`${answer.status} ${type} is not described`];
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"app:document#/components/')));
  validate(answer.body);
  return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`);
}

describe('real answers are what the document says, and nothing more', () => {
  let world: JobWorld;
  let role: string;
  let odd: string;
  let group: string;

  beforeAll(async () => {
    world = await startJobWorld({ DELETION_THRESHOLD: '2', DELETION_THRESHOLD_PERCENT: '100' });
    role = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Agent', value: 'agent' });
    odd = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Astronaut', value: 'astronaut' });
    group = world.directory.addGroup({ displayName: 'Support', securityEnabled: true });
    for (let at = 0; at < 4; at += 1) world.directory.addMember(group, person(`member${at}`));
    world.directory.assign(group, role);
  });
  afterAll(() => world.stop());

  const person = (name: string): string =>
    world.directory.addUser({ userPrincipalName: `${name}@contoso.com`, mail: `${name}@contoso.com`, displayName: name });
  const idOf = (name: string): string => world.directory.user(`${name}@contoso.com`)?.id ?? '';
  const get = (make: Parameters<JobWorld['call']>[0], query: Record<string, string> = {}, params: Record<string, string> = {}) =>
    world.call(make, undefined, { method: 'GET', query, params });

  async function shown(method: 'get' | 'post', path: string, asked: Promise<Answer>): Promise<Answer['body']> {
    const answer = await asked;
    expect([path, answer.status, faults(method, path, answer)]).toEqual([path, answer.status, []]);
    return answer.body;
  }
  const status = () => shown('get', '/api/status', get(makeStatus));

  test('before the first cycle: status, health, test connection, a plan', async () => {
    expect((await status()).status.code).toBe('NotRun');
    await shown('get', '/api/health', get(makeHealth));
    await shown('post', '/api/test-connection', world.call(makeTestConnection));
    const plan = await shown('post', '/api/plan', world.call(makePlanCreate, {}));
    const page = await shown('get', '/api/plan/{id}', get(makePlanRead, { include: 'all', $top: '2' }, { id: plan.id }));
    expect(page.value).toHaveLength(2);
    expect(page['@odata.nextLink']).toBeDefined();
    world.directory.updateUser(idOf('member1'), { displayName: 'Renamed since' });
    const applied = await shown('post', '/api/plan/{id}/apply', world.call(makePlanApply, {}, { params: { id: plan.id } }));
    expect(applied.refused).toHaveLength(1);
    await world.drain();
  });

  test('on demand: dry and real; a user, a group, nobody', async () => {
    world.directory.assign(person('odd'), odd);
    for (const dryRun of [true, false]) {
      const subjects = ['member0@contoso.com', 'Support', 'odd@contoso.com', 'nobody@contoso.com'];
      const done = await shown('post', '/api/on-demand', world.call(makeOnDemand, { subjects, dryRun }));
      expect(done.value).toHaveLength(4);
    }
  });

  test('a cycle under way, its log, a failure and what explains it', async () => {
    await shown('post', '/api/job/run', world.call(makeJobRun));
    expect((await status()).running).not.toBeNull();
    await world.drain();
    expect((await status()).escrows.listed).toHaveLength(1);
    await shown('get', '/api/logs', get(makeLogs));
    for (const name of ['odd', 'member0'])
      await shown('get', '/api/explain', get(makeExplain, { person: `${name}@contoso.com` }));
    await shown('get', '/api/explain', get(makeExplain, { group: 'Support' }));
  });

  test('the brake and the job', async () => {
    for (const one of world.directory.assignmentsOf(group, world.servicePrincipalId)) world.directory.unassign(one.id);
    await world.settle();
    const held = await status();
    expect(held.status.quarantine.reason).toBe('TooManyDeletes');
    expect(held.stagedDeletions.count).toBeGreaterThan(2);
    const plan = await shown('post', '/api/plan', world.call(makePlanCreate, {}));
    expect(plan.heldByBrake).not.toEqual([]);
    await shown('post', '/api/plan/{id}/apply', world.call(makePlanApply, {}, { params: { id: plan.id } }));
    const members = [0, 1, 2, 3].map((at) => `member${at}@contoso.com`);
    await shown('post', '/api/on-demand', world.call(makeOnDemand, { subjects: members, dryRun: true }));
    await shown('post', '/api/on-demand', world.call(makeOnDemand, { subjects: members }));
    await shown('post', '/api/job/restart', world.call(makeJobRestart, { criteria: { resetScope: 'Full' }, confirm: true }));
    const allowed = await shown('post', '/api/job/allow-deletes', world.call(makeJobAllowDeletes));
    expect(allowed.cycles).toHaveLength(1);
    await world.drain();
    await shown('post', '/api/job/pause', world.call(makeJobPause, { items: 'stop' }));
    await status();
    await shown('post', '/api/job/start', world.call(makeJobStart));
    await shown('post', '/api/job/restart', world.call(makeJobRestart));
    const named = { objectType: 'user', sourceId: idOf('member0') };
    await shown('post', '/api/job/escrows/retry', world.call(makeJobRetryEscrow, named));
    await shown('post', '/api/job/escrows/forget', world.call(makeJobForgetEscrow, named));
    await shown('post', '/api/job/unlink', world.call(makeJobUnlink, named));
  });

  test('a refused credential: the quarantine, and what a call answers meanwhile', async () => {
    world.graph.permissions.delete('User.Read.All');
    await world.settle();
    const refused = await status();
    expect(refused.status.quarantine.reason).toBe('EncounteredQuarantineException');
    expect(refused.warnings).not.toEqual([]);
    await shown('post', '/api/test-connection', world.call(makeTestConnection));
    await shown('post', '/api/job/run', world.call(makeJobRun));
  });

  test('a run that finds Graph busy: to be tried again, as everywhere', async () => {
    world.graph.permissions.add('User.Read.All');
    await shown('post', '/api/job/restart', world.call(makeJobRestart));
    world.graph.faults.throttle(Number.POSITIVE_INFINITY, 300);
    const answer = await world.call(makeJobRun);
    expect(faults('post', '/api/job/run', answer)).toEqual([]);
    expect([answer.status, answer.body.code]).toEqual([503, 'PROV_SOURCE_THROTTLED']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});
