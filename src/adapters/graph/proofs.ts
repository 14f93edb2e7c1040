import { NotFoundError } from '../../core/errors';
import type { ObjectType, SourceId } from '../../core/model';
import type { Proof } from '../../ports/source-connector';
import { HIDDEN_MEMBERSHIP } from './changes';
import type { GraphHttp } from './http';
import { isGuid, OPERATIONS, PAGE_SIZE } from './operations';
import { pages } from './paging';
import { orUnknown } from './reads';
import { readMemberRow } from './rows';

/** Assignment ids are base64url-like texts. @see https://learn.microsoft.com/graph/api/resources/approleassignment */
const ASSIGNMENT_ID = /^[\w-]{1,200}$/;

/** Second read of an assignment: a "not found" counts only while the enterprise application itself can be read. */
export function proveAssignmentGone(http: GraphHttp, servicePrincipalId: string, assignmentId: string): Promise<Proof> {
  return orUnknown(async (): Promise<Proof> => {
    if (!ASSIGNMENT_ID.test(assignmentId)) return { kind: 'unknown', reason: 'This is no id of an assignment' };
    const base = `/servicePrincipals/${servicePrincipalId}`;
    const found = await http.find(OPERATIONS.assignment, `${base}/appRoleAssignedTo/${assignmentId}`);
    if (found !== undefined) return { kind: 'present' };
    const application = await http.find(OPERATIONS.application, base, { $select: 'id' });
    return application === undefined
      ? { kind: 'unknown', reason: 'The enterprise application itself was not found' }
      : { kind: 'absent' };
  });
}

/**
 * Second read of a direct membership, from the member's side.
 *
 *   member    group listed   group read         │ proof
 *   404       –              –                  │ absent (who is not there is no member)
 *   readable  yes            –                  │ present
 *   readable  no, to the end hidden membership  │ unknown (such groups are left out of the list)
 *   readable  no, to the end readable or 404    │ absent
 *   anything else                               │ unknown
 */
export function proveMembershipGone(http: GraphHttp, groupId: SourceId, memberId: SourceId): Promise<Proof> {
  return orUnknown(async (): Promise<Proof> => {
    if (!isGuid(groupId) || !isGuid(memberId)) return { kind: 'unknown', reason: 'These are no object ids' };
    const memberType = await kindOf(http, memberId);
    if (memberType === undefined) return { kind: 'absent' };
    for await (const groups of groupsOf(http, memberType, memberId)) if (groups.includes(groupId)) return { kind: 'present' };
    const group = await http.find(OPERATIONS.group, `/groups/${groupId}`, { $select: 'id,visibility' });
    if (group?.visibility === HIDDEN_MEMBERSHIP)
      return { kind: 'unknown', reason: 'The membership of this group is hidden from the app' };
    return { kind: 'absent' };
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
  // Directory roles and administrative units are listed too; they are no groups.
  for await (const rows of pages(http, operation, path, { $select: 'id', $top: PAGE_SIZE })) {
    yield rows.map((row) => readMemberRow(operation, row)).flatMap((found) => (found.type === 'group' ? [found.id] : []));
  }
}

async function kindOf(http: GraphHttp, id: SourceId): Promise<ObjectType | undefined> {
  if ((await http.find(OPERATIONS.user, `/users/${id}`, { $select: 'id' })) !== undefined) return 'user';
  return (await http.find(OPERATIONS.group, `/groups/${id}`, { $select: 'id' })) === undefined ? undefined : 'group';
}
