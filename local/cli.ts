import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDemo } from './demo/run-demo';
import { serveRealTenant } from './serve-real-tenant';

const USAGE = `Usage: npm start -- [--once] [--people N]

  without local.settings.json   shows the app on a demo company, with Microsoft Graph and Zendesk simulated
  with local.settings.json      serves the tenant that the file names, and simulates nothing

  --once       end when everything is shown; the exit code tells whether it went well
  --people N   size of the demo company, 100 or more (default 1040)`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, people: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const people = values.people === undefined ? undefined : Number(values.people);
  if (people !== undefined && !(Number.isInteger(people) && people >= 100))
    throw new Error(`--people must be a whole number, 100 or more.\n\n${USAGE}`);
  const appDirectory = join(__dirname, '..', '..');
  const settingsFile = join(appDirectory, 'local.settings.json');
  if (existsSync(settingsFile)) return serveRealTenant({ appDirectory, settingsFile });
  return runDemo({ appDirectory, once: values.once, ...(people === undefined ? {} : { people }) });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
