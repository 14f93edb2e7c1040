import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { App, ConfiguredApp } from '../compose';
import type { ErrorCode } from '../core/errors';
import { allowOneRun, pauseJob, startJob } from '../engine/control/job-control';
import { breaksLinks, RESET_SCOPES, readResetScope, restartJob } from '../engine/control/restart';
import { closeCycles } from '../engine/cycle/close-cycles';
import { allowDeletes } from '../engine/cycle/release-staged';
import { type CycleOutcome, runCycle } from '../engine/cycle/run-cycle';
import { type JobState, readJob } from '../engine/job/job-state';
import { configuredHttp, type Handler, json, problem, RequestProblem, statusOf } from './http';
import { operatorOf, readBody } from './job-request';

const nothing = z.strictObject({});

/** `POST /api/job/start`: the job goes on; the next cycle does not wait for the back-off of a quarantine. */
export const makeJobStart = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    await readBody(request, nothing);
    requireOn(app);
    const { job, changed } = await startJob(app.deps, operatorOf(app, request));
    return json({ status: codeOf(job), changed });
  });

const pauseSchema = z.strictObject({ items: z.enum(['finish', 'stop']).default('finish') });

/** `POST /api/job/pause`: no cycle begins; what is in the queue is finished, or waits. */
export const makeJobPause = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const { items } = await readBody(request, pauseSchema);
    const { job, changed } = await pauseJob(app.deps, operatorOf(app, request), items);
    return json({ status: codeOf(job), items: job.holdItems ? 'stop' : 'finish', changed });
  });

const restartSchema = z.strictObject({
  criteria: z.looseObject({ resetScope: z.string().max(400).default('') }).default({ resetScope: '' }),
  confirm: z.boolean().default(false),
});

/** `POST /api/job/restart`, with Graph's body. @see https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-restart */
export const makeJobRestart = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const { criteria, confirm } = await readBody(request, restartSchema);
    const { scopes, unknown } = readResetScope(criteria.resetScope);
    if (unknown.length > 0) {
      const detail = `There is no such reset scope. Allowed, separated by commas: ${RESET_SCOPES.join(', ')}; empty means QuarantineState, Watermark, Escrows.`;
      const errors = unknown.map((name) => ({ pointer: '#/criteria/resetScope', detail: name.slice(0, 60) }));
      throw new RequestProblem('BadRequest', detail, errors);
    }
    if (breaksLinks(scopes) && !confirm) {
      const detail =
        'ConnectorDataStore and Full break every pair of Entra ID and Zendesk objects; they are matched anew afterwards. Send "confirm": true to do it.';
      throw new RequestProblem('Conflict', detail, [{ pointer: '#/confirm', detail: 'must be true' }]);
    }
    const result = await restartJob(app.deps, operatorOf(app, request), scopes, app.deps.newId());
    if (result.kind === 'busy') throw new RequestProblem('Conflict', result.reason);
    return json({ ...result, kind: undefined, resetScope: scopes.join(', '), isOn: app.config.job.status === 'On' });
  });

/**
 * Azure cuts a call off after 230 s, and a lease that a killed process has left may take 100 of them to end.
 * @see https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
 */
const RUN_BUDGET_MS = 110_000;

/** `POST /api/job/run`: a cycle now, as far as it gets within the call; the timer goes on from there. */
export const makeJobRun = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    await readBody(request, nothing);
    requireOn(app);
    const { deps } = app;
    const { value: before } = await readJob(deps.state);
    if (before.paused) throw new RequestProblem('Conflict', 'The job is paused. Start it first: POST /api/job/start.');
    await allowOneRun(deps, operatorOf(app, request));
    await closeCycles(deps);
    return runAnswer(await runCycle(deps, { owner: deps.newId(), budgetMs: RUN_BUDGET_MS }));
  });

function runAnswer(outcome: CycleOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case 'completed':
      return json({ outcome: 'completed', cycleId: outcome.cycleId, kind: outcome.cycleKind, objects: outcome.evaluated });
    case 'interrupted':
      return json(
        { outcome: 'running', cycleId: outcome.cycleId, phase: outcome.phase, next: 'The timer goes on with it.' },
        202,
      );
    case 'notRun':
      return json({ outcome: 'notRun', reason: outcome.reason }, 202);
    case 'failed':
      return problem(stoppedStatus(outcome.error.code), outcome.error.code, 'The cycle stopped', outcome.error.message, {
        cycleId: outcome.cycleId ?? null,
      });
  }
}

/** As everywhere, but for what was not found: it was the cycle that looked for it, and the caller named nothing. */
function stoppedStatus(code: ErrorCode): number {
  const status = statusOf(code);
  return status === 409 || status === 503 ? status : 502;
}

const allowSchema = z.strictObject({ cycleId: z.guid().optional() });

/** `POST /api/job/allow-deletes`: lets what the brake has staged go, once. */
export const makeJobAllowDeletes = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const { cycleId } = await readBody(request, allowSchema);
    const { released, leftQuarantine } = await allowDeletes(app.deps, operatorOf(app, request), cycleId);
    const { value: job } = await readJob(app.deps.state);
    return json({
      released: released.reduce((sum, one) => sum + one.released, 0),
      cycles: released,
      leftQuarantine,
      status: codeOf(job),
    });
  });

function requireOn({ config }: ConfiguredApp): void {
  if (config.job.status === 'On') return;
  throw new RequestProblem('Conflict', 'PROVISIONING_STATUS is Off. Set it to On; that alone starts the job.');
}

const codeOf = (job: JobState): 'Paused' | 'Quarantine' | 'Active' =>
  job.paused ? 'Paused' : job.quarantine ? 'Quarantine' : 'Active';
