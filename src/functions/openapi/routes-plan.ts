import { jsonAnswer, type RouteDoc, ref } from './route';

const id = { name: 'id', in: 'path', description: 'The id of the plan.', schema: { type: 'string', format: 'uuid' } } as const;
const location = { Location: { description: 'Where the plan is.', schema: { type: 'string' } } };

/** Provisioning now, and plans. */
export const PLAN_ROUTES: readonly RouteDoc[] = [
  {
    functionName: 'onDemand',
    method: 'POST',
    route: 'on-demand',
    authLevel: 'function',
    tag: 'provisioning',
    summary: 'Provision named users or groups now',
    description:
      "The five steps that Entra's own on-demand provisioning shows, for each subject, with their details. With `dryRun` nothing is written.",
    body: { schema: ref('OnDemandRequest'), example: { subjects: ['ann@contoso.com'], dryRun: true } },
    answers: { 200: jsonAnswer('What was done, or would be, for each subject.', ref('OnDemand')) },
    problems: [400, 409, 502, 503],
  },
  {
    functionName: 'planCreate',
    method: 'POST',
    route: 'plan',
    authLevel: 'function',
    tag: 'provisioning',
    summary: 'Plan a cycle without writing',
    description:
      'What a cycle would do, object by object with old and new values; with `schema`, what it would do under other mappings. One plan at ' +
      'a time; a plan that takes longer than the call goes on by itself.',
    body: { schema: ref('PlanRequest'), isOptional: true, example: {} },
    answers: {
      200: { ...jsonAnswer('The plan is made.', ref('Plan')), headers: location },
      202: { ...jsonAnswer('The plan is being made: ask for it by its id.', ref('Plan')), headers: location },
    },
    problems: [400, 409, 502, 503],
  },
  {
    functionName: 'planRead',
    method: 'GET',
    route: 'plan/{id}',
    authLevel: 'function',
    tag: 'provisioning',
    summary: 'A plan',
    description:
      'How far it is, and what it would do, page by page. `Accept: text/html` gives a page for people. Plans are kept for seven days.',
    parameters: [
      id,
      {
        name: 'include',
        in: 'query',
        description: '`all` shows also the objects for which nothing would be done.',
        schema: { type: 'string', enum: ['acting', 'all'], default: 'acting' },
      },
      { name: 'format', in: 'query', description: 'Answer with a file.', schema: { type: 'string', enum: ['csv'] } },
      {
        name: '$top',
        in: 'query',
        description: 'Objects on a page.',
        schema: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
      },
      { name: '$skiptoken', in: 'query', description: 'Where to go on; opaque.', schema: { type: 'string' } },
    ],
    answers: {
      200: {
        description: 'The plan.',
        content: { 'application/json': ref('Plan'), 'text/csv': { type: 'string' }, 'text/html': { type: 'string' } },
      },
    },
    problems: [400, 404, 503],
  },
  {
    functionName: 'planApply',
    method: 'POST',
    route: 'plan/{id}/apply',
    authLevel: 'function',
    tag: 'provisioning',
    summary: 'Do exactly what a plan says',
    description:
      'What has changed since is refused and listed. Removals above the threshold are held, unless `allowDeletes` lets them go.',
    parameters: [id],
    body: { schema: ref('PlanApplyRequest'), isOptional: true, example: { allowDeletes: false } },
    answers: {
      200: { ...jsonAnswer('All of it has been looked at.', ref('Plan')), headers: location },
      202: { ...jsonAnswer('It goes on by itself.', ref('Plan')), headers: location },
    },
    problems: [400, 404, 409, 410, 502, 503],
  },
];
