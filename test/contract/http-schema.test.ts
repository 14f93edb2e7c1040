import { readFileSync } from 'node:fs';
import { makeEvaluateFilter } from '../../src/functions/evaluate-filter';
import { makeParseExpression } from '../../src/functions/parse-expression';
import { makeSchema } from '../../src/functions/schema';
import { aDirectory, ask, type HttpApp, startHttpApp } from '../support/http-app';

const { directory, application, agent } = aDirectory();
const ann = directory.addUser({
  userPrincipalName: 'ann@contoso.com',
  displayName: 'Ann',
  mail: 'ann@contoso.com',
  jobTitle: 'Doctor',
  businessPhones: ['+1 2'],
});
const staff = directory.addGroup({ displayName: 'Staff' });
directory.addMember(staff, ann);
directory.assign(staff, agent);

let world: HttpApp;
beforeAll(async () => {
  world = await startHttpApp(directory, application);
  await world.cycle();
});
afterAll(() => world?.stop());

const properties = (values: Record<string, unknown>) => ({
  definition: null,
  properties: Object.entries(values).map(([key, value]) => ({ key, value })),
});
const post = async (make: typeof makeSchema, body: unknown, init: object = {}) => {
  const response = await ask(make(world.getApp), 'schema/x', { method: 'POST', body, ...init });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const parse = (expression: unknown, more: object = {}) =>
  post(makeParseExpression, { expression, targetAttributeDefinition: null, ...more });
const FAILED = { parsingSucceeded: false, parsedExpression: null, evaluationSucceeded: false, evaluationResult: [] };

describe('GET schema', () => {
  test('the file as it is, its hash, what is ignored, and an ETag', async () => {
    const response = await ask(makeSchema(world.getApp), 'schema');
    const body = (await response.json()) as Record<string, unknown>;
    const file = JSON.parse(readFileSync('provisioning-schema.json', 'utf8'));
    expect(body).toEqual({ ...file, hash: world.app.deps.schema.hash, ignored: world.app.ignored, schemaVersion: 0 });
    const etag = response.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    const again = await ask(makeSchema(world.getApp), 'schema', { headers: { 'if-none-match': `"other", W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await ask(makeSchema(world.getApp), 'schema', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });
});

describe('POST schema/parse-expression', () => {
  test('parses, evaluates and shows the tree', async () => {
    const { status, body } = await parse('Join( " ",[givenName] , [surname])', {
      testInputObject: properties({ givenName: 'Ann', surname: 'Lee' }),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ parsingSucceeded: true, evaluationSucceeded: true, evaluationResult: ['Ann Lee'], error: null });
    expect(body.parsedExpression).toMatchObject({
      expression: 'Join(" ", [givenName], [surname])',
      name: 'Join',
      type: 'Function',
      parameters: [
        { key: 'separator', value: { type: 'Constant', name: ' ', expression: '" "' } },
        { value: { type: 'Attribute', name: 'givenName' } },
        { value: { type: 'Attribute', name: 'surname' } },
      ],
    });
  });

  test.each<[string, object, readonly string[]]>([
    ['IsPresent([a])', { a: 'x' }, ['True']],
    ['Append([a], "")', { a: '' }, ['']],
    ['ToLower([a])', { a: null }, []],
    ['ToLower([absent])', {}, []],
    ['IgnoreFlowIfNullOrEmpty([a])', { a: '' }, []],
    ['Split("a,b", ",")', {}, ['a', 'b']],
    ['Coalesce([a.b:c])', { 'a.b:c': 7 }, ['7']],
    ['Redact([a])', { a: 'secret' }, ['secret']],
    ['ToLower([__proto__])', {}, []],
  ])('%s', async (expression, values, expected) => {
    const { body } = await parse(expression, { testInputObject: properties(values as Record<string, unknown>) });
    expect(body).toMatchObject({ evaluationSucceeded: true, evaluationResult: expected, error: null });
  });

  test.each([
    ['', /empty|expression/i],
    ['ToLower(', /offset \d/],
    ['ToLowr([a])', /did you mean `ToLower`/],
    ['[mail]', /function call/],
    [`Append([a], "${'x'.repeat(10_000)}")`, /10,?000/],
  ])('what cannot be parsed is an answer: %.20s', async (expression, message) => {
    const { status, body } = await parse(expression);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...FAILED, error: { code: 'InvalidExpression', message: expect.stringMatching(message) } });
  });

  test('what cannot be evaluated is an answer', async () => {
    const { status, body } = await parse('Len([a])', { testInputObject: properties({ a: ['x', 'y'] }) });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      parsingSucceeded: true,
      evaluationSucceeded: false,
      evaluationResult: [],
      error: { code: 'EvaluationFailed', message: expect.stringContaining('Len') },
    });
  });

  test('a definition says which attributes there are', async () => {
    const testInputObject = { definition: { attributes: [{ name: 'a' }] }, properties: [] };
    expect((await parse('ToLower([b])', { testInputObject })).body).toMatchObject({
      ...FAILED,
      error: { code: 'AttributeNotDefined' },
    });
    expect((await parse('ToLower([a])', { testInputObject })).body).toMatchObject({ evaluationSucceeded: true });
  });

  test('a real user, with attributes that no mapping reads, and the role', async () => {
    for (const sourceId of [ann, 'ann@contoso.com']) {
      const { body } = await parse('Join("/", [jobTitle], [telephoneNumber], SingleAppRoleAssignment([appRoleAssignments]))', {
        sourceId,
      });
      expect(body).toMatchObject({ evaluationResult: ['Doctor/+1 2/Agent'], error: null });
    }
    const message = expect.stringMatching(/"maill"; did you mean \[mail\].*"jobTitel"; did you mean \[jobTitle\]/);
    const mistyped = await parse('Append([maill], [jobTitel])', { sourceId: ann });
    expect(mistyped.body).toMatchObject({ parsingSucceeded: false, error: { code: 'AttributeNotDefined', message } });
    const { status, body } = await parse('ToLower([mail])', { sourceId: 'nobody@contoso.com' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ parsingSucceeded: true, evaluationSucceeded: false, error: { code: 'SourceObjectNotFound' } });
  });

  test.each<[unknown, string | undefined]>([
    [{}, '#/expression'],
    [{ expression: 7 }, '#/expression'],
    [{ expression: 'ToLower([a])', testInputObject: { properties: [{ value: 'x' }] } }, '#/testInputObject/properties/0/key'],
    [{ expression: 'ToLower([a])', testInputObject: properties({}), sourceId: 'x' }, '#/sourceId'],
    [
      { expression: 'ToLower([a])', testInputObject: { properties: [{ key: 'a' }, { key: 'a' }] } },
      '#/testInputObject/properties/1/key',
    ],
    [[], undefined],
  ])('a malformed body is refused: %j', async (body, pointer) => {
    const answer = await post(makeParseExpression, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'BadRequest' });
    if (pointer) expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });

  test('no JSON, no body, too large a body', async () => {
    expect((await post(makeParseExpression, undefined, { text: '{' })).status).toBe(400);
    expect((await post(makeParseExpression, undefined)).status).toBe(400);
    const large = await post(makeParseExpression, { expression: 'x'.repeat(1_048_576) });
    expect([large.status, large.body.code]).toEqual([413, 'PayloadTooLarge']);
    const announced = await post(makeParseExpression, { expression: 'x' }, { headers: { 'content-length': '1048577' } });
    expect(announced.status).toBe(413);
  });
});

describe('POST schema/evaluate-filter', () => {
  const clause = (sourceOperandName: string, operatorName: string, ...values: string[]) => ({
    sourceOperandName,
    operatorName,
    targetOperand: { values },
  });
  const evaluate = (clauses: unknown, more: object) =>
    post(makeEvaluateFilter, { filter: clauses === null ? null : { groups: [{ clauses }] }, ...more });

  test('in or out, clause by clause', async () => {
    const clauses = [clause('department', 'EQUALS', 'Sales'), clause('country', 'IS NULL')];
    expect((await evaluate(clauses, { testInputObject: properties({ department: 'Sales', country: 'US' }) })).body).toEqual({
      inScope: false,
      clauses: [
        { groupIndex: 0, clauseIndex: 0, result: true, reason: expect.stringContaining('Sales') },
        { groupIndex: 0, clauseIndex: 1, result: false, reason: expect.stringContaining('US') },
      ],
    });
    expect((await evaluate(null, {})).body).toEqual({ inScope: true, clauses: [] });
  });

  test('memberships: unknown, of the test object, of a real user', async () => {
    const clauses = [clause('', 'IS MEMBER OF', staff)];
    expect((await evaluate(clauses, {})).body.inScope).toBe('unknown');
    expect((await evaluate(clauses, { testInputObject: properties({ memberOf: [staff] }) })).body.inScope).toBe(true);
    expect((await evaluate(clauses, { testInputObject: properties({ memberOf: [] }) })).body.inScope).toBe(false);
    expect((await evaluate(clauses, { sourceId: ann })).body.inScope).toBe(true);
    expect((await evaluate([clause('jobTitle', 'EQUALS', 'Doctor')], { sourceId: 'ann@contoso.com' })).body.inScope).toBe(true);
  });

  test('refusals', async () => {
    const bad = await evaluate([clause('a', 'RESEMBLES', 'x')], {});
    expect(bad.status).toBe(400);
    expect(bad.body).toMatchObject({ errors: [{ pointer: '#/filter/groups/0/clauses/0/operatorName' }] });
    expect((await post(makeEvaluateFilter, {})).status).toBe(400);
    expect((await evaluate([clause('jobTitel', 'IS NULL')], { sourceId: ann })).status).toBe(400);
    expect((await evaluate(null, { sourceId: 'nobody@contoso.com' })).status).toBe(404);
  });
});
