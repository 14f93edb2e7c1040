import { z } from 'zod';
import { count, flag, instant, named, text } from './kit';

/** Names an object by its Entra id. */
export const ObjectKey = z.strictObject({
  type: z.enum(['user', 'group']),
  id: z.guid().transform((id) => id.toLowerCase()),
});

/** Objects of one request: more than anybody ticks. */
export const MAX_OBJECTS = 1_000;

/** One object that is held. */
export const Hold = named(
  'Hold',
  z.object({
    sourceIdentity: z.object({ id: text, displayName: text, identityType: z.enum(['User', 'Group']) }),
    heldBy: text.describe('Who decided it.'),
    heldSinceDateTime: instant,
    planId: text.describe('The plan that took it back; empty where a held removal was dropped with `hold`.'),
    cycleId: text.describe('The cycle under which it was taken back, or which held the removal.'),
    isTakenBack: flag.describe('False while that has not been carried out yet.'),
  }),
);

/** What is held. */
export const Holds = named('Holds', z.object({ value: z.array(Hold), '@odata.nextLink': text.optional() }));

/** What to release: exactly one of the three. */
export const HoldsReleaseRequest = named(
  'HoldsReleaseRequest',
  z.strictObject({
    all: z.literal(true).describe('Everything that is held.').optional(),
    planId: z.guid().describe('What this plan holds.').optional(),
    objects: z.array(ObjectKey).min(1).max(MAX_OBJECTS).describe('These objects.').optional(),
  }),
);

/** What was released. */
export const HoldsReleased = named('HoldsReleased', z.object({ released: count }));
