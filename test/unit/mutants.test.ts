import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A line of code, and its mutants as `before → after`. */
const CASES: readonly (readonly [code: string, mutants: readonly string[]])[] = [
  ['while (a) if (b) break;', ['if (b) break; → ;', 'b → !(b)']],
  ['if (a) { throw b; }', ['if (a) { throw b; } → ;', 'a → !(a)']],
  ['if (a) b(); else c();', ['a → !(a)']],
  ['if (!a) b();', ['!a → a']],
  ['x = a < b;', ['< → <=']],
  ['x = a /* < */ < b;', ['< → <=']],
  ['x = a === b ? c : d;', ['=== → !==']],
  ['x = a && b || !c;', ['&& → ||', '|| → &&', '!c → c']],
  ['const x = true as boolean;', ['true → false']],
  ['const y = 5;', ['5 → 6', '5 → 4']],
  ['const z = 5_000;', ['5_000 → 10000', '5_000 → 2500']],
  ['type T = true | 1;', []],
  ['x = l.filter(f).some(g);', ['l.filter(f) → l', 'some → every']],
];

test('the mutants of a file are small changes that a test should notice', () => {
  writeFileSync(join(folder, 'all.ts'), CASES.map(([code]) => code).join('\n'));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/mutants.mjs'), '--list', '--files', join(folder, 'all.ts')],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const mutants = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { line: number; before: string; after: string });
  const found = CASES.map(([code], index) => [
    code,
    mutants.filter(({ line }) => line === index + 1).map(({ before, after }) => `${before} → ${after}`),
  ]);
  expect(found.map(([code, list]) => [code, [...(list ?? [])].sort()])).toEqual(
    CASES.map(([code, list]) => [code, [...list].sort()]),
  );
});
