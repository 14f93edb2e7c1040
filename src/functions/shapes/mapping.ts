import { z } from 'zod';
import type { GraphMappingSource } from '../../core/expression/syntax-graph';
import { count, flag, instant, named, text } from './kit';

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

/** The longest reason. */
export const MAX_WHY = 500;

const Ignored = z.object({ name: text, path: text, reason: text });

/** A mapping file. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema */
export const SynchronizationSchemaFile = named(
  'SynchronizationSchemaFile',
  z.looseObject({ synchronizationRules: z.array(z.record(z.string(), z.unknown())) }),
);

/** The active schema. @see https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationschema */
export const SynchronizationSchema = named(
  'SynchronizationSchema',
  z.object({
    synchronizationRules: z.array(z.record(z.string(), z.unknown())),
    hash: text.describe('Stands for everything that decides what is written.'),
    ignored: z.array(Ignored),
    schemaVersion: count.describe('0 is the file that PROVISIONING_SCHEMA names.').optional(),
  }),
);

/** What is stored of a version, and how it stands. */
const SchemaVersion = named(
  'SchemaVersion',
  z.object({
    schemaVersion: count.describe('0 is the file that PROVISIONING_SCHEMA names.'),
    hash: text,
    storedDateTime: instant.nullable().describe('Null for the file.'),
    storedBy: text.nullable(),
    storedById: text.nullable().describe('The object id of the person; empty for a program.'),
    why: text,
    length: count.nullable().describe('Of its text, in UTF-16 units.'),
    isActive: flag.describe('The next cycle begins with it.'),
    activatedDateTime: instant.nullable().describe('Null while it is not active, and for the file that nobody has activated.'),
    activatedBy: text.nullable(),
    activationReason: text,
    isInUse: flag.describe('Work items use it.'),
  }),
);

/** Every version. */
export const SchemaVersions = named(
  'SchemaVersions',
  z.object({
    value: z.array(SchemaVersion).describe('The newest first; the file last.'),
    activeVersion: count.describe('What the next cycle begins with.'),
    versionInUse: count.describe('What work items use: that of the last cycle that has read what it needs.'),
    hasFileChanged: flag.describe('The file was changed while another version is active: the change has no effect.'),
  }),
);

/** A version with its text. */
export const SchemaVersionRead = named(
  'SchemaVersionRead',
  SchemaVersion.extend({ ignored: z.array(Ignored), schema: SynchronizationSchemaFile }),
);

/** What became of mappings that were stored. */
export const SchemaStored = named(
  'SchemaStored',
  z.object({
    schemaVersion: count,
    hash: text,
    isNew: flag.describe('False: the same text was stored already.'),
    ignored: z.array(Ignored),
  }),
);

/** In what two versions differ. */
export const SchemaDifferences = named(
  'SchemaDifferences',
  z.object({
    from: count,
    to: count,
    value: z.array(
      z.object({
        objectType: z.enum(['user', 'group']),
        about: z.enum(['mapping', 'actions', 'scope', 'matching', 'attribute']),
        change: z.enum(['added', 'removed', 'changed']),
        attribute: text.nullable().describe('The Zendesk attribute.'),
        property: text,
        before: text.nullable(),
        after: text.nullable(),
        text: text.describe('All of it in one sentence.'),
      }),
    ),
  }),
);

/** Activates a version. */
export const SchemaActivateRequest = named(
  'SchemaActivateRequest',
  z.strictObject({
    why: z.string().trim().max(MAX_WHY).default('').describe('For the list of versions and the log.'),
    planId: z.guid().optional().describe('The newest plan of this version; needed where it removes anything.'),
    allowDeletes: flag.optional().describe('True: the removals of that plan were looked at. The brake still counts them.'),
    replaces: count.optional().describe('The version that should be active now; with another one nothing is changed.'),
  }),
);

/** What is active afterwards. */
export const SchemaActivated = named(
  'SchemaActivated',
  z.object({
    schemaVersion: count,
    hash: text,
    changed: flag.describe('False: it was active already.'),
    activatedDateTime: instant.nullable(),
    versionInUse: count.describe('What work items use until the next cycle has read what the new version needs.'),
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
