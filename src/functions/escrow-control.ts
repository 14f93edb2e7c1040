import { sourceId } from '../core/model';
import { forgetEscrow, retryEscrow } from '../engine/control/escrow-control';
import { unlinkOne } from '../engine/control/unlink';
import type { ObjectKey } from '../ports/stored';
import { endpoint } from './endpoint';
import { RequestProblem, respond } from './http';
import { operatorOf } from './operator';
import { EscrowForgotten, EscrowRetry, ObjectRequest, Unlinked } from './shapes/job';
import { jsonDoc } from './shapes/kit';

const keyOf = (body: { readonly objectType: 'user' | 'group'; readonly sourceId: string }): ObjectKey => ({
  type: body.objectType,
  id: sourceId(body.sourceId),
});

const example = { objectType: 'user', sourceId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1' };

/** `POST /api/job/escrows/retry`: one failed object is tried again now. */
export const makeJobRetryEscrow = endpoint(
  {
    tag: 'job',
    summary: 'Try a failed object again now',
    description: 'Enqueues one object whose failure is stored, without waiting for its next try.',
    body: ObjectRequest,
    example,
    answers: { 202: jsonDoc('It is in the queue.', EscrowRetry) },
    problems: [400, 404, 503],
  },
  async (app, { body, request }) => {
    const cycleId = await retryEscrow(app.deps, operatorOf(app, request), keyOf(body));
    if (cycleId === undefined) throw new RequestProblem('NotFound', 'There is no stored failure of this object.');
    return respond(EscrowRetry, { enqueued: true, cycleId }, 202);
  },
);

/** `POST /api/job/escrows/forget`: a stored failure is forgotten. */
export const makeJobForgetEscrow = endpoint(
  {
    tag: 'job',
    summary: 'Forget a stored failure',
    description: 'The object is tried again when it changes at the source.',
    body: ObjectRequest,
    example,
    answers: { 200: jsonDoc('Whether there was one.', EscrowForgotten) },
    problems: [400, 503],
  },
  async (app, { body, request }) =>
    respond(EscrowForgotten, { forgotten: await forgetEscrow(app.deps, operatorOf(app, request), keyOf(body)) }),
);

/** `POST /api/job/unlink`: one pair is broken; neither object is touched. */
export const makeJobUnlink = endpoint(
  {
    tag: 'job',
    summary: 'Forget which Zendesk object belongs to an Entra object',
    description:
      'The app forgets which Zendesk object belongs to it; neither object is changed. It is matched again when it is next provisioned.',
    body: ObjectRequest,
    example,
    answers: { 200: jsonDoc('Which object it was paired with.', Unlinked) },
    problems: [400, 409, 503],
  },
  async (app, { body, request }) => {
    const targetId = await unlinkOne(app.deps, operatorOf(app, request), keyOf(body));
    return respond(Unlinked, { unlinked: targetId !== undefined, targetId: targetId ?? null });
  },
);
