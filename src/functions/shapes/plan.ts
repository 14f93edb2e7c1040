import { z } from 'zod';
import { REMOVAL_KINDS } from '../../core/brake';
import { DRIFT_CODES } from '../../core/drift';
import { PLAN_KINDS } from '../../ports/plan-store';
import { MAX_OBJECTS, ObjectKey } from './holds';
import { count, flag, instant, named, text } from './kit';
import { IdentityType, ModifiedProperty } from './logs';

const Removal = z.enum(REMOVAL_KINDS);

/** What to plan. */
export const PlanRequest = named(
  'PlanRequest',
  z.strictObject({
    schema: z.record(z.string(), z.unknown()).describe('Another synchronizationSchema to plan with.').optional(),
    drift: z
      .literal(true)
      .describe('Compare every linked account and group with what Entra ID says, in place of planning a cycle.')
      .optional(),
    schemaVersion: count.describe('A stored version of the mappings to plan with; 0 is the file.').optional(),
    undo: z.guid().describe('The id of a cycle: plan the way back from what it did, from the log.').optional(),
    objects: z.array(ObjectKey).min(1).max(MAX_OBJECTS).describe('Only these objects of that cycle; with `undo`.').optional(),
  }),
);

/** Objects that can be named in one request. */
export const MAX_CHOSEN = 500;

/** What to apply. */
export const PlanApplyRequest = named(
  'PlanApplyRequest',
  z.strictObject({
    allowDeletes: flag.optional(),
    only: z
      .array(z.guid())
      .min(1)
      .max(MAX_CHOSEN)
      .describe('Entra object ids: these objects of the plan alone; without it all of them.')
      .optional(),
  }),
);

/** What a plan says of one object. */
export const PlanObject = named(
  'PlanObject',
  z.object({
    sourceIdentity: z.object({ id: text, displayName: text, identityType: IdentityType }),
    targetIdentity: z.object({ id: text.describe('Empty while there is none.') }),
    outcome: z.enum(['planned', 'unchanged', 'skipped', 'failed']),
    provisioningAction: text.describe('What would be done, as in the log.'),
    heldByBrake: flag.describe('A cycle would hold it.'),
    modifiedProperties: z.array(ModifiedProperty),
    reason: text,
    code: text.nullable().describe('The skip reason or error code.'),
    warnings: z.array(text),
    drift: z
      .object({
        codes: z.array(z.enum(DRIFT_CODES)).describe('What was found, the gravest first; `code` is the first.'),
        lastChangedDateTime: instant
          .nullable()
          .describe('When Zendesk last changed the object, by whomever; addresses and members do not move it.'),
        reported: z
          .array(ModifiedProperty)
          .describe('What is reported and never written: `oldValue` as Zendesk has it, `newValue` as Entra ID says.'),
      })
      .describe('What was found in Zendesk; only in a plan of kind `drift`.')
      .optional(),
    removal: z.object({ kind: Removal, count: count.describe('Members of a group, else 1.') }).nullable(),
    applied: z.enum(['enqueued', 'refused', 'held']).nullable(),
    refusal: text.nullable().describe('Why applying it was refused.'),
  }),
);

const PlanApplication = named(
  'PlanApplication',
  z.object({
    cycleId: text.describe('The cycle under which it is carried out.'),
    startedDateTime: instant,
    completedDateTime: instant.nullable(),
    enqueued: count,
    refused: count,
    held: count,
  }),
);

/** A plan without its objects. */
export const PlanHead = z.object({
  id: text,
  kind: z
    .enum(PLAN_KINDS)
    .describe('`cycle`: what a cycle would do. `undo`: the way back from one. `drift`: what was changed in Zendesk.'),
  undoes: text.nullable().describe('The cycle that is taken back; only for kind `undo`.'),
  status: z.enum(['planning', 'planned', 'failed', 'applying', 'applied']),
  createdDateTime: instant,
  createdBy: text.describe('Who asked for it.'),
  expiresDateTime: instant.describe('After it the plan can no longer be applied.'),
  completedDateTime: instant.nullable(),
  schema: z.object({
    hash: text,
    isInForce: flag,
    schemaVersion: count.nullable().describe('Null: the mappings were sent with the request.'),
  }),
  progress: z.object({
    phase: z.enum(['copy', 'import', 'objects', 'done']),
    step: text.nullable(),
    imported: count,
    objects: count.describe('Objects looked at.'),
  }),
  counts: z
    .record(z.string(), count)
    .describe(
      'Planned objects by action, and `unchanged`, `skipped`, `failed`; of a plan of kind `drift` also `reported` (differs, never written) and `waiting` (left to cycles).',
    ),
  removals: z.partialRecord(Removal, count).describe('By kind of removal.'),
  heldByBrake: z
    .array(z.object({ kind: Removal, count, reason: text }))
    .describe('What is above the threshold: applying then needs `allowDeletes`.'),
  seats: z
    .object({
      bought: count.nullable().describe('`AGENT_SEATS`; null while it is not set.'),
      before: count.describe('Held by agents and admins when the objects began to be planned.'),
      free: count.nullable(),
      needed: count.describe('Taken by the plan, `missing` included.'),
      freed: count.describe('Given back by the plan.'),
      missing: count.describe(
        'Objects for whom none is left, in the order of their ids: they wait with the code `AwaitingSeat`.',
      ),
      after: z.int().describe('Held once it is carried out.'),
    })
    .nullable()
    .describe('Agent seats; null in plans of kind `undo` and `drift`, and before the objects are planned.'),
  error: z.object({ code: text, message: text }).nullable().describe('Why the work stopped, or stands still for now.'),
  apply: PlanApplication.nullable(),
});

/** A plan. */
export const Plan = named(
  'Plan',
  PlanHead.extend({
    value: z.array(PlanObject).describe('Object by object; only in responses to GET.').optional(),
    refused: z
      .array(PlanObject)
      .describe('What has changed since, or is held; only in responses to applying. The first 1,000 objects.')
      .optional(),
    '@odata.nextLink': text.optional(),
  }),
);
