import type { HttpRequest } from '@azure/functions';
import { nearest } from '../core/expression/suggest';
import { RequestProblem } from './http';

/** Parameters that belong to the platform: the function key and its client id. */
const OF_THE_PLATFORM = ['code', 'clientId'];

/** A refusal of a parameter of the query. */
export const badParameter = (name: string, detail: string, more: { offset?: number; allowed?: readonly string[] } = {}) =>
  new RequestProblem('BadRequest', `${name}: ${detail}${more.allowed ? ` Allowed: ${more.allowed.join(', ')}.` : ''}`, [
    { pointer: name, detail, ...more },
  ]);

/**
 * The parameters of a query, each given once. A name that is not known is refused, because leaving out a mistyped filter would
 * answer another question. @throws RequestProblem
 */
export function readQuery<Name extends string>(
  request: HttpRequest,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const found: Partial<Record<Name, string>> = Object.create(null);
  for (const name of new Set(request.query.keys())) {
    if (OF_THE_PLATFORM.includes(name)) continue;
    const one = known.find((candidate) => candidate === name);
    if (one === undefined) {
      const near = nearest(name, known);
      throw badParameter(name.slice(0, 64), `no such parameter${near ? `; did you mean ${near}?` : '.'}`, { allowed: known });
    }
    const values = request.query.getAll(name);
    if (values.length > 1) throw badParameter(name, 'given more than once.');
    found[one] = values[0] ?? '';
  }
  return found;
}

/** The value, if it is one of those allowed; undefined when not given. @throws RequestProblem */
export function oneOf<Value extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly Value[],
): Value | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw badParameter(name, `there is no ${JSON.stringify(text.slice(0, 64))}.`, { allowed });
  return found;
}
