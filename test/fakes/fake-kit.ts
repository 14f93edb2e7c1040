import { StaleStateError } from '../../src/core/errors';
import type { Stored } from '../../src/ports/stored';

/** Called with `<store>.<method>` before the method does anything; whatever it throws, the method throws. */
export type OnCall = (name: string) => void | Promise<void>;

export interface FakeOptions {
  readonly onCall?: OnCall;
  /** Rows per page of every list; small, so that paging is exercised. */
  readonly pageSize?: number;
}

const DEFAULT_PAGE = 3;

/** What storage does to a value: nothing of the caller's stays shared. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value ?? null)) as T;

/** Wraps every method of a fake so that `onCall` hears of it first. Lists call it when they are first read from. */
export function watched<T extends object>(store: string, fake: T, onCall: OnCall | undefined): T {
  if (!onCall) return fake;
  const wrapped: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(fake) as [string, (...args: unknown[]) => unknown][]) {
    const call = `${store}.${name}`;
    if (name === 'decode' || name === 'asksForCycle') wrapped[name] = method;
    else if (isGenerator(method)) {
      wrapped[name] = async function* (...args: unknown[]) {
        await onCall(call);
        yield* method(...args) as AsyncIterable<unknown>;
      };
    } else {
      wrapped[name] = async (...args: unknown[]) => {
        await onCall(call);
        return method(...args);
      };
    }
  }
  return wrapped as T;
}

const isGenerator = (method: unknown): boolean => Object.prototype.toString.call(method) === '[object AsyncGeneratorFunction]';

/** Rows with etags, in key order; kept as text, as storage does, so that each read makes values of its own. */
export class Rows<T> {
  readonly #rows = new Map<string, { text: string; etag: string }>();
  #writes = 0;
  /** The keys in order; undefined while one has come or gone since. */
  #order: readonly string[] | undefined;

  get(key: string): Stored<T> | undefined {
    const row = this.#rows.get(key);
    return row && { value: JSON.parse(row.text) as T, etag: row.etag };
  }

  write(key: string, value: T, etag: string | null): string {
    const there = this.#rows.get(key);
    if (etag === null ? there !== undefined : etag !== '*' && there?.etag !== etag)
      throw new StaleStateError('the row has changed');
    this.#writes += 1;
    const next = `etag-${this.#writes}`;
    if (!there) this.#order = undefined;
    this.#rows.set(key, { text: JSON.stringify(value ?? null), etag: next });
    return next;
  }

  remove(key: string, etag?: string): void {
    if (etag !== undefined && this.#rows.get(key)?.etag !== etag) throw new StaleStateError('the row has changed');
    if (this.#rows.delete(key)) this.#order = undefined;
  }

  entries(): readonly (readonly [string, Stored<T>])[] {
    this.#order ??= [...this.#rows.keys()].sort((a, b) => (a < b ? -1 : 1));
    return this.#order.map((key) => [key, this.get(key) as Stored<T>]);
  }

  values(): readonly T[] {
    return this.entries().map(([, row]) => row.value);
  }
}

/** Cuts a list into pages. */
export function* inPages<T>(values: readonly T[], options: FakeOptions): Generator<readonly T[]> {
  const size = options.pageSize ?? DEFAULT_PAGE;
  for (let at = 0; at < values.length; at += size) yield values.slice(at, at + size);
}
