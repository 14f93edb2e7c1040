import { readHealth } from '../engine/queries/read-health';
import { VERSION } from '../version';
import { openEndpoint } from './endpoint';
import { type Body, respond } from './http';
import { Health } from './shapes/status';
import { watchedJob } from './watched-job';

const CONTENT = { 'application/health+json': Health };

/** `GET /api/health`: pass, warn or fail for anybody who asks, with the kind of the trouble and nothing that would help a stranger. */
export const makeHealth = openEndpoint(
  {
    tag: 'status',
    summary: 'Pass, warn or fail',
    description: 'For monitors. Says only which kind of trouble there is.',
    answers: { 200: { description: 'Pass or warn.', content: CONTENT }, 503: { description: 'Fail.', content: CONTENT } },
    problems: [400],
  },
  async (app) => {
    if (app.kind === 'notConfigured')
      return health('fail', 'The settings are wrong or incomplete; the status lists every problem.');
    const { status, reason } = await readHealth(app.deps, watchedJob(app));
    return health(status, reason);
  },
);

const health = (status: Body<typeof Health>['status'], reason: string | undefined) =>
  respond(
    Health,
    { status, version: VERSION, serviceId: 'zendesk-provisioning', ...(reason !== undefined && { output: reason }) },
    status === 'fail' ? 503 : 200,
    { 'content-type': 'application/health+json' },
  );
