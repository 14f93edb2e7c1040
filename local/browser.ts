import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where the browser is: `CHROMIUM_PATH`, else where Debian has it. */
export const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** A browser without a window. @param more arguments of the command line @throws where there is none */
export function startBrowser(...more: string[]): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no browser at ${CHROMIUM}: set CHROMIUM_PATH.`);
  return chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...more] });
}
