import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** One request as the contract sees it. `query` is the part after the question mark, or its pairs. */
export interface ContractRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string | URLSearchParams | Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One answer as the contract sees it. */
export interface ContractResponse {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: unknown;
}

/** Zendesk's own OpenAPI document as a judge of traffic. Every function returns the problems found, as text; none: it fits. */
export interface ZendeskContract {
  validateRequest(request: ContractRequest): string[];
  /** Judges success answers; refusals (4xx, 5xx) are judged by their envelope, since the document does not declare them. */
  validateResponse(response: ContractResponse): string[];
  /** `METHOD /path/{id}` of the operation, or undefined when the document has none. */
  operationOf(method: string, path: string): string | undefined;
}

type Schema = Record<string, unknown>;
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly style?: string;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: unknown[];
  readonly requestBody?: { readonly content?: Record<string, { readonly schema?: Schema }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: Schema }> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation> & { readonly parameters?: unknown[] }>;
  readonly components: { readonly schemas: Record<string, Schema>; readonly parameters: Record<string, Parameter> };
}

/** Where the official documents lie when they are at hand; they are never copied into the repository. */
const specFile = resolve(__dirname, '../../../shared/specs/zendesk-provisioning.oas.yaml');

/** The document that the trimmed one was made from: it alone has the tickets. */
const wholeFile = resolve(__dirname, '../../../shared/specs/zendesk-support.oas.yaml');

/** The trimmed document with the paths of tickets, and the components that these need. */
function withTickets(document: Document, whole: Document): Document {
  const tickets = Object.entries(whole.paths).filter(([path]) =>
    /^\/api\/v2\/(tickets|users\/\{user_id\}\/tickets)(\/|$)/.test(path),
  );
  const { schemas, parameters } = whole.components;
  return {
    paths: { ...Object.fromEntries(tickets), ...document.paths },
    components: {
      ...document.components,
      schemas: { ...schemas, ...document.components.schemas },
      parameters: { ...parameters, ...document.components.parameters },
    },
  };
}

/** Loads the contract; undefined, with a loud warning, when the official document is not at hand. */
export async function loadZendeskContract(): Promise<ZendeskContract | undefined> {
  if (!existsSync(specFile)) {
    console.warn('SKIPPED: the official Zendesk contract is not at ../shared/specs, traffic is not held against it');
    return undefined;
  }
  const document = parse(await readFile(specFile, 'utf8')) as Document;
  return makeContract(
    existsSync(wholeFile) ? withTickets(document, parse(await readFile(wholeFile, 'utf8')) as Document) : document,
  );
}

/**
 * Bodies which the document leaves out although the live call needs them (specs README, defect 2), and the create whose `anyOf`
 * lets a user without name pass (defect 3). From the texts of the same pages.
 */
const missingBodies: Readonly<Record<string, Schema>> = {
  'POST /oauth/tokens': objectOf(
    {
      grant_type: { const: 'client_credentials' },
      client_id: text(),
      client_secret: text(),
      scope: text(),
      expires_in: { type: 'integer', minimum: 300, maximum: 172800 },
    },
    ['grant_type', 'client_id', 'client_secret', 'scope'],
  ),
  'POST /api/v2/users': objectOf({ user: objectOf({ name: { type: 'string', minLength: 1 } }, ['name']) }, ['user']),
  'POST /api/v2/users/{user_id}/identities': objectOf({ identity: { $ref: '#/components/schemas/UserIdentityInput' } }, [
    'identity',
  ]),
  'PUT /api/v2/users/{user_id}/identities/{user_identity_id}': objectOf({ identity: { type: 'object' } }, ['identity']),
  'POST /api/v2/organization_memberships': objectOf(
    {
      organization_membership: objectOf({ user_id: { type: 'integer' }, organization_id: { type: 'integer' } }, [
        'user_id',
        'organization_id',
      ]),
    },
    ['organization_membership'],
  ),
  'POST /api/v2/users/{user_id}/organization_memberships': objectOf(
    { organization_membership: objectOf({ organization_id: { type: 'integer' } }, ['organization_id']) },
    ['organization_membership'],
  ),
  'PUT /api/v2/organizations/{organization_id}': objectOf({ organization: { type: 'object' } }, ['organization']),
  'POST /api/v2/users/{user_id}/tags': objectOf({ tags: { type: 'array', items: text() } }, ['tags']),
  'PUT /api/v2/users/{user_id}/tags': objectOf({ tags: { type: 'array', items: text() } }, ['tags']),
  'DELETE /api/v2/users/{user_id}/tags': objectOf({ tags: { type: 'array', items: text() } }, ['tags']),
};

