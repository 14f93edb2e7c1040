import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { App, ConfiguredApp } from '../compose';
import { beyondMappings } from './beyond-mappings';
import { type Handler, http, notConfigured, type PrintRefusal } from './http';
import { readBody, readBytes } from './read-body';
import { readParams, readQuery } from './read-query';

/** The groups of functions, in the order of the OpenAPI document. */
export const TAGS = {
  status: 'How the app and its job stand.',
  logs: 'What happened, and why.',
  provisioning: 'Provisioning named objects now, and plans.',
  job: 'What an operator does with the job.',
  schema: 'The mappings, and trying them.',
} as const;

/** What one status of a response holds: a shape by content type; without content there is no body. */
export interface AnswerDoc {
  readonly description: string;
  readonly content?: Readonly<Record<string, z.ZodType>>;
  /** Headers by name, each with a sentence. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Fields = z.ZodObject;

/** What a caller must know of a function. Requests are parsed with it and the OpenAPI document is printed from it. */
export interface Contract<P extends Fields = Fields, Q extends Fields = Fields, B extends z.ZodType = z.ZodType> {
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description: string;
  /** The parameters of the path. */
  readonly params?: P;
  /** The parameters of the query; one that is not named here is refused. */
  readonly query?: Q;
  /** The name of a parameter as `query` has it, where callers may spell it otherwise. */
  readonly queryName?: (name: string) => string;
  /** Headers that are read, by name, each with a sentence. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The JSON body of a function that acts; one that accepts `{}` may be left out. Without it nothing may be sent but `{}`. */
  readonly body?: B;
  readonly example?: unknown;
  /** A file as the body: its shape for the document, and its largest size in bytes. The function reads it itself. */
  readonly file?: { readonly shape: z.ZodType; readonly maxBytes: number };
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Statuses of problems, besides those that every function of its kind may have. */
  readonly problems: readonly number[];
  /** True where it also works while the version of the mappings in use cannot be read. */
  readonly needsNoMappings?: true;
  /** How a refusal is printed; RFC 9457 where it is left out. */
  readonly refusal?: { readonly type: string; readonly shape: z.ZodType; readonly print: PrintRefusal };
}

/** A request whose parts have been checked against the contract. */
export interface Asked<P extends Fields, Q extends Fields, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  /** The bytes of a file; empty where the contract has none. */
  readonly file: Uint8Array;
  readonly request: HttpRequest;
}

/** Makes the handler of a function, and tells its contract. */
export interface Endpoint {
  (getApp: () => App): Handler;
  readonly contract: Contract;
}

/** The body where none is declared. */
export const NOTHING = z.strictObject({});

const NO_FIELDS = z.strictObject({});

/** A function that runs whether the app is configured or not. */
export function openEndpoint<P extends Fields = Fields, Q extends Fields = Fields, B extends z.ZodType = typeof NOTHING>(
  contract: Contract<P, Q, B>,
  run: (app: App, asked: Asked<P, Q, B>) => Promise<HttpResponseInit>,
): Endpoint {
  const make = (getApp: () => App): Handler =>
    http(
      async (request) => run(getApp(), await readRequest(contract, request)),
      contract.refusal?.print,
      contract.file?.maxBytes,
    );
  return Object.assign(make, { contract: contract as unknown as Contract });
}

/** A function that needs a configured app: else the response says what is not configured. */
export function endpoint<P extends Fields = Fields, Q extends Fields = Fields, B extends z.ZodType = typeof NOTHING>(
  contract: Contract<P, Q, B>,
  run: (app: ConfiguredApp, asked: Asked<P, Q, B>) => Promise<HttpResponseInit>,
): Endpoint {
  const make = (getApp: () => App): Handler =>
    http(
      async (request) => {
        const app = contract.needsNoMappings ? beyondMappings(getApp()) : getApp();
        if (app.kind === 'notConfigured') throw notConfigured(app.error);
        return run(app, await readRequest(contract, request));
      },
      contract.refusal?.print,
      contract.file?.maxBytes,
    );
  return Object.assign(make, { contract: contract as unknown as Contract });
}

/** @throws RequestProblem naming what is wrong, where, and what to do */
async function readRequest<P extends Fields, Q extends Fields, B extends z.ZodType>(
  contract: Contract<P, Q, B>,
  request: HttpRequest,
): Promise<Asked<P, Q, B>> {
  const params = readParams(request, contract.params ?? NO_FIELDS);
  const query = readQuery(request, contract.query ?? NO_FIELDS, contract.queryName);
  const file = contract.file ? await readBytes(request, contract.file.maxBytes) : new Uint8Array();
  const hasBody = request.method !== 'GET' && !contract.file;
  const body = hasBody ? await readBody(request, contract.body ?? NOTHING) : undefined;
  return { params, query, body, file, request } as Asked<P, Q, B>;
}
