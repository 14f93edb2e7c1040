import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type OpenApiDocument, OpenApiDocuments } from './openapi-documents';

/** Where the official documents lie: beside the repository, never inside it. */
const SPECS = join(__dirname, '../../../shared/specs');

const DOCUMENTS = ['graph-users', 'graph-groups', 'graph-applications', 'graph-directory', 'graph-subscriptions'];

/** A request to Graph, as it went over the wire. */
export interface ContractRequest {
  readonly method: string;
  /** Below `/v1.0`, percent-encoded or not, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer of Graph. */
export interface ContractResponse {
  readonly status: number;
  readonly body?: unknown;
}

/** Graph's official contract: its OpenAPI description, and its CSDL for what that leaves open. */
export interface GraphContract {
  /** What is wrong with a request; empty when nothing is. A batch is judged by its parts. */
  validateRequest(request: ContractRequest): Promise<string[]>;
  /** What is wrong with the answer to a request. Error answers are held against the error envelope. */
  validateResponse(request: ContractRequest, response: ContractResponse): Promise<string[]>;
}

/** Loads the contract; undefined when the documents are not there (say so loudly, and skip). */
export async function loadGraphContract(): Promise<GraphContract | undefined> {
  if (!existsSync(join(SPECS, 'graph-users.yaml'))) return undefined;
  const documents = new OpenApiDocuments();
  for (const name of DOCUMENTS) documents.add(name, parse(readFileSync(join(SPECS, `${name}.yaml`), 'utf8')) as OpenApiDocument);
  const types = readTypes(readFileSync(join(SPECS, 'graph-identity.v1.0.csdl.xml'), 'utf8'));
  return new Contract(documents, types);
}

class Contract implements GraphContract {
  constructor(
    private readonly documents: OpenApiDocuments,
    private readonly types: Types,
  ) {}

  async validateRequest(request: ContractRequest): Promise<string[]> {
    if (isBatch(request)) {
      const problems: string[] = [];
      for (const inner of innerRequests(request)) problems.push(...(await this.validateRequest(inner)));
      return problems;
    }
    const path = contractPath(request);
    const operation = this.documents.find(request.method, path);
    if (operation === undefined) return [`${label(request)}: not in the contract`];
    const query = new URLSearchParams(request.query ?? '');
    // Arrive inside opaque links only, and are not declared.
    for (const name of [...query.keys()]) if (/^\$(skiptoken|deltatoken)$/i.test(name)) query.delete(name);
    const isMail = path.endsWith('/sendMail');
    const found = operation.requestProblems(query, isMail ? pascalCase(request.body) : request.body);
    const problems = found.map((problem) => `${label(request)}: ${problem}`);
    if (isMail && !isObject((request.body as { message?: unknown } | undefined)?.message))
      problems.push(`${label(request)}: no message`);
    return [...problems, ...this.checkSelect(request, typeOf(path))];
  }

  async validateResponse(request: ContractRequest, response: ContractResponse): Promise<string[]> {
    if (isBatch(request) && response.status === 200) return this.validateBatchResponse(request, response);
    const path = contractPath(request);
    const operation = this.documents.find(request.method, path);
    if (operation === undefined && response.status < 400) return [`${label(request)}: answered, but not in the contract`];
    if (response.body === undefined)
      return response.status === 202 || response.status === 204 ? [] : [`${label(request)}: ${response.status} without a body`];
    // The error envelope is the same everywhere, also for what the contract does not know.
    const found = (operation ?? this.documents.find('GET', '/users'))?.responseProblems(response.status, response.body) ?? [];
    const problems = found.map((problem) => `${label(request)}: ${response.status} ${problem}`);
    return response.status >= 400 ? problems : [...problems, ...this.checkProperties(request, response.body, typeOf(path))];
  }

  private async validateBatchResponse(request: ContractRequest, response: ContractResponse): Promise<string[]> {
    const answers = (response.body as { responses?: { id: string; status: number; body?: unknown }[] }).responses ?? [];
    const problems: string[] = [];
    const asked = innerRequests(request);
    if (answers.length !== asked.length) problems.push('$batch: not one answer for each request');
    for (const answer of answers) {
      const inner = asked.find((candidate) => candidate.id === answer.id);
      if (inner === undefined) problems.push(`$batch: answer ${answer.id} was not asked for`);
      else problems.push(...(await this.validateResponse(inner, { status: answer.status, body: answer.body ?? undefined })));
    }
    return problems;
  }

