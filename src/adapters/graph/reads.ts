import { ProvisioningError, UnexpectedResponseError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import { type Attributes, type ObjectType, sourceId } from '../../core/model';
import type { SourceRead } from '../../ports/source-connector';
import { managerSelect, readAttributes, selectList } from './attributes';
import { isCompleteUser } from './changes';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import { managerAttributes } from './managers';
import { literal, OPERATIONS, PAGE_SIZE } from './operations';
import { pages } from './paging';
import { readId, readPage } from './rows';

/** Deleted users looked through for a name, at most; they stay 30 days, and cannot be found by their former name otherwise. */
const MAX_DELETED_PAGES = 20;

/** A failed read as a value: what happened, by code and message, and nothing decided. */
export async function orUnknown<T>(read: () => Promise<T>): Promise<T | { readonly kind: 'unknown'; readonly reason: string }> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProvisioningError) return { kind: 'unknown', reason: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** One user by object id, UPN or e-mail. Failed reads are `unknown`. */
export function readUser(http: GraphHttp, idOrName: string, asked: readonly string[]): Promise<SourceRead> {
  return orUnknown(async () => {
    const query = userQuery(asked);
    if (isGuid(idOrName)) {
      const found = await http.find(OPERATIONS.user, `/users/${idOrName}`, query);
      if (found !== undefined) return present(OPERATIONS.user, found, idOrName, asked);
      return readDeletedUser(http, idOrName, asked);
    }
    // A UPN always has an @; without one the text could be a path of Graph (`delta`) and names nobody.
    if (!idOrName.includes('@')) return { kind: 'absent' };
    const byName = await http.find(OPERATIONS.user, `/users/${encodeURIComponent(idOrName)}`, query);
    if (byName !== undefined) return present(OPERATIONS.user, byName, undefined, asked);
    const byMail = readPage(
      OPERATIONS.users,
      await http.get(OPERATIONS.users, '/users', { ...query, $filter: `mail eq ${literal(idOrName)}` }),
    );
    const [first] = byMail.rows;
    if (byMail.rows.length > 1 || byMail.next !== undefined)
      return { kind: 'unknown', reason: 'Several users have this e-mail address; give an object id' };
    return first === undefined ? findDeletedUser(http, idOrName, asked) : present(OPERATIONS.users, first, undefined, asked);
  });
}

/** What names a user, for whoever has to choose. */
const NAMES = ['displayName', 'userPrincipalName', 'mail'] as const;
/** One more than anybody is shown, which tells that there are more. */
const FOUND = '21';

/** The first users one of whose names begins with a text. @see https://learn.microsoft.com/graph/aad-advanced-queries#user-properties */
export async function searchUsers(http: GraphHttp, text: string) {
  const $filter = NAMES.map((name) => `startswith(${name},${literal(text)})`).join(' or ');
  const query = { $select: selectList('user', NAMES).join(','), $filter, $top: FOUND };
  const { rows } = readPage(OPERATIONS.users, await http.get(OPERATIONS.users, '/users', query));
  return rows.map((row) => ({
    id: sourceId(readId(OPERATIONS.users, row)),
    attributes: readAttributes('user', row, NAMES, 'null'),
  }));
}

/** One group by object id or exact display name. Failed reads are `unknown`. */
export function readGroup(http: GraphHttp, idOrName: string, asked: readonly string[]): Promise<SourceRead> {
  return orUnknown(async () => {
    const query = { $select: selectList('group', asked).join(',') };
    if (isGuid(idOrName)) {
      const found = await http.find(OPERATIONS.group, `/groups/${idOrName}`, query);
      // Deleted groups need more than our permissions; the directory's "not found" is proof enough that the group is not there.
      return found === undefined ? { kind: 'absent' } : presentGroup(found, idOrName, asked);
    }
    const filter = { ...query, $filter: `displayName eq ${literal(idOrName)}` };
    const named = readPage(OPERATIONS.groups, await http.get(OPERATIONS.groups, '/groups', filter));
    const [first] = named.rows;
    if (named.rows.length > 1 || named.next !== undefined)
      return { kind: 'unknown', reason: 'Several groups have this name; give an object id' };
    return first === undefined ? { kind: 'absent' } : presentGroup(first, undefined, asked);
  });
}

function userQuery(asked: readonly string[]): Record<string, string> {
  const manager = managerSelect(asked);
  const expand = manager.length === 0 ? {} : { $expand: `manager($select=${manager.join(',')})` };
  return { $select: selectList('user', asked).join(','), ...expand };
}

function present(operation: Operation, row: Json, wanted: string | undefined, asked: readonly string[]): SourceRead {
  const attributes = userAttributes(row, asked);
  if (!isCompleteUser(attributes, true)) {
    return {
      kind: 'unknown',
      reason: `${operation.name} returned nothing but an id: is the permission ${operation.permission} granted?`,
    };
  }
  return { kind: 'present', id: idOf(operation, row, wanted), attributes };
}

function presentGroup(row: Json, wanted: string | undefined, asked: readonly string[]): SourceRead {
  const attributes = readAttributes('group', row, asked, 'null');
  const { name, permission } = OPERATIONS.group;
  if (attributes.displayName === null)
    return { kind: 'unknown', reason: `${name} returned nothing but an id: is the permission ${permission} granted?` };
  return { kind: 'present', id: idOf(OPERATIONS.group, row, wanted), attributes };
}

function userAttributes(row: Json, asked: readonly string[]): Attributes {
  const manager = row.manager;
  const managerRow = typeof manager === 'object' && manager !== null ? (manager as Json) : undefined;
  const own = readAttributes('user', row, asked, 'null');
  return Object.assign(Object.create(null) as object, own, managerAttributes(managerRow, asked)) as Attributes;
}

function idOf(operation: Operation, row: Json, wanted: string | undefined) {
  const id = sourceId(readId(operation, row));
  if (wanted !== undefined && id !== sourceId(wanted)) {
    throw new UnexpectedResponseError('source', `${operation.name} returned a different object than the one asked for`);
  }
  return id;
}

/** @see https://learn.microsoft.com/graph/api/directory-deleteditems-get */
async function readDeletedUser(http: GraphHttp, id: string, asked: readonly string[]): Promise<SourceRead> {
  const query = { $select: selectList('user', asked).join(',') };
  const found = await http.find(OPERATIONS.deletedUser, `/directory/deletedItems/${id}`, query);
  if (found === undefined) return { kind: 'absent' };
  const type: ObjectType | 'other' = found['@odata.type'] === '#microsoft.graph.user' ? 'user' : 'other';
  if (type === 'other') return { kind: 'unknown', reason: 'A deleted object of another kind has this id' };
  return {
    kind: 'softDeleted',
    id: idOf(OPERATIONS.deletedUser, found, id),
    attributes: readAttributes('user', found, asked, 'null'),
  };
}

/** Entra puts the object id (without hyphens) before the UPN of a deleted user. @see https://learn.microsoft.com/entra/fundamentals/users-restore */
async function findDeletedUser(http: GraphHttp, name: string, asked: readonly string[]): Promise<SourceRead> {
  const wanted = name.toLowerCase();
  const query = { $select: [...new Set([...selectList('user', asked), 'mail'])].join(','), $top: PAGE_SIZE };
  let seen = 0;
  for await (const rows of pages(http, OPERATIONS.deletedUsers, '/directory/deletedItems/microsoft.graph.user', query)) {
    for (const row of rows) {
      const id = sourceId(readId(OPERATIONS.deletedUsers, row));
      const upn = String(row.userPrincipalName ?? '').toLowerCase();
      const names = [upn, upn.startsWith(id.replaceAll('-', '')) ? upn.slice(32) : upn, String(row.mail ?? '').toLowerCase()];
      if (names.includes(wanted)) return { kind: 'softDeleted', id, attributes: readAttributes('user', row, asked, 'null') };
    }
    seen += 1;
    if (seen >= MAX_DELETED_PAGES)
      return { kind: 'unknown', reason: 'Too many deleted users to look through; give an object id' };
  }
  return { kind: 'absent' };
}
