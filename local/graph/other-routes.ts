import { type GraphAnswer, type GraphCall, type GraphRoute, isGranted, may } from './call';
import { badRequest, GraphError, resourceNotFound } from './graph-error';
import { listAnswer } from './lists';
import { checkSelect, contextSelect, isAdvanced, project, refuseOptions } from './odata';
import { propertiesOf, userProperties } from './properties';
import type { JsonObject } from './types';

/** Exchange's own refusal: https://learn.microsoft.com/exchange/permissions-exo/application-rbac */
const MAIL_DENIED = { code: 'ErrorAccessDenied', message: 'Access is denied. Check credentials and try again.' };

/** Deleted items, the organization and mail. */
export const otherRoutes: readonly GraphRoute[] = [
  { method: 'GET', template: '/directory/deletedItems', permissions: may.readUsers, handle: refuseUntypedList },
  {
    method: 'GET',
    template: '/directory/deletedItems/microsoft.graph.user',
    permissions: may.readUsers,
    handle: listDeletedUsers,
  },
  {
    method: 'GET',
    template: '/directory/deletedItems/{id}',
    permissions: [...may.readUsers, ...may.readDeletedGroups],
    handle: getDeletedItem,
  },
  { method: 'GET', template: '/organization', permissions: may.readOrganization, handle: listOrganization },
  { method: 'POST', template: '/users/{id}/sendMail', permissions: may.sendMail, denial: MAIL_DENIED, handle: sendMail },
];

/** "The OData cast type is a required part of the URI": https://learn.microsoft.com/graph/api/directory-deleteditems-list */
function refuseUntypedList(): GraphAnswer {
  throw badRequest("Unsupported resource type 'DirectoryObject' for operation 'List'.");
}

/** https://learn.microsoft.com/graph/api/directory-deleteditems-list */
function listDeletedUsers(call: GraphCall): GraphAnswer {
  const { options, request } = call;
  refuseOptions(options, '$search', '$orderby', '$skip', '$expand', '$filter');
  checkSelect(options.select, [userProperties]);
  return listAnswer(call, () => ({
    ids: [...call.view.deletedUsers.keys()],
    render: (later, id) => {
      const user = later.view.deletedUsers.get(id);
      return user === undefined ? undefined : project(user, deletedUserProperties, options.select);
    },
    context: `users${contextSelect(options.select)}`,
    top: options.top,
    count: isAdvanced(request.headers, options),
  }));
}

const deletedUserProperties = { ...userProperties, byDefault: [...userProperties.byDefault, 'deletedDateTime'] };

/** Each type needs the permission of its own: https://learn.microsoft.com/graph/api/directory-deleteditems-get#permissions */
function getDeletedItem(call: GraphCall): GraphAnswer {
  const { options, core, view } = call;
  const id = call.params[0] ?? '';
  const isUser = view.deletedUsers.has(id);
  const item = view.deletedUsers.get(id) ?? view.deletedGroups.get(id);
  if (item === undefined) throw resourceNotFound(id);
  if (!isGranted(core, isUser ? may.readUsers : may.readDeletedGroups))
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  const kind = isUser ? 'user' : 'group';
  const table = isUser ? deletedUserProperties : propertiesOf.group;
  checkSelect(options.select, [table]);
  const shown = { '@odata.type': `#microsoft.graph.${kind}`, ...project(item, table, options.select) };
  return { status: 200, body: { '@odata.context': `${core.base}/$metadata#directoryObjects/$entity`, ...shown } };
}

/** https://learn.microsoft.com/graph/api/organization-list */
function listOrganization(call: GraphCall): GraphAnswer {
  const { core } = call;
  const organization = { id: core.directory.tenantId, displayName: core.directory.tenantName };
  return { status: 200, body: { '@odata.context': `${core.base}/$metadata#organization`, value: [organization] } };
}

/** https://learn.microsoft.com/graph/api/user-sendmail: 202, and nothing said about delivery. */
function sendMail(call: GraphCall): GraphAnswer {
  const { core, view } = call;
  const name = call.params[0] ?? '';
  const sender = view.users.get(name) ?? view.users.get(view.userByName.get(name.toLowerCase()) ?? '');
  if (sender === undefined) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${name}' is invalid.`);
  if (typeof sender.mail !== 'string')
    throw new GraphError(
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
    );
  const body = call.request.body as { message?: unknown; saveToSentItems?: unknown } | undefined;
  const message = body?.message;
  if (typeof message !== 'object' || message === null)
    throw new GraphError(400, 'ErrorMissingArgument', 'The required argument message is missing.');
  const recipients = (message as JsonObject).toRecipients;
  if (!Array.isArray(recipients) || recipients.length === 0 || !recipients.every(hasAddress))
    throw new GraphError(400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.');
  const saveToSentItems = body?.saveToSentItems !== false;
  core.sentMail.push({ senderId: sender.id, message: message as JsonObject, saveToSentItems, at: core.now().toISOString() });
  return { status: 202 };
}

function hasAddress(recipient: unknown): boolean {
  const address = (recipient as { emailAddress?: { address?: unknown } } | null)?.emailAddress?.address;
  return typeof address === 'string' && /^[^\s@]+@[^\s@]+$/.test(address);
}
