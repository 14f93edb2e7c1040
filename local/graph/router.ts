import { applicationRoutes } from './application-routes';
import { type GraphAnswer, type GraphCore, type GraphRequest, type GraphRoute, isGranted } from './call';
import { GraphError } from './graph-error';
import { groupRoutes } from './group-routes';
import { readQuery } from './odata';
import { otherRoutes } from './other-routes';
import type { DirectoryState } from './state';
import { subscriptionRoutes } from './subscription-routes';
import { userRoutes } from './user-routes';

const routes = [...userRoutes, ...groupRoutes, ...applicationRoutes, ...otherRoutes, ...subscriptionRoutes].map((route) => ({
  ...route,
  pattern: new RegExp(
    `^${route.template
      .split(/\{\w+\}/)
      .map(quote)
      .join('([^/]+?)')}$`,
    'i',
  ),
}));

/** The route of a request and what its braces stand for; undefined when there is none. */
export function findRoute(request: GraphRequest): { route: GraphRoute; params: string[] } | undefined {
  // `/delta()` and `/microsoft.graph.delta()` are the same function: https://learn.microsoft.com/graph/delta-query-overview
  const path = request.path.replace(/\/(?:microsoft\.graph\.)?delta(?:\(\))?$/, '/delta');
  for (const route of routes) {
    if (route.method !== request.method) continue;
    const match = route.pattern.exec(path);
    if (match !== null) return { route, params: match.slice(1).map(decode) };
  }
  return undefined;
}

/** Answers a request on its route. @throws GraphError */
export function answerRoute(
  core: GraphCore,
  found: { route: GraphRoute; params: string[] } | undefined,
  request: GraphRequest,
  view: DirectoryState,
): GraphAnswer | Promise<GraphAnswer> {
  if (found === undefined) {
    const segment = request.path.split('/').at(-1) ?? '';
    if (routes.some((route) => route.pattern.test(request.path)))
      throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
    throw new GraphError(400, 'BadRequest', `Resource not found for the segment '${segment}'.`);
  }
  const { route, params } = found;
  if (route.permissions.length > 0 && !isGranted(core, route.permissions)) {
    const { code, message } = route.denial ?? {
      code: 'Authorization_RequestDenied',
      message: 'Insufficient privileges to complete the operation.',
    };
    throw new GraphError(403, code, message);
  }
  return route.handle({ core, request, params, view, options: readQuery(request.query) });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GraphError(400, 'BadRequest', 'The request URI is not valid.');
  }
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
