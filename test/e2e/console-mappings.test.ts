import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser } from '../../local/browser';
import { readJob } from '../../src/engine/job/job-state';
import { type JobWorld, startJobWorld } from '../contract/job-control-world';
import { describeInBrowser, findings, fits, SCREENS } from '../support/browser';
import { APPROVER, claimsOf, consoleOf, headerOf, OPERATOR, SIGNED_IN, type TestPerson } from '../support/console-app';
import { type ServedHandler, serveHandler } from '../support/serve-handler';

/** Set to keep pictures of the pages. */
const PICTURES = process.env['CONSOLE_PICTURES'];

describeInBrowser('the mappings in a browser', () => {
  let world: JobWorld;
  let served: ServedHandler;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    world = await startJobWorld(SIGNED_IN);
    const { directory } = world;
    const role = directory.addAppRole(world.servicePrincipalId, { displayName: 'User', value: 'User' });
    for (const name of ['ann', 'bob', 'cleo']) {
      const id = directory.addUser({
        userPrincipalName: `${name}@contoso.com`,
        mail: `${name}@contoso.com`,
        displayName: `${name} lee`,
        department: name === 'ann' ? 'Sales' : 'Support',
      });
      directory.assign(id, role);
    }
    directory.addGroup({ displayName: 'Helpdesk' });
    await world.settle();
    served = await serveHandler(() => consoleOf(() => world.app));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await world?.stop();
  });
  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  async function open(who: TestPerson, path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: SCREENS[0],
      extraHTTPHeaders: { 'x-ms-client-principal': headerOf(claimsOf(who)) },
      ...options,
    });
    // Only ends what hangs.
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(String(error)));
    await page.goto(`http://${served.host}/api/console/${path}`);
    return page;
  }

  /** Nothing that axe finds, and nothing beside the screen, on every screen. */
  async function isFitFor(page: Page, name: string): Promise<void> {
    for (const screen of SCREENS) {
      await page.setViewportSize(screen);
      await page.emulateMedia({ colorScheme: screen.colorScheme });
      expect([name, screen.name, await fits(page)]).toEqual([name, screen.name, true]);
      expect([name, screen.name, await findings(page)]).toEqual([name, screen.name, []]);
      if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}-${screen.name}.png`), fullPage: true });
    }
    await page.setViewportSize(SCREENS[0]);
  }

  test('the pages are legible on every screen', async () => {
    for (const [name, path] of [
      ['mappings', 'mappings'],
      ['mapping-edit', 'mappings/0/edit/user/name?tried=ann@contoso.com'],
      ['mapping-add', 'mappings/0/edit/user'],
      ['mapping-scope', 'mappings/0/scope/user'],
      [
        'mapping-scope-tried',
        'mappings/0/scope/user?form=yes&update=yes&attribute.0.0=department&operator.0.0=EQUALS&values.0.0=Sales&attribute.1.0=city&operator.1.0=IS+NOT+NULL&attribute.1.1=&tried=ann@contoso.com',
      ],
      ['mapping-text', 'mappings-text'],
    ] as const) {
      const page = await open(OPERATOR, path);
      await isFitFor(page, name);
      await page.context().close();
    }
  });

  test('an expression is tried on a person while it is typed, stored, planned and activated', async () => {
    const page = await open(APPROVER, 'mappings');
    await page.getByRole('link', { name: 'name', exact: true }).first().click();
    await page.getByLabel(/Try it on a person/).fill('ann@contoso.com');
    await page.getByLabel(/^From Entra ID/).fill('ToUper([displayName])');
    await page.getByText('This cannot be stored yet').waitFor();
    await page.getByLabel(/^From Entra ID/).fill('ToUpper([displayName])');
    await page.locator('#trial strong', { hasText: 'ANN LEE' }).waitFor();
    await page
      .getByRole('textbox', { name: /Reason/ })
      .first()
      .fill('Capitals');
    await page.getByLabel(/^From Entra ID/).fill('ToUpper(Coalesce([displayName], [mail]))');
    await page.locator('#changes', { hasText: 'ToUpper(Coalesce(' }).waitFor();
    // What is typed beside stays while the rest is tried.
    expect(await page.locator('#save-why').inputValue()).toBe('Capitals');
    await isFitFor(page, 'mapping-tried');
    await page.locator('#changes').getByRole('button', { name: 'Store as a draft' }).click();
    await page.getByText('Version 1 is stored as a draft').waitFor();
    expect(page.url()).toContain('/mappings/1');
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.getByRole('link', { name: 'object by object' }).waitFor();
    expect(await page.locator('#activate').textContent()).toMatch(/update3/);
    await isFitFor(page, 'mapping-version');
    await page
      .locator('#activate')
      .getByLabel(/Reason/)
      .fill('As agreed');
    await page.getByRole('button', { name: 'Activate version 1' }).click();
    await page.getByText('Version 1 is active').first().waitFor();
    await isFitFor(page, 'mappings-active');
    const { value: job } = await readJob(world.app.deps.state);
    expect(job.mappings).toMatchObject({ version: 1, by: APPROVER.name, why: 'As agreed' });
    await world.settle();
    expect([...world.zendesk.state.users.values()].map(({ name }) => name)).toContain('ANN LEE');
    await page.context().close();
  });

  test('without a script and with the keyboard alone: checked by the button, stored, and back to the file', async () => {
    const page = await open(APPROVER, 'mappings/1/edit/user/name', { javaScriptEnabled: false });
    await page.getByLabel(/^From Entra ID/).focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('ToLower([displayName])');
    await page.getByLabel(/Try it on a person/).focus();
    await page.keyboard.type('bob@contoso.com');
    await page.keyboard.press('Enter');
    await page.locator('#trial strong', { hasText: 'bob lee' }).waitFor();
    await page.locator('#save-why').focus();
    await page.keyboard.type('Small letters');
    await page.keyboard.press('Enter');
    await page.getByText('Version 2 is stored as a draft').waitFor();
    await page.goto(`http://${served.host}/api/console/mappings/0`);
    await page.getByRole('button', { name: 'Make the plan' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'object by object' }).waitFor();
    await page.locator('#activate-why').focus();
    await page.keyboard.type('Too loud');
    await page.keyboard.press('Enter');
    await page.getByText('The file (version 0) is active').first().waitFor();
    await world.settle();
    expect([...world.zendesk.state.users.values()].map(({ name }) => name)).toContain('ann lee');
    await page.context().close();
  });

  test('what takes access away wants its number typed', async () => {
    const page = await open(APPROVER, 'mappings');
    await page.getByRole('link', { name: 'Edit scope and actions of users' }).click();
    await page.getByRole('button', { name: 'Add a filter' }).click();
    // What was added has the focus, and Enter in it checks: it presses no button that adds or removes.
    await page.locator('[name="attribute.0.0"]:focus').waitFor();
    await page.keyboard.type('department');
    await page.keyboard.press('Enter');
    await page.waitForURL(/attribute\.0\.0=department/);
    await page.getByText('To be filled in: clause 1.1.').waitFor();
    await page.getByLabel('1.1 Value').fill('Sales');
    await page.locator('#changes', { hasText: 'department is "Sales"' }).waitFor();
    await page.getByLabel(/Try it on a person/).fill('bob@contoso.com');
    await page.locator('#trial', { hasText: 'Not in scope.' }).waitFor();
    await page.getByLabel(/Try it on a person/).fill('ann@contoso.com');
    await page.locator('#trial', { hasText: 'In scope, if assigned' }).waitFor();
    await page.locator('#changes').getByRole('button', { name: 'Store as a draft' }).click();
    await page.getByText('Version 3 is stored as a draft').waitFor();
    expect(await page.locator('#of-user').textContent()).toContain('department is "Sales"');
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.getByRole('link', { name: 'object by object' }).waitFor();
    await page.locator('#activate').getByText('Activate', { exact: true }).click();
    await page.locator('#typed').fill('1');
    await isFitFor(page, 'mapping-removes');
    await page.getByRole('button', { name: 'Activate version 3' }).click();
    await page.getByText('there are 2 now').waitFor();
    await page.locator('#activate').getByText('Activate', { exact: true }).click();
    await page.locator('#typed').fill('2');
    await page.getByRole('button', { name: 'Activate version 3' }).click();
    await page.getByText('Version 3 is active').first().waitFor();
    await page.context().close();
  });

  test('the expression of a group is tried on a group while it is typed', async () => {
    const page = await open(OPERATOR, 'mappings/0/edit/group/description');
    await page.getByLabel(/Try it on a group/).fill('Helpdesk');
    await page.getByLabel(/^From Entra ID/).fill('ToUpper([displayName])');
    await page.locator('#trial strong', { hasText: 'HELPDESK' }).waitFor();
    await page.getByLabel(/Try it on a group/).fill('No such group');
    await page.locator('#trial', { hasText: 'Entra ID has no such group' }).waitFor();
    await page.context().close();
  });

  test('without a script: clauses are added and removed, and the scope is stored', async () => {
    const page = await open(OPERATOR, 'mappings/0/scope/group', { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Add a filter' }).click();
    await page.getByLabel('1.1 Attribute').fill('displayName');
    await page.getByLabel('1.1 Operator').selectOption('STARTS WITH');
    await page.getByLabel('1.1 Value').fill('Help');
    await page.getByRole('button', { name: 'And: add a clause' }).click();
    await page.getByRole('button', { name: 'Remove clause 1.2' }).click();
    await page.getByLabel(/Try it on a group/).fill('Helpdesk');
    await page.getByRole('button', { name: 'Check and try' }).last().click();
    await page.locator('#trial', { hasText: 'In scope, if assigned' }).waitFor();
    await page.getByRole('button', { name: 'Store as a draft' }).click();
    await page.getByText('is stored as a draft').waitFor();
    expect(await page.locator('#of-group').textContent()).toContain('displayName starts with "Help"');
    await page.context().close();
  });
});
