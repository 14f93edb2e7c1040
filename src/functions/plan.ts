import { z } from 'zod';
import type { ConfiguredApp } from '../compose';
import { sourceId } from '../core/model';
import { readSchema } from '../core/schema/read';
import type { EngineDeps } from '../engine/deps';
import { settleDrift } from '../engine/drift/drift-check';
import { createDrift } from '../engine/drift/drift-run';
import { withMappingsInUse } from '../engine/job/mappings-in-use';
import { FILE_VERSION } from '../engine/mappings';
import { type ApplyAnswer, continueApply, startApply } from '../engine/preview/apply-plan';
import { continuePlan, createPlan, type PlannedMappings } from '../engine/preview/make-plan';
import { cancelPlan } from '../engine/preview/plan-slot';
import type { Planning } from '../engine/preview/planning';
import type { Initiator } from '../engine/record/initiator';
import { createUndo, type UndoBegun } from '../engine/undo/make-undo';
import { isPlanMark, type PlanHeader } from '../ports/plan-store';
import { separatorParameter } from './csv';
import { endpoint } from './endpoint';
import { RequestProblem, respond } from './http';
import { refuseForTwo } from './job-control';
import { operatorOf } from './operator';
import { headerBody, rowBody } from './plan-body';
import { planCsv } from './plan-csv';
import { badParameter } from './read-query';
import { badRequest } from './request-faults';
import { schemaFaults } from './schema-control';
import { noVersion } from './schema-versions';
import { jsonDoc } from './shapes/kit';
import { Plan, PlanApplyRequest, PlanRequest } from './shapes/plan';
import { belongsToConsole, toConsole } from './wants-html';

/**
 * Time for planning or applying within the call; the timer continues with what takes longer. Azure cuts a call off after 230 s, and a
 * lease that a killed process has left may take 100 of them to end.
 */
const BUDGET_MS = 100_000;

const LOCATION = { Location: 'Where the plan is.' };
const params = z.strictObject({ id: z.guid().describe('The id of the plan.') });

/** `POST /api/plan`: what a cycle would do, object by object. Nothing is written but the plan itself. */
export const makePlanCreate = endpoint(
  {
    tag: 'provisioning',
    summary: 'Plan a cycle without writing',
    description:
      'What a cycle would do, object by object with old and new values; with `schemaVersion` or `schema`, what it would ' +
      'do under other mappings; with `drift`, what was changed in Zendesk of all that was provisioned, and what would bring it back; with `undo`, the way back from what one cycle, ' +
      'application, release or act on demand did, for all its objects or for some. One plan at ' +
      'a time; a plan that takes longer than the call continues by itself.',
    needsNoMappings: true,
    body: PlanRequest,
    example: {},
    answers: {
      200: jsonDoc('The plan is made.', Plan, LOCATION),
      202: jsonDoc('The plan is being made: ask for it by its id.', Plan, LOCATION),
    },
    problems: [400, 404, 409, 502, 503],
  },
  async (app, { body, request }) => {
    const { planning } = app;
    const begun = await begin(planning, body, operatorOf(app, request));
    if (begun.kind === 'nothing') throw new RequestProblem('NotFound', begun.reason);
    if (begun.kind === 'busy') {
      const detail = `Plan ${begun.planId} is still ${begun.state === 'planning' ? 'being made' : 'being applied'}. One at a time: ask for it by its id, or cancel it.`;
      throw new RequestProblem('Conflict', detail);
    }
    const options = { owner: planning.deps.newId(), budgetMs: BUDGET_MS };
    const header = (await continuePlan(planning, begun.header.planId, options)) ?? begun.header;
    await settleDrift(planning);
    return respond(Plan, headerBody(header), header.state === 'planning' ? 202 : 200, locationOf(header));
  },
);

/** Begins the one plan that is asked for. */
async function begin(planning: Planning, body: z.infer<typeof PlanRequest>, operator: Initiator): Promise<UndoBegun> {
  const { undo, objects, drift } = body;
  const asked = (['undo', 'drift', 'schema', 'schemaVersion'] as const).filter((name) => body[name] !== undefined);
  const [first, second] = asked;
  if (second) throw badRequest([{ pointer: `#/${first}`, detail: `cannot be asked for together with ${second}` }]);
  if (objects && undo === undefined)
    throw badRequest([{ pointer: '#/objects', detail: 'says which objects to undo: send undo, too' }]);
  if (undo !== undefined) {
    const only = objects?.map(({ type, id }) => ({ type, id: sourceId(id) }));
    await withMappingsInUse(planning.deps);
    return createUndo(planning, operator, undo.toLowerCase(), only);
  }
  if (drift) {
    await withMappingsInUse(planning.deps);
    return createDrift(planning, operator, false);
  }
  return createPlan(planning, operator, await askedFor(planning.deps, body));
}

async function askedFor(
  { mappings }: EngineDeps,
  { schema, schemaVersion }: z.output<typeof PlanRequest>,
): Promise<PlannedMappings | undefined> {
  if (schemaVersion !== undefined) {
    if (schemaVersion !== FILE_VERSION && !(await mappings.store.read(schemaVersion))) throw noVersion(schemaVersion);
    return { version: schemaVersion };
  }
  if (schema === undefined) return undefined;
  const text = JSON.stringify(schema);
  const read = readSchema(text);
  if (!read.ok) throw badRequest(schemaFaults(read.problems, 'schema'));
  return { schema: read.schema, text };
}

