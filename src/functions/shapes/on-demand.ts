import { z } from 'zod';
import { count, flag, named, text } from './kit';
import { Action, ModifiedProperty, ProvisionedIdentity, ProvisioningStatusInfo, ProvisioningStep, Status } from './logs';

/** Subjects of one call; Entra takes one user, or a group with up to five members. */
const MAX_SUBJECTS = 100;
/** Longest name or id: an e-mail address has up to 254 characters, a group's name up to 256. */
const MAX_SUBJECT_CHARS = 320;

/** Who is to be provisioned now. */
export const OnDemandRequest = named(
  'OnDemandRequest',
  z.strictObject({
    subjects: z
      .array(z.string().trim().min(1).max(MAX_SUBJECT_CHARS))
      .min(1)
      .max(MAX_SUBJECTS)
      .describe('Entra object ids, UPNs, e-mail addresses, or names of groups.'),
    dryRun: flag.default(false),
    objectType: z.enum(['user', 'group']).optional(),
  }),
);

/** One of the five steps that Entra shows for provisioning on demand. */
export const OnDemandStep = named(
  'OnDemandStep',
  z.object({
    step: z.int().min(1).max(5),
    name: z.enum(['testConnection', 'import', 'scope', 'match', 'action']),
    title: text,
    status: Status,
    description: text,
    details: z
      .record(z.string(), z.unknown())
      .describe('By the kind of step: attributes read, clauses, candidates, what was written.'),
  }),
);

const OnDemandResult = named(
  'OnDemandResult',
  z.object({
    action: Action,
    changeId: text,
    modifiedProperties: z.array(ModifiedProperty),
    provisioningSteps: z.array(ProvisioningStep),
    statusInfo: ProvisioningStatusInfo,
    skipReason: text.nullable(),
    sourceIdentity: ProvisionedIdentity,
    targetIdentity: ProvisionedIdentity,
  }),
);

/** What became of one subject. */
export const OnDemandSubject = named(
  'OnDemandSubject',
  z.object({
    subject: text.describe('As it was asked for.'),
    key: z.object({
      result: z
        .enum(['Success', 'Skipped', 'Failure', 'Enqueued', 'NotDone'])
        .describe('`Enqueued`: it did not fit into the call and is done from the queue. `NotDone`: the same of a dry run.'),
      details: z.object({ errorCode: text.nullable(), errorMessage: text, retryAfterSeconds: count.optional() }).nullable(),
    }),
    steps: z
      .array(OnDemandStep)
      .describe("The five steps of Entra's own page; the first only where it fails. Empty while it waits."),
    value: z
      .union([OnDemandResult, z.object({ changeId: text, cycleId: text }), z.null()])
      .describe('Null for a subject that was not found; two ids for one that waits.'),
  }),
);

/** What was done, or would be, for each subject. @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-provisionondemand */
export const OnDemand = named(
  'OnDemand',
  z.object({
    cycleId: text.nullable().describe('The cycle of the log entries; null for a dry run.'),
    dryRun: flag,
    heldByBrake: z.array(text).describe('Why the brake would refuse removals that were not done; empty when it would not.'),
    value: z.array(OnDemandSubject).describe('One for each subject, in their order.'),
  }),
);
