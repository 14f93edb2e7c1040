import { follow, type LoopWatch, NOT_FOLLOWED } from '../../../src/core/endless';

/** Follows links until the list counts as endless; how many pages that took, or undefined within the first so many. */
function pagesUntilEndless(links: (page: number) => string, rows: number, limit: number): number | undefined {
  let watch: LoopWatch | undefined = NOT_FOLLOWED;
  for (let page = 1; page <= limit; page += 1) {
    watch = follow(watch, links(page), rows);
    if (!watch) return page;
  }
  return undefined;
}

describe('follow', () => {
  it.each([1, 2, 3, 7, 100])('a list that leads back to itself by %d pages is noticed within four rounds', (length) => {
    expect(pagesUntilEndless((page) => `link ${page % length}`, 10, 4 * length + 4)).toBeLessThanOrEqual(4 * length + 4);
  });

  it('also when it does so after a long way', () => {
    const links = (page: number) => (page < 500 ? `way ${page}` : `loop ${page % 3}`);
    expect(pagesUntilEndless(links, 10, 2_000)).toBeLessThan(2_000);
  });

  it('a long list is not endless, nor are some thousands of empty pages', () => {
    expect(pagesUntilEndless((page) => `link ${page}`, 10, 50_000)).toBeUndefined();
    expect(pagesUntilEndless((page) => `link ${page}`, 0, 10_000)).toBeUndefined();
  });

  it('empty pages for ever are endless, whatever their links', () => {
    expect(pagesUntilEndless((page) => `link ${page}`, 0, 50_000)).toBeDefined();
  });
});
