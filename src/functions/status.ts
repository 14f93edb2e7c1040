import { z } from 'zod';
import type { UnconfiguredApp } from '../compose';
import { VERSION } from '../version';
import { openEndpoint } from './endpoint';
import { type Body, respond } from './http';
import { jsonDoc } from './shapes/kit';
import { StatusNotConfigured, StatusOfJob } from './shapes/status';
import { statusBody } from './status-body';
import { statusViewOf } from './status-view';
import { belongsToConsole, toConsole } from './wants-html';

/** `GET /api/status`: how the job stands. Who would rather read it is led to the console. */
export const makeStatus = openEndpoint(
  {
    tag: 'status',
    summary: 'How the job stands',
    description:
      "Graph's `synchronizationStatus`, and beside it the cycles with their true counts, stored failures, held removals and the next run. " +
      'Says `NotConfigured` with every problem while settings or mappings are wrong. `Accept: text/html` leads to the console, where people can sign in to it.',
    query: z.strictObject({
      person: z.string().optional().describe('With `Accept: text/html`: somebody to look up in the console.'),
    }),
    answers: {
      200: jsonDoc('The status.', z.union([StatusOfJob, StatusNotConfigured])),
      303: { description: 'To the console.', headers: { Location: 'Where it is.' } },
    },
    problems: [400, 503],
  },
  async (app, { query, request }) => {
    const signIn = app.kind === 'configured' ? app.config.signIn : app.signIn;
    if (belongsToConsole(signIn, request))
      return toConsole(query.person === undefined ? '' : `/people?${new URLSearchParams({ q: query.person })}`);
    if (app.kind === 'notConfigured') return respond(StatusNotConfigured, notConfiguredBody(app), 200, VARY);
    return respond(StatusOfJob, statusBody((await statusViewOf(app)).view), 200, VARY);
  },
);

/** One address, two forms: a cache must not mistake one for the other. */
const VARY = { vary: 'accept' };

const notConfiguredBody = (app: UnconfiguredApp): Body<typeof StatusNotConfigured> => ({
  version: VERSION,
  status: { code: 'NotConfigured' },
  problems: app.error.issues,
  warnings: app.warnings.map(({ setting, problem }) => ({ code: 'Setting', setting, problem })),
});
