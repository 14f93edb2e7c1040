import { createToken, Lexer } from 'chevrotain';

/** Names with their path, numbers, instants with offset: what it is, its place in the filter says. */
const Word = createToken({ name: 'Word', pattern: /[A-Za-z0-9_.:/+-]+/ });
/** In a text a quotation mark is written twice. @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html */
const Text = createToken({ name: 'Text', pattern: /'(?:[^']|'')*'/, line_breaks: true });
/** A text with its type before it, as Graph writes enumerations: `microsoft.graph.provisioningResult'failure'`. */
const TypedText = createToken({ name: 'TypedText', pattern: /[A-Za-z_][A-Za-z0-9_.]*'(?:[^']|'')*'/, line_breaks: true });
const keyword = (name: string, pattern: RegExp) => createToken({ name, pattern, longer_alt: Word });
const And = keyword('And', /and/i);
const Or = keyword('Or', /or/i);
const Not = keyword('Not', /not/i);
const In = keyword('In', /in/i);
const Comparison = keyword('Comparison', /(?:eq|ne|gt|ge|lt|le)/i);
const LeftParenthesis = createToken({ name: 'LeftParenthesis', pattern: /\(/ });
const RightParenthesis = createToken({ name: 'RightParenthesis', pattern: /\)/ });
const Comma = createToken({ name: 'Comma', pattern: /,/ });
const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true });

/** The words of a filter. Keywords come before names, so that `or` is a keyword and `origin` is not. */
export const tokens = {
  Blank,
  Text,
  TypedText,
  And,
  Or,
  Not,
  In,
  Comparison,
  Word,
  LeftParenthesis,
  RightParenthesis,
  Comma,
};

/** The content of a text token, with or without a type before it. */
export const readText = (image: string): string => image.slice(image.indexOf("'") + 1, -1).replaceAll("''", "'");
