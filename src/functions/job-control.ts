import type { HttpResponseInit } from '@azure/functions';
import type { ConfiguredApp } from '../compose';
import { type ErrorCode, type ProvisioningError, ThrottledError } from '../core/errors';
import { dropStaged } from '../engine/control/drop-staged';
import { allowOneRun, pauseJob, startJob } from '../engine/control/job-control';
import { breaksLinks, RESET_SCOPES, readResetScope, restartJob } from '../engine/control/restart';
import { sendTestNotice } from '../engine/control/test-notice';
import { closeCycles } from '../engine/cycle/close-cycles';
import { allowDeletes } from '../engine/cycle/release-staged';
import { type CycleOutcome, runCycle } from '../engine/cycle/run-cycle';
import { type JobState, readJob } from '../engine/job/job-state';
import { endpoint, NOTHING } from './endpoint';
import { problem, RequestProblem, respond, statusOf, withRetryAfter } from './http';
import { operatorOf } from './operator';
import { badRequest } from './request-faults';
import {
  AllowDeletes,
  AllowDeletesRequest,
  DropDeletes,
  DropDeletesRequest,
  JobChange,
  JobPauseRequest,
  JobRestart,
  JobRestartRequest,
  JobRun,
  TestNotice,
} from './shapes/job';
import { jsonDoc } from './shapes/kit';

/** `POST /api/job/start`: the job continues; the next cycle does not wait for the back-off of a quarantine. */
export const makeJobStart = endpoint(
  {
    tag: 'job',
    summary: 'Start the job',
    needsNoMappings: true,
    description: 'The job continues; the next cycle does not wait for the back-off of a quarantine.',
    body: NOTHING,
    answers: { 200: jsonDoc('The job as it is now.', JobChange) },
    problems: [400, 409, 503],
  },
  async (app, { request }) => {
    requireOn(app);
    const { job, changed } = await startJob(app.deps, operatorOf(app, request));
    return respond(JobChange, { status: codeOf(job), changed });
  },
);

/** `POST /api/job/pause`: no cycle begins; what is in the queue is finished, or waits. */
export const makeJobPause = endpoint(
  {
    tag: 'job',
    summary: 'Pause the job',
    needsNoMappings: true,
    description: 'No cycle begins. What is in the queue is finished (`items`: `finish`), or waits there (`stop`).',
    body: JobPauseRequest,
    example: { items: 'finish' },
    answers: { 200: jsonDoc('The job as it is now.', JobChange) },
    problems: [400, 503],
  },
  async (app, { body, request }) => {
    const { job, changed } = await pauseJob(app.deps, operatorOf(app, request), body.items);
    return respond(JobChange, { status: codeOf(job), items: job.holdItems ? 'stop' : 'finish', changed });
  },
);

/** `POST /api/job/restart`, with Graph's body. @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-restart */
export const makeJobRestart = endpoint(
  {
    tag: 'job',
    summary: 'Restart the job',
    description:
      "Graph's `synchronizationJobRestartCriteria`. Without a scope: QuarantineState, Watermark, Escrows. ConnectorDataStore and Full " +
      'forget which Zendesk object belongs to which Entra ID object, and need `confirm`: true.',
    body: JobRestartRequest,
    example: { criteria: { resetScope: 'Watermark, Escrows, QuarantineState' } },
    answers: { 200: jsonDoc('What was reset.', JobRestart) },
    problems: [400, 409, 503],
  },
  async (app, { body: { criteria, confirm }, request }) => {
    const { scopes, unknown } = readResetScope(criteria.resetScope);
    if (unknown.length > 0)
      throw badRequest(
        unknown.map((name) => ({
          pointer: '#/criteria/resetScope',
          detail: `${JSON.stringify(name.slice(0, 60))} is not a reset scope; separate several by commas, empty means QuarantineState, Watermark, Escrows`,
          allowed: RESET_SCOPES,
        })),
      );
    if (breaksLinks(scopes) && !confirm) {
      const detail =
        'ConnectorDataStore and Full forget which Zendesk object belongs to which Entra ID object; all are matched again afterwards. Send "confirm": true to do this.';
      throw new RequestProblem('Conflict', detail, [{ pointer: '#/confirm', detail: 'must be true' }]);
    }
    refuseForTwo(app, breaksLinks(scopes) || scopes.includes('ForceDeletes'));
    const result = await restartJob(app.deps, operatorOf(app, request), scopes, app.deps.newId());
    if (result.kind === 'busy') throw new RequestProblem('Conflict', result.reason);
    const { kind: _, ...counts } = result;
    return respond(JobRestart, { ...counts, resetScope: scopes.join(', '), isOn: app.config.job.status === 'On' });
  },
);

/**
 * Azure cuts a call off after 230 s, and a lease that a killed process has left may take 100 of them to end.
 * @see https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
 */
const RUN_BUDGET_MS = 110_000;

