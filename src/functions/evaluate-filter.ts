import { sentence } from '../core/advice';
import { UnavailableError } from '../core/errors';
import { type CompiledFilter, compileFilter, evaluateFilter } from '../core/filter';
import { unknownAttribute } from '../core/schema/source-attributes';
import type { EngineDeps } from '../engine/deps';
import { madeUpObject, readTestObject, type TestObject } from '../engine/queries/test-object';
import { NOT_FOUND } from '../engine/queries/try-expression';
import { endpoint } from './endpoint';
import { RequestProblem, respond } from './http';
import { badRequest, pointerWithin } from './request-faults';
import { jsonDoc } from './shapes/kit';
import { EvaluateFilterRequest, EvaluateFilterResponse } from './shapes/mapping';
import { readTestInput, type TestInput } from './test-input';

/**
 * `POST /api/schema/evaluate-filter`: would this object pass this scoping filter, and which clause decided. `inScope` and `result` are
 * "unknown" where a membership is asked for that is not known: give the object's group ids as its property `memberOf`. Never writes.
 */
export const makeEvaluateFilter = endpoint(
  {
    tag: 'schema',
    summary: 'Try a scoping filter',
    description: 'Would this object, or this real user (`sourceId`), pass, and which clause decided. Never writes.',
    body: EvaluateFilterRequest,
    example: {
      filter: {
        groups: [
          { clauses: [{ sourceOperandName: 'department', operatorName: 'EQUALS', targetOperand: { values: ['Sales'] } }] },
        ],
      },
      testInputObject: { properties: [{ key: 'department', value: 'Sales' }] },
    },
    answers: { 200: jsonDoc('The decision.', EvaluateFilterResponse) },
    problems: [400, 404, 502, 503],
  },
  async ({ deps }, { body }) => {
    const filter = readFilter(body.filter);
    return respond(EvaluateFilterResponse, evaluateFilter(filter, await objectOf(deps, filter, readTestInput(body))));
  },
);

function readFilter(value: unknown): CompiledFilter {
  const compiled = compileFilter(value);
  if (compiled.ok) return compiled.filter;
  const errors = compiled.problems.map(({ path, message }) => ({
    pointer: pointerWithin(['filter'], path),
    detail: message,
  }));
  throw badRequest(errors);
}

async function objectOf(deps: EngineDeps, filter: CompiledFilter, input: TestInput): Promise<TestObject> {
  if (input.kind === 'values') return madeUpObject(input.values);
  const unknown = filter.attributes.flatMap((name) => unknownAttribute('user', name) ?? []);
  if (unknown.length > 0) throw badRequest(unknown.map((detail) => ({ pointer: '#/filter', detail: sentence(detail) })));
  const read = await readTestObject(deps, 'user', input.name, filter.attributes);
  if (read.kind === 'found') return read.object;
  if (read.kind === 'unknown') throw new UnavailableError('source', `The user could not be read from Entra ID: ${read.reason}`);
  const reason = NOT_FOUND.user;
  throw new RequestProblem('NotFound', reason, [{ pointer: '#/sourceId', detail: reason }]);
}
