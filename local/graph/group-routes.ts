import { type GraphAnswer, type GraphCall, type GraphRoute, isGranted, may } from './call';
import { parseFilter } from './filter';
import { GraphError, resourceNotFound } from './graph-error';
import { listAnswer, memberContext, renderMember } from './lists';
import { checkSelect, contextSelect, isAdvanced, project, refuseOptions } from './odata';
import { groupProperties, propertiesOf, userProperties } from './properties';
import type { ObjectKind, StoredGroup } from './types';
import { requireAdvancedForCast } from './user-routes';

/** Routes below `/groups`. https://learn.microsoft.com/graph/api/resources/group */
export const groupRoutes: readonly GraphRoute[] = [
  { method: 'GET', template: '/groups', permissions: may.readGroups, handle: listGroups },
  {
    method: 'GET',
    template: '/groups/delta',
    permissions: may.readGroups,
    handle: (call) => call.core.deltas.answer(call, 'group'),
  },
  { method: 'GET', template: '/groups/{id}', permissions: may.readGroups, handle: getGroup },
  { method: 'GET', template: '/groups/{id}/memberOf', permissions: may.readGroups, handle: groupsAbove },
  ...(['members', 'transitiveMembers'] as const).flatMap((relation): GraphRoute[] => [
    memberRoute(relation, undefined),
    memberRoute(relation, 'user'),
    memberRoute(relation, 'group'),
  ]),
];

function memberRoute(relation: 'members' | 'transitiveMembers', cast: 'user' | 'group' | undefined): GraphRoute {
  return {
    method: 'GET',
    template: `/groups/{id}/${relation}${cast === undefined ? '' : `/microsoft.graph.${cast}`}`,
    permissions: may.readGroups,
    handle: (call) => listMembers(call, relation === 'transitiveMembers', cast),
  };
}

function findGroup(call: GraphCall, id: string): StoredGroup {
  const group = call.view.groups.get(id) ?? call.view.groups.get(id.toLowerCase());
  if (group === undefined) throw resourceNotFound(id);
  return group;
}

function listGroups(call: GraphCall): GraphAnswer {
  const { options, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand');
  checkSelect(options.select, [groupProperties]);
  return listAnswer(call, () => {
    const isWanted =
      options.filter === undefined
        ? undefined
        : parseFilter(options.filter, groupProperties, isAdvanced(request.headers, options));
    const ids: string[] = [];
    for (const [id, group] of call.view.groups) if (isWanted?.(group) ?? true) ids.push(id);
    return {
      ids,
      render: (later, id) => {
        const group = later.view.groups.get(id);
        return group === undefined ? undefined : project(group, groupProperties, options.select);
      },
      context: `groups${contextSelect(options.select)}`,
      top: options.top,
      count: isAdvanced(request.headers, options),
    };
  });
}

function getGroup(call: GraphCall): GraphAnswer {
  const { options, core } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$filter', '$top', '$expand');
  checkSelect(options.select, [groupProperties]);
  const group = findGroup(call, call.params[0] ?? '');
  const context = { '@odata.context': `${core.base}/$metadata#groups${contextSelect(options.select)}/$entity` };
  return { status: 200, body: { ...context, ...project(group, groupProperties, options.select) } };
}

/**
 * Members, direct or all the way down. https://learn.microsoft.com/graph/api/group-list-members,
 * https://learn.microsoft.com/graph/api/group-list-transitivemembers
 */
function listMembers(call: GraphCall, isTransitive: boolean, cast: 'user' | 'group' | undefined): GraphAnswer {
  const { options, core, view, request } = call;
  requireAdvancedForCast(call, cast !== undefined);
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand');
  checkSelect(
    options.select,
    cast === undefined ? Object.values(propertiesOf) : [cast === 'user' ? userProperties : groupProperties],
  );
  const group = findGroup(call, call.params[0] ?? '');
  const isHidden = group.visibility === 'HiddenMembership' && !isGranted(core, may.readHiddenMembers);
  if (isHidden && core.faults.hiddenMembership === 'forbidden')
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  return listAnswer(call, () => {
    const all = isTransitive ? view.transitiveMembers(group.id) : (view.members.get(group.id) ?? new Map<string, ObjectKind>());
    const members = new Map<string, ObjectKind>();
    const isWanted =
      options.filter === undefined
        ? undefined
        : parseFilter(options.filter, propertiesOf[cast ?? 'user'], isAdvanced(request.headers, options));
    if (!isHidden)
      for (const [id, kind] of all)
        if ((cast === undefined || kind === cast) && (isWanted?.(view.object(id) ?? {}) ?? true)) members.set(id, kind);
    return {
      ids: [...members.keys()],
      render: (later, id) => renderMember(later, id, members.get(id) ?? 'user', options.select, cast === undefined),
      context: memberContext(cast, options.select),
      top: options.top,
      count: isAdvanced(request.headers, options),
    };
  });
}

/** Groups that a group is a direct member of. https://learn.microsoft.com/graph/api/group-list-memberof */
function groupsAbove(call: GraphCall): GraphAnswer {
  const { options, core, view, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand', '$filter');
  checkSelect(options.select, Object.values(propertiesOf));
  const group = findGroup(call, call.params[0] ?? '');
  return listAnswer(call, () => ({
    ids: [...(view.memberOf.get(group.id) ?? new Set<string>())].filter(
      (id) => isGranted(core, may.readHiddenMembers) || view.groups.get(id)?.visibility !== 'HiddenMembership',
    ),
    render: (later, id) => renderMember(later, id, 'group', options.select, true),
    context: memberContext(undefined, options.select),
    top: options.top,
    count: isAdvanced(request.headers, options),
  }));
}
