import { AlreadyExistsError } from '../../core/errors';
import { isSearchable, searchAddresses, searchParts } from './address-search';
import type { BulkRunner } from './bulk-runner';
import type { ItemResult } from './bundler';
import { type DecodedUser, decode, shapes, toUser } from './decode';
import type { ZendeskHttp } from './http';

/** A user to be created, in Zendesk's words. */
export interface CreateItem {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly externalId: string;
  readonly email: string | null;
}

/** What it needs. */
export interface CreateManyDeps {
  readonly http: ZendeskHttp;
  readonly runner: BulkRunner;
  /** An address that the search index is known to hold: the credential's own. */
  readonly ownEmail: () => Promise<string | undefined>;
  /** Called when bulk creation cannot be made safe in this account. */
  readonly onUnsafe: (why: string) => void;
}

const CREATE_MANY = '/api/v2/users/create_many';
const SHOW_MANY = '/api/v2/users/show_many';
/** An account that is older than its job by more than this was there before. */
const CLOCK_SLACK_MS = 5_000;

/**
 * Creates up to 100 users with one job: https://developer.zendesk.com/api-reference/ticketing/users/users/#create-many-users
 *
 * It is not documented whether the job refuses an address that somebody has, as a single creation does, or takes that account over. So
 * nobody is in it whose address the search index knows, and an account that was there before the job is told as taken, not as created.
 * Who is left out is created singly, and refused with the reason.
 */
export async function createMany(
  deps: CreateManyDeps,
  items: readonly CreateItem[],
): Promise<ReadonlyMap<CreateItem, ItemResult<DecodedUser>>> {
  const known = await knownAddresses(deps, items);
  if (!known) return new Map();
  const seen = new Set<string>();
  const isNew = ({ email }: CreateItem) => {
    const address = email?.toLowerCase();
    if (address === undefined) return true;
    const isFine = isSearchable(address) && !known.has(address) && !seen.has(address);
    seen.add(address);
    return isFine;
  };
  const fit = items.filter((item) => !item.externalId.includes(',') && isNew(item));
  if (fit.length === 0) return new Map();
  return deps.runner.run({
    kind: 'createUsers',
    request: { method: 'POST', route: CREATE_MANY, body: { users: fit.map(({ fields }) => fields) } },
    items: fit,
    verify: async (submittedAt) => {
      const query = { external_ids: fit.map(({ externalId }) => externalId.toLowerCase()).join(',') };
      const answer = await deps.http.call({ method: 'GET', route: SHOW_MANY, query });
      const rows = decode(shapes.users, answer.body, SHOW_MANY).users.filter(({ active }) => active !== false);
      const found = new Map(rows.map((row) => [row.external_id?.toLowerCase(), row]));
      const results = new Map<CreateItem, ItemResult<DecodedUser>>();
      for (const item of fit) {
        const row = found.get(item.externalId.toLowerCase());
        if (!row) continue;
        const createdAt = Date.parse(row.created_at ?? '');
        const isOlder = Number.isNaN(createdAt) || createdAt < submittedAt - CLOCK_SLACK_MS;
        const wasThere = isOlder || (row.email ?? '').toLowerCase() !== (item.email ?? '').toLowerCase();
        const error = new AlreadyExistsError(
          'external_id',
          'The account was there before the background job that should have created it',
          { maker: 'others' },
        );
        results.set(item, wasThere ? { error } : { value: toUser(row) });
      }
      return results;
    },
  });
}

/** The addresses of these users that somebody has or may have; undefined when the search proves nothing. */
async function knownAddresses(deps: CreateManyDeps, items: readonly CreateItem[]): Promise<ReadonlySet<string> | undefined> {
  const own = (await deps.ownEmail())?.toLowerCase();
  const wanted = items.flatMap(({ email }) => (email !== null && isSearchable(email) ? [email.toLowerCase()] : []));
  if (wanted.length === 0) return new Set();
  if (own === undefined || !isSearchable(own)) {
    deps.onUnsafe('the credential has no address to check the search with');
    return undefined;
  }
  const known = new Set<string>();
  for (const part of searchParts(wanted)) {
    const { decided, isProven } = await searchAddresses(deps.http, own, () => part);
    if (!isProven) {
      deps.onUnsafe('the search does not take several addresses together');
      return undefined;
    }
    for (const address of part) if (decided.get(address)?.length !== 0) known.add(address);
  }
  return known;
}
