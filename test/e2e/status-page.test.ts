import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { App } from '../../src/compose';
import { sourceId } from '../../src/core/model';
import { changeJob, type RunningCycle, STATE_KEYS } from '../../src/engine/job/job-state';
import { enterQuarantine } from '../../src/engine/job/quarantine-job';
import {
  aCycle,
  anEscrow,
  aStatusApp,
  compose,
  guid,
  minutesAgo,
  nameObject,
  record,
  type StatusApp,
  seedHistory,
  serveStatus,
} from '../unit/pages/status-app';
import { aWorld, runCycle } from './support/a-world';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
if (!isThere)
  console.warn(`SKIPPED: the status page is not tried in a browser, because there is no ${CHROMIUM}. Install chromium.`);

/** Set to write the pictures of the documents anew. */
const PICTURES = process.env['STATUS_PICTURES'];
const KEY = 'function-key==';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const SCREENS = [
  { name: 'desktop-light', width: 1180, height: 900, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1180, height: 900, colorScheme: 'dark' },
  { name: 'phone-light', width: 360, height: 740, colorScheme: 'light' },
  { name: 'phone-dark', width: 360, height: 740, colorScheme: 'dark' },
] as const;

const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e';

const STATES: Readonly<Record<string, () => Promise<App>>> = {
  async healthy() {
    const world = aStatusApp();
    await seedHistory(world.deps);
    return world.app;
  },
  async running() {
    const world = aStatusApp();
    await seedHistory(world.deps);
    await world.deps.cycles.put(
      aCycle('cycle-now', 3, { kind: 'initial', state: 'exporting', enqueued: 90, endedAt: minutesAgo(1) }),
    );
    await record(world.deps, 'cycle-now', 40, { action: 'create' });
    return world.app;
  },
  async importing() {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('cycle-now', 3, { kind: 'initial', state: 'importing', endedAt: null }));
    await world.deps.state.write(
      STATE_KEYS.cycle,
      { cycleId: 'cycle-now', phase: 'users', imported: 4321, evaluated: 0 } as RunningCycle,
      null,
    );
    return world.app;
  },
  failing: async () => (await failing()).app,
  async credential() {
    const world = aStatusApp();
    await seedHistory(world.deps);
    await enterQuarantine(world.deps, {
      reason: 'EncounteredQuarantineException',
      code: 'PROV_TARGET_UNAUTHORIZED',
      message: 'Zendesk refused the credential of the OAuth client provisioning.',
      failingRequest: 'GET /api/v2/users/me → 401',
      sampleIds: [],
    });
    return world.app;
  },
  async brake() {
    const world = aStatusApp();
    await seedHistory(world.deps);
    for (let n = 0; n < 34; n += 1) {
      await nameObject(world.deps, n, `Former Person ${n}`);
      await world.deps.staged.put([
        {
          key: { type: 'user', id: sourceId(guid(n)) },
          cycleId: 'cycle-9',
          changeId: `change-${n}`,
          kind: 'userDisable',
          count: 1,
          reason: 'No longer assigned to the application.',
          state: 'staged',
          stagedAt: minutesAgo(7),
        },
      ]);
    }
    await enterQuarantine(world.deps, {
      reason: 'TooManyDeletes',
      code: 'PROV_DELETIONS_STAGED',
      message: 'Held by the brake: 34 users to disable, more than 10 % of the 64 linked.',
      sampleIds: [guid(0), guid(1)],
    });
    return world.app;
  },
  async hostile() {
    const world = aStatusApp();
    await seedHistory(world.deps, 3);
    await nameObject(world.deps, 1, HOSTILE);
    await nameObject(world.deps, 2, 'x'.repeat(65_536));
    await world.deps.escrows.put(anEscrow(1, { reason: HOSTILE }));
    await world.deps.escrows.put(anEscrow(2, { reason: `${'long'.repeat(16_384)}`, changeId: HOSTILE }));
    return world.app;
  },
  async notConfigured() {
    return compose({
      ENTRA_TENANT_ID: '',
      ZENDESK_SUBDOMAIN: 'acme.zendesk.com',
      CYCLE_SCHEDULE: 'often',
      ZENDESK_OAUTH_CLIENT_SECRET: '',
    });
  },
};

