/**
 * Asks a Zendesk sandbox what no document says: `npm run probe -- --subdomain NAME [--out FOLDER]`. See docs/probe.md.
 * Exit code 0: everything went as far as it could; 1: something was left behind, or the account could not be asked; 2: called wrongly.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadZendesk } from '../../src/config/load';
import { VERSION } from '../../src/version';
import { readSettingsFile } from '../settings-file';
import { untilStopped } from '../until-stopped';
import { reportJson, reportMarkdown } from './report';
import { runProbe } from './run-probe';

const USAGE = 'Usage: npm run probe -- --subdomain NAME [--out FOLDER]\n';

/** What the command needs of its surroundings. */
export interface ProbeSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of `local.settings.json`. */
  readonly directory: string;
  out(text: string): void;
  err(text: string): void;
  readonly stopped: () => Promise<void>;
  /** Real milliseconds; tests go faster. */
  readonly pace?: {
    readonly paceMs: number;
    readonly updatePaceMs: number;
    readonly sleep: (ms: number) => Promise<void>;
    readonly clock: () => Date;
  };
}

const PACE = {
  paceMs: 600,
  updatePaceMs: 1_100,
  sleep: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
  clock: () => new Date(),
};

/** Runs the command. @returns the exit code */
export async function probe(args: readonly string[], around: ProbeSurroundings): Promise<number> {
  let values: { subdomain?: string | undefined; out?: string | undefined };
  try {
    ({ values } = parseArgs({ args: [...args], options: { subdomain: { type: 'string' }, out: { type: 'string' } } }));
  } catch (error) {
    around.err(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  try {
    const file = join(around.directory, 'local.settings.json');
    const { baseUrl, subdomain, auth } = loadZendesk({ ...(existsSync(file) ? readSettingsFile(file) : {}), ...around.env });
    if (values.subdomain !== subdomain) {
      around.err(
        `The probe makes and removes accounts, so it wants the subdomain of the sandbox typed in full. The settings name another one than --subdomain.\n${USAGE}`,
      );
      return 2;
    }
    const folder = values.out ?? join(around.directory, 'probe-report');
    mkdirSync(folder, { recursive: true });
    const result = await runProbe({
      baseUrl,
      auth,
      ...(around.pace ?? PACE),
      run: new Date().toISOString().replace(/\D/g, '').slice(0, 14),
      journal: join(folder, 'to-be-removed.json'),
      stopped: around.stopped(),
      onProgress: (text) => around.out(`${text}\n`),
    });
    writeFileSync(join(folder, 'zendesk-probe.json'), `${JSON.stringify(reportJson(result, VERSION), null, 2)}\n`);
    writeFileSync(join(folder, 'zendesk-probe.md'), reportMarkdown(result, VERSION));
    around.out(`The report is in ${folder}: zendesk-probe.md and zendesk-probe.json.\n`);
    if (result.cleaning.left === 0) return 0;
    around.err(`${result.cleaning.left} accounts or groups could not be removed: run the probe again.\n`);
    return 1;
  } catch (error) {
    around.err(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

if (require.main === module) {
  void probe(process.argv.slice(2), {
    env: process.env,
    directory: process.cwd(),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    stopped: untilStopped,
  }).then((code) => process.exit(code));
}
