import { z } from 'zod';
import { REMOVAL_KINDS } from '../../core/brake';
import { count, flag, instant, named, text } from './kit';

/** What is wrong with a setting. */
export const SettingFault = named('SettingFault', z.object({ setting: text, problem: text }));

/** Why something failed and what to do. */
export const ErrorInformation = named(
  'ErrorInformation',
  z.object({
    errorCode: text,
    reason: text,
    additionalDetails: text.nullable(),
    errorCategory: z.enum(['failure', 'nonServiceFailure', 'success']),
    recommendedAction: text,
  }),
);

const ObjectKey = named('ObjectKey', z.object({ type: z.enum(['user', 'group']), id: text }));

/** A failure that is stored and tried again. */
export const Escrow = named(
  'Escrow',
  z.object({
    key: ObjectKey,
    firstFailedAt: instant,
    lastFailedAt: instant,
    attempts: count,
    nextAttemptAt: instant.nullable().describe('Null: tried again only after a change at the source, or when an operator asks.'),
    code: text,
    reason: text,
    detail: text.describe("Zendesk's own words, redacted, where it said any.").optional(),
    recommendedAction: text,
    cycleId: text,
    changeId: text,
    isTransient: flag,
  }),
);

/** A removal that the brake holds, or that a cycle is counting. */
export const StagedDeletion = named(
  'StagedDeletion',
  z.object({
    key: ObjectKey,
    cycleId: text,
    changeId: text,
    kind: z.enum(REMOVAL_KINDS),
    count,
    reason: text,
    state: z.enum(['candidate', 'staged', 'released']),
    stagedAt: instant,
    heldIn: text.describe('The cycle that first held it: what `job/allow-deletes` takes.').optional(),
  }),
);
