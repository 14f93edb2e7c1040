import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { ConfiguredApp, UnconfiguredApp } from '../compose';
import type { JobConfig } from '../config/config';
import { nextOccurrence } from '../config/ncrontab';
import { RECOMMENDED_ACTION } from '../core/advice';
import { credentialEnd } from '../core/credential-end';
import { ProvisioningError } from '../core/errors';
import { idsIn } from '../core/held-words';
import { sourceId } from '../core/model';
import type { DriftState } from '../engine/job/drift-state';
import { type LookUp, lookUp } from '../engine/queries/look-up';
import { type JobStatus, readStatus } from '../engine/queries/read-status';
import { nextRunOf, type StatusView, warningsOf } from '../engine/queries/status-view';
import { readNames } from '../engine/read-names';
import { ROWS } from '../pages/failure-sections';
import { pageLinks } from '../pages/links';
import { htmlAnswer, wantsHtml } from '../pages/page';
import { notConfiguredPage, problemPage } from '../pages/problem-pages';
import { statusPage } from '../pages/status-page';
import type { Escrow } from '../ports/stores';
import { VERSION } from '../version';
import { openEndpoint } from './endpoint';
import { type Body, respond } from './http';
import { StatusNotConfigured, StatusOfJob } from './shapes/status';
import { statusBody } from './status-body';
import { watchedJob } from './watched-job';

/** `GET /api/status`: how the job stands, as JSON or, where the caller would rather read, as a page. */
export const makeStatus = openEndpoint(
  {
    tag: 'status',
    summary: 'How the job stands',
    description:
      "Graph's `synchronizationStatus`, and beside it the cycles with their true counts, stored failures, held removals and the next run. " +
      'Says `NotConfigured` with every problem while settings or mappings are wrong. `Accept: text/html` gives the status page.',
    query: z.strictObject({
      person: z
        .string()
        .optional()
        .describe('Of the page alone: somebody to look up, by Entra or Zendesk id, UPN, address, name or a part of one.'),
    }),
    answers: {
      200: {
        description: 'The status, as data or as a page.',
        content: { 'application/json': z.union([StatusOfJob, StatusNotConfigured]), 'text/html': z.string() },
      },
    },
    problems: [400, 503],
  },
  async (app, { query, request }) => {
    const isPage = wantsHtml(request.headers.get('accept'));
    if (app.kind === 'notConfigured')
      return isPage ? notConfigured(app) : respond(StatusNotConfigured, notConfiguredBody(app), 200, VARY);
    return isPage ? page(app, request, query.person) : respond(StatusOfJob, statusBody((await viewOf(app)).view), 200, VARY);
  },
);

/** One address, two forms: a cache must not mistake one for the other. */
const VARY = { vary: 'accept' };

const notConfigured = (app: UnconfiguredApp): HttpResponseInit =>
  htmlAnswer(notConfiguredPage(app.error.issues, app.warnings, VERSION));

const notConfiguredBody = (app: UnconfiguredApp): Body<typeof StatusNotConfigured> => ({
  version: VERSION,
  status: { code: 'NotConfigured' },
  problems: app.error.issues,
  warnings: app.warnings.map(({ setting, problem }) => ({ code: 'Setting', setting, problem })),
});

async function viewOf(app: ConfiguredApp): Promise<{ readonly view: StatusView; readonly status: JobStatus }> {
  const { config, deps } = app;
  const watched = watchedJob(app);
  const status = await readStatus(deps, watched);
  const now = deps.clock();
  const view: StatusView = {
    version: VERSION,
    provisioningStatus: config.job.status,
    schedule: config.job.schedule,
    nextRunAt: nextRunOf(status, config.job.status, watched.nextRun, now),
    nextDriftAt: nextDriftOf(config.job, status.drift, now),
    driftRepair: config.job.driftRepair,
    account: config.target.subdomain,
    tenantId: config.source.tenantId,
    status,
    warnings: warningsOf(
      app.warnings,
      status,
      config.job.status,
      credentialEnd(config.target.auth.kind, config.target.credentialEndsOn, now),
      now,
    ),
    now,
  };
  return { view, status };
}

/** When the next comparison is due; at the earliest now, where one is due already. */
function nextDriftOf({ driftCheckSchedule, status }: JobConfig, { scheduledFrom }: DriftState, now: Date): string | null {
  if (driftCheckSchedule === null || status === 'Off') return null;
  const next = nextOccurrence(driftCheckSchedule, scheduledFrom === null ? now : new Date(scheduledFrom));
  return next === undefined ? null : (next < now ? now : next).toISOString();
}

async function page(app: ConfiguredApp, request: HttpRequest, asked: string | undefined): Promise<HttpResponseInit> {
  try {
    const { view, status } = await viewOf(app);
    const person = asked === undefined ? undefined : await lookUp(app.deps, asked);
    const keys = [...status.escrows.listed.slice(0, ROWS), ...status.staged.listed.slice(0, ROWS), ...escrowsOf(person)];
    const mentioned = idsIn([...status.staged.causes, ...status.staged.listed.slice(0, ROWS)].map(({ reason }) => reason));
    const names = await readNames(app.deps, [
      ...keys.map(({ key }) => key),
      ...mentioned.map((id) => ({ type: 'group' as const, id: sourceId(id) })),
    ]);
    return htmlAnswer(statusPage({ ...view, names, person, links: pageLinks(request.query.get('code') ?? undefined) }));
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    const headline = 'The status cannot be read at the moment';
    return htmlAnswer(problemPage({ code: error.code, headline, action: RECOMMENDED_ACTION[error.code] }, VERSION), 503);
  }
}

function escrowsOf(person: LookUp | undefined): readonly Escrow[] {
  const escrow = person?.kind === 'explained' ? person.explanation.escrow : person?.kind === 'recorded' ? person.escrow : null;
  return escrow ? [escrow] : [];
}
