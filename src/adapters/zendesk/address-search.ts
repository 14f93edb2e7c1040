import { decode, shapes, type UserRow } from './decode';
import type { Query, ZendeskHttp } from './http';

/** What the search index says of several addresses that were looked for together. */
export interface AddressHits {
  /** For each address about which the answer decides: who has it as the primary one, deleted users too; none: nobody known has it at all. */
  readonly decided: ReadonlyMap<string, readonly UserRow[]>;
  /** False where the search does not take several addresses together: then nothing is decided. */
  readonly isProven: boolean;
}

const SEARCH = '/api/v2/users/search';
/** Addresses that a search can hold between quotation marks. */
const PLAIN_ADDRESS = /^[!#-+\--[\]-~]{3,254}$/;
/** Keeps a search's URL below what servers take. */
export const MAX_QUERY = 6_500;
const PER_PAGE = 100;
/** Where most addresses are somebody's: with the one that proves the answer they fill a page. */
export const MAX_FOUND = PER_PAGE - 1;

/** Whether an address can be looked for together with others. */
export const isSearchable = (address: string): boolean => PLAIN_ADDRESS.test(address);

const term = (address: string): string => `email:"${address}"`;

/** How much of a search's URL an address takes. */
export const sizeOf = (address: string): number => encodeURIComponent(`${term(address)} `).length;

/** Splits addresses so that each part fits into one search. */
export function searchParts(addresses: readonly string[]): readonly (readonly string[])[] {
  const result: string[][] = [];
  let size = MAX_QUERY;
  for (const address of addresses) {
    size += sizeOf(address);
    if (size > MAX_QUERY) {
      result.push([]);
      size = sizeOf(address);
    }
    result.at(-1)?.push(address);
  }
  return result;
}

/**
 * Looks for several addresses, lower case and {@link isSearchable}, by one request: terms of one kind are alternatives. That is not documented
 * for addresses, so it is proved each time by an address which must be among the hits; it comes last, so that a query which Zendesk cuts
 * short proves nothing. One address alone needs no proof.
 * @param own an address that the search index is known to hold: the credential's own
 * @param addresses called when the request leaves
 */
export async function searchAddresses(http: ZendeskHttp, own: string, addresses: () => readonly string[]): Promise<AddressHits> {
  let part: readonly string[] = [];
  const query = (): Query => {
    part = addresses();
    const terms = part.length > 1 ? [...part, own] : part;
    return { query: `type:user ${terms.map(term).join(' ')}`, per_page: String(PER_PAGE) };
  };
  const answer = await http.call({ method: 'GET', route: SEARCH, query });
  const { users } = decode(shapes.users, answer.body, SEARCH);
  if (decode(shapes.page, answer.body, SEARCH).next_page) return { decided: new Map(), isProven: true };
  const hits = new Map<string, UserRow[]>(part.map((address) => [address, []]));
  let isProven = part.length === 1;
  let hasStrangers = false;
  for (const row of users) {
    const address = row.email?.toLowerCase() ?? '';
    if (address === own) isProven = true;
    const found = hits.get(address);
    if (found) found.push(row);
    else if (address !== own) hasStrangers = true;
  }
  if (!isProven) return { decided: new Map(), isProven: false };
  // A hit by a secondary address shows another primary one: then it is not known whose it is, and nobody is known to be free.
  return { decided: new Map([...hits].filter(([, rows]) => rows.length > 0 || !hasStrangers)), isProven };
}
