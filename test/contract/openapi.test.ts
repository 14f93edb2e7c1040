import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { CORE_MODULE, CoreApi } from '../../local/host/core-api';
import { inHostOrder } from '../../local/host/http-trigger';
import { parseRoute } from '../../local/host/route-template';
import type { App } from '../../src/compose';
import { REFUSAL_TABLE } from '../../src/core/error-table';
import { ConfigError, ERROR_CODES } from '../../src/core/errors';
import { makeOpenApi } from '../../src/functions/openapi';
import { openApiDocument } from '../../src/functions/openapi-document';
import { CONSOLE_ROUTES, ROUTES } from '../../src/functions/routes';
import { ask } from '../support/http-app';

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: unknown; readonly example?: unknown }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { readonly schema: unknown }> }
  >;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}
const notConfigured = (): App => ({ kind: 'notConfigured', error: new ConfigError([]), warnings: [], queue: undefined });
const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** What `main.ts` really registers, as the worker would learn it. */
function registered() {
  const core = new CoreApi(
    () => undefined,
    () => undefined,
  );
  jest.isolateModules(() => {
    jest.doMock(CORE_MODULE, () => core.module, { virtual: true });
    require('../../src/main');
  });
  return [...core.functions.values()].flatMap(({ metadata }) => {
    const binding = Object.values(metadata.bindings).find((one) => one.type === 'httpTrigger');
    if (!binding) return [];
    const { route, methods, authLevel } = binding as unknown as { route: string; methods: string[]; authLevel: string };
    return [{ name: metadata.name, route, methods: [...methods], authLevel }];
  });
}

const functions = registered();

/** The console is for people, not part of the API. */
const isOfTheApi = ({ name }: { readonly name: string }): boolean => !(name in CONSOLE_ROUTES);

test('the loader really saw the app', () => {
  expect(functions.map((one) => one.name)).toEqual(expect.arrayContaining(['status', 'logs', 'health']));
});

test('code and document name the same functions, with method, route and key', () => {
  const ofCode = functions
    .filter(isOfTheApi)
    .map(({ name, route, methods, authLevel }) => `${name} ${methods.join()} /api/${route} ${authLevel}`);
  const ofDocument = operations.map(
    ({ path, method, operation }) =>
      `${operation.operationId} ${method} ${path} ${operation.security?.length === 0 ? 'anonymous' : 'function'}`,
  );
  expect(ofDocument.sort()).toEqual(ofCode.sort());
});

test('what the platform loads to register the functions is none of what they need', () => {
  const files = ['src/main.ts', 'src/functions/routes.ts'].map((file) => readFileSync(file, 'utf8'));
  const imported = files.flatMap((file) => [...file.matchAll(/^import (?!type ).* from '([^']+)'/gm)].map(([, from]) => from));
  expect(imported.sort()).toEqual([
    './adapters/storage/names',
    './config/schedule',
    './functions/routes',
    '@azure/functions',
    'node:path',
  ]);
});

test('only health, and what Graph calls, is open to everybody, and to the host the console, which the app closes', () => {
  const open = functions.filter((one) => one.authLevel !== 'function').map((one) => one.name);
  expect(open.sort()).toEqual(['console', 'consoleAct', 'graphNotifications', 'health']);
});

test('no function changes something with GET, and reading and writing are different functions', () => {
  for (const { methods } of functions) expect(methods).toHaveLength(1);
});

test('no route hides another: the first that fits, in the order of the names, is the one that is meant', () => {
  const ordered = inHostOrder(functions).map((one) => ({ ...one, template: parseRoute(`api/${one.route}`) }));
  for (const { path, method, operation } of operations) {
    const concrete = path.slice(1).replaceAll(/\{\w+\}/g, '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1');
    const first = ordered.find((one) => one.methods.includes(method) && one.template.match(concrete) !== undefined);
    expect(`${method} ${concrete} → ${first?.name}`).toBe(`${method} ${concrete} → ${operation.operationId}`);
  }
  for (const [method, name] of [
    ['GET', 'console'],
    ['POST', 'consoleAct'],
  ] as const)
    for (const path of ['api/console', 'api/console/log', 'api/console/people/user/1'])
      expect(ordered.find((one) => one.methods.includes(method) && one.template.match(path) !== undefined)?.name).toBe(name);
});

describe('the document is valid OpenAPI 3.1', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema({ $id: 'app:document', ...document } as object);
  const compiled = (schema: unknown) => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"app:document#/components/');
    return ajv.compile(JSON.parse(text));
  };

  test('frame', () => {
    expect(openApiDocument()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: expect.any(String), version: expect.any(String) },
      components: { securitySchemes: { functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key' } } },
    });
    const { tags, info } = openApiDocument() as { tags: { name: string }[]; info: Record<string, unknown> };
    expect(info['contact']).toBeDefined();
    expect(tags.map(({ name }) => name).sort()).toEqual(
      [...new Set(operations.flatMap(({ operation }) => operation.tags))].sort(),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    expect(operations).toHaveLength(Object.keys(ROUTES).length);
  });

  test.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))('%s', (_, { path, method, operation }) => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect((operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)).toEqual(inPath);
    expect(new Set((operation.parameters ?? []).map((one) => `${one.in} ${one.name}`)).size).toBe(
      operation.parameters?.length ?? 0,
    );
    expect(operation.requestBody === undefined || method !== 'GET').toBe(true);
    expect(Object.keys(operation.responses).some((status) => /^2\d\d$/.test(status))).toBe(true);
    for (const answer of Object.values(operation.responses)) {
      expect(answer.description).not.toBe('');
      for (const { schema } of Object.values(answer.content ?? {})) compiled(schema);
    }
    for (const { schema, example } of Object.values(operation.requestBody?.content ?? {})) {
      const validate = compiled(schema);
      if (example === undefined) continue;
      validate(example);
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  test('every schema can be compiled, is used, and every reference leads somewhere', () => {
    const text = JSON.stringify(document);
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort());
    for (const schema of Object.values(document.components.schemas)) expect(ajv.validateSchema(schema)).toBe(true);
  });
});

