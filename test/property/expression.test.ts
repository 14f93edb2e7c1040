import fc from 'fast-check';
import { compileExpression, evaluate } from '../../src/core/expression/compile';
import { functions } from '../../src/core/expression/functions';
import { maxValueLength } from '../../src/core/expression/limits';
import type { SourceValue, Value } from '../../src/core/expression/values';
import { cpuMsSince } from '../support/cpu-time';
import { aContext } from '../unit/expression/a-context';

const attributeNames = ['a', 'b', 'c', 'givenName', 'urn:x:y.z'];
const patterns = ['(x+)+y', '[a-z]*', '(?<n>\\d+)', '(a|aa)+$', '(?i)x', '(?:a?){50}a{50}', '.', '', '\\b\\w', '(', '(?=x)'];
const texts = fc.oneof(
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.constantFrom(
    'True',
    '1',
    '-3',
    '2020-01-31',
    '3/16/2020 7:00:00 AM',
    'yyyy-MM-dd',
    'd',
    'ww',
    'n',
    ',',
    '',
    '$1${n}',
    ...patterns,
  ),
);
const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Expressions that mostly load: right names, sensible numbers of arguments, any nesting. */
const { expression } = fc.letrec<{ expression: string; argument: string; condition: string }>((tie) => ({
  argument: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...attributeNames).map((name) => `[${name}]`),
    texts.map(quote),
    fc.constantFrom('1', '0', '-2', '3.5', '&HFF', '', 'vbTextCompare'),
    tie('expression'),
  ),
  condition: fc
    .tuple(tie('argument'), fc.constantFrom('=', '<>', '<', '>=', ' AND ', ' or '), tie('argument'))
    .map(([left, operator, right]) => `(${left}${operator}${right})`),
  expression: fc.constantFrom(...functions.keys()).chain((name) => {
    const parameters = functions.get(name)?.parameters ?? [];
    const width = parameters.some(({ repeats }) => repeats) ? parameters.length + 2 : parameters.length;
    const first = name === 'IIF' || name === 'CBool' ? tie('condition') : tie('argument');
    const args = Array.from({ length: width }, (_, index) => (index === 0 ? first : tie('argument')));
    return fc.tuple(...args).map((given) => `${name}(${given.join(', ')})`);
  }),
}));

const sourceValue: fc.Arbitrary<SourceValue> = fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.constantFrom('x'.repeat(60_000), 'a'.repeat(3_000), '{"value":"agent"}', '{', '__proto__'),
  fc.boolean(),
  fc.double(),
  fc.constant(null),
  fc.constant(undefined),
  fc.array(fc.string({ maxLength: 8 }), { maxLength: 5 }),
);
const attributes = fc.dictionary(fc.constantFrom(...attributeNames), sourceValue);

function lengthOf(value: Value): number {
  if (value === null) return 0;
  return typeof value === 'string' ? value.length : value.reduce((sum, element) => sum + element.length, 0);
}

describe('any expression', () => {
  it('is refused or evaluated in bounded time and size, never thrown', () => {
    let loaded = 0;
    let slowestMs = 0;
    fc.assert(
      fc.property(expression, attributes, (text, values) => {
        const started = process.cpuUsage();
        const compiled = compileExpression(text);
        if (!compiled.ok) {
          expect(compiled.problems.length).toBeGreaterThan(0);
          for (const { offset, line, column } of compiled.problems) {
            expect(offset >= 0 && offset <= text.length && line >= 1 && column >= 1).toBe(true);
          }
          return;
        }
        loaded += 1;
        const result = evaluate(compiled.expression, aContext(values));
        slowestMs = Math.max(slowestMs, cpuMsSince(started));
        if (result.kind === 'value') expect(lengthOf(result.value)).toBeLessThanOrEqual(maxValueLength);
        // A printed expression reads back as itself and means the same.
        const again = compileExpression(compiled.expression.text);
        expect(again.ok && again.expression.text).toBe(compiled.expression.text);
        if (again.ok && text.length < 2_000) expect(evaluate(again.expression, aContext(values))).toEqual(result);
      }),
      { numRuns: 10_000 },
    );
    // Guards the test itself: if nearly all were refused, nothing would have been evaluated.
    expect(loaded).toBeGreaterThan(1_000);
    expect(slowestMs).toBeLessThan(5_000);
  });

  it('may be any text at all', () => {
    const piece = fc.oneof(
      fc.constantFrom('Append(', 'IIF(', ')', ',', '[a]', '"', '\\', '(', '=', ' AND ', '&H', '-', '\n'),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const compiled = compileExpression(pieces.join(''));
        expect(compiled.ok || compiled.problems.length > 0).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('expressions › lists of several values', () => {
  const perElement = [
    'Append([x], "-")',
    'ToLower([x])',
    'PCase([x])',
    'Left([x], 3)',
    'Mid([x], 2, 2)',
    'Word([x], 1, " ,")',
    'Replace([x], "a", , , "b", , )',
    'Replace([x], , "(?<n>[a-z]+)", "n", "z", , )',
    'Split([x], ",")',
    'Switch([x], "other", "a", "1")',
    'StripSpaces(ToUpper([x]))',
  ].map((text) => {
    const compiled = compileExpression(text);
    if (!compiled.ok) throw new Error(text);
    return compiled.expression;
  });
  const resultsOf = (expression: (typeof perElement)[number], x: SourceValue): readonly string[] => {
    const result = evaluate(expression, aContext({ x }));
    if (result.kind !== 'value') throw new Error(JSON.stringify(result));
    return result.value === null ? [] : [result.value].flat();
  };

  it('the result is that of each element, one after the other', () => {
    const element = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'B', 'ß', ',', ' ', '👍') });
    fc.assert(
      fc.property(fc.constantFrom(...perElement), fc.array(element, { minLength: 2, maxLength: 5 }), (expression, list) => {
        expect(resultsOf(expression, list)).toEqual(list.flatMap((one) => resultsOf(expression, one)));
      }),
      { numRuns: 500 },
    );
  });
});
