import type { Operation } from './failures';

/** Least privilege of each read. @see https://learn.microsoft.com/graph/permissions-reference */
export const PERMISSIONS = {
  users: 'User.Read.All',
  groups: 'GroupMember.Read.All',
  application: 'Application.Read.All',
} as const;

/** To be notified of changes of groups, where CHANGE_NOTIFICATIONS is On. @see https://learn.microsoft.com/graph/api/subscription-post-subscriptions#permissions */
const GROUP_CHANGES = 'Group.Read.All';

/** Graph asks the address of this app before it subscribes it. @see https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation */
const NOT_VALIDATED = {
  ValidationError:
    'Graph asked the address of this app and did not get the answer in time: the app must be reachable from the internet (allowedInboundAddresses and networkMode of the deployment).',
};

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
  subscribeUsers: { name: 'POST subscriptions (users)', permission: PERMISSIONS.users, advice: NOT_VALIDATED },
  subscribeGroups: { name: 'POST subscriptions (groups)', permission: GROUP_CHANGES, advice: NOT_VALIDATED },
  renew: { name: 'PATCH subscriptions/{id}', permission: GROUP_CHANGES },
  unsubscribe: { name: 'DELETE subscriptions/{id}', permission: GROUP_CHANGES },
  subscriptions: { name: 'GET subscriptions', permission: GROUP_CHANGES },
  mail: {
    name: 'POST users/{id}/sendMail',
    permission: 'Application Mail.Send for the sender mailbox (Exchange RBAC for Applications)',
  },
} as const satisfies Record<string, Operation>;

/** Largest page of directory objects. @see https://learn.microsoft.com/graph/api/user-list#optional-query-parameters */
export const PAGE_SIZE = '999';

/** A text as an OData string literal: quotes doubled, so that it cannot end the literal. @see https://learn.microsoft.com/graph/query-parameters#escaping-single-quotes */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