/** `POST /api/job/run`: a cycle now, as far as it gets within the call; it continues by itself from there. */
export const makeJobRun = endpoint(
  {
    tag: 'job',
    summary: 'Run a cycle now',
    needsNoMappings: true,
    description: 'Reads as much as it can within the call and continues by itself from there.',
    body: NOTHING,
    answers: {
      200: jsonDoc('The cycle has enqueued all its work.', JobRun),
      202: jsonDoc('It is under way, or another instance runs one.', JobRun),
    },
    problems: [400, 409, 502, 503],
  },
  async (app, { request }) => {
    requireOn(app);
    const { deps } = app;
    const { value: before } = await readJob(deps.state);
    if (before.paused) throw new RequestProblem('Conflict', 'The job is paused. Start it first: POST /api/job/start.');
    await allowOneRun(deps, operatorOf(app, request));
    await closeCycles(deps);
    const outcome = await runCycle(deps, { owner: deps.newId(), budgetMs: RUN_BUDGET_MS });
    if (outcome.kind === 'interrupted') await deps.queue.askForCycle();
    return runAnswer(outcome);
  },
);

function runAnswer(outcome: CycleOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case 'completed':
      return respond(JobRun, {
        outcome: 'completed',
        cycleId: outcome.cycleId,
        kind: outcome.cycleKind,
        objects: outcome.evaluated,
      });
    case 'interrupted':
      return respond(
        JobRun,
        { outcome: 'running', cycleId: outcome.cycleId, phase: outcome.phase, next: 'It continues by itself.' },
        202,
      );
    case 'notRun':
      return respond(JobRun, { outcome: 'notRun', reason: outcome.reason }, 202);
    case 'failed':
      return stopped(outcome.error, outcome.cycleId);
  }
}

function stopped(error: ProvisioningError, cycleId: string | undefined): HttpResponseInit {
  const response = problem(stoppedStatus(error.code), error.code, 'The cycle stopped', error.message, {
    cycleId: cycleId ?? null,
  });
  return withRetryAfter(response, error instanceof ThrottledError ? error.retryAfterMs : undefined);
}

/** As everywhere, but for what was not found: it was the cycle that looked for it, and the caller named nothing. */
function stoppedStatus(code: ErrorCode): number {
  const status = statusOf(code);
  return status === 409 || status === 503 ? status : 502;
}

/** `POST /api/job/allow-deletes`: lets what the brake holds go, once. */
export const makeJobAllowDeletes = endpoint(
  {
    tag: 'job',
    summary: 'Allow held removals',
    description:
      'Carries out, once, the removals of one cycle that the brake holds; without `cycleId`, those of the last cycle that holds any.',
    body: AllowDeletesRequest,
    example: { cycleId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1' },
    answers: { 200: jsonDoc('What was released.', AllowDeletes) },
    problems: [400, 404, 409, 503],
  },
  async (app, { body: { cycleId, only }, request }) => {
    refuseForTwo(app);
    const some = only && new Set(only.map((id) => id.toLowerCase()));
    const { released, leftQuarantine } = await allowDeletes(app.deps, operatorOf(app, request), cycleId, some);
    const { value: job } = await readJob(app.deps.state);
    return respond(AllowDeletes, {
      released: released.reduce((sum, one) => sum + one.released, 0),
      cycles: released,
      leftQuarantine,
      status: codeOf(job),
    });
  },
);

/** `POST /api/job/drop-deletes`: held removals are dropped; nothing is taken away. */
export const makeJobDropDeletes = endpoint(
  {
    tag: 'job',
    summary: 'Drop held removals',
    description:
      'The named objects keep what they have, and the brake does not wait for them any more. People who are still out of scope when a ' +
      'cycle looks at them again are counted again; with `hold` only once they have changed in Entra ID or are released.',
    body: DropDeletesRequest,
    example: { objects: ['5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1'] },
    answers: { 200: jsonDoc('How many were held.', DropDeletes) },
    problems: [400, 503],
  },
  async (app, { body: { objects, hold }, request }) => {
    const only = new Set(objects.map((id) => id.toLowerCase()));
    return respond(DropDeletes, { dropped: await dropStaged(app.deps, operatorOf(app, request), only, hold) });
  },
);

/** `POST /api/job/test-notice`: sends a notice that says that it is a test. */
export const makeJobTestNotice = endpoint(
  {
    tag: 'job',
    summary: 'Send a test notice',
    description: 'Sends a notice by every way that is set, and says which of them failed and why.',
    body: NOTHING,
    answers: { 200: jsonDoc('What came of it.', TestNotice) },
    problems: [400, 503],
  },
  async (app, { request }) => respond(TestNotice, await sendTestNotice(app.deps, operatorOf(app, request), hasNotices(app))),
);

/**
 * Refuses by API what two people have to agree on: a function key is not a person, and one person signed in is not two.
 * @throws RequestProblem while TWO_PERSON_APPROVAL is On
 */
export function refuseForTwo({ config }: ConfiguredApp, isMeant = true): void {
  if (config.console.twoPersonApproval === 'On' && isMeant)
    throw new RequestProblem(
      'Conflict',
      'This removes access, and TWO_PERSON_APPROVAL is On: ask for it in the console, where another person has to approve it.',
    );
}

/** Whether anybody would receive a notice. */
export const hasNotices = ({ config: { notification } }: ConfiguredApp): boolean =>
  notification.email !== undefined || notification.webhookUrl !== undefined;

function requireOn({ config }: ConfiguredApp): void {
  if (config.job.status === 'On') return;
  throw new RequestProblem('Conflict', 'PROVISIONING_STATUS is Off. Set it to On; that alone starts the job.');
}

const codeOf = (job: JobState): 'Paused' | 'Quarantine' | 'Active' =>
  job.paused ? 'Paused' : job.quarantine ? 'Quarantine' : 'Active';
