import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { startBrowser } from './browser';
import { call, runCycle } from './demo/app-client';
import { demoChanges } from './demo/directory-changes';
import { startWorld, type World } from './demo/world';
import { PEOPLE } from './host/sign-in';

/** The size of the company in the pictures. */
const COMPANY = 160;
const CYCLE_TIMEOUT_MS = 8 * 60_000;
const root = join(__dirname, '..', '..');

/** How pages are looked at; the documents have the first one. */
const SCREENS = [
  { name: 'desktop-light', width: 1180, height: 820, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1180, height: 820, colorScheme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;

/**
 * Takes pictures of every page of the console, of the demo company, into docs/images.
 *
 *   npm run screenshots [-- <folder>]     with a folder: every screen, whole pages, there and not in the documents
 */
async function main(): Promise<void> {
  const folder = process.argv[2];
  const into = folder ?? join(root, 'docs', 'images');
  mkdirSync(into, { recursive: true });
  const world = await startWorld({
    appDirectory: root,
    people: COMPANY,
    timeScale: 100,
    requestsPerMinute: 2_500,
    settings: { TWO_PERSON_APPROVAL: 'On' },
    onLog: () => undefined,
  });
  const browser = await startBrowser('--hide-scrollbars');
  try {
    const pages = await prepare(world, await browserOf(browser, world, SCREENS[0]));
    for (const screen of folder === undefined ? SCREENS.slice(0, 1) : SCREENS) {
      const context = await browserOf(browser, world, screen);
      for (const [name, path] of Object.entries(pages)) {
        const page = await context.newPage();
        await page.goto(`${world.host.url}/api/console${path}`);
        const file = folder === undefined ? `console-${name}.png` : `${name}-${screen.name}.png`;
        await page.screenshot({ path: join(into, file), fullPage: folder !== undefined });
        await page.close();
      }
      await context.close();
    }
    console.log(`${Object.keys(pages).length} pages in ${into}`);
  } finally {
    await browser.close();
    await world.stop();
  }
}

/** A browser in which an approver has signed in. */
async function browserOf(browser: Browser, world: World, screen: (typeof SCREENS)[number]): Promise<BrowserContext> {
  const { width, height, colorScheme } = screen;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await page.goto(`${world.host.url}/.auth/login/aad?person=${PEOPLE[2]?.id}`);
  await page.close();
  return context;
}

/** A life of the company in which every page has something to show. @returns the pages by name, from the console's address on */
async function prepare(world: World, context: BrowserContext): Promise<Record<string, string>> {
  const { host, demo } = world;
  const cycle = () => runCycle(host, () => undefined, CYCLE_TIMEOUT_MS);
  await cycle();
  for (const change of demoChanges) change.apply(demo);
  await cycle();
  const plan = await call<{ id: string }>(host, 'plan', { method: 'POST', body: {} });
  const logs = await call<{ value: { cycleId: string; changeId: string }[] }>(
    host,
    "logs?$filter=provisioningAction eq 'update'&$top=1".replaceAll(' ', '%20'),
  );
  const [entry] = logs.value;
  for (const group of [demo.groups.Sales, demo.groups.Support])
    for (const assignment of demo.directory.assignmentsOf(group ?? '', demo.servicePrincipalId))
      demo.directory.unassign(assignment.id);
  await cycle();
  const later = await call<{ id: string }>(host, 'plan', { method: 'POST', body: {} });
  const page = await context.newPage();
  page.setDefaultTimeout(CYCLE_TIMEOUT_MS);
  const open = (path: string) => page.goto(`${host.url}/api/console${path}`);
  const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();

  await open('/accounts');
  await press('Make the report');
  await page.getByText('In numbers').waitFor();
  await open(`/undo/${entry?.cycleId}`);
  await press('Plan an undo of the whole cycle');
  await page.waitForURL(/\/plans\//);
  const undo = new URL(page.url()).pathname.replace('/api/console', '');
  await open('/held');
  for (const box of (await page.locator('input[name="ids"]').all()).slice(0, 3)) await box.check();
  await page.locator('#typed-some').fill('3');
  await press('Apply to the selected objects');
  await page.getByText('They keep what they have').waitFor();
  const held = Number(/\d+/.exec((await page.locator('#h-held').textContent()) ?? '')?.[0]);
  await page.locator('#typed-0').fill(String(held));
  await press(/^Allow \d/);
  await page.getByText('has to approve it').first().waitFor();
  const expression = new URLSearchParams({
    source: 'IIF(IsNullOrEmpty([mobile]), [telephoneNumber], [mobile])',
    tried: String(demo.directory.user(demo.cast.toAdopt)?.mail),
  });
  await open(`/mappings/0/edit/user/phone?${expression}`);
  await page.locator('#save-why').fill('Mobile numbers first');
  await press('Store as a draft');
  await page.waitForURL(/\/mappings\/1/);
  await press('Make the plan');
  await page.getByRole('link', { name: 'object by object' }).waitFor();
  await page.close();

  const person = `/people/user/${demo.cast.toAdopt}`;
  const scope = new URLSearchParams([
    ...['form', 'create', 'update', 'delete'].map((name): [string, string] => [name, 'yes']),
    ['name.0', 'Service desk'],
    ['attribute.0.0', 'department'],
    ['operator.0.0', 'EQUALS'],
    ['values.0.0', 'IT\nCustomer Support'],
    ['attribute.0.1', 'accountEnabled'],
    ['operator.0.1', 'IS TRUE'],
    ['tried', String(demo.directory.user(demo.cast.toAdopt)?.mail)],
  ]);
  return {
    overview: '',
    people: '/people',
    failed: '/people?show=failed',
    person,
    provision: `${person}/provision`,
    plans: '/plans',
    plan: `/plans/${later.id}`,
    'plan-calm': `/plans/${plan.id}`,
    held: '/held',
    log: '/log',
    'log-entry': `/log/${entry?.cycleId}/${entry?.changeId}`,
    connection: '/connection?test=yes',
    restart: '/restart',
    approvals: '/approvals',
    mappings: '/mappings',
    'mapping-edit': `/mappings/0/edit/user/phone?${expression}`,
    'mapping-scope': `/mappings/0/scope/user?${scope}`,
    'mapping-version': '/mappings/1',
    accounts: '/accounts',
    'group-clean-up': '/accounts/groups',
    undo: `/undo/${entry?.cycleId}`,
    'undo-plan': undo,
    holds: '/holds',
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
