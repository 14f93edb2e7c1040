import type { TargetId } from '../../core/model';
import { decode, shapes } from './decode';
import type { ZendeskHttp } from './http';

const ROUTE = '/api/v2/users/{user_id}/tickets/requested';
const PER_PAGE = 100;
/** Closed tickets of years lie in the archive, which is left out; sorted by status, open ones come first. */
const MAX_PAGES = 5;
/** Statuses of a ticket that needs its requester no more: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format */
const SETTLED: ReadonlySet<string> = new Set(['closed', 'deleted']);

/**
 * True if the user has requested a ticket that is not closed. From the database, not the search index:
 * https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-tickets
 */
export async function hasOpenTickets(http: ZendeskHttp, userId: TargetId): Promise<boolean> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = {
      sort_by: 'status',
      sort_order: 'asc',
      exclude_archived: 'true',
      per_page: String(PER_PAGE),
      page: String(page),
    };
    const answer = await http.call({ method: 'GET', route: ROUTE, params: [userId], query });
    const { tickets } = decode(shapes.tickets, answer.body, ROUTE);
    if (tickets.some(({ status }) => !SETTLED.has(status))) return true;
    if (!decode(shapes.page, answer.body, ROUTE).next_page) return false;
  }
  return false;
}
