import { ProvisioningError } from '../../core/errors';
import type { ProbeRow } from '../../core/probe';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import { isGuid, literal, OPERATIONS, PERMISSIONS } from './operations';
import { readApplicationRow, readPage } from './rows';

type Finding = Pick<ProbeRow, 'status' | 'result' | 'action'>;

const pass = (result: string): Finding => ({ status: 'pass', result, action: '' });
const grant = (permission: string): string =>
  `Grant the application permission ${permission} to the identity of the app, with admin consent; a new grant can take some minutes.`;

/**
 * Tries what the app needs of Graph, and nothing it does not: the token, the enterprise application, each permission by a harmless
 * read. Checks stand by themselves, so that one answer names everything that is missing. Only reads.
 */
export async function probeSource(
  http: GraphHttp,
  servicePrincipalId: string,
  isMailConfigured: boolean,
): Promise<readonly ProbeRow[]> {
  const rows: ProbeRow[] = [];
  const check = async (name: string, operation: Operation, find: () => Promise<Finding>): Promise<void> => {
    const tried = operation.name;
    try {
      rows.push({ name, tried, ...(await find()) });
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      rows.push({ name, tried, status: 'fail', result: error.message, action: actionFor(error, operation) });
    }
  };

  const users = OPERATIONS.users;
  let isReachable = true;
  await check('Access token and tenant', users, async () => {
    try {
      await http.get(users, '/users', { $top: '1', $select: 'id' });
    } catch (error) {
      // A permission that is missing is the matter of a later row: Graph has taken the token and answered for the tenant.
      if (error instanceof ProvisioningError && / 403 ?/.test(error.message))
        return pass('Graph accepts the token (but see below)');
      isReachable = false;
      throw error;
    }
    return pass('Graph accepts the token');
  });
  if (!isReachable) return rows;

  let principal: Json | undefined;
  await check('Enterprise application', OPERATIONS.application, async () => {
    principal = await readPrincipal(http, servicePrincipalId);
    if (principal !== undefined) return pass('Found');
    return {
      status: 'fail',
      result: 'No enterprise application has this object id',
      action: await hintFor(http, servicePrincipalId),
    };
  });
  if (principal !== undefined) {
    const row = principal;
    await check('App roles', OPERATIONS.application, async () => {
      const roles = readApplicationRow(OPERATIONS.application, row).appRoles.filter((role) => role.isEnabled);
      if (roles.length > 0) return pass(`${roles.length} enabled app roles`);
      const action = 'Add app roles to the application registration, or users can be assigned by Default Access only.';
      return { status: 'warn', result: 'The application has no enabled app role', action };
    });
    await check(`Assignments (${PERMISSIONS.application})`, OPERATIONS.assignments, async () => {
      const path = `/servicePrincipals/${servicePrincipalId}/appRoleAssignedTo`;
      const found = readPage(OPERATIONS.assignments, await http.get(OPERATIONS.assignments, path, { $top: '1' }));
      if (found.rows.length > 0) return pass('Readable');
      const action = 'Assign users or groups to the enterprise application.';
      return { status: 'warn', result: 'Readable, but nobody is assigned', action };
    });
  }

  await check(`Users (${PERMISSIONS.users})`, users, async () => {
    const query = { $top: '1', $select: 'id,userPrincipalName,accountEnabled' };
    const [user] = readPage(users, await http.get(users, '/users', query)).rows;
    if (user === undefined) return { status: 'warn', result: 'The tenant shows no user', action: grant(PERMISSIONS.users) };
    const isTold = typeof user.userPrincipalName === 'string' && typeof user.accountEnabled === 'boolean';
    if (isTold) return pass('Readable, with names and state');
    return { status: 'fail', result: 'Users come without name and state', action: grant(PERMISSIONS.users) };
  });
  await check(`Deleted users (${PERMISSIONS.users})`, OPERATIONS.deletedUsers, async () => {
    const path = '/directory/deletedItems/microsoft.graph.user';
    readPage(OPERATIONS.deletedUsers, await http.get(OPERATIONS.deletedUsers, path, { $top: '1', $select: 'id' }));
    return pass('Readable');
  });
  await check(`Groups and members (${PERMISSIONS.groups})`, OPERATIONS.members, async () => {
    const query = { $top: '1', $select: 'id,displayName' };
    const [group] = readPage(OPERATIONS.groups, await http.get(OPERATIONS.groups, '/groups', query)).rows;
    if (group === undefined)
      return { status: 'warn', result: 'The tenant shows no group', action: 'Nothing to do if there is none.' };
    const id = String(group.id);
    if (typeof group.displayName !== 'string' || !isGuid(id)) {
      return { status: 'fail', result: 'Groups come without names', action: grant(PERMISSIONS.groups) };
    }
    readPage(OPERATIONS.members, await http.get(OPERATIONS.members, `/groups/${id}/members`, { $top: '1', $select: 'id' }));
    return pass('Readable');
  });
  if (isMailConfigured) {
    const result = 'Not tried: whether the app may send from the mailbox shows only when it sends';
    const action =
      'Give the identity the Exchange role "Application Mail.Send", scoped to NOTIFICATION_SENDER (RBAC for Applications).';
    rows.push({ name: 'Notification mail', status: 'warn', tried: 'Nothing', result, action });
  }
  return rows;
}

