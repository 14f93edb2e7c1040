import { follow, type LoopWatch, NOT_FOLLOWED } from '../../core/endless';
import { UnexpectedResponseError } from '../../core/errors';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import { readPage } from './rows';

/**
 * Every page of a list, to the end. An empty page with a link is not the end.
 * @throws UnexpectedResponseError when a list leads back to itself: it would never end.
 */
export async function* pages(
  http: GraphHttp,
  operation: Operation,
  path: string,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<readonly Json[]> {
  let page = readPage(operation, await http.get(operation, path, query));
  yield page.rows;
  let watch: LoopWatch | undefined = NOT_FOLLOWED;
  while (page.next !== undefined) {
    watch = follow(watch, page.next, page.rows.length);
    if (watch === undefined) throw new UnexpectedResponseError('source', `${operation.name}: the list has no end`);
    page = readPage(operation, await http.follow(operation, page.next));
    yield page.rows;
  }
}
