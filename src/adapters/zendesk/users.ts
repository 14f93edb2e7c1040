import { AlreadyExistsError, AlteredError, NotFoundError, OpenTicketsError, RejectedError } from '../../core/errors';
import type { TargetId, TargetRole, TargetUser } from '../../core/model';
import { isSameRole } from '../../core/role';
import type { Logger } from '../../ports/runtime';
import type { NewTargetUser, OnWaiting, TargetDescription, TargetUserChanges, UserMatcher } from '../../ports/target-connector';
import { type BatchOptions, makeBatcher } from './batcher';
import type { BulkKind } from './bulk-access';
import type { Bundler, BundlerOptions, ItemResult } from './bundler';
import type { CreateItem } from './create-many';
import { type DecodedUser, decode, shapes, toUser } from './decode';
import { encodeAttributes, encodeRole } from './encode';
import type { UserLookup } from './find-users';
import { isAmbiguous, type ZendeskHttp } from './http';
import type { Identities } from './identities';
import { makeInOrder } from './in-order';
import { idNumber } from './json';
import { hasOpenTickets } from './open-tickets';
import type { Organizations } from './organizations';
import { pages } from './paging';
import type { UpdateItem } from './update-many';

/** What writing users needs. */
export interface UserDeps {
  readonly http: ZendeskHttp;
  readonly lookup: UserLookup;
  readonly identities: Identities;
  readonly organizations: Organizations;
  readonly describe: () => Promise<TargetDescription>;
  readonly readOrganizations: boolean;
  readonly readBrands: boolean;
  readonly logger: Logger;
  readonly bulk: UserBulk;
}

/** How users are written many at once. */
export interface UserBulk {
  /** Bundles singles; see {@link makeBundler}. */
  bundler<Item, R>(kind: BulkKind, parts: Pick<BundlerOptions<Item, R>, 'keyOf' | 'single' | 'bundle'>): Bundler<Item, R>;
  createMany(items: readonly CreateItem[]): Promise<ReadonlyMap<CreateItem, ItemResult<DecodedUser>>>;
  updateMany(items: readonly UpdateItem[]): Promise<ReadonlyMap<UpdateItem, ItemResult<DecodedUser>>>;
  readonly sessions: BatchOptions;
}

/** The users' part of the target connector; see the port for each method. */
export interface Users {
  get(id: TargetId): Promise<TargetUser | undefined>;
  find(matcher: UserMatcher): Promise<readonly TargetUser[]>;
  create(user: NewTargetUser, onWaiting?: OnWaiting): Promise<TargetUser>;
  update(current: TargetUser, changes: TargetUserChanges, onWaiting?: OnWaiting): Promise<TargetUser>;
  endSessions(id: TargetId): Promise<void>;
  remove(id: TargetId): Promise<boolean>;
  erase(id: TargetId): Promise<void>;
}

const USERS = '/api/v2/users';
const USER = '/api/v2/users/{user_id}';
/** @see https://developer.zendesk.com/api-reference/ticketing/users/users/#list-deleted-users */
const ERASED_NAME = 'Permanently Deleted User';
const DELETED_USER = '/api/v2/deleted_users/{deleted_user_id}';

