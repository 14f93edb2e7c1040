/**
 * Builds the app: `src/main.ts` → `dist/main.js`, which the Functions worker loads, and `src/app.ts` → `dist/app.js`, which that loads when
 * it is first needed; both with their dependencies in them. What runs the app on one machine goes into `dist/local`, which the package
 * leaves out. `dist/parts.json` tells which packages the two hold.
 *
 *   node scripts/build.mjs [--out <folder>] [--main <file>] [--only <name>,<name>]     defaults: dist, src/main.ts, everything
 *
 * It builds beside the folder and swaps in the end: whatever ends it earlier leaves the last build whole, and an app that runs from that
 * loads what belongs together.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packagesOf } from './third-party.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist' },
    main: { type: 'string', default: 'src/main.ts' },
    only: { type: 'string' },
  },
});
const out = resolve(root, values.out);
/** Beside the target, so that renaming is enough and paths in source maps hold. */
const unfinished = `${out}.unfinished-`;
const replaced = `${out}.replaced-`;
const staging = `${unfinished}${process.pid}`;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const only = values.only?.split(',');
const entries = Object.entries({
  main: resolve(root, values.main),
  app: join(root, 'src/app.ts'),
  'local/child': join(root, 'local/host/child.ts'),
  'local/cli': join(root, 'local/cli.ts'),
  'local/check-schema': join(root, 'local/check-schema.ts'),
  'local/measure': join(root, 'local/measure.ts'),
  'local/screenshots': join(root, 'local/screenshots.ts'),
  'local/probe': join(root, 'local/probe/main.ts'),
}).filter(([name]) => only === undefined || only.includes(name));

/** Leaves one import of our own to run time. */
function outside(imported, path) {
  return {
    name: 'outside',
    setup: (builder) =>
      builder.onResolve({ filter: /^\.\/app$/ }, (found) => (found.path === imported ? { path, external: true } : undefined)),
  };
}

/** Bundles one entry into the staging folder. @returns its line of the report, and which files of others are in the app */
async function bundle([name, source]) {
  const isApp = !name.startsWith('local/');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: join(staging, `${name}.js`),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // Names are kept: they are in stack traces, and class names are in our errors.
    minifySyntax: isApp,
    minifyWhitespace: isApp,
    minifyIdentifiers: false,
    keepNames: true,
    sourcemap: isApp ? 'external' : 'linked',
    sourcesContent: false,
    legalComments: isApp ? 'linked' : 'none',
    // The worker makes this module up at run time; azurite is started as a program of its own, and only on a developer's machine.
    external: ['@azure/functions-core', 'azurite', 'playwright-core', 'esbuild'],
    // Its CommonJS form finds its own parts at run time, which no bundler can follow.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    // The registrations are a small file of their own; what they load with the first invocation stays outside of it.
    plugins: name === 'main' ? [outside('./app', './app.js')] : [],
    // `import()` of CommonJS reads it all once more to find the names of its exports: 0.4 s of a cold start. So it becomes `require`.
    supported: { 'dynamic-import': name !== 'main' },
    // Some dependencies ask for `import.meta.url`, which CommonJS lacks.
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { __APP_VERSION__: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
    metafile: true,
    logLevel: 'warning',
  });
  const bytes = Object.entries(metafile.outputs).find(([file]) => file.endsWith('.js'))?.[1].bytes ?? 0;
  const line = `${relative(root, join(out, `${name}.js`))}  ${(bytes / 1024).toFixed(0)} KiB`;
  if (!isApp) return { line, parts: [] };
  // The bundler names the files it read; the map also tells what a package that came as one file was made of.
  const { sources } = JSON.parse(readFileSync(join(staging, `${name}.js.map`), 'utf8'));
  return { line, parts: [...sources, ...Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))] };
}

/** Puts the finished build into its place. Another build may do the same at this moment: the later one stays. */
function swap() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (existsSync(out)) renameSync(out, `${replaced}${process.pid}-${attempt}`);
      renameSync(staging, out);
      return;
    } catch (error) {
      if (attempt === 10 || !['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
    }
  }
}

/** Removes what builds have left that ended before they could. */
function sweep() {
  for (const name of readdirSync(dirname(out))) {
    const path = join(dirname(out), name);
    const pid = /-(\d+)(?:-\d+)?$/.exec(name)?.[1];
    if (pid && (path.startsWith(unfinished) || path.startsWith(replaced)) && !isAlive(Number(pid)))
      rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid) {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

process.on('exit', () => existsSync(staging) && rmSync(staging, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
try {
  if (!existsSync(dirname(out))) mkdirSync(dirname(out), { recursive: true });
  // Without `recursive`, which on a disk that is read-only claims that the parent is not there.
  mkdirSync(staging);
  const bundles = await Promise.all(entries.map(bundle));
  const parts = packagesOf(bundles.flatMap((one) => one.parts));
  writeFileSync(join(staging, 'parts.json'), `${JSON.stringify(parts, null, 2)}\n`);
  swap();
  sweep();
  for (const { line } of bundles) console.log(line);
} catch (error) {
  // What the bundler found it has told itself.
  if (Array.isArray(error.errors)) process.exit(1);
  if (!['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'ENOTDIR'].includes(error.code)) throw error;
  console.error(
    `The app cannot be built into ${relative(root, out) || basename(out)}: the folder cannot be written to (${error.code}).`,
  );
  process.exit(1);
}
