import { sentence } from '../core/advice';
import { unknownAttribute } from '../core/schema/source-attributes';
import type { EngineDeps } from '../engine/deps';
import { madeUpObject, readTestObject } from '../engine/queries/test-object';
import { type ExpressionTrial, type TrialInput, tryExpression } from '../engine/queries/try-expression';
import { endpoint } from './endpoint';
import { type Body, respond } from './http';
import { jsonDoc } from './shapes/kit';
import { ParseExpressionRequest, ParseExpressionResponse } from './shapes/mapping';
import { readTestInput, type TestInput } from './test-input';

/**
 * `POST /api/schema/parse-expression`: tries an expression on a test object or on a real user (`sourceId`), in the shape of Graph's
 * `parseExpression`. What cannot be parsed or evaluated is a result, not an error of HTTP. Never writes.
 * @see https://learn.microsoft.com/graph/api/synchronization-synchronizationschema-parseexpression
 */
export const makeParseExpression = endpoint(
  {
    tag: 'schema',
    summary: 'Try an expression',
    description:
      "Graph's `parseExpression`: on a test object, or with `sourceId` on a real user of Entra ID. For an expression that cannot be parsed or " +
      'evaluated the status is 200 too, with an `error` that says what, where and what to do. Never writes.',
    body: ParseExpressionRequest,
    example: {
      expression: 'Join(" ", [givenName], [surname])',
      targetAttributeDefinition: null,
      testInputObject: { definition: null, properties: [{ key: 'givenName', value: 'Ann' }] },
    },
    answers: { 200: jsonDoc('The result.', ParseExpressionResponse) },
    problems: [400, 502, 503],
  },
  async ({ deps }, { body }) =>
    respond(ParseExpressionResponse, bodyOf(await tryExpression(deps, body.expression, inputOf(deps, readTestInput(body))))),
);

function inputOf(deps: EngineDeps, input: TestInput): TrialInput {
  if (input.kind === 'user')
    return { object: (attributes) => readTestObject(deps, 'user', input.name, attributes), refuse: refuseUnknownToEntra };
  const { values, known } = input;
  return {
    object: async () => ({ kind: 'found', object: madeUpObject(values) }),
    ...(known && { refuse: (attributes: readonly string[]) => refuseUndefined(attributes, known) }),
  };
}

/** A real user has the attributes that a mapping may name, and a mistyped one must not pass for an empty one. */
function refuseUnknownToEntra(attributes: readonly string[]): string | undefined {
  const reasons = attributes.flatMap((name) => unknownAttribute('user', name) ?? []);
  return reasons.length === 0 ? undefined : reasons.map(sentence).join(' ');
}

function refuseUndefined(attributes: readonly string[], known: readonly string[]): string | undefined {
  const unknown = attributes.filter((name) => !known.includes(name)).map((name) => `[${name}]`);
  if (unknown.length === 0) return undefined;
  return `The definition of the test object has no ${unknown.join(', ')}; it has: ${known.join(', ')}.`;
}

/** @see https://learn.microsoft.com/graph/api/resources/synchronization-parseexpressionresponse */
function bodyOf(trial: ExpressionTrial): Body<typeof ParseExpressionResponse> {
  return {
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.parseExpressionResponse',
    parsingSucceeded: trial.kind !== 'notParsed',
    parsedExpression: trial.kind === 'notParsed' ? null : trial.source,
    evaluationSucceeded: trial.kind === 'evaluated',
    evaluationResult: trial.kind === 'evaluated' ? trial.result : [],
    error: trial.kind === 'evaluated' ? null : errorOf(trial),
  };
}

const errorOf = (trial: Exclude<ExpressionTrial, { kind: 'evaluated' }>) => ({
  code: trial.code,
  message: trial.message,
  ...(trial.kind === 'notParsed' && trial.problems.length > 0 && { details: trial.problems }),
});
