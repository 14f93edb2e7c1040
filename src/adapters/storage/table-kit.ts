import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { ProvisioningError, StaleStateError, StateUnavailableError, UnexpectedResponseError } from '../../core/errors';

/** A row as it is written: keys and plain columns. */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly [column: string]: string | number | boolean;
}

/** A row as it was read. Columns are unknown until decoded. */
export interface StoredRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag: string;
  readonly [column: string]: unknown;
}

/** Separates the parts of a key; never part of an encoded part, and below every character of one but `-`. */
export const KEY_SEPARATOR = '.';
/** The character after the separator: `prefix + AFTER_SEPARATOR` ends the range of everything below the prefix. */
export const AFTER_SEPARATOR = '/';

/** Keys hold 1 KiB; a part beyond this is cut and made unique by its hash. */
const MAX_KEY_PART = 200;
const KEPT_OF_LONG_PART = 100;

/** A short, stable digest: hex. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Makes any text fit for a key: everything but letters, digits and `-` becomes `_` and four hex digits, so that neither `/ \ # ?`,
 * nor control characters, nor quotes reach a key or an address. Different texts get different keys.
 * @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
export function encodeKey(text: string): string {
  const encoded = text.replace(/[^A-Za-z0-9-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return encoded.length <= MAX_KEY_PART ? encoded : `${encoded.slice(0, KEPT_OF_LONG_PART)}_h${digest(text)}`;
}

/** Joins parts to a key. The parts are encoded. */
export const keyOf = (...parts: readonly string[]): string => parts.map(encodeKey).join(KEY_SEPARATOR);

/** 13 digits of milliseconds: good until the year 2286. */
const MAX_MS = 9_999_999_999_999;

/** An instant as digits that sort newest first. */
export const newestFirst = (ms: number): string =>
  String(MAX_MS - Math.min(Math.max(Math.trunc(ms), 0), MAX_MS)).padStart(13, '0');

/** The instant, in ms, that such digits stand for. */
export const newestFirstMs = (digits: string): number => MAX_MS - Number(digits);

/**
 * JSON in ASCII. As `JSON.stringify`, but everything beyond is escaped: then no seam can tear a pair of surrogates, and no hop can
 * take U+2028 for the end of a line or tear a character (Azurite does both, the latter where a request comes in several chunks).
 */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value ?? null).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A string property holds 64 KiB, which is 32 Ki UTF-16 units. @see https://learn.microsoft.com/azure/storage/tables/scalability-targets */
const MAX_UNITS_PER_COLUMN = 32 * 1024;
/** An entity holds 1 MiB; fifteen full columns leave room for keys and the other columns. */
const MAX_COLUMNS = 15;
/** The longest JSON text, in UTF-16 units, that fits into a row. */
export const MAX_JSON_UNITS = MAX_UNITS_PER_COLUMN * (MAX_COLUMNS - 1);

/**
 * Splits a value's JSON over `json0`, `json1`, … and their number `jsonParts`.
 * @throws UnexpectedResponseError when it does not fit into a row: what the source told is larger than any directory allows.
 */
export function jsonColumns(value: unknown): Record<string, string | number> {
  const text = jsonText(value);
  if (text.length > MAX_JSON_UNITS) {
    throw new UnexpectedResponseError(
      'source',
      `A value of ${text.length} characters cannot be stored: a row holds ${MAX_JSON_UNITS}`,
    );
  }
  return textColumns(text);
}

/** Splits a text that fits into a row as {@link jsonColumns} does. */
export function textColumns(text: string): Record<string, string | number> {
  const columns: Record<string, string | number> = {};
  let parts = 0;
  for (; parts * MAX_UNITS_PER_COLUMN < text.length; parts += 1) {
    columns[`json${parts}`] = text.slice(parts * MAX_UNITS_PER_COLUMN, (parts + 1) * MAX_UNITS_PER_COLUMN);
  }
  columns.jsonParts = parts;
  return columns;
}

/** As a schema of rows sees a type: JSON has no read-only arrays. */
type Written<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? Written<Item>[]
    : { [Key in keyof T]: Written<T[Key]> };

/**
 * Tells whether a value has the shape of a schema; the value itself stays as it was, unknown properties and all. The compiler makes sure that the schema
 * takes whatever the app may write as a `T`: a row that is written and cannot be read again stops its object for good.
 */
