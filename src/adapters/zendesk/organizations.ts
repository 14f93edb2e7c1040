import { AlreadyExistsError, RejectedError, UnavailableError } from '../../core/errors';
import type { TargetId } from '../../core/model';
import type { Clock } from '../../ports/runtime';
import { type Batcher, makeBatcher } from './batcher';
import { decode, type Organization, type OrganizationMembership, shapes } from './decode';
import { isAmbiguous, type ZendeskHttp } from './http';
import { idNumber } from './json';
import { pages } from './paging';

/** Organizations of users, always by memberships: `organization_id` on an update wipes all others. */
export interface Organizations {
  /** An organization; undefined when it is gone. Cached. */
  get(id: string): Promise<Organization | undefined>;
  /** All organizations of a user, sorted by name. */
  ofUser(userId: TargetId): Promise<readonly Organization[]>;
  /** The organization of this name or external id. @throws RejectedError when there is none and none may be created */
  resolve(nameOrExternalId: string, attribute: string): Promise<TargetId>;
  /** Makes the organization the user's default one and ends the membership of the former; `null` ends it only. Idempotent. */
  setDefault(userId: TargetId, former: string | null, wanted: string | null, hasMultiple: boolean): Promise<void>;
  /** Joins all of `wanted` and leaves those of `former` that are not wanted; others are not touched. Idempotent. */
  setAll(userId: TargetId, former: readonly string[], wanted: readonly string[], hasMultiple: boolean): Promise<void>;
}

/** What it needs. */
export interface OrganizationDeps {
  readonly http: ZendeskHttp;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly mayCreate: boolean;
}

const CACHE_MS = 10 * 60_000;
const MAX_CACHED = 20_000;
const BATCH = { windowMs: 10, maxKeys: 100, maxChars: 6_000 };

