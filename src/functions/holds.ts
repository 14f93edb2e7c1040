import { z } from 'zod';
import { type ObjectType, sourceId } from '../core/model';
import { type HoldChoice, listHolds, releaseHolds } from '../engine/undo/holds';
import type { Hold as HeldObject } from '../ports/hold-store';
import type { ObjectKey } from '../ports/stored';
import { endpoint } from './endpoint';
import { type Body, respond } from './http';
import { operatorOf } from './operator';
import { badParameter } from './read-query';
import { badRequest } from './request-faults';
import { type Hold, Holds, HoldsReleased, HoldsReleaseRequest } from './shapes/holds';
import { jsonDoc } from './shapes/kit';

const MAX_PAGE = 1_000;

/** `GET /api/holds`: what cycles leave alone, because an operator has taken it back. */
export const makeHolds = endpoint(
  {
    tag: 'provisioning',
    summary: 'Objects that operators hold',
    description: 'What cycles leave alone until it changes in Entra ID or is released: by whom, since when, by which plan.',
    query: z.strictObject({
      $top: z.coerce.number().int().min(1).max(MAX_PAGE).default(100).describe('Objects on a page.'),
      $skiptoken: z.string().optional().describe('Where to continue; opaque.'),
    }),
    answers: { 200: jsonDoc('What is held.', Holds) },
    problems: [400, 503],
  },
  async ({ deps }, { query: { $top: top, $skiptoken } }) => {
    const { holds, next } = await listHolds(deps, top, $skiptoken === undefined ? undefined : keyIn($skiptoken));
    const rest = next && new URLSearchParams({ $top: String(top), $skiptoken: `${next.type}.${next.id}` });
    return respond(Holds, { value: holds.map(holdBody), ...(rest && { '@odata.nextLink': `/api/holds?${rest}` }) });
  },
);

function keyIn(mark: string): ObjectKey {
  const [, type, id] = /^(user|group)\.([\da-f-]{36})$/.exec(mark) ?? [];
  if (!type || !id) throw badParameter('$skiptoken', 'did not come from this list; ask for the first page again');
  return { type: type as ObjectType, id: sourceId(id) };
}

/** A hold as JSON. */
export const holdBody = ({ key, name, heldBy, heldAt, planId, cycleId, way }: HeldObject): Body<typeof Hold> => ({
  sourceIdentity: { id: key.id, displayName: name, identityType: key.type === 'user' ? 'User' : 'Group' },
  heldBy: heldBy.displayName || heldBy.id,
  heldSinceDateTime: heldAt,
  planId,
  cycleId,
  isTakenBack: way === null,
});

/** `POST /api/job/holds/release`: cycles follow the objects again. */
export const makeJobReleaseHolds = endpoint(
  {
    tag: 'job',
    summary: 'Release objects that operators hold',
    description:
      'Cycles follow them again, the next one first of all; what they then lose is counted by the brake. Send `all`, `planId` or `objects`.',
    body: HoldsReleaseRequest,
    example: { all: true },
    answers: { 200: jsonDoc('How many were held.', HoldsReleased) },
    problems: [400, 503],
  },
  async (app, { body, request }) => {
    const released = await releaseHolds(app.deps, operatorOf(app, request), choiceOf(body));
    return respond(HoldsReleased, { released });
  },
);

function choiceOf({ all, planId, objects }: z.infer<typeof HoldsReleaseRequest>): HoldChoice {
  if ([all, planId, objects].filter((one) => one !== undefined).length !== 1) {
    throw badRequest([{ pointer: '#', detail: 'say which: exactly one of all, planId and objects' }]);
  }
  if (planId !== undefined) return { kind: 'plan', planId: planId.toLowerCase() };
  return objects ? { kind: 'objects', keys: objects.map(({ type, id }) => ({ type, id: sourceId(id) })) } : { kind: 'all' };
}
