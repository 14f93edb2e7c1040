import { existsSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { CHROMIUM } from '../../local/browser';

/** Screens on which every page must be legible. */
export const SCREENS = [
  { name: 'desktop-light', width: 1180, height: 900, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1180, height: 900, colorScheme: 'dark' },
  { name: 'phone-light', width: 360, height: 740, colorScheme: 'light' },
  { name: 'phone-dark', width: 360, height: 740, colorScheme: 'dark' },
] as const;

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** A group of tests that need a browser: where there is none, they are skipped loudly. */
export function describeInBrowser(title: string, tests: () => void): void {
  const isThere = existsSync(CHROMIUM);
  if (!isThere) console.warn(`SKIPPED: ${title}: there is no ${CHROMIUM}. Install chromium or set CHROMIUM_PATH.`);
  (isThere ? describe : describe.skip)(title, tests);
}

/** Whether nothing of the page lies beside the screen. */
export async function fits(page: Page): Promise<boolean> {
  const [content = 0, visible = 0] = await page.evaluate<number[]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  return content <= visible;
}

/** What axe finds at WCAG 2.2 AA and as best practice; evaluated by the debugger, as the page lets no script in but its own. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160))))`,
  );
}
