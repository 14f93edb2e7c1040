/**
 * What the bundle is made of: which packages of others are in it, told as a CycloneDX document and as the licences that have to be
 * shipped with them. Taken from what the bundler put in, and not from the dependency tree: `npm sbom --omit dev` leaves out whatever a
 * development dependency needs too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = 'node_modules/';
const LICENCE_FILE = /^(licen[cs]e|notice|copying)/i;

/**
 * The packages that files of a bundle come from.
 *
 * @param {readonly string[]} files Paths that the bundler or its source map names
 * @returns {string[]} where each was found, from the outermost `node_modules` on, without duplicates and sorted
 */
export function packagesOf(files) {
  const found = new Set();
  for (const file of files.filter((name) => name.includes(FOLDER))) {
    const inside = file.slice(file.indexOf(FOLDER));
    const at = inside.lastIndexOf(FOLDER) + FOLDER.length;
    const [scope, name] = inside.slice(at).split('/');
    found.add(inside.slice(0, at) + (scope.startsWith('@') ? `${scope}/${name}` : scope));
  }
  return [...found].sort();
}

/**
 * @param {string} root The folder that holds `node_modules`
 * @param {readonly string[]} folders As {@link packagesOf} answers them
 */
export function readPackages(root, folders) {
  return folders.map((folder) => {
    const { name, version, license, dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const texts = readdirSync(join(root, folder))
      .filter((file) => LICENCE_FILE.test(file))
      .map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return { folder, name, version, license, dependencies: Object.keys(dependencies), texts };
  });
}

/** The name of a package that every tool knows. @see https://github.com/package-url/purl-spec */
const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * The document of the parts. The same bytes for the same parts: no time and no serial number.
 *
 * @see https://cyclonedx.org/docs/1.5/json/
 * @param app The app's own package.json
 * @param parts As {@link readPackages} answers them
 * @param lock package-lock.json, which holds the hashes
 */
export function sbomOf(app, parts, lock) {
  const at = new Map(parts.map((part) => [part.folder, part]));
  /** As Node finds it: in the package's own folder first, then further out. */
  const resolve = (from, name) => {
    for (let folder = from; ; folder = dirname(folder)) {
      const part = at.get(join(folder, FOLDER, name).replaceAll('\\', '/'));
      if (part || folder === '.') return part;
    }
  };
  const needs = ({ folder, dependencies }) =>
    [...new Set(dependencies.flatMap((name) => resolve(folder, name) ?? []).map(purl))].sort();
  const byName = new Map(parts.map((part) => [purl(part), part]));
  const self = { ...app, folder: '.', dependencies: Object.keys(app.dependencies) };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': purl(app),
        type: 'application',
        name: app.name,
        version: app.version,
        description: app.description,
        licenses: [{ license: { id: app.license } }],
        purl: purl(app),
      },
    },
    components: [...byName].map(([ref, part]) => ({
      'bom-ref': ref,
      type: 'library',
      name: part.name,
      version: part.version,
      scope: 'required',
      licenses: part.license
        ? [/[ (]/.test(part.license) ? { expression: part.license } : { license: { id: part.license } }]
        : [],
      purl: ref,
      hashes: hashesOf(lock.packages[part.folder]?.integrity),
    })),
    dependencies: [self, ...byName.values()].map((part) => ({ ref: purl(part), dependsOn: needs(part) })),
  };
}

/** The hash of the package's archive. @see https://www.w3.org/TR/SRI/ */
function hashesOf(integrity) {
  const [, content] = /^sha512-(\S+)/.exec(integrity ?? '') ?? [];
  return content ? [{ alg: 'SHA-512', content: Buffer.from(content, 'base64').toString('hex') }] : [];
}

/** The licences of the parts, as text for people: most ask that their notice goes wherever the code goes. */
export function noticesOf(parts) {
  const sections = new Map(
    parts.map((part) => {
      const own = part.texts.length > 0 ? part.texts : [`Licensed under ${part.license}; the package holds no text of it.`];
      return [purl(part), `${part.name} ${part.version} (${part.license})\n\n${own.join('\n\n')}\n`];
    }),
  );
  const line = `${'-'.repeat(80)}\n`;
  return `This app holds the following software of others.\n\n${line}${[...sections.values()].join(`\n${line}`)}`;
}
