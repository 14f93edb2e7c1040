import { readFileSync } from 'node:fs';
import { readJob } from '../../src/engine/job/job-state';
import { readMappings } from '../../src/engine/queries/read-mappings';
import { someMappings } from '../fakes/mappings';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { APPROVER, OPERATOR, READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aStatusApp } from '../unit/pages/status-app';

const SHIPPED = readFileSync('provisioning-schema.json', 'utf8');

/** The console of an app whose versions of the mappings are in memory. */
function anApp(settings: Readonly<Record<string, string>> = {}) {
  const world = aStatusApp({ ...SIGNED_IN, ...settings });
  const deps = { ...world.deps, mappings: someMappings(world.deps.schema, world.deps.target) };
  const app = { ...world.app, deps, planning: { deps, plans: makePlans(), shadow: makeShadow() } };
  return { app, deps, as: (who: typeof READER) => visit(() => app, who) };
}

const loud = (): string => {
  const file = JSON.parse(SHIPPED);
  const { attributeMappings } = file.synchronizationRules[0].objectMappings[0];
  const at = attributeMappings.findIndex((one: { targetAttributeName: string }) => one.targetAttributeName === 'name');
  attributeMappings[at] = { targetAttributeName: 'name', source: { expression: 'ToUpper([displayName])' } };
  return JSON.stringify(file);
};

/** A finished plan of version 1 that takes something away, and a job that has run. */
async function plannedRemovals({ app, deps }: ReturnType<typeof anApp>): Promise<string> {
  const { value: job } = await readJob(deps.state);
  await deps.state.write('job', { ...job, lastCycleId: 'c' }, '*');
  const { hash } = (await deps.mappings.load(1)).schema;
  const planId = 'aaaaaaaa-0000-4000-8000-0000000000aa';
  await app.planning.plans.write(
    {
      planId,
      kind: 'cycle',
      createdAt: deps.clock().toISOString(),
      createdBy: 'Ann',
      state: 'planned',
      schemaHash: hash,
      schemaVersion: 1,
      isForOtherSchema: true,
      phase: 'done',
      cycle: {},
      objects: 12,
      counts: { disable: 7, update: 5 },
      removals: { userDisable: 7 },
      brake: [],
      endedAt: deps.clock().toISOString(),
      error: null,
      application: null,
    },
    null,
  );
  return planId;
}

