/** `npm run probe -- --subdomain NAME`: asks a Zendesk sandbox what no document says; builds the probe when it is not there. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const probe = join(root, 'dist/local/probe.js');
if (!existsSync(probe))
  spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
const child = spawn(process.execPath, [probe, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// Ctrl-C is for the probe, which removes what it made before it ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
