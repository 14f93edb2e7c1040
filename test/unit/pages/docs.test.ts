import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECOMMENDED_ACTION } from '../../../src/core/advice';
import { ERROR_TABLE, type ErrorRow, REFUSAL_TABLE, type RefusalRow } from '../../../src/core/error-table';
import { ERROR_CODES } from '../../../src/core/errors';
import { WHILE_HELD } from '../../../src/core/held-words';
import { QUARANTINE_REASONS } from '../../../src/core/quarantine';
import { SKIP_REASONS } from '../../../src/core/scope';
import { WARNING_CODES } from '../../../src/engine/queries/status-view';

const page = (name: string): string => readFileSync(join(__dirname, '../../../docs', name), 'utf8');
const errors = page('errors.md');
const runbook = page('runbook.md');
/** Lines that a page wraps are one again. */
const unwrapped = (text: string): string => text.replaceAll(/\n {2}(?=\S)/g, ' ');
const sections = errors.split(/^### /m).slice(1).map(unwrapped);

const TABLE: Readonly<Record<string, RefusalRow & Partial<ErrorRow>>> = { ...ERROR_TABLE, ...REFUSAL_TABLE };

test('docs/errors.md has every code, and no other', () => {
  const documented = sections.map((section) => /^`(\w+)`/.exec(section)?.[1]);
  expect([...documented].sort()).toEqual(Object.keys(TABLE).sort());
});

test.each(Object.entries(TABLE))('docs/errors.md says of %s what the program says, word for word', (code, row) => {
  const section = sections.find((one) => one.startsWith(`\`${code}\``)) ?? '';
  const line = (word: string): string => new RegExp(`^- \\*\\*${word}\\*\\* (.+)$`, 'm').exec(section)?.[1] ?? '';
  expect(section.split('\n')[0]).toBe(`\`${code}\`${row.entra ? ` (in the log: \`${row.entra}\`)` : ''}`);
  expect(line('Meaning')).toBe(`${row.meaning} (HTTP ${row.http})`);
  expect(line('Cause')).toMatch(/^\S.{5}/);
  expect(`${line('Action')} `).toContain(row.advice === undefined ? '.' : `${row.advice} `);
  expect(line('Action').startsWith(row.advice ?? '')).toBe(true);
});

test('docs/errors.md holds every reason of a skip, and no other', () => {
  const skips = errors.split('## Skips')[1]?.split('\n## ')[0] ?? '';
  expect([...skips.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code)).toEqual(['skipReason', ...SKIP_REASONS]);
});

test('every code has a recommended action of a sentence or two', () => {
  expect(Object.keys(RECOMMENDED_ACTION).sort()).toEqual([...ERROR_CODES].sort());
  for (const action of Object.values(RECOMMENDED_ACTION)) expect(action).toMatch(/^[A-Z].{10,}\.$/);
});

test('the runbook says what continues while the brake holds something, in the words of page and notice', () => {
  expect(runbook.replaceAll(/\s+/g, ' ')).toContain(WHILE_HELD);
});

test('the runbook knows every code, status, warning, quarantine and notice', () => {
  for (const code of ERROR_CODES) expect(runbook).toContain(`\`${code}\``);
  for (const status of ['NotConfigured', 'NotRun', 'Active', 'Paused', 'Overdue']) expect(runbook).toContain(`### ${status}`);
  for (const reason of QUARANTINE_REASONS) expect(runbook).toContain(reason);
  for (const code of WARNING_CODES) expect(runbook).toContain(`\`${code}\``);
  const kinds = readFileSync(join(__dirname, '../../../src/core/notice.ts'), 'utf8').match(/(?<=kind: ')\w+/g) ?? [];
  expect(kinds).toHaveLength(12);
  for (const kind of kinds) expect(runbook).toContain(`\`${kind}\``);
});

test('links between the pages lead somewhere', () => {
  const anchors = (text: string): readonly string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? '')
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const [text, own] of [
    [errors, 'errors.md'],
    [runbook, 'runbook.md'],
  ] as const) {
    for (const [, file, anchor] of text.matchAll(/\]\(([\w/.-]*)(?:#([\w-]+))?\)/g)) {
      const target = page(file === '' ? own : (file ?? ''));
      if (anchor !== undefined) expect([anchor, anchors(target).includes(anchor)]).toEqual([anchor, true]);
    }
  }
});
