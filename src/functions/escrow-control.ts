import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import type { App } from '../compose';
import { sourceId } from '../core/model';
import { forgetEscrow, retryEscrow } from '../engine/control/escrow-control';
import { unlinkOne } from '../engine/control/unlink';
import type { ObjectKey } from '../ports/stores';
import { configuredHttp, type Handler, json, RequestProblem } from './http';
import { operatorOf, readBody } from './job-request';

const objectSchema = z.strictObject({ objectType: z.enum(['user', 'group']), sourceId: z.guid() });

async function readKey(request: HttpRequest): Promise<ObjectKey> {
  const body = await readBody(request, objectSchema);
  return { type: body.objectType, id: sourceId(body.sourceId) };
}

/** `POST /api/job/escrows/retry`: one failed object is tried again now. */
export const makeJobRetryEscrow = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const key = await readKey(request);
    const cycleId = await retryEscrow(app.deps, operatorOf(app, request), key);
    if (cycleId === undefined) throw new RequestProblem('NotFound', 'There is no stored failure of this object.');
    return json({ enqueued: true, cycleId }, 202);
  });

/** `POST /api/job/escrows/forget`: a stored failure is forgotten. */
export const makeJobForgetEscrow = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const key = await readKey(request);
    return json({ forgotten: await forgetEscrow(app.deps, operatorOf(app, request), key) });
  });

/** `POST /api/job/unlink`: one pair is broken; neither object is touched. */
export const makeJobUnlink = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const key = await readKey(request);
    const targetId = await unlinkOne(app.deps, operatorOf(app, request), key);
    return json({ unlinked: targetId !== undefined, targetId: targetId ?? null });
  });