  /** A name that the type does not have is refused by Graph, and the OpenAPI description does not say so. */
  private checkSelect(request: ContractRequest, type: string | undefined): string[] {
    const select = new URLSearchParams(request.query ?? '').get('$select')?.split(',') ?? [];
    const types = type === undefined ? ['user', 'group', 'servicePrincipal'] : [type];
    const isKnown = (name: string): boolean => types.some((candidate) => this.types.has(candidate, name));
    const unknown = select.filter((name) => !isKnown(name.trim()));
    return unknown.map((name) => `${label(request)}: $select of unknown property ${name}`);
  }

  private checkProperties(request: ContractRequest, body: unknown, type: string | undefined): string[] {
    if (!isObject(body)) return [];
    const objects = Array.isArray(body.value) ? body.value : [body];
    const problems = new Set<string>();
    for (const object of objects) {
      if (!isObject(object)) continue;
      const own = String(object['@odata.type'] ?? '').replace('#microsoft.graph.', '') || type;
      if (own === undefined) continue;
      for (const name of Object.keys(object))
        if (!name.includes('@') && !this.types.has(own, name))
          problems.add(`${label(request)}: unknown property ${name} of ${own}`);
    }
    return [...problems];
  }
}

/** Properties by type, from the CSDL, inherited ones included. */
class Types {
  constructor(private readonly types: ReadonlyMap<string, { base: string | undefined; names: ReadonlySet<string> }>) {}

  has(type: string, property: string): boolean {
    if (/^extension_[0-9a-f]{32}_\w+$/.test(property)) return true;
    for (let current: string | undefined = type; current !== undefined; ) {
      const found = this.types.get(current);
      if (found === undefined) return false;
      if (found.names.has(property)) return true;
      current = found.base;
    }
    return false;
  }
}

function readTypes(csdl: string): Types {
  const types = new Map<string, { base: string | undefined; names: Set<string> }>();
  for (const [, attributes = '', content = ''] of csdl.matchAll(/<EntityType ([^>]*?)(?:\/>|>([\s\S]*?)<\/EntityType>)/g)) {
    const name = /\bName="(\w+)"/.exec(attributes)?.[1];
    if (name === undefined) continue;
    const base = /\bBaseType="(?:\w+\.)*(\w+)"/.exec(attributes)?.[1];
    const names = new Set([...content.matchAll(/<(?:Navigation)?Property Name="(\w+)"/g)].map((match) => match[1] ?? ''));
    types.set(name, { base, names });
  }
  return new Types(types);
}

/** The type that a path answers with; undefined for mixed collections. */
function typeOf(path: string): string | undefined {
  if (/\/manager$/.test(path)) return 'user';
  if (/\/(members|transitiveMembers|memberOf|transitiveMemberOf)$/.test(path) || /\/deletedItems\/[^/.]+$/.test(path))
    return undefined;
  const cast = /\/microsoft\.graph\.(\w+)$/.exec(path)?.[1];
  if (cast !== undefined) return cast;
  if (path.includes('/appRoleAssignedTo')) return 'appRoleAssignment';
  if (path.startsWith('/subscriptions')) return 'subscription';
  if (path.startsWith('/users')) return 'user';
  if (path.startsWith('/groups')) return 'group';
  return path.startsWith('/servicePrincipals') ? 'servicePrincipal' : 'organization';
}

/** The trimmed document lacks this cast, which Graph has for memberOf as for transitiveMemberOf. */
function contractPath(request: ContractRequest): string {
  return request.path.replace(/\/memberOf\/microsoft\.graph\.group$/, '/transitiveMemberOf/microsoft.graph.group');
}

function isBatch(request: ContractRequest): boolean {
  return request.path === '/$batch';
}

function innerRequests(request: ContractRequest): (ContractRequest & { id: string })[] {
  const requests = (
    request.body as { requests?: { id: string; method: string; url: string; headers?: object; body?: unknown }[] }
  ).requests;
  return (requests ?? []).map(({ id, method, url, headers, body }) => {
    const [path = '', query = ''] = url.split('?');
    const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return { id, method, path, query, headers: Object.fromEntries(lower), body };
  });
}

/** The document writes the parameters of sendMail in PascalCase, the wire in camelCase: a known defect of the document. */
function pascalCase(body: unknown): unknown {
  if (!isObject(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]));
}

function label(request: ContractRequest): string {
  return `${request.method} ${request.path}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
