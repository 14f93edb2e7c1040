import { z } from 'zod';
import { count, flag, named, text } from './kit';

const JobStatus = z.enum(['Active', 'Paused', 'Quarantine']);
const Items = z.enum(['finish', 'stop']);

/** How to pause. */
export const JobPauseRequest = named('JobPauseRequest', z.strictObject({ items: Items.default('finish') }));

/** The job after a change. */
export const JobChange = named('JobChange', z.object({ status: JobStatus, changed: flag, items: Items.optional() }));

/** What to reset. @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-restart */
export const JobRestartRequest = named(
  'JobRestartRequest',
  z.strictObject({
    criteria: z.looseObject({ resetScope: z.string().max(400).default('') }).default({ resetScope: '' }),
    confirm: flag.default(false),
  }),
);

/** What was reset. */
export const JobRestart = named(
  'JobRestart',
  z.object({
    resetScope: text.describe('What was reset.'),
    isOn: flag.describe('False: PROVISIONING_STATUS is Off, and no cycle will follow.'),
    escrowsForgotten: count,
    linksCleared: count,
    deletionsReleased: count,
    leftQuarantine: flag,
  }),
);

/** How far a cycle got within the call. */
export const JobRun = named(
  'JobRun',
  z.object({
    outcome: z.enum(['completed', 'running', 'notRun']),
    cycleId: text.optional(),
    kind: z.enum(['initial', 'incremental']).optional(),
    reason: text.describe('Why it did not run.').optional(),
    objects: count.optional(),
    phase: z.enum(['assignments', 'groups', 'users', 'scoping', 'brake', 'finish']).optional(),
    next: text.describe('How it continues.').optional(),
  }),
);

/** One object by its Entra id. */
export const ObjectRequest = named(
  'ObjectRequest',
  z.strictObject({ objectType: z.enum(['user', 'group']), sourceId: z.guid() }),
);

/** A failed object that is tried again. */
export const EscrowRetry = named('EscrowRetry', z.object({ enqueued: flag, cycleId: text }));

/** Whether there was a stored failure. */
export const EscrowForgotten = named('EscrowForgotten', z.object({ forgotten: flag }));

/** Which object it was linked to. */
export const Unlinked = named('Unlinked', z.object({ unlinked: flag, targetId: text.nullable() }));

/** Whose held removals may go. */
export const AllowDeletesRequest = named(
  'AllowDeletesRequest',
  z.strictObject({
    cycleId: z.guid().optional(),
    only: z
      .array(z.guid())
      .min(1)
      .max(500)
      .describe('Entra object ids: of what the cycle holds, these alone; without it all of it.')
      .optional(),
  }),
);

/** Whose held removals are dropped. */
export const DropDeletesRequest = named(
  'DropDeletesRequest',
  z.strictObject({
    objects: z.array(z.guid()).min(1).max(500).describe('Entra object ids.'),
    hold: z
      .boolean()
      .default(false)
      .describe('True: cycles leave them alone, until they change in Entra ID or are released (`POST /api/job/holds/release`).'),
  }),
);

/** What was dropped. */
export const DropDeletes = named('DropDeletes', z.object({ dropped: count }));

/** Whether the test notice was sent. */
export const TestNotice = named(
  'TestNotice',
  z.object({
    isConfigured: flag.describe('False: no address and no webhook is set, so nothing was sent.'),
    problems: z.array(z.object({ channel: z.enum(['email', 'webhook']), problem: text })),
  }),
);

/** What was released. */
export const AllowDeletes = named(
  'AllowDeletes',
  z.object({
    released: count,
    cycles: z.array(
      z.object({
        stagedBy: text.describe('The cycle that had held them.'),
        cycleId: text.describe('The cycle under which they are carried out.'),
        released: count,
        kept: count.describe('Objects that could not be read just now and stay held.'),
      }),
    ),
    leftQuarantine: flag,
    status: JobStatus,
  }),
);
