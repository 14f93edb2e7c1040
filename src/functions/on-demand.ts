import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { App, ConfiguredApp } from '../compose';
import { withAdvice } from '../core/advice';
import { DeletionThresholdError, ProvisioningError, ThrottledError, UnauthorizedError, UnavailableError } from '../core/errors';
import { type OnDemandAnswer, type OnDemandRequest, provisionOnDemand } from '../engine/on-demand/on-demand';
import { configuredHttp, type Handler, json, problem } from './http';
import { operatorOf, readBody } from './job-request';
import { connectionStep, subjectBody } from './on-demand-steps';

/** Subjects of one call; Entra takes one user, or a group with up to five members. */
const MAX_SUBJECTS = 100;
/** Longest name or id: an e-mail address has up to 254 characters, a group's name up to 256. */
const MAX_SUBJECT_CHARS = 320;
/** Azure cuts a call off after 230 s; this leaves time to write down and answer. @see https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout */
const BUDGET_MS = 180_000;

const bodySchema = z.strictObject({
  subjects: z.array(z.string().trim().min(1).max(MAX_SUBJECT_CHARS)).min(1).max(MAX_SUBJECTS),
  dryRun: z.boolean().default(false),
  objectType: z.enum(['user', 'group']).optional(),
});

/**
 * `POST /api/on-demand`: provisions named users or groups now, in the steps that Entra's own on-demand provisioning shows.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/provision-on-demand
 */
export const makeOnDemand = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const body = await readBody(request, bodySchema);
    const subjects = [...new Map(body.subjects.map((subject) => [subject.toLowerCase(), subject])).values()];
    return answer(app, {
      subjects,
      objectType: body.objectType,
      dryRun: body.dryRun,
      operator: operatorOf(app, request),
      budgetMs: BUDGET_MS,
    });
  });

async function answer({ deps }: ConfiguredApp, request: OnDemandRequest): Promise<HttpResponseInit> {
  try {
    const done = await provisionOnDemand(deps, request);
    const busy = onlyThrottled(done);
    if (busy !== undefined) return throttled(busy);
    return json({
      cycleId: request.dryRun ? null : done.cycleId,
      dryRun: request.dryRun,
      heldByBrake: done.heldByBrake,
      value: done.results.map((result) => subjectBody(deps, request, result)),
    });
  } catch (error) {
    return refusal(error);
  }
}

/** A dry run that got nowhere has nothing in the queue: it is to be asked again. */
function onlyThrottled({ results }: OnDemandAnswer): number | undefined {
  const waits = results.flatMap((result) => (result.kind === 'later' && !result.isEnqueued ? [result.retryAfterMs] : []));
  return waits.length > 0 && waits.length === results.length ? Math.max(...waits) : undefined;
}

const throttled = (retryAfterMs: number): HttpResponseInit => {
  const detail = 'Zendesk or Microsoft Graph asks to wait.';
  return withRetryAfter(problem(503, 'PROV_TARGET_THROTTLED', 'Throttled', detail), retryAfterMs);
};

const withRetryAfter = (answered: HttpResponseInit, ms: number): HttpResponseInit => ({
  ...answered,
  headers: { ...(answered.headers as Record<string, string>), 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) },
});

/** What stops the whole call: the brake, or a side that cannot be reached, which is the first of the five steps. */
function refusal(error: unknown): HttpResponseInit {
  if (error instanceof DeletionThresholdError) {
    return problem(409, error.code, 'Too many deletions', error.message, { count: error.count });
  }
  const isConnection = error instanceof UnauthorizedError || error instanceof UnavailableError || error instanceof ThrottledError;
  if (!isConnection || !(error instanceof ProvisioningError)) throw error;
  const status = error instanceof UnauthorizedError ? 502 : 503;
  const answered = problem(status, error.code, error.name, withAdvice(error), { steps: [connectionStep(error)] });
  return error instanceof ThrottledError ? withRetryAfter(answered, error.retryAfterMs) : answered;
}
