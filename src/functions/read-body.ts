import type { HttpRequest } from '@azure/functions';
import { type ParseError, parseTree } from 'jsonc-parser';
import type { z } from 'zod';
import { MAX_BODY_BYTES, RequestProblem, tooLarge } from './http';
import { badRequest, faultsOf } from './request-faults';

/** The deepest that lists and objects of a body may lie within each other: far more than any request, far less than a stack can bear. */
const MAX_DEPTH = 100;

/** Reads a JSON body of a shape; an empty one counts as `{}`. @throws RequestProblem naming every fault by JSON pointer */
export async function readBody<B extends z.ZodType>(request: HttpRequest, shape: B): Promise<z.output<B>> {
  const text = await readText(request);
  const value = text.trim() === '' ? {} : parse(text);
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  if (text.trim() === '') throw new RequestProblem('BadRequest', 'The request has no body; send a JSON object.');
  throw badRequest(faultsOf(shape, value, parsed.error));
}

const readText = async (request: HttpRequest): Promise<string> => (await readBytes(request, MAX_BODY_BYTES)).toString('utf8');

/** The body as it is. Keeps no more than the limit, whatever the request announces. @throws RequestProblem when it is larger */
export async function readBytes(request: HttpRequest, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}

function parse(text: string): unknown {
  if (isTooDeep(text)) throw badRequest([{ pointer: '#', detail: `lists and objects are nested more than ${MAX_DEPTH} deep` }]);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest([{ pointer: '#', detail: `the body is not valid JSON${placeOf(text)}` }]);
  }
}

/** Whether brackets that stand outside of texts lie deeper than {@link MAX_DEPTH}. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isInText && sign === '\\') at += 1;
    else if (sign === '"') isInText = !isInText;
    else if (isInText) continue;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Where reading stopped; never what stands there. */
function placeOf(text: string): string {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (first === undefined) return '';
  const before = text.slice(0, first.offset).split('\n');
  return `; see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
