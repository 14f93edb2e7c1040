import type { Stored } from './stored';

/** Small documents of state: job, running cycle, cursors, leases, limiter, caches. Values are JSON. */
export interface StateStore {
  read<T>(key: string): Promise<Stored<T> | undefined>;
  /** @param etag of the value replaced; `null` when there must be none yet; `'*'` to overwrite whatever is there. */
  write<T>(key: string, value: T, etag: string | null): Promise<string>;
  remove(key: string): Promise<void>;
}
