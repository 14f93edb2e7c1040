import { asRecord, json } from '../http-kit';
import { forbidden, invalidAttribute, recordNotFound, simpleRefusal } from './errors';
import { createMembership, removeMembershipByRules } from './groups-routes';
import { attempt } from './jobs';
import { createOrganizationMembership } from './organizations-routes';
import { listOf, maxBatch } from './route-kit';
import type { UserRow } from './rows';
import { nullableId, text } from './user-input';
import { createUser, deleteUser, updateUser } from './user-rules';
import { matchForUpsert, requireBatch } from './users-routes';
import type { Call, Route } from './world';

type Body = Readonly<Record<string, unknown>>;

/** Bulk operations; all answer 200 with a queued job: https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/ */
export function bulkRoutes(route: Route): void {
  route('POST', '/api/v2/users/create_many', 'admin', (call) => {
    const work = importBatch(call).map(
      (body, index) => () =>
        call.world.faults.createManyTaken === 'take-over'
          ? upsert(call, body, index)
          : attempt({ index, action: 'create' }, () => createUser(call.world, call.actor, body).id),
    );
    return call.world.jobs.submit('UserBulkCreateJob', work);
  });
  route('POST', '/api/v2/users/create_or_update_many', 'admin', (call) => {
    const work = importBatch(call).map((body, index) => () => upsert(call, body, index));
    return call.world.jobs.submit('UserBulkCreateOrUpdateJob', work);
  });
  route('PUT', '/api/v2/users/update_many', 'admin', (call) => {
    const work = updateBatch(call).map(({ find, body }, index) => () => {
      const user = find();
      const base = { index, action: 'update' as const, ...(user ? { id: user.id } : {}) };
      return attempt(base, () => updateUser(call.world, call.actor, found(user), body).id);
    });
    return call.world.jobs.submit('UserBulkUpdateJobV2', work);
  });
  route('DELETE', '/api/v2/users/destroy_many', 'admin', (call) => {
    const work = finders(call).map((find, index) => () => {
      const user = find();
      return attempt({ index, action: 'delete', ...(user ? { id: user.id } : {}) }, () => {
        deleteUser(call.world, call.actor, found(user));
        return found(user).id;
      });
    });
    return call.world.jobs.submit('UserBulkDeleteJob', work);
  });
  route('POST', '/api/v2/group_memberships/create_many', 'admin', (call) => {
    const items = asRecord(call.request.body)?.group_memberships;
    if (!Array.isArray(items) || items.length === 0)
      throw invalidAttribute('group_memberships', 'group_memberships must be present');
    requireBatch(items, 'group memberships');
    const work = items.map(
      (item: unknown, index) => () => attempt({ index, action: 'create' }, () => createMembership(call, asRecord(item) ?? {}).id),
    );
    return call.world.jobs.submit('GroupMembershipBulkCreateJob', work);
  });
  route('DELETE', '/api/v2/group_memberships/destroy_many', 'admin', (call) => {
    // The memberships go at once; the job only unassigns tickets.
    const done = (listOf(call, 'ids') ?? []).map((id, index) =>
      attempt({ index, action: 'delete', id: Number(id) }, () => {
        const membership = call.world.state.memberships.get(Number(id));
        if (!membership) throw recordNotFound();
        removeMembershipByRules(call, membership);
        return membership.id;
      }),
    );
    if (done.length === 0) throw invalidAttribute('ids', 'ids must be present');
    return call.world.jobs.submit(
      'GroupMembershipBulkDeleteJob',
      done.map((item) => () => item),
    );
  });
  organizationMembershipJobs(route);
  jobRoutes(route);
}

