import { shapes } from './decode';
import type { ZendeskHttp } from './http';
import { pages } from './paging';

/** Counts admins who can sign in, up to `atMost`. Reads the database, not the search index: https://developer.zendesk.com/api-reference/ticketing/users/users/#list-users */
export async function countActiveAdmins(http: ZendeskHttp, atMost: number): Promise<number> {
  let count = 0;
  for await (const { users } of pages(http, { route: '/api/v2/users', query: { role: 'admin' } }, shapes.users)) {
    // The filter is checked, not trusted: who is counted here lets another lose access.
    count += users.filter(({ role, active, suspended }) => role === 'admin' && active !== false && suspended !== true).length;
    if (count >= atMost) return atMost;
  }
  return count;
}
