import { AlreadyExistsError, NotFoundError, RejectedError } from '../../core/errors';
import type { TargetId, TargetMembership } from '../../core/model';
import type { Bulk } from './bulk';
import { orSingles } from './bulk-runner';
import { decode, shapes, toMembership } from './decode';
import type { Groups } from './groups';
import { isAmbiguous, type ZendeskHttp } from './http';
import { makeInOrder } from './in-order';
import { idNumber } from './json';
import { type JoinItem, joinMany, leaveMany } from './memberships-many';
import { pages } from './paging';

/** The memberships' part of the target connector; see the port for each method. */
export interface Memberships {
  ofGroup(groupId: TargetId): AsyncIterable<readonly TargetMembership[]>;
  add(userId: TargetId, groupId: TargetId): Promise<TargetMembership>;
  remove(membership: TargetMembership): Promise<void>;
  /** All memberships of a user; none when the user is gone. */
  ofUser(userId: TargetId): Promise<readonly TargetMembership[]>;
}

const MEMBERSHIPS = '/api/v2/group_memberships';

/** Makes it. https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/ */
export function makeMemberships(http: ZendeskHttp, groups: Groups, bulk: Pick<Bulk, 'bundler' | 'runner'>): Memberships {
  // A person's memberships are never written two at once: each removal goes by which is left as the default one.
  const inOrder = makeInOrder();

  async function* ofGroup(groupId: TargetId): AsyncGenerator<readonly TargetMembership[]> {
    const request = { route: '/api/v2/groups/{group_id}/memberships', params: [groupId] };
    for await (const page of pages(http, request, shapes.memberships)) yield page.group_memberships.map(toMembership);
  }

  /** All memberships of a user; none when the user is gone. */
  async function ofUser(userId: TargetId): Promise<readonly TargetMembership[]> {
    const found: TargetMembership[] = [];
    try {
      const request = { route: '/api/v2/users/{user_id}/group_memberships', params: [userId] };
      for await (const page of pages(http, request, shapes.memberships)) found.push(...page.group_memberships.map(toMembership));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
    return found;
  }

  async function add(userId: TargetId, groupId: TargetId, isDefault = false): Promise<TargetMembership> {
    const body = {
      group_membership: { user_id: idNumber(userId), group_id: idNumber(groupId), ...(isDefault ? { default: true } : {}) },
    };
    try {
      return toMembership(
        decode(shapes.membership, (await http.call({ method: 'POST', route: MEMBERSHIPS, body })).body, MEMBERSHIPS)
          .group_membership,
      );
    } catch (error) {
      const mayBeThere = error instanceof AlreadyExistsError || error instanceof RejectedError || isAmbiguous(error);
      const existing = mayBeThere ? (await ofUser(userId)).find((membership) => membership.groupId === groupId) : undefined;
      if (existing) return existing;
      if (error instanceof RejectedError) throw new RejectedError('members', error.message, error.detail, { cause: error });
      throw error;
    }
  }

  const drop = async (id: TargetId): Promise<void> => {
    await http.call({ method: 'DELETE', route: `${MEMBERSHIPS}/{id}`, params: [id], accept: [404] });
  };

  /** An agent needs a group, and a default one: where this is it, another one has to take its place first. */
  async function dropDefault(membership: TargetMembership): Promise<void> {
    const all = await ofUser(membership.userId);
    const here = all.find(({ groupId }) => groupId === membership.groupId);
    if (!here) return;
    const heir = all.find(({ id }) => id !== here.id) ?? (await joinDefaultGroup(here));
    if (here.isDefault && !heir.isDefault) {
      const route = '/api/v2/users/{user_id}/group_memberships/{id}/make_default';
      await http.call({ method: 'PUT', route, params: [here.userId, heir.id] });
    }
    await drop(here.id);
  }

  async function joinDefaultGroup(only: TargetMembership): Promise<TargetMembership> {
    const fallback = await groups.defaultGroup();
    if (!fallback || fallback.id === only.groupId) {
      throw new RejectedError('members', 'A Zendesk agent must be in at least one group: this is the only one');
    }
    return add(only.userId, fallback.id);
  }

  /** Takes an agent out of a group that was not the default one when it was read. */
  async function leave(membership: TargetMembership): Promise<undefined> {
    try {
      await drop(membership.id);
    } catch (error) {
      // It may have become the default one, or the last one, since it was read.
      if (!(error instanceof RejectedError)) throw error;
      await dropDefault(membership);
    }
  }

  const many = { runner: bulk.runner, ofGroup };
  const joins = bulk.bundler<JoinItem, TargetMembership>('createMemberships', {
    keyOf: ({ userId }) => userId,
    single: ({ userId, groupId }) => add(userId, groupId),
    bundle: (items) => orSingles(() => joinMany(many, items)),
  });
  const departures = bulk.bundler<TargetMembership, undefined>('removeMemberships', {
    keyOf: ({ userId }) => userId,
    single: leave,
    bundle: (items) => orSingles(() => leaveMany(many, items)),
  });

  return {
    ofGroup,
    ofUser,
    add: (userId, groupId) => inOrder(userId, () => joins.submit({ userId, groupId })),
    remove: (membership) =>
      inOrder(membership.userId, () => (membership.isDefault ? dropDefault(membership) : departures.submit(membership))),
  };
}
