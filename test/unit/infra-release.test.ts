import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A release as `npm run release` makes it of this tree, and the check that docs/deploy.md describes. */

const root = join(__dirname, '..', '..');
const out = join(root, 'out', 'release');
const release = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts', 'release.mjs'), ...args], { encoding: 'utf8', cwd: root });
const read = (...path: readonly string[]): string => readFileSync(join(out, ...path), 'utf8');
const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const assets = ['SHA256SUMS', 'createUiDefinition.json', 'main.json', 'sbom.cdx.json', 'zendesk-provisioning.zip'];

beforeAll(() => {
  const { status, stderr } = release('--dry-run', '--repository', 'contoso/provisioning');
  expect([status, stderr]).toEqual([0, '']);
});

test('holds package, SBOM, template, form and checksums; the button has template and form', () => {
  expect(readdirSync(join(out, 'assets')).sort()).toEqual(assets);
  expect(readdirSync(join(out, 'button')).sort()).toEqual(['createUiDefinition.json', 'main.json']);
  expect(JSON.parse(read('assets', 'sbom.cdx.json'))).toMatchObject({ bomFormat: 'CycloneDX' });
});

test('template and notes name the package of this release and its digest', () => {
  const digest = sha256(join(out, 'assets', 'zendesk-provisioning.zip'));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const address = `https://github.com/contoso/provisioning/releases/download/v${version}/zendesk-provisioning.zip`;
  const { parameters } = JSON.parse(read('button', 'main.json')) as { parameters: Record<string, { defaultValue: unknown }> };
  expect([parameters['packageUri']?.defaultValue, parameters['packageSha256']?.defaultValue]).toEqual([address, digest]);
  for (const words of [address, digest, 'gh attestation verify', 'createUIDefinitionUri'])
    expect(read('NOTES.md')).toContain(words);
});

test('verified › its own files pass, a changed one does not, and neither does a package of another source', () => {
  expect(release('--verify', join(out, 'assets'))).toMatchObject({ status: 0 });
  const changed = mkdtempSync(join(tmpdir(), 'release-'));
  cpSync(join(out, 'assets'), changed, { recursive: true });
  appendFileSync(join(changed, 'zendesk-provisioning.zip'), 'x');
  const refused = release('--verify', changed);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('is another file than SHA256SUMS says')]);
});

test('refused › a tag that is not the version', () => {
  const { status, stderr } = release('--tag', 'v99.0.0');
  expect([status, stderr]).toEqual([1, expect.stringContaining('is not the version of package.json')]);
});

describe('check-package.sh, which the deployment runs', () => {
  const file = join(out, 'assets', 'zendesk-provisioning.zip');
  const check = (digest: string) =>
    spawnSync('sh', [join(root, 'infra', 'scripts', 'check-package.sh')], {
      encoding: 'utf8',
      env: { ...process.env, PACKAGE_URI: `file://${file}`, PACKAGE_SHA256: digest },
    });

  test('the right digest › passes', () => expect(check(sha256(file))).toMatchObject({ status: 0 }));

  test('another file › ends with an error, and so ends the deployment', () => {
    expect(check('0'.repeat(64))).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing is installed') });
  });
});
