import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSchema } from '../../local/check-schema';

const root = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'check-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { code: number; out: string; err: string } {
  let out = '';
  let err = '';
  const code = checkSchema(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const shipped = join(root, 'provisioning-schema.json');

describe('check-schema', () => {
  it('a usable file: 0, with a summary', () => {
    const { code, out } = run(shipped);
    expect(code).toBe(0);
    expect(out).toMatch(/can be used \(version [0-9a-f]{16}\)/);
    expect(out).toMatch(/matched by external_id, then email/);
  });

  it('a broken file: 1, with every fault and where it is', () => {
    const { code, out } = run(join(root, 'test/fixtures/broken-schema.json'));
    expect(code).toBe(1);
    expect(out).toMatch(/^24 faults/);
    expect(out).toMatch(
      /attributeMappings\[6\]\.targetAttributeName \(line \d+, column \d+\)\n\s+A Zendesk user has no attribute "shoe_size"\n\s+allowed: external_id/,
    );
  });

  it('what a file holds does not steer the terminal', () => {
    const entry = { targetAttributeName: 'x\u202e', source: { type: 'Function', expression: 'Left(\u001b[2J)' } };
    const { out } = run(
      file('steers.json', {
        synchronizationRules: [{ objectMappings: [{ sourceObjectName: 'User', attributeMappings: [entry] }] }],
      }),
    );
    expect(out).toMatch(/A Zendesk user has no attribute "x/);
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('a user that nests without end is read as far as Graph goes', () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect(run(shipped, '--explain', file('deep.json', `{"id":"u1","displayName":"Ann","a":${deep}}`)).code).toBe(0);
  });

  it.each([[[]], [['a', 'b']], [['--what']], [['/does/not/exist.json']], [[shipped, '--explain', '/does/not/exist.json']]])(
    'called wrongly or without a file that can be read: 2: %j',
    (args) => {
      const { code, err } = run(...args);
      expect(code).toBe(2);
      expect(err).not.toBe('');
    },
  );

  it('--explain prints the account a user would get, each value with the expression behind it', () => {
    const user = file('user.json', {
      id: 'u1',
      displayName: 'Ann\u001b[31m Lee',
      mail: 'Ann@Contoso.com',
      businessPhones: ['+49 30 1'],
      manager: { displayName: 'Bo' },
      appRoleAssignments: [{ id: 'r', value: null, displayName: 'Agent' }],
    });
    const { code, out } = run(shipped, '--explain', user);
    expect(code).toBe(0);
    expect(out).toMatch(/^email\s+"ann@contoso\.com"\s+Coalesce\(\[mail\], \[userPrincipalName\]\)$/m);
    expect(out).toMatch(/^suspended\s+false\s+\[IsSoftDeleted\]$/m);
    expect(out).toMatch(/^locale\s+\(left alone\)/m);
    expect(out).toMatch(/^Role: agent\.$/m);
    expect(out).toMatch(/^Matched by: external_id = u1, then email = ann@contoso\.com$/m);
    expect(out).not.toContain('\u001b');
  });

  it('--explain of a user who could not be provisioned: 1, with the reason', () => {
    const { code, out } = run(shipped, '--explain', file('nobody.json', { accountEnabled: false }));
    expect(code).toBe(1);
    expect(out).toMatch(/Fault: .*\(ImportSkipped\)/);
    expect(out).toMatch(/^suspended\s+true/m);
  });

  it.each([['no json'], ['[]']])('--explain of what is no user: 2: %j', (content) => {
    expect(run(shipped, '--explain', file('odd.json', content)).code).toBe(2);
  });
});
