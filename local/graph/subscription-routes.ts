import { type GraphAnswer, type GraphCall, type GraphRoute, isGranted, may } from './call';
import { badRequest, GraphError } from './graph-error';
import type { StoredSubscription, SubscribedResource } from './subscriptions';
import type { JsonObject } from './types';

/** Routes below `/subscriptions`. https://learn.microsoft.com/graph/api/resources/subscription */
export const subscriptionRoutes: readonly GraphRoute[] = [
  { method: 'GET', template: '/subscriptions', permissions: [], handle: list },
  { method: 'POST', template: '/subscriptions', permissions: [], handle: create },
  { method: 'GET', template: '/subscriptions/{id}', permissions: [], handle: (call) => show(call, 200, one(call)) },
  { method: 'PATCH', template: '/subscriptions/{id}', permissions: [], handle: renew },
  { method: 'DELETE', template: '/subscriptions/{id}', permissions: [], handle: remove },
  { method: 'POST', template: '/subscriptions/{id}/reauthorize', permissions: [], handle: reauthorize },
];

/** Least privilege by the page of `subscription-post-subscriptions`, in the order of its table. */
const NEEDED: Readonly<Record<SubscribedResource, readonly string[]>> = {
  users: may.readUsers,
  groups: ['Group.Read.All', 'Directory.Read.All'],
};

const one = ({ core, params }: GraphCall): StoredSubscription => core.subscriptions.get(params[0] ?? '');

function present(subscription: StoredSubscription) {
  const { id, resource, changeTypes, notificationUrl, lifecycleNotificationUrl, expirationDateTime } = subscription;
  return {
    id,
    resource,
    changeType: changeTypes.join(','),
    // Only the answer to the creation has it: https://learn.microsoft.com/graph/api/subscription-get
    clientState: null,
    notificationUrl,
    lifecycleNotificationUrl: lifecycleNotificationUrl ?? null,
    expirationDateTime,
  };
}

function show({ core }: GraphCall, status: number, subscription: StoredSubscription): GraphAnswer {
  return { status, body: { '@odata.context': `${core.base}/$metadata#subscriptions/$entity`, ...present(subscription) } };
}

function list({ core }: GraphCall): GraphAnswer {
  const value = core.subscriptions.list().map(present);
  return { status: 200, body: { '@odata.context': `${core.base}/$metadata#subscriptions`, value } };
}

/** https://learn.microsoft.com/graph/api/subscription-post-subscriptions */
async function create(call: GraphCall): Promise<GraphAnswer> {
  const body = objectIn(call);
  const text = (name: string): string | undefined => {
    const value = body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw badRequest(`The value of the property '${name}' is not a string.`);
    return value;
  };
  const resource = text('resource')?.replace(/^\//, '');
  if (resource !== 'users' && resource !== 'groups')
    throw badRequest(`Resource '${resource ?? ''}' is not supported by this simulator.`);
  const changeTypes = (text('changeType') ?? '').split(',').map((type) => type.trim());
  // "User and group change notifications support updated and deleted changeType"
  if (changeTypes.some((type) => type !== 'updated' && type !== 'deleted'))
    throw badRequest("Subscription's changeType is not supported for this resource.");
  const notificationUrl = addressIn(text('notificationUrl'), 'notificationUrl');
  const lifecycle = text('lifecycleNotificationUrl');
  const clientState = text('clientState');
  if (clientState !== undefined && clientState.length > 128) throw badRequest('clientState is longer than 128 characters.');
  // As reported in public issues: the refusal comes from the service behind.
  if (!isGranted(call.core, NEEDED[resource]))
    throw new GraphError(403, 'ExtensionError', 'Operation: Create; Exception: [Status Code: Forbidden; Reason: ]');
  const made = await call.core.subscriptions.create({
    resource,
    changeTypes,
    notificationUrl,
    lifecycleNotificationUrl: lifecycle === undefined ? undefined : addressIn(lifecycle, 'lifecycleNotificationUrl'),
    clientState,
    expirationDateTime: text('expirationDateTime') ?? '',
  });
  const answer = show(call, 201, made);
  return { ...answer, body: { ...(answer.body as JsonObject), clientState: clientState ?? null } };
}

/** https://learn.microsoft.com/graph/api/subscription-update */
function renew(call: GraphCall): GraphAnswer {
  const { expirationDateTime } = objectIn(call);
  if (typeof expirationDateTime !== 'string') throw badRequest('expirationDateTime is required.');
  return show(call, 200, call.core.subscriptions.renew(one(call).id, expirationDateTime));
}

function remove(call: GraphCall): GraphAnswer {
  call.core.subscriptions.remove(one(call).id);
  return { status: 204 };
}

/** https://learn.microsoft.com/graph/api/subscription-reauthorize */
function reauthorize(call: GraphCall): GraphAnswer {
  one(call).renewals += 1;
  return { status: 204 };
}

function objectIn({ request }: GraphCall): JsonObject {
  if (typeof request.body !== 'object' || request.body === null) throw badRequest('A body is required.');
  return request.body as JsonObject;
}

/** "This URL must make use of the HTTPS protocol"; on this machine http will do. */
function addressIn(text: string | undefined, name: string): string {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (url === undefined || (url.protocol !== 'https:' && !isLoopback))
    throw new GraphError(400, 'InvalidRequest', `The ${name} must be a valid https address.`);
  return url.toString();
}
