import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/**
 * Builds the fixture with the real build script.
 *
 * @param queues Changes to `extensions.queues` of the app's own `host.json`.
 * @param functionTimeout As in `host.json`.
 */
export function buildFixture(queues: Readonly<Record<string, unknown>> = {}, functionTimeout = '00:00:30'): BuiltFixture {
  // Inside the repository, so that the folder is on the same disk; `out` is ignored by git.
  mkdirSync(join(root, 'out'), { recursive: true });
  const appDirectory = mkdtempSync(join(root, 'out', 'host-fixture-'));
  execFileSync(
    process.execPath,
    ['scripts/build.mjs', '--main', 'test/support/host-fixture/main.ts', '--out', join(appDirectory, 'dist')],
    { cwd: root, stdio: 'pipe' },
  );
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
