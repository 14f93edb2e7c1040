import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InvocationContext, Timer } from '@azure/functions';
import { buildDemoDirectory, type DemoDirectory } from '../../local/demo/directory';
import { demoChanges } from '../../local/demo/directory-changes';
import { demoZendeskSeed } from '../../local/demo/directory-zendesk';
import { continueApply, startApply } from '../../src/engine/preview/apply-plan';
import { createPlan } from '../../src/engine/preview/make-plan';
import { makePlanApply, makePlanCreate, makePlanRead } from '../../src/functions/plan';
import { makePlanWork } from '../../src/functions/plan-work';
import { READER, visit } from '../support/console-app';
import { tablesOf } from './job-control-tables';
import { type Answer, type JobWorld, startJobWorld } from './job-control-world';

interface ShownRow {
  readonly sourceIdentity: { readonly id: string };
  readonly outcome: string;
  readonly provisioningAction: string;
  readonly modifiedProperties: readonly { readonly displayName: string }[];
  readonly applied: string | null;
  readonly reason: string;
}

const context = { invocationId: 'timer', info: () => undefined, warn: () => undefined } as unknown as InvocationContext;

const read = (world: JobWorld, id: string, query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  world.call(makePlanRead, undefined, { method: 'GET', params: { id }, query, headers });
const apply = (world: JobWorld, id: string, body: object = {}) => world.call(makePlanApply, body, { params: { id } });

/** Every object of a plan, page by page. */
async function rowsOf(world: JobWorld, id: string, include = 'acting'): Promise<ShownRow[]> {
  const rows: ShownRow[] = [];
  for (let token: string | undefined; ; ) {
    const page = await read(world, id, { include, $top: '37', ...(token ? { $skiptoken: token } : {}) });
    expect(page.status).toBe(200);
    rows.push(...page.body.value);
    const next = page.body['@odata.nextLink'] as string | undefined;
    if (next === undefined) return rows;
    token = new URL(next, 'http://localhost').searchParams.get('$skiptoken') ?? undefined;
  }
}

/** What a cycle did, in the words of a plan. */
/** What is changed apart from memberships: whether a user joins a group or the group takes the user is chance. */
const own = <T extends { readonly displayName: string }>(changes: readonly T[]): readonly T[] =>
  changes.filter(({ displayName }) => displayName !== 'groups' && displayName !== 'members');

async function doneBy(world: JobWorld, cycleId: string): Promise<Map<string, string>> {
  const done = new Map<string, string>();
  for (let next: string | undefined; ; ) {
    const page = await world.app.deps.log.query({ cycleId }, 200, next);
    for (const entry of page.entries) {
      const { status } = entry.provisioningStatusInfo;
      const changes = own(entry.modifiedProperties);
      const isMembersOnly = changes.length === 0 && entry.provisioningAction === 'update';
      const wrote = status === 'success' || status === 'warning';
      const action = status === 'failure' ? 'failed' : wrote && !isMembersOnly ? entry.provisioningAction : 'none';
      done.set(entry.sourceIdentity.id, JSON.stringify([action, action === 'none' ? [] : changes]));
    }
    if (page.next === undefined) return done;
    next = page.next;
  }
}

function plannedBy(rows: readonly ShownRow[]): Map<string, string> {
  return new Map(
    rows.map((row) => {
      const changes = own(row.modifiedProperties);
      const isMembersOnly = row.provisioningAction === 'update' && changes.length === 0;
      const action =
        row.outcome === 'failed' ? 'failed' : row.outcome === 'planned' && !isMembersOnly ? row.provisioningAction : 'none';
      return [row.sourceIdentity.id, JSON.stringify([action, action === 'none' ? [] : changes])];
    }),
  );
}

describe('plans of the demo company', () => {
  let world: JobWorld;
  let demo: DemoDirectory;

  beforeAll(async () => {
    demo = buildDemoDirectory({ people: 110 });
    world = await startJobWorld({}, { directory: demo.directory, servicePrincipalId: demo.servicePrincipalId });
    for (const { name, email, role, external_id, phone, tags } of demoZendeskSeed(demo).users) {
      world.zendesk.seed.user({ name, email, role, external_id, ...(phone && { phone }), ...(tags && { tags: [...tags] }) });
    }
  });
  afterAll(() => world?.stop());

  /** Makes a plan and a cycle, and holds one against the other. */
  async function planThenCycle(): Promise<Map<string, string>> {
    const plan = await world.call(makePlanCreate);
    expect([plan.status, plan.body.status, plan.body.error]).toEqual([200, 'planned', null]);
    const planned = plannedBy(await rowsOf(world, plan.body.id, 'all'));
    const outcome = await world.settle();
    const done = await doneBy(world, outcome.kind === 'completed' ? outcome.cycleId : '');
    expect(done.size).toBeGreaterThan(0);
    for (const [id, what] of done) expect([id, planned.get(id)]).toEqual([id, what]);
    // What a cycle does not look at has nothing to be done, or failed before and is not due again.
    for (const [id, what] of planned)
      if (!done.has(id)) expect([id, what]).toEqual([id, expect.stringMatching(/^\["(none|failed)"/)]);
    return planned;
  }

  it('before the first cycle: it disturbs nothing, and the cycle then does exactly that', async () => {
    const before = await tablesOf(world);
    const writes = world.zendesk.stats.writes.length;
    const plan = await world.call(makePlanCreate);
    expect(plan.body.counts.create).toBeGreaterThan(50);
    expect(await tablesOf(world)).toEqual(before);
    expect(world.zendesk.stats.writes.length).toBe(writes);
    await planThenCycle();
  });

  it('after changes: the same, object by object, with old and new values', async () => {
    for (const change of demoChanges) change.apply(demo);
    const planned = await planThenCycle();
    expect(planned.get(demo.cast.leaver)).toContain('disable');
    expect(JSON.parse(planned.get(demo.cast.toRename) ?? '')[1]).toContainEqual({
      displayName: 'name',
      oldValue: 'Sophie Martens',
      newValue: 'Sophie Okonkwo',
    });
  });

  it('with nothing changed there is nothing to do', async () => {
    const plan = await world.call(makePlanCreate);
    const rows = (await rowsOf(world, plan.body.id)).filter((row) => row.outcome === 'planned');
    expect(rows).toEqual([]);
  });

  it('with a schema that is not in force: plans it, changes nothing, and is not applied', async () => {
    const schema = JSON.parse(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
    const user = schema.synchronizationRules[0].objectMappings.find((one: { targetObjectName: string }) =>
      /user/i.test(one.targetObjectName),
    );
    const name = user.attributeMappings.find((one: { targetAttributeName: string }) => one.targetAttributeName === 'name');
    name.source = { type: 'Function', expression: 'ToUpper([displayName])' };
    const plan = await world.call(makePlanCreate, { schema });
    expect(plan.body.schema.isInForce).toBe(false);
    expect(plan.body.counts.update).toBeGreaterThan(50);
    expect((await apply(world, plan.body.id)).status).toBe(409);
    const wrong = await world.call(makePlanCreate, { schema: { synchronizationRules: [] } });
    expect([wrong.status, wrong.body.errors.length > 0]).toEqual([400, true]);
  });
});

describe('applying a plan', () => {
  let world: JobWorld;
  let role: string;
  let people: string[];

  beforeEach(async () => {
    world = await startJobWorld({ DELETION_THRESHOLD: '2', DELETION_THRESHOLD_PERCENT: '100', PROVISIONING_STATUS: 'Off' });
    role = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'Agent', value: 'agent' });
    people = Array.from({ length: 5 }, (_, at) => person(`p${at}`));
    const team = world.directory.addGroup({ displayName: 'Team' });
    world.directory.assign(team, role);
    for (const id of people) world.directory.addMember(team, id);
  });
  afterEach(() => world?.stop());

  const person = (name: string): string =>
    world.directory.addUser({ userPrincipalName: `${name}@contoso.com`, mail: `${name}@contoso.com`, displayName: name });
  const account = (id: string) => world.zendesk.state.userByExternalId(id);
  const plan = async (): Promise<Answer> => world.call(makePlanCreate);

  it('before the first cycle: does exactly that, once, and a second plan is empty', async () => {
    const made = await plan();
    expect(made.body.counts).toEqual({ create: 6 });
    const applied = await apply(world, made.body.id);
    expect([applied.status, applied.body.status, applied.body.apply.enqueued, applied.body.refused]).toEqual([
      200,
      'applied',
      6,
      [],
    ]);
    await world.drain();
    expect(people.map((id) => account(id)?.role)).toEqual(people.map(() => 'agent'));
    const group = [...world.zendesk.state.groups.values()].find((one) => one.name === 'Team');
    expect(world.zendesk.state.membershipsIn(group?.id ?? 0)).toHaveLength(5);
    expect(await world.app.deps.cycles.read(applied.body.apply.cycleId)).toMatchObject({
      kind: 'apply',
      state: 'succeeded',
      enqueued: 6,
    });
    const writes = world.zendesk.stats.writes.length;
    expect((await apply(world, made.body.id)).body.apply.enqueued).toBe(6);
    expect(await world.drain()).toBe(0);
    const second = await plan();
    expect(second.body.counts).toEqual({ unchanged: 6 });
    expect((await apply(world, second.body.id)).body.apply.enqueued).toBe(0);
    await world.drain();
    expect(world.zendesk.stats.writes.length).toBe(writes);
  });

  it('what has changed since is refused and listed; the rest goes', async () => {
    const [gone = '', renamed = '', ...others] = people;
    const made = await plan();
    world.directory.updateUser(renamed, { displayName: 'Somebody else' });
    world.directory.disableUser(gone);
    const applied = await apply(world, made.body.id);
    expect(applied.body).toMatchObject({ status: 'applied', error: null });
    expect(applied.body.refused.map((row: ShownRow) => row.sourceIdentity.id).sort()).toEqual([gone, renamed].sort());
    await world.drain();
    expect([account(gone), account(renamed)]).toEqual([undefined, undefined]);
    expect(others.map((id) => account(id)?.role)).toEqual(['agent', 'agent', 'agent']);
  });

  it('above the brake: refused without the word, left out with false, gone with true', async () => {
    await apply(world, (await plan()).body.id);
    await world.drain();
    const { directory } = world;
    for (const id of people.slice(0, 3)) directory.disableUser(id);
    directory.updateUser(people[4] ?? '', { displayName: 'Renamed' });
    const made = await plan();
    expect(made.body).toMatchObject({ status: 'planned' });
    expect(made.body.heldByBrake).toMatchObject([{ kind: 'userDisable', count: 3 }]);
    const refused = await apply(world, made.body.id);
    expect([refused.status, refused.body.code]).toEqual([409, 'Conflict']);
    const some = await apply(world, made.body.id, { allowDeletes: false });
    expect(some.body.apply).toMatchObject({ enqueued: 1, held: 3, refused: 0 });
    await world.drain();
    expect(account(people[4] ?? '')?.name).toBe('Renamed');
    expect(people.map((id) => account(id)?.suspended)).toEqual([false, false, false, false, false]);
    const again = await plan();
    await apply(world, again.body.id, { allowDeletes: true });
    await world.drain();
    expect(people.map((id) => account(id)?.suspended)).toEqual([true, true, true, false, false]);
  });

  it('an old plan is gone; one that does not exist is not found; an unfinished one goes on with the timer', async () => {
    const made = await plan();
    const { plans } = world.app.planning;
    const stored = await plans.read(made.body.id);
    if (!stored) throw new Error('no plan');
    await plans.write({ ...stored.value, createdAt: new Date(Date.now() - 25 * 3600_000).toISOString() }, stored.etag);
    const old = await apply(world, made.body.id);
    expect([old.status, old.body.code]).toEqual([410, 'Gone']);
    expect((await apply(world, '11111111-2222-4333-8444-555555555555')).status).toBe(404);
    expect((await read(world, '../../etc')).status).toBe(404);

    const begun = await createPlan(world.app.planning, { type: 'application', id: '', displayName: 'test' }, undefined);
    if (begun.kind !== 'begun') throw new Error('another plan is at work');
    expect((await apply(world, begun.header.planId)).status).toBe(409);
    expect((await plan()).status).toBe(409);
    await makePlanWork(() => world.app)({} as Timer, context);
    expect((await read(world, begun.header.planId)).body).toMatchObject({ status: 'planned', counts: { create: 6 } });
  });

  it('a plan cut off at every save comes out as one made in one go', async () => {
    const whole = await rowsOf(world, (await plan()).body.id, 'all');
    const { planning } = world.app;
    const begun = await createPlan(planning, { type: 'application', id: '', displayName: 'test' }, undefined);
    if (begun.kind !== 'begun') throw new Error('another plan is at work');
    const { continuePlan } = await import('../../src/engine/preview/make-plan');
    let stretches = 0;
    for (; stretches < 100; stretches += 1) {
      const header = await continuePlan(planning, begun.header.planId, {
        owner: `stretch ${stretches}`,
        budgetMs: stretches < 90 ? 0 : 60_000,
      });
      if (header?.state === 'planned') break;
    }
    expect(stretches).toBeGreaterThan(3);
    const cut = await rowsOf(world, begun.header.planId, 'all');
    expect(cut.map((row) => [row.sourceIdentity.id, row.provisioningAction])).toEqual(
      whole.map((row) => [row.sourceIdentity.id, row.provisioningAction]),
    );
  });

  it('applied in stretches, with workers busy in between, it is counted once and nothing is refused', async () => {
    for (let at = 0; at < 40; at += 1) world.directory.assign(person(`many${at}`), role);
    const made = await plan();
    const { planning } = world.app;
    const begun = await startApply(planning, made.body.id, { type: 'application', id: '', displayName: 'test' }, undefined);
    expect(begun.kind).toBe('applying');
    const first = await continueApply(planning, made.body.id, { owner: 'first', budgetMs: 0 });
    expect(first?.state).toBe('applying');
    await world.drain();
    // The first page once more, as after a crash before its end was saved: what is done by now has not "changed since".
    if (!first?.application) throw new Error('not applied');
    await planning.plans.write({ ...first, application: { ...first.application, after: null, enqueued: 0 } }, '*');
    await makePlanWork(() => world.app)({} as Timer, context);
    await world.drain();
    const ended = await read(world, made.body.id);
    expect(ended.body).toMatchObject({ status: 'applied', apply: { enqueued: 46, refused: 0 } });
    const { cycleId } = ended.body.apply;
    expect((await world.app.deps.log.counts(cycleId)).total).toBe(46);
    expect(await world.app.deps.cycles.read(cycleId)).toMatchObject({ state: 'succeeded', enqueued: 46 });
  });

  it('is shown as CSV that no spreadsheet takes for formulas, and as a page that no name breaks', async () => {
    const evil = world.directory.addUser({
      userPrincipalName: 'evil@contoso.com',
      mail: 'evil@contoso.com',
      displayName: '=HYPERLINK("http://x")<script>alert(1)</script>',
    });
    world.directory.assign(evil, role);
    const made = await plan();
    const csv = await world.call(makePlanRead, undefined, {
      method: 'GET',
      params: { id: made.body.id },
      query: { format: 'csv' },
    });
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text).toContain(`"'=HYPERLINK(`);
    expect(csv.text).not.toMatch(/(^|,)"?=/m);
    const page = await visit(() => world.app, READER).get(`plans/${made.body.id}`);
    expect(page.body).not.toContain('<script>alert');
    expect(page.body).toContain('&lt;script&gt;alert');
  });

  it('leads a browser to the console, and refuses what it does not know', async () => {
    const made = await plan();
    const page = await read(world, made.body.id, { $top: '1', code: 'the-key' }, { accept: 'text/html' });
    expect([page.status, page.headers['location']]).toEqual([303, `/api/console/plans/${made.body.id}`]);
    const odd = [{ include: 'everything' }, { format: 'xml' }, { $top: '0' }, { $skiptoken: "z' or '" }, { incluce: 'all' }];
    for (const query of odd) {
      const refused = await read(world, made.body.id, query);
      expect([query, refused.status, refused.body.code]).toEqual([query, 400, 'BadRequest']);
      expect(refused.body.errors[0].pointer).toBe(Object.keys(query)[0]);
    }
  });
});