/** Paging works on every list, although some operations do not declare it (defects 5 and 8). */
const pagingNames = new Set(['page', 'per_page', 'page[size]', 'page[after]', 'page[before]']);

/** Declared with a type the live call does not ask for (defect 6). */
const untypedQuery = new Set([
  'GET /api/v2/organizations/search external_id',
  'DELETE /api/v2/organization_memberships/destroy_many ids',
  'DELETE /api/v2/group_memberships/destroy_many ids',
]);

/** One flat row with every field optional replaces a `oneOf` that refuses real rows (defect 7). */
const jobRow: Schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    index: { type: 'integer' },
    action: text(),
    status: text(),
    success: { type: 'boolean' },
    error: text(),
    details: text(),
    external_id: text(),
  },
};

/** Properties that recordings show as null although the document says string or integer. */
const nullInRecordings: Readonly<Record<string, readonly string[]>> = {
  UserForAdmin: ['alias', 'default_group_id', 'details', 'email', 'last_login_at', 'notes', 'remote_photo_url', 'signature'],
  DeletedUserObject: ['name', 'email', 'organization_id'],
};

/** Refusals come in one of four envelopes, or as text of the edge (https://developer.zendesk.com/api-reference/introduction/requests/#response-format). */
const refusalEnvelopes: Schema = {
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['error'],
      properties: {
        error: text(),
        description: text(),
        error_description: text(),
        details: {
          type: 'object',
          additionalProperties: { type: 'array', items: objectOf({ description: text(), error: text() }, ['description']) },
        },
      },
    },
    {
      type: 'object',
      required: ['error'],
      properties: { error: objectOf({ title: text(), message: text() }, ['title', 'message']) },
    },
    {
      type: 'object',
      required: ['errors'],
      properties: { errors: { type: 'array', minItems: 1, items: objectOf({ code: text(), title: text() }, ['code', 'title']) } },
    },
  ],
};

