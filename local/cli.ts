import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDemo } from './demo/run-demo';
import { wrap } from './demo/text';
import { serveRealTenant } from './serve-real-tenant';

/** What `npm start` runs once the app is built. `scripts/start.mjs` has checked the arguments and says what they mean. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, people: { type: 'string' }, port: { type: 'string' } },
  });
  const appDirectory = join(__dirname, '..', '..');
  const port = values.port === undefined ? {} : { port: Number(values.port) };
  const settingsFile = join(appDirectory, 'local.settings.json');
  if (existsSync(settingsFile)) return serveRealTenant({ appDirectory, settingsFile, ...port });
  const people = values.people === undefined ? {} : { people: Number(values.people) };
  return runDemo({ appDirectory, once: values.once, ...people, ...port });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // Where in the program it happened helps nobody who starts it.
    const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\n\s+at .*/g, '');
    process.stderr.write(`\n${wrap(message, Math.min(process.stderr.columns || 80, 100))}\n`);
    process.exit(1);
  },
);
