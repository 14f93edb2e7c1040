/**
 * `npm run mutants`: changes the guards one at a time and sees whether a test notices. What survives is printed with its place; it must
 * die by a better test, or stand in scripts/mutants/survivors.json with the reason why no test can notice it.
 *
 * Not Stryker: version 10.1 ends here before its first mutant, for it asks TypeScript for an API that version 7 has no longer
 * (`ts.parseConfigFileTextToJson is not a function`).
 *
 *   npm run mutants -- [--files src/core/brake.ts,…] [--changed] [--settled] [--sample N] [--for SECONDS] [--seed S] [--workers N] [--list]
 *
 *   --files    these files instead of those in scripts/mutants/config.json
 *   --changed  only files that differ from the main branch
 *   --sample   this many mutants, drawn by the seed
 *   --for      stop after so many seconds; the order is drawn by the seed
 *   --settled  only the files of which no mutant survives any more, by config.json: `npm test` tries a part of them
 *   --list     print the mutants and try none
 */
import { execFileSync, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyMutant, makeMutants } from './mutants/make-mutants.mjs';
import { makeRelated } from './mutants/related.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const string = { type: 'string' };
const boolean = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: {
    files: string,
    changed: boolean,
    settled: boolean,
    sample: string,
    for: string,
    seed: string,
    workers: string,
    list: boolean,
  },
});
const readJson = (file) => JSON.parse(readFileSync(join(root, 'scripts/mutants', file), 'utf8'));
const config = readJson('config.json');
const excused = readJson('survivors.json');
const seed = Number(values.seed ?? Date.now() % 1_000_000);
/** A mutant may loop for ever: so many times what the tests take without it, and so many milliseconds more. */
const [TIMES_LONGER, GRACE_MS] = [10, 10_000];

function targets() {
  if (values.files) return values.files.split(',').map((file) => relative(root, resolve(root, file)));
  const groups = config.filter(({ settled }) => settled || !values.settled);
  const all = groups.flatMap(({ files }) => files).filter((file) => existsSync(join(root, file)));
  if (!values.changed) return all;
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = new Set(git('diff', '--name-only', git('merge-base', 'HEAD', 'main')).split('\n'));
  return all.filter((file) => changed.has(file));
}

/** What a survivor is known by: not its line, which moves. */
const keyOf = ({ file, line, before, after }) => [file, line.trim(), before, after].join('\n');

/** Random numbers from 0 to 1 that a seed repeats. @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md (mulberry32) */
function randomOf(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffled(list) {
  const random = randomOf(seed);
  return list
    .map((one) => [random(), one])
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

const namesakeOf = (file) => join(root, file.replace(/^src\//, 'test/unit/').replace(/\.ts$/, '.test.ts'));
/** What a file is tried with where its group names no tests: its namesake alone, so that it is quick. */
const toNamesake = (file) => [namesakeOf(relative(root, file))];
const related = new Map(config.map((group) => [group, group.tests ? makeRelated(root, group.tests) : toNamesake]));
/** A file that is in no group is tried with the tests of the first. */
const relatedTo = (file) => related.get(config.find(({ files }) => files.includes(file)) ?? config[0])(join(root, file));
const all = targets().flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const lines = text.split('\n');
  return makeMutants(text).map((mutant) => ({ ...mutant, file, at: mutant.line, line: lines[mutant.line - 1], text }));
});
if (values.list) {
  for (const { file, at, kind, before, after } of all) console.log(JSON.stringify({ file, line: at, kind, before, after }));
  process.exit(0);
}
const isSample = values.sample !== undefined || values.for !== undefined;
const queue = isSample ? shuffled(all).slice(0, Number(values.sample ?? all.length)) : all;
console.log(`${all.length} mutants of ${new Set(all.map(({ file }) => file)).size} files${isSample ? `, seed ${seed}` : ''}`);

/** One process that runs tests. */
class Worker {
  #child;

  async #start() {
    this.#child = fork(join(root, 'scripts/mutants/worker.mjs'), { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await new Promise((done, fail) => {
      this.#child.once('message', done);
      this.#child.once('exit', (code) => fail(new Error(`The process that runs the tests ended with ${code}.`)));
    });
    this.#child.removeAllListeners('exit');
  }

  /** @returns the answer, or undefined when it took too long or the process died of it */
  async run(order, timeoutMs) {
    if (!this.#child) await this.#start();
    const answer = await new Promise((done) => {
      const timer = setTimeout(done, timeoutMs);
      this.#child.once('message', (message) => {
        clearTimeout(timer);
        done(message);
      });
      this.#child.once('exit', () => {
        clearTimeout(timer);
        done(undefined);
      });
      this.#child.send(order);
    });
    this.#child.removeAllListeners('exit');
    if (answer === undefined) this.stop();
    return answer;
  }

  stop() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

