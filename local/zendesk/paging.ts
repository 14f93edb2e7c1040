import { errorList, simpleRefusal } from './errors';
import type { Call } from './world';

/** Pages hold at most 100 records: https://developer.zendesk.com/api-reference/introduction/pagination/ */
const maxPageSize = 100;
/** Offset paging ends here with 400 (same page). */
const maxOffsetRecords = 10_000;

/** Rows to page over, in rising order of id. */
interface Pageable<Row> {
  readonly key: string;
  readonly rows: readonly Row[];
  readonly present: (row: Row) => unknown;
  readonly idOf: (row: Row) => number;
}

/**
 * One page of a list. `page[size]`, `page[after]` or `page[before]` select cursor paging; anything else, `page=2` too, is offset paging.
 * @throws ZendeskRefusal 400 for a cursor that is none, and for offsets beyond 10,000 records
 */
export function pageOf<Row>(call: Call, list: Pageable<Row>): Record<string, unknown> {
  const isCursor = ['page[size]', 'page[after]', 'page[before]'].some((name) => call.query.has(name));
  return isCursor ? cursorPage(call, list) : offsetPage(call, list);
}

function cursorPage<Row>(call: Call, { key, rows, present, idOf }: Pageable<Row>): Record<string, unknown> {
  const size = cursorSize(call);
  const after = call.query.get('page[after]');
  const before = call.query.get('page[before]');
  let from = 0;
  if (after !== null) from = firstAbove(rows, idOf, decodeCursor(after));
  else if (before !== null) from = Math.max(0, firstAbove(rows, idOf, decodeCursor(before) - 1) - size);
  const page = rows.slice(from, from + size);
  return cursorBody(call, key, page.map(present), page.map(idOf), { hasMore: from + size < rows.length, hasEarlier: from > 0 });
}

/**
 * One cursor page over a long list, reading only what the page needs: a scan of 50,000 users is 500 pages.
 * @param list.read gives the row of an id, undefined when it is not in the list
 */
export function scanPage<Row>(
  call: Call,
  list: {
    readonly key: string;
    readonly ids: readonly number[];
    readonly read: (id: number) => Row | undefined;
    readonly present: (row: Row) => unknown;
  },
): Record<string, unknown> {
  const size = cursorSize(call);
  const after = call.query.get('page[after]');
  let at = after === null ? 0 : firstAbove(list.ids, (id) => id, decodeCursor(after));
  const ids: number[] = [];
  const rows: Row[] = [];
  let hasMore = false;
  for (; at < list.ids.length && !hasMore; at += 1) {
    const id = list.ids[at]!;
    const row = list.read(id);
    if (row === undefined) continue;
    hasMore = rows.length === size;
    if (hasMore) break;
    ids.push(id);
    rows.push(row);
  }
  return cursorBody(call, list.key, rows.map(list.present), ids, { hasMore, hasEarlier: after !== null });
}

function cursorSize(call: Call): number {
  const size = Number(call.query.get('page[size]') ?? maxPageSize);
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    throw errorList(400, 'InvalidPaginationParameter', 'Invalid pagination parameter', 'page[size] must be between 1 and 100');
  }
  return size;
}

function cursorBody(
  call: Call,
  key: string,
  items: readonly unknown[],
  ids: readonly number[],
  { hasMore, hasEarlier }: { readonly hasMore: boolean; readonly hasEarlier: boolean },
): Record<string, unknown> {
  const first = ids[0];
  const last = ids.at(-1);
  return {
    [key]: items,
    meta: {
      has_more: hasMore,
      after_cursor: last === undefined ? null : encodeCursor(last),
      before_cursor: first === undefined ? null : encodeCursor(first),
    },
    links: {
      next: hasMore && last !== undefined ? pageLink(call, 'after', last) : null,
      prev: hasEarlier && first !== undefined ? pageLink(call, 'before', first) : null,
    },
  };
}

/** Offset paging with `count`, `next_page` and `previous_page`; also the only kind of the search endpoints. */
export function offsetPage<Row>(call: Call, { key, rows, present }: Omit<Pageable<Row>, 'idOf'>): Record<string, unknown> {
  const size = Math.min(maxPageSize, positive(call.query.get('per_page'), maxPageSize));
  const page = positive(call.query.get('page'), 1);
  if ((page - 1) * size >= maxOffsetRecords) {
    throw simpleRefusal(400, 'InvalidPaginationDepth', 'Number of records requested is larger than the maximum of 10000');
  }
  const from = (page - 1) * size;
  const link = (number: number) => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(number));
    query.set('per_page', String(size));
    return `${call.world.url()}${call.request.path}?${query}`;
  };
  return {
    [key]: rows.slice(from, from + size).map(present),
    next_page: from + size < rows.length ? link(page + 1) : null,
    previous_page: page > 1 ? link(page - 1) : null,
    count: rows.length,
  };
}

function pageLink(call: Call, name: 'after' | 'before', id: number): string {
  const query = new URLSearchParams(call.query);
  query.delete('page[after]');
  query.delete('page[before]');
  query.set(`page[${name}]`, encodeCursor(id));
  return `${call.world.url()}${call.request.path}?${query}`;
}

/** A cursor is opaque to callers; it holds the id to continue from, so a list that changes under the reader skips nothing. */
export function encodeCursor(id: number): string {
  return Buffer.from(JSON.stringify({ o: 'id', v: id })).toString('base64url');
}

/** @throws ZendeskRefusal 400 for a text that is not a cursor */
export function decodeCursor(cursor: string): number {
  try {
    const { v } = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as { v: unknown };
    if (typeof v === 'number') return v;
  } catch {
    // Falls through to the refusal: a broken cursor is the caller's mistake, whatever is broken about it.
  }
  throw errorList(400, 'InvalidCursor', 'Invalid cursor', 'The cursor is malformed');
}

/** Index of the first row whose id is above `id`; binary search, because full scans page through tens of thousands. */
export function firstAbove<Row>(rows: readonly Row[], idOf: (row: Row) => number, id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (idOf(rows[middle]!) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function positive(text: string | null, fallback: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}
