import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const ARGUMENTS = ['--app-url', 'https://func.example.net/', '--principal-id', '33333333-3333-3333-3333-333333333333'];

/** A stand-in for az that keeps the registration in a folder: each request is a line of `sent`. */
const STAND_IN = (folder: string) => `#!/usr/bin/env bash
set -eu
cd "${folder}"
case "$*" in
  "cloud show"*microsoftGraph*) echo https://graph.microsoft.com/ ;;
  "cloud show"*activeDirectory*) echo https://login.microsoftonline.com ;;
  "account show"*) echo tenant ;;
  *"--method post"*federatedIdentityCredentials*) echo "$*" >> sent; touch credential ;;
  *"--method post"*servicePrincipals*) echo "$*" >> sent; touch principal ;;
  *"--method post"*applications*) echo "$*" >> sent; touch app; echo object-1 ;;
  *"--method patch"*) echo "$*" >> sent; touch whole ;;
  *federatedIdentityCredentials*) if [ -f credential ]; then echo 33333333-3333-3333-3333-333333333333; fi ;;
  *"servicePrincipals?"*) if [ -f principal ]; then echo principal-1; fi ;;
  *"select=appRoles"*) if [ -f part ] && [ ! -f whole ]; then echo '[{"value":"Other"},{"value":"Provisioning.Read"}]'; else echo '[{"value":"Provisioning.Read"},{"value":"Provisioning.Operate"},{"value":"Provisioning.Approve"}]'; fi ;;
  *"select=web"*) echo '["https://func.example.net/.auth/login/aad/callback"]' ;;
  *"applications?"*"select=id"*) if [ -f app ]; then echo object-1; fi ;;
  *"applications?"*"select=appId"*) if [ -f app ]; then echo client-1; fi ;;
  *"select=appId"*) echo client-1 ;;
esac
`;

describe('console-registration.sh', () => {
  const folderWith = (...files: readonly string[]): string => {
    const folder = mkdtempSync(join(tmpdir(), 'registration-'));
    writeFileSync(join(folder, 'az'), STAND_IN(folder), { mode: 0o755 });
    for (const file of files) writeFileSync(join(folder, file), '');
    return folder;
  };
  const run = (folder: string, args: readonly string[], input = '') => {
    const script = join(root, 'infra', 'scripts', 'console-registration.sh');
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    const { status, stdout } = spawnSync('bash', [script, ...args], { encoding: 'utf8', input, env });
    const sent = existsSync(join(folder, 'sent')) ? readFileSync(join(folder, 'sent'), 'utf8').trim().split('\n') : [];
    return { status, stdout, sent };
  };

  test('what if › says what it would make, and makes nothing', () => {
    const { status, stdout, sent } = run(folderWith(), [...ARGUMENTS, '--what-if']);
    expect([status, sent]).toEqual([0, []]);
    for (const words of ['Provisioning.Read', 'Provisioning.Operate', 'Provisioning.Approve', '/.auth/login/aad/callback'])
      expect(stdout).toContain(words);
  });

  test('refused at the question › makes nothing', () => {
    expect(run(folderWith(), ARGUMENTS, 'n\n')).toMatchObject({ status: 1, sent: [] });
  });

  test('confirmed › registration with three roles, credential without a secret, enterprise application; again › nothing', () => {
    const folder = folderWith();
    const { status, stdout, sent } = run(folder, ARGUMENTS, 'y\n');
    expect(status).toBe(0);
    expect(stdout).toContain('consoleClientId: client-1');
    expect(sent).toHaveLength(3);
    const body = JSON.parse(/--body (\{.*\}) --query/.exec(sent[0] ?? '')?.[1] ?? '{}');
    expect(body).toMatchObject({
      signInAudience: 'AzureADMyOrg',
      web: { redirectUris: ['https://func.example.net/.auth/login/aad/callback'] },
    });
    expect(body.appRoles.map((role: { value: string }) => role.value)).toEqual([
      'Provisioning.Read',
      'Provisioning.Operate',
      'Provisioning.Approve',
    ]);
    expect(sent[1]).toContain('"issuer":"https://login.microsoftonline.com/tenant/v2.0"');
    expect(sent[2]).toContain('"appRoleAssignmentRequired":true');
    const again = run(folder, [...ARGUMENTS, '--yes']);
    expect(again.sent).toHaveLength(3);
    expect(again.stdout).toContain('Nothing to do.');
  });

  test('a registration that lacks roles › gets them beside those that it has', () => {
    const { sent } = run(folderWith('app', 'part', 'credential', 'principal'), [...ARGUMENTS, '--yes']);
    expect(sent).toHaveLength(1);
    const body = JSON.parse(/--body (\{.*\}) --output/.exec(sent[0] ?? '')?.[1] ?? '{}');
    expect(body.appRoles.map((role: { value: string }) => role.value)).toEqual([
      'Other',
      'Provisioning.Read',
      'Provisioning.Operate',
      'Provisioning.Approve',
    ]);
  });

  test.each([
    [['--app-url', 'http://x', '--principal-id', '33333333-3333-3333-3333-333333333333']],
    [['--app-url', 'https://x.example/;rm', '--principal-id', '33333333-3333-3333-3333-333333333333']],
    [['--app-url', 'https://x.example', '--principal-id', 'x; rm']],
  ])('%j › usage', (args) => expect(run(folderWith(), args)).toMatchObject({ status: 2, sent: [] }));
});
