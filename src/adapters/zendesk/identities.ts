import type { TargetId } from '../../core/model';
import { decode, type Identity, shapes } from './decode';
import { isAmbiguous, type ZendeskHttp } from './http';
import { pages } from './paging';

/** A user's e-mail addresses: https://developer.zendesk.com/api-reference/ticketing/users/user_identities/ */
export interface Identities {
  /** All addresses of a user, in no particular order. */
  emails(userId: TargetId): Promise<readonly Identity[]>;
  /**
   * Makes an address the primary one: added, made primary, then the former primary one removed. Each step looks first, so that it may be
   * stopped anywhere and started again. @throws AlreadyExistsError (`email`) when somebody else has it
   */
  changePrimary(userId: TargetId, email: string, former: string | null): Promise<void>;
  /** Removes an address unless it is the primary one. Idempotent. */
  remove(userId: TargetId, email: string): Promise<void>;
}

const LIST = '/api/v2/users/{user_id}/identities';

/** Makes it. */
export function makeIdentities(http: ZendeskHttp): Identities {
  const emails = async (userId: TargetId): Promise<Identity[]> => {
    const rows: Identity[] = [];
    for await (const page of pages(http, { route: LIST, params: [userId] }, shapes.identities)) {
      rows.push(...page.identities.filter(({ type }) => type === 'email'));
    }
    return rows;
  };

  /** Adds the address as verified, so that no mail goes out. */
  async function add(userId: TargetId, email: string): Promise<Identity> {
    const body = { identity: { type: 'email', value: email, verified: true, skip_verify_email: true } };
    try {
      return decode(shapes.identity, (await http.call({ method: 'POST', route: LIST, params: [userId], body })).body, LIST)
        .identity;
    } catch (error) {
      const found = isAmbiguous(error) ? named(await emails(userId), email) : undefined;
      if (!found) throw error;
      return found;
    }
  }

  const drop = async (userId: TargetId, { id }: Identity): Promise<void> => {
    await http.call({ method: 'DELETE', route: `${LIST}/{id}`, params: [userId, id], accept: [404] });
  };

  return {
    emails,
    async changePrimary(userId, email, former) {
      const before = await emails(userId);
      const primary = before.find((identity) => identity.primary === true);
      const wanted = named(before, email) ?? (await add(userId, email));
      if (!wanted.primary) await http.call({ method: 'PUT', route: `${LIST}/{id}/make_primary`, params: [userId, wanted.id] });
      // Only the address that is replaced goes; other addresses of the person stay.
      const old = before.filter(
        (identity) => identity.id !== wanted.id && (identity.id === primary?.id || isSame(identity.value, former)),
      );
      for (const identity of old) await drop(userId, identity);
    },
    async remove(userId, email) {
      const found = named(await emails(userId), email);
      if (found && found.primary !== true) await drop(userId, found);
    },
  };
}

function named(identities: readonly Identity[], email: string): Identity | undefined {
  return identities.find(({ value }) => isSame(value, email));
}

/** Addresses differ in case only by accident. */
function isSame(left: string | null | undefined, right: string | null): boolean {
  return typeof left === 'string' && right !== null && left.trim().toLowerCase() === right.trim().toLowerCase();
}