describe('the page of the mappings', () => {
  test('reads like the portal: attributes, sources, precedence, scope, actions', async () => {
    const page = await anApp().as(READER).get('mappings');
    expect(page.status).toBe(200);
    const text = textOf(page);
    for (const words of [
      'The file (version 0) is active',
      'external_id',
      'Coalesce([mail], [userPrincipalName])',
      'Everybody who is assigned',
      'create, update, delete',
    ])
      expect(text).toContain(words);
    expect(page.body).not.toContain('name="act"');
    expect(page.body).not.toContain('/edit/');
  });

  test('who may only look cannot store, who may operate cannot activate', async () => {
    const { as, deps } = anApp();
    const forms = [
      [READER, 'mappings', { act: 'upload', text: loud(), why: '' }],
      [READER, 'mappings/0/edit/user/name', { act: 'remove', why: '' }],
      [OPERATOR, 'mappings/0', { act: 'activate', why: '', typed: '', replaces: '0', removals: '0', planId: '' }],
    ] as const;
    for (const [who, path, fields] of forms) {
      const token = await as(OPERATOR).token('mappings');
      expect([path, (await as(who).post(path, { ...fields, token })).status]).toEqual([path, 403]);
    }
    expect(await deps.mappings.store.list()).toEqual([]);
  });

  test('a file that has faults is refused with all of them; a good one becomes a draft once', async () => {
    const { as, deps } = anApp();
    const bad = await as(OPERATOR).act('mappings', 'upload', {
      text: loud().replace('ToUpper', 'ToUper').replace('"Delete"', '"x"'),
      why: '',
    });
    expect(textOf(bad)).toMatch(/Not done\. .*line 1, column \d+ \(synchronizationRules\[0\].*ToUper/);
    const good = await as(OPERATOR).act('mappings', 'upload', { text: loud(), why: 'Capitals' });
    expect(good.location).toMatch(/^\/api\/console\/mappings\/1\?done=/);
    expect(textOf(good)).toMatch(/Done\. Version 1 is stored as a draft.*name: source: .* → ToUpper\(\[displayName\]\)/);
    const again = await as(APPROVER).act('mappings', 'upload', { text: loud(), why: '' });
    expect(textOf(again)).toContain('The same text is stored already, as version 1.');
    expect((await deps.mappings.store.list()).map(({ version, storedBy, why }) => [version, storedBy, why])).toEqual([
      [1, OPERATOR.name, 'Capitals'],
    ]);
  });

  test('a mapping is edited as in a dialog: checked, what changes in words, stored', async () => {
    const { as, deps } = anApp();
    const visitor = as(OPERATOR);
    const open = await visitor.get('mappings/0/edit/user/phone');
    expect(textOf(open)).toContain('Nothing: both decide the same.');
    const wrong = await visitor.get('mappings/0/edit/user/phone?source=Joyn(%22%20%22%2C%20%5Bmobile%5D)');
    expect(textOf(wrong)).toMatch(/This cannot be stored yet .*Joyn/);
    expect(wrong.body).toContain('Joyn(&quot; &quot;, [mobile])');
    const path = 'mappings/0/edit/user/phone?source=%5Bmobile%5D&flowType=ObjectAddOnly';
    const right = await visitor.get(path);
    expect(textOf(right)).toMatch(/phone: source: .+ → \[mobile\]\. .*applied: always → only when the account is created/);
    const saved = await visitor.act(path, 'save', { why: 'Mobiles' });
    expect(saved.location).toMatch(/mappings\/1\?done=/);
    const removed = await visitor.act('mappings/1/edit/user/phone', 'remove', { why: '' });
    expect(textOf(removed)).toContain('phone is not mapped any more');
    const added = await visitor.act('mappings/2/edit/user?target=details&source=%22x%22', 'save', { why: '' });
    expect(textOf(added)).toContain('details is mapped now');
    const group = await visitor.act('mappings/3/edit/group/description?source=ToUpper(%5Bdescription%5D)', 'save', { why: '' });
    expect(textOf(group)).toContain('Groups: description: source');
    expect(await deps.mappings.store.list()).toHaveLength(4);
  });

  test('the scope is edited as in a dialog: groups and clauses added and removed, told in words, tried, stored', async () => {
    const { as, deps } = anApp();
    const visitor = as(OPERATOR);
    const at = (query: Record<string, string>) => `mappings/0/scope/user?${new URLSearchParams({ form: 'yes', ...query })}`;
    const all = { create: 'yes', update: 'yes', delete: 'yes' };
    expect(textOf(await visitor.get('mappings/0/scope/user'))).toContain(
      'everybody who is assigned to the application is in scope',
    );
    const blank = await visitor.get(at({ ...all, do: 'group' }));
    expect(textOf(blank)).toContain('To be filled in: clause 1.1.');
    expect(blank.body).toContain('name="attribute.0.0"');
    expect(blank.body).not.toContain('value="save"');
    const first = {
      ...all,
      'name.0': 'Our people',
      'attribute.0.0': 'department',
      'operator.0.0': 'EQUALS',
      'values.0.0': 'Sales\r\nCustomer Support',
    };
    expect((await visitor.get(at({ ...first, do: 'clause.0' }))).body).toContain('name="attribute.0.1"');
    const two = { ...first, 'attribute.0.1': 'accountEnabled', 'operator.0.1': 'IS TRUE', 'values.0.1': 'left over' };
    expect(textOf(await visitor.get(at(two)))).toContain(
      'department is "Sales" or "Customer Support", and accountEnabled is true',
    );
    expect((await visitor.get(at({ ...two, do: 'drop.0.0' }))).body).toMatch(/name="attribute\.0\.0"[^>]*value="accountEnabled"/);
    expect(textOf(await visitor.get(at({ ...two, do: 'drop.0' })))).toContain('There is no filter');
    expect(textOf(await visitor.get(at({ ...two, 'attribute.0.0': 'departmint' })))).toMatch(/departmint.*clause 1\.1/);
    expect(textOf(await visitor.get(at({ 'attribute.0.0': 'city', 'values.0.0': 'Rome' })))).toContain(
      'Tick at least one action',
    );
    const { delete: _, ...noDelete } = two;
    const saved = await visitor.act(at(noDelete), 'save', { why: 'Two departments' });
    expect(textOf(saved)).toMatch(/Actions: create, update, delete → create, update\./);
    const stored = await readMappings(deps, 1);
    const raw = stored?.read.schema.raw as { synchronizationRules: { objectMappings: object[] }[] };
    expect(raw.synchronizationRules[0]?.objectMappings[0]).toMatchObject({
      flowTypes: 'Add, Update',
      scope: {
        groups: [
          {
            name: 'Our people',
            clauses: [
              {
                sourceOperandName: 'department',
                operatorName: 'EQUALS',
                targetOperand: { values: ['Sales', 'Customer Support'] },
              },
              { sourceOperandName: 'accountEnabled', operatorName: 'IS TRUE', targetOperand: { values: [] } },
            ],
          },
        ],
      },
    });
    const again = await visitor.get('mappings/1/scope/user');
    expect(again.body).toContain('value="Our people"');
    expect(textOf(again)).toContain('Nothing: both decide the same.');
    expect((await as(READER).get(at(two))).body).not.toContain('value="save"');
  });

  test('a scope that no form holds is edited as text', async () => {
    const { as } = anApp();
    const file = JSON.parse(SHIPPED);
    const values = Array.from({ length: 900 }, (_, index) => `Department ${index}`);
    const clauses = [{ sourceOperandName: 'department', operatorName: 'EQUALS', targetOperand: { values } }];
    file.synchronizationRules[0].objectMappings[0].scope = { groups: [{ clauses }] };
    await as(OPERATOR).act('mappings', 'upload', { text: JSON.stringify(file), why: '' });
    const page = await as(OPERATOR).get('mappings/1/scope/user');
    expect([page.status, textOf(page).includes('too long for a form')]).toEqual([200, true]);
    expect((await as(OPERATOR).get('mappings/1/scope/robot')).status).toBe(404);
  });

  test('what was typed comes back where it is refused', async () => {
    const { as } = anApp();
    const path = 'mappings/0/edit/user/phone';
    const token = await as(OPERATOR).token('mappings');
    const fields = {
      target: 'phone',
      source: 'Nonsense(',
      matchingPriority: '0',
      flowType: 'Always',
      flowNullValues: 'skip',
      defaultValue: '',
    };
    const refused = await as(OPERATOR).post(path, { act: 'save', token, why: '', ...fields });
    const back = await as(OPERATOR).get(refused.headers['location'] ?? '');
    expect(textOf(back)).toContain('Not done.');
    expect(back.body).toContain('>Nonsense(</textarea>');
  });

  test('before the first cycle a version is activated at once; two at a time, and the second is told', async () => {
    const { as, deps } = anApp();
    await as(OPERATOR).act('mappings', 'upload', { text: loud(), why: '' });
    expect((await as(OPERATOR).get('mappings/1')).body).not.toContain('value="activate"');
    const late = await as(APPROVER).token('mappings/1');
    const done = await as(APPROVER).act('mappings/1', 'activate', { why: 'As agreed' });
    expect(textOf(done)).toMatch(/Done\. Version 1 is active.*activated by Ada Approver : As agreed/);
    const { value: job } = await readJob(deps.state);
    expect(job.mappings).toMatchObject({ version: 1, by: APPROVER.name, byId: APPROVER.id, why: 'As agreed' });
    const fields = { act: 'activate', token: late, why: '', typed: '', replaces: '0', removals: '0', planId: '' };
    await as(OPERATOR).act('mappings', 'upload', { text: `${loud()} `, why: '' });
    const refused = await as(APPROVER).post('mappings/2', fields);
    expect(textOf(await as(APPROVER).get(refused.headers['location'] ?? ''))).toMatch(
      /Not done\. Version 1 is active: Ada Approver activated it/,
    );
  });

  test('what takes something away wants a plan, and its number typed', async () => {
    const world = anApp();
    const { as, deps } = world;
    await as(OPERATOR).act('mappings', 'upload', { text: loud(), why: '' });
    const { value: job } = await readJob(deps.state);
    await deps.state.write('job', { ...job, lastCycleId: 'b' }, null);
    const first = await as(APPROVER).get('mappings/1');
    expect(textOf(first)).toContain('Nobody knows yet what this version would do');
    expect(first.body).not.toContain('value="activate"');
    const planId = await plannedRemovals(world);
    const page = await as(APPROVER).get('mappings/1');
    expect(textOf(page)).toContain('It takes something away 7 times.');
    for (const typed of ['', '6', '70']) {
      const wrong = await as(APPROVER).act('mappings/1', 'activate', { why: '', typed });
      expect(textOf(wrong)).toMatch(/Not done\. Nothing was done.* there are 7 now/);
    }
    expect((await readJob(deps.state)).value.mappings).toBeNull();
    const done = await as(APPROVER).act('mappings/1', 'activate', { why: '', typed: '7' });
    expect(textOf(done)).toContain('Version 1 is active');
    expect((await readJob(deps.state)).value.mappings).toMatchObject({ version: 1, planId });
  });

  test('TWO_PERSON_APPROVAL: another has to approve what takes something away, whatever the form says of it', async () => {
    const world = anApp({ TWO_PERSON_APPROVAL: 'On' });
    const { as, deps } = world;
    await as(OPERATOR).act('mappings', 'upload', { text: loud(), why: '' });
    const planId = await plannedRemovals(world);
    for (const removals of ['7', '0']) {
      const token = await as(APPROVER).token('mappings/1');
      const fields = { act: 'activate', token, why: '', typed: '7', replaces: '0', removals, planId };
      await as(APPROVER).post('mappings/1', fields);
      expect([removals, (await readJob(deps.state)).value.mappings]).toEqual([removals, null]);
    }
  });

  test('the text, the file, and what is not there', async () => {
    const { as } = anApp();
    const visitor = as(OPERATOR);
    const file = await visitor.get('mappings/0/file');
    expect([file.status, JSON.parse(file.body)]).toEqual([200, JSON.parse(SHIPPED)]);
    expect(file.headers['content-disposition']).toBe('attachment; filename="mappings-0.json"');
    const saved = await visitor.act('mappings-text', 'save', { text: loud(), why: '' });
    expect(textOf(saved)).toContain('Version 1 is stored as a draft.');
    expect((await visitor.get('mappings/active/file')).body).not.toContain('ToUpper');
    for (const path of [
      'mappings/7',
      'mappings/x',
      'mappings/0/edit/user/nothing',
      'mappings/0/edit/robot/name',
      'mappings-text?version=9',
    ])
      expect([path, (await visitor.get(path)).status]).toEqual([path, 404]);
  });

  test('hostile names and reasons are shown as text', async () => {
    const { as } = anApp();
    const why = '<script>alert(1)</script>'.repeat(3);
    const page = await as(OPERATOR).act('mappings', 'upload', { text: loud(), why });
    expect(page.body).not.toContain('<script>alert');
    expect(textOf(page)).toContain('<script>alert(1)</script>');
  });
});
