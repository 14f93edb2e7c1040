import { z } from 'zod';
import type { GraphMappingSource } from '../../core/expression/syntax-graph';
import { count, flag, named, text } from './kit';

/** More than any directory object has; keeps a try-out small. */
const MAX_PROPERTIES = 1_000;
const MAX_NAME = 320;

const single = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const tristate = z.union([z.boolean(), z.literal('unknown')]);

/** An object that is made up. @see https://learn.microsoft.com/graph/api/resources/synchronization-expressioninputobject */
const ExpressionInputObject = named(
  'ExpressionInputObject',
  z.looseObject({
    definition: z
      .looseObject({ attributes: z.array(z.looseObject({ name: text })).nullish() })
      .nullish()
      .describe('Null: any attribute name is accepted.'),
    properties: z
      .array(z.looseObject({ key: text, value: z.union([single, z.array(single)]).optional() }))
      .max(MAX_PROPERTIES)
      .nullish(),
  }),
);

/** What to try on: an object made up, or a real user. */
export const TestSubject = z.looseObject({
  testInputObject: ExpressionInputObject.nullish(),
  sourceId: z
    .string()
    .trim()
    .min(1)
    .max(MAX_NAME)
    .nullish()
    .describe('Instead of a test object: a real user, by Entra object id, UPN or e-mail.'),
});

/** The schema in force. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema */
export const SynchronizationSchema = named(
  'SynchronizationSchema',
  z.object({
    synchronizationRules: z.array(z.record(z.string(), z.unknown())),
    hash: text.describe('Stands for everything that decides what is written.'),
    ignored: z.array(z.object({ name: text, path: text, reason: text })),
  }),
);

/** An expression to try. */
export const ParseExpressionRequest = named(
  'ParseExpressionRequest',
  TestSubject.extend({ expression: text, targetAttributeDefinition: z.record(z.string(), z.unknown()).nullish() }),
);

const AttributeMappingSource: z.ZodType<GraphMappingSource> = named(
  'AttributeMappingSource',
  z.object({
    expression: text,
    name: text,
    type: z.enum(['Attribute', 'Constant', 'Function']),
    parameters: z.array(z.object({ key: text, value: z.lazy(() => AttributeMappingSource) })),
  }),
);

/** What became of an expression. @see https://learn.microsoft.com/graph/api/resources/synchronization-parseexpressionresponse */
export const ParseExpressionResponse = named(
  'ParseExpressionResponse',
  z.object({
    '@odata.context': text,
    parsingSucceeded: flag,
    parsedExpression: AttributeMappingSource.nullable(),
    evaluationSucceeded: flag,
    evaluationResult: z
      .array(text)
      .describe('Empty: no value, or the attribute is dropped from the flow. Booleans are True and False.'),
    error: z
      .object({
        code: text.describe(
          'InvalidExpression, AttributeNotDefined, SourceObjectNotFound, SourceObjectUnreadable or EvaluationFailed.',
        ),
        message: text,
        details: z
          .array(z.object({ message: text, offset: count, line: count, column: count, hint: text.optional() }))
          .optional(),
      })
      .nullable(),
  }),
);

/** A scoping filter; what of it is wrong is told by the compiler of filters, which knows every operator. */
const Filter = named(
  'Filter',
  z.looseObject({
    groups: z
      .array(
        z.looseObject({
          clauses: z
            .array(
              z.looseObject({
                sourceOperandName: text.nullish(),
                operatorName: text.nullish(),
                targetOperand: z
                  .looseObject({ values: z.array(z.union([z.string(), z.number(), z.boolean()])).nullish() })
                  .nullish(),
              }),
            )
            .nullish(),
        }),
      )
      .nullish(),
  }),
);

/** A filter to try. */
export const EvaluateFilterRequest = named('EvaluateFilterRequest', TestSubject.extend({ filter: Filter.nullable() }));

/** Whether the object passes. */
export const EvaluateFilterResponse = named(
  'EvaluateFilterResponse',
  z.object({
    inScope: tristate,
    clauses: z.array(z.object({ groupIndex: count, clauseIndex: count, result: tristate, reason: text })),
  }),
);
