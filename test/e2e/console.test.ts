import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../../local/browser';
import type { World } from '../../local/demo/world';
import { PEOPLE } from '../../local/host/sign-in';
import { describeInBrowser, findings, fits, SCREENS } from '../support/browser';
import { aWorld, runCycle } from './support/a-world';

const [READER, OPERATOR, APPROVER] = PEOPLE;

/** The built app under the local host, which plays the platform's part, and a person at a browser. */
describeInBrowser('the console in a browser', () => {
  let world: World;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  let paths: Record<string, string>;

  beforeAll(async () => {
    world = await aWorld({ people: 120 });
    browser = await startBrowser();
    await runCycle(world);
    const { demo } = world;
    for (const name of ['Sales', 'Support'] as const)
      for (const assignment of demo.directory.assignmentsOf(demo.groups[name] ?? '', demo.servicePrincipalId))
        demo.directory.unassign(assignment.id);
    await runCycle(world);
    const page = await at(OPERATOR);
    await open(page, '/plans');
    await page.getByRole('button', { name: 'Plan a cycle' }).click();
    await page.waitForURL(/\/plans\/[\da-f-]{36}/);
    const plan = new URL(page.url()).pathname.replace('/api/console', '');
    await open(page, '/log?action=create');
    const entry = new URL(
      await page
        .locator('#entries tbody th a')
        .first()
        .evaluate((link) => (link as unknown as { href: string }).href),
    ).pathname;
    const person = `/people/user/${demo.cast.toAdopt}`;
    paths = {
      overview: '',
      people: '/people',
      failed: '/people?show=failed',
      person,
      provision: `${person}/provision`,
      plans: '/plans',
      plan,
      held: '/held',
      log: '/log',
      entry: entry.replace('/api/console', ''),
      connection: '/connection?test=yes',
      restart: '/restart',
      approvals: '/approvals',
      accounts: '/accounts',
      mappings: '/mappings',
      missing: '/no-such-page',
    };
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  /** A browser of its own in which a person has signed in; what it complains of is an error. */
  async function at(
    person: (typeof PEOPLE)[number] | undefined,
    options: { readonly javaScriptEnabled?: boolean } = {},
  ): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options });
    contexts.push(context);
    // Only ends what hangs.
    context.setDefaultTimeout(900_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => {
      throw error;
    });
    if (person) await page.goto(`${world.host.url}/.auth/login/aad?person=${person.id}`);
    return page;
  }
  const open = (page: Page, path: string) => page.goto(`${world.host.url}/api/console${path}`);

  test('whoever is not signed in chooses who to be and comes back to where they wanted to go', async () => {
    const page = await at(undefined);
    await open(page, '/log?status=success');
    await page.getByRole('link', { name: 'Rita Reader' }).click();
    expect(page.url()).toBe(`${world.host.url}/api/console/log?status=success`);
    await page.getByRole('link', { name: 'Sign out' }).click();
    expect(page.url()).toContain('/.auth/login/aad');
  });

  test('a principal header that a caller writes is worth nothing', async () => {
    const forged = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims: [] })).toString('base64');
    const answer = await fetch(`${world.host.url}/api/console`, {
      headers: { 'x-ms-client-principal': forged },
      redirect: 'manual',
    });
    expect([answer.status, answer.headers.get('location')?.startsWith('/.auth/login/aad')]).toEqual([303, true]);
  });

  test('a page cannot be framed', async () => {
    const page = await at(APPROVER);
    await page.goto(`${world.host.url}/api/health`);
    const framed = await page.evaluate(async (address) => {
      const dom = globalThis as unknown as {
        document: {
          createElement(name: string): { src: string; onload: () => void; contentDocument: unknown };
          body: { append(one: unknown): void };
        };
      };
      const frame = dom.document.createElement('iframe');
      const loaded = new Promise<void>((resolve) => {
        frame.onload = () => resolve();
      });
      frame.src = address;
      dom.document.body.append(frame);
      await loaded;
      return frame.contentDocument !== null && String((frame.contentDocument as { title?: string }).title).includes('Zendesk');
    }, `${world.host.url}/api/console`);
    expect(framed).toBe(false);
  });

  test.each(SCREENS)('every page: no finding of axe, nothing beside the screen, no complaint ($name)', async (screen) => {
    const page = await at(APPROVER);
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(`${page.url()} ${message.text()}`));
    await page.setViewportSize(screen);
    await page.emulateMedia({ colorScheme: screen.colorScheme });
    for (const [name, path] of Object.entries(paths)) {
      await open(page, path);
      expect([name, await fits(page)]).toEqual([name, true]);
      await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
      expect([name, await findings(page)]).toEqual([name, []]);
    }
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
  });

  test('as a reader: everything is to be seen, and nothing to be done', async () => {
    const page = await at(READER);
    for (const [name, path] of Object.entries(paths)) {
      await open(page, path);
      expect([name, await page.locator('form[method="post"]').count()]).toEqual([name, 0]);
    }
  });

  test('by keyboard alone: pause and start, find somebody and provision them, let removals go', async () => {
    const page = await at(APPROVER);
    await open(page, '');
    await tabTo(page, 'Pause');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Pause the job');
    await page.keyboard.press('Enter');
    await page.getByText('The job was paused').waitFor();
    await tabTo(page, 'Start the job');
    await page.keyboard.press('Enter');
    await page.getByText('The job was started').waitFor();

    await open(page, '/people');
    await tabTo(page, 'q');
    await page.keyboard.type(String(world.demo.directory.user(world.demo.cast.toRename)?.mail));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/people\/user\//);
    await tabTo(page, 'Provision now …');
    await page.keyboard.press('Enter');
    await page.getByText('What would be done now').waitFor();

    await open(page, '/held');
    const count = /\d+/.exec((await page.locator('#h-held').textContent()) ?? '')?.[0] ?? '';
    await tabTo(page, 'typed');
    await page.keyboard.type(count);
    await page.keyboard.press('Enter');
    await page.getByText('are in the queue and are carried out now').waitFor();
  });

  test('without a script: reading, searching and acting', async () => {
    const page = await at(OPERATOR, { javaScriptEnabled: false });
    await open(page, '/people');
    await page.locator('#q').fill('nobody-of-this-name');
    await page.getByRole('button', { name: 'Find' }).click();
    expect(await page.getByText('know anybody of this name').isVisible()).toBe(true);
    await open(page, '');
    await page.getByText('Run a cycle now').first().click();
    await page.getByRole('button', { name: 'Run a cycle now' }).click();
    expect(await page.getByText('A cycle was asked for').isVisible()).toBe(true);
    await page.reload();
    expect(await page.getByText('A cycle was asked for').isVisible()).toBe(true);
  });
});

/** Presses Tab until what has this text, name or label has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate<string[]>('[document.activeElement.innerText, document.activeElement.name]');
    if (at.some((one) => one?.trim() === name)) return;
  }
  throw new Error(`Tab never came to ${name}`);
}