const startedAt = Date.now();
const isOver = () => values.for !== undefined && Date.now() - startedAt > Number(values.for) * 1000;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const workers = Array.from({ length: Number(values.workers ?? Math.min(2, availableParallelism())) }, () => new Worker());

/** How long each test takes without a mutant; by path, in milliseconds. */
const durations = new Map();
/** The tests of a file: its namesake first, then the quickest. */
function testsOf(file) {
  const rank = (test) => (test === namesakeOf(file) ? -1 : durations.get(test));
  return relatedTo(file).sort((a, b) => rank(a) - rank(b));
}

/** Measures the tests of a file that were not needed before. */
async function measure(worker, file) {
  for (const test of relatedTo(file).filter((one) => !durations.has(one))) {
    const answer = await worker.run({ tests: [test] }, 600_000);
    if (answer === undefined || answer.failed) {
      console.error(`${relative(root, test)} fails without any mutant. Mend it first.`);
      process.exit(1);
    }
    durations.set(test, answer.durations[test]);
  }
}

const results = { killed: 0, timedOut: 0, excused: 0, survived: 0 };
const unseen = [];
const waiting = [...queue];
await Promise.all(
  workers.map(async (worker) => {
    for (let mutant = waiting.shift(); mutant !== undefined && !isOver(); mutant = waiting.shift()) {
      await measure(worker, mutant.file);
      const tests = testsOf(mutant.file);
      const limit = GRACE_MS + TIMES_LONGER * tests.reduce((sum, test) => sum + (durations.get(test) ?? 0), 0);
      const order = { tests, mutant: { file: join(root, mutant.file), text: applyMutant(mutant.text, mutant) } };
      const answer = await worker.run(order, limit);
      if (answer === undefined) results.timedOut += 1;
      else if (answer.failed) results.killed += 1;
      else if (excused.some((one) => keyOf(one) === keyOf(mutant))) results.excused += 1;
      else {
        results.survived += 1;
        unseen.push(mutant);
        console.log(
          `survived  ${mutant.file}:${mutant.at}  ${mutant.kind}\n            ${mutant.line.trim()}\n            ${mutant.before} → ${mutant.after}`,
        );
      }
    }
  }),
);
for (const worker of workers) worker.stop();

const known = new Set(all.map(keyOf));
const stale = excused.filter((one) => targets().includes(one.file) && !known.has(keyOf(one)));
for (const { file, line } of stale)
  console.log(`no longer there  ${file}  ${line}\n            Take it out of scripts/mutants/survivors.json.`);
const tried = Object.values(results).reduce((sum, count) => sum + count, 0);
console.log(
  `${tried} tried in ${seconds(Date.now() - startedAt)}: ${results.killed} died by a test, ${results.timedOut} hung, ${results.excused} are excused, ${results.survived} survived${isSample ? ` (seed ${seed})` : ''}`,
);
process.exit(unseen.length + stale.length === 0 ? 0 : 1);