function makeContract(document: Document): ZendeskContract {
  repair(document);
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false, validateSchema: false });
  addFormats(ajv);
  ajv.addSchema({ ...(document as unknown as Schema), $id: 'zendesk' });
  const coercing = new Ajv({ strict: false, allErrors: true, coerceTypes: true, validateSchema: false });
  addFormats(coercing);
  const compiled = new Map<string, ValidateFunction>();
  const validator = (key: string, schema: Schema): ValidateFunction => {
    const known = compiled.get(key);
    if (known) return known;
    const fresh = ajv.compile(absolute(schema) as Schema);
    compiled.set(key, fresh);
    return fresh;
  };
  const check = (key: string, schema: Schema, value: unknown): string[] => {
    const validate = validator(key, schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${key}: ${error.instancePath || '/'} ${error.message}`);
  };
  const templates = Object.keys(document.paths).map((template) => ({ template, segments: template.split('/') }));

  const find = (method: string, rawPath: string) => {
    const segments = rawPath.replace(/\.json$/, '').split('/');
    const fits = templates.filter(
      ({ segments: own }) =>
        own.length === segments.length && own.every((part, at) => part.startsWith('{') || part === segments[at]),
    );
    // Fixed segments win over placeholders, as in the live router.
    fits.sort((left, right) => left.template.split('{').length - right.template.split('{').length);
    const template = fits.find((fit) => document.paths[fit.template]?.[method.toLowerCase()])?.template;
    const item = template === undefined ? undefined : document.paths[template];
    const operation = item?.[method.toLowerCase()];
    if (template === undefined || !item || !operation) return undefined;
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
      dereference(document, parameter),
    );
    const values = new Map(
      template.split('/').flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), segments[at] ?? ''] as const] : [])),
    );
    return { name: `${method.toUpperCase()} ${template}`, operation, parameters, values };
  };

  const checkParameters = (found: NonNullable<ReturnType<typeof find>>, query: URLSearchParams): string[] => {
    const problems: string[] = [];
    for (const parameter of found.parameters) {
      const value = parameter.in === 'path' ? found.values.get(parameter.name) : (query.get(parameter.name) ?? undefined);
      if (value === undefined && parameter.required && parameter.style !== 'deepObject')
        problems.push(`${found.name}: ${parameter.in} ${parameter.name} is missing`);
      if (value === undefined || parameter.style === 'deepObject' || untypedQuery.has(`${found.name} ${parameter.name}`))
        continue;
      const validate = coercing.compile({ type: 'object', properties: { value: parameter.schema } });
      if (!validate({ value }))
        problems.push(`${found.name}: ${parameter.in} ${parameter.name} ${validate.errors?.[0]?.message}`);
    }
    const declared = new Set(found.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name));
    for (const name of query.keys()) {
      const isPaging = found.name.startsWith('GET ') && pagingNames.has(name);
      if (!declared.has(name) && !isPaging) problems.push(`${found.name}: query ${name} is not declared`);
    }
    return problems;
  };

  return {
    operationOf: (method, path) => find(method, path)?.name,
    validateRequest({ method, path, query, body }) {
      const found = find(method, path);
      if (!found) return [`${method} ${path}: no such operation`];
      const problems = checkParameters(found, new URLSearchParams(query ?? ''));
      const declared = found.operation.requestBody?.content?.['application/json']?.schema;
      if (declared) problems.push(...check(`${found.name} body`, declared, body));
      const ours = missingBodies[found.name];
      if (ours) problems.push(...check(`${found.name} body (as documented in prose)`, ours, body));
      if (!declared && !ours && method === 'GET' && body !== undefined) problems.push(`${found.name}: a body was sent`);
      return problems;
    },
    validateResponse({ method, path, status, body }) {
      const found = find(method, path);
      if (!found) return status >= 400 ? check('refusal', refusalEnvelopes, body) : [`${method} ${path}: no such operation`];
      if (status >= 400) return check('refusal', refusalEnvelopes, body);
      const declared = found.operation.responses[String(status)];
      if (!declared) return [`${found.name}: status ${status} is not declared`];
      const schema = declared.content?.['application/json']?.schema;
      if (!schema || (schema.type === 'string' && body === undefined)) {
        return body === undefined || schema ? [] : [`${found.name} ${status}: a body where none is declared`];
      }
      if (body === undefined) return [`${found.name} ${status}: the body is missing`];
      return check(`${found.name} ${status}`, schema, body);
    },
  };
}

/** Works round the document's known defects (specs README). */
function repair(document: Document): void {
  const { schemas } = document.components;
  schemas.JobStatusResultObject = jobRow;
  const job = schemas.JobStatusObject?.properties as Record<string, Schema> | undefined;
  if (job)
    job.results = {
      anyOf: [{ type: 'array', items: jobRow }, objectOf({ success: { type: 'boolean' } }, ['success']), { type: 'null' }],
    };
  for (const [name, keys] of Object.entries(nullInRecordings)) {
    const properties = schemas[name]?.properties as Record<string, Schema> | undefined;
    for (const key of keys) if (properties?.[key]) properties[key] = { ...properties[key], nullable: true };
  }
  // Admins are answered with the admin form; the end-user branch would let any broken admin form pass.
  schemas.UserObject = { $ref: '#/components/schemas/UserForAdmin' };
  // The anonymous user has nulls where the schema has values (users/me without credentials).
  schemas.CurrentUserResponse = objectOf(
    {
      user: {
        anyOf: [{ $ref: '#/components/schemas/UserForAdmin' }, objectOf({ id: { type: 'null' } }, ['id', 'name', 'role'])],
      },
    },
    ['user'],
  );
  for (const [name, key] of [
    ['UserResponse', 'user'],
    ['UsersResponse', 'users'],
    ['GroupResponse', 'group'],
    ['GroupsResponse', 'groups'],
    ['GroupMembershipResponse', 'group_membership'],
    ['GroupMembershipsResponse', 'group_memberships'],
    ['UserIdentityResponse', 'identity'],
    ['UserIdentitiesResponse', 'identities'],
    ['OrganizationResponse', 'organization'],
    ['OrganizationsResponse', 'organizations'],
    ['JobStatusResponse', 'job_status'],
    ['CustomRolesResponse', 'custom_roles'],
    ['LocalesResponse', 'locales'],
    ['UserFieldsResponse', 'user_fields'],
  ] as const) {
    // Nothing is required in these envelopes, so an empty object would pass; a judge has to be stricter.
    schemas[name] = { ...schemas[name], required: [key] };
  }
}

function dereference(document: Document, parameter: unknown): Parameter {
  const reference = (parameter as { $ref?: string }).$ref;
  const found = reference === undefined ? parameter : document.components.parameters[reference.split('/').at(-1) ?? ''];
  return found as Parameter;
}

/** Points local references at the registered document. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(
    ([key, value]) =>
      [key, key === '$ref' && typeof value === 'string' && value.startsWith('#') ? `zendesk${value}` : absolute(value)] as const,
  );
  return Object.fromEntries(entries);
}

function text(): Schema {
  return { type: 'string' };
}

function objectOf(properties: Record<string, Schema>, required: readonly string[]): Schema {
  return { type: 'object', properties, required: [...required] };
}
