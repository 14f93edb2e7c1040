/**
 * Plays stories against the real engine, with every fault there is, and asks after each whether all is as it must be: docs/simulation.md.
 *
 *   npm run simulate -- [--cycles N] [--seed S] [--until 10m]
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outfile = join(root, 'out', 'simulate.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['test/simulation/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  logLevel: 'error',
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
process.exit(
  spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
    .status ?? 1,
);
