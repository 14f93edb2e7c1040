import type { Operation } from './failures';

/** Least privilege of each read. @see https://learn.microsoft.com/graph/permissions-reference */
export const PERMISSIONS = {
  users: 'User.Read.All',
  groups: 'GroupMember.Read.All',
  application: 'Application.Read.All',
} as const;

/** Every request that the adapter makes, named without ids. */
export const OPERATIONS = {
  application: { name: 'GET servicePrincipals/{id}', permission: PERMISSIONS.application },
  assignments: { name: 'GET servicePrincipals/{id}/appRoleAssignedTo', permission: PERMISSIONS.application },
  /** The same list where reading continues from a link that may have grown old meanwhile. */
  assignmentsPage: { name: 'GET servicePrincipals/{id}/appRoleAssignedTo', permission: PERMISSIONS.application, isDelta: true },
  assignment: { name: 'GET servicePrincipals/{id}/appRoleAssignedTo/{id}', permission: PERMISSIONS.application },
  servicePrincipals: { name: 'GET servicePrincipals', permission: PERMISSIONS.application },
  userDelta: { name: 'GET users/delta', permission: PERMISSIONS.users, isDelta: true },
  groupDelta: { name: 'GET groups/delta', permission: PERMISSIONS.groups, isDelta: true },
  user: { name: 'GET users/{id}', permission: PERMISSIONS.users },
  users: { name: 'GET users', permission: PERMISSIONS.users },
  manager: { name: "GET users/{id} (a user's manager)", permission: PERMISSIONS.users },
  deletedUser: { name: 'GET directory/deletedItems/{id}', permission: PERMISSIONS.users },
  deletedUsers: { name: 'GET directory/deletedItems/microsoft.graph.user', permission: PERMISSIONS.users },
  group: { name: 'GET groups/{id}', permission: PERMISSIONS.groups },
  groups: { name: 'GET groups', permission: PERMISSIONS.groups },
  members: { name: 'GET groups/{id}/members', permission: PERMISSIONS.groups },
  userGroups: { name: 'GET users/{id}/memberOf', permission: PERMISSIONS.groups },
  groupGroups: { name: 'GET groups/{id}/memberOf', permission: PERMISSIONS.groups },
  mail: {
    name: 'POST users/{id}/sendMail',
    permission: 'Application Mail.Send for the sender mailbox (Exchange RBAC for Applications)',
  },
} as const satisfies Record<string, Operation>;

/** Largest page of directory objects. @see https://learn.microsoft.com/graph/api/user-list#optional-query-parameters */
export const PAGE_SIZE = '999';

/** A text as an OData string literal: quotes doubled, so that it cannot end the literal. @see https://learn.microsoft.com/graph/query-parameters#escaping-single-quotes */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
