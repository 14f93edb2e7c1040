/**
 * `npm run package`: the zip that Azure runs. It holds the bundle, host.json, the mapping file, what says who made the parts
 * (SBOM, licences) and nothing else: no development code and no node_modules.
 *
 *   node scripts/package.mjs [--out <file>] [--dist <folder>]     defaults out/zendesk-provisioning.zip, dist; expects `npm run build` before
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import yazl from 'yazl';
import { noticesOf, readPackages, sbomOf } from './third-party.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { out: { type: 'string', default: 'out/zendesk-provisioning.zip' }, dist: { type: 'string', default: 'dist' } },
});
const dist = resolve(root, values.dist);
const out = resolve(root, values.out);

/** More than this and something slipped in: a cold start reads the whole package. */
const MAX_BYTES = 5 * 1024 * 1024;
/** The mapping file that the app will read, besides the default one: azd and the workflow hand the setting on to this script. */
const mapping = process.env.PROVISIONING_SCHEMA?.trim() || 'provisioning-schema.json';
/** The same bytes for the same content: a zip otherwise holds the time of day. */
const MTIME = new Date('2020-01-01T00:00:00Z');

if (!existsSync(join(dist, 'parts.json')))
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--out', dist], { stdio: 'inherit' });
const json = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const app = json('package.json');
const { name, version, license } = app;
const parts = readPackages(root, JSON.parse(readFileSync(join(dist, 'parts.json'), 'utf8')));

const inside = relative(root, resolve(root, mapping)).replaceAll(sep, '/');
if (inside.startsWith('..') || isAbsolute(mapping) || !existsSync(join(root, inside))) {
  console.error(`PROVISIONING_SCHEMA names ${mapping}, and there is no such file in ${root}.`);
  process.exit(1);
}

const zip = new yazl.ZipFile();
const options = { mtime: MTIME, mode: 0o100644 };
zip.addBuffer(
  Buffer.from(`${JSON.stringify({ name, version, license, main: 'dist/main.js' }, null, 2)}\n`),
  'package.json',
  options,
);
for (const file of new Set([
  'host.json',
  'provisioning-schema.json',
  inside,
  'LICENSE',
  'dist/main.js',
  'dist/app.js',
  'dist/main.js.LEGAL.txt',
  'dist/app.js.LEGAL.txt',
])) {
  zip.addFile(file.startsWith('dist/') ? join(dist, file.slice('dist/'.length)) : join(root, file), file, options);
}
zip.addBuffer(
  Buffer.from(`${JSON.stringify(sbomOf(app, parts, json('package-lock.json')), null, 2)}\n`),
  'sbom.cdx.json',
  options,
);
zip.addBuffer(Buffer.from(noticesOf(parts)), 'THIRD-PARTY-NOTICES.txt', options);
zip.end();

mkdirSync(dirname(out), { recursive: true });
await finished(zip.outputStream.pipe(createWriteStream(out)));
const { size } = statSync(out);
console.log(`${relative(root, out)}  ${(size / 1024 / 1024).toFixed(2)} MB, version ${version}`);
if (size > MAX_BYTES) {
  console.error(`The package is larger than ${MAX_BYTES / 1024 / 1024} MB.`);
  process.exit(1);
}
