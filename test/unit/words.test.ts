import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Holds the texts that a customer reads to the rules of CONTRIBUTING.md, "Words": the pages of docs, README, and the string literals of
 * src and local. Only turns of phrase that a pattern can find without false alarms are here.
 */
const root = join(__dirname, '..', '..');

const RULES: readonly (readonly [rule: string, pattern: RegExp])[] = [
  [
    '"is not a …", not "is no …"',
    /(?<!there )\b(?:is|are|was|were) no (?!longer\b|more than\b|older than\b|match\b|different\b)/i,
  ],
  ['"reports" or "mentions", not "tells of"', /\b(?:tells?|told|telling) of\b/i],
  ['"continues", not "goes on"', /\b(?:goes|go|went|going) on(?! (?:the|holiday)\b)\b/i],
  ['"in sync", not "in step"', /\bin step\b/i],
  ['"approval" or "permission", not somebody’s "word"', /\bfor your word\b|\b(?:brake|operator|source)['’]s word\b/i],
  ['"compared with" or "checked against", not "held against"', /\b(?:held|holds?|holding) against\b/i],
  ['"cannot", not "can not"', /\bcan not\b/i],
  ['"people who", not "whoever"', /\bwhoever\b/i],
  ['"permanently", not "for good"', /\bfor good\b/i],
  ['"in use", not "in force"', /\bin force\b/i],
  ['"again", not "anew"', /\banew\b/i],
  ['"returned", not "answered with"', /\banswered (?:with|in) (?:a|an|another|broken)\b/i],
  ['"also" or "as well", not a trailing "besides"', /\bbesides[.;]/i],
];

/** Where a phrase means what it says. */
const ALLOWED: readonly string[] = [];

const STRINGS = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|`(?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`/g;

const under = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

/** Paragraphs of a page, each on one line, so that a phrase is found across a line break. */
const paragraphs = (text: string): readonly string[] =>
  text
    .replace(/^```[\s\S]*?^```/gm, '')
    .split(/\n\s*\n|\n(?=\s*(?:[-|]|\d+\.) )/)
    .map((part) => part.replace(/\s+/g, ' '));

/** The literals of a program, comments left out. */
const literals = (text: string): readonly string[] =>
  [...text.matchAll(STRINGS)].map(([token]) => token).filter((token) => !token.startsWith('/'));

/** The sentences of components: what stands between tags and braces, each on one line. */
const sentencesOf = (text: string): readonly string[] =>
  [...text.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/[>}]([^<>{}]+)[<{]/g)].map(([, part = '']) => part.replace(/\s+/g, ' '));

function faultsIn(file: string, texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    RULES.flatMap(([rule, pattern]) => {
      const found = pattern.exec(text);
      if (!found || ALLOWED.some((phrase) => text.includes(phrase))) return [];
      return [`${file}: ${rule}: …${text.slice(Math.max(0, found.index - 40), found.index + 40)}…`];
    }),
  );
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('the pages follow the words of CONTRIBUTING.md', () => {
  expect(pages.flatMap((file) => faultsIn(file, paragraphs(read(file))))).toEqual([]);
});

test.each(['src', 'local'])('the sentences of %s follow them too', (folder) => {
  expect(under(folder, '.ts').flatMap((file) => faultsIn(file, literals(read(file))))).toEqual([]);
});

test('the sentences of components follow them as well', () => {
  expect(under('src', '.tsx').flatMap((file) => faultsIn(file, [...literals(read(file)), ...sentencesOf(read(file))]))).toEqual(
    [],
  );
});

test('the patterns find what they are for', () => {
  const bad = [
    '`x` is no setting',
    'what waits goes on',
    'all is in step',
    'told of once',
    'waiting for your word',
    'it can not',
  ];
  expect(bad.filter((text) => faultsIn('here', [text]).length === 0)).toEqual([]);
  expect(faultsIn('here', ['There is no value; it is no longer there.'])).toEqual([]);
});
