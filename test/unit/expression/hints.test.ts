import { compileExpression } from '../../../src/core/expression/compile';
import { problemsOf, resultOf } from './a-context';

describe('hints name the right thing', () => {
  it.each([
    ['IIF([a] = "x" || [b] = "y", "1", "2")', 'unexpected `||`; conditions are joined with `OR`'],
    ['IIF([a] = "x" && [b] = "y", "1", "2")', 'unexpected `&&`; conditions are joined with `AND`'],
    ['IIF([a] == "x", "1", "2")', '"is equal to" is written with one `=`'],
    ['IIF([a] != "x", "1", "2")', '"is not equal to" is written `<>`'],
    ['IIF(![a], "1", "2")', 'negated with `Not(…)`'],
    ['IIF([a] -eq "x", "1", "2")', 'comparisons are written `=`'],
    ['IIF(And([a] = "x", [b] = "y"), "1", "2")', '`AND` goes between two conditions'],
    ['IIF(OR([a] = "x", [b] = "y"), "1", "2")', '`OR` goes between two conditions'],
    ['IIF([a] = NULL, "1", "2")', 'test it with `IsNull`'],
    ['IIF([a] = true, "1", "2")', 'write it as the text `"True"`'],
    ['Append([a] & "x", "y")', 'text is joined with `Append` or `Join`'],
    ['Append([a] + "x", "y")', 'text is joined with `Append` or `Join`'],
    ['Trim([a])', 'values are trimmed when they are written'],
    ['LCase([a])', 'write `ToLower`'],
    ['Right([a], 3)', 'write `Mid`'],
    ['Concat([a], [b])', 'text is joined with `Append` or `Join`'],
    ['Contains([a], "x")', 'write `InStr(…) > 0`'],
    ['If([a] = "x", "1", "2")', 'write `IIF`'],
    ['SubString([a], 1, 2)', 'write `Mid`'],
    ['Tolower([a])', 'did you mean `ToLower`?'],
    ['RandomString(257, 1, 1, 1, 1)', 'RandomString: Length is at most 256'],
  ])('%s', (expression, expected) => {
    expect(problemsOf(expression).join('\n')).toContain(expected);
  });
});

describe('copied characters that cannot be seen', () => {
  it.each([
    ['IIF([a]=“x”, "1", "2")', 'U+201C LEFT DOUBLE QUOTATION MARK', 'type `"` instead (line 1, column 9)'],
    ['Append（[a], "b")', 'U+FF08 FULLWIDTH LEFT PARENTHESIS', 'type `(` instead (line 1, column 7)'],
    ['Append([a]，"b")', 'U+FF0C FULLWIDTH COMMA', 'type `,` instead'],
    ['IIF([a] ≤ 3, "1", "2")', 'U+2264 LESS-THAN OR EQUAL TO', 'type `<=` instead'],
    ['To\u200bLower([a])', 'U+200B ZERO WIDTH SPACE', 'retype the word'],
    ['ToLower([given\u200bName])', 'U+200B ZERO WIDTH SPACE', '(line 1, column 15)'],
    ['ToLower([givenName\u00a0])', 'U+00A0 NO-BREAK SPACE', '(line 1, column 19)'],
  ])('%s is refused by name', (expression, name, rest) => {
    const problems = problemsOf(expression).join('\n');
    expect(problems).toContain(name);
    expect(problems).toContain(rest);
  });

  it.each([
    '\uFEFFToLower([a])',
    'ToLower(\u00a0[a]\u200b)\u2028',
    'ToLower(\u3000[a]\u202f)',
    '\u202aToLower([a])\u202c',
    'ToLower\u2060(\u00ad[a])',
  ])('%j means what is seen of it', (expression) => {
    expect(resultOf(expression, { a: 'X' })).toBe('x');
  });

  it('in a text they may be meant, so they are kept and mentioned', () => {
    const compiled = compileExpression('IIF([a] = "Service\u00a0Desk", "1", "2")');
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    expect(compiled.expression.remarks).toEqual([
      expect.objectContaining({
        message: 'the text `Service Desk` contains the invisible character U+00A0 NO-BREAK SPACE at position 8',
        column: 11,
      }),
    ]);
    expect(resultOf('IIF([a] = "Service\u00a0Desk", "1", "2")', { a: 'Service\u00a0Desk' })).toBe('1');
  });
});
