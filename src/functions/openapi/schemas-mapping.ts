import { type Json, ref } from './route';
import { COUNT, FLAG, listOf, object, oneOf, TEXT, TEXT_OR_NULL } from './schema-kit';

const VALUE: Json = { type: ['string', 'number', 'boolean', 'null'] };
const TRISTATE: Json = { enum: [true, false, 'unknown'] };

const SUBJECT: Readonly<Record<string, Json>> = {
  testInputObject: { anyOf: [ref('ExpressionInputObject'), { type: 'null' }] },
  sourceId: { ...TEXT_OR_NULL, description: 'Instead of a test object: a real user, by Entra object id, UPN or e-mail.' },
};

/** Schema, expressions and filters. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema */
export const MAPPING_SCHEMAS: Readonly<Record<string, Json>> = {
  SynchronizationSchema: object({
    synchronizationRules: listOf({ type: 'object' }),
    hash: { ...TEXT, description: 'Stands for everything that decides what is written.' },
    ignored: listOf(object({ name: TEXT, path: TEXT, reason: TEXT })),
  }),
  ExpressionInputObject: object(
    {
      definition: {
        anyOf: [
          object({ attributes: { type: ['array', 'null'], items: object({ name: TEXT }) } }, 'attributes'),
          { type: 'null' },
        ],
        description: 'Null: any attribute name is accepted.',
      },
      properties: {
        type: ['array', 'null'],
        maxItems: 1_000,
        items: object({ key: TEXT, value: { anyOf: [VALUE, listOf(VALUE)] } }, 'value'),
      },
    },
    'definition',
    'properties',
  ),
  ParseExpressionRequest: object(
    { expression: TEXT, targetAttributeDefinition: { type: ['object', 'null'] }, ...SUBJECT },
    'targetAttributeDefinition',
    'testInputObject',
    'sourceId',
  ),
  ParseExpressionResponse: object({
    '@odata.context': TEXT,
    parsingSucceeded: FLAG,
    parsedExpression: { anyOf: [ref('AttributeMappingSource'), { type: 'null' }] },
    evaluationSucceeded: FLAG,
    evaluationResult: {
      ...listOf(TEXT),
      description: 'Empty: no value, or the attribute is dropped from the flow. Booleans are True and False.',
    },
    error: {
      anyOf: [
        object(
          {
            code: oneOf(
              'InvalidExpression',
              'AttributeNotDefined',
              'SourceObjectNotFound',
              'SourceObjectUnreadable',
              'EvaluationFailed',
            ),
            message: TEXT,
            details: listOf(object({ message: TEXT, offset: COUNT, line: COUNT, column: COUNT, hint: TEXT }, 'hint')),
          },
          'details',
        ),
        { type: 'null' },
      ],
    },
  }),
  AttributeMappingSource: object({
    expression: TEXT,
    name: TEXT,
    type: oneOf('Attribute', 'Constant', 'Function'),
    parameters: listOf(object({ key: TEXT, value: ref('AttributeMappingSource') })),
  }),
  Filter: object(
    {
      groups: {
        type: ['array', 'null'],
        items: object({
          clauses: {
            ...listOf(
              object(
                {
                  sourceOperandName: TEXT,
                  operatorName: TEXT,
                  targetOperand: {
                    type: ['object', 'null'],
                    properties: { values: listOf({ type: ['string', 'number', 'boolean'] }) },
                  },
                },
                'sourceOperandName',
                'targetOperand',
              ),
            ),
            minItems: 1,
          },
        }),
      },
    },
    'groups',
  ),
  EvaluateFilterRequest: object(
    { filter: { anyOf: [ref('Filter'), { type: 'null' }] }, ...SUBJECT },
    'testInputObject',
    'sourceId',
  ),
  EvaluateFilterResponse: object({
    inScope: TRISTATE,
    clauses: listOf(object({ groupIndex: COUNT, clauseIndex: COUNT, result: TRISTATE, reason: TEXT })),
  }),
};
