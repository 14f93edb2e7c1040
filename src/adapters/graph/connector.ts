import { NotFoundError, UnexpectedResponseError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import {
  type AppRoleAssignment,
  type Attributes,
  type ObjectType,
  type SourceApplication,
  type SourceId,
  sourceId,
} from '../../core/model';
import type { ProbeRow } from '../../core/probe';
import type { ChangeSubscriptions } from '../../ports/change-subscriptions';
import type {
  AssignedPrincipal,
  AssignmentPage,
  AssignmentsRead,
  MembershipProof,
  PermissionFinding,
  SourceConnector,
  SourceLink,
  SourceMember,
  SourcePage,
  SourceRead,
} from '../../ports/source-connector';
import { readAttributes, selectList } from './attributes';
import { HIDDEN_MEMBERSHIP, readGroupChanges, readUserChanges } from './changes';
import { type GraphHttp, type GraphOptions, makeGraphHttp } from './http';
import { type Mail, sendMail } from './mail';
import { Managers } from './managers';
import { OPERATIONS, PAGE_SIZE } from './operations';
import { pages } from './paging';
import { checkPermissions, probeSource } from './probe';
import { groupsOf, proveMembershipGone, readAssignmentsOf } from './proofs';
import { readGroup, readUser, searchUsers } from './reads';
import { readApplicationRow, readAssignmentRow, readId, readMemberRow, readPage } from './rows';
import { makeSubscriptions } from './subscriptions';

/** The source connector on Microsoft Graph, with what test connection and notices need beside the port. */
export interface GraphConnector extends SourceConnector {
  /** Tries everything the app needs of Graph, one row per check. Reads only; never throws for a refusal. */
  probeSource(options?: { readonly isMailConfigured?: boolean }): Promise<readonly ProbeRow[]>;
  /** Sends a mail, see mail.ts. */
  sendMail(mail: Mail): Promise<void>;
  /** Subscriptions to changes of users and groups. */
  readonly subscriptions: ChangeSubscriptions;
}

/** Makes the connector. `servicePrincipalId` is the object id of the enterprise application. Makes no request. */
export function makeGraphConnector(options: GraphOptions & { readonly servicePrincipalId: string }): GraphConnector {
  const http = makeGraphHttp(options);
  return new GraphSource(http, options.servicePrincipalId.toLowerCase());
}

class GraphSource implements GraphConnector {
  readonly subscriptions: ChangeSubscriptions;
  private readonly managers: Managers;

  constructor(
    private readonly http: GraphHttp,
    private readonly servicePrincipalId: string,
  ) {
    this.managers = new Managers(http);
    this.subscriptions = makeSubscriptions(http);
  }

  async readApplication(): Promise<SourceApplication> {
    const operation = OPERATIONS.application;
    const query = { $select: 'id,appId,displayName,appRoles' };
    const row = await this.http.find(operation, `/servicePrincipals/${encodeURIComponent(this.servicePrincipalId)}`, query);
    if (row === undefined) {
      throw new NotFoundError('source', 'No enterprise application has this object id; check ENTRA_SERVICE_PRINCIPAL_ID');
    }
    return readApplicationRow(operation, row);
  }

  checkPermissions(): Promise<readonly PermissionFinding[]> {
    return checkPermissions(this.http, this.servicePrincipalId);
  }

  async readAssignments(link: SourceLink | undefined): Promise<AssignmentPage> {
    const operation = OPERATIONS.assignmentsPage;
    const path = `/servicePrincipals/${encodeURIComponent(this.servicePrincipalId)}/appRoleAssignedTo`;
    const body =
      link === undefined ? await this.http.get(operation, path, { $top: PAGE_SIZE }) : await this.http.follow(operation, link);
    const { rows, next } = readPage(operation, body);
    return { assignments: rows.map((row) => readAssignmentRow(operation, row)), next };
  }

  async *listAssignments(): AsyncGenerator<readonly AppRoleAssignment[]> {
    const operation = OPERATIONS.assignments;
    const path = `/servicePrincipals/${encodeURIComponent(this.servicePrincipalId)}/appRoleAssignedTo`;
    for await (const rows of pages(this.http, operation, path, { $top: PAGE_SIZE })) {
      yield rows.map((row) => readAssignmentRow(operation, row));
    }
  }

  readAssignmentsOf(principal: AssignedPrincipal): Promise<AssignmentsRead> {
    return readAssignmentsOf(this.http, this.servicePrincipalId, principal);
  }

  proveMembershipGone(groupId: SourceId, memberId: SourceId): Promise<MembershipProof> {
    return proveMembershipGone(this.http, groupId, memberId);
  }

  readUserChanges(link: SourceLink | undefined, select: readonly string[], round?: string): Promise<SourcePage> {
    this.managers.serve(round);
    return readUserChanges(this.http, this.managers, link, select);
  }

  readGroupChanges(link: SourceLink | undefined, groupIds: readonly SourceId[], select: readonly string[]): Promise<SourcePage> {
    return readGroupChanges(this.http, link, groupIds, select);
  }

  readUser(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    return readUser(this.http, idOrName, select);
  }

  searchUsers(text: string) {
    return searchUsers(this.http, text);
  }

  readGroup(idOrName: string, select: readonly string[]): Promise<SourceRead> {
    return readGroup(this.http, idOrName, select);
  }

  async *listDeletedUsers(): AsyncGenerator<readonly SourceId[]> {
    const operation = OPERATIONS.deletedUsers;
    const path = '/directory/deletedItems/microsoft.graph.user';
    for await (const rows of pages(this.http, operation, path, { $select: 'id', $top: PAGE_SIZE }))
      yield rows.map((row) => sourceId(readId(operation, row)));
  }

  async *listGroups(select: readonly string[]): AsyncGenerator<readonly { id: SourceId; attributes: Attributes }[]> {
    const query = { $select: selectList('group', select).join(','), $top: PAGE_SIZE };
    for await (const rows of pages(this.http, OPERATIONS.groups, '/groups', query)) {
      yield rows.map((row) => ({
        id: sourceId(readId(OPERATIONS.groups, row)),
        attributes: readAttributes('group', row, select, 'null'),
      }));
    }
  }

  async *listMembers(groupId: SourceId): AsyncGenerator<readonly SourceMember[]> {
    if (!isGuid(groupId)) throw new NotFoundError('source', 'A group without a proper id has no members');
    const operation = OPERATIONS.members;
    let count = 0;
    for await (const rows of pages(this.http, operation, `/groups/${groupId}/members`, { $select: 'id', $top: PAGE_SIZE })) {
      count += rows.length;
      yield rows.map((row) => readMemberRow(operation, row));
    }
    if (count > 0) return;
    // Graph returns an empty list for members that the app may not see: that must not pass for an empty group.
    const group = await this.http.get(OPERATIONS.group, `/groups/${groupId}`, { $select: 'id,visibility' });
    if (group.visibility === HIDDEN_MEMBERSHIP) {
      throw new UnexpectedResponseError('source', 'The membership of this group is hidden; reading it needs Member.Read.Hidden');
    }
  }

  listGroupsOf(memberType: ObjectType, memberId: SourceId): AsyncIterable<readonly SourceId[]> {
    return groupsOf(this.http, memberType, memberId);
  }

  probeSource(options: { readonly isMailConfigured?: boolean } = {}): Promise<readonly ProbeRow[]> {
    return probeSource(this.http, this.servicePrincipalId, options.isMailConfigured ?? false);
  }

  sendMail(mail: Mail): Promise<void> {
    return sendMail(this.http, mail);
  }
}
