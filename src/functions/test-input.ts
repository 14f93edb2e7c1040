import type { z } from 'zod';
import type { SourceValue } from '../core/expression/values';
import type { RequestProblem } from './http';
import { badRequest, pointerOf } from './request-faults';
import type { TestSubject } from './shapes/mapping';

/** What to try on: values by name, with the only names there may be when the object is defined; or who is to be read. */
export type TestInput =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, SourceValue>; readonly known?: readonly string[] }
  | { readonly kind: 'user'; readonly name: string };

/** Reads what to try on; nothing given is an object without values. @throws RequestProblem */
export function readTestInput(body: z.output<typeof TestSubject>): TestInput {
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
  badRequest([{ pointer: pointerOf(path), detail }]);
