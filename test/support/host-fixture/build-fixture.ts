import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

interface HostFile {
  functionTimeout: string;
  readonly extensions: { readonly queues: object };
}

/** The fixture app, built and laid out as Azure would unpack it. */
export interface BuiltFixture {
  readonly appDirectory: string;
  readonly childScript: string;
  remove(): void;
}

/** What this process has built first; later ones are copies of it. */
let built: string | undefined;

/**
 * Builds the fixture with the real build script. Remove the first one last: the others are copied from it.
 *
 * @param queues Changes to `extensions.queues` of the app's own `host.json`.
 * @param functionTimeout As in `host.json`.
 */
export function buildFixture(queues: Readonly<Record<string, unknown>> = {}, functionTimeout = '00:00:30'): BuiltFixture {
  // Inside the repository, so that the folder is on the same disk; `out` is ignored by git.
  mkdirSync(join(root, 'out'), { recursive: true });
  const appDirectory = mkdtempSync(join(root, 'out', 'host-fixture-'));
  const dist = join(appDirectory, 'dist');
  if (built === undefined) {
    const args = ['--main', 'test/support/host-fixture/main.ts', '--only', 'main,local/child', '--out', dist];
    execFileSync(process.execPath, ['scripts/build.mjs', ...args], { cwd: root, stdio: 'pipe' });
    built = dist;
  } else cpSync(built, dist, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(appDirectory, 'package.json'));
  const host = JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')) as HostFile;
  Object.assign(host.extensions.queues, queues);
  host.functionTimeout = functionTimeout;
  writeFileSync(join(appDirectory, 'host.json'), JSON.stringify(host));
  return {
    appDirectory,
    childScript: join(appDirectory, 'dist/local/child.js'),
    remove: () => rmSync(appDirectory, { recursive: true, force: true }),
  };
}
