import { z } from 'zod';
import { count, flag, instant, named, text } from './kit';

const SourceGroup = z.guid().describe('The id of the group in Entra ID.');
const TargetUser = z
  .string()
  .regex(/^\d{1,20}$/, 'must be a Zendesk user id')
  .describe('The id of a user in Zendesk.');

/** What may be cleaned up. */
export const LeftOvers = named(
  'GroupCleanUp',
  z.object({
    planId: text
      .nullable()
      .describe('The comparison with Zendesk that found it; null where there is none, or it is kept no longer.'),
    comparedDateTime: instant.nullable(),
    ageInSeconds: count.nullable(),
    isComplete: flag.describe('False: there are more groups than the first 1,000.'),
    value: z.array(
      z.object({
        sourceIdentity: z.object({ id: text, displayName: text }),
        targetIdentity: z.object({ id: text }),
        isUnasked: flag.describe('This app made the group, and nothing in Entra ID asks for it any more.'),
        members: z
          .array(z.object({ id: text.describe('In Zendesk.'), displayName: text }))
          .describe('Members whom Entra ID does not have in the group; at most the first 200.'),
      }),
    ),
  }),
);

/** What to remove. */
export const CleanUpRequest = named(
  'GroupCleanUpRequest',
  z.strictObject({
    groups: z.array(SourceGroup).max(500).describe('Groups to delete in Zendesk.').optional(),
    members: z
      .array(z.strictObject({ groupId: SourceGroup, userIds: z.array(TargetUser).min(1).max(500) }))
      .max(500)
      .describe('Members to take out of groups that stay.')
      .optional(),
    confirm: z
      .int()
      .min(1)
      .describe('How many groups and members these are together, so that nobody removes more than they think.'),
    allowDeletes: flag.describe('Needed above the deletion threshold.').optional(),
  }),
);

/** What was begun. */
export const CleanUpBegun = named(
  'GroupCleanUpBegun',
  z.object({ cycleId: text.describe('Under it the log says what was removed.'), groups: count, members: count }),
);
