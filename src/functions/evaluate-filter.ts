import { z } from 'zod';
import type { App } from '../compose';
import { UnavailableError } from '../core/errors';
import { type CompiledFilter, compileFilter, evaluateFilter } from '../core/filter';
import { unknownAttribute } from '../core/schema/source-attributes';
import type { EngineDeps } from '../engine/deps';
import { madeUpObject, readTestUser, type TestObject } from '../engine/queries/test-object';
import { configuredHttp, type Handler, json, RequestProblem, readJson } from './http';
import { readBody, readTestInput, type TestInput, testSubject } from './test-input';

const shape = z.looseObject({ filter: z.unknown(), ...testSubject });

/**
 * `POST /api/schema/evaluate-filter`: would this object pass this scoping filter, and which clause decided. `inScope` and `result` are
 * "unknown" where a membership is asked for that is not known: give the object's group ids as its property `memberOf`. Never writes.
 */
export const makeEvaluateFilter = (getApp: () => App): Handler =>
  configuredHttp(getApp, async ({ deps }, request) => {
    const body = readBody(shape, await readJson(request));
    const filter = readFilter(body.filter);
    return json(evaluateFilter(filter, await objectOf(deps, filter, readTestInput(body))));
  });

function readFilter(value: unknown): CompiledFilter {
  if (value === undefined)
    throw new RequestProblem('BadRequest', 'The body has no `filter`.', [{ pointer: '#/filter', detail: 'is missing' }]);
  const compiled = compileFilter(value);
  if (compiled.ok) return compiled.filter;
  const errors = compiled.problems.map(({ path, message }) => ({
    pointer: `#/filter${path === '' ? '' : `/${path.replaceAll(/\[(\d+)\]/g, '/$1').replaceAll('.', '/')}`}`,
    detail: message,
  }));
  throw new RequestProblem('BadRequest', 'The filter cannot be used.', errors);
}

async function objectOf(deps: EngineDeps, filter: CompiledFilter, input: TestInput): Promise<TestObject> {
  if (input.kind === 'values') return madeUpObject(input.values);
  const unknown = filter.attributes.flatMap((name) => unknownAttribute('user', name) ?? []);
  if (unknown.length > 0)
    throw new RequestProblem('BadRequest', `${unknown.join('. ')}.`, [{ pointer: '#/filter', detail: unknown.join('. ') }]);
  const read = await readTestUser(deps, input.name, filter.attributes);
  if (read.kind === 'found') return read.object;
  if (read.kind === 'unknown') throw new UnavailableError('source', `The user could not be read from Entra ID: ${read.reason}`);
  const reason = 'Entra ID has no such user; give an object id, UPN or e-mail.';
  throw new RequestProblem('NotFound', reason, [{ pointer: '#/sourceId', detail: reason }]);
}
