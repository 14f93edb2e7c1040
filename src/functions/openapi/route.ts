/** A piece of an OpenAPI document. */
export type Json = { readonly [key: string]: unknown };

/** A parameter of the query or of the path. */
export interface ParameterDoc {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  readonly schema: Json;
  readonly isRequired?: boolean;
  readonly example?: unknown;
}

/** What an answer with one status holds, by content type; no content is no body. */
export interface AnswerDoc {
  readonly description: string;
  readonly content?: Readonly<Record<string, Json>>;
  readonly headers?: Json;
}

/** One HTTP function as `main.ts` registers it, and what a caller must know of it. */
export interface RouteDoc {
  /** The name of the function, by which it has its key. */
  readonly functionName: string;
  readonly method: 'GET' | 'POST';
  /** Without the prefix `api/`. */
  readonly route: string;
  readonly authLevel: 'anonymous' | 'function';
  readonly tag: 'status' | 'logs' | 'provisioning' | 'job' | 'schema';
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly ParameterDoc[];
  /** The JSON body; `isOptional` when it may be left out. */
  readonly body?: { readonly schema: Json; readonly isOptional?: boolean; readonly example?: unknown };
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Statuses of problems besides those that every function of its kind may answer. */
  readonly problems: readonly number[];
}

/** Points to a schema of the document. */
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** An answer in JSON. */
export const jsonAnswer = (description: string, schema: Json): AnswerDoc => ({
  description,
  content: { 'application/json': schema },
});

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; `errors` says where.',
  404: 'There is no such thing.',
  409: 'What the request is about has changed since, or something else is under way.',
  410: 'It was there and has expired.',
  413: 'The body is larger than 1 MiB.',
  500: 'The app failed in a way that it did not expect.',
  502: 'Entra ID or Zendesk refused the credential of the app, or answered what it does not understand.',
  503: 'Not configured, or Entra ID, Zendesk or storage did not answer; try again later.',
};

const ALWAYS = [413, 500];

/** An operation of the document. */
export function operationOf(route: RouteDoc): Json {
  const statuses = [...new Set([...route.problems, ...ALWAYS])].sort((a, b) => a - b);
  const refused =
    route.authLevel === 'function'
      ? { 401: { description: 'The function key is missing or wrong. Answered by the platform, without a body.' } }
      : {};
  return {
    operationId: route.functionName,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    ...(route.authLevel === 'anonymous' && { security: [] }),
    ...(route.parameters && { parameters: route.parameters.map(parameterOf) }),
    ...(route.body && { requestBody: bodyOf(route.body) }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)])),
      ...refused,
      ...Object.fromEntries(statuses.map((status) => [status, problemOf(status)])),
    },
  };
}

const parameterOf = ({ isRequired, ...parameter }: ParameterDoc): Json => ({
  ...parameter,
  required: parameter.in === 'path' || isRequired === true,
});

const bodyOf = ({ schema, isOptional, example }: NonNullable<RouteDoc['body']>): Json => ({
  required: isOptional !== true,
  content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
});

const answerOf = ({ description, content, headers }: AnswerDoc): Json => ({
  description,
  ...(headers && { headers }),
  ...(content && {
    content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
  }),
});

const problemOf = (status: number): Json => ({
  description: PROBLEMS[status] ?? 'A problem.',
  content: { 'application/problem+json': { schema: ref('Problem') } },
});
