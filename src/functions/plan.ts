import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { App } from '../compose';
import { readSchema } from '../core/schema/read';
import { type ApplyAnswer, continueApply, startApply } from '../engine/preview/apply-plan';
import { continuePlan, createPlan } from '../engine/preview/make-plan';
import { htmlAnswer, wantsHtml } from '../pages/page';
import { isPlanMark, type PlanHeader } from '../ports/plan-store';
import { configuredHttp, type Handler, json, RequestProblem } from './http';
import { operatorOf, readBody } from './job-request';
import { headerBody, rowBody } from './plan-body';
import { planCsv } from './plan-csv';
import { planPage } from './plan-page';
import { badParameter, oneOf, readQuery } from './query';

/**
 * Time for planning or applying within the call; the timer goes on with what takes longer. Azure cuts a call off after 230 s, and a
 * lease that a killed process has left may take 100 of them to end.
 */
const BUDGET_MS = 100_000;

const createSchema = z.strictObject({ schema: z.looseObject({}).optional() });

/** `POST /api/plan`: what a cycle would do, object by object. Nothing is written but the plan itself. */
export const makePlanCreate = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const { planning } = app;
    const { schema } = await readBody(request, createSchema);
    const busy = (await planning.plans.list()).find((plan) => plan.state === 'planning' || plan.state === 'applying');
    if (busy) {
      const detail = `Plan ${busy.planId} is still ${busy.state === 'planning' ? 'being made' : 'being applied'}. One at a time: ask for it by its id.`;
      throw new RequestProblem('Conflict', detail);
    }
    const given = schema && readGiven(schema);
    const begun = await createPlan(planning, operatorOf(app, request), given);
    const options = { owner: planning.deps.newId(), budgetMs: BUDGET_MS };
    const header = (await continuePlan(planning, begun.planId, options)) ?? begun;
    return planAnswer(header, header.state === 'planning' ? 202 : 200);
  });

function readGiven(schema: Readonly<Record<string, unknown>>) {
  const text = JSON.stringify(schema);
  const read = readSchema(text);
  if (read.ok) return { schema: read.schema, text };
  const errors = read.problems.slice(0, 50).map((one) => ({
    pointer: `#/schema ${one.path}`.trim(),
    detail: one.problem,
    ...(one.allowed ? { allowed: one.allowed } : {}),
  }));
  throw new RequestProblem('BadRequest', 'The schema can not be used.', errors);
}

const locationOf = (header: PlanHeader): Record<string, string> => ({ location: `/api/plan/${header.planId}` });
const planAnswer = (header: PlanHeader, status: number): HttpResponseInit => json(headerBody(header), status, locationOf(header));

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/** `GET /api/plan/{id}`: how far a plan is and what it says, page by page; as a page for people and as CSV too. */
export const makePlanRead = (getApp: () => App): Handler =>
  configuredHttp(getApp, async ({ planning }, request) => {
    const planId = idOf(request);
    const query = readQuery(request, ['include', 'format', '$top', '$skiptoken']);
    const which = oneOf('include', query.include, ['acting', 'all']) ?? 'acting';
    const format = oneOf('format', query.format, ['csv']);
    const top = topOf(query.$top);
    if (query.$skiptoken !== undefined && !isPlanMark(query.$skiptoken)) {
      throw badParameter('$skiptoken', 'is not one that a plan gave; ask for the first page again.');
    }
    const header = (await planning.plans.read(planId))?.value;
    if (!header) throw noPlan();
    if (format === 'csv') return planCsv(planning.plans, header, which);
    const { rows, next } = await planning.plans.rows(planId, which, top, query.$skiptoken);
    const code = request.query.get('code') ?? undefined;
    if (wantsHtml(request.headers.get('accept'))) return htmlAnswer(planPage(header, rows, next, { which, top, code }));
    const rest = new URLSearchParams({ ...(which === 'all' && { include: 'all' }), $top: String(top), $skiptoken: next ?? '' });
    return json({
      ...headerBody(header),
      value: rows.map((row) => rowBody(header, row)),
      ...(next !== undefined && { '@odata.nextLink': `/api/plan/${planId}?${rest}` }),
    });
  });

const applySchema = z.strictObject({ allowDeletes: z.boolean().optional() });

/** `POST /api/plan/{id}/apply`: exactly what the plan says; what has changed since is refused and listed. */
export const makePlanApply = (getApp: () => App): Handler =>
  configuredHttp(getApp, async (app, request) => {
    const { planning } = app;
    const planId = idOf(request);
    const { allowDeletes } = await readBody(request, applySchema);
    const begun = await startApply(planning, planId, operatorOf(app, request), allowDeletes);
    if (begun.kind !== 'applying') throw refusalOf(begun);
    const options = { owner: planning.deps.newId(), budgetMs: BUDGET_MS };
    const header = (await continueApply(planning, planId, options)) ?? begun.header;
    const { rows } = await planning.plans.rows(planId, 'acting', MAX_PAGE);
    const refused = rows.filter((row) => row.applied === 'refused' || row.applied === 'held');
    return json(
      { ...headerBody(header), refused: refused.map((row) => rowBody(header, row)) },
      header.state === 'applied' ? 200 : 202,
      locationOf(header),
    );
  });

function refusalOf(answer: Exclude<ApplyAnswer, { kind: 'applying' }>): RequestProblem {
  if (answer.kind === 'notFound') return noPlan();
  return answer.kind === 'expired' ? new RequestProblem('Gone', answer.reason) : new RequestProblem('Conflict', answer.reason);
}

const noPlan = (): RequestProblem => new RequestProblem('NotFound', 'There is no such plan. Plans are kept for seven days.');

function idOf(request: HttpRequest): string {
  const parsed = z.guid().safeParse(request.params['id']);
  if (parsed.success) return parsed.data.toLowerCase();
  throw noPlan();
}

function topOf(text: string | undefined): number {
  const top = text === undefined ? DEFAULT_PAGE : Number(text);
  if (Number.isInteger(top) && top >= 1 && top <= MAX_PAGE) return top;
  throw badParameter('$top', `must be a whole number from 1 to ${MAX_PAGE}.`);
}
