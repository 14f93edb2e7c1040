import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { ConfiguredApp, UnconfiguredApp } from '../compose';
import { RECOMMENDED_ACTION } from '../core/advice';
import { ProvisioningError } from '../core/errors';
import { idsIn } from '../core/held-words';
import { sourceId } from '../core/model';
import { type LookUp, lookUp } from '../engine/queries/look-up';
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
import { statusViewOf } from './status-view';

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
    return isPage
      ? page(app, request, query.person)
      : respond(StatusOfJob, statusBody((await statusViewOf(app)).view), 200, VARY);
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

async function page(app: ConfiguredApp, request: HttpRequest, asked: string | undefined): Promise<HttpResponseInit> {
  try {
    const { view, status } = await statusViewOf(app);
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
