/** A word of a filter. `text` of a quoted text is without its quotation marks; `offset` counts UTF-16 units from 0. */
export interface Token {
  readonly kind: 'word' | 'text' | '(' | ')' | ',';
  readonly text: string;
  readonly offset: number;
}

/** The words of a filter, or what cannot be read and where. */
export type TokensResult =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly message: string; readonly offset: number };

const BLANK = /\s+/y;
/** Names with their path, numbers, instants with offset. */
const WORD = /[A-Za-z0-9_.:/+-]+/y;
/** In a text a quotation mark is written twice. @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html */
const TEXT = /'((?:[^']|'')*)'/y;

/** Cuts a filter into words. Pure; never throws. */
export function readTokens(text: string): TokensResult {
  const tokens: Token[] = [];
  let offset = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
  while (offset < text.length) {
    const blank = take(BLANK);
    if (blank) {
      offset += blank[0].length;
      continue;
    }
    const mark = text.charAt(offset);
    if (mark === '(' || mark === ')' || mark === ',') {
      tokens.push({ kind: mark, text: mark, offset });
      offset += 1;
      continue;
    }
    const found = take(TEXT) ?? take(WORD);
    if (!found) {
      const message =
        mark === "'" ? "a text has no closing ' (inside a text, write it twice)" : `\`${mark}\` has no meaning here`;
      return { ok: false, message, offset };
    }
    const quoted = found[1];
    tokens.push(
      quoted === undefined
        ? { kind: 'word', text: found[0], offset }
        : { kind: 'text', text: quoted.replaceAll("''", "'"), offset },
    );
    offset += found[0].length;
  }
  return { ok: true, tokens };
}
