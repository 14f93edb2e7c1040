import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Azurite, startAzurite } from '../../local/azurite';
import { type LocalHost, startHost } from '../../local/host/start-host';

const root = join(__dirname, '..', '..');
const MAX_BYTES = 5 * 1024 * 1024;

describe('the package, unzipped somewhere else and started alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  const zip = join(folder, 'app.zip');
  const app = join(folder, 'app');
  let azurite: Azurite;
  let host: LocalHost;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'scripts/package.mjs'), '--out', zip], { cwd: root });
    execFileSync(process.execPath, [join(root, 'infra/scripts/unpack.mjs'), zip, app], { cwd: root });
    azurite = await startAzurite();
    host = await startHost({
      appDirectory: app,
      env: {},
      storageConnectionString: azurite.connectionString,
      onLog: () => undefined,
    });
  });
  afterAll(async () => {
    await host?.stop();
    await azurite?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it is small and holds only production code', () => {
    expect(statSync(zip).size).toBeLessThan(MAX_BYTES);
    expect(readdirSync(app).sort()).toEqual([
      'LICENSE',
      'THIRD-PARTY-NOTICES.txt',
      'dist',
      'host.json',
      'package.json',
      'provisioning-schema.json',
      'sbom.cdx.json',
    ]);
    expect(readdirSync(join(app, 'dist')).sort()).toEqual(['app.js', 'app.js.LEGAL.txt', 'main.js', 'main.js.LEGAL.txt']);
    const code = readFileSync(join(app, 'dist', 'app.js'), 'utf8');
    expect(code).not.toContain('startZendeskSimulator');
    expect(code).not.toContain('startGraphSimulator');
  });

  test('what the registrations load with the first invocation is required: to import it would read it twice', () => {
    const registrations = readFileSync(join(app, 'dist', 'main.js'), 'utf8');
    expect(registrations).toContain('require("./app.js")');
    expect(registrations).not.toMatch(/\bimport\(/);
  });

  test("a mapping file of one's own goes with it, and one that is not there is told of", () => {
    const own = join(folder, 'own.zip');
    const make = (PROVISIONING_SCHEMA: string) =>
      spawnSync(process.execPath, [join(root, 'scripts/package.mjs'), '--out', own], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, PROVISIONING_SCHEMA },
      });
    expect(make('test/fixtures/portal-schema.json').status).toBe(0);
    execFileSync(process.execPath, [join(root, 'infra/scripts/unpack.mjs'), own, join(folder, 'own')], { cwd: root });
    const packed = readFileSync(join(folder, 'own', 'test/fixtures/portal-schema.json'), 'utf8');
    expect(packed).toBe(readFileSync(join(root, 'test/fixtures/portal-schema.json'), 'utf8'));
    expect(readdirSync(join(folder, 'own'))).toContain('provisioning-schema.json');

    for (const wrong of ['no-such-schema.json', '../DESIGN.md', '/etc/hostname']) {
      expect(make(wrong)).toMatchObject({ status: 1, stderr: expect.stringContaining(`PROVISIONING_SCHEMA names ${wrong}`) });
    }
  });

  test('its SBOM is CycloneDX and names every package that is in it, also those that development needs too', () => {
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8'));
    expect(sbom.bomFormat).toBe('CycloneDX');
    expect(sbom.metadata.component).toMatchObject({ type: 'application', name: 'zendesk-provisioning-for-entra-id' });
    const names: string[] = sbom.components.map((component: { name: string }) => component.name);
    expect(names).toEqual(expect.arrayContaining(['undici', 'zod', '@azure/functions', '@azure/data-tables']));
    expect(names).toEqual(expect.arrayContaining(['@azure/core-auth', '@opentelemetry/api', 'jsonc-parser', 'tslib']));
    expect(names).not.toContain('jest');
    expect(new Set(names.map((_, index) => sbom.components[index].purl)).size).toBe(names.length);
    expect(sbom.components.filter((component: { hashes: unknown[] }) => component.hashes.length === 0)).toEqual([]);
  });

  test('it ships the licences of the packages that are in it', () => {
    const notices = readFileSync(join(app, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8'));
    const missing = sbom.components.filter(
      (component: { name: string; version: string }) => !notices.includes(`\n${component.name} ${component.version} (`),
    );
    expect(missing).toEqual([]);
    expect(notices).toContain('Permission is hereby granted, free of charge');
    expect(notices).toContain('Apache License');
  });

  test('it registers every function', () => {
    const names = host.functions.map((one) => one.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'provisioningCycle',
        'provisionObject',
        'provisionObjectPoison',
        'status',
        'health',
        'testConnection',
      ]),
    );
    expect(host.functions.filter((one) => one.error)).toEqual([]);
  });

  test('without settings it serves health and says what is not configured', async () => {
    const health = await fetch(`${host.url}/api/health`);
    expect(health.status).toBe(503);
    expect(health.headers.get('content-type')).toContain('application/health+json');
    const status = await fetch(`${host.url}/api/status?code=${host.keys.default}`, { headers: { accept: 'application/json' } });
    const body = (await status.json()) as { version: string; status: { code: string }; problems: { setting: string }[] };
    expect(body.status.code).toBe('NotConfigured');
    expect(body.version).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
    expect(body.problems.map((problem) => problem.setting)).toEqual(
      expect.arrayContaining(['ENTRA_TENANT_ID', 'ENTRA_SERVICE_PRINCIPAL_ID', 'ZENDESK_SUBDOMAIN']),
    );
  });
});