/** Makes it. */
export function makeUsers(deps: UserDeps): Users {
  const { http, lookup, organizations, describe } = deps;
  const inOrder = makeInOrder();

  /** Names the organizations: the user's own answer holds an id only. */
  async function finish({ user, organizationId }: DecodedUser): Promise<TargetUser> {
    const main = organizationId === null ? undefined : await organizations.get(organizationId);
    const attributes = Object.assign(Object.create(null), user.attributes, { organization: main?.name ?? null });
    const all = deps.readOrganizations && user.active ? await organizations.ofUser(user.id) : undefined;
    if (all !== undefined) attributes.organizations = all.map(({ name }) => name);
    if (deps.readBrands && user.active && user.role.role !== 'end-user') attributes.agent_brand_ids = await brandsOf(user.id);
    const named = (all ?? (main ? [main] : [])).flatMap(({ external_id: key, name }) =>
      key ? [[key.toLowerCase(), name] as const] : [],
    );
    return { ...user, attributes, ...(named.length > 0 && { organizationsByExternalId: new Map(named) }) };
  }

  /** The ids of an agent's brands; the user's own answer does not show them. */
  async function brandsOf(id: TargetId): Promise<readonly string[]> {
    const brands: string[] = [];
    for await (const page of pages(http, { route: `${USER}/brand_agents`, params: [id] }, shapes.brandAgents))
      brands.push(...page.brand_agents.map(({ brand_id: brandId }) => brandId));
    return brands.sort();
  }

  const current = async (externalId: string): Promise<DecodedUser | undefined> => lookup.byExternalId(externalId);

  async function post(fields: Readonly<Record<string, unknown>>, externalId: string): Promise<DecodedUser> {
    try {
      return toUser(
        decode(shapes.user, (await http.call({ method: 'POST', route: USERS, body: { user: fields } })).body, USERS).user,
      );
    } catch (error) {
      if (isAmbiguous(error)) {
        // Zendesk knows no idempotency keys for users: the answer may be lost while the user is there.
        const found = await current(externalId);
        if (found) return found;
      }
      // The key and the code of a taken external id are not reliable (and texts are localised), so look instead.
      if (error instanceof RejectedError && (await current(externalId))) {
        throw new AlreadyExistsError('external_id', 'Zendesk has a user with this external id already', { cause: error });
      }
      throw error;
    }
  }

  /** A phone number may be somebody else's identity: then it is stored as a shared one. */
  async function postSharingPhone(fields: Readonly<Record<string, unknown>>, externalId: string): Promise<DecodedUser> {
    try {
      return await post(fields, externalId);
    } catch (error) {
      if (!isTakenPhone(error) || fields.phone === undefined) throw error;
      return post({ ...fields, shared_phone_number: true }, externalId);
    }
  }

  async function put(id: TargetId, fields: Readonly<Record<string, unknown>>): Promise<DecodedUser> {
    const send = async (user: Readonly<Record<string, unknown>>) =>
      toUser(
        decode(
          shapes.user,
          (await http.call({ method: 'PUT', route: USER, params: [id], body: { user }, updatesUser: id })).body,
          USER,
        ).user,
      );
    try {
      return await send(fields);
    } catch (error) {
      if (!isTakenPhone(error) || fields.phone === undefined) throw error;
      return send({ ...fields, shared_phone_number: true });
    }
  }

  /** Ended together where several are at once: https://developer.zendesk.com/api-reference/ticketing/users/users/#logout-many-users */
  const sessions = makeBatcher<true>(async (take) => {
    const ids = take();
    if (ids.length > 1) await http.call({ method: 'POST', route: `${USERS}/logout_many`, query: { ids: ids.join(',') } });
    else await http.call({ method: 'DELETE', route: `${USER}/sessions`, params: ids, accept: [404] });
    return new Map();
  }, deps.bulk.sessions);
  const creations = deps.bulk.bundler<CreateItem, DecodedUser>('createUsers', {
    keyOf: ({ externalId }) => externalId.toLowerCase(),
    single: ({ fields, externalId }) => postSharingPhone(fields, externalId),
    bundle: deps.bulk.createMany,
  });
  const updates = deps.bulk.bundler<UpdateItem, DecodedUser>('updateUsers', {
    keyOf: ({ id }) => id,
    single: ({ id, fields }) => put(id, fields),
    bundle: deps.bulk.updateMany,
  });

  async function encoded(attributes: NewTargetUser['attributes']) {
    const result = encodeAttributes(attributes, await describe());
    if (result.leftOut.length > 0) {
      deps.logger.warn('Attributes left out: the Zendesk account has no place for them', {
        attributes: result.leftOut.join(', '),
      });
    }
    return result;
  }

  /** Changes of one person are never mixed: each is whole before the next begins. */
  async function update(before: TargetUser, changes: TargetUserChanges, onWaiting?: OnWaiting): Promise<TargetUser> {
    const { id } = before;
    if (changes.suspended === true || changes.role) await guardSelf(id, 'suspended and never changes its role');
    const mapped = changes.attributes === undefined ? undefined : await encoded(changes.attributes);
    // Addresses first, so that the answer to the update shows them too. `email` in an update would only add a second address.
    if (changes.email !== undefined) await deps.identities.changePrimary(id, changes.email, before.email);
    const fields = {
      ...mapped?.fields,
      ...(changes.externalId === undefined ? {} : { external_id: changes.externalId }),
      ...(changes.name === undefined ? {} : { name: changes.name }),
      ...(changes.role === undefined ? {} : encodeRole(changes.role)),
      ...(changes.suspended === undefined ? {} : { suspended: changes.suspended }),
    };
    let after = Object.keys(fields).length > 0 ? await updates.submit({ id, fields }, onWaiting) : undefined;
    if (after && changes.role) verifyRole(after.user, changes.role);
    if (after && changes.suspended !== undefined && after.user.suspended !== changes.suspended) {
      throw new AlteredError('suspended', 'Zendesk accepted the update and did not change the suspension');
    }
    if (mapped?.organization !== undefined || mapped?.organizations !== undefined) {
      await moveOrganizations(before, mapped.organization, mapped.organizations);
      after = undefined;
    }
    const found = after ?? (await lookup.byId(id));
    if (!found) throw new NotFoundError('target', `The Zendesk user ${id} is gone`);
    return finish(found);
  }

  async function guardSelf(id: TargetId, what: string): Promise<void> {
    if (id === (await describe()).selfId)
      throw new RejectedError(undefined, `The credential's own Zendesk user is never ${what}`);
  }

  return {
    async get(id) {
      const found = await lookup.byId(id);
      return found && finish(found);
    },
    async find(matcher) {
      if (matcher.attribute === 'external_id') {
        const found = await lookup.byExternalId(matcher.value);
        return found ? [await finish(found)] : [];
      }
      return Promise.all((await lookup.bySearch(matcher)).map(finish));
    },
    async create(user, onWaiting) {
      const { fields, organization, organizations: all } = await encoded(user.attributes);
      const names = [...new Set([...(organization ? [organization] : []), ...(all ?? [])])];
      const ids = await Promise.all(
        names.map((name) => organizations.resolve(name, organization ? 'organization' : 'organizations')),
      );
      const created = await creations.submit(
        {
          fields: {
            ...fields,
            external_id: user.externalId,
            name: user.name,
            ...(user.email === null ? {} : { email: user.email }),
            ...encodeRole(user.role),
            ...(user.suspended ? { suspended: true } : {}),
            ...(ids.length > 0 ? organizationFields(ids) : {}),
            // Either one alone has been seen to let a mail out.
            ...(user.sendWelcomeMail ? {} : { verified: true, skip_verify_email: true }),
          },
          externalId: user.externalId,
          email: user.email,
        },
        onWaiting,
      );
      verifyRole(created.user, user.role);
      return finish(created);
    },
    update: (before, changes, onWaiting) => inOrder(before.id, () => update(before, changes, onWaiting)),
    async endSessions(id) {
      try {
        await sessions.get(id);
      } catch (error) {
        if (!(error instanceof RejectedError)) throw error;
        deps.logger.info('Zendesk ended no sessions', { targetId: id, code: error.code });
      }
    },
    async remove(id) {
      await guardSelf(id, 'deleted');
      try {
        await http.call({ method: 'DELETE', route: USER, params: [id] });
        return true;
      } catch (error) {
        if (error instanceof NotFoundError) return false;
        // The refusal has no code of its own (https://github.com/lanej/zendesk2 records a text under `base`), so look instead.
        // One without an attribute, as a 403 is, means something else, whatever tickets there are.
        if (error instanceof RejectedError && error.attribute !== undefined && (await hasOpenTickets(http, id))) {
          const why = 'Zendesk keeps a user who has requested tickets that are not closed';
          throw new OpenTicketsError(error.attribute, why, error.detail, { cause: error });
        }
        throw error;
      }
    },
    /** @see https://developer.zendesk.com/api-reference/ticketing/users/users/#permanently-delete-user */
    async erase(id) {
      await guardSelf(id, 'erased');
      try {
        await http.call({ method: 'DELETE', route: DELETED_USER, params: [id] });
      } catch (error) {
        // How a second erasure is refused is not documented, so look.
        const isRefused = error instanceof NotFoundError || error instanceof RejectedError;
        if (!isRefused || !(await isErased(id, error))) throw error;
      }
    },
  };

  /**
   * "Returns users that have been deleted but not permanently yet": https://developer.zendesk.com/api-reference/ticketing/users/users/#show-deleted-user
   * @throws RejectedError for a user who is not deleted at all
   */
  async function isErased(id: TargetId, cause: unknown): Promise<boolean> {
    const found = await lookup.byId(id);
    if (found?.user.active)
      throw new RejectedError(undefined, `Zendesk user ${id} is not deleted, so it is not erased`, undefined, { cause });
    try {
      const answer = await http.call({ method: 'GET', route: DELETED_USER, params: [id] });
      const { email, name } = decode(shapes.deletedUser, answer.body, DELETED_USER).deleted_user;
      return !email && (!name || name === ERASED_NAME);
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      throw error;
    }
  }

  async function moveOrganizations(
    before: TargetUser,
    one: string | null | undefined,
    all: readonly string[] | undefined,
  ): Promise<void> {
    const { organization, organizations: former } = before.attributes;
    const { hasMultipleOrganizations } = await describe();
    if (all !== undefined)
      await organizations.setAll(before.id, Array.isArray(former) ? former : [], all, hasMultipleOrganizations);
    if (one === undefined) return;
    await organizations.setDefault(
      before.id,
      typeof organization === 'string' ? organization : null,
      one,
      hasMultipleOrganizations,
    );
  }
}

/** On a new user there is nothing to wipe, so organizations may go along with the create. */
function organizationFields(ids: readonly TargetId[]): Readonly<Record<string, unknown>> {
  const [first, ...others] = ids.map(idNumber);
  return { organization_id: first, ...(others.length > 0 ? { organization_ids: [first, ...others] } : {}) };
}

/** @throws AlteredError when Zendesk stored another role than asked: it turns some pairs into others without a word */
function verifyRole(stored: TargetUser, wanted: TargetRole): void {
  if (!isSameRole(stored.role, wanted))
    throw new AlteredError('role', `Zendesk stored the role ${stored.role.role} where ${wanted.role} was asked for`);
}

function isTakenPhone(error: unknown): boolean {
  return error instanceof AlreadyExistsError && error.attribute.startsWith('phone');
}
