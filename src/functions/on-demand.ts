import type { HttpResponseInit } from '@azure/functions';
import type { ConfiguredApp } from '../compose';
import { withAdvice } from '../core/advice';
import { DeletionThresholdError, ProvisioningError, ThrottledError, UnauthorizedError, UnavailableError } from '../core/errors';
import { type OnDemandAnswer, provisionOnDemand, type OnDemandRequest as Wanted } from '../engine/on-demand/on-demand';
import { endpoint } from './endpoint';
import { problem, respond, statusOf, withRetryAfter } from './http';
import { connectionStep, subjectBody } from './on-demand-steps';
import { operatorOf } from './operator';
import { jsonDoc } from './shapes/kit';
import { OnDemand, OnDemandRequest } from './shapes/on-demand';

/** Azure cuts a call off after 230 s; this leaves time to record and respond. @see https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout */
const BUDGET_MS = 180_000;

/**
 * `POST /api/on-demand`: provisions named users or groups now, in the steps that Entra's own on-demand provisioning shows.
 * @see https://learn.microsoft.com/entra/identity/app-provisioning/provision-on-demand
 */
export const makeOnDemand = endpoint(
  {
    tag: 'provisioning',
    summary: 'Provision named users or groups now',
    description:
      "The five steps that Entra's own on-demand provisioning shows, for each subject, with their details. With `dryRun` nothing is written.",
    body: OnDemandRequest,
    example: { subjects: ['ann@contoso.com'], dryRun: true },
    answers: { 200: jsonDoc('What was done, or would be, for each subject.', OnDemand) },
    problems: [400, 409, 502, 503],
  },
  async (app, { body, request }) => {
    const subjects = [...new Map(body.subjects.map((subject) => [subject.toLowerCase(), subject])).values()];
    return provision(app, {
      subjects,
      objectType: body.objectType,
      dryRun: body.dryRun,
      operator: operatorOf(app, request),
      refusesRemovals: app.config.console.twoPersonApproval === 'On',
      budgetMs: BUDGET_MS,
    });
  },
);

async function provision({ deps }: ConfiguredApp, request: Wanted): Promise<HttpResponseInit> {
  try {
    const done = await provisionOnDemand(deps, request);
    const busy = onlyThrottled(done);
    if (busy !== undefined) return throttled(busy);
    return respond(OnDemand, {
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

/** What stops the whole call: the brake, or a side that cannot be reached, which is the first of the five steps. */
function refusal(error: unknown): HttpResponseInit {
  if (error instanceof DeletionThresholdError) {
    return problem(409, error.code, 'Too many deletions', error.message, { count: error.count });
  }
  const isConnection = error instanceof UnauthorizedError || error instanceof UnavailableError || error instanceof ThrottledError;
  if (!isConnection || !(error instanceof ProvisioningError)) throw error;
  const answered = problem(statusOf(error.code), error.code, error.name, withAdvice(error), { steps: [connectionStep(error)] });
  return withRetryAfter(answered, error instanceof ThrottledError ? error.retryAfterMs : undefined);
}
