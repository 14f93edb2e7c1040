import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { type RequestFault, RequestProblem } from './http';
import { badRequest, faultsOf, unknownName } from './request-faults';

/** Parameters that belong to the platform: the function key and its client id. */
const OF_THE_PLATFORM = ['code', 'clientId'];

/** A refusal of a parameter of the query. */
export const badParameter = (name: string, detail: string, more: Pick<RequestFault, 'offset' | 'allowed'> = {}): RequestProblem =>
  badRequest([{ pointer: name, detail, ...more }]);

const nameOf = (path: readonly PropertyKey[]): string => String(path[0] ?? '');

/**
 * The parameters of a query, each given once. A name that is not known is refused, because leaving out a mistyped filter would return
 * something else than was asked for. @param nameIn the name that the shape has for one that was given @throws RequestProblem
 */
export function readQuery<Q extends z.ZodObject>(
  request: HttpRequest,
  shape: Q,
  nameIn: (name: string) => string = (name) => name,
): z.output<Q> {
  const known = Object.keys(shape.shape);
  const found: Record<string, string> = {};
  for (const [given, values] of parametersOf(request)) {
    if (OF_THE_PLATFORM.includes(given)) continue;
    const name = nameIn(given);
    if (!known.includes(name)) throw badRequest([{ pointer: given.slice(0, 64), ...unknownName(given, known, 'parameter') }]);
    if (values.length > 1 || Object.hasOwn(found, name)) throw badParameter(name, 'was given more than once');
    found[name] = values[0] ?? '';
  }
  const parsed = shape.safeParse(found);
  if (parsed.success) return parsed.data;
  throw badRequest(faultsOf(shape, found, parsed.error, nameOf));
}

/**
 * What was asked, by name. The library's own `query` is made from an object, where a name that is given twice counts once and
 * `__proto__` is lost; the address has them all.
 * @see https://github.com/Azure/azure-functions-nodejs-library/blob/v4.x/src/converters/fromRpcNullable.ts
 */
function parametersOf(request: HttpRequest): ReadonlyMap<string, readonly string[]> {
  const inAddress = new URL(request.url).searchParams;
  const names = new Set([...inAddress.keys(), ...request.query.keys()]);
  return new Map([...names].map((name) => [name, inAddress.has(name) ? inAddress.getAll(name) : request.query.getAll(name)]));
}

/** The parameters of the path. One of another form names nothing. @throws RequestProblem `NotFound` */
export function readParams<P extends z.ZodObject>(request: HttpRequest, shape: P): z.output<P> {
  const found = Object.fromEntries(Object.keys(shape.shape).map((name) => [name, request.params[name]]));
  const parsed = shape.safeParse(found);
  if (parsed.success) return parsed.data;
  const [first] = faultsOf(shape, found, parsed.error, nameOf);
  throw new RequestProblem('NotFound', `There is nothing at this address: its ${first?.pointer} ${first?.detail}.`);
}
