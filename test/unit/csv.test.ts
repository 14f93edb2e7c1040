import type { ReadableStream } from 'node:stream/web';
import { sourceId } from '../../src/core/model';
import { csvLines, timeCell } from '../../src/functions/csv';
import { planCsv } from '../../src/functions/plan-csv';
import type { PlanHeader, PlanRow, PlanStore } from '../../src/ports/plan-store';

const row = (name: string): PlanRow => ({
  key: { type: 'user', id: sourceId('a1') },
  name,
  targetId: null,
  outcome: 'planned',
  action: 'create',
  changes: [{ displayName: 'name', oldValue: null, newValue: name }],
  reason: '',
  code: null,
  warnings: [],
  removal: null,
  digest: '',
  applied: null,
  refusal: null,
});

const csvOf = async (name: string): Promise<string> => {
  const plans = { rows: async () => ({ rows: [row(name)] }) } as Partial<PlanStore> as PlanStore;
  const { body } = await planCsv(plans, { planId: 'p', brake: [] } as Partial<PlanHeader> as PlanHeader, 'all');
  return new Response(body as ReadableStream).text();
};

describe('what a spreadsheet makes of a cell', () => {
  const cell = (text: string | number | null, separator?: 'semicolon' | 'tab') => csvLines([[text, 'x']], separator).trimEnd();

  it.each<[string, string | number | null, string]>([
    ['a long id stays a text', '360000000047', '"\t360000000047","x"'],
    ['a longer one too', '14504326914193', '"\t14504326914193","x"'],
    ['a short number may be one', '1234', '"1234","x"'],
    ['a phone number is not disfigured', '+44 20 7946-0000', '"\t+44 20 7946-0000","x"'],
    ['nor one with brackets', '+1 (555) 010-0199', '"\t+1 (555) 010-0199","x"'],
    ['a sum is not a phone number', '+1+1', `"'+1+1","x"`],
    ['nor is a call', '+1(A1)', `"'+1(A1)","x"`],
    ['a phone number that goes on as a formula', '+441234567|calc', `"'+441234567|calc","x"`],
    ['a tab does not hide a formula', '\t=1', `"'\t=1","x"`],
    ['a tab does not take the guard off', '\t+1+1', `"'\t+1+1","x"`],
    ['a number is not quoted', 12, '12,"x"'],
    ['nothing is empty', null, ',"x"'],
    ['a separator inside is quoted', 'a,b;c', '"a,b;c","x"'],
    ['a quotation mark is doubled', 'say "hi"', '"say ""hi""","x"'],
  ])('%s', (_, text, expected) => {
    expect(cell(text)).toBe(expected);
  });

  it('separators', () => {
    expect(cell('a', 'semicolon')).toBe('"a";"x"');
    expect(cell('a', 'tab')).toBe('"a"\t"x"');
  });

  it.each([
    ['2026-01-15T10:00:00.123Z', '2026-01-15 10:00:00'],
    ['2026-01-15T12:00:00+02:00', '2026-01-15 10:00:00'],
    ['never', 'never'],
  ])('the instant %s is a time', (iso, expected) => {
    expect(timeCell(iso)).toBe(expected);
  });
});

describe('a plan as CSV', () => {
  it.each(['=1+1', ' =1+1', '\u0000=1+1', '\u001f +1', '\uFF1D1+1', '@SUM(1)'])(
    'no cell of %j begins as a formula, whatever a spreadsheet skips before it',
    async (name) => {
      const csv = await csvOf(name);
      expect(csv).toContain("'");
      expect(csv).not.toMatch(/(^|,)"?[\s\p{Cc}]*[=+\-@\uFF1D]/mu);
    },
  );
});