/** https://developer.zendesk.com/api-reference/ticketing/organizations/organization_memberships/#create-many-memberships */
function organizationMembershipJobs(route: Route): void {
  route('POST', '/api/v2/organization_memberships/create_many', 'agent', (call) => {
    const items = asRecord(call.request.body)?.organization_memberships;
    if (!Array.isArray(items) || items.length === 0)
      throw invalidAttribute('organization_memberships', 'organization_memberships must be present');
    requireBatch(items, 'organization memberships');
    const work = items.map(
      (item: unknown, index) => () =>
        attempt({ index, action: 'create' }, () => createOrganizationMembership(call, asRecord(item) ?? {}).id),
    );
    return call.world.jobs.submit('OrganizationMembershipBulkCreateJob', work);
  });
  route('DELETE', '/api/v2/organization_memberships/destroy_many', 'agent', (call) => {
    const work = (listOf(call, 'ids') ?? []).map((id, index) => () => {
      const base = { index, action: 'delete' as const, id: Number(id) };
      return attempt(base, () => {
        const membership = call.world.state.organizationMemberships.get(Number(id));
        if (!membership) throw recordNotFound();
        call.world.state.removeOrganizationMembership(membership);
        return membership.id;
      });
    });
    if (work.length === 0) throw invalidAttribute('ids', 'ids must be present');
    return call.world.jobs.submit('OrganizationMembershipBulkDeleteJob', work);
  });
}

function jobRoutes(route: Route): void {
  route('GET', '/api/v2/job_statuses', 'agent', (call) => {
    call.world.jobs.advance();
    const jobs = [...call.world.jobs.jobs.values()].slice(-maxBatch).reverse();
    return json(200, { job_statuses: jobs.map((job) => call.world.jobs.present(job)) });
  });
  route('GET', '/api/v2/job_statuses/show_many', 'agent', (call) => {
    const jobs = (listOf(call, 'ids') ?? []).map((id) => call.world.jobs.find(id)).filter((job) => job !== undefined);
    return json(200, { job_statuses: jobs.map((job) => call.world.jobs.present(job)) });
  });
  route('GET', '/api/v2/job_statuses/{job_status_id}', 'agent', (call) => {
    const job = call.world.jobs.find(call.text('job_status_id'));
    if (!job) throw recordNotFound();
    return json(200, { job_status: call.world.jobs.present(job) });
  });
}

/** 403 until Zendesk enables bulk import (trap 9), checked before the batch itself. */
function importBatch(call: Call): Body[] {
  if (!call.world.features.bulkCreateEnabled) throw forbidden();
  const users = asRecord(call.request.body)?.users;
  if (!Array.isArray(users) || users.length === 0)
    throw invalidAttribute('users', 'users must be present from api/v2/users/create_many');
  requireBatch(users, 'users');
  return users.map((user: unknown) => asRecord(user) ?? {});
}

function upsert(call: Call, body: Body, index: number) {
  const match = matchForUpsert(call, body);
  if (!match) return attempt({ index, action: 'create' }, () => createUser(call.world, call.actor, body).id);
  return attempt({ index, action: 'update', id: match.id }, () => updateUser(call.world, call.actor, match, body).id);
}

/** Either one change for `?ids=` / `?external_ids=`, or a change for each entry of `users`. */
function updateBatch(call: Call): { find: () => UserRow | undefined; body: Body }[] {
  const body = asRecord(call.request.body) ?? {};
  const users = body.users;
  if (Array.isArray(users)) {
    if (users.length === 0) throw invalidAttribute('users', 'users must be present');
    if (users.length > maxBatch) throw simpleRefusal(400, 'TooManyValues', `Maximum ${maxBatch} users may be updated per call`);
    return users.map((item: unknown) => {
      const user = asRecord(item) ?? {};
      const id = nullableId(user, 'id');
      const externalId = text(user, 'external_id');
      const find = () =>
        active(id ? call.world.state.users.get(id) : externalId ? call.world.state.userByExternalId(externalId) : undefined);
      return { find, body: user };
    });
  }
  const change = call.body('user');
  return finders(call).map((find) => ({ find, body: change }));
}

function finders(call: Call): (() => UserRow | undefined)[] {
  const ids = listOf(call, 'ids') ?? [];
  const externalIds = listOf(call, 'external_ids') ?? [];
  if (ids.length + externalIds.length === 0) throw invalidAttribute('ids', 'ids or external_ids must be given');
  return [
    ...ids.map((id) => () => active(call.world.state.users.get(Number(id)))),
    ...externalIds.map((id) => () => call.world.state.userByExternalId(id)),
  ];
}

const active = (user: UserRow | undefined) => (user?.active ? user : undefined);

function found(user: UserRow | undefined): UserRow {
  if (!user) throw recordNotFound();
  return user;
}
