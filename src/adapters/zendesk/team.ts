import type { TeamPage } from '../../ports/target-connector';
import { decode, shapes, toTeamMember } from './decode';
import type { ZendeskHttp, ZendeskRequest } from './http';
import { nextLink, PAGE_SIZE } from './paging';

const REQUEST: ZendeskRequest = {
  method: 'GET',
  route: '/api/v2/users',
  query: { 'role[]': ['agent', 'admin'], 'page[size]': String(PAGE_SIZE) },
};

/**
 * One page of the account's agents and admins, suspended ones too, read from the database by cursor: it can be continued by another call.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#list-users
 */
export async function teamPage(http: ZendeskHttp, after: string | undefined): Promise<TeamPage> {
  const { body } = await (after === undefined ? http.call(REQUEST) : http.follow(after, REQUEST));
  const { users } = decode(shapes.users, body, REQUEST.route);
  const next = nextLink(body, REQUEST.route);
  // The filter is checked, not trusted: who is counted here holds a seat.
  return { members: users.flatMap((row) => toTeamMember(row) ?? []), ...(next !== undefined && { next }) };
}
