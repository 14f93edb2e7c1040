import { AlreadyExistsError, LicenseLimitError, NotFoundError } from '../../src/core/errors';
import type { AttributeValue, TargetId, TargetRole } from '../../src/core/model';
import type { UserMatcher } from '../../src/ports/target-connector';
import { type FakeUser, fold } from './target-account';

export const isAgent = ({ role }: { readonly role: TargetRole }): boolean => role.role !== 'end-user';

/** The users of the fake account, and what only one of them may have. */
export class FakeUsers {
  readonly users = new Map<TargetId, FakeUser>();

  active(): FakeUser[] {
    return [...this.users.values()].filter(({ active }) => active);
  }

  /** @throws NotFoundError where the user was deleted, or never was */
  live(id: TargetId): FakeUser {
    const row = this.users.get(id);
    if (!row?.active) throw new NotFoundError('target', 'The user is gone');
    return row;
  }

  matching({ attribute, value }: UserMatcher): FakeUser[] {
    if (fold(value) === '') return [];
    return this.active().filter((user) => valuesOf(user, attribute).some((candidate) => fold(candidate) === fold(value)));
  }

  /** @throws AlreadyExistsError where another user has the address or the external id */
  requireFree(wanted: { readonly email: string | null; readonly externalId: string | null }, own?: TargetId): void {
    for (const user of this.active()) {
      if (user.id === own) continue;
      const emails = [user.email, ...user.otherEmails].filter((email) => email !== null).map(fold);
      if (wanted.email !== null && emails.includes(fold(wanted.email)))
        throw new AlreadyExistsError('email', 'The address is taken');
      if (wanted.externalId !== null && user.externalId !== null && fold(user.externalId) === fold(wanted.externalId)) {
        throw new AlreadyExistsError('external_id', 'The external id is taken');
      }
    }
  }

  /** @param seats undefined: no end of them @throws LicenseLimitError where all are taken and the user has none yet */
  requireSeat(seats: number | undefined, role: TargetRole, user?: FakeUser): void {
    if (seats === undefined || !isAgent({ role }) || (user && isAgent(user))) return;
    if (this.active().filter(isAgent).length >= seats) throw new LicenseLimitError('No agent seat is free');
  }
}

function valuesOf(user: FakeUser, attribute: string): AttributeValue[] {
  if (attribute === 'external_id') return [user.externalId];
  if (attribute === 'email') return [user.email, ...user.otherEmails];
  if (attribute === 'name') return [user.name];
  return [user.attributes[attribute] ?? null];
}
