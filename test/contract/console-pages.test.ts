import type { SimulatedDirectory } from '../../local/graph/directory';
import { sourceId } from '../../src/core/model';
import { readJob } from '../../src/engine/job/job-state';
import { continueApply } from '../../src/engine/preview/apply-plan';
import { continuePlan } from '../../src/engine/preview/make-plan';
import { APPROVER, APPROVER_2, OPERATOR, READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { aDirectory, type HttpApp, startHttpApp } from '../support/http-app';

/** A company of a dozen people in one group, and a page of the console for each thing that one does. */
describe('the console at work', () => {
  let world: HttpApp;
  let directory: SimulatedDirectory;
  let group: string;
  const people: string[] = [];
  const as = (person: typeof READER) => visit(() => world.app, person);

  beforeAll(async () => {
    const made = aDirectory();
    directory = made.directory;
    group = directory.addGroup({ displayName: 'Support', securityEnabled: true });
    directory.assign(group, made.user);
    for (let n = 0; n < 12; n += 1) {
      const id = directory.addUser({
        displayName: `Person ${n}`,
        userPrincipalName: `p${n}@contoso.com`,
        mail: `p${n}@contoso.com`,
      });
      directory.addMember(group, id);
      people.push(id);
    }
    const odd = directory.addUser({ displayName: 'Odd One', userPrincipalName: 'odd@contoso.com', mail: 'odd@contoso.com' });
    directory.assign(odd, made.odd);
    people.push(odd);
    world = await startHttpApp(directory, made.application, undefined, SIGNED_IN);
    await world.cycle();
  });
  afterAll(() => world?.stop());

  const suspended = () => [...world.zendesk.state.users.values()].filter((user) => user.suspended).length;
  const held = async () => {
    let count = 0;
    for await (const page of world.app.deps.staged.list()) count += page.filter(({ state }) => state === 'staged').length;
    return count;
  };

  /** What takes longer than a person waits is continued by the timer. */
  const finish = async (): Promise<void> => {
    const options = { owner: 'timer', budgetMs: 600_000 };
    for (const { planId, state } of await world.app.planning.plans.list()) {
      if (state === 'planning') await continuePlan(world.app.planning, planId, options);
      if (state === 'applying') await continueApply(world.app.planning, planId, options);
    }
  };

  test('every page opens for a reader, and has no form but those that filter', async () => {
    const plan = await as(OPERATOR).act('plans', 'make');
    await finish();
    const planPath = plan.location.replace('/api/console/', '').split('?')[0] ?? '';
    const [entry] = (await world.app.deps.log.query({}, 1)).entries;
    const paths = [
      '',
      'people',
      'people?show=in',
      'people?show=failed',
      'people?show=skipped',
      'people?type=group',
      'plans',
      planPath,
      'held',
      'log',
    ];
    paths.push(
      `people/user/${people[0]}`,
      `people/group/${group}`,
      `log/${entry?.cycleId}/${entry?.changeId}`,
      'connection',
      'restart',
      'approvals',
    );
    for (const path of paths) {
      const page = await as(READER).get(path);
      expect([path, page.status]).toEqual([path, 200]);
      expect([path, page.body.includes('method="post"')]).toEqual([path, false]);
    }
  });

  test('one person: by which path, each attribute beside what Zendesk has, and the history', async () => {
    const text = textOf(await as(READER).get(`people/user/${people[0]}`));
    for (const words of ['Person 0', 'In scope', 'Support', 'p0@contoso.com', 'In sync', 'Linked', 'Account created'])
      expect(text).toContain(words);
  });

  test('a search for a part of a name, an address, an id', async () => {
    const found = await as(READER).get('people?whole=yes&q=Person');
    expect(textOf(found)).toContain('Which one?');
    const one = await as(READER).get('people?whole=yes&q=p3%40contoso.com');
    expect(one.headers['location']).toBe(`/api/console/people/user/${people[3]}`);
    expect((await as(READER).get(`people?whole=yes&q=${people[4]}`)).status).toBe(303);
    expect(textOf(await as(READER).get('people?whole=yes&q=nobody-of-this-name'))).toContain('know anybody of this name');
  });

  test('a failure: retry, then forget', async () => {
    const path = `people/user/${people[12]}`;
    expect(textOf(await as(READER).get('people?show=failed'))).toContain('Odd One');
    expect(textOf(await as(OPERATOR).act(path, 'retry'))).toContain('It is in the queue');
    await world.workOff();
    const failed = await as(OPERATOR).get('people?show=failed');
    expect(failed.body).toContain(`value="user ${people[12]}"`);
    expect((await as(READER).get('people?show=failed')).body).not.toContain('type="checkbox"');
    expect(textOf(await as(OPERATOR).act('people?show=failed', 'tryAgain'))).toContain('Nothing was selected');
    const tries = async () =>
      (await world.app.deps.escrows.read({ type: 'user', id: sourceId(people[12] ?? '') }))?.attempts ?? 0;
    const before = await tries();
    const objects = [`user ${people[12]}`, `user ${people[3]}`];
    expect(textOf(await as(OPERATOR).act('people?show=failed', 'tryAgain', { objects }))).toMatch(
      /1 object is in the queue .* 1 failure had been tried again or forgotten meanwhile/,
    );
    await world.workOff();
    expect(await tries()).toBe(before + 1);
    expect(textOf(await as(OPERATOR).act(path, 'forget'))).toContain('The failure was forgotten');
    expect(textOf(await as(READER).get('people?show=failed'))).toContain('Nothing has failed');
  });

  test('provision now: the dry run is shown, then exactly that is done; what has changed since is refused', async () => {
    const id = people[1] ?? '';
    const path = `people/user/${id}/provision`;
    directory.updateUser(id, { displayName: 'Person One' });
    const shown = await as(OPERATOR).get(path);
    expect(textOf(shown)).toContain('from Person 1 → to Person One');
    const digest = /name="digest" value="([^"]+)"/.exec(shown.body)?.[1] ?? '';
    directory.updateUser(id, { displayName: 'Person Uno' });
    const token = await as(OPERATOR).token(path);
    const refused = await as(OPERATOR).post(path, { act: 'provision', token, digest });
    expect(textOf(await as(OPERATOR).get(refused.headers['location'] ?? ''))).toContain('Something has changed since');
    const done = await as(OPERATOR).act(path, 'provision');
    expect(textOf(done)).toContain('It was carried out');
    expect([...world.zendesk.state.users.values()].some((user) => user.name === 'Person Uno')).toBe(true);
  });

  test('unlink needs an approver', async () => {
    const path = `people/user/${people[2]}`;
    expect((await as(OPERATOR).get(path)).body).not.toContain('value="unlink"');
    expect(textOf(await as(APPROVER).act(path, 'unlink'))).toContain('no longer connected');
    await as(OPERATOR).act(`${path}/provision`, 'provision');
    expect(textOf(await as(READER).get(path))).toContain('Linked');
  });

  test('pause, start, run, restart', async () => {
    expect(textOf(await as(OPERATOR).act('', 'pause', { items: 'finish' }))).toContain('The job was paused');
    expect(textOf(await as(OPERATOR).act('', 'start'))).toContain('The job was started');
    expect(textOf(await as(OPERATOR).act('', 'run'))).toContain('A cycle was asked for');
    expect(textOf(await as(OPERATOR).act('restart', 'restart', { scopes: ['Escrows'] }))).toContain('The job was restarted');
    expect((await readJob(world.app.deps.state)).value.paused).toBe(false);
  });

  test('a plan: ticked objects alone, and never without the number where access is taken away', async () => {
    await world.cycle();
    const leavers = people.slice(8, 10);
    for (const id of leavers) directory.removeMember(group, id);
    const made = await as(OPERATOR).act('plans', 'make');
    const path = made.location.replace('/api/console/', '').split('?')[0] ?? '';
    await finish();
    expect(textOf(await as(OPERATOR).get(path))).toContain('takes access away');
    const none = await as(APPROVER).act(path, 'applyTicked', { ids: leavers[0] ?? '', typed: '' });
    expect(textOf(none)).toContain('no number was typed');
    const operator = await as(OPERATOR).act(path, 'applyTicked', { ids: leavers[0] ?? '', typed: '1' });
    expect(textOf(operator)).toContain('needs the role Provisioning.Approve');
    expect(suspended()).toBe(0);
    expect(textOf(await as(APPROVER).act(path, 'applyTicked', { ids: leavers[0] ?? '', typed: '1' }))).toMatch(
      /The plan was applied|It is being applied and continues by itself/,
    );
    await finish();
    expect(textOf(await as(READER).get(path))).toContain('This plan has been applied');
    await world.workOff();
    expect(suspended()).toBe(1);
    for (const id of leavers) directory.addMember(group, id);
    await world.cycle();
    expect(suspended()).toBe(0);
  });

  test('what two apply at once is done once, and both read a result', async () => {
    directory.updateUser(people[5] ?? '', { displayName: 'Person Five' });
    const made = await as(OPERATOR).act('plans', 'make');
    const path = made.location.replace('/api/console/', '').split('?')[0] ?? '';
    await continuePlan(world.app.planning, path.slice('plans/'.length), { owner: 'test', budgetMs: 60_000 });
    const tokens = await Promise.all([as(OPERATOR).token(path), as(APPROVER).token(path)]);
    const sent = await Promise.all([
      as(OPERATOR).post(path, { act: 'apply', token: tokens[0] ?? '' }),
      as(APPROVER).post(path, { act: 'apply', token: tokens[1] ?? '' }),
    ]);
    expect(sent.map(({ status }) => status)).toEqual([303, 303]);
    const pages = [
      textOf(await as(OPERATOR).get(sent[0]?.headers['location'] ?? '')),
      textOf(await as(APPROVER).get(sent[1]?.headers['location'] ?? '')),
    ];
    // Whoever comes a moment later reads what became of it; whoever comes in the same moment, that somebody else has acted.
    for (const page of pages) expect(page).toMatch(/The plan was applied: 1 handed over|Somebody else has acted/);
    expect(pages.join()).toContain('Done.');
    await world.workOff();
    expect([...world.zendesk.state.users.values()].map(({ name }) => name)).toContain('Person Five');
  });

  test('held removals: dropped one by one, let go with the number typed, by approvers alone', async () => {
    for (const id of people.slice(0, 11)) directory.removeMember(group, id);
    await world.cycle();
    expect(await held()).toBe(11);
    const page = await as(APPROVER).get('held');
    expect(textOf(page)).toContain('11 removals wait for your decision');
    expect((await as(OPERATOR).get('held')).body).not.toContain('method="post"');
    expect(textOf(await as(APPROVER).act('held', 'allowCycle', { typed: '10' }))).toContain('there are 11 now');
    expect(textOf(await as(APPROVER).act('held', 'decide', { what: 'drop', ids: people[0] ?? '', typed: '2' }))).toContain(
      'there are 1 now',
    );
    expect(textOf(await as(APPROVER).act('held', 'decide', { what: 'drop', ids: people[0] ?? '', typed: '1' }))).toContain(
      '1 held removal dropped',
    );
    // What is to keep its access is held: a cycle that looks at everybody does not count it again, until it is released.
    const kept = people[1] ?? '';
    expect(textOf(await as(APPROVER).act('held', 'decide', { what: 'keep', ids: kept, typed: '1' }))).toContain(
      'They keep what they have, and cycles leave them alone',
    );
    expect(textOf(await as(APPROVER).get('holds'))).toMatch(/1 object is held by Ada Approver.*a removal that was dropped/);
    expect(textOf(await as(READER).get(`people/user/${people[1]}`))).toContain(
      'its removal was dropped, and it keeps what it has',
    );
    await as(OPERATOR).act('restart', 'restart', { scopes: 'Watermark' });
    await world.cycle();
    expect(await held()).toBe(10);
    await as(APPROVER).act('holds', 'release', { objects: `user ${kept}` });
    await world.cycle();
    // One removal alone is below the threshold.
    expect([suspended(), await held()]).toEqual([1, 10]);
    await as(APPROVER).act('held', 'decide', { what: 'drop', ids: people[0] ?? '', typed: '1' });
    expect(textOf(await as(APPROVER).act('held', 'decide', { what: 'allow', ids: people.slice(2, 4), typed: '2' }))).toContain(
      '2 removals are in the queue',
    );
    await world.workOff();
    expect([suspended(), await held()]).toEqual([3, 7]);
    // Two at once: the second one finds that it has been decided.
    const [token, other] = [await as(APPROVER).token('held'), await as(APPROVER_2).token('held')];
    const cycleId = /name="cycleId" value="([^"]+)"/.exec((await as(APPROVER).get('held')).body)?.[1] ?? '';
    const sent = { act: 'allowCycle', cycleId, typed: '7' };
    const results = await Promise.all([
      as(APPROVER).post('held', { ...sent, token }),
      as(APPROVER_2).post('held', { ...sent, token: other }),
    ]);
    expect(results.map(({ status }) => status)).toEqual([303, 303]);
    await world.workOff();
    expect([suspended(), await held()]).toEqual([10, 0]);
    const entries = (await world.app.deps.log.query({}, 200)).entries.filter(({ initiatedBy }) => initiatedBy.id === APPROVER.id);
    expect(entries.length).toBeGreaterThan(0);
  });

  test('the log: a filter, an entry, and files by sign-in alone', async () => {
    expect(textOf(await as(READER).get('log?status=success&name=Person'))).toContain('Person');
    const csv = await as(READER).get('log.csv?part=properties');
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(JSON.parse((await as(READER).get('log.json?status=success')).body).length).toBeGreaterThan(5);
    expect((await visit(() => world.app, undefined).get('log.csv')).status).toBe(303);
    expect((await as({ ...READER, roles: [] }).get('log.csv')).status).toBe(403);
    expect((await as(READER).get('log?next=nonsense')).status).toBe(404);
  });

  test('Test Connection, and a test notice to nobody', async () => {
    expect(textOf(await as(OPERATOR).get('connection?test=yes'))).toContain('Zendesk reachable');
    expect((await as(READER).get('connection?test=yes')).body).not.toContain('Zendesk reachable');
  });

  test('TWO_PERSON_APPROVAL: what one asks for another approves, and nobody approves their own', async () => {
    const two = {
      ...world.app,
      config: { ...world.app.config, console: { ...world.app.config.console, twoPersonApproval: 'On' as const } },
    };
    const [asking, approving] = [visit(() => two, APPROVER), visit(() => two, APPROVER_2)];
    const page = await asking.get('restart');
    const pairs = /type the number of pairs: (\d+)/.exec(textOf(page))?.[1] ?? '';
    expect(textOf(await asking.act('restart', 'forgetPairs', { typed: pairs }))).toContain('Nothing has been done yet');
    expect((await asking.get('approvals')).body).not.toContain('value="approve"');
    const token = await asking.token('approvals');
    const id = /name="id" value="([^"]+)"/.exec((await approving.get('approvals')).body)?.[1] ?? '';
    const own = await asking.post('approvals', { act: 'approve', id, token });
    expect(textOf(await asking.get(own.headers['location'] ?? ''))).toContain('somebody else has to approve it');
    const done = await approving.act('approvals', 'approve');
    expect(textOf(done)).toMatch(/The job was restarted|still to lose access/);
    expect(textOf(await approving.get('approvals'))).toContain('Nothing waits for approval');
  });
});
