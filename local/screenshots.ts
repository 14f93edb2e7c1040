import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { call, runCycle } from './demo/app-client';
import { demoChanges } from './demo/directory-changes';
import { startWorld, type World } from './demo/world';
import { PEOPLE } from './host/sign-in';

/** The size of the company in the pictures. */
const COMPANY = 160;
const CYCLE_TIMEOUT_MS = 8 * 60_000;
const root = join(__dirname, '..', '..');

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--hide-scrollbars',
];

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
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`There is no browser at ${executablePath}: set CHROMIUM_PATH.`);
  const folder = process.argv[2];
  const into = folder ?? join(root, 'docs', 'images');
  mkdirSync(into, { recursive: true });
  const world = await startWorld({
    appDirectory: root,
    people: COMPANY,
    timeScale: 100,
    requestsPerMinute: 2_500,
    settings: { TWO_PERSON_APPROVAL: folder === undefined ? 'Off' : 'On' },
    onLog: () => undefined,
  });
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  try {
    const pages = await prepare(world);
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
async function prepare(world: World): Promise<Record<string, string>> {
  const { host, demo } = world;
  await runCycle(host, () => undefined, CYCLE_TIMEOUT_MS);
  for (const change of demoChanges) change.apply(demo);
  await runCycle(host, () => undefined, CYCLE_TIMEOUT_MS);
  const plan = await call<{ id: string }>(host, 'plan', { method: 'POST', body: {} });
  for (const group of [demo.groups.Sales, demo.groups.Support])
    for (const assignment of demo.directory.assignmentsOf(group ?? '', demo.servicePrincipalId))
      demo.directory.unassign(assignment.id);
  await runCycle(host, () => undefined, CYCLE_TIMEOUT_MS);
  const later = await call<{ id: string }>(host, 'plan', { method: 'POST', body: {} });
  const logs = await call<{ value: { cycleId: string; changeId: string }[] }>(
    host,
    "logs?$filter=provisioningAction eq 'update'&$top=1".replaceAll(' ', '%20'),
  );
  const [entry] = logs.value;
  const person = `/people/user/${demo.cast.toAdopt}`;
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
    accounts: '/accounts',
    undo: `/undo/${entry?.cycleId}`,
    holds: '/holds',
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
