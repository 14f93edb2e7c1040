import type { Clock } from '../../ports/runtime';

/** A value read now and then: many callers share one reading, and a failed one is not kept. */
export interface Cached<T> {
  /** @param fresh reads anew, unless a reading is under way */
  get(fresh?: boolean): Promise<T>;
  /** A value whose reading began at that instant or later. */
  since(atMs: number): Promise<T>;
  /** Forgets the value. */
  clear(): void;
}

/** Makes a cache that lasts `maxAgeMs`. */
export function cached<T>(read: () => Promise<T>, maxAgeMs: number, clock: Clock): Cached<T> {
  let value: { readonly at: number; readonly promise: Promise<T> } | undefined;
  let isReading = false;
  const reload = (now: number): Promise<T> => {
    isReading = true;
    const promise = read().finally(() => {
      if (value?.promise === promise) isReading = false;
    });
    value = { at: now, promise };
    promise.catch(() => {
      if (value?.promise === promise) value = undefined;
    });
    return promise;
  };
  return {
    get(fresh = false) {
      const now = clock().getTime();
      if (value && (isReading || (!fresh && now - value.at < maxAgeMs))) return value.promise;
      return reload(now);
    },
    since(atMs) {
      return value && value.at >= atMs ? value.promise : reload(clock().getTime());
    },
    clear() {
      value = undefined;
      isReading = false;
    },
  };
}
