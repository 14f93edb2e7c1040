import { ProvisioningError } from '../../core/errors';
import { isGuid } from '../../core/guid';
import type { ProbeRow } from '../../core/probe';
import type { PermissionFinding } from '../../ports/source-connector';
import type { Operation } from './failures';
import type { GraphHttp, Json } from './http';
import { literal, OPERATIONS, PERMISSIONS } from './operations';
import { readApplicationRow, readPage } from './rows';

/** What a check found; `verdict` where it is about the permission of its operation and the status alone does not tell. */
type Finding = Pick<ProbeRow, 'status' | 'result' | 'action'> & { readonly verdict?: PermissionFinding['verdict'] };

/** A check, and what it says about the permission that it needs. */
interface Check {
  readonly row: ProbeRow;
  readonly permission: PermissionFinding;
}

const pass = (result: string): Finding => ({ status: 'pass', result, action: '' });
const grant = (permission: string): string =>
  `Grant the application permission ${permission} to the identity of the app, with admin consent; a new grant can take some minutes.`;
/** Graph keeps from an app without the permission what is never empty otherwise. */
const lacking = (result: string, permission: string): Finding => ({
  status: 'fail',
  result,
  action: grant(permission),
  verdict: 'missing',
});

/** Test Connection of Graph: one row per check. Only reads; never throws for a refusal. */
export async function probeSource(
  http: GraphHttp,
  servicePrincipalId: string,
  isMailConfigured: boolean,
): Promise<readonly ProbeRow[]> {
  const rows = (await checkSource(http, servicePrincipalId)).map(({ row }) => row);
  if (isMailConfigured && rows.length > 1) {
    const result = 'Not tried: whether the app may send from the mailbox shows only when it sends';
    const action =
      'Give the identity the Exchange role "Application Mail.Send", scoped to NOTIFICATION_SENDER (RBAC for Applications).';
    rows.push({ name: 'Notification mail', status: 'warn', tried: 'Nothing', result, action });
  }
  return rows;
}

/**
 * Each permission that the app needs, told by the same reads as Test Connection, so that the two never disagree. One refused read is
 * enough to miss it; a read that failed for another reason leaves it unknown.
 */
export async function checkPermissions(http: GraphHttp, servicePrincipalId: string): Promise<readonly PermissionFinding[]> {
  const found = (await checkSource(http, servicePrincipalId)).map(({ permission }) => permission);
  return Object.values(PERMISSIONS).map((permission) => {
    const about = found.filter((finding) => finding.permission === permission);
    const worst = about.find(({ verdict }) => verdict === 'missing') ?? about.find(({ verdict }) => verdict === 'unknown');
    return worst ?? about.at(-1) ?? { permission, verdict: 'unknown', evidence: 'It was not tried' };
  });
}

/**
 * Tries what the app needs of Graph, and nothing it does not: the token, the enterprise application, each permission by a harmless
 * read. Checks stand by themselves, so that one answer names everything that is missing. Only reads.
 */
async function checkSource(http: GraphHttp, servicePrincipalId: string): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const check = async (name: string, operation: Operation, find: () => Promise<Finding>): Promise<void> => {
    const { name: tried, permission } = operation;
    try {
      const { verdict, ...finding } = await find();
      const granted = finding.status === 'fail' ? 'unknown' : 'granted';
      const evidence = `${tried}: ${finding.result}`;
      checks.push({ row: { name, tried, ...finding }, permission: { permission, verdict: verdict ?? granted, evidence } });
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error;
      const row: ProbeRow = { name, tried, status: 'fail', result: error.message, action: actionFor(error, operation) };
      const verdict = isDenied(error) ? 'missing' : 'unknown';
      checks.push({ row, permission: { permission, verdict, evidence: `${tried}: ${isDenied(error) ? '403' : error.code}` } });
    }
  };

  const users = OPERATIONS.users;
  let isReachable = true;
  await check('Access token and tenant', users, async () => {
    try {
      await http.get(users, '/users', { $top: '1', $select: 'id' });
    } catch (error) {
      // A permission that is missing is the matter of a later row: Graph has taken the token and answered for the tenant.
      if (error instanceof ProvisioningError && isDenied(error))
        return { ...pass('Graph accepts the token (but see below)'), verdict: 'missing' };
      isReachable = false;
      throw error;
    }
    return pass('Graph accepts the token');
  });
  if (!isReachable) return checks;

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
      const action = 'Add app roles to the application registration, or users can be assigned with Default Access only.';
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
    if (user === undefined) return { ...lacking('The tenant shows no user', PERMISSIONS.users), status: 'warn' };
    const isTold = typeof user.userPrincipalName === 'string' && typeof user.accountEnabled === 'boolean';
    if (isTold) return pass('Readable, with names and state');
    return lacking('Users come without name and state', PERMISSIONS.users);
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
    if (typeof group.displayName !== 'string' || !isGuid(id)) return lacking('Groups come without names', PERMISSIONS.groups);
    readPage(OPERATIONS.members, await http.get(OPERATIONS.members, `/groups/${id}/members`, { $top: '1', $select: 'id' }));
    return pass('Readable');
  });
  return checks;
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
    return isDenied(error) ? grant(operation.permission) : 'Check the managed identity of the app and AZURE_CLIENT_ID.';
  }
  if (error.code === 'PROV_SOURCE_THROTTLED') return 'Wait a minute and test again.';
  if (error.code === 'PROV_SOURCE_UNAVAILABLE') return 'Check GRAPH_BASE_URL and the network of the app, then test again.';
  return 'Test again; if it stays, look up the error code in docs/errors.md.';
}

/** The token was taken and the permission lacks; a 401 is another matter. */
const isDenied = (error: ProvisioningError): boolean => error.code === 'PROV_SOURCE_UNAUTHORIZED' && / 403 ?/.test(error.message);
