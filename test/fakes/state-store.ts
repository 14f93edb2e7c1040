import type { StateStore } from '../../src/ports/state-store';
import { type FakeOptions, Rows, watched } from './fake-kit';

/** Documents of state in memory. */
export function makeFakeStateStore(options: FakeOptions = {}): StateStore {
  const rows = new Rows<unknown>();
  const store: StateStore = {
    async read<T>(key: string) {
      const row = rows.get(key);
      return row && { value: row.value as T, etag: row.etag };
    },
    write: async (key, value, etag) => rows.write(key, value, etag),
    remove: async (key) => rows.remove(key),
  };
  return watched('stateStore', store, options.onCall);
}
