import { NotFoundError, RejectedError } from '../../core/errors';
import type { AttributeValue, TargetId, TargetUser } from '../../core/model';
import { USER_FIELD_PREFIX } from '../../core/target-attributes';
import type { Clock } from '../../ports/runtime';
import type { UserMatcher } from '../../ports/target-connector';
import { isSearchable, MAX_FOUND, MAX_QUERY, searchAddresses, sizeOf } from './address-search';
import { makeBatcher } from './batcher';
import { type DecodedUser, decode, shapes, toUser } from './decode';
import type { Query, ZendeskHttp } from './http';
import type { Identities } from './identities';

/** Look-ups of users. Users come as decoded: organizations are not named yet. */
export interface UserLookup {
  /** By id, deleted ones too; current. Concurrent calls share a request. */
  byId(id: TargetId): Promise<DecodedUser | undefined>;
  /** Active user by external id; current. Concurrent calls share a request. */
  byExternalId(externalId: string): Promise<DecodedUser | undefined>;
  /** Active users by any other attribute, from the search index, each hit compared with the value. */
  bySearch(matcher: UserMatcher): Promise<readonly DecodedUser[]>;
}

/** Bundles of 100: https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users */
const BATCH = { windowMs: 10, maxKeys: 100, maxChars: 6_000 };
const SHOW_MANY = '/api/v2/users/show_many';
const SEARCH = '/api/v2/users/search';
/** Offset paging only; the index answers at most 10,000: https://developer.zendesk.com/api-reference/ticketing/users/users/#search-users */
const SEARCH_PAGE = 100;
const MAX_SEARCH_PAGES = 10;
/** Longest value that is looked for; longer ones are cut, and compared as a whole. */
const MAX_QUERY_VALUE = 255;
/** Hits whose other addresses are worth a request each. */
const MAX_ADDRESS_CHECKS = 3;

/** So long the index is asked for one address at a time, once it did not take several together. */
const APART_MS = 60 * 60_000;

/** What looking up users needs. */
export interface LookupDeps {
  readonly http: ZendeskHttp;
  readonly identities: Identities;
  readonly sleep: (ms: number) => Promise<void>;
  readonly clock: Clock;
  /** An address that the search index is known to hold: the credential's own. */
  readonly ownEmail: () => Promise<string | undefined>;
}

