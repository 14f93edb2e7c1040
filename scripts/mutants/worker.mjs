/**
 * Runs test files inside this process, one order after another: starting jest anew takes longer than most of the tests. An order is
 * `{tests, mutant?: {file, text}}` with full paths, the answer `{failed: path | null, durations}`. The first test file that fails is the last that runs.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(join(root, 'package.json'));
const fromJest = createRequire(require.resolve('@jest/core'));
const { readConfigs } = fromJest('jest-config');
const { default: Runtime } = fromJest('jest-runtime');
const { default: TestRunner } = createRequire(fromJest.resolve('jest-config'))('jest-runner');
const { TestWatcher } = fromJest('jest-watcher');

const jestConfig = require('./jest.config.cjs');
/** The sources' transformer with one that knows the mutant in its place. */
const transform = Object.fromEntries(
  Object.entries(jestConfig.transform).map(([pattern, how]) =>
    Array.isArray(how) && how[0] === '@swc/jest'
      ? [pattern, [join(root, 'scripts/mutants/transform.cjs'), how[1]]]
      : [pattern, how],
  ),
);
const { globalConfig, configs } = await readConfigs(
  {
    _: [],
    $0: 'mutants',
    config: JSON.stringify({ ...jestConfig, rootDir: root, transform }),
    runInBand: true,
    silent: true,
    watchman: false,
  },
  [root],
);
const context = await Runtime.createContext(configs[0], { maxWorkers: 1, watch: false, watchman: false });
const watcher = new TestWatcher({ isWatchMode: false });

let runs = 0;

/** @returns whether all tests of the file passed */
async function passes(path) {
  runs += 1;
  // Jest keeps what it has compiled for as long as the configuration is the same, whatever the text: so it never is.
  const config = { ...context.config, globals: { ...context.config.globals, MUTANT_RUN: runs } };
  let isGood = false;
  const runner = new TestRunner(globalConfig, {});
  runner.on('test-file-success', ([, result]) => {
    isGood = result.numFailingTests === 0 && result.testExecError == null;
  });
  await runner.runTests([{ context: { ...context, config }, path }], watcher, { serial: true });
  return isGood;
}

process.on('message', async ({ tests, mutant }) => {
  process.env.MUTANT = mutant ? JSON.stringify(mutant) : '';
  const durations = {};
  let failed = null;
  for (const path of tests) {
    const startedAt = performance.now();
    const isGood = await passes(path);
    durations[path] = performance.now() - startedAt;
    if (isGood) continue;
    failed = path;
    break;
  }
  process.send({ failed, durations });
});
process.on('disconnect', () => process.exit());
process.send('ready');