async function failing(): Promise<StatusApp> {
  const world = aStatusApp();
  const { deps } = world;
  await seedHistory(deps);
  await deps.cycles.put(aCycle('cycle-fail', 6, { enqueued: 30, imported: 30, state: 'entryLevelErrors' }));
  await record(deps, 'cycle-fail', 4, { action: 'update' });
  await record(deps, 'cycle-fail', 23, { action: 'create', status: 'failure', errorCode: 'LicenseLimitExceeded' });
  await record(deps, 'cycle-fail', 3, { action: 'other', status: 'skipped', skipReason: 'RedundantExport' });
  const people = ['Adele Vance', 'Alex Wilber', 'Diego Siciliani', 'Grady Archie', 'Isaiah Langer', 'Johanna Lorenz', 'Lee Gu'];
  for (let n = 0; n < 23; n += 1) {
    await nameObject(deps, n, people[n] ?? `Person ${n}`);
    await deps.escrows.put(
      anEscrow(n, {
        code: 'LicenseLimitExceeded',
        reason: 'Zendesk refused the role agent: no agent seat is free (150 of 150 used).',
        recommendedAction: 'Free an agent seat in Zendesk or buy one; the object is tried again by itself.',
        nextAttemptAt: minutesAgo(-354),
        firstFailedAt: minutesAgo(6),
        attempts: 1,
      }),
    );
  }
  await enterQuarantine(deps, {
    reason: 'EncounteredEscrowProportionThreshold',
    code: 'LicenseLimitExceeded',
    message: '23 of 30 objects failed: 23 × LicenseLimitExceeded.',
    sampleIds: [guid(0), guid(1), guid(2)],
  });
  return world;
}

(isThere ? describe : describe.skip)('status page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  });
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => browser?.close());

  /** Opens the page of an app and gives what a test wants to know; anything the browser complains of is in `complaints`. */
  async function open(
    app: App,
    screen: (typeof SCREENS)[number] = SCREENS[0],
    others: { readonly javaScriptEnabled?: boolean; readonly query?: string } = {},
  ) {
    const served = await serveStatus(() => app);
    const context = await browser.newContext({
      viewport: { width: screen.width, height: screen.height },
      colorScheme: screen.colorScheme,
      javaScriptEnabled: others.javaScriptEnabled ?? true,
    });
    closing.push(async () => {
      await context.close();
      await served.close();
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
    const requests: string[] = [];
    page.on('request', (request) => void requests.push(request.url()));
    await page.goto(`${served.url}?code=${encodeURIComponent(KEY)}${others.query ?? ''}`);
    return {
      page,
      complaints,
      requests,
      url: served.url,
    };
  }

  test.each(Object.keys(STATES))('%s: nothing to complain of, legible, nothing beside the screen', async (state) => {
    const opened = await open(await STATES[state]!());
    const { page, complaints, requests, url } = opened;
    for (const screen of SCREENS) {
      await page.setViewportSize(screen);
      await page.emulateMedia({ colorScheme: screen.colorScheme });
      expect(await page.locator('h2').first().isVisible()).toBe(true);
      const [content, visible] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      expect([screen.name, content! <= visible!]).toEqual([screen.name, true]);
      expect([screen.name, await page.evaluate(CONTRAST)]).toEqual([screen.name, []]);
      if (PICTURES) await page.screenshot({ path: join(PICTURES, `${state}-${screen.name}.png`) });
    }
    if (PICTURES) {
      await page.setViewportSize({ width: 960, height: 640 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.screenshot({ path: join(PICTURES, `status-${state}.png`) });
    }
    expect(complaints).toEqual([]);
    expect(requests.every((request) => request.startsWith(url))).toBe(true);
  });

  test('a failing tenant: what is wrong, why and what to do are on the first screen, of a phone too', async () => {
    for (const screen of [SCREENS[0], SCREENS[2]]) {
      const opened = await open(await STATES['failing']!(), screen);
      for (const text of ['Quarantine', 'So many objects failed', '23 × LicenseLimitExceeded', 'What to do']) {
        const box = await opened.page.getByText(text).first().boundingBox();
        expect([text, (box?.y ?? Infinity) < screen.height]).toEqual([text, true]);
      }
    }
  });

  test('hostile names stay text', async () => {
    const opened = await open(await STATES['hostile']!());
    expect(await opened.page.locator('main img, main script').count()).toBe(0);
    expect(await opened.page.locator('#failures').textContent()).toContain('<img src=x onerror=alert(1)>');
    expect((await opened.page.content()).length).toBeLessThan(60_000);
  });

  test('it refreshes itself: progress grows without a reload, what somebody types stays, and a screen reader hears of it', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('now', 3, { state: 'exporting', enqueued: 10 }));
    await record(world.deps, 'now', 4, { action: 'create' });
    const opened = await open(world.app);
    const { page } = opened;
    expect(await page.locator('progress').getAttribute('value')).toBe('4');
    await page.getByRole('searchbox').fill('half a na');
    await page.locator('#cycles a').first().focus();
    expect(await page.locator('#failures').textContent()).toBe('');
    await world.deps.escrows.put(anEscrow(1));
    await record(world.deps, 'now', 9, { action: 'create' });
    await page.locator('progress[value="9"]').waitFor({ timeout: 120_000 });
    expect(await page.getByRole('searchbox').inputValue()).toBe('half a na');
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('A');
    expect(await page.locator('#failures').textContent()).toContain('RoleNotFound');
    expect(await page.locator('#stale').isVisible()).toBe(false);
    expect(await page.locator('#say').textContent()).toContain('9 of 10');
    expect(opened.complaints).toEqual([]);
  });

  test('a page that cannot be refreshed says that it shows the past', async () => {
    const world = aStatusApp();
    await world.deps.cycles.put(aCycle('now', 3, { state: 'exporting', enqueued: 10 }));
    const { page } = await open(world.app);
    await page.route('**/api/status**', (route) => route.abort());
    await page.locator('#stale').waitFor({ state: 'visible', timeout: 120_000 });
    await page.unroute('**/api/status**');
    await page.locator('#stale').waitFor({ state: 'hidden', timeout: 120_000 });
  });

  test('without JavaScript it says the same, refreshes by itself, and finds a person', async () => {
    const world = await failing();
    const opened = await open(world.app, SCREENS[0], { javaScriptEnabled: false });
    const { page } = opened;
    expect(await page.locator('noscript meta[http-equiv=refresh], head meta[http-equiv=refresh]').count()).toBe(1);
    await page.getByRole('searchbox').fill(guid(2));
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.waitForURL(/person=/);
    expect(new URL(page.url()).searchParams.get('code')).toBe(KEY);
    expect(await page.locator('#person').textContent()).toContain('Diego Siciliani');
    expect(await page.locator('#person').textContent()).toContain('no agent seat is free');
  });

  test('the keyboard reaches the content, every link and the form', async () => {
    const opened = await open(await STATES['failing']!());
    const { page } = opened;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('To the content');
    const names = await page
      .locator('a, button, input:not([type=hidden]), summary')
      .evaluateAll((all) => all.filter((one) => (one as unknown as { tabIndex: number }).tabIndex < 0).length);
    expect(names).toBe(0);
    expect(await page.getByRole('main').count()).toBe(1);
    expect(await page.getByRole('banner').count()).toBe(1);
    expect(await page.getByRole('contentinfo').count()).toBe(1);
    expect(await page.getByRole('search').count()).toBe(1);
    expect(await page.locator('th:not([scope])').count()).toBe(0);
    expect(await page.getByRole('img', { name: /Objects per cycle/ }).count()).toBe(1);
  });

  test('a paused job says so', async () => {
    const world = aStatusApp();
    await seedHistory(world.deps, 1);
    await changeJob(world.deps.state, (job) => ({ ...job, paused: true }));
    const opened = await open(world.app);
    expect(await opened.page.locator('#verdict').textContent()).toContain('The job is paused');
  });
});

