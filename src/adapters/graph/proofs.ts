import { NotFoundError, UnexpectedResponseError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import type { AppRoleAssignment, ObjectType, SourceId } from '../../core/model';
import type { AssignedPrincipal, AssignmentsRead, MembershipProof } from '../../ports/source-connector';
import { HIDDEN_MEMBERSHIP } from './changes';
import type { GraphHttp } from './http';
import { literal, OPERATIONS, PAGE_SIZE } from './operations';
import { pages } from './paging';
import { orUnknown } from './reads';
import { readAssignmentRow, readMemberRow } from './rows';

/** Assignment ids are base64url-like texts. @see https://learn.microsoft.com/graph/api/resources/approleassignment */
const ASSIGNMENT_ID = /^[\w-]{1,200}$/;

/**
 * Second reads of what one principal is assigned: the rows that were known, by their ids, then whatever the application lists under the
 * principal's name (former and present; the list cannot be asked for an id), for somebody whose old row is gone may have a new one.
 *
 *   application  principal  a known row  under its name │ result
 *   404          –          –            –              │ unknown
 *   readable     404        there        –              │ unknown (the two contradict one another)
 *   readable     404        404          –              │ nothing (who is not there has no assignment)
 *   readable     readable   any          to the end     │ what was found
 *   anything else                                       │ unknown
 *
 * @see https://learn.microsoft.com/graph/api/resources/approleassignment#properties `principalId` cannot be filtered by, `principalDisplayName` can
 */
export function readAssignmentsOf(
  http: GraphHttp,
  servicePrincipalId: string,
  { id, type, missing }: AssignedPrincipal,
): Promise<AssignmentsRead> {
  return orUnknown(async (): Promise<AssignmentsRead> => {
    if (!isGuid(id) || missing.some((one) => !ASSIGNMENT_ID.test(one.id))) return unknown('These are not ids of assignments');
    const base = `/servicePrincipals/${servicePrincipalId}`;
    const found = new Map<string, AppRoleAssignment>();
    for (const one of missing) {
      const row = await http.find(OPERATIONS.assignment, `${base}/appRoleAssignedTo/${one.id}`);
      if (row !== undefined) found.set(one.id, readAssignmentRow(OPERATIONS.assignment, row));
    }
    if ((await http.find(OPERATIONS.application, base, { $select: 'id' })) === undefined)
      return unknown('The enterprise application itself was not found');
    const names = new Set(missing.map((one) => one.principalDisplayName));
    if (type !== 'ServicePrincipal') {
      const name = await nameOf(http, type, id);
      if (name === undefined && found.size > 0) return unknown('An assignment is there, and its principal is not');
      if (name === undefined) return { kind: 'known', assignments: [] };
      names.add(name);
    }
    for (const name of names) {
      if (name === '') continue;
      const query = { $filter: `principalDisplayName eq ${literal(name)}`, $top: PAGE_SIZE };
      for await (const rows of pages(http, OPERATIONS.assignments, `${base}/appRoleAssignedTo`, query)) {
        for (const row of rows) {
          const one = readAssignmentRow(OPERATIONS.assignments, row);
          if (one.principalId === id) found.set(one.id, one);
        }
      }
    }
    return { kind: 'known', assignments: [...found.values()] };
  });
}

/** The name under which Graph lists a principal now; undefined when it is not there. @throws UnexpectedResponseError without a name */
async function nameOf(http: GraphHttp, type: 'User' | 'Group', id: SourceId): Promise<string | undefined> {
  const isUser = type === 'User';
  const operation = isUser ? OPERATIONS.user : OPERATIONS.group;
  const row = await http.find(operation, `/${isUser ? 'users' : 'groups'}/${id}`, { $select: 'id,displayName' });
  if (row === undefined) return undefined;
  if (typeof row.displayName === 'string') return row.displayName;
  throw new UnexpectedResponseError(
    'source',
    `${operation.name} returned nothing but an id: is ${operation.permission} granted?`,
  );
}

const unknown = (reason: string): { readonly kind: 'unknown'; readonly reason: string } => ({ kind: 'unknown', reason });

/**
 * Second read of a direct membership, from the member's side.
 *
 *   member    group listed   group read         │ proof
 *   404       –              –                  │ absent, lacks object (who is not there is not a member)
 *   readable  yes            –                  │ present
 *   readable  no, to the end hidden membership  │ unknown (such groups are left out of the list)
 *   readable  no, to the end readable           │ absent
 *   readable  no, to the end 404                │ absent, lacks object
 *   anything else                               │ unknown
 */
export function proveMembershipGone(http: GraphHttp, groupId: SourceId, memberId: SourceId): Promise<MembershipProof> {
  return orUnknown(async (): Promise<MembershipProof> => {
    if (!isGuid(groupId) || !isGuid(memberId)) return { kind: 'unknown', reason: 'These are not object ids' };
    const memberType = await kindOf(http, memberId);
    if (memberType === undefined) return { kind: 'absent', lacksObject: true };
    for await (const groups of groupsOf(http, memberType, memberId)) if (groups.includes(groupId)) return { kind: 'present' };
    const group = await http.find(OPERATIONS.group, `/groups/${groupId}`, { $select: 'id,visibility' });
    if (group?.visibility === HIDDEN_MEMBERSHIP)
      return { kind: 'unknown', reason: 'The membership of this group is hidden from the app' };
    return group === undefined ? { kind: 'absent', lacksObject: true } : { kind: 'absent' };
  });
}

/** Ids of the groups that an object is a direct member of. @throws NotFoundError when there is no such object. */
export async function* groupsOf(
  http: GraphHttp,
  memberType: ObjectType,
  memberId: SourceId,
): AsyncGenerator<readonly SourceId[]> {
  if (!isGuid(memberId)) throw new NotFoundError('source', 'An object without a proper id has no groups');
  const isUser = memberType === 'user';
  const operation = isUser ? OPERATIONS.userGroups : OPERATIONS.groupGroups;
  const path = `/${isUser ? 'users' : 'groups'}/${memberId}/memberOf`;
  // Directory roles and administrative units are listed too; they are not groups.
  for await (const rows of pages(http, operation, path, { $select: 'id', $top: PAGE_SIZE })) {
    yield rows.map((row) => readMemberRow(operation, row)).flatMap((found) => (found.type === 'group' ? [found.id] : []));
  }
}

async function kindOf(http: GraphHttp, id: SourceId): Promise<ObjectType | undefined> {
  if ((await http.find(OPERATIONS.user, `/users/${id}`, { $select: 'id' })) !== undefined) return 'user';
  return (await http.find(OPERATIONS.group, `/groups/${id}`, { $select: 'id' })) === undefined ? undefined : 'group';
}
