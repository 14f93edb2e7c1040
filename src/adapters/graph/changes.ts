import { UnexpectedResponseError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import { type Attributes, type SourceId, sourceId } from '../../core/model';
import { MAX_GROUPS_PER_DELTA, type SourceChange, type SourceLink, type SourcePage } from '../../ports/source-connector';
import { managerSelect, readAttributes, selectList } from './attributes';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import type { Managers } from './managers';
import { literal, OPERATIONS } from './operations';
import { type Page, readId, readLinkChanges, readPage, readRemoved } from './rows';

/** A group whose members Graph keeps from apps without Member.Read.Hidden: it lists none. @see https://learn.microsoft.com/graph/api/group-list-members#permissions */
export const HIDDEN_MEMBERSHIP = 'HiddenMembership';

/** One page of the users' delta. */
export async function readUserChanges(
  http: GraphHttp,
  managers: Managers,
  link: SourceLink | undefined,
  asked: readonly string[],
): Promise<SourcePage> {
  const operation = OPERATIONS.userDelta;
  const withManager = managerSelect(asked).length > 0;
  const select = [...selectList('user', asked), ...(withManager ? ['manager'] : [])].join(',');
  const body =
    link === undefined ? await http.get(operation, '/users/delta', { $select: select }) : await http.follow(operation, link);
  const page = readPage(operation, body);
  const changes: SourceChange[] = [];
  for (const row of page.rows) {
    const gone = removedChange(operation, 'user', row);
    if (gone !== undefined) {
      changes.push(gone);
      continue;
    }
    const own = readAttributes('user', row, asked, 'absent');
    const manager = withManager ? await readManager(operation, managers, row, asked) : {};
    const attributes = Object.assign(Object.create(null) as object, own, manager) as Attributes;
    const id = sourceId(readId(operation, row));
    changes.push({ kind: 'present', type: 'user', id, attributes, isComplete: isCompleteUser(own, link === undefined) });
  }
  return toPage(operation, changes, page);
}

/** One page of the delta of some groups and their direct members. */
export async function readGroupChanges(
  http: GraphHttp,
  link: SourceLink | undefined,
  groupIds: readonly SourceId[],
  asked: readonly string[],
): Promise<SourcePage> {
  const operation = OPERATIONS.groupDelta;
  if (groupIds.length === 0 || groupIds.length > MAX_GROUPS_PER_DELTA || !groupIds.every(isGuid)) {
    throw new RangeError(`A group delta names 1 to ${MAX_GROUPS_PER_DELTA} group ids`);
  }
  const query = {
    $select: [...selectList('group', asked), 'members'].join(','),
    $filter: groupIds.map((id) => `id eq ${literal(id)}`).join(' or '),
  };
  const body = link === undefined ? await http.get(operation, '/groups/delta', query) : await http.follow(operation, link);
  const page = readPage(operation, body);
  const changes = page.rows.map((row): SourceChange => {
    const gone = removedChange(operation, 'group', row);
    if (gone !== undefined) return gone;
    const attributes = readAttributes('group', row, asked, 'absent');
    const members = readLinkChanges(operation, row, 'members@delta');
    const isHidden = attributes.visibility === HIDDEN_MEMBERSHIP && (members ?? []).length === 0;
    return {
      kind: 'present',
      type: 'group',
      id: sourceId(readId(operation, row)),
      attributes,
      isComplete: attributes.displayName !== null && !isHidden,
      ...(members !== undefined && { members }),
    };
  });
  return toPage(operation, changes, page);
}

/**
 * Whether a user's row may be believed. Every user has a UPN and is enabled or not; a row where both are null was made by a
 * missing permission. In later pages both may be absent: a row of a later round need not tell what has not changed.
 *
 * @see https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
 */
export function isCompleteUser(attributes: Attributes, isWhole: boolean): boolean {
  const lacks = (name: string): boolean => (name in attributes ? attributes[name] === null : isWhole);
  return !(lacks('accountEnabled') && lacks('userPrincipalName'));
}

function removedChange(operation: Operation, type: 'user' | 'group', row: Json): SourceChange | undefined {
  const reason = readRemoved(operation, row);
  return reason === undefined ? undefined : { kind: 'removed', type, id: sourceId(readId(operation, row)), reason };
}

async function readManager(operation: Operation, managers: Managers, row: Json, asked: readonly string[]): Promise<Attributes> {
  const links = readLinkChanges(operation, row, 'manager@delta');
  if (links === undefined) return {};
  // A change of manager tells the old one as removed and the new one, in either order.
  return managers.read(links.findLast((change) => change.isMember)?.memberId ?? null, asked);
}

/** A page has exactly one link: without any it may be cut off, and its round must not count as complete. */
function toPage(operation: Operation, changes: readonly SourceChange[], page: Page): SourcePage {
  if (page.next !== undefined && page.watermark === undefined) return { changes, next: page.next };
  if (page.watermark !== undefined && page.next === undefined) return { changes, watermark: page.watermark };
  throw new UnexpectedResponseError('source', `${operation.name} returned a page that neither continues nor ends`);
}
