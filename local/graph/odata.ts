import { badRequest, GraphError, unsupportedQuery } from './graph-error';
import { isKnownProperty, type PropertyTable } from './properties';
import type { JsonObject } from './types';

/** `$top` of directory objects: default 100, most 999. https://learn.microsoft.com/graph/api/user-list#optional-query-parameters */
export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 999;

/** The system query options of a request, checked. */
export interface QueryOptions {
  /** Selected properties in the order asked for; undefined when nothing was selected. */
  readonly select: readonly string[] | undefined;
  readonly top: number;
  readonly filter: string | undefined;
  readonly count: boolean;
  readonly expand: string | undefined;
  readonly skipToken: string | undefined;
  readonly deltaToken: string | undefined;
  readonly names: ReadonlySet<string>;
}

const KNOWN_OPTIONS = new Set([
  '$select',
  '$top',
  '$filter',
  '$count',
  '$expand',
  '$skiptoken',
  '$deltatoken',
  '$search',
  '$orderby',
  '$skip',
  '$format',
]);

/** Reads the query options. Option names are compared without case, as the pages write both `$deltaToken` and `$deltatoken`. */
export function readQuery(query: URLSearchParams): QueryOptions {
  const options = new Map<string, string>();
  for (const [name, value] of query) {
    const key = name.toLowerCase();
    if (key.startsWith('$') && !KNOWN_OPTIONS.has(key)) throw badRequest(`The query parameter '${name}' is not supported.`);
    if (options.has(key))
      throw badRequest(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
    options.set(key, value);
  }
  const select = options.get('$select');
  return {
    select: select === undefined || select.trim() === '' ? undefined : [...new Set(select.split(',').map((name) => name.trim()))],
    top: readTop(options.get('$top')),
    filter: options.get('$filter'),
    count: options.get('$count') === 'true',
    expand: options.get('$expand'),
    skipToken: options.get('$skiptoken'),
    deltaToken: options.get('$deltatoken'),
    names: new Set(options.keys()),
  };
}

function readTop(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PAGE_SIZE;
  const top = Number(text);
  if (Number.isInteger(top) && top >= 1 && top <= MAX_PAGE_SIZE) return top;
  throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${MAX_PAGE_SIZE} inclusive.`);
}

/** Refuses a selection that names what the type does not have. */
export function checkSelect(select: readonly string[] | undefined, tables: readonly PropertyTable[]): void {
  for (const name of select ?? []) {
    if (name === '*' || tables.some((table) => isKnownProperty(table, name))) continue;
    const type = tables.length === 1 ? tables[0]?.type : 'directoryObject';
    const message = `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`;
    throw new GraphError(400, 'BadRequest', message);
  }
}

/**
 * The selected properties of an object as a plain GET shows them: exactly those selected, so without `id` unless it is selected
 * (https://learn.microsoft.com/graph/api/user-get#example-3-use-select-to-retrieve-specific-properties-of-a-user), null when not
 * set. Delta queries have other rules, see delta.ts.
 */
export function project(object: JsonObject, table: PropertyTable, select: readonly string[] | undefined): JsonObject {
  const wanted = select === undefined || select.includes('*') ? table.byDefault : select;
  const shown: JsonObject = {};
  for (const name of wanted) {
    const value = object[name];
    if (value !== undefined) shown[name] = value;
    else if (name === 'onPremisesExtensionAttributes') shown[name] = noExtensionAttributes();
    else if (table.known.has(name)) shown[name] = table.collections.has(name) ? [] : null;
  }
  return shown;
}

/** Never null itself: fifteen attributes that are. https://learn.microsoft.com/graph/api/resources/onpremisesextensionattributes */
function noExtensionAttributes(): JsonObject {
  return Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`extensionAttribute${index + 1}`, null]));
}

/** `(a,b)` behind the set name in `@odata.context`; empty when nothing was selected. */
export function contextSelect(select: readonly string[] | undefined): string {
  return select === undefined ? '' : `(${select.join(',')})`;
}

/**
 * Whether the request asks for advanced query capabilities: header `ConsistencyLevel: eventual` and `$count=true`.
 * https://learn.microsoft.com/graph/aad-advanced-queries
 */
export function isAdvanced(headers: Readonly<Record<string, string>>, options: QueryOptions): boolean {
  return isEventual(headers) && options.count;
}

/** Whether the request accepts eventual consistency. */
export function isEventual(headers: Readonly<Record<string, string>>): boolean {
  return headers.consistencylevel?.toLowerCase() === 'eventual';
}

/** Refuses what the simulator does not do, rather than answer something else than was asked. */
export function refuseOptions(options: QueryOptions, ...names: string[]): void {
  for (const name of names)
    if (options.names.has(name)) throw unsupportedQuery(`The query option ${name} is not supported here.`);
}

/** `manager($select=id,displayName)`: the properties of the expanded manager; undefined when nothing is expanded. */
export function readManagerExpand(expand: string | undefined): { select: readonly string[] | undefined } | undefined {
  if (expand === undefined) return undefined;
  const match = /^\s*manager\s*(?:\(\s*\$select=([\w,\s]+)\s*\))?\s*$/.exec(expand);
  if (match === null) throw unsupportedQuery(`Expanding '${expand}' is not supported.`);
  return { select: match[1]?.split(',').map((name) => name.trim()) };
}
