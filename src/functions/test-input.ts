import { z } from 'zod';
import type { SourceValue } from '../core/expression/values';
import { RequestProblem } from './http';

/** More than any directory object has; keeps a try-out small. */
const MAX_PROPERTIES = 1_000;
const MAX_NAME = 320;

const single = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** @see https://learn.microsoft.com/graph/api/resources/synchronization-expressioninputobject */
const testInputObject = z.looseObject({
  definition: z.looseObject({ attributes: z.array(z.looseObject({ name: z.string() })).nullish() }).nullish(),
  properties: z
    .array(z.looseObject({ key: z.string(), value: z.union([single, z.array(single)]).optional() }))
    .max(MAX_PROPERTIES)
    .nullish(),
});

/** The parts that both try-outs have: an object made up, or a real user. */
export const testSubject = {
  testInputObject: testInputObject.nullish(),
  sourceId: z.string().trim().min(1).max(MAX_NAME).nullish(),
};

/** What to try on: values by name, with the only names there may be when the object is defined; or who is to be read. */
export type TestInput =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, SourceValue>; readonly known?: readonly string[] }
  | { readonly kind: 'user'; readonly name: string };

/** Holds a body against its shape. @throws RequestProblem with every fault, by JSON pointer */
export function readBody<T>(shape: z.ZodType<T>, body: unknown): T {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({ pointer: pointerOf(issue.path), detail: issue.message }));
  throw new RequestProblem('BadRequest', 'The body has not the shape that is expected.', errors);
}

/** A place in the body as a JSON pointer, in the form of a fragment. @see https://www.rfc-editor.org/rfc/rfc6901 */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  `#${path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`;

/** Reads what to try on; nothing given is an object without values. @throws RequestProblem */
export function readTestInput(body: {
  readonly testInputObject?: z.infer<typeof testInputObject> | null | undefined;
  readonly sourceId?: string | null | undefined;
}): TestInput {
  const { testInputObject: made, sourceId } = body;
  if (made && sourceId) throw fault(['sourceId'], 'give either testInputObject or sourceId');
  if (sourceId) return { kind: 'user', name: sourceId };
  const values = new Map<string, SourceValue>();
  for (const [index, { key, value }] of (made?.properties ?? []).entries()) {
    if (values.has(key)) throw fault(['testInputObject', 'properties', index, 'key'], 'another property has the same key');
    values.set(key, value);
  }
  const known = made?.definition?.attributes?.map((attribute) => attribute.name);
  return { kind: 'values', values, ...(known && { known }) };
}

const fault = (path: readonly PropertyKey[], detail: string): RequestProblem =>
  new RequestProblem('BadRequest', `${pointerOf(path)}: ${detail}.`, [{ pointer: pointerOf(path), detail }]);
