import type { Child } from 'hono/jsx';
import { withNames } from '../../core/held-words';
import { absolute, relative } from '../../core/time-words';
import { clip } from '../../html';

/** A name or another text from outside: shown in its own direction, cut where it is endless. The renderer escapes it. */
export const Foreign = ({ text, max = 200 }: { readonly text: string; readonly max?: number }) => <bdi>{clip(text, max)}</bdi>;

/** A text without the ids in brackets behind names. */
export const withoutIds = (text: string): string => text.replace(BEHIND, '');

/** An id in brackets behind what it is called, and the call of the API behind what a page has a button for. */
const BEHIND = / \((?:(?:cycle |plan )?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|(?:GET|POST) \/api\/[^)\s]*)\)/gi;

/** A reason as people read it: groups by name alone, instants as everywhere else, and no id of a cycle behind it. */
export const readable = (text: string, names: ReadonlyMap<string, string>, now: Date): string =>
  withNames(text.replace(BEHIND, ''), names)
    .replace(BEHIND, '')
    .replace(/\bcycle [\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi, 'a cycle')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => absolute(at, now));

/** An instant both ways: `3 min ago (14:05 UTC)`. */
export function When({ at, now, none = '–' }: { readonly at: string | null; readonly now: Date; readonly none?: string }) {
  if (at === null) return <>{none}</>;
  return (
    <time datetime={at}>
      {relative(at, now)} <small class="soft">({absolute(at, now)})</small>
    </time>
  );
}

/** Since when something is as it is: `since 14:05 UTC (3 min ago)`. */
export const Since = ({ at, now }: { readonly at: string; readonly now: Date }) => (
  <time datetime={at}>
    since {absolute(at, now)} <small class="soft">({relative(at, now)})</small>
  </time>
);

/** What an object is called: its name, or its id where none is known. */
export function Named({ name, id }: { readonly name: string | undefined; readonly id: string }) {
  if (!name) return <code>{clip(id, 80)}</code>;
  return <Foreign text={name} max={80} />;
}

/** An id that is read as one. */
export const Id = ({ id }: { readonly id: string }) => <code class="id">{clip(id, 80)}</code>;

export { clip };

/** A count with its noun: `1 object`, `3 objects`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** How something stands, for the eye and in a word. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'none';

/** A word with the colour of its tone. */
export const Tag = ({ tone, children }: { readonly tone: Tone; readonly children?: Child }) => (
  <span class={tone === 'none' ? 'tag' : `tag ${tone}`}>{children}</span>
);