export const guard =
  <T>() =>
  <Schema extends z.ZodType>(schema: Written<T> extends z.input<Schema> ? Schema : never) =>
  (value: unknown): value is T =>
    schema.safeParse(value).success;

/** Reads what `jsonColumns` wrote. @throws StateUnavailableError when the row does not hold what this version writes. */
export function fromJsonColumns<T>(row: StoredRow, what: string, isShape: (value: unknown) => value is T): T {
  return fromJsonText(columnsText(row), what, isShape);
}

/** The text that {@link textColumns} has split. */
export function columnsText(row: StoredRow): string {
  const parts = typeof row.jsonParts === 'number' ? row.jsonParts : 0;
  return Array.from({ length: parts }, (_, index) => row[`json${index}`]).join('');
}

/** Reads JSON that this app wrote. @throws StateUnavailableError when it is not what this version writes */
export function fromJsonText<T>(text: string, what: string, isShape: (value: unknown) => value is T): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StateUnavailableError(`A row that should hold ${what} is damaged: it is not valid JSON`, { cause: error });
  }
  if (!isShape(value)) throw new StateUnavailableError(`A row that should hold ${what} is damaged: it has another shape`);
  return value;
}

/** Copies a record so that names from outside (`__proto__`, `constructor`) are nothing but names. */
export const asPlainRecord = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.assign(Object.create(null) as Record<string, T>, record);

/** What the libraries' `RestError` tells. Known by its shape, because each library may bring its own copy of the class. */
interface ServiceAnswer {
  readonly statusCode?: number;
  /** The service's own code, which the tables library keeps in the details. */
  readonly code: string;
}

function answerOf(error: unknown): ServiceAnswer {
  if (!(error instanceof Error) || error.name !== 'RestError') return { code: '' };
  const { statusCode, code, details } = error as Error & { statusCode?: number; code?: string; details?: unknown };
  const inner = details as { odataError?: { code?: string }; errorCode?: string } | undefined;
  return { ...(statusCode !== undefined && { statusCode }), code: inner?.odataError?.code ?? inner?.errorCode ?? code ?? '' };
}

/** Codes that speak of a whole table or queue, not of a row or message in it. */
const CONTAINER_MISSING = new Set(['TableNotFound', 'TableBeingDeleted', 'QueueNotFound', 'QueueBeingDeleted']);

/** Whether a whole table or queue is gone, or is just being deleted. */
export const isContainerMissing = (error: unknown): boolean => CONTAINER_MISSING.has(answerOf(error).code);

/** Whether the answer says that a row is not there; a missing table is another matter: it proves nothing. */
export const isRowMissing = (error: unknown): boolean => answerOf(error).statusCode === 404 && !isContainerMissing(error);

/**
 * Says in our words what went wrong. The message names table or queue and operation, never a key.
 *
 *   409, 412                                        StaleStateError: somebody else was faster
 *   400, 413 and the like                           PROV_BUG: we asked for something that cannot be
 *   everything else (network, 401, 403, 429, 5xx)   StateUnavailableError
 */
export function asStateError(error: unknown, container: string, operation: string): ProvisioningError {
  if (error instanceof ProvisioningError) return error;
  const status = answerOf(error).statusCode;
  const cause = { cause: error };
  if (!isContainerMissing(error)) {
    if (status === 409 || status === 412)
      return new StaleStateError(`${container}: ${operation} found that another writer was faster`, cause);
    if (status === 400 || status === 413 || status === 414 || status === 501) {
      return new ProvisioningError('PROV_BUG', `${container}: ${operation} was refused as malformed (${status})`, cause);
    }
  }
  return new StateUnavailableError(
    `${container}: ${operation} failed (${status ?? 'no answer'}); storage cannot be used now`,
    cause,
  );
}

/** Longest random pause between two tries at the same row. */
const MAX_PAUSE_MS = 100;

/**
 * Repeats an optimistic change while others are faster. Each round at least one writer gets through, so the tries bound how many
 * writers can meet. @param random spreads the writers @throws StaleStateError after the last try
 */
export async function retryStale<T>(tries: number, random: () => number, change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt >= tries) throw error;
      await delay(random() * Math.min(5 * attempt, MAX_PAUSE_MS));
    }
  }
}
