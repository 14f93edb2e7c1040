import { jsonAnswer, type RouteDoc, ref } from './route';

const route = (name: string, path: string): Pick<RouteDoc, 'functionName' | 'method' | 'route' | 'authLevel' | 'tag'> => ({
  functionName: name,
  method: 'POST',
  route: `job/${path}`,
  authLevel: 'function',
  tag: 'job',
});

const OBJECT = { objectType: 'user', sourceId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1' };

/** What an operator does with the job. */
export const JOB_ROUTES: readonly RouteDoc[] = [
  {
    ...route('jobStart', 'start'),
    summary: 'Start the job',
    description: 'The job goes on; the next cycle does not wait for the back-off of a quarantine.',
    body: { schema: { type: 'object' }, isOptional: true },
    answers: { 200: jsonAnswer('The job as it is now.', ref('JobChange')) },
    problems: [400, 409, 503],
  },
  {
    ...route('jobPause', 'pause'),
    summary: 'Pause the job',
    description: 'No cycle begins. What is in the queue is finished (`items`: `finish`), or waits there (`stop`).',
    body: { schema: ref('JobPauseRequest'), isOptional: true, example: { items: 'finish' } },
    answers: { 200: jsonAnswer('The job as it is now.', ref('JobChange')) },
    problems: [400, 503],
  },
  {
    ...route('jobRestart', 'restart'),
    summary: 'Restart the job',
    description:
      "Graph's `synchronizationJobRestartCriteria`. Without a scope: QuarantineState, Watermark, Escrows. ConnectorDataStore and Full break " +
      'every link and need `confirm`: true.',
    body: {
      schema: ref('JobRestartRequest'),
      isOptional: true,
      example: { criteria: { resetScope: 'Watermark, Escrows, QuarantineState' } },
    },
    answers: { 200: jsonAnswer('What was reset.', ref('JobRestart')) },
    problems: [400, 409, 503],
  },
  {
    ...route('jobRun', 'run'),
    summary: 'Run a cycle now',
    description: 'As far as it gets within the call; the timer goes on from there.',
    body: { schema: { type: 'object' }, isOptional: true },
    answers: {
      200: jsonAnswer('The cycle has enqueued all its work.', ref('JobRun')),
      202: jsonAnswer('It is under way, or another instance runs one.', ref('JobRun')),
    },
    problems: [400, 409, 502, 503],
  },
  {
    ...route('jobAllowDeletes', 'allow-deletes'),
    summary: 'Let staged deletions go',
    description:
      'Releases, once, what the brake holds of one cycle; of the last one that staged anything when `cycleId` is left out.',
    body: { schema: ref('AllowDeletesRequest'), isOptional: true, example: { cycleId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1' } },
    answers: { 200: jsonAnswer('What was released.', ref('AllowDeletes')) },
    problems: [400, 404, 409, 503],
  },
  {
    ...route('jobRetryEscrow', 'escrows/retry'),
    summary: 'Try a failed object again now',
    description: 'Enqueues one object whose failure is stored, without waiting for its next try.',
    body: { schema: ref('ObjectRequest'), example: OBJECT },
    answers: { 202: jsonAnswer('It is in the queue.', ref('EscrowRetry')) },
    problems: [400, 404, 503],
  },
  {
    ...route('jobForgetEscrow', 'escrows/forget'),
    summary: 'Forget a stored failure',
    description: 'The object is tried again when it changes at the source.',
    body: { schema: ref('ObjectRequest'), example: OBJECT },
    answers: { 200: jsonAnswer('Whether there was one.', ref('EscrowForgotten')) },
    problems: [400, 503],
  },
  {
    ...route('jobUnlink', 'unlink'),
    summary: 'Break one link',
    description:
      'The pair of one Entra ID and one Zendesk object is forgotten; neither object is touched. It is matched anew when it is next provisioned.',
    body: { schema: ref('ObjectRequest'), example: OBJECT },
    answers: { 200: jsonAnswer('Which object it was linked to.', ref('Unlinked')) },
    problems: [400, 409, 503],
  },
];
