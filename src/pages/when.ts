import { absolute, relative } from '../core/time-words';
import { type Html, html } from '../html';

/** An instant both ways, marked up. */
export function when(iso: string | null, now: Date, none = '–'): Html {
  if (iso === null) return html`${none}`;
  return html`<time datetime="${iso}">${relative(iso, now)} <small class="soft">(${absolute(iso, now)})</small></time>`;
}