test('every problem code is listed', () => {
  const { properties } = document.components.schemas['Problem'] as { properties: { code: { enum: string[] } } };
  expect([...properties.code.enum].sort()).toEqual([...Object.keys(REFUSAL_TABLE), ...ERROR_CODES].sort());
  const folder = join('src', 'functions');
  const written = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/\bproblem\(\s*[^,]+,\s*'(\w+)'|RequestProblem\(\s*'(\w+)'/g),
    ])
    .map(([, one, other]) => one ?? other);
  expect(written.length).toBeGreaterThan(10);
  for (const code of written) expect(properties.code.enum).toContain(code);
});

test('GET openapi.json answers the document, also while the app is not configured', async () => {
  const response = await ask(makeOpenApi(notConfigured), 'openapi.json');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(document);
});

/** The path of a line as routes have it: what is a variable of the shell there is a parameter. */
const templateOf = (path: string): string => path.replace('$PLAN', '{id}').replace('$VERSION', '{version}');

describe('docs/api.md', () => {
  const page = existsSync('docs/api.md') ? readFileSync('docs/api.md', 'utf8') : '';
  const shown = [...page.matchAll(/^curl .*$/gm)].map(([line]) => {
    const method = /-X (\w+)/.exec(line)?.[1] ?? (/ -d /.test(line) ? 'POST' : 'GET');
    const path = /\$APP(\/api\/[^"?\s]*)/.exec(line)?.[1] ?? line;
    return `${method} ${templateOf(path)}`;
  });

  test('has a curl line for every route, and none for what is not there', () => {
    expect([...new Set(shown)].sort()).toEqual(operations.map(({ path, method }) => `${method} ${path}`).sort());
  });

  test('shows only parameters that there are', () => {
    const names = new Set(operations.flatMap(({ operation }) => operation.parameters?.map((one) => one.name) ?? []));
    const used = [...page.matchAll(/^curl .*$/gm)].flatMap(([line]) => [
      ...[...line.matchAll(/--data-urlencode '([^=']+)=/g)].map(([, name]) => name),
      ...[...line.matchAll(/[?&]([$\w]+)=/g)].map(([, name]) => name),
    ]);
    expect(used.length).toBeGreaterThan(3);
    for (const name of used) expect([...names]).toContain(name);
  });

  test('shows bodies that the document accepts', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    ajv.addSchema({ $id: 'app:document', ...document } as object);
    for (const [line] of page.matchAll(/^curl .* -d .*$/gm)) {
      const path = templateOf(/\$APP(\/api\/[^"?\s]*)/.exec(line)?.[1] ?? '');
      const body = JSON.parse(/ -d '([^']*)'/.exec(line)?.[1] ?? 'null');
      const schema = document.paths[path]?.['post']?.requestBody?.content['application/json']?.schema;
      const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"app:document#/components/')));
      expect([line, validate(body), validate.errors]).toEqual([line, true, null]);
    }
  });
});