const locationOf = (header: PlanHeader): Record<string, string> => ({ location: `/api/plan/${header.planId}` });

const MAX_PAGE = 1_000;

/** `GET /api/plan/{id}`: how far a plan is and what it says, page by page; as CSV too. */
export const makePlanRead = endpoint(
  {
    tag: 'provisioning',
    summary: 'A plan',
    description:
      'How far the plan is, and what it would do, page by page. `Accept: text/html` leads to the console, where people can sign in to it. Plans are kept for seven days.',
    needsNoMappings: true,
    params,
    query: z.strictObject({
      include: z
        .enum(['acting', 'all'])
        .default('acting')
        .describe('`all` shows also the objects for which nothing would be done.'),
      format: z.enum(['csv']).optional().describe('Send a file.'),
      separator: separatorParameter,
      $top: z.coerce.number().int().min(1).max(MAX_PAGE).default(100).describe('Objects on a page.'),
      $skiptoken: z.string().optional().describe('Where to continue; opaque.'),
    }),
    answers: {
      200: {
        description: 'The plan.',
        content: { 'application/json': Plan, 'text/csv': z.string() },
      },
      303: { description: 'To the console.', headers: { Location: 'Where it is.' } },
    },
    problems: [400, 404, 503],
  },
  async ({ planning, config }, { params: { id }, query, request }) => {
    const planId = id.toLowerCase();
    const { include: which, format, separator, $top: top, $skiptoken } = query;
    if (separator !== undefined && format !== 'csv') throw badParameter('separator', 'only format=csv has one');
    if ($skiptoken !== undefined && !isPlanMark($skiptoken))
      throw badParameter('$skiptoken', 'did not come from a plan; ask for the first page again');
    if (format === undefined && belongsToConsole(config.signIn, request)) return toConsole(`/plans/${planId}`);
    const header = (await planning.plans.read(planId))?.value;
    if (!header) throw noPlan();
    if (format === 'csv') return planCsv(planning.plans, header, which, separator);
    const { rows, next } = await planning.plans.rows(planId, which, top, $skiptoken);
    const rest = new URLSearchParams({ ...(which === 'all' && { include: 'all' }), $top: String(top), $skiptoken: next ?? '' });
    return respond(Plan, {
      ...headerBody(header),
      value: rows.map((row) => rowBody(header, row)),
      ...(next !== undefined && { '@odata.nextLink': `/api/plan/${planId}?${rest}` }),
    });
  },
);

/** `POST /api/plan/{id}/apply`: exactly what the plan says; what has changed since is refused and listed. */
export const makePlanApply = endpoint(
  {
    tag: 'provisioning',
    summary: 'Do exactly what a plan says',
    description:
      'What has changed since is refused and listed. Removals above the threshold are held, unless `allowDeletes` allows them.',
    params,
    body: PlanApplyRequest,
    example: { allowDeletes: false },
    answers: {
      200: jsonDoc('Every object of the plan has been looked at.', Plan, LOCATION),
      202: jsonDoc('It continues by itself.', Plan, LOCATION),
    },
    problems: [400, 404, 409, 410, 502, 503],
  },
  async (app, { params: { id }, body, request }) => {
    const { planning } = app;
    const planId = id.toLowerCase();
    await refuseForTwoOf(app, planId);
    const begun = await startApply(
      planning,
      planId,
      operatorOf(app, request),
      body.allowDeletes,
      body.only?.map((id) => id.toLowerCase()),
    );
    if (begun.kind !== 'applying') throw refusalOf(begun);
    const options = { owner: planning.deps.newId(), budgetMs: BUDGET_MS };
    const header = (await continueApply(planning, planId, options)) ?? begun.header;
    const { rows } = await planning.plans.rows(planId, 'acting', MAX_PAGE);
    const refused = rows.filter((row) => row.applied === 'refused' || row.applied === 'held');
    return respond(
      Plan,
      { ...headerBody(header), refused: refused.map((row) => rowBody(header, row)) },
      header.state === 'applied' ? 200 : 202,
      locationOf(header),
    );
  },
);

/** `POST /api/plan/{id}/cancel`: a plan that is being made or applied goes no further. */
export const makePlanCancel = endpoint(
  {
    tag: 'provisioning',
    summary: 'Stop a plan',
    needsNoMappings: true,
    description: 'Stops a plan that is being made or applied. What it has already put into the queue is carried out.',
    params,
    answers: { 200: jsonDoc('The plan as it is now.', Plan) },
    problems: [400, 404, 503],
  },
  async (app, { params: { id }, request }) => {
    const header = await cancelPlan(app.planning, id.toLowerCase(), operatorOf(app, request));
    if (!header) throw noPlan();
    return respond(Plan, headerBody(header));
  },
);

/** A plan that removes access is not applied by API while that takes two people. @throws RequestProblem */
async function refuseForTwoOf(app: ConfiguredApp, planId: string): Promise<void> {
  const removals = Object.values((await app.planning.plans.read(planId))?.value.removals ?? {});
  refuseForTwo(
    app,
    removals.some((count) => (count ?? 0) > 0),
  );
}

function refusalOf(answer: Exclude<ApplyAnswer, { kind: 'applying' }>): RequestProblem {
  if (answer.kind === 'notFound') return noPlan();
  return answer.kind === 'expired' ? new RequestProblem('Gone', answer.reason) : new RequestProblem('Conflict', answer.reason);
}

const noPlan = (): RequestProblem => new RequestProblem('NotFound', 'Plan not found. Plans are kept for seven days.');
