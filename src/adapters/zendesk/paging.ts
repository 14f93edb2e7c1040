import type { z } from 'zod';
import { UnexpectedResponseError } from '../../core/errors';
import { decode, shapes } from './decode';
import type { Query, ZendeskHttp, ZendeskRequest } from './http';

/** Largest page: https://developer.zendesk.com/api-reference/introduction/pagination/ */
export const PAGE_SIZE = 100;
/** A list that never ends is not a list; the largest we read is all groups or all members of one. */
const MAX_PAGES = 10_000;

/** Reads a list page by page, by cursor where Zendesk offers it, by its own `next_page` where not. */
export async function* pages<Shape extends z.ZodType>(
  http: ZendeskHttp,
  list: Omit<ZendeskRequest, 'method' | 'query'> & { readonly query?: Query },
  shape: Shape,
): AsyncGenerator<z.output<Shape>> {
  const request: ZendeskRequest = { method: 'GET', ...list, query: { ...list.query, 'page[size]': String(PAGE_SIZE) } };
  let answer = await http.call(request);
  const seen = new Set<string>();
  for (let page = 0; page < MAX_PAGES; page++) {
    yield decode(shape, answer.body, request.route);
    const next = nextLink(answer.body, request.route);
    if (next === undefined) return;
    if (seen.has(next)) throw new UnexpectedResponseError('target', `Zendesk's pages of ${request.route} go round in circles`);
    seen.add(next);
    answer = await http.follow(next, request);
  }
  throw new UnexpectedResponseError('target', `Zendesk's pages of ${request.route} do not end`);
}

/** The link to the next page, as the account tells it; undefined on the last one. */
export function nextLink(body: unknown, route: string): string | undefined {
  const { meta, links, next_page: nextPage } = decode(shapes.page, body, route);
  if (meta) return meta.has_more ? (links?.next ?? undefined) : undefined;
  return typeof nextPage === 'string' ? nextPage : undefined;
}