describe('the built app', () => {
  test('tells of failed objects by one mail whose links and the page lead to the same log entries', async () => {
    const world = await aWorld({
      settings: { NOTIFICATION_EMAIL: 'admin@contoso.example', NOTIFICATION_SENDER: 'provisioning@contoso.example' },
    });
    try {
      world.demo.directory.addUser({
        userPrincipalName: 'provisioning@contoso.example',
        displayName: 'Provisioning',
        mail: 'provisioning@contoso.example',
      });
      const first = await runCycle(world);
      expect(first.escrows.count).toBeGreaterThan(0);
      await runCycle(world); // Closes the first cycle, and with it comes the digest.
      await runCycle(world);
      expect(world.graph.sentMail).toHaveLength(1);
      const mail = (world.graph.sentMail[0]!.message['body'] as { content: string }).content;
      const page = await fetch(`${world.host.url}/api/status`, {
        headers: { accept: 'text/html', 'x-functions-key': world.host.keys.default },
      });
      const text = await page.text();
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(text).not.toContain(world.host.keys.default);
      const entries = [...text.matchAll(/href="(logs\?\$filter=changeId[^"]+)"/g)].map(([, href]) => href ?? '');
      expect(entries.length).toBe(first.escrows.count);
      for (const entry of entries) expect(mail).toContain(entry);
    } finally {
      await world.stop();
    }
  });
});

/** Runs in the page: every visible text whose contrast with its background is below 4.5 : 1. */
const CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour, under) => {
    canvas.clearRect(0, 0, 1, 1);
    if (under) { canvas.fillStyle = 'rgb(' + under.join(',') + ')'; canvas.fillRect(0, 0, 1, 1); }
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => { const v = value / 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const chain = [];
    for (let one = element; one; one = one.parentElement) chain.unshift(getComputedStyle(one).backgroundColor);
    return chain.reduce((under, colour) => rgba(colour, under), [255, 255, 255]);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    const under = behind(element);
    const [a, b] = [luminance(rgba(getComputedStyle(element).color, under)), luminance(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(walker.currentNode.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return poor;
})()`;
