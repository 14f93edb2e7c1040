import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedDirectory } from '../../local/graph/directory';
import { makeExplain } from '../../src/functions/explain';
import { makeHolds, makeJobReleaseHolds } from '../../src/functions/holds';
import { makeJobRestart } from '../../src/functions/job-control';
import { makeOnDemand } from '../../src/functions/on-demand';
import { makePlanApply, makePlanCreate, makePlanRead } from '../../src/functions/plan';
import { makeStatus } from '../../src/functions/status';
import { until } from '../support/host-fixture/until';
import { type Answer, type JobWorld, startJobWorld } from './job-control-world';

/** The shipped mappings, with what they leave to the customer: alias, organization and tags. */
function schemaFile(): string {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
  const user = schema.synchronizationRules[0].objectMappings.find((one: { targetObjectName: string }) =>
    /user/i.test(one.targetObjectName),
  );
  const sources: Readonly<Record<string, object>> = {
    alias: { type: 'Attribute', expression: '[jobTitle]' },
    organization: { type: 'Attribute', expression: '[companyName]' },
    tags: { type: 'Function', expression: 'Split([department], ";")' },
  };
  for (const one of user.attributeMappings) one.source = sources[one.targetAttributeName] ?? one.source;
  const path = join(mkdtempSync(join(tmpdir(), 'schema-')), 'schema.json');
  writeFileSync(path, JSON.stringify(schema));
  return path;
}

const SCHEMA = schemaFile();

interface Company {
  readonly world: JobWorld;
  readonly people: readonly string[];
  readonly team: string;
  readonly assignment: string;
}

/** Five agents of one group, provisioned; the first one was in Zendesk before, with an address and an id of another system. */
async function aCompany(settings: Readonly<Record<string, string>> = {}): Promise<Company> {
  const directory = new SimulatedDirectory({ tenantName: 'Test' });
  const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const role = directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'agent' });
  const team = directory.addGroup({ displayName: 'Team' });
  const people = Array.from({ length: 5 }, (_, at) => {
    const address = `p${at}@contoso.com`;
    return directory.addUser({
      displayName: `Person ${at}`,
      userPrincipalName: address,
      mail: address,
      jobTitle: 'Clerk',
      companyName: 'Contoso',
      department: 'sales;north',
    });
  });
  for (const id of people) directory.addMember(team, id);
  const assignment = directory.assign(team, role);
  const world = await startJobWorld(
    { DELETION_THRESHOLD: '3', DELETION_THRESHOLD_PERCENT: '100', PROVISIONING_SCHEMA: SCHEMA, ...settings },
    { directory, servicePrincipalId },
  );
  for (const name of ['Contoso', 'Fabrikam']) world.zendesk.seed.organization(name);
  return { world, people, team, assignment };
}

const account = ({ world }: Company, id: string) => world.zendesk.state.userByExternalId(id);
const cycleOf = async ({ world }: Company): Promise<string> => {
  const outcome = await world.settle();
  return outcome.kind === 'completed' ? outcome.cycleId : JSON.stringify(outcome);
};
const undo = ({ world }: Company, cycleId: string, more: object = {}): Promise<Answer> =>
  world.call(makePlanCreate, { undo: cycleId, ...more });
const apply = ({ world }: Company, id: string, body: object = {}): Promise<Answer> =>
  world.call(makePlanApply, body, { params: { id } });
/** Until the application has ended: a group's item waits some seconds for members whose role is being taken back. */
async function carriedOut({ world }: Company, applied: Answer): Promise<void> {
  const { cycleId } = applied.body.apply;
  const state = async (): Promise<string> => {
    await world.drain();
    return (await world.app.deps.cycles.read(cycleId))?.state ?? '';
  };
  await until(state, (now) => /^(succeeded|entryLevelErrors|failed)$/.test(now));
}
const rowsOf = async ({ world }: Company, id: string) =>
  (await world.call(makePlanRead, undefined, { method: 'GET', params: { id }, query: { include: 'all', $top: '500' } })).body
    .value;
const get = ({ world }: Company, make: Parameters<JobWorld['call']>[0], query: Readonly<Record<string, string>> = {}) =>
  world.call(make, undefined, { method: 'GET', query });

/** Everything of Zendesk that people see, without what changes by itself. */
function zendesk({ world: { zendesk } }: Company): unknown {
  const { users, groups } = zendesk.state;
  const stable = (row: object) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !/(_at|updated|created|url|last_login)/.test(name)));
  return {
    users: [...users.values()].map((user) => ({
      ...stable(user),
      tags: [...user.tags].sort(),
      addresses: zendesk.state.identitiesOf(user.id).map(({ value }) => value),
      organizations: zendesk.state.organizationMembershipsOf(user.id).map(({ organization_id }) => organization_id),
    })),
    groups: [...groups.values()].map((group) => [
      group.name,
      zendesk.state
        .membershipsIn(group.id)
        .map(({ user_id }) => user_id)
        .sort(),
    ]),
  };
}

