import type { Hold, HoldStore } from '../../src/ports/hold-store';
import type { ObjectKey } from '../../src/ports/stored';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

const rowKey = ({ type, id }: ObjectKey): string => `${type}.${id}`;

/** Holds in memory. */
export function makeFakeHoldStore(options: FakeOptions = {}): HoldStore {
  const rows = new Rows<Hold>();
  const store: HoldStore = {
    read: async (key) => rows.get(rowKey(key)),
    async put(holds) {
      for (const hold of holds) rows.write(rowKey(hold.key), hold, '*');
    },
    write: async (hold, etag) => rows.write(rowKey(hold.key), hold, etag),
    async remove(keys) {
      for (const key of keys) rows.remove(rowKey(key));
    },
    async *list(after) {
      yield* inPages(
        rows.values().filter(({ key }) => after === undefined || rowKey(key) > rowKey(after)),
        options,
      );
    },
  };
  return watched('holdStore', store, options.onCall);
}
