/** A character that looks like nothing or like another one, as copied from web pages, mails and word processors. `offset` from 0, in UTF-16 units. */
export interface OddCharacter {
  readonly character: string;
  readonly offset: number;
  /** `U+00A0 NO-BREAK SPACE`, as Unicode names it. */
  readonly name: string;
  /** What was probably meant; empty for a character that should simply go. */
  readonly meant: string;
}

/** Unicode's names of what copies bring along, with what is meant by each. @see https://www.unicode.org/Public/UCD/latest/ucd/NamesList.txt */
const table: readonly (readonly [codePoint: number, name: string, meant: string])[] = [
  [0x00a0, 'NO-BREAK SPACE', ' '],
  [0x00ad, 'SOFT HYPHEN', ''],
  [0x061c, 'ARABIC LETTER MARK', ''],
  [0x180e, 'MONGOLIAN VOWEL SEPARATOR', ''],
  [0x2007, 'FIGURE SPACE', ' '],
  [0x200b, 'ZERO WIDTH SPACE', ''],
  [0x200c, 'ZERO WIDTH NON-JOINER', ''],
  [0x200d, 'ZERO WIDTH JOINER', ''],
  [0x200e, 'LEFT-TO-RIGHT MARK', ''],
  [0x200f, 'RIGHT-TO-LEFT MARK', ''],
  [0x2028, 'LINE SEPARATOR', ' '],
  [0x2029, 'PARAGRAPH SEPARATOR', ' '],
  [0x202a, 'LEFT-TO-RIGHT EMBEDDING', ''],
  [0x202b, 'RIGHT-TO-LEFT EMBEDDING', ''],
  [0x202c, 'POP DIRECTIONAL FORMATTING', ''],
  [0x202d, 'LEFT-TO-RIGHT OVERRIDE', ''],
  [0x202e, 'RIGHT-TO-LEFT OVERRIDE', ''],
  [0x202f, 'NARROW NO-BREAK SPACE', ' '],
  [0x2060, 'WORD JOINER', ''],
  [0x2061, 'FUNCTION APPLICATION', ''],
  [0x2062, 'INVISIBLE TIMES', ''],
  [0x2063, 'INVISIBLE SEPARATOR', ''],
  [0x2064, 'INVISIBLE PLUS', ''],
  [0x2066, 'LEFT-TO-RIGHT ISOLATE', ''],
  [0x2067, 'RIGHT-TO-LEFT ISOLATE', ''],
  [0x2068, 'FIRST STRONG ISOLATE', ''],
  [0x2069, 'POP DIRECTIONAL ISOLATE', ''],
  [0x3000, 'IDEOGRAPHIC SPACE', ' '],
  [0xfeff, 'ZERO WIDTH NO-BREAK SPACE (byte order mark)', ''],
  [0x2018, 'LEFT SINGLE QUOTATION MARK', '"'],
  [0x2019, 'RIGHT SINGLE QUOTATION MARK', '"'],
  [0x201c, 'LEFT DOUBLE QUOTATION MARK', '"'],
  [0x201d, 'RIGHT DOUBLE QUOTATION MARK', '"'],
  [0x201e, 'DOUBLE LOW-9 QUOTATION MARK', '"'],
  [0x201f, 'DOUBLE HIGH-REVERSED-9 QUOTATION MARK', '"'],
  [0x00ab, 'LEFT-POINTING DOUBLE ANGLE QUOTATION MARK', '"'],
  [0x00bb, 'RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK', '"'],
  [0x2010, 'HYPHEN', '-'],
  [0x2011, 'NON-BREAKING HYPHEN', '-'],
  [0x2013, 'EN DASH', '-'],
  [0x2212, 'MINUS SIGN', '-'],
  [0x2260, 'NOT EQUAL TO', '<>'],
  [0x2264, 'LESS-THAN OR EQUAL TO', '<='],
  [0x2265, 'GREATER-THAN OR EQUAL TO', '>='],
  [0xff02, 'FULLWIDTH QUOTATION MARK', '"'],
  [0xff06, 'FULLWIDTH AMPERSAND', '&'],
  [0xff08, 'FULLWIDTH LEFT PARENTHESIS', '('],
  [0xff09, 'FULLWIDTH RIGHT PARENTHESIS', ')'],
  [0xff0c, 'FULLWIDTH COMMA', ','],
  [0xff1c, 'FULLWIDTH LESS-THAN SIGN', '<'],
  [0xff1d, 'FULLWIDTH EQUALS SIGN', '='],
  [0xff1e, 'FULLWIDTH GREATER-THAN SIGN', '>'],
  [0xff3b, 'FULLWIDTH LEFT SQUARE BRACKET', '['],
  [0xff3d, 'FULLWIDTH RIGHT SQUARE BRACKET', ']'],
];

const byCharacter: ReadonlyMap<string, readonly [number, string, string]> = new Map(
  table.map((row) => [String.fromCodePoint(row[0]), row]),
);

/** What is odd about the character at an offset; undefined for any other character. */
export function oddCharacterAt(text: string, offset: number): OddCharacter | undefined {
  const character = text[offset] ?? '';
  const row = byCharacter.get(character);
  if (row === undefined) return undefined;
  const [codePoint, name, meant] = row;
  return { character, offset, name: `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')} ${name}`, meant };
}

const unseen = /[\u00a0\u00ad\u061c\u180e\u2007\u200b-\u200f\u2028-\u202f\u2060-\u2064\u2066-\u2069\u3000\ufeff]/;

/** The first character of a text that nobody can see, or that passes for an ordinary blank; undefined when there is none. */
export function unseenCharacterIn(text: string): OddCharacter | undefined {
  const found = unseen.exec(text);
  return found === null ? undefined : oddCharacterAt(text, found.index);
}

/** Says which unseen character a text holds and where, for the end of a sentence; empty when it holds none. */
export function unseenHint(text: string): string {
  const odd = unseenCharacterIn(text);
  return odd === undefined ? '' : `; it contains the invisible character ${odd.name} at position ${odd.offset + 1}`;
}
