import { dayStepOf, type Leaving } from '../../src/core/leaving';
import type { LeavingStore } from '../../src/ports/leaving-store';
import { type FakeOptions, inPages, Rows, watched } from './fake-kit';

/** Those who left, in memory. */
export function makeFakeLeavingStore(options: FakeOptions = {}): LeavingStore {
  const rows = new Rows<Leaving>();
  const store: LeavingStore = {
    read: async (id) => rows.get(id)?.value,
    put: async (leaving) => void rows.write(leaving.sourceId, leaving, '*'),
    remove: async (id) => rows.remove(id),
    dropDay: async () => undefined,
    async *listLeft(step, after, until) {
      const left = rows
        .values()
        .filter((row) => dayStepOf(row) === step && row.leftAt <= until && (after === null || row.leftAt > after))
        .sort((a, b) => (`${a.leftAt} ${a.sourceId}` < `${b.leftAt} ${b.sourceId}` ? -1 : 1));
      yield* inPages(left, options);
    },
  };
  return watched('leavingStore', store, options.onCall);
}
