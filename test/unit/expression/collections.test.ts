import { functions } from '../../../src/core/expression/functions';
import type { SourceValue, Value } from '../../../src/core/expression/values';
import { outcome, problemsOf, resultOf } from './a-context';

type Case = readonly [expression: string, attributes: Record<string, SourceValue>, expected: Value];

const mails = { x: ['ann@home.example', 'ANN@work.example'] };

describe('a list of several values › functions that work on each element', () => {
  it.each<Case>([
    ['Join(",", Split([x], ","))', mails, 'ann@home.example,ANN@work.example'],
    ['Split([x], "@")', mails, ['ann', 'home.example', 'ANN', 'work.example']],
    ['Append([x], ";")', mails, ['ann@home.example;', 'ANN@work.example;']],
    ['Append("smtp:", [x])', mails, ['smtp:ann@home.example', 'smtp:ANN@work.example']],
    ['ToLower([x])', mails, ['ann@home.example', 'ann@work.example']],
    ['ToUpper([x])', mails, ['ANN@HOME.EXAMPLE', 'ANN@WORK.EXAMPLE']],
    ['PCase([x], "@")', mails, ['Ann@Home.example', 'Ann@Work.example']],
    ['Left([x], 3)', mails, ['ann', 'ANN']],
    ['Mid([x], 5, 4)', mails, ['home', 'work']],
    ['Word([x], 2, "@")', mails, ['home.example', 'work.example']],
    ['Replace([x], ".example", , , "", , )', mails, ['ann@home', 'ANN@work']],
    ['Replace([x], , "^[^@]+@(.+)$", , "$1", , )', mails, ['home.example', 'work.example']],
    ['Replace([x], "<m>", , , , , "mailto:<m>")', mails, ['mailto:ann@home.example', 'mailto:ANN@work.example']],
    ['StripSpaces([x])', { x: ['a b', 'c d'] }, ['ab', 'cd']],
    ['NormalizeDiacritics([x])', { x: ['Zoë', 'Jürgen'] }, ['Zoe', 'Jurgen']],
    ['ConvertToUTF8Hex([x])', { x: ['a', 'b'] }, ['61', '62']],
    ['ConvertToBase64([x])', { x: ['a', 'b'] }, ['YQA=', 'YgA=']],
    ['CStr([x])', { x: ['a', 'b'] }, ['a', 'b']],
    ['Switch([x], "other", "a", "1", "b", "2")', { x: ['b', 'z', 'a'] }, ['2', 'other', '1']],
    ['Switch([x], , "a", "1")', { x: ['z', 'a'] }, ['1']],
    ['CDate([x])', { x: ['2020-01-02', '2021-01-02'] }, ['1/2/2020 12:00:00 AM', '1/2/2021 12:00:00 AM']],
    ['FormatDateTime([x], , "yyyyMMdd", "yyyy")', { x: ['20200102', '20210102'] }, ['2020', '2021']],
    ['NumFromDate([x])', { x: ['1601-01-01', '1601-01-02'] }, ['0', '864000000000']],
    ['DateFromNum([x])', { x: ['0', '864000000000'] }, ['1/1/1601 12:00:00 AM', '1/2/1601 12:00:00 AM']],
    // Nested, as the field writes it: each function passes its list on.
    ['Join(";", RemoveDuplicates(ToLower(Word([x], 1, "@"))))', mails, 'ann'],
    ['Item(Split(ToLower([x]), "@"), 2)', mails, 'home.example'],
    ['Redact(ToLower([x]))', mails, ['ann@home.example', 'ann@work.example']],
    // An element without a result leaves none; nothing at all is no value.
    ['Split([x], ",")', { x: [',', 'a,b', ' '] }, ['a', 'b']],
    ['Switch([x], , "a", "1")', { x: ['y', 'z'] }, null],
  ])('%s with %j is %j', (expression, attributes, expected) => {
    expect(resultOf(expression, attributes)).toEqual(expected);
  });

  it('a list of one is its element, a list of none no value', () => {
    expect(resultOf('ToLower([x])', { x: ['A'] })).toBe('a');
    expect(resultOf('ToLower([x])', { x: [] })).toBeNull();
    expect(resultOf('Left([x], 1)', { x: [] })).toBe('');
  });

  it('a failure of one element fails the whole and shows none', () => {
    const result = outcome('CDate([x])', { x: ['2020-01-01', 'Secret'] });
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('not a date') });
    expect(JSON.stringify(result)).not.toContain('Secret');
  });

  it('two lists at once are refused rather than paired by guess', () => {
    expect(outcome('Append([x], [x])', mails)).toMatchObject({
      kind: 'failed',
      message: 'Append: source and suffix are both lists of several values; only one of them may be',
    });
  });

  it('many elements cost work like one long text', () => {
    const x = Array.from({ length: 30_000 }, () => 'a');
    const result = outcome('Replace([x], , "(?:(?:x?){500}|(?:a|b|x){1,900})z$", , "", , )', { x });
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining('too much work') });
  });
});

/** Every function, with a list of two in each argument that takes a value of data, is in exactly one of these. */
const lists = new Set(
  'Join Coalesce Count Item RemoveDuplicates IIF Redact IgnoreFlowIfNullOrEmpty IsNull IsNullOrEmpty'.split(' '),
);
for (const name of 'IsPresent IsString CBool SingleAppRoleAssignment AppRoleAssignmentsComplex'.split(' ')) lists.add(name);
lists.add('AssertiveAppRoleAssignmentsComplex');
const none = new Set(['Guid', 'Now', 'DefaultDomain']);
const refusals: Readonly<Record<string, string>> = {
  InStr: 'InStr([x], "a")',
  Len: 'Len([x])',
  Not: 'Not([x])',
  BitAnd: 'BitAnd([x], 1)',
  DateAdd: 'DateAdd("d", 1, [x])',
  DateDiff: 'DateDiff("d", [x], "2020-01-01")',
  RandomString: 'RandomString(10, 1, 1, 1, 1, [x])',
  SelectUniqueValue: 'SelectUniqueValue([x], "b")',
};

describe('a list of several values › every function', () => {
  it('works on each element, takes lists, or refuses them in words', () => {
    const each = [...functions.values()].filter((one) => one.each !== undefined).map(({ name }) => name);
    expect([...each, ...lists, ...none, ...Object.keys(refusals)].sort()).toEqual([...functions.keys()].sort());
  });

  it.each(Object.entries(refusals))('%s refuses', (name, expression) => {
    expect(problemsOf(expression)).toEqual([]);
    expect(outcome(expression, mails)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(
        new RegExp(`^${name}: \\w+ takes one value and was given 2; choose one with Item or put them together with Join$`),
      ),
    });
  });
});
