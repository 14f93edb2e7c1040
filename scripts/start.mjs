/**
 * `npm start`: builds the app and shows it, or serves the tenant in local.settings.json.
 *
 * Written so that a Node too old for the rest can still read it, and say so.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = `Usage: npm start -- [--once] [--people N] [--port N]

Without local.settings.json it shows the app on a demo company, with
Microsoft Graph and Zendesk simulated. With local.settings.json it serves the
tenant that the file names, and simulates nothing.

  --once      end when everything is shown; the exit code tells whether it
              went well
  --people N  size of the demo company, 100 or more (default 1040)
  --port N    where the app listens on 127.0.0.1 (default 7071, or the next
              port that is free)
  --help      this text
`;
const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends with a sentence. */
function leave(text, code) {
  (code === 0 ? process.stdout : process.stderr).write(text.endsWith('\n') ? text : `${text}\n`);
  process.exit(code);
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE)
  leave(
    `Node ${process.versions.node} is too old: Node ${OLDEST_NODE} is needed at least.\n"npm start" uses the Node that "npm ci" has installed, whatever yours is.`,
    1,
  );
if (!existsSync(join(root, 'node_modules/esbuild'))) leave('Run "npm ci" first: what the app is built with is not there yet.', 1);

/** @returns the options, or ends with what is wrong with them */
async function readOptions(args) {
  const { parseArgs } = await import('node:util');
  const string = { type: 'string' };
  const boolean = { type: 'boolean', default: false };
  let values;
  try {
    values = parseArgs({ args, options: { once: boolean, people: string, port: string, help: boolean } }).values;
  } catch (error) {
    leave(`${error.message.split('. ')[0]}.\n\n${USAGE}`, 2);
  }
  if (values.help) leave(USAGE, 0);
  const isWhole = (text, least, most) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
  if (values.people !== undefined && !isWhole(values.people, 100, 1_000_000))
    leave(`--people must be a whole number, 100 or more.\n\n${USAGE}`, 2);
  if (values.port !== undefined && !isWhole(values.port, 1, 65_535))
    leave(`--port must be a whole number from 1 to 65535.\n\n${USAGE}`, 2);
  const isReal = existsSync(join(root, 'local.settings.json'));
  if (isReal && (values.once || values.people !== undefined))
    leave('--once and --people belong to the demo, which runs only without a\nlocal.settings.json.', 2);
}

const args = process.argv.slice(2);
await readOptions(args);

let child;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    // Ctrl-C reaches every process of a Windows console by itself, and what Node calls a signal there ends a process at once.
    if (process.platform !== 'win32') child?.kill(signal);
  });

/** Runs a script with the Node that runs this. @returns its exit code; 130 when a signal ended it */
function run(script, args, stdio) {
  return new Promise((resolve) => {
    child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 130 : 1), output }));
  });
}

process.stdout.write('Zendesk provisioning for Microsoft Entra ID\n\nBuilding the app as it is deployed …');
const startedAt = Date.now();
const built = await run('scripts/build.mjs', [], ['ignore', 'pipe', 'pipe']);
if (built.code === 130) leave('', 130);
if (built.code !== 0) leave(`\n\n${built.output}`, built.code);
process.stdout.write(` done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.\nStarting it …\n`);
const { code } = await run('dist/local/cli.js', args, 'inherit');
process.exit(code);
