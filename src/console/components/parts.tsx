import type { Child } from 'hono/jsx';
import { type Tone, withoutIds } from './text';

interface Parts {
  readonly children?: Child;
}

/** A part of a page under a heading of its own. @param id of the heading begins with it; unique on the page */
export const Card = ({ id, title, children }: Parts & { readonly id: string; readonly title: Child }) => (
  <section class="card" aria-labelledby={`h-${id}`} id={id}>
    <h2 id={`h-${id}`}>{title}</h2>
    {children}
  </section>
);

/** A part that is fetched anew in place. It is there even while it is empty, so that what comes later has a place to go. */
export const Live = ({ id, children }: Parts & { readonly id: string }) => (
  <div data-live="yes" id={`live-${id}`}>
    {children}
  </div>
);

/** Something to be told before all else, such as how an act has ended. */
export const Notice = ({ tone, children }: Parts & { readonly tone: Tone }) => (
  <div class={`notice ${tone}`} role="status">
    {children}
  </div>
);

/** What stands where a list would, when there is nothing to list: why, and what to do. */
export const Empty = ({ children }: Parts) => <p class="soft">{children}</p>;

/** Named values, side by side. */
export const Facts = ({ facts }: { readonly facts: readonly (readonly [name: string, value: Child])[] }) => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div>
        <dt>{name}</dt>
        <dd>{typeof value === 'number' ? String(value) : value}</dd>
      </div>
    ))}
  </dl>
);

/** A column of a table: its head, and how it shows a row. The first one names the row. */
export interface Column<R> {
  readonly head: string;
  readonly isNumber?: boolean;
  /** `tight`: as wide as its text, on one line; `wide`: a good part of the table. */
  readonly width?: 'tight' | 'wide';
  cell(row: R): Child;
}

/** A table, which on a phone becomes a list of cards. */
export function Table<R>({
  rows,
  columns,
  caption,
}: {
  readonly rows: readonly R[];
  readonly columns: readonly Column<R>[];
  readonly caption?: string;
}) {
  return (
    <table class="cards">
      {caption !== undefined && <caption>{caption}</caption>}
      <thead>
        <tr>
          {columns.map(({ head, isNumber, width }) => (
            <th scope="col" class={isNumber ? 'num' : width}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ head, isNumber, width, cell }, at) =>
              at === 0 ? (
                <th scope="row" class={width}>
                  {cell(row)}
                </th>
              ) : (
                <td data-label={head} class={isNumber ? 'num' : width}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One station on the way of an object, and what it said. */
export interface Station {
  readonly name: string;
  readonly tone: Tone;
  /** One or two words. */
  readonly word: string;
  readonly text: Child;
}

/** The way of an object as a line of stations, in order. */
export const StepsLine = ({ stations }: { readonly stations: readonly Station[] }) => (
  <ol class="steps">
    {stations.map(({ name, tone, word, text }) => (
      <li class={tone === 'none' ? undefined : tone}>
        <b>{name}</b>
        <span class={tone === 'none' ? 'tag' : `tag ${tone}`}>{word}</span>
        <div>{text}</div>
      </li>
    ))}
  </ol>
);

/** What changes: the old value and the new one. */
export const Change = ({ from, to }: { readonly from: string | null; readonly to: string | null }) => (
  <>
    <del>
      <span class="hidden">from </span>
      <bdi>{from === null || from === '' ? '(empty)' : withoutIds(from)}</bdi>
    </del>{' '}
    →{' '}
    <ins>
      <span class="hidden">to </span>
      <bdi>{to === null || to === '' ? '(empty)' : withoutIds(to)}</bdi>
    </ins>
  </>
);
