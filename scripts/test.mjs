/**
 * `npm test`: everything that must pass, one check after another, and in the end how much did.
 *
 *   node scripts/test.mjs [jest arguments]     with arguments only jest runs, on what they name
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const only = process.argv.slice(2);
const results = { passed: 0, failed: 0, skipped: 0 };

/** Runs a program of a dependency with the Node that runs this. */
function run(title, script, args) {
  const startedAt = Date.now();
  process.stdout.write(`\n── ${title}\n`);
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  process.stdout.write(
    `── ${title}: ${status === 0 ? 'passed' : 'FAILED'} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
  );
  return status === 0;
}

function check(title, script, args) {
  if (run(title, script, args)) results.passed += 1;
  else results.failed += 1;
}

function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'jest-'));
  const report = join(folder, 'report.json');
  const ok = run('tests', 'node_modules/jest/bin/jest.js', ['--json', `--outputFile=${report}`, ...args]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    results.passed += numPassedTests;
    results.failed += numFailedTests + numRuntimeErrorTestSuites;
    results.skipped += numPendingTests;
  } catch {
    results.failed += 1;
  }
  if (!ok && results.failed === 0) results.failed += 1;
  rmSync(folder, { recursive: true, force: true });
}

if (only.length === 0) {
  check('lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.', '--diagnostic-level=warn']);
  check('types', 'node_modules/typescript/bin/tsc', ['--noEmit']);
  check('build', 'scripts/build.mjs', []);
  check('package', 'scripts/package.mjs', []);
  check('infrastructure', 'scripts/infra-check.mjs', []);
}
jest(only);
const skipped = results.skipped > 0 ? `, ${results.skipped} skipped` : '';
process.stdout.write(`\n${results.passed} passed, ${results.failed} failed${skipped}\n`);
process.exit(results.failed === 0 ? 0 : 1);