/** Makes it. */
export function makeOrganizations({ http, clock, sleep, mayCreate }: OrganizationDeps): Organizations {
  const known = expiring<Organization | undefined>(clock);
  const ids = expiring<TargetId>(clock);
  const byId: Batcher<Organization> = makeBatcher(
    async (take) => {
      const route = '/api/v2/organizations/show_many';
      const answer = await http.call({ method: 'GET', route, query: () => ({ ids: take().join(',') }) });
      return new Map(decode(shapes.organizations, answer.body, route).organizations.map((row) => [row.id, row]));
    },
    { ...BATCH, sleep },
  );

  async function search(key: 'name' | 'external_id', value: string): Promise<TargetId | undefined> {
    const route = '/api/v2/organizations/search';
    const answer = await http.call({ method: 'GET', route, query: { [key]: value } });
    const rows = decode(shapes.organizations, answer.body, route).organizations;
    return rows.find((row) => fold(row[key] ?? '') === fold(value))?.id;
  }

  async function create(name: string): Promise<TargetId> {
    const route = '/api/v2/organizations';
    try {
      const answer = await http.call({ method: 'POST', route, body: { organization: { name } } });
      return decode(shapes.organization, answer.body, route).organization.id;
    } catch (error) {
      // Somebody else was faster, or the answer got lost: either way it may be there now.
      const isTaken = error instanceof AlreadyExistsError;
      const found = isTaken || isAmbiguous(error) ? await search('name', name) : undefined;
      if (found !== undefined) return found;
      if (!isTaken) throw error;
      const why = 'Zendesk says that an organization of this name exists, and does not find it by its name yet';
      throw new UnavailableError('target', why, { cause: error });
    }
  }

  async function find(value: string, attribute: string): Promise<TargetId> {
    const found = (await search('name', value)) ?? (await search('external_id', value));
    if (found !== undefined) return found;
    if (!mayCreate)
      throw new RejectedError(
        attribute,
        'Zendesk has no organization of this name or external id: create it first, or set `createMissing` in the mapping',
      );
    return create(value);
  }

  const memberships = async (userId: TargetId): Promise<OrganizationMembership[]> => {
    const rows: OrganizationMembership[] = [];
    const request = { route: '/api/v2/users/{user_id}/organization_memberships', params: [userId] };
    for await (const page of pages(http, request, shapes.organizationMemberships)) rows.push(...page.organization_memberships);
    return rows;
  };

  async function join(userId: TargetId, organizationId: TargetId, isDefault: boolean): Promise<void> {
    const body = {
      user_id: idNumber(userId),
      organization_id: idNumber(organizationId),
      ...(isDefault ? { default: true } : {}),
    };
    try {
      await http.call({ method: 'POST', route: '/api/v2/organization_memberships', body: { organization_membership: body } });
    } catch (error) {
      const mayBeThere = error instanceof AlreadyExistsError || error instanceof RejectedError || isAmbiguous(error);
      const isThere = mayBeThere && (await memberships(userId)).some((row) => row.organization_id === organizationId);
      if (!isThere) throw error;
    }
  }

  const leave = async ({ id }: OrganizationMembership): Promise<void> => {
    await http.call({ method: 'DELETE', route: '/api/v2/organization_memberships/{id}', params: [id], accept: [404] });
  };

  const organizations: Organizations = {
    get: (id) => known.get(id, () => byId.get(id)),
    async ofUser(userId) {
      const found = await Promise.all((await memberships(userId)).map((row) => organizations.get(row.organization_id)));
      return found.filter((one) => one !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    resolve: (value, attribute) => ids.get(fold(value), () => find(value.trim(), attribute)),
    async setDefault(userId, former, wanted, hasMultiple) {
      const wantedId = wanted === null ? undefined : await organizations.resolve(wanted, 'organization');
      const rows = await memberships(userId);
      const formerName = former === null ? undefined : fold(former);
      const isFormer = async (row: OrganizationMembership) =>
        row.organization_id !== wantedId && fold((await organizations.get(row.organization_id))?.name ?? '') === formerName;
      const old: OrganizationMembership[] = [];
      for (const row of rows) if (await isFormer(row)) old.push(row);
      // With one organization per user the new membership would be refused while the old one stands.
      if (!hasMultiple) for (const row of old) await leave(row);
      const existing = rows.find((row) => row.organization_id === wantedId);
      if (existing && !existing.default) {
        const route = '/api/v2/users/{user_id}/organization_memberships/{id}/make_default';
        await http.call({ method: 'PUT', route, params: [userId, existing.id] });
      } else if (!existing && wantedId !== undefined) await join(userId, wantedId, true);
      if (hasMultiple) for (const row of old) await leave(row);
    },
    async setAll(userId, former, wanted, hasMultiple) {
      const wantedIds = await Promise.all(wanted.map((name) => organizations.resolve(name, 'organizations')));
      const rows = await memberships(userId);
      const formerNames = new Set(former.map(fold));
      const old: OrganizationMembership[] = [];
      for (const row of rows) {
        const name = (await organizations.get(row.organization_id))?.name;
        if (!wantedIds.includes(row.organization_id) && formerNames.has(fold(name ?? ''))) old.push(row);
      }
      if (!hasMultiple) for (const row of old) await leave(row);
      for (const id of new Set(wantedIds)) if (!rows.some((row) => row.organization_id === id)) await join(userId, id, false);
      if (hasMultiple) for (const row of old) await leave(row);
    },
  };
  return organizations;
}

/** Names are compared trimmed and without case by Zendesk. */
function fold(name: string): string {
  return name.trim().toLowerCase();
}

/** Values by key that are forgotten after a while; one reading per key at a time, failed ones are not kept. */
function expiring<T>(clock: Clock) {
  const values = new Map<string, { readonly at: number; readonly promise: Promise<T> }>();
  return {
    get(key: string, read: () => Promise<T>): Promise<T> {
      const now = clock().getTime();
      const known = values.get(key);
      if (known && now - known.at < CACHE_MS) return known.promise;
      if (values.size >= MAX_CACHED) values.clear();
      const promise = read();
      values.set(key, { at: now, promise });
      promise.catch(() => {
        if (values.get(key)?.promise === promise) values.delete(key);
      });
      return promise;
    },
  };
}
