import type { StagedDeletion, StagedDeletionStore } from '../../src/ports/staged-deletion-store';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

/** Staged deletions in memory. */
export function makeFakeStagedDeletionStore(options: FakeOptions = {}): StagedDeletionStore {
  const rows = new Rows<StagedDeletion>();
  const store: StagedDeletionStore = {
    async put(added) {
      for (const row of added) rows.write(`${row.key.type}.${row.key.id}`, row, '*');
    },
    read: async (key) => rows.get(`${key.type}.${key.id}`)?.value,
    async remove(keys) {
      for (const key of keys) rows.remove(`${key.type}.${key.id}`);
    },
    async *list() {
      yield* inPages(rows.values(), options);
    },
  };
  return watched('stagedDeletionStore', store, options.onCall);
}