async function readPrincipal(http: GraphHttp, id: string): Promise<Json | undefined> {
  if (!isGuid(id)) return undefined;
  return http.find(OPERATIONS.application, `/servicePrincipals/${id}`, { $select: 'id,appId,displayName,appRoles' });
}

/** The commonest mix-ups: the application (client) id, and the object id of the app registration instead of the enterprise application. */
async function hintFor(http: GraphHttp, id: string): Promise<string> {
  const general = 'Set ENTRA_SERVICE_PRINCIPAL_ID to the Object ID shown under Enterprise applications > (the app) > Properties.';
  if (!isGuid(id)) return general;
  const byAppId = async (appId: string): Promise<string | undefined> => {
    const operation = OPERATIONS.servicePrincipals;
    const found = readPage(
      operation,
      await http.get(operation, '/servicePrincipals', { $filter: `appId eq ${literal(appId)}`, $select: 'id' }),
    );
    const right = found.rows[0]?.id;
    return typeof right === 'string' && isGuid(right) ? right : undefined;
  };
  try {
    const viaClientId = await byAppId(id);
    if (viaClientId !== undefined)
      return `This is the application (client) id. Set ENTRA_SERVICE_PRINCIPAL_ID to the object id ${viaClientId}.`;
    const operation = { name: 'GET applications/{id}', permission: PERMISSIONS.application };
    const registration = await http.find(operation, `/applications/${id}`, { $select: 'appId' });
    const viaRegistration = typeof registration?.appId === 'string' ? await byAppId(registration.appId) : undefined;
    if (viaRegistration === undefined) return general;
    return `This is the object id of the app registration. Set ENTRA_SERVICE_PRINCIPAL_ID to the object id ${viaRegistration}.`;
  } catch (error) {
    if (error instanceof ProvisioningError) return general;
    throw error;
  }
}

function actionFor(error: ProvisioningError, operation: Operation): string {
  if (error.code === 'PROV_SOURCE_UNAUTHORIZED') {
    return / 403 ?/.test(error.message)
      ? grant(operation.permission)
      : 'Check the managed identity of the app and AZURE_CLIENT_ID.';
  }
  if (error.code === 'PROV_SOURCE_THROTTLED') return 'Wait a minute and test again.';
  if (error.code === 'PROV_SOURCE_UNAVAILABLE') return 'Check GRAPH_BASE_URL and the network of the app, then test again.';
  return 'Test again; if it stays, look up the error code in docs/errors.md.';
}
