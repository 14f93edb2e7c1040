import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Json = Record<string, unknown>;

/** An OpenAPI 3.0 document, as parsed. */
export interface OpenApiDocument extends Json {
  readonly paths: Record<string, Record<string, Json>>;
}

/** An operation of a document, ready to judge requests and answers. */
export interface OpenApiOperation {
  /** What is wrong with the query options and the body; empty when nothing is. */
  requestProblems(query: URLSearchParams, body: unknown): string[];
  /** What is wrong with an answer. */
  responseProblems(status: number, body: unknown): string[];
}

/**
 * OpenAPI documents that requests and answers can be held against, with ajv alone: openapi-backend depends on a package that is ESM
 * only, which jest cannot load.
 */
export class OpenApiDocuments {
  private readonly ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  private readonly operations: { method: string; pattern: RegExp; braces: number; operation: OpenApiOperation }[] = [];

  constructor() {
    addFormats(this.ajv);
    this.ajv.addFormat('base64url', /^[\w-]*={0,2}$/);
  }

  /** Adds a document under a name of its own. */
  add(name: string, document: OpenApiDocument): void {
    this.ajv.addSchema({ ...document, $id: name }, name);
    for (const [template, methods] of Object.entries(document.paths))
      for (const [method, definition] of Object.entries(methods)) {
        const pattern = new RegExp(
          `^${template
            .split(/\{[^}]+\}/)
            .map(quote)
            .join('[^/]+?')}$`,
        );
        const pointer = `/paths/${escapePointer(template)}/${method}`;
        const operation = new Operation(this.ajv, { name, document }, pointer, definition);
        this.operations.push({ method: method.toUpperCase(), pattern, braces: template.split('{').length, operation });
      }
    this.operations.sort((left, right) => left.braces - right.braces);
  }

  /** The operation of a request; literal paths win over those with braces. */
  find(method: string, path: string): OpenApiOperation | undefined {
    return this.operations.find((entry) => entry.method === method && entry.pattern.test(path))?.operation;
  }
}

interface Source {
  readonly name: string;
  readonly document: OpenApiDocument;
}

class Operation implements OpenApiOperation {
  constructor(
    private readonly ajv: Ajv,
    private readonly source: Source,
    private readonly pointer: string,
    private readonly definition: Json,
  ) {}

  requestProblems(query: URLSearchParams, body: unknown): string[] {
    const problems: string[] = [];
    const declared = (this.definition.parameters ?? []) as Json[];
    const parameters = declared.map((parameter, index) => this.resolve(parameter, `${this.pointer}/parameters/${index}`));
    for (const [name, text] of query) {
      const parameter = parameters.find(({ value }) => value.in === 'query' && value.name === name);
      if (parameter === undefined) problems.push(`query option ${name} is not declared`);
      else problems.push(...this.check(`${parameter.pointer}/schema`, parse(text, parameter.value.schema as Json), name));
    }
    const requestBody = this.definition.requestBody as Json | undefined;
    if (requestBody === undefined) return body === undefined ? problems : [...problems, 'a body is not declared'];
    const { pointer } = this.resolve(requestBody, `${this.pointer}/requestBody`);
    return [...problems, ...this.check(`${pointer}/content/application~1json/schema`, body, 'body')];
  }

  responseProblems(status: number, body: unknown): string[] {
    const responses = this.definition.responses as Record<string, Json>;
    const key = [String(status), `${String(status).charAt(0)}XX`, 'default'].find((candidate) => candidate in responses);
    if (key === undefined) return ['the status is not declared'];
    const { value, pointer } = this.resolve(responses[key] ?? {}, `${this.pointer}/responses/${key}`);
    if (value.content === undefined) return ['a body is not declared'];
    return this.check(`${pointer}/content/application~1json/schema`, body, 'body');
  }

  private check(pointer: string, value: unknown, what: string): string[] {
    const reference = `${this.source.name}#${encodeURI(pointer)}`;
    const validate: ValidateFunction = this.ajv.getSchema(reference) ?? this.ajv.compile({ $ref: reference });
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${what}${error.instancePath} ${error.message ?? ''}`);
  }

  /** Follows a reference above the level of schemas, which ajv does not. */
  private resolve(value: Json, pointer: string): { value: Json; pointer: string } {
    if (typeof value.$ref !== 'string') return { value, pointer };
    const target = value.$ref.slice(1);
    let found: unknown = this.source.document;
    for (const step of target.slice(1).split('/')) found = (found as Json)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
    return { value: found as Json, pointer: target };
  }
}

/** The value of a query option, as its schema means it (style form, not exploded). */
function parse(text: string, schema: Json): unknown {
  if (schema.type === 'array') return text.split(',');
  if (schema.type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (schema.type === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : text;
  return text;
}

function escapePointer(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
