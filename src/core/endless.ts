/** How far a list that is read page by page has been followed; plain data, so that it survives a cut-off. */
export interface LoopWatch {
  /** The link that later ones are compared with; it moves on after 1, 2, 4, 8, … pages. */
  readonly mark: string;
  readonly pages: number;
  readonly nextMarkAt: number;
  /** Pages without a row since the last one with some. */
  readonly empty: number;
}

/** Nothing followed yet. */
export const NOT_FOLLOWED: LoopWatch = { mark: '', pages: 0, nextMarkAt: 1, empty: 0 };

/**
 * Empty pages in a row after which a list counts as one without an end. A delta that is filtered scans the whole tenant and hands out
 * empty pages meanwhile, so this is far above what a large tenant needs.
 */
const MAX_EMPTY_PAGES = 20_000;

/**
 * Notes that a link is about to be followed. A list that leads back to itself, by however many pages, is noticed within three rounds
 * (Brent's algorithm), in constant memory. Pure.
 * @param rows Rows of the page that the link came with.
 * @returns undefined when the list has no end.
 */
export function follow(watch: LoopWatch, link: string, rows: number): LoopWatch | undefined {
  const empty = rows > 0 ? 0 : watch.empty + 1;
  if (link === watch.mark || empty > MAX_EMPTY_PAGES) return undefined;
  const pages = watch.pages + 1;
  const isMark = pages === watch.nextMarkAt;
  return { mark: isMark ? link : watch.mark, pages, nextMarkAt: isMark ? pages * 2 : watch.nextMarkAt, empty };
}
