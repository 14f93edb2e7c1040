/**
 * Builds the app: `src/main.ts` → `dist/main.js`, which the Functions worker loads, and `src/app.ts` → `dist/app.js`, which that loads when
 * it is first needed; both with their dependencies in them. What runs the app on one machine goes into `dist/local`, which the package
 * leaves out. `dist/parts.json` tells which packages the two hold.
 *
 *   node scripts/build.mjs [--out <folder>] [--main <file>]     defaults: dist, src/main.ts
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packagesOf } from './third-party.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, main: { type: 'string', default: 'src/main.ts' } },
});
const out = resolve(root, values.out);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What exists is built; while a part is missing the rest still builds. */
const entries = {
  main: resolve(root, values.main),
  app: join(root, 'src/app.ts'),
  'local/child': join(root, 'local/host/child.ts'),
  'local/cli': join(root, 'local/cli.ts'),
  'local/check-schema': join(root, 'local/check-schema.ts'),
  'local/measure': join(root, 'local/measure.ts'),
};

/** Leaves one import of our own to run time. */
function outside(imported, path) {
  return {
    name: 'outside',
    setup: (builder) =>
      builder.onResolve({ filter: /^\.\/app$/ }, (found) => (found.path === imported ? { path, external: true } : undefined)),
  };
}

/** Files of others in the app. */
const parts = [];

rmSync(out, { recursive: true, force: true });
for (const [name, source] of Object.entries(entries)) {
  if (!existsSync(source)) {
    console.log(`skipped ${name}: there is no ${relative(root, source)}`);
    continue;
  }
  const isApp = !name.startsWith('local/');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile: join(out, `${name}.js`),
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
    // Some dependencies ask for `import.meta.url`, which CommonJS lacks.
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { __APP_VERSION__: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
    metafile: true,
    logLevel: 'warning',
  });
  // The bundler names the files it read; the map also tells what a package that came as one file was made of.
  if (isApp) {
    const { sources } = JSON.parse(readFileSync(join(out, `${name}.js.map`), 'utf8'));
    parts.push(...sources, ...Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)));
  }
  const bytes = Object.entries(metafile.outputs).find(([file]) => file.endsWith('.js'))?.[1].bytes ?? 0;
  console.log(`${relative(root, join(out, `${name}.js`))}  ${(bytes / 1024).toFixed(0)} KiB`);
}
writeFileSync(join(out, 'parts.json'), `${JSON.stringify(packagesOf(parts), null, 2)}\n`);
