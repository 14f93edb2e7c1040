import { z } from 'zod';
import { VERSION } from '../version';
import { type AnswerDoc, type Contract, TAGS } from './endpoint';
import { ENDPOINTS } from './endpoints';
import { ROUTES, type Route, type RouteName } from './routes';
import { Problem } from './shapes/problem';

/** A piece of the document. */
type Json = { readonly [key: string]: unknown };

const DESCRIPTION =
  'Keeps the users and groups of a Zendesk account in sync with an Entra ID enterprise application. ' +
  'Errors are RFC 9457 problems with a stable `code`. Where Microsoft Graph has a resource for the same thing, the body has its shape.';

/** The OpenAPI 3.1 document of the app, printed from its routes and their contracts. @see https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(): Json {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, { contract }] of Object.entries(ENDPOINTS)) {
    const route: Route = ROUTES[name as RouteName];
    const path = `/api/${route.route}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route, contract, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zendesk provisioning for Microsoft Entra ID',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'The people who run this app in your organization' },
    },
    servers: [{ url: '/' }],
    security: [{ functionKey: [] }, { functionKeyInAddress: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        functionKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'The key of the function, or of the app.',
        },
        functionKeyInAddress: {
          type: 'apiKey',
          in: 'query',
          name: 'code',
          description: 'The same in the address. Addresses are logged along the way: prefer the header.',
        },
      },
      schemas,
    },
  };
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; `errors` says where.',
  404: 'Not found.',
  409: 'What the request is about has changed since, or something else is under way.',
  410: 'It existed and has expired.',
  413: 'The body is too large: over 1 MiB, or 4 MiB for mappings.',
  500: 'The app failed in a way that it did not expect.',
  502: 'Entra ID or Zendesk refused the credential of the app, or responded in a way that it does not understand.',
  503: 'Not configured, or Entra ID, Zendesk or storage did not respond; try again later.',
};

const ALWAYS = [413, 500];

function operation(name: string, route: Route, contract: Contract, schemas: Record<string, unknown>): Json {
  const print = printer(schemas);
  const statuses = [...new Set([...contract.problems, ...ALWAYS])].sort((a, b) => a - b);
  const { type, shape } = contract.refusal ?? { type: 'application/problem+json', shape: Problem };
  const answerOf = ({ description, content, headers }: AnswerDoc): Json => ({
    description,
    ...(headers && { headers: mapValues(headers, (text) => ({ description: text, schema: { type: 'string' } })) }),
    ...(content && { content: mapValues(content, (one) => ({ schema: print(one) })) }),
  });
  const body = contract.file?.shape ?? contract.body;
  const parameters = [
    ...parametersOf('path', print(contract.params ?? z.strictObject({}))),
    ...parametersOf('query', print(contract.query ?? z.strictObject({}))),
    ...Object.entries(contract.headers ?? {}).map(([header, description]) => ({
      ...{ name: header, in: 'header', description, schema: { type: 'string' }, required: false },
    })),
  ];
  return {
    operationId: name,
    tags: [contract.tag],
    summary: contract.summary,
    description: contract.description,
    ...(route.authLevel === 'anonymous' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: {
          'application/json': {
            schema: print(body),
            ...(contract.example === undefined ? {} : { example: contract.example }),
          },
        },
      },
    }),
    responses: {
      ...mapValues(contract.answers, answerOf),
      ...(route.authLevel === 'function' && {
        401: { description: 'The function key is missing or wrong. Sent by the platform, without a body.' },
      }),
      ...Object.fromEntries(
        statuses
          .filter((status) => !(status in contract.answers))
          .map((status) => [status, answerOf({ description: PROBLEMS[status] ?? 'A problem.', content: { [type]: shape } })]),
      ),
    },
  };
}

/** Prints shapes as JSON Schema; those with a name are put among the document's schemas and pointed to. */
const printer =
  (schemas: Record<string, unknown>) =>
  (shape: z.ZodType): Json => {
    // As the input: a response may have more properties than are named, and a default need not be sent.
    const printed = z.toJSONSchema(z.object({ shape }), { io: 'input', override: ({ jsonSchema }) => tidy(jsonSchema) });
    const { properties, $defs } = JSON.parse(JSON.stringify(printed).replaceAll('"#/$defs/', '"#/components/schemas/'));
    Object.assign(schemas, $defs);
    return properties.shape;
  };

/** What says nothing is left out: the pattern beside a format, and the bounds of every number of JavaScript. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

/** The fields of an object as parameters. */
function parametersOf(place: 'path' | 'query', shape: Json): readonly Json[] {
  const { properties = {}, required = [] } = shape as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, example, ...schema }]) => ({
    name,
    in: place,
    description,
    ...(example !== undefined && { example }),
    schema,
    required: required.includes(name),
  }));
}

const mapValues = <T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
