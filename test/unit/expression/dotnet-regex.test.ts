import { compileRegex, type DotnetRegex, parseReplacement } from '../../../src/core/expression/dotnet-regex';
import { estimatedSize } from '../../../src/core/expression/regex-size';
import { startRun } from '../../../src/core/expression/run';
import { cpuMsSince } from '../../support/cpu-time';
import { aContext } from './a-context';

function regexOf(pattern: string): DotnetRegex {
  const result = compileRegex(pattern);
  if (!result.ok) throw new Error(result.message);
  return result.regex;
}

function replaced(text: string, pattern: string, template: string): string {
  const regex = regexOf(pattern);
  const replacement = parseReplacement(template, regex);
  if (!replacement.ok) throw new Error(`no group ${replacement.group}`);
  return regex.replace(startRun(aContext()), text, replacement.parts);
}

describe('.NET patterns', () => {
  it.each([
    ['\\d', '٣'],
    ['^\\w+$', 'Straße_1'],
    ['^\\s$', '\u00a0'],
    ['^[\\w-]+$', 'é-a'],
    ['^[^\\W_]+$', 'éa1'],
    ['^[\\S]+$', 'a-b'],
    ['^[\\D]$', 'x'],
    ['^\\S\\D\\W$', 'ab '],
    ['^\\u0041\\x42$', 'AB'],
    ['^\\t\\cI\\e?$', '\t\t'],
    ['^\\p{Lu}\\P{Lu}$', 'Aa'],
    ["^(?'n'a)(?<m>b)$", 'ab'],
    ['^a(?#comment)b$', 'ab'],
    ['(?i)ABC', 'xabc'],
    ['^(?i:A)b$', 'ab'],
    ['(?m)^b$', 'a\nb'],
    ['(?s)a.b', 'a\nb'],
    ['^[]a]+$', ']a'],
    ['^[[:a]+$', '[:a'],
    ['^a{,2}$', 'a{,2}'],
    ['\\Aab\\z', 'ab'],
    ['\\Aab\\Z', 'ab'],
    ['^\\/\\-\\ \\"\\#$', '/- "#'],
    ['^[\\b]$', '\b'],
    ['^\\0$', '\0'],
    ['\\bvan\\b', 'ann van berg'],
    ['.*\\@domain.com', 'x@domain.com'],
  ])('%s matches %j', (pattern, text) => {
    expect(regexOf(pattern).test(text)).toBe(true);
  });

  it.each([
    ['^[^\\W_]+$', 'a_b'],
    ['^[^\\S]$', 'a'],
    ['^.$', '\n'],
    ['abc', 'ABC'],
    ['^\\W$', 'é'],
  ])('%s does not match %j', (pattern, text) => {
    expect(regexOf(pattern).test(text)).toBe(false);
  });

  it.each([
    ['(?=a)', '(?='],
    ['a(?!b)', '(?!'],
    ['(?<=a)b', '(?<='],
    ['(?<!a)b', '(?<!'],
    ['(a)\\1', 'back reference'],
    ['(?<n>a)\\k<n>', 'back reference'],
    ['(?<a-b>x)', 'balancing group'],
    ['(?>a)', 'atomic'],
    ['(?(a)b|c)', 'conditional'],
    ['(?P<n>a)', '(?<name>'],
    ['(?x)a b', 'inline options'],
    ['(?n)(a)', 'inline options'],
    ['(?<1>a)', 'group name'],
    ['(?<n>a)(?<n>b)', 'occurs twice'],
    ['[a-z-[aeiou]]', 'subtraction'],
    ['\\p{IsGreek}', 'Unicode blocks'],
    ['\\Ga', '\\G'],
    ['\\q', 'not an escape'],
    ['\\Qa\\E', 'not an escape'],
    ['a\\', 'single'],
    ['[a', 'never closed'],
    ['(a', 'not a valid regular expression'],
    ['a**', 'not a valid regular expression'],
    ['a{2000}', 'not a valid regular expression'],
    ['(?:a{1,1000}){1,900}', 'too large'],
    ['(?:[ab]c?){999}'.repeat(600), 'too large'],
    ['(?<n>abc|(?i)d\\w{900}){900}', 'too large'],
    ['\\ud800', 'surrogate'],
    ['(?#open', 'never closed'],
  ])('%s is refused at load', (pattern, reason) => {
    const result = compileRegex(pattern);
    expect(result.ok ? 'accepted' : `${result.message} ${result.hint ?? ''}`).toContain(reason);
  });
});

describe('a pattern that would take long to compile', () => {
  it.each([
    ['a', 1],
    ['a{3}', 3],
    ['(?:ab){2,5}c*', 21],
    ['[\\]{9}]{4}\\{5\\}', 7],
    ['\\x{41}\\p{Lu}\\.', 3],
    ['(a|(b{2}c){3}){10}', 180],
    ['a{0}', 0],
    ['a{2,}', 2],
  ])('%s is %d instructions by estimate', (pattern, size) => {
    expect(estimatedSize(pattern)).toBe(size);
  });

  it('a hundred of the largest patterns are refused within a second', () => {
    const started = process.cpuUsage();
    for (let times = 0; times < 100; times += 1) expect(compileRegex('(a|b|c|d){1,999}'.repeat(100)).ok).toBe(false);
    expect(cpuMsSince(started)).toBeLessThan(1_000);
  });
});

describe('.NET replacements', () => {
  it.each([
    ['ab', '(a)(b)', '$2$1', 'ba'],
    ['ab', '(?<first>a)(b)', '$1', 'b'], // unnamed groups are numbered before named ones
    ['ab', '(?<first>a)(b)', '${2}', 'a'],
    ['ab', '(?<first>a)', '${first}-', 'a-b'],
    ['ab', 'b', '$$', 'a$'],
    ['abc', 'b', '[$&]', 'a[b]c'],
    ['abc', 'b', "$`|$'", 'aa|cc'],
    ['abc', 'b', '$_', 'aabcc'],
    ['ab', '(a)|(b)', '<$1$2>', '<a><b>'],
    ['ab', 'b', '$', 'a$'],
    ['ab', 'b', '$x ${', 'a$x ${'],
    ['ab', 'b', '$0', 'ab'],
    ['ab', '(a)(b)', '$+', 'b'],
    ['abc', '', '-', '-a-b-c-'],
    ['aab', 'a*', 'x', 'xxbx'],
    ['a👍b', '', '-', '-a-👍-b-'],
    ['aaa', '^a', 'b', 'baa'],
  ])('%s by %s with %s is %s', (text, pattern, template, expected) => {
    expect(replaced(text, pattern, template)).toBe(expected);
  });

  it.each(['$2', '${2}', '${name}'])('%s is refused when the pattern lacks the group', (template) => {
    expect(parseReplacement(template, regexOf('(a)')).ok).toBe(false);
  });
});
