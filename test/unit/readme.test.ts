import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { settingOf } from '../../src/config/schema';

const root = join(__dirname, '..', '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

describe('README', () => {
  test('shows the two commands', () => {
    expect(read('README.md')).toContain('npm ci && npm start');
    expect(read('README.md')).toContain('npm ci && npm test');
  });

  test('names what nobody can do without, and leads to the other settings', () => {
    const loaded = loadConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
    const missing = loaded.ok ? [] : loaded.error.issues.map(({ setting }) => setting);
    expect(missing).toHaveLength(4);
    for (const key of missing) expect(read('README.md')).toContain(`| \`${key}\` | ${settingOf(key as never).sentence} |`);
    expect(read('README.md')).toContain('](docs/settings.md)');
  });
});

describe('what repeats the declarations of the settings', () => {
  test('follows from them, word for word', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'settings.mjs')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('the sample can be read without a complaint and starts nothing', () => {
    const { Values } = JSON.parse(read('local.settings.sample.json')) as { Values: Record<string, string> };
    const loaded = loadConfig(Values);
    expect(loaded.ok ? [] : loaded.error.issues).toEqual([]);
    expect(loaded.warnings).toEqual([]);
    expect(loaded.ok && loaded.config.job.status).toBe('Off');
  });
});
