import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSettings } from '../../src/config/schema';

const root = join(__dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README', () => {
  test('shows the two commands', () => {
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
  });

  test.each(describeSettings().filter((row) => !row.local))('tells of $key with its default', ({ key, default: value }) => {
    const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${key}\``));
    expect(row).toBeDefined();
    if (value && value !== 'required') expect(row).toContain(value);
  });

  test('names no setting that the app does not know', () => {
    const known = new Set<string>(describeSettings().map((row) => row.key));
    const table = readme.split('\n').filter((line) => /^\| `[A-Z]/.test(line));
    const named = table.flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((match) => match[1] ?? ''),
    );
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });
});
