import { NotFoundError } from '../../core/errors';
import type { TargetId } from '../../core/model';
import { makeBatcher } from './batcher';
import { decode, type Identity, shapes } from './decode';
import type { ZendeskHttp } from './http';
import type { Identities } from './identities';

/** Every address of an account, for those who must not be touched under any of them. */
export interface Addresses {
  /** Primary first; none when the account is gone. Concurrent calls share a request. */
  of(id: TargetId): Promise<readonly string[]>;
}

const BATCH = { windowMs: 10, maxKeys: 100, maxChars: 6_000 };
const SHOW_MANY = '/api/v2/users/show_many';

/** Makes it. */
export function makeAddresses(http: ZendeskHttp, identities: Identities, sleep: (ms: number) => Promise<void>): Addresses {
  // `include=identities` is confirmed by Zendesk's staff, not by its reference:
  // https://support.zendesk.com/hc/en-us/community/posts/4410103990042-Extend-api-v2-users-show-many-endpoint
  const sideloaded = makeBatcher<readonly string[]>(
    async (take) => {
      const query = () => ({ ids: take().join(','), include: 'identities' });
      const { users, identities: rows } = decode(
        shapes.usersWithIdentities,
        (await http.call({ method: 'GET', route: SHOW_MANY, query })).body,
        SHOW_MANY,
      );
      const found = new Map<string, readonly string[]>();
      for (const { id, email } of users) {
        const own = addressesIn((rows ?? []).filter((row) => row.user_id === id));
        // A user's own list must hold the primary address: one that does not is incomplete, and proves nothing.
        if (email && own.some((address) => address.toLowerCase() === email.toLowerCase())) found.set(id, own);
      }
      return found;
    },
    { ...BATCH, sleep },
  );

  return {
    async of(id) {
      const known = await sideloaded.get(id);
      if (known) return known;
      try {
        return addressesIn(await identities.emails(id));
      } catch (error) {
        if (error instanceof NotFoundError) return [];
        throw error;
      }
    },
  };
}

function addressesIn(rows: readonly Identity[]): readonly string[] {
  return rows
    .filter(({ type }) => type === 'email')
    .sort((left, right) => Number(right.primary ?? false) - Number(left.primary ?? false))
    .flatMap(({ value }) => (value ? [value] : []));
}
