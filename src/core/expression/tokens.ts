import { createToken, Lexer } from 'chevrotain';

const Identifier = createToken({ name: 'Identifier', pattern: /[A-Za-z_][A-Za-z0-9_]*/ });
const Attribute = createToken({ name: 'Attribute', pattern: /\[[^[\]\r\n"]+\]/ });
// A backslash always takes the next character with it, so that `"a\"b"` is one text and there is one way to read it.
const Text = createToken({ name: 'Text', pattern: /"(?:\\[\s\S]|[^"\\])*"/, line_breaks: true });
const Hex = createToken({ name: 'Hex', pattern: /&[Hh][0-9A-Fa-f]{1,16}/ });
const Decimal = createToken({ name: 'Decimal', pattern: /[+-]?\d+(?:\.\d+)?/ });
const And = createToken({ name: 'And', pattern: /and/i, longer_alt: Identifier });
const Or = createToken({ name: 'Or', pattern: /or/i, longer_alt: Identifier });
const Comparison = createToken({ name: 'Comparison', pattern: /<=|>=|<>|=|<|>/ });
const LeftParenthesis = createToken({ name: 'LeftParenthesis', pattern: /\(/ });
const RightParenthesis = createToken({ name: 'RightParenthesis', pattern: /\)/ });
const Comma = createToken({ name: 'Comma', pattern: /,/ });
// Between words, what cannot be seen is copied along and means nothing; `\s` knows no-break spaces, separators and the byte order mark.
const Blank = createToken({
  name: 'Blank',
  pattern: /[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

/** The words of the language. Keywords come before names, so that `OR` is not a name but `Order` is. */
export const tokens = {
  Blank,
  Text,
  Attribute,
  Hex,
  Decimal,
  And,
  Or,
  Identifier,
  Comparison,
  LeftParenthesis,
  RightParenthesis,
  Comma,
};

/** Reads the content of a text token: `\\` and `\"` are escapes, any other backslash stands for itself (`\d` needs one only). */
export function readText(image: string): string {
  const inner = image.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let text = '';
  for (let index = 0; index < inner.length; index += 1) {
    const character = inner[index];
    const next = inner[index + 1];
    if (character === '\\' && (next === '\\' || next === '"')) {
      text += next;
      index += 1;
    } else {
      text += character;
    }
  }
  return text;
}
