import { z } from 'zod';
import type { App } from '../../src/compose';
import { ConfigError } from '../../src/core/errors';
import { endpoint } from '../../src/functions/endpoint';
import { ENDPOINTS } from '../../src/functions/endpoints';
import { json, type RequestFault } from '../../src/functions/http';
import { ROUTES, type Route, type RouteName } from '../../src/functions/routes';
import { OnDemandRequest } from '../../src/functions/shapes/on-demand';
import { ask } from '../support/http-app';

/** What is wrong with a request is found before the app is looked at, so any will do. */
const anApp = (): App => ({ kind: 'configured' }) as App;
const params = { id: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1', version: '1' };

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly RequestFault[];
}
const names = Object.keys(ROUTES) as RouteName[];
const methodOf = (name: RouteName): string => (ROUTES[name] satisfies Route).method;
const isJson = (response: Response): boolean => /json/.test(response.headers.get('content-type') ?? '');

async function refusalOf(name: RouteName, query: string, text?: string): Promise<Problem> {
  const response = await ask(ENDPOINTS[name](anApp), `x${query}`, { method: methodOf(name), params, ...(text && { text }) });
  expect(isJson(response)).toBe(true);
  const body = (await response.json()) as Problem & { error?: { code: string } };
  // At Graph's path a refusal has Graph's shape.
  return body.error ? { ...body, status: response.status, code: body.error.code } : body;
}

describe.each(names)('every function › %s', (name) => {
  test.each(['?__proto__=1', '?ftiler=1', '?code=key&constructor=x'])('%s is refused', async (query) => {
    const { status, code } = await refusalOf(name, query);
    expect([status, code]).toEqual([400, 'BadRequest']);
  });
});

describe.each(names.filter((name) => methodOf(name) === 'POST'))('every function with a body › %s', (name) => {
  test.each([
    ['lists 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), /more than 100 deep/],
    ['objects 100,000 deep', '{"a":'.repeat(100_000), /more than 100 deep/],
    ['not JSON', '{"subjects": [}', /not valid JSON; see line 1, column 15\./],
    ['a list', '[]', /must be an object, and is a list/],
    ['null', 'null', /must be an object, and is null/],
  ])('%s', async (_, text, detail) => {
    const refused = await refusalOf(name, '', text);
    expect([refused.status, refused.code]).toEqual([400, 'BadRequest']);
    expect(refused.detail).toMatch(detail);
  });
});

test('brackets within texts are not depth', async () => {
  const handler = endpoint(contract(z.strictObject({ a: z.string() })), async (_, { body }) => json(body));
  const body = { a: `${'[{'.repeat(500)}"\\` };
  expect(await (await ask(handler(anApp), 'x', { body })).json()).toEqual(body);
});

test('a field named __proto__ is refused like any other', async () => {
  const { detail } = await refusalOf('jobRun', '', '{"__proto__": {"a": 1}}');
  expect(detail).toMatch(/^#\/__proto__: there is no such field\./);
});

test('while the settings are wrong, each is named in the shape of every other problem', async () => {
  const error = new ConfigError([{ setting: 'ZENDESK_SUBDOMAIN', problem: 'is missing' }]);
  const app = (): App => ({ kind: 'notConfigured', error, warnings: [], queue: undefined });
  const response = await ask(ENDPOINTS.jobRun(app), 'x', { method: 'POST' });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    code: 'NotConfigured',
    errors: [{ pointer: 'ZENDESK_SUBDOMAIN', detail: 'is missing' }],
  });
});

const contract = <B extends z.ZodType>(body: B) =>
  ({ tag: 'job', summary: '', description: '', body, answers: {}, problems: [] }) as const;

describe('what is wrong with a body, in plain words', () => {
  const Shape = OnDemandRequest.extend({
    at: z.int().min(1).max(5).optional(),
    id: z.guid().optional(),
    criteria: z.strictObject({ resetScope: z.string().max(3).optional() }).optional(),
  });
  const handler = endpoint(contract(Shape), async () => json({}))(anApp);
  const good = { subjects: ['ann'] };

  test.each<[unknown, string, string]>([
    [{}, '#/subjects', '#/subjects: is missing; it must be a list.'],
    [{ subjects: [] }, '#/subjects', '#/subjects: must have at least 1 entry.'],
    [{ subjects: 'ann' }, '#/subjects', '#/subjects: must be a list, and is text.'],
    [{ subjects: [7] }, '#/subjects/0', '#/subjects/0: must be text, and is a number.'],
    [{ subjects: [' '] }, '#/subjects/0', '#/subjects/0: must have at least 1 character.'],
    [
      { ...good, dryrun: true },
      '#/dryrun',
      '#/dryrun: there is no such field; did you mean dryRun? Allowed: subjects, dryRun, objectType, at, id, criteria.',
    ],
    [{ ...good, dryRun: 'yes' }, '#/dryRun', '#/dryRun: must be true or false, and is text.'],
    [
      { ...good, objectType: 'usr' },
      '#/objectType',
      '#/objectType: "usr" is not one of the values allowed; did you mean user? Allowed: user, group.',
    ],
    [{ ...good, at: 1.5 }, '#/at', '#/at: must be a whole number.'],
    [{ ...good, at: 9 }, '#/at', '#/at: must be at most 5.'],
    [
      { ...good, id: 'ann@contoso.com' },
      '#/id',
      '#/id: must be an object id (a GUID such as 5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1), not a name or an address.',
    ],
    [
      { ...good, criteria: { resetscope: '' } },
      '#/criteria/resetscope',
      '#/criteria/resetscope: there is no such field; did you mean resetScope? Allowed: resetScope.',
    ],
    [
      { ...good, criteria: { resetScope: 'abcd' } },
      '#/criteria/resetScope',
      '#/criteria/resetScope: must have at most 3 characters.',
    ],
    [{ ...good, 'a/b~c': 1 }, '#/a~1b~0c', expect.stringContaining('#/a~1b~0c: there is no such field.') as unknown as string],
  ])('%j', async (body, pointer, detail) => {
    const refused = (await (await ask(handler, 'x', { body })).json()) as Problem;
    expect([refused.detail, refused.errors.map((one) => one.pointer)]).toEqual([detail, [pointer]]);
  });

  test('the first is named, the others are counted', async () => {
    const refused = (await (await ask(handler, 'x', { body: { subjects: [1, 2], dryRun: 1 } })).json()) as Problem;
    expect(refused.detail).toBe('#/subjects/0: must be text, and is a number. 2 more in errors.');
    expect(refused.errors).toHaveLength(3);
  });

  test('no sentence ends twice', async () => {
    for (const query of ['?$fliter=1', '?$top=0', '?person=a&person=b', '?format=xls']) {
      const { detail } = await refusalOf('logs', query);
      expect(detail).not.toMatch(/[.?!]\.|\?\s*$/);
      expect(detail).toMatch(/\.$/);
    }
  });
});
