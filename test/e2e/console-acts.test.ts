import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../../local/browser';
import { find, PAGES } from '../../src/console/registry';
import { readJob } from '../../src/engine/job/job-state';
import { continuePlan, createPlan } from '../../src/engine/preview/make-plan';
import { allows, type Role } from '../../src/functions/principal';
import { type JobWorld, startJobWorld } from '../contract/job-control-world';
import { describeInBrowser } from '../support/browser';
import {
  APPROVER,
  APPROVER_2,
  claimsOf,
  consoleOf,
  headerOf,
  OPERATOR,
  READER,
  SIGNED_IN,
  type TestPerson,
} from '../support/console-app';
import { type ServedHandler, serveHandler } from '../support/serve-handler';

/** Everything that a page declares as an act: `people/:type/:id retry`. */
const ALL = PAGES.flatMap(({ path, acts = {} }) => Object.keys(acts).map((act) => `${path} ${act}`)).sort();

/** One world, one browser; each act of the console once, by somebody who may, and refused to everybody who may not. */
describeInBrowser('every act of the console in a browser', () => {
  let world: JobWorld;
  let served: ServedHandler;
  let webhook: Server;
  let browser: Browser;
  let pages: Record<'reader' | 'operator' | 'approver' | 'second', Page>;
  const done = new Set<string>();
  const complaints: string[] = [];
  const people: string[] = [];
  let group: string;
  let odd: string;
  let notices = 0;

  beforeAll(async () => {
    webhook = createServer((_, response) => {
      notices += 1;
      response.end();
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    world = await startJobWorld({
      ...SIGNED_IN,
      TWO_PERSON_APPROVAL: 'On',
      DELETION_THRESHOLD: '4',
      NOTIFICATION_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook`,
    });
    const { directory, servicePrincipalId } = world;
    const role = (name: string) => directory.addAppRole(servicePrincipalId, { displayName: name, value: name });
    const [user, agent, astronaut] = [role('User'), role('Agent'), role('Astronaut')];
    const add = (name: string): string => {
      const mail = `${name.toLowerCase().replace(' ', '.')}@contoso.com`;
      return directory.addUser({ displayName: name, userPrincipalName: mail, mail, department: 'Support' });
    };
    group = directory.addGroup({ displayName: 'Customers', securityEnabled: true });
    directory.assign(group, user);
    for (let n = 0; n < 12; n += 1) {
      people.push(add(`Person ${n}`));
      directory.addMember(group, people[n] ?? '');
    }
    const agents = directory.addGroup({ displayName: 'Helpdesk', securityEnabled: true });
    directory.assign(agents, agent);
    for (const name of ['Agent One', 'Agent Two']) directory.addMember(agents, add(name));
    odd = add('Odd One');
    directory.assign(odd, astronaut);
    await world.settle();
    served = await serveHandler(() => consoleOf(() => world.app));
    browser = await startBrowser();
    pages = {
      reader: await as(READER),
      operator: await as(OPERATOR),
      approver: await as(APPROVER),
      second: await as(APPROVER_2),
    };
  });
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    webhook?.close();
    await world?.stop();
  });

  /** A browser in which a person has signed in; what it complains of fails the test. */
  async function as(who: TestPerson): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1180, height: 900 },
      extraHTTPHeaders: { 'x-ms-client-principal': headerOf(claimsOf(who)) },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(String(error)));
    return page;
  }

  const open = (page: Page, path: string) => page.goto(`http://${served.host}/api/console/${path}`);
  /** Opens what stands around a form, fills it in and sends it. @param fields by name @returns what the page then says on top */
  async function act(page: Page, name: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const { pathname } = new URL(page.url());
    done.add(`${find(PAGES, pathname.replace(/^\/api\/console\/?/, ''))?.item.path} ${name}`);
    const form = page.locator(`form:has(input[name="act"][value="${name}"])`).first();
    await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    for (const [field, value] of Object.entries(fields)) {
      const control = form.locator(`[name="${field}"]:not([type=radio])`).or(form.locator(`[name="${field}"][value="${value}"]`));
      const type = await control.first().getAttribute('type');
      if (type === 'radio' || type === 'checkbox') await form.locator(`[name="${field}"][value="${value}"]`).check();
      else await control.first().fill(value);
    }
    await Promise.all([page.waitForURL(/[?&]done=/), form.locator('button[type=submit]').last().click()]);
    return (await page.locator('.notice[role=status]').first().textContent()) ?? '';
  }
  /** What takes two is asked for, and carried out when another approves it. */
  async function approved(asked: string): Promise<string> {
    expect(asked).toContain('Nothing has been done yet');
    await open(pages.second, 'approvals');
    return act(pages.second, 'approve');
  }
  const person = (n: number) => `people/user/${people[n]}`;
  const suspended = () => [...world.zendesk.state.users.values()].filter((one) => one.suspended).length;
  const plan = async (page: Page): Promise<void> => {
    await open(page, 'plans');
    expect(await act(page, 'make')).toContain('Done');
    await page.waitForURL(/\/plans\/[\da-f-]{36}/);
    await finished(page);
  };
  /** What the timer would continue with is brought to its end, where the machine was too slow for one call. */
  const finished = async (page: Page): Promise<void> => {
    const id = /\/plans\/([\da-f-]{36})/.exec(page.url())?.[1] ?? '';
    await continuePlan(world.app.planning, id, { owner: 'test', budgetMs: 60_000 });
    await page.reload();
  };

  /** A place for each page that has an act. */
  const places = (): Readonly<Record<string, string>> => ({
    '': '',
    people: 'people?show=failed',
    'people/:type/:id': person(0),
    'people/:type/:id/provision': `${person(0)}/provision`,
    plans: 'plans',
    'plans/:id': 'plans/11111111-0000-4000-8000-000000000000',
    held: 'held',
    holds: 'holds',
    'undo/:cycle': 'undo/11111111-0000-4000-8000-000000000000',
    mappings: 'mappings',
    'mappings/:version': 'mappings/0',
    'mappings/:version/edit/:type/:target': 'mappings/0/edit/user/name',
    'mappings/:version/edit/:type': 'mappings/0/edit/user',
    'mappings/:version/scope/:type': 'mappings/0/scope/user',
    'mappings-text': 'mappings-text',
    accounts: 'accounts',
    'accounts/groups': 'accounts/groups',
    approvals: 'approvals',
    connection: 'connection',
    restart: 'restart',
  });

  test('whoever has not the role of an act is refused, whatever is sent', async () => {
    for (const [who, role] of [
      [READER, 'Read'],
      [OPERATOR, 'Operate'],
    ] as const)
      for (const { path, acts = {} } of PAGES)
        for (const [name, { role: needed }] of Object.entries(acts)) {
          if (allows(role, needed)) continue;
          const answer = await fetch(`http://${served.host}/api/console/${places()[path]}`, {
            method: 'POST',
            headers: {
              'x-ms-client-principal': headerOf(claimsOf(who)),
              'content-type': 'application/x-www-form-urlencoded',
              'sec-fetch-site': 'same-origin',
            },
            body: `act=${name}&token=x`,
          });
          expect([role, path, name, answer.status, (await answer.text()).includes(`Provisioning.${needed}`)]).toEqual([
            role,
            path,
            name,
            403,
            true,
          ]);
        }
  });

  test('a page offers each person what they may do, and nothing else', async () => {
    for (const who of [READER, OPERATOR, APPROVER])
      for (const { path, acts = {}, role: needed } of PAGES.filter(({ path: one }) => places()[one] !== undefined)) {
        const role = who.roles[0]?.replace('Provisioning.', '') as Role;
        const headers = { 'x-ms-client-principal': headerOf(claimsOf(who)) };
        const response = await fetch(`http://${served.host}/api/console/${places()[path]}`, { headers });
        if (!allows(role, needed)) expect([path, role, response.status]).toEqual([path, role, 403]);
        const offered = [...(await response.text()).matchAll(/name="act" value="(\w+)"/g)].map(([, name = '']) => name);
        const tooMuch = offered.filter((name) => !allows(role, acts[name]?.role ?? 'Approve'));
        expect([path, role, tooMuch]).toEqual([path, role, []]);
        if (role === 'Read') expect([path, offered]).toEqual([path, []]);
      }
  });

  test('the operator runs the job', async () => {
    const { operator } = pages;
    await open(operator, '');
    expect(await act(operator, 'pause', { items: 'stop' })).toContain('What is in the queue waits there');
    expect((await readJob(world.app.deps.state)).value).toMatchObject({ paused: true, holdItems: true });
    expect(await act(operator, 'pause')).toContain('What is in the queue is finished');
    expect((await readJob(world.app.deps.state)).value).toMatchObject({ paused: true, holdItems: false });
    expect(await act(operator, 'start')).toContain('The job was started');
    expect(await act(operator, 'run')).toContain('A cycle was asked for');
    await open(operator, 'restart');
    expect(await act(operator, 'restart')).toContain('The job was restarted');
    await open(operator, 'connection');
    expect(await act(operator, 'testNotice')).toContain('Done');
    expect(notices).toBeGreaterThan(0);
    await open(operator, 'accounts');
    expect(await act(operator, 'refresh')).toContain('The report was made');
    await world.settle();
  });

  test('the operator provisions one person, and deals with a failure', async () => {
    const { operator } = pages;
    const { directory } = world;
    directory.updateUser(people[0] ?? '', { displayName: 'Person Zero' });
    await open(operator, `${person(0)}/provision`);
    expect(await act(operator, 'provision')).toContain('It was carried out');
    expect([...world.zendesk.state.users.values()].map(({ name }) => name)).toContain('Person Zero');
    // What takes access away is an approver's, and takes two.
    world.directory.removeMember(group, people[10] ?? '');
    await open(operator, `${person(10)}/provision`);
    expect(await operator.locator('form[method=post]').count()).toBe(0);
    await open(pages.approver, `${person(10)}/provision`);
    expect(await approved(await act(pages.approver, 'remove', { typed: '1' }))).toContain('It was carried out');
    expect(suspended()).toBe(1);
    await open(operator, `people/user/${odd}`);
    expect(await act(operator, 'retry')).toContain('It is in the queue');
    await world.drain();
    await open(operator, 'people?show=failed');
    expect(await act(operator, 'tryAgain', { objects: `user ${odd}` })).toContain('1 object is in the queue');
    await world.drain();
    await open(operator, `people/user/${odd}`);
    expect(await act(operator, 'forget')).toContain('The failure was forgotten');
    expect(await world.app.deps.escrows.read({ type: 'user', id: odd as never })).toBeUndefined();
  });

  test('the operator plans, applies what takes nothing away, and stops a plan', async () => {
    const { operator } = pages;
    for (const n of [1, 2]) world.directory.updateUser(people[n] ?? '', { displayName: `Renamed ${n}` });
    await plan(operator);
    await operator.locator(`#tick-${people[1]}`).check();
    expect(await act(operator, 'applyTicked')).toContain('Done');
    await world.drain();
    await plan(operator);
    expect(await act(operator, 'apply')).toContain('Done');
    await world.drain();
    expect([...world.zendesk.state.users.values()].map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Renamed 1', 'Renamed 2']),
    );
    const { planning } = world.app;
    const begun = await createPlan(planning, { id: 'o', displayName: 'Olaf', type: 'user' } as never, undefined);
    await open(operator, `plans/${begun.kind === 'begun' ? begun.header.planId : ''}`);
    expect(await act(operator, 'cancel')).toContain('Done');
    await open(operator, 'plans');
    expect(await act(operator, 'compare')).toContain('Done');
    await finished(operator);
  });

  test('the operator drafts mappings, and an approver activates them', async () => {
    const { operator, approver } = pages;
    await open(operator, 'mappings/0/edit/user/phone?source=%5Bmobile%5D');
    expect(await act(operator, 'save', { why: 'Mobiles' })).toContain('Version 1 is stored');
    await open(operator, 'mappings/1/edit/user/phone');
    expect(await act(operator, 'remove')).toContain('Version 2 is stored');
    await open(operator, 'mappings/1/edit/user?target=details&source=%22x%22');
    expect(await act(operator, 'save')).toContain('Version 3 is stored');
    await open(operator, 'mappings/1/scope/user?form=yes&create=yes&update=yes');
    expect(await act(operator, 'save')).toContain('Version 4 is stored');
    await open(operator, 'mappings-text?version=1');
    const text = await operator.locator('#text').inputValue();
    await operator.locator('#text').fill(text.replaceAll('[mobile]', '[mailNickname]').replaceAll('"mobile"', '"mailNickname"'));
    expect(await act(operator, 'save')).toContain('Version 5 is stored');
    const file = await operator.request.get(`http://${served.host}/api/console/mappings/3/file`);
    await open(operator, 'mappings');
    await operator.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    await operator
      .locator('#upload-file')
      .setInputFiles({ name: 'mappings.json', mimeType: 'application/json', buffer: await file.body() });
    expect(await act(operator, 'upload')).toContain('stored already, as version 3');
    await open(operator, 'mappings/1');
    expect(await act(operator, 'plan')).toContain('The plan is made');
    await open(approver, 'mappings/1');
    expect(await act(approver, 'activate', { why: 'As agreed' })).toContain('Version 1 is active');
    await world.settle();
  });

  test('names of 10,000 characters and from right to left break no page', async () => {
    const page = await as(READER);
    const names = { 9: 'x'.repeat(10_000), 2: '\u202eمحمد\u202e <b>الأحمد</b>', 11: 'שלום '.repeat(2_000) };
    for (const [n, displayName] of Object.entries(names)) world.directory.updateUser(people[Number(n)] ?? '', { displayName });
    await world.settle();
    const paths = ['', 'people', 'people?show=failed', 'log', person(9), person(2), person(11), 'people?q=xxxx'];
    for (const width of [360, 720, 1180]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of paths) {
        await open(page, path);
        const [content = 0, visible = 0] = await page.evaluate<number[]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        expect([path, width, content <= visible]).toEqual([path, width, true]);
      }
    }
    expect(await page.locator('main b').allTextContents()).not.toContain('الأحمد');
    await open(page, 'people');
    expect(await page.locator('bdi', { hasText: '<b>' }).count()).toBeGreaterThan(0);
    for (const n of [2, 9, 11]) world.directory.updateUser(people[n] ?? '', { displayName: `Person ${n}` });
    await world.settle();
    await page.context().close();
  });

  test('a session that ends while somebody types loses nothing; signed in again, it is sent once', async () => {
    const page = await as(OPERATOR);
    await open(page, 'mappings/0/edit/user/phone?source=%22a%22');
    await page.locator('#save-why').fill('Typed before the session ended');
    await page.context().setExtraHTTPHeaders({});
    await page.locator('#changes button').click();
    await page.getByText('nothing you typed is lost').waitFor();
    await page.context().setExtraHTTPHeaders({ 'x-ms-client-principal': headerOf(claimsOf(OPERATOR)) });
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText('is stored as a draft').waitFor();
    expect((await world.app.deps.mappings.store.list()).map(({ why }) => why)).toContain('Typed before the session ended');
    complaints.splice(0);
    await page.context().close();
  });

  test('a page that was open over a deployment says that it has no such form any more', async () => {
    const page = await as(OPERATOR);
    await open(page, '');
    await page.evaluate(`document.querySelector('input[name=act][value=run]').value = 'runOld'`);
    await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
    await page.getByRole('button', { name: 'Run a cycle now' }).click();
    await page.getByText('This page has no such form any more').waitFor();
    complaints.splice(0);
    await page.context().close();
  });

  test('what two approvers apply at once is done once, and both read a result', async () => {
    const [one, other] = [pages.approver, pages.second];
    world.directory.updateUser(people[9] ?? '', { displayName: 'Person Nine' });
    await plan(one);
    const address = new URL(one.url()).pathname.replace('/api/console/', '');
    await open(other, address);
    const [first, second] = await Promise.all([act(one, 'apply'), act(other, 'apply')]);
    // Whoever comes a moment later reads what became of it; whoever comes in the same moment, that somebody else has acted.
    for (const text of [first, second]) expect(text).toMatch(/The plan was applied: 1 handed over|Somebody else has acted/);
    expect([first, second].join()).toContain('Done');
    expect(await world.drain()).toBe(1);
  });

  test('the brake holds removals: an approver keeps, drops and allows, and a second one approves', async () => {
    const { approver, operator } = pages;
    for (const id of people.slice(3, 9)) world.directory.removeMember(group, id);
    await world.settle();
    expect(suspended()).toBe(1);
    await open(approver, 'held');
    await approver.locator(`#tick-${people[3]}`).check();
    expect(await act(approver, 'decide', { what: 'keep', typed: '1' })).toContain('They keep what they have');
    expect(await act(approver, 'allowCycle', { typed: '4' })).toContain('Nothing has been done yet');
    await open(operator, 'approvals');
    expect(await operator.locator('input[name=act][value=approve]').count()).toBe(0);
    await open(approver, 'approvals');
    expect(await act(approver, 'withdraw')).toContain('It was withdrawn');
    await open(approver, 'held');
    expect(await approved(await act(approver, 'allowCycle', { typed: '5' }))).toContain('5 removals are in the queue');
    await world.drain();
    expect(suspended()).toBe(6);
    await open(approver, 'holds');
    await approver.locator('input[name=objects]').first().check();
    expect(await act(approver, 'release')).toContain('1 object released');
  });

  test('an undo is planned by the operator, applied by an approver, and its holds are released', async () => {
    const { operator, approver } = pages;
    const { entries } = await world.app.deps.log.query({ action: 'disable' }, 10);
    const cycle = entries[0]?.cycleId ?? '';
    await open(operator, `undo/${cycle}`);
    await operator.locator('input[name=objects]').first().check();
    expect(await act(operator, 'undoTicked')).toContain('Done');
    await finished(operator);
    await open(operator, `undo/${cycle}`);
    expect(await act(operator, 'undo')).toContain('Done');
    await finished(operator);
    const address = new URL(operator.url()).pathname.replace('/api/console/', '');
    await open(approver, address);
    expect(await act(approver, 'apply')).toContain('Done');
    await world.drain();
    expect(suspended()).toBe(1);
    await open(approver, 'holds');
    expect(await act(approver, 'releaseAll')).toContain('released');
  });

  test('an approver applies a plan with its removals, unlinks, cleans up and forgets pairs', async () => {
    const { approver } = pages;
    await plan(approver);
    const removals = /removals: (\d+)/.exec((await approver.locator('label[for=typed]').textContent()) ?? '')?.[1] ?? '';
    expect(await approved(await act(approver, 'applyWithRemovals', { typed: removals }))).toContain('Done');
    await world.drain();
    expect(suspended()).toBe(1 + Number(removals));
    await open(approver, person(11));
    expect(await act(approver, 'unlink')).toContain('It is no longer connected');

    const { state } = world.zendesk;
    const helpdesk = [...state.groups.values()].find(({ name }) => name === 'Helpdesk');
    const stray = world.zendesk.seed.user({ name: 'Stray Agent', email: 'stray@contoso.com', role: 'agent' });
    if (helpdesk) world.zendesk.seed.member(stray, helpdesk);
    await open(approver, 'plans');
    expect(await act(approver, 'compare')).toContain('Done');
    await finished(approver);
    await open(approver, 'accounts/groups');
    await approver.locator('input[name=pick]').first().check();
    expect(await approved(await act(approver, 'remove', { typed: '1' }))).toMatch(/Done|Under way/);
    await world.drain();
    await open(approver, 'restart');
    const pairs = /pairs: (\d+)/.exec((await approver.locator('label[for=typed]').textContent()) ?? '')?.[1] ?? '';
    expect(await approved(await act(approver, 'forgetPairs', { typed: pairs }))).toMatch(
      /The job was restarted|still to lose access/,
    );
  });

  test('and that were all acts that there are', () => {
    expect([...done].sort()).toEqual(ALL);
  });
});
