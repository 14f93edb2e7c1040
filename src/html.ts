/** Markup that is safe to send: made by {@link html} only. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What may stand in a template: text (escaped), numbers, markup, lists of these, or nothing. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Text as it may stand in an element or in a quoted attribute. Control characters are dropped: no name needs them, and HTML forbids
 * most of them.
 */
export const escapeHtml = (text: string): string =>
  text.replace(CONTROLS, '').replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** Control characters except tab and line feed, and lone surrogates, which no encoding can carry. */
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Surrogate}]/gu;

/**
 * A template whose parts are escaped, so that no text from outside becomes markup. Attributes must be quoted. Addresses are built
 * by the page, never taken from outside: escaping does not make `javascript:` harmless.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = strings[0] ?? '';
  parts.forEach((part, index) => {
    markup += render(part) + (strings[index + 1] ?? '');
  });
  return new Html(markup);
}

/** A name or another text from outside: shown in its own direction, cut where it is endless. */
export const foreign = (text: string, maxLength = 200): Html => html`<bdi>${clip(text, maxLength)}</bdi>`;

/** The beginning of a text, by whole characters, with an ellipsis where something is missing. */
export function clip(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const characters = [...text.slice(0, maxLength * 2)];
  return characters.length <= maxLength && text.length <= maxLength * 2 ? text : `${characters.slice(0, maxLength).join('')}…`;
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeHtml(String(part));
}