/** Makes the look-ups. */
export function makeUserLookup({ http, identities, sleep, clock, ownEmail }: LookupDeps): UserLookup {
  const showMany = async (query: () => Query) =>
    decode(shapes.users, (await http.call({ method: 'GET', route: SHOW_MANY, query })).body, SHOW_MANY).users.map(toUser);

  const ids = makeBatcher<DecodedUser>(
    async (take) =>
      new Map((await showMany(() => ({ ids: take().join(','), include_deleted: 'true' }))).map((row) => [row.user.id, row])),
    { ...BATCH, sleep },
  );
  const externalIds = makeBatcher<DecodedUser>(
    async (take) => byFoldedExternalId(await showMany(() => ({ external_ids: take().join(',') }))),
    { ...BATCH, sleep },
  );

  let apartUntil = 0;
  /** Those who have an address; none of its key where only a search for it alone can tell. */
  const together = makeBatcher<readonly DecodedUser[]>(
    async (take) => {
      const own = clock().getTime() < apartUntil ? undefined : (await ownEmail())?.toLowerCase();
      if (own === undefined || !isSearchable(own)) {
        take();
        return new Map();
      }
      const { decided, isProven } = await searchAddresses(http, own, take);
      if (!isProven) apartUntil = clock().getTime() + APART_MS;
      return new Map([...decided].map(([address, rows]) => [address, rows.map(toUser).filter(({ user }) => user.active)]));
    },
    { windowMs: 10, maxKeys: MAX_FOUND, maxChars: MAX_QUERY, sizeOf, sleep },
  );

  /** A list that leaves somebody out proves little: asked once more, by the one address that answers 404 for nobody. */
  async function alone(id: TargetId): Promise<DecodedUser | undefined> {
    const route = '/api/v2/users/{user_id}';
    try {
      return toUser(decode(shapes.user, (await http.call({ method: 'GET', route, params: [id] })).body, route).user);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async function search(query: string): Promise<DecodedUser[]> {
    const found: DecodedUser[] = [];
    for (let page = 1; page <= MAX_SEARCH_PAGES; page++) {
      const answer = await http.call({
        method: 'GET',
        route: SEARCH,
        query: { query, per_page: String(SEARCH_PAGE), page: String(page) },
      });
      found.push(...decode(shapes.users, answer.body, SEARCH).users.map(toUser));
      if (!decode(shapes.page, answer.body, SEARCH).next_page) break;
    }
    return found.filter(({ user }) => user.active);
  }

  /**
   * The address may be a secondary one: once verified it is that person's all the same, and nobody else can have it. One that is not
   * verified anybody may have put on an account of theirs: were it adopted, they would get the role of whoever owns the address.
   */
  async function holdersOf(email: string, hits: readonly DecodedUser[]): Promise<readonly DecodedUser[]> {
    const primary = hits.filter(({ user }) => fold(user.email) === fold(email));
    if (primary.length > 0) return primary;
    for (const hit of hits.slice(0, MAX_ADDRESS_CHECKS)) {
      const addresses = await identities.emails(hit.user.id);
      if (addresses.some(({ value, verified }) => verified === true && fold(value ?? null) === fold(email))) return [hit];
    }
    return [];
  }

  return {
    byId: async (id) => (await ids.get(id)) ?? (await alone(id)),
    async byExternalId(externalId) {
      const key = externalId.trim().toLowerCase();
      if (key === '') return undefined;
      if (!key.includes(',')) return externalIds.get(key);
      const route = '/api/v2/users';
      const answer = await http.call({ method: 'GET', route, query: { external_id: externalId } });
      return byFoldedExternalId(decode(shapes.users, answer.body, route).users.map(toUser)).get(key);
    },
    async bySearch({ attribute, value }) {
      const address = value.trim().toLowerCase();
      const known = attribute === 'email' && isSearchable(address) ? await together.get(address) : undefined;
      if (known) return known;
      const field = searchField(attribute);
      const text = searchable(value);
      if (text === '') return [];
      const hits = await search(`type:user ${field}:"${text}"`);
      if (attribute === 'email') return holdersOf(value, hits);
      return hits.filter(({ user }) => fold(attributeOf(user, attribute)) === fold(value));
    },
  };
}

function byFoldedExternalId(rows: readonly DecodedUser[]): ReadonlyMap<string, DecodedUser> {
  return new Map(rows.filter(({ user }) => user.active && user.externalId).map((row) => [fold(row.user.externalId), row]));
}

/** @throws RejectedError for an attribute that Zendesk cannot search */
function searchField(attribute: string): string {
  if (attribute === 'email' || attribute === 'name' || attribute === 'phone') return attribute;
  const key = attribute.startsWith(USER_FIELD_PREFIX) ? attribute.slice(USER_FIELD_PREFIX.length) : '';
  if (/^[\w-]{1,100}$/.test(key)) return key;
  throw new RejectedError(
    attribute,
    'Zendesk cannot search users by this attribute: match by external_id, email, name, phone or user_fields.<key>',
  );
}

/** Quotation marks cannot be escaped in a search: its longest part without them is looked for, and every hit is compared with the whole. */
function searchable(value: string): string {
  const parts = value.split(/["\\\p{Cc}]/u).map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '').slice(0, MAX_QUERY_VALUE);
}

function attributeOf(user: TargetUser, attribute: string): AttributeValue {
  return attribute === 'name' ? user.name : (user.attributes[attribute] ?? null);
}

function fold(value: AttributeValue): string {
  return String(value ?? '')
    .trim()
    .toLowerCase();
}
