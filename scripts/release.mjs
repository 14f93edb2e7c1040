/**
 * `npm run release`: what a release is made of, in `out/release`. The workflow `release.yml` makes it from a tag with this script; run
 * anywhere else it makes the same files, which is how a release is checked (docs/deploy.md).
 *
 *   assets/   the package, its SBOM, the template with the package's address and digest filled in, the form, and their SHA256SUMS
 *   button/   template and form, for where the portal reads them from
 *   NOTES.md  the changelog's section, and how to install and to check
 *
 *   node scripts/release.mjs --tag v0.2.0 --repository owner/name
 *   node scripts/release.mjs --dry-run            of the tree as it is: the section Unreleased, the next tag that nobody has given
 *   node scripts/release.mjs --verify <folder>    compares the files of a release that somebody downloaded with SHA256SUMS, and the
 *                                                 package in it with the one that this tree makes
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    tag: { type: 'string' },
    repository: { type: 'string', default: 'OWNER/REPOSITORY' },
    'dry-run': { type: 'boolean', default: false },
    verify: { type: 'string' },
  },
});
const out = join(root, 'out/release');
const PACKAGE = 'zendesk-provisioning.zip';
const SUMS = 'SHA256SUMS';

const read = (...path) => readFileSync(join(...path), 'utf8');
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const fail = (problem) => {
  console.error(`release: ${problem}`);
  process.exit(1);
};
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** Builds the package, apart from whatever else is built here. The same tree gives the same bytes. */
function buildPackage(file) {
  const dist = join(root, 'out', 'release-dist');
  node('scripts/build.mjs', '--out', dist);
  node('scripts/package.mjs', '--out', file, '--dist', dist);
  rmSync(dist, { recursive: true });
}

/** The text of a version in the changelog, without its heading. */
function notesOf(version) {
  const sections = read(root, 'CHANGELOG.md').split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`${version} `) || text.startsWith(`${version}\n`));
  if (!section) return undefined;
  return section.slice(section.indexOf('\n')).trim();
}

/** The file as the release has it: with defaults where the tree has none. */
function filled(file, defaults) {
  const template = JSON.parse(read(root, 'infra', file));
  for (const [name, value] of Object.entries(defaults)) {
    if (!template.parameters[name]) fail(`${file} has no parameter ${name}`);
    template.parameters[name].defaultValue = value;
  }
  return `${JSON.stringify(template, null, 2)}\n`;
}

function makeRelease() {
  const { version } = JSON.parse(read(root, 'package.json'));
  const tag = values.tag ?? (values['dry-run'] ? `v${version}` : fail('--tag is missing; --dry-run makes one without'));
  if (tag !== `v${version}`) fail(`the tag ${tag} is not the version of package.json, ${version}`);
  const notes = notesOf(values['dry-run'] ? 'Unreleased' : version);
  if (!notes) fail(`CHANGELOG.md has no section for ${version}`);

  rmSync(out, { recursive: true, force: true });
  const [assets, button] = [join(out, 'assets'), join(out, 'button')];
  for (const folder of [assets, button]) mkdirSync(folder, { recursive: true });

  buildPackage(join(assets, PACKAGE));
  const digest = sha256(join(assets, PACKAGE));
  node('infra/scripts/unpack.mjs', join(assets, PACKAGE), join(out, 'unpacked'));
  copyFileSync(join(out, 'unpacked', 'sbom.cdx.json'), join(assets, 'sbom.cdx.json'));
  rmSync(join(out, 'unpacked'), { recursive: true });

  const packageUri = `https://github.com/${values.repository}/releases/download/${tag}/${PACKAGE}`;
  writeFileSync(join(assets, 'main.json'), filled('main.json', { packageUri, packageSha256: digest }));
  copyFileSync(join(root, 'infra', 'createUiDefinition.json'), join(assets, 'createUiDefinition.json'));
  for (const name of ['main.json', 'createUiDefinition.json']) copyFileSync(join(assets, name), join(button, name));
  const names = readdirSync(assets).sort();
  writeFileSync(join(assets, SUMS), names.map((name) => `${sha256(join(assets, name))}  ${name}\n`).join(''));
  copyFileSync(join(assets, SUMS), join(out, SUMS));

  const raw = (folder, name) =>
    encodeURIComponent(`https://raw.githubusercontent.com/${values.repository}/button/${folder}/${name}`);
  const link = (folder) =>
    `https://portal.azure.com/#create/Microsoft.Template/uri/${raw(folder, 'main.json')}/createUIDefinitionUri/${raw(folder, 'createUiDefinition.json')}`;
  writeFileSync(
    join(out, 'NOTES.md'),
    `${notes}

## Install or update

[Deploy to Azure](${link(tag)}) asks for what is needed and installs this version; give it the resource group that you have, to update. Or set
two parameters of an installation:

| Parameter | Value |
|---|---|
| \`packageUri\` | \`${packageUri}\` |
| \`packageSha256\` | \`${digest}\` |

## Check

\`\`\`
gh attestation verify ${PACKAGE} --repo ${values.repository}
sha256sum --check ${SUMS}
\`\`\`
`,
  );
  for (const name of [...names, SUMS]) console.log(`${sha256(join(assets, name))}  ${relative(root, join(assets, name))}`);
}

/** Compares a downloaded release with its checksums, and its package with the one that this tree makes. */
function verify(folder) {
  const lines = read(folder, SUMS).trim().split('\n');
  for (const line of lines) {
    const [, digest, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? fail(`${SUMS} has a line that is none: ${line}`);
    if (!existsSync(join(folder, name))) fail(`${name} is missing`);
    if (sha256(join(folder, name)) !== digest) fail(`${name} is another file than ${SUMS} says`);
    console.log(`as said    ${name}`);
  }
  const mine = join(root, 'out', 'verify.zip');
  buildPackage(mine);
  if (sha256(mine) !== sha256(join(folder, PACKAGE)))
    fail(`${PACKAGE} is not what this tree makes: check out the tag, and run npm ci`);
  rmSync(mine);
  console.log(`rebuilt    ${PACKAGE}`);
}

if (values.verify) verify(resolve(values.verify));
else makeRelease();
