import type { ObjectType, SourceId } from '../core/model';

/**
 * What the engine keeps. Every method of every store may throw StateUnavailableError; those that take an `etag` throw
 * StaleStateError when another writer was faster. Pages are bounded, so nothing here needs more than a page of memory.
 */

/** A value with the mark that tells whether it has changed since. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/** Names an object of either type. */
export interface ObjectKey {
  readonly type: ObjectType;
  readonly id: SourceId;
}

/** An object's key as one text, for maps and sets. */
export const keyText = ({ type, id }: ObjectKey): string => `${type} ${id}`;
