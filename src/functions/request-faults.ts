import type { z } from 'zod';
import { sentence } from '../core/advice';
import { nearest } from '../core/expression/suggest';
import { type RequestFault, RequestProblem } from './http';

/** Faults that one response lists; more help nobody. */
const MAX_FAULTS = 50;

/** A refusal of a request for its faults; `detail` names the first. */
export function badRequest(faults: readonly RequestFault[]): RequestProblem {
  const [first] = faults;
  if (first === undefined) return new RequestProblem('BadRequest', 'The request cannot be understood.');
  const allowed = first.allowed && first.allowed.length > 0 ? ` Allowed: ${first.allowed.join(', ')}.` : '';
  const more = faults.length > 1 ? ` ${faults.length - 1} more in errors.` : '';
  return new RequestProblem(
    'BadRequest',
    `${first.pointer}: ${sentence(first.detail)}${allowed}${more}`,
    faults.slice(0, MAX_FAULTS),
  );
}

/** A place in the body as a JSON pointer, in the form of a fragment. @see https://www.rfc-editor.org/rfc/rfc6901 */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  `#${path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`;

/**
 * A place that our readers of schemas and filters name (`groups[0].clauses[1]`), as a JSON pointer.
 * @param field where in the body what they read stands; none where it is the body
 */
export const pointerWithin = (field: readonly string[], path: string): string =>
  pointerOf([...field, ...path.split(/[.[\]]+/).filter((part) => part !== '')]);

/** What a schema finds wrong with a value, in plain words. @param place how a path is printed */
export const faultsOf = (
  shape: z.ZodType,
  value: unknown,
  error: z.ZodError,
  place: (path: readonly PropertyKey[]) => string = pointerOf,
): readonly RequestFault[] => error.issues.flatMap((issue) => faultsOfIssue(shape, value, issue, place));

function faultsOfIssue(
  shape: z.ZodType,
  value: unknown,
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[]) => string,
): readonly RequestFault[] {
  if (issue.code === 'unrecognized_keys') {
    const allowed = fieldsAt(shape, issue.path);
    return issue.keys.map((key) => ({
      pointer: place([...issue.path, key.slice(0, 64)]),
      ...unknownName(key, allowed, 'field'),
    }));
  }
  const pointer = place(issue.path);
  const found = valueAt(value, issue.path);
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    if (found === undefined) return [{ pointer, detail: 'is missing', allowed }];
    const near = typeof found === 'string' ? nearest(found, allowed) : undefined;
    const detail = `${printed(found)} is not one of the values allowed${near === undefined ? '' : `; did you mean ${near}?`}`;
    return [{ pointer, detail, allowed }];
  }
  return [
    { pointer, detail: found === undefined && issue.code !== 'custom' ? `is missing; ${wanted(issue)}` : said(issue, found) },
  ];
}

/** What is said of a name that is not known. */
export function unknownName(name: string, allowed: readonly string[], kind: 'field' | 'parameter') {
  const near = nearest(name, allowed);
  const detail = `there is no such ${kind}${near === undefined ? '' : `; did you mean ${near}?`}`;
  return { detail, ...(allowed.length > 0 && { allowed }) };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** What stands in a place of the wrong kind. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return KINDS[typeof value] ?? typeof value;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `it must be ${KINDS[issue.expected] ?? issue.expected}`;
  return 'it must be given';
}

function said(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' || (issue.expected === 'number' && typeof found === 'string')
        ? 'must be a whole number'
        : `must be ${KINDS[issue.expected] ?? issue.expected}, and is ${kindOf(found)}`;
    case 'too_small':
      return `${sizeWord(issue.origin)} at least ${amount(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `${sizeWord(issue.origin)} at most ${amount(issue.origin, issue.maximum)}`;
    case 'invalid_format':
      if (issue.format === 'regex') return issue.message;
      return issue.format === 'guid'
        ? 'must be an object id (a GUID such as 5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1), not a name or an address'
        : `is not in the form that is expected (${issue.format})`;
    case 'invalid_union':
      return `${kindOf(found)} is not accepted here`;
    default:
      return issue.message;
  }
}

const sizeWord = (origin: string): string => (origin === 'array' || origin === 'string' ? 'must have' : 'must be');

function amount(origin: string, size: number | bigint): string {
  if (origin === 'array') return `${size} ${size === 1 ? 'entry' : 'entries'}`;
  if (origin === 'string') return `${size} ${size === 1 ? 'character' : 'characters'}`;
  return String(size);
}

/** A value of a stranger's making, short enough for a message. */
const printed = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 64);

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<PropertyKey, unknown>)[part];
  }
  return found;
}

/** The names that an object may have at a place of a shape; none where that cannot be told. */
function fieldsAt(shape: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = shape;
  for (const part of path) {
    const { shape: fields, element } = bare(at);
    at = typeof part === 'number' ? element : fields && Object.hasOwn(fields, part) ? fields[String(part)] : undefined;
  }
  return Object.keys(bare(at).shape ?? {});
}

/** A schema without what is wrapped around it (optional, nullable, default). */
function bare(schema: unknown): { readonly shape?: Readonly<Record<string, unknown>>; readonly element?: unknown } {
  let inner = schema as { readonly def?: { readonly innerType?: unknown } } | undefined;
  while (inner?.def?.innerType !== undefined) inner = inner.def.innerType as typeof inner;
  return (inner ?? {}) as ReturnType<typeof bare>;
}
