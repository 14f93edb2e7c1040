import { type CycleRecord, type CycleStore, cycleRank } from '../../src/ports/cycle-store';
import { type FakeOptions, Rows, watched } from './fake-kit';

/** Cycles in memory. */
export function makeFakeCycleStore(options: FakeOptions = {}): CycleStore {
  const rows = new Rows<CycleRecord>();
  const store: CycleStore = {
    async put(cycle) {
      rows.write(cycle.cycleId, cycle, '*');
    },
    async advance(cycle) {
      const before = rows.get(cycle.cycleId)?.value;
      if (before && cycleRank(before) > cycleRank(cycle)) return false;
      rows.write(cycle.cycleId, cycle, '*');
      return true;
    },
    read: async (cycleId) => rows.get(cycleId)?.value,
    listExporting: async () => rows.values().filter(({ state }) => state === 'exporting'),
    latest: async (limit) =>
      [...rows.values()].sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt)).slice(0, Math.max(limit, 0)),
  };
  return watched('cycleStore', store, options.onCall);
}