describe('undo over HTTP, against the simulators', () => {
  let company: Company;
  afterEach(() => company?.world.stop());

  it('attributes, address, organization, tags, access, role and members are as they were', async () => {
    company = await aCompany({ DEPROVISION_USERS: 'DowngradeAndSuspend' });
    const { world, people, team } = company;
    await world.settle();
    const before = zendesk(company);
    const { directory } = world;
    directory.updateUser(people[0] ?? '', {
      displayName: 'Renamed',
      mail: 'other@contoso.com',
      jobTitle: 'Boss',
      companyName: 'Fabrikam',
      department: 'north;new',
    });
    directory.disableUser(people[1] ?? '');
    directory.disableUser(people[2] ?? '');
    directory.removeMember(team, people[3] ?? '');
    const cycleId = await cycleOf(company);
    expect(account(company, people[0] ?? '')).toMatchObject({ name: 'Renamed', email: 'other@contoso.com', alias: 'Boss' });
    expect(people.slice(1, 4).map((id) => [account(company, id)?.role, account(company, id)?.suspended])).toEqual([
      ['end-user', true],
      ['end-user', true],
      ['end-user', true],
    ]);

    const made = await undo(company, cycleId);
    expect(made.body).toMatchObject({ kind: 'undo', undoes: cycleId, status: 'planned', error: null, removals: {} });
    const rows = await rowsOf(company, made.body.id);
    expect(rows.map((row: { outcome: string }) => row.outcome)).toEqual(rows.map(() => 'planned'));
    const applied = await apply(company, made.body.id);
    expect(applied.body).toMatchObject({ status: 'applied', refused: [] });
    await carriedOut(company, applied);
    expect(zendesk(company)).toEqual(before);
  });

  it("somebody else's work since is left and named; ticked objects alone; an account found before gets its values back", async () => {
    company = await aCompany();
    const { world, people } = company;
    const row = world.zendesk.seed.user({
      name: 'Old name',
      email: 'p4@contoso.com',
      role: 'end-user',
      external_id: 'other-system',
      tags: ['vip'],
    });
    await cycleOf(company);
    const { directory } = world;
    for (const id of people.slice(0, 3)) directory.updateUser(id, { displayName: `New ${id}`, department: 'new' });
    const cycleId = await cycleOf(company);
    const [first = '', second = '', third = ''] = people;
    world.zendesk.state.users.get(account(company, second)?.id ?? 0)!.name = 'By hand';
    const keys = [first, second].map((id) => ({ type: 'user', id }));
    const made = await undo(company, cycleId, { objects: keys });
    const rows = await rowsOf(company, made.body.id);
    expect(rows).toHaveLength(2);
    const of = (id: string) => rows.find((one: { sourceIdentity: { id: string } }) => one.sourceIdentity.id === id);
    expect(of(second).warnings).toEqual(['name is not taken back: it was changed in Zendesk since.']);
    await apply(company, made.body.id);
    await world.drain();
    expect([first, second, third].map((id) => account(company, id)?.name)).toEqual(['Person 0', 'By hand', `New ${third}`]);
    expect([first, second, third].map((id) => [...(account(company, id)?.tags ?? [])].sort())).toEqual([
      ['north', 'sales'],
      ['north', 'sales'],
      ['new'],
    ]);
    expect(row.name).toBe('Old name');
  });

  it('an adopted account: values, tags and external id come back; the pair is still known', async () => {
    const directory = new SimulatedDirectory({ tenantName: 'Test' });
    const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
    const role = directory.addAppRole(servicePrincipalId, { displayName: 'User', value: 'user' });
    const id = directory.addUser({
      displayName: 'Ann',
      userPrincipalName: 'ann@contoso.com',
      mail: 'ann@contoso.com',
      department: 'sales',
    });
    directory.assign(id, role);
    const world = await startJobWorld({ PROVISIONING_SCHEMA: SCHEMA }, { directory, servicePrincipalId });
    company = { world, people: [id], team: '', assignment: '' };
    const old = world.zendesk.seed.user({ name: 'Old name', email: 'ann@contoso.com', tags: ['vip'] });
    const cycleId = await cycleOf(company);
    expect([old.name, old.external_id]).toEqual(['Ann', id]);
    const made = await undo(company, cycleId);
    await apply(company, made.body.id);
    await world.drain();
    expect([old.name, old.external_id, [...old.tags]]).toEqual(['Old name', null, ['vip']]);
    await world.settle();
    expect([old.name, old.external_id]).toEqual(['Old name', null]);
    expect((await world.call(makeJobReleaseHolds, { all: true })).body).toEqual({ released: 1 });
    await world.settle();
    expect([old.name, old.external_id, [...old.tags].sort()]).toEqual(['Ann', id, ['sales', 'vip']]);
  });

  it('is counted by the brake; what is held is in status, explain, list and on demand; a restart that forgets links is refused', async () => {
    company = await aCompany();
    const { world, people, assignment } = company;
    await world.settle();
    const [first = ''] = people;
    const { entries } = await world.app.deps.log.query({ action: 'create', sourceId: first }, 1);
    const cycleId = entries[0]?.cycleId ?? '';
    const made = await undo(company, cycleId);
    expect(made.body).toMatchObject({
      removals: { userDisable: 5 },
      heldByBrake: expect.arrayContaining([expect.objectContaining({ kind: 'userDisable', count: 5 })]),
    });
    expect((await apply(company, made.body.id)).status).toBe(409);
    const applied = await apply(company, made.body.id, { allowDeletes: true });
    expect(applied.body.apply.held).toBe(0);
    await carriedOut(company, applied);
    expect(people.map((id) => account(company, id)?.suspended)).toEqual(people.map(() => true));

    const list = await get(company, makeHolds, { $top: '4' });
    expect(list.body.value).toHaveLength(4);
    expect(list.body['@odata.nextLink']).toContain('/api/holds?');
    const next = new URL(list.body['@odata.nextLink'], 'http://localhost').searchParams.get('$skiptoken') ?? '';
    expect((await get(company, makeHolds, { $top: '4', $skiptoken: next })).body.value.length).toBeGreaterThan(0);
    const status = await get(company, makeStatus);
    expect(status.body.holds).toMatchObject({ count: expect.any(Number), waiting: 0, heldBy: [expect.any(String)] });
    expect(status.body.summary.headline).toContain('held by an operator');
    expect(status.body.warnings).toContainEqual(expect.objectContaining({ code: 'ObjectsHeld' }));
    const explained = await get(company, makeExplain, { person: first });
    expect(explained.body.hold).toMatchObject({ planId: made.body.id, isTakenBack: true });
    expect(explained.body.answer).toContain('POST /api/job/holds/release');
    const demanded = await world.call(makeOnDemand, { subjects: [first] });
    expect(JSON.stringify(demanded.body)).toContain('HeldByOperator');
    expect(account(company, first)?.suspended).toBe(true);
    const restart = await world.call(makeJobRestart, { criteria: { resetScope: 'Full' }, confirm: true });
    expect([restart.status, restart.body.detail]).toEqual([409, expect.stringContaining('Release them first')]);

    // Somebody who changes at the source is followed again.
    world.directory.unassign(assignment);
    await world.settle();
    expect((await get(company, makeHolds)).body.value).toEqual([]);
    expect(
      (await world.app.deps.log.query({ sourceId: first, after: applied.body.apply.startedDateTime }, 50)).entries.map(
        ({ provisioningSteps }) => provisioningSteps[0]?.description,
      ),
    ).toContain('It is no longer held: it changed in Entra ID, so cycles follow it again.');
    // The log says who did it.
    const undone = await world.app.deps.log.query({ cycleId: applied.body.apply.cycleId }, 10);
    expect(new Set(undone.entries.map(({ initiatedBy }) => initiatedBy.initiatorType))).toEqual(new Set(['application']));
  });

  it('says what is wrong with a request', async () => {
    company = await aCompany();
    const { world } = company;
    expect((await undo(company, '11111111-2222-4333-8444-555555555555')).status).toBe(404);
    for (const [body, pointer] of [
      [{ undo: 'x' }, '#/undo'],
      [{ objects: [{ type: 'user', id: '11111111-2222-4333-8444-555555555555' }] }, '#/objects'],
      [{ undo: '11111111-2222-4333-8444-555555555555', drift: true }, '#/undo'],
    ] as const) {
      const answer = await world.call(makePlanCreate, body);
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
    }
    for (const body of [{}, { all: true, planId: '11111111-2222-4333-8444-555555555555' }]) {
      expect((await world.call(makeJobReleaseHolds, body)).status).toBe(400);
    }
    expect((await get(company, makeHolds, { $skiptoken: '../x' })).status).toBe(400);
    expect((await world.call(makeJobReleaseHolds, { all: true })).body).toEqual({ released: 0 });
  });
});
