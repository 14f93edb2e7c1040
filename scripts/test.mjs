/**
 * `npm test`: everything that must pass, one check after another; in the end how long each took, which test files were the slowest, and
 * how much passed.
 *
 *   node scripts/test.mjs [jest arguments]     with arguments only jest runs, on what they name
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const only = process.argv.slice(2);
const results = { passed: 0, failed: 0, skipped: 0 };
const SLOWEST = 10;

const beganAt = Date.now();
/** Stories that no run has told before; it is printed with them, and a failure with the one line that repeats it. */
const freshSeed = Math.floor(beganAt / 1000);

/** How long each part took, and whether it passed; two may have run at a time. */
const parts = [];
/** How long each test file took, in milliseconds; several run at a time. */
let files = [];

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Runs a program of a dependency with the Node that runs this. */
function run(title, script, args) {
  const startedAt = Date.now();
  process.stdout.write(`\n── ${title}\n`);
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  const part = { title, ok: status === 0, ms: Date.now() - startedAt };
  parts.push(part);
  process.stdout.write(`── ${title}: ${part.ok ? 'passed' : 'FAILED'} (${seconds(part.ms)})\n`);
  return part.ok;
}

function check(title, script, args) {
  if (run(title, script, args)) results.passed += 1;
  else results.failed += 1;
}

/** Checks that keep one core busy each, beside one another; what each has written follows in their order. */
async function checkTogether(checks) {
  const runs = checks.map(async ([title, script, args]) => {
    const startedAt = Date.now();
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    return { part: { title, ok: code === 0, ms: Date.now() - startedAt }, output };
  });
  for (const one of runs) {
    const { part, output } = await one;
    parts.push(part);
    results[part.ok ? 'passed' : 'failed'] += 1;
    process.stdout.write(
      `\n── ${part.title}\n${output}── ${part.title}: ${part.ok ? 'passed' : 'FAILED'} (${seconds(part.ms)})\n`,
    );
  }
}

function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'jest-'));
  const file = join(folder, 'report.json');
  const ok = run('tests', 'node_modules/jest/bin/jest.js', ['--json', `--outputFile=${file}`, ...args]);
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    results.passed += report.numPassedTests;
    results.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    results.skipped += report.numPendingTests;
    files = report.testResults.map(({ name, startTime, endTime }) => ({ name: relative(root, name), ms: endTime - startTime }));
  } catch {
    results.failed += 1;
  }
  if (!ok && results.failed === 0) results.failed += 1;
  rmSync(folder, { recursive: true, force: true });
}

function printTimes() {
  const line = (ms, text) => `  ${seconds(ms).padStart(8)}  ${text}\n`;
  process.stdout.write('\nParts:\n');
  for (const { title, ok, ms } of parts) process.stdout.write(line(ms, ok ? title : `${title} (FAILED)`));
  process.stdout.write(line(Date.now() - beganAt, 'in all'));
  if (files.length <= 1) return;
  const slowest = files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  process.stdout.write(`\nThe slowest ${slowest.length} of ${files.length} test files:\n`);
  for (const { name, ms } of slowest) process.stdout.write(line(ms, name));
}

if (only.length === 0) {
  check('lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.', '--diagnostic-level=warn']);
  check('types', 'node_modules/typescript/bin/tsc', ['--noEmit']);
  check('build', 'scripts/build.mjs', []);
  check('package', 'scripts/package.mjs', []);
  await checkTogether([
    ['infrastructure', 'scripts/infra-check.mjs', []],
    ['simulation, 2,000 cycles', 'scripts/simulate.mjs', ['--seed', '20000', '--cycles', '2000', '--kinds', 'events']],
  ]);
  check('simulation, 300 cycles on fresh seeds', 'scripts/simulate.mjs', ['--seed', String(freshSeed), '--cycles', '300']);
  check('mutants, as many as fit into half a minute', 'scripts/mutants.mjs', ['--settled', '--for', '30']);
}
jest(only);
printTimes();
if (results.skipped > 0) process.stdout.write(`\n${results.skipped} skipped\n`);
process.stdout.write(`\n${results.passed} passed, ${results.failed} failed\n`);
process.exit(results.failed === 0 ? 0 : 1);
