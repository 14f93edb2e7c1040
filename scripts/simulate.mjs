/**
 * Plays stories against the real engine, with every fault there is, and asks after each whether all is as it must be: docs/simulation.md.
 *
 *   npm run simulate -- [--cycles N] [--seed S] [--until 10m]
 *   npm run simulate -- --put-back <name>|all     with a fault of old put back into the engine, until it is found
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { applied, unapplied } from './put-back.mjs';

/** For so many cycles a fault is looked for, in stretches of two minutes. */
const PATIENCE = 6_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const at = args.indexOf('--put-back');
const name = at < 0 ? undefined : args.splice(at, 2)[1];

/** Bundles the simulation, with changes to the engine if any. */
async function bundle(outfile, changes) {
  const byFile = Map.groupBy(changes, ({ file }) => resolve(root, file));
  const putBack = {
    name: 'put-back',
    setup: (builder) =>
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const mine = byFile.get(path);
        return mine && { contents: applied(readFileSync(path, 'utf8'), mine), loader: 'ts' };
      }),
  };
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
    plugins: [putBack],
  });
}

const run = (outfile, more, stdio) =>
  spawnSync(process.execPath, ['--enable-source-maps', outfile, ...more], { cwd: root, stdio, encoding: 'utf8' });

if (name === undefined) {
  const outfile = join(root, 'out', 'simulate.mjs');
  await bundle(outfile, []);
  process.exit(run(outfile, args, 'inherit').status ?? 1);
}

const faults = JSON.parse(readFileSync(join(root, 'test/simulation/put-back.json'), 'utf8'));
const chosen = name === 'all' ? faults : faults.filter((fault) => name.split(',').includes(fault.name));
if (chosen.length === 0) {
  console.error(`There is no fault ${name}. There are: ${faults.map((fault) => fault.name).join(', ')}`);
  process.exit(2);
}
const asItIs = join(root, 'out', 'simulate.mjs');
await bundle(asItIs, []);
let missed = 0;
for (const fault of chosen) {
  const [stale] = unapplied(root, fault);
  if (stale) {
    missed += 1;
    console.log(`| ${fault.name} | ${fault.what} | not tried | ${stale.file} has changed: ${stale.find} |`);
    continue;
  }
  const outfile = join(root, 'out', `simulate-${fault.name}.mjs`);
  await bundle(outfile, fault.changes);
  let [seed, cycles, told] = [1, 0, undefined];
  while (!told && cycles < PATIENCE) {
    const { stdout } = run(outfile, ['--seed', String(seed), '--until', '2m', '--shrink', 'no'], 'pipe');
    const [, ran, stories] = /^(\d+) cycles, (\d+) stories/m.exec(stdout) ?? [];
    if (ran === undefined) throw new Error(`The simulation with ${fault.name} ended without a result: ${stdout}`);
    cycles += Number(ran);
    seed += Number(stories);
    const [, rule, at] = /^VIOLATION (\w+): .*--seed (\d+)/m.exec(stdout) ?? [];
    // What the engine does without the fault as well is another matter.
    if (rule && run(asItIs, ['--seed', at], 'pipe').status === 0) told = `\`${rule}\`, seed ${at}`;
  }
  if (!told) missed += 1;
  console.log(`| ${fault.name} | ${fault.what} | ${told ? `${cycles} | ${told}` : `not found in ${cycles} | –`} |`);
}
process.exit(missed === 0 ? 0 : 1);
