import { candidates, compileExpression } from '../../../src/core/expression/compile';
import { cpuMsSince } from '../../support/cpu-time';
import { aContext, outcome, problemsOf, resultOf } from './a-context';

const compiled = (text: string) => {
  const result = compileExpression(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.expression;
};

describe('reading an expression', () => {
  it.each([
    [String.raw`Append("a\"b", "\\")`, 'a"b\\'],
    [String.raw`Append("\d", "\\d")`, String.raw`\d\d`],
    [String.raw`Append("C:\dir", "")`, 'C:\\dir'],
    ['Append(-7, 1.50)', '-71.50'],
    ['Append(&hff, "")', '255'],
    ['Append ( "a" ,\r\n\t"b" )', 'ab'],
    ['Append("a", "b", , )', 'ab'],
    ['Append("a\nb", "")', 'a\nb'],
    ['Append([urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department], "!")', 'Sales!'],
    ['Append([extension_0a1b_foo.bar], "!")', 'dotted!'],
    ['IIF([ORDER] = "1", "a", "b")', 'a'],
  ])('%s', (text, expected) => {
    const attributes = {
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department': 'Sales',
      'extension_0a1b_foo.bar': 'dotted',
      ORDER: '1',
    };
    expect(resultOf(text, attributes)).toBe(expected);
  });

  it.each([
    ['replace( [mail] ,"a" )', undefined],
    ['Replace([mail],"@contoso.com",,,"",,)', 'Replace([mail], "@contoso.com", , , "", , )'],
    [String.raw`Append("a\"b\d","\\")`, String.raw`Append("a\"b\\d", "\\")`],
    ['IIF(([a]=1 or [b]<>2)and Not([c]),&HFF,)', undefined],
    ['IIF(([a]=1 or [b]<>2)and Not([c]),&HFF,"")', 'IIF(([a] = 1 OR [b] <> 2) AND Not([c]), &HFF, "")'],
    ['Now( )', 'Now()'],
  ])('%s is printed in one normal form, which reads back as itself', (text, normal) => {
    const result = compileExpression(text);
    expect(result.ok ? result.expression.text : undefined).toBe(normal);
    if (normal !== undefined) expect(compiled(normal).text).toBe(normal);
  });

  it('tells what the expression uses', () => {
    const expression = compiled('Append(Redact(Coalesce([mail], [upn], [mail])), RandomString(4,1,1,1,1))');
    expect(expression).toMatchObject({ attributes: ['mail', 'upn'], redacted: true, isVolatile: true, usesUniqueness: false });
    expect(compiled('Not([a])')).toMatchObject({ redacted: false, isVolatile: false });
    expect(compiled('Replace([a], , "(?<n>x)", "n", , "other", )').attributes).toEqual(['a', 'other']);
  });

  it('marks the value of a redacted expression', () => {
    expect(outcome('Redact([x])', { x: 'secret' })).toEqual({ kind: 'value', value: 'secret', redacted: true });
    expect(outcome('Append([x], "")', { x: 'open' })).toMatchObject({ redacted: false });
  });

  it('lists the candidates for uniqueness, once each, without empty ones', () => {
    const expression = compiled('SelectUniqueValue([a], Append([a], "1"), [a], [none], Left("x", [bad]))');
    expect(expression.usesUniqueness).toBe(true);
    expect(candidates(expression, aContext({ a: 'ann', bad: 'x' }))).toEqual(['ann', 'ann1']);
    expect(candidates(compiled('Append([a], "1")'), aContext({ a: 'ann' }))).toEqual([]);
  });
});

describe('problems', () => {
  it.each([
    ['', 'the expression is empty (line 1, column 1)'],
    ['  \n ', 'the expression is empty (line 1, column 1)'],
    [
      '[mail]',
      'an expression must be a function call; to flow an attribute as it is, use a mapping of type Attribute (line 1, column 1)',
    ],
    ['"text"', 'type Constant'],
    ['[a] = [b]', 'put the condition into'],
    ['Apend([a], "b")', 'unknown function `Apend`; did you mean `Append`? (line 1, column 1)'],
    ['append([a], "b")', 'did you mean `Append`?'],
    ['Append([a],\n  Lefft([b], 1))', '`Lefft`; did you mean `Left`? (line 2, column 3)'],
    ['Frobnicate()', 'unknown function `Frobnicate` (line 1, column 1)'],
    ['Append([a])', 'Append: the required parameter `suffix` is not given (line 1, column 11)'],
    ['Append(, "x")', 'the required parameter `source` is not given'],
    ['Join(",")', '`source1`'],
    ['FormatDateTime([a], , "yyyy")', '`outputFormat`'],
    ['Append("a", "b", "c")', 'Append: takes at most 2: source, suffix; there are 3 (line 1, column 18)'],
    ['Now(1)', 'Now: takes no arguments; there are 1'],
    ['Switch([a], "d", "k")', 'takes an even number of arguments, and there are 3'],
    ['Switch([a], "d")', '`key1`, `value1`'],
    ['Switch([a], "d", , "v")', '`key1`'],
    ['SelectUniqueValue([a])', 'at least two arguments'],
    ['Join("@", [a], DefaultDomain())', 'write the domain as a text, such as `"contoso.com"` (line 1, column 16)'],
    ['Append(SelectUniqueValue([a], [b]), "")', 'SelectUniqueValue must be the outermost function (line 1, column 8)'],
    ['Append([a] = "b", "")', 'can stand only in the first argument of IIF and in CBool'],
    ['IIF([a] = "1", [b] = "2", "")', 'can stand only in the first argument'],
    ['Append(Not([a] = "b"), "")', 'can stand only in the first argument'],
    ['Append(abc, "")', 'unexpected word `abc`; write text as `"abc"`, an attribute as `[abc]` (line 1, column 8)'],
    ['InStr("a", "b", 1, vbWhatever)', 'vbTextCompare or vbBinaryCompare'],
    ['Append("a" "b")', 'unexpected `"b"`; a comma is missing before it (line 1, column 12)'],
    ['Append("a", "b"', 'ends before `Append(` is closed; a `)` is missing (line 1, column 16)'],
    ['Append("a", Left("b", 1)', 'ends before `Append(` is closed'],
    ['Append("a", "b"))', 'there is one `)` too many (line 1, column 17)'],
    ['Append("a", "b") Now()', 'after the end of the expression'],
    ['Append("a, "")', 'this text is never closed'],
    [String.raw`Append("a", "\")`, 'this text is never closed'],
    ['Append([a, "b")', 'this is not an attribute name'],
    ['Append([], "b")', 'this is not an attribute name'],
    ['Append([a], “b”)', 'LEFT DOUBLE QUOTATION MARK'],
    ["Append([a], 'b')", 'straight double quotation marks'],
    ['Append([a]; "b")', 'arguments are separated with commas'],
    ['Append(&, "b")', '`&HFF`'],
    ['Append([a], @)', 'unexpected `@`'],
    ['Left([a], "x")', 'NumChars must be a whole number'],
    ['Mid([a], 0, 1)', 'start counts from 1'],
    ['DateAdd("q", 1, [a])', 'write one of yyyy, m, d, ww, h, n or s'],
    ['CDate("yesterday")', 'is not a date'],
    ['ToLower([a], "not a culture")', 'culture is not a language tag'],
    ['ToLower([a], [b])', 'culture must be text in double quotation marks'],
    ['Split([a], "")', 'delimiter must not be empty'],
    ['RandomString(3, 1, 1, 1, 1)', 'add up to 4, more than the Length of 3'],
    ['Replace([a])', 'needs oldValue or regexPattern'],
    ['Replace([a], "x")', 'needs replacementValue or template'],
    ['Replace([a], "x", "y", , "z")', 'exclude each other'],
    ['Replace([a], , "x")', 'regexPattern needs replacementValue'],
    ['Replace([a], , "x", "n", "z")', 'regexPattern has no group `n`; it has no named groups'],
    ['Replace([a], , "(?<m>x)", , "${n}")', 'has no group `n`; it has m; a dollar sign itself is `$$`'],
    ['Replace([a], , [b], , "z")', 'regexPattern must be text in double quotation marks'],
    ['Replace([a], , "(x", , "z")', 'not a valid regular expression'],
    ['FormatDateTime([a], "Nonsense", "yyyy", "yyyy")', 'dateTimeStyles is not known'],
    ['FormatDateTime([a], , "yyyy gg", "yyyy")', 'the era `g`'],
  ])('%s', (text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('reports all of them together, in the order of the text', () => {
    const result = compileExpression('Append(Lefft([a], 1), Mid("x", 0, 1))');
    expect(result.ok ? [] : result.problems.map(({ offset }) => offset)).toEqual([7, 31]);
    const two = compileExpression('Join(",", Lower([a]), Upper([b]))');
    expect(two.ok ? [] : two.problems.map(({ hint }) => hint)).toEqual(['write `ToLower`', 'write `ToUpper`']);
  });

  it('counts offset, line and column from the text', () => {
    const result = compileExpression('Append(\r\n  [a],\r\n  Lefft("x", 1))');
    expect(result).toMatchObject({ ok: false, problems: [{ offset: 19, line: 3, column: 3 }] });
  });
});

describe('limits', () => {
  const long = (length: number): string => `Append("${'x'.repeat(length - 'Append("", "")'.length)}", "")`;

  it('takes 10,000 characters and refuses one more', () => {
    expect(problemsOf(long(10_000))).toEqual([]);
    expect(problemsOf(long(10_001))[0]).toContain('more than the 10,000 allowed');
  });

  it.each(['Not(', 'IIF((', '(', 'Append([a],', 'CBool(Not('])('refuses endless %s without exhausting the stack', (piece) => {
    const text = piece.repeat(Math.floor(10_000 / piece.length));
    expect(problemsOf(text)).toHaveLength(1);
    expect(problemsOf(text)[0]).toContain('nests deeper');
  });

  it('takes a hundred levels', () => {
    expect(resultOf(`${'Not('.repeat(100)}"True"${')'.repeat(100)}`)).toBe('True');
  });

  it('takes long chains of conditions', () => {
    expect(resultOf(`IIF(${Array.from({ length: 900 }, () => '[a]=1').join(' OR ')}, "y", "n")`)).toBe('n');
  });

  const big = { x: 'x'.repeat(60_000) };
  it.each([
    'Append([x], [x])',
    'Join([x], [x], [x])',
    'Replace([x], "x", , , [x], )',
    'Replace([x], , "x", , "xx", )',
    'Replace("aa", "a", , , , , "aaa")',
    'ConvertToBase64([x])',
    'ConvertToUTF8Hex([x])',
  ])('%s of large values fails instead of filling the memory', (expression) => {
    const text = expression.startsWith('Replace("aa"') ? 'Replace([x], "a", , , , , "aaa")' : expression;
    expect(outcome(text, big)).toMatchObject({ kind: 'failed' });
  });

  it('refuses an attribute that is too large itself', () => {
    expect(outcome('Len([x])', { x: 'x'.repeat(65_537) })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('65,536'),
    });
  });

  it.each([
    ['(x+x+)+y', 'x'],
    ['(x+y)|x', 'x'],
    ['(?:x?){500}y|z', 'x'],
    ['(.*)*$', 'ab'],
    ['(a|aa)+b', 'a'],
  ])('the pattern %s cannot hang the app', (pattern, piece) => {
    const started = process.cpuUsage();
    outcome(`Replace([x], , "${pattern}", , "-", )`, { x: piece.repeat(60_000 / piece.length) });
    expect(cpuMsSince(started)).toBeLessThan(5_000);
  });

  it('many expensive calls in one expression stop at the budget', () => {
    const call = 'Replace([x],,"(x+y)|x",,"z",)';
    const started = process.cpuUsage();
    const result = outcome(`Join("", ${Array.from({ length: 200 }, () => `Left(${call}, 1)`).join(',')})`, {
      x: 'x'.repeat(4_000),
    });
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('too much work') });
    expect(cpuMsSince(started)).toBeLessThan(10_000);
  });
});
