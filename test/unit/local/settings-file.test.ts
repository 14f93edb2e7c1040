import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettingsFile } from '../../../local/settings-file';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'local.settings.json');
function read(text: string): Record<string, string> {
  writeFileSync(file, text);
  return readSettingsFile(file);
}

test('comments, trailing commas and a byte order mark are taken, as the Functions tools take them', () => {
  const text = '\uFEFF{ // mine\n "IsEncrypted": false, /* all */ "Values": { "A": "1", "B": 2, "C": true, }, }';
  expect(read(text)).toEqual({ A: '1', B: '2', C: 'true' });
});

test('the sample is taken as it is', () => {
  copyFileSync(join(__dirname, '../../../local.settings.sample.json'), file);
  expect(readSettingsFile(file)).toHaveProperty('ENTRA_TENANT_ID');
});

test.each([
  ['{\n  "Values": {\n    "A": "1"\n    "B": "2"\n  }\n}', 'local.settings.json, line 4, column 5: comma expected.'],
  ['{\r\n"Values": {"A": nothing}}', 'local.settings.json, line 2, column 17: invalid symbol.'],
  ['{"Values": {"A": "1"', 'local.settings.json, line 1, column 21: close brace expected.'],
  ['', 'local.settings.json must hold an object with "Values". local.settings.sample.json is a model.'],
  ['[]', 'local.settings.json must hold an object with "Values". local.settings.sample.json is a model.'],
  ['{"A": "1"}', 'local.settings.json has no "Values" object. local.settings.sample.json is a model.'],
  ['{"Values": {"A": {"b": 1}}}', 'local.settings.json: the setting A must be a text, not an object.'],
  ['{"Values": {"A": null}}', 'local.settings.json: the setting A must be a text, not null.'],
  [
    '{"IsEncrypted": true, "Values": {"A": "xyz"}}',
    'The values in local.settings.json are encrypted. Run "func settings decrypt" first, or set "IsEncrypted" to false.',
  ],
])('what is wrong is said in a sentence, with the place: %j', (text, message) => {
  expect(() => read(text)).toThrow(new Error(message));
});

test('a file that cannot be read is named', () => {
  expect(() => readSettingsFile(folder)).toThrow(/^settings-\w+ cannot be read: EISDIR/);
});
