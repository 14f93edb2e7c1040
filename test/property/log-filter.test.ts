import fc from 'fast-check';
import { matchesLogQuery } from '../../src/adapters/storage/log-rules';
import { factsOf, matchesFacts, matchesFilter } from '../../src/core/log-filter/match';
import { parseLogFilter } from '../../src/core/log-filter/parse';
import { LOG_PROPERTIES, type LogProperty, operatorsOf } from '../../src/core/log-filter/properties';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { narrow } from '../../src/engine/queries/log-query';
import { logEntry } from '../contract/storage/log-entry';

/** Few values, so that filters and entries meet; with blanks, quotation marks, and letters whose case is not simple. */
const TEXTS = ['', 'a', 'A', 'ab', ' a ', "o'b", 'ΑΣ', 'ας', 'Σ', 'İ', 'ß', 'x y'];
const TIMES = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z', '2026-01-02T12:00:00.000Z', '2026-03-01T00:00:00.000Z'];
const aText = fc.constantFrom(...TEXTS);
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function aValue({ kind, values }: LogProperty): fc.Arbitrary<string> {
  if (kind === 'instant') return fc.constantFrom(...TIMES, '2026-01-01', "'2026-01-02T13:00:00+01:00'");
  if (kind === 'number') return fc.constantFrom('11', '12', '13');
  return values ? fc.constantFrom(...values).map((value) => quoted(value.toUpperCase())) : aText.map(quoted);
}

const aComparison = fc.constantFrom(...LOG_PROPERTIES).chain((property) =>
  fc.constantFrom(...operatorsOf(property)).chain((operator) =>
    fc.tuple(aValue(property), fc.constantFrom('', 'tolower', 'toupper')).map(([value, around]) => {
      const isText = property.kind === 'text' || property.kind === 'word';
      const name = around === '' || !isText ? property.name : `${around}(${property.name})`;
      if (['contains', 'startswith', 'endswith'].includes(operator)) return `${operator}(${name},${value})`;
      return `${name} ${operator} ${value}`;
    }),
  ),
);

const { filter: aFilter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    aComparison,
    fc
      .tuple(fc.constantFrom(' and ', ' or '), fc.array(tie('filter'), { minLength: 2, maxLength: 3 }))
      .map(([joint, parts]) => `(${parts.join(joint)})`),
    tie('filter').map((one) => `not (${one})`),
  ),
}));

const anEntry: fc.Arbitrary<ProvisioningLogEntry> = fc
  .record({
    at: fc.constantFrom(...TIMES),
    status: fc.constantFrom('success', 'warning', 'failure', 'skipped'),
    action: fc.constantFrom('create', 'update', 'delete', 'stagedDelete', 'disable', 'other'),
    sourceId: aText,
    targetId: aText,
    name: aText,
    code: aText,
    cycle: aText,
    change: aText,
  })
  .map(({ code, cycle, change, ...rest }) => {
    const failed = rest.status === 'failure' && code !== '';
    const skipped = rest.status === 'skipped' && code !== '';
    const entry = logEntry(cycle, change, { ...rest, ...(failed && { errorCode: code }), ...(skipped && { skipReason: code }) });
    return { ...entry, id: change };
  });

const filterOf = (text: string) => {
  const parsed = parseLogFilter(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem.message}`);
  return parsed.filter;
};

test('what the keys of the log are asked for is never narrower than the filter', () => {
  fc.assert(
    fc.property(aFilter, fc.array(anEntry, { minLength: 1, maxLength: 20 }), (text, entries) => {
      fc.pre(text.length <= 4_000);
      const filter = filterOf(text);
      const query = narrow(filter);
      for (const entry of entries.filter((one) => matchesFilter(one, filter))) {
        if (query === 'nothing') throw new Error(`${text} was taken for a contradiction, and ${JSON.stringify(entry)} passes`);
        expect([text, matchesLogQuery(entry, { ...query, filter: undefined as never })]).toEqual([text, true]);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('facts decide as the entry does', () => {
  fc.assert(
    fc.property(aFilter, anEntry, (text, entry) => {
      fc.pre(text.length <= 4_000);
      const filter = filterOf(text);
      if (filter) expect(matchesFacts(factsOf(entry), filter)).toBe(matchesFilter(entry, filter));
    }),
    { numRuns: 1_000 },
  );
});

test('any text is read or refused with a place within it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 60 }),
        aFilter.chain((text) => fc.nat(text.length).map((at) => text.slice(0, at))),
      ),
      (text) => {
        const parsed = parseLogFilter(text);
        if (parsed.ok) return;
        expect(parsed.problem.message).not.toBe('');
        expect(parsed.problem.offset).toBeGreaterThanOrEqual(0);
        expect(parsed.problem.offset).toBeLessThanOrEqual(Math.max(text.length, 4_000));
      },
    ),
    { numRuns: 2_000 },
  );
});
