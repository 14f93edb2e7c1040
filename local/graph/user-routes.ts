import { type GraphCall, type GraphRoute, isGranted, may } from './call';
import { parseFilter } from './filter';
import { resourceNotFound, unsupportedQuery } from './graph-error';
import { listAnswer, memberContext, renderMember } from './lists';
import { checkSelect, contextSelect, isAdvanced, isEventual, project, readManagerExpand, refuseOptions } from './odata';
import { groupProperties, propertiesOf, userProperties } from './properties';
import type { JsonObject, StoredUser } from './types';

/** Routes below `/users`. https://learn.microsoft.com/graph/api/resources/user */
export const userRoutes: readonly GraphRoute[] = [
  { method: 'GET', template: '/users', permissions: may.readUsers, handle: listUsers },
  {
    method: 'GET',
    template: '/users/delta',
    permissions: may.readUsers,
    handle: (call) => call.core.deltas.answer(call, 'user'),
  },
  { method: 'GET', template: '/users/{id}', permissions: may.readUsers, handle: getUser },
  { method: 'GET', template: '/users/{id}/manager', permissions: may.readUsers, handle: getManager },
  {
    method: 'GET',
    template: '/users/{id}/memberOf',
    permissions: may.readMemberships,
    handle: (call) => groupsOf(call, false, false),
  },
  {
    method: 'GET',
    template: '/users/{id}/memberOf/microsoft.graph.group',
    permissions: may.readMemberships,
    handle: (call) => groupsOf(call, false, true),
  },
  {
    method: 'GET',
    template: '/users/{id}/transitiveMemberOf',
    permissions: may.readMemberships,
    handle: (call) => groupsOf(call, true, false),
  },
  {
    method: 'GET',
    template: '/users/{id}/transitiveMemberOf/microsoft.graph.group',
    permissions: may.readMemberships,
    handle: (call) => groupsOf(call, true, true),
  },
];

/** A live user by id or user principal name, which the URL may hold alike. https://learn.microsoft.com/graph/api/user-get */
export function findUser(call: GraphCall, idOrName: string): StoredUser {
  const { view } = call;
  const user =
    view.users.get(idOrName) ??
    view.users.get(idOrName.toLowerCase()) ??
    view.users.get(view.userByName.get(idOrName.toLowerCase()) ?? '');
  if (user === undefined) throw resourceNotFound(idOrName);
  return user;
}

function listUsers(call: GraphCall) {
  const { options, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip');
  checkSelect(options.select, [userProperties]);
  const expand = readManagerExpand(options.expand);
  if (expand !== undefined && isEventual(request.headers))
    throw unsupportedQuery('$expand is not supported with advanced queries.');
  return listAnswer(call, () => {
    const isWanted =
      options.filter === undefined
        ? undefined
        : parseFilter(options.filter, userProperties, isAdvanced(request.headers, options));
    const ids: string[] = [];
    for (const [id, user] of call.view.users) if (isWanted?.(user) ?? true) ids.push(id);
    return {
      ids,
      render: (later, id) => {
        const user = later.view.users.get(id);
        return user === undefined ? undefined : showUser(later, user, options.select, expand);
      },
      context: `users${contextSelect(options.select)}`,
      top: options.top,
      // "silently ignores the $count query parameter" without the header: https://learn.microsoft.com/graph/aad-advanced-queries
      count: isAdvanced(request.headers, options),
    };
  });
}

function getUser(call: GraphCall) {
  const { options, core } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$filter', '$top');
  checkSelect(options.select, [userProperties]);
  const user = findUser(call, call.params[0] ?? '');
  const context = { '@odata.context': `${core.base}/$metadata#users${contextSelect(options.select)}/$entity` };
  return { status: 200, body: { ...context, ...showUser(call, user, options.select, readManagerExpand(options.expand)) } };
}

function showUser(
  call: GraphCall,
  user: StoredUser,
  select: readonly string[] | undefined,
  expand: { select: readonly string[] | undefined } | undefined,
): JsonObject {
  const shown = project(user, userProperties, select);
  const managerId = expand === undefined ? undefined : call.view.managerOf(user.id);
  const manager = managerId === undefined ? undefined : renderMember(call, managerId, 'user', expand?.select, true);
  return manager === undefined ? shown : { ...shown, manager };
}

/** 404 without a manager. https://learn.microsoft.com/graph/api/user-list-manager */
function getManager(call: GraphCall) {
  checkSelect(call.options.select, [userProperties]);
  const user = findUser(call, call.params[0] ?? '');
  const managerId = call.view.managerOf(user.id);
  const manager = managerId === undefined ? undefined : renderMember(call, managerId, 'user', call.options.select, true);
  if (manager === undefined) throw resourceNotFound('manager');
  return { status: 200, body: { '@odata.context': `${call.core.base}/$metadata#directoryObjects/$entity`, ...manager } };
}

/**
 * Groups of a user. Those with hidden membership are left out without Member.Read.Hidden:
 * https://github.com/microsoftgraph/microsoft-graph-docs/issues/12552
 */
function groupsOf(call: GraphCall, isTransitive: boolean, isCast: boolean) {
  const { options, view, core } = call;
  requireAdvancedForCast(call, isCast);
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand');
  checkSelect(options.select, isCast ? [groupProperties] : Object.values(propertiesOf));
  const user = findUser(call, call.params[0] ?? '');
  return listAnswer(call, () => {
    const all = isTransitive ? view.transitiveMemberOf(user.id) : (view.memberOf.get(user.id) ?? new Set<string>());
    const isVisible = (id: string): boolean =>
      isGranted(core, may.readHiddenMembers) || view.groups.get(id)?.visibility !== 'HiddenMembership';
    const filter =
      options.filter === undefined
        ? undefined
        : parseFilter(options.filter, groupProperties, isAdvanced(call.request.headers, options));
    return {
      ids: [...all].filter((id) => isVisible(id) && (filter?.(view.groups.get(id) ?? {}) ?? true)),
      render: (later, id) => renderMember(later, id, 'group', options.select, !isCast),
      context: memberContext(isCast ? 'group' : undefined, options.select),
      top: options.top,
      count: isAdvanced(call.request.headers, options),
    };
  });
}

/**
 * A cast in the path needs `ConsistencyLevel: eventual` and `$count=true`, on every page.
 * https://learn.microsoft.com/graph/api/group-list-members#request-headers, https://learn.microsoft.com/graph/aad-advanced-queries
 */
export function requireAdvancedForCast(call: GraphCall, isCast: boolean): void {
  if (!isCast || isAdvanced(call.request.headers, call.options)) return;
  throw unsupportedQuery("OData cast is only supported with the header 'ConsistencyLevel: eventual' and $count=true.");
}
