import { jsonAnswer, type RouteDoc, ref } from './route';

const etag = { ETag: { description: 'Changes with the content.', schema: { type: 'string' } } };

/** The mappings in force, and trying expressions and filters before they are. */
export const SCHEMA_ROUTES: readonly RouteDoc[] = [
  {
    functionName: 'schema',
    method: 'GET',
    route: 'schema',
    authLevel: 'function',
    tag: 'schema',
    summary: 'The schema in force',
    description: "Graph's `synchronizationSchema`, with what of it has no meaning for Zendesk (`ignored`) and its `hash`.",
    parameters: [
      { name: 'If-None-Match', in: 'header', description: 'The ETag that is known already.', schema: { type: 'string' } },
    ],
    answers: {
      200: { ...jsonAnswer('The schema.', ref('SynchronizationSchema')), headers: etag },
      304: { description: 'It is as it was.', headers: etag },
    },
    problems: [503],
  },
  {
    functionName: 'parseExpression',
    method: 'POST',
    route: 'schema/parse-expression',
    authLevel: 'function',
    tag: 'schema',
    summary: 'Try an expression',
    description:
      "Graph's `parseExpression`: on a test object, or with `sourceId` on a real user of Entra ID. An expression that cannot be parsed or " +
      'evaluated is answered with 200 and an `error` that says what, where and what to do. Never writes.',
    body: {
      schema: ref('ParseExpressionRequest'),
      example: {
        expression: 'Join(" ", [givenName], [surname])',
        targetAttributeDefinition: null,
        testInputObject: { definition: null, properties: [{ key: 'givenName', value: 'Ann' }] },
      },
    },
    answers: { 200: jsonAnswer('What became of it.', ref('ParseExpressionResponse')) },
    problems: [400, 502, 503],
  },
  {
    functionName: 'evaluateFilter',
    method: 'POST',
    route: 'schema/evaluate-filter',
    authLevel: 'function',
    tag: 'schema',
    summary: 'Try a scoping filter',
    description: 'Would this object, or this real user (`sourceId`), pass, and which clause decided. Never writes.',
    body: {
      schema: ref('EvaluateFilterRequest'),
      example: {
        filter: {
          groups: [
            { clauses: [{ sourceOperandName: 'department', operatorName: 'EQUALS', targetOperand: { values: ['Sales'] } }] },
          ],
        },
        testInputObject: { properties: [{ key: 'department', value: 'Sales' }] },
      },
    },
    answers: { 200: jsonAnswer('The decision.', ref('EvaluateFilterResponse')) },
    problems: [400, 404, 502, 503],
  },
];
