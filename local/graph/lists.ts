import { type GraphAnswer, type GraphCall, type Listing, mayRead } from './call';
import { contextSelect, project } from './odata';
import { propertiesOf } from './properties';
import type { JsonObject, ObjectKind } from './types';

/**
 * Answers one page of a list. The first request fixes what is listed; its `$skiptoken`s are opaque and may be used again.
 * https://learn.microsoft.com/graph/paging
 */
export function listAnswer(call: GraphCall, begin: () => Listing): GraphAnswer {
  const { core, options, request } = call;
  const { listing, offset } =
    options.skipToken === undefined ? { listing: begin(), offset: 0 } : core.cursors.resolve(request.path, options.skipToken);
  const end = offset + listing.top;
  const value: JsonObject[] = [];
  for (const id of listing.ids.slice(offset, end)) {
    const shown = listing.render(call, id);
    if (shown !== undefined) value.push(shown);
  }
  const body: JsonObject = { '@odata.context': `${core.base}/$metadata#${listing.context}` };
  if (listing.count) body['@odata.count'] = listing.ids.length;
  if (end < listing.ids.length) {
    const token = core.cursors.issue(request.path, { listing, offset: end });
    body['@odata.nextLink'] = link(call, '$skiptoken', token);
  }
  return { status: 200, body: { ...body, value } };
}

/** The request's own URL with its query options kept and one token added. */
function link(call: GraphCall, tokenName: string, token: string): string {
  const kept = [...call.request.query].filter(([name]) => name.toLowerCase() !== tokenName);
  const query = [...kept, [tokenName, token] as const].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return `${call.core.base}${call.request.path}?${query}`;
}

/**
 * An object inside a collection of directory objects. Objects that the caller may not read keep type and id, the rest is null:
 * https://learn.microsoft.com/graph/permissions-overview#limited-information-returned-for-inaccessible-member-objects
 *
 * @param typed Whether `@odata.type` is shown: always, unless the URL casts to the type already.
 */
export function renderMember(
  call: GraphCall,
  id: string,
  kind: ObjectKind,
  select: readonly string[] | undefined,
  typed: boolean,
): JsonObject | undefined {
  const object = call.view.object(id);
  if (object === undefined) return undefined;
  const table = propertiesOf[kind];
  const isReadable = mayRead(call.core, kind) && !call.core.faults.membersWithNulls;
  const type = typed ? { '@odata.type': `#microsoft.graph.${kind}` } : {};
  return { ...type, ...(isReadable ? project(object, table, select) : { ...project({}, table, select), id }) };
}

/** Set name for `@odata.context` of a list of directory objects, cast or not. */
export function memberContext(cast: ObjectKind | undefined, select: readonly string[] | undefined): string {
  const set = cast === undefined ? 'directoryObjects' : cast === 'user' ? 'users' : 'groups';
  return `${set}${contextSelect(select)}`;
}
