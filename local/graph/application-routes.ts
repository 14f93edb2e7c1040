import { type GraphAnswer, type GraphCall, type GraphRoute, may } from './call';
import { parseFilter } from './filter';
import { badRequest, resourceNotFound } from './graph-error';
import { listAnswer } from './lists';
import { checkSelect, contextSelect, isAdvanced, project, refuseOptions } from './odata';
import { type PropertyTable, servicePrincipalProperties } from './properties';
import type { JsonObject, StoredAssignment, StoredServicePrincipal } from './types';

const assignmentNames =
  'id deletedDateTime appRoleId createdDateTime principalDisplayName principalId principalType resourceDisplayName resourceId'.split(
    ' ',
  );

const assignmentProperties: PropertyTable = {
  type: 'appRoleAssignment',
  known: new Set(assignmentNames),
  byDefault: assignmentNames,
  collections: new Set(),
};

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Routes below `/servicePrincipals`. https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export const applicationRoutes: readonly GraphRoute[] = [
  { method: 'GET', template: '/servicePrincipals', permissions: may.readApplications, handle: listServicePrincipals },
  { method: 'GET', template: '/servicePrincipals/{id}', permissions: may.readApplications, handle: getServicePrincipal },
  { method: 'GET', template: "/servicePrincipals(appId='{appId}')", permissions: may.readApplications, handle: getByAppId },
  {
    method: 'GET',
    template: '/servicePrincipals/{id}/appRoleAssignedTo',
    permissions: may.readApplications,
    handle: listAssignedTo,
  },
  {
    method: 'GET',
    template: '/servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}',
    permissions: may.readApplications,
    handle: getAssignedTo,
  },
];

/** The URL takes the object id of the enterprise application, not its appId: the commonest mix-up, answered 404 for real too. */
function findServicePrincipal(call: GraphCall): StoredServicePrincipal {
  const id = call.params[0] ?? '';
  if (!GUID.test(id)) throw badRequest(`Invalid object identifier '${id}'.`);
  const servicePrincipal = call.view.servicePrincipals.get(id) ?? call.view.servicePrincipals.get(id.toLowerCase());
  if (servicePrincipal === undefined) throw resourceNotFound(id);
  return servicePrincipal;
}

function listServicePrincipals(call: GraphCall): GraphAnswer {
  const { options, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand');
  checkSelect(options.select, [servicePrincipalProperties]);
  return listAnswer(call, () => {
    const isAdvancedQuery = isAdvanced(request.headers, options);
    const isWanted =
      options.filter === undefined ? undefined : parseFilter(options.filter, servicePrincipalProperties, isAdvancedQuery);
    return {
      ids: [...call.view.servicePrincipals.values()].filter((object) => isWanted?.(object) ?? true).map((object) => object.id),
      render: (later, id) => {
        const object = later.view.servicePrincipals.get(id);
        return object === undefined ? undefined : project(object, servicePrincipalProperties, options.select);
      },
      context: `servicePrincipals${contextSelect(options.select)}`,
      top: options.top,
      count: isAdvancedQuery,
    };
  });
}

function getServicePrincipal(call: GraphCall): GraphAnswer {
  return showServicePrincipal(call, findServicePrincipal(call));
}

/** https://learn.microsoft.com/graph/api/serviceprincipal-get */
function getByAppId(call: GraphCall): GraphAnswer {
  const appId = call.params[0] ?? '';
  for (const servicePrincipal of call.view.servicePrincipals.values())
    if (servicePrincipal.appId.toLowerCase() === appId.toLowerCase()) return showServicePrincipal(call, servicePrincipal);
  throw resourceNotFound(appId);
}

function showServicePrincipal(call: GraphCall, servicePrincipal: StoredServicePrincipal): GraphAnswer {
  const { options, core } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$filter', '$top', '$expand');
  checkSelect(options.select, [servicePrincipalProperties]);
  const context = { '@odata.context': `${core.base}/$metadata#servicePrincipals${contextSelect(options.select)}/$entity` };
  return { status: 200, body: { ...context, ...project(servicePrincipal, servicePrincipalProperties, options.select) } };
}

/** https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto */
function listAssignedTo(call: GraphCall): GraphAnswer {
  const { options, core, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand');
  checkSelect(options.select, [assignmentProperties]);
  const resource = findServicePrincipal(call);
  // https://learn.microsoft.com/graph/api/resources/approleassignment#properties names what may be filtered by; ids may not.
  const refused = /\b(principalId|appRoleId)\b/.exec(options.filter ?? '')?.[1];
  if (refused !== undefined) throw badRequest(`Invalid filter clause ${refused}: System.Guid`);
  return listAnswer(call, () => {
    const isAdvancedQuery = isAdvanced(request.headers, options);
    const isWanted =
      options.filter === undefined ? undefined : parseFilter(options.filter, assignmentProperties, isAdvancedQuery);
    const listed = core.faults.emptyAppRoleAssignedTo ? [] : assignmentsTo(call, resource.id);
    return {
      ids: listed.filter((assignment) => isWanted?.(showAssignment(call, assignment)) ?? true).map((assignment) => assignment.id),
      render: (later, id) => {
        const assignment = findAssignment(later, id);
        return assignment === undefined
          ? undefined
          : project(showAssignment(later, assignment), assignmentProperties, options.select);
      },
      context: `appRoleAssignments${contextSelect(options.select)}`,
      top: options.top,
      count: isAdvancedQuery,
    };
  });
}

function getAssignedTo(call: GraphCall): GraphAnswer {
  const { options, core } = call;
  checkSelect(options.select, [assignmentProperties]);
  const resource = findServicePrincipal(call);
  const id = call.params[1] ?? '';
  const assignment = findAssignment(call, id);
  if (assignment === undefined || assignment.resourceId !== resource.id) throw resourceNotFound(id);
  const context = { '@odata.context': `${core.base}/$metadata#appRoleAssignments${contextSelect(options.select)}/$entity` };
  return {
    status: 200,
    body: { ...context, ...project(showAssignment(call, assignment), assignmentProperties, options.select) },
  };
}

function assignmentsTo(call: GraphCall, resourceId: string): StoredAssignment[] {
  const { view, core } = call;
  const all = core.faults.lingeringAssignments
    ? [...view.assignments.values(), ...view.orphanedAssignments.values()]
    : [...view.assignments.values()].filter((assignment) => view.kindOf(assignment.principalId) !== undefined);
  return all.filter((assignment) => assignment.resourceId === resourceId);
}

function findAssignment(call: GraphCall, id: string): StoredAssignment | undefined {
  const { view, core } = call;
  const assignment = view.assignments.get(id) ?? view.orphanedAssignments.get(id);
  if (assignment === undefined) return undefined;
  const isListed =
    core.faults.lingeringAssignments || (view.assignments.has(id) && view.kindOf(assignment.principalId) !== undefined);
  return isListed ? assignment : undefined;
}

function showAssignment(call: GraphCall, assignment: StoredAssignment): JsonObject {
  const { view } = call;
  const principalDisplayName = view.object(assignment.principalId)?.displayName ?? assignment.principalDisplayName;
  const resourceDisplayName = view.servicePrincipals.get(assignment.resourceId)?.displayName ?? null;
  return { ...assignment, deletedDateTime: null, principalDisplayName, resourceDisplayName };
}
