import { addCounts, countOf, entryMs, matchesLogQuery, noCounts } from '../../src/adapters/storage/log-rules';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { mergeRepeat } from '../../src/core/repeat';
import { InvalidLogQueryError, type ProvisioningLog } from '../../src/ports/provisioning-log';
import { copy, type FakeOptions, watched } from './fake-kit';

/** The provisioning log in memory. Its rules are the pure ones of the real log; its keys, indexes and paging are not. */
export function makeFakeProvisioningLog(options: FakeOptions = {}): ProvisioningLog {
  const entries = new Map<string, ProvisioningLogEntry>();
  const keyOf = (cycleId: string, changeId: string): string => JSON.stringify([cycleId, changeId]).toLowerCase();
  const place = (entry: ProvisioningLogEntry): string =>
    `${String(1e13 - entryMs(entry)).padStart(14, '0')} ${keyOf(entry.changeId, entry.cycleId)}`;

  const log: ProvisioningLog = {
    async record(entry) {
      const key = keyOf(entry.cycleId, entry.changeId);
      const first = entries.get(key);
      entries.set(key, copy(first ? mergeRepeat(first, entry) : entry));
      return first ? 'repeated' : 'recorded';
    },
    async read(cycleId, changeId) {
      const entry = entries.get(keyOf(cycleId, changeId));
      return entry && copy(entry);
    },
    async counts(cycleId) {
      const ofCycle = [...entries.values()].filter((entry) => entry.cycleId.toLowerCase() === cycleId.toLowerCase());
      return ofCycle.map(countOf).reduce((sum, counts) => addCounts(sum, counts), noCounts());
    },
    async query(query, pageSize, next) {
      if (next !== undefined && !/^fake:\d{14} /.test(next)) throw new InvalidLogQueryError('not a token of this log');
      const after = next?.slice('fake:'.length) ?? '';
      const turn = query.isOldestFirst ? -1 : 1;
      const found = [...entries.values()]
        .filter((entry) => matchesLogQuery(entry, query))
        .filter((entry) => after === '' || (query.isOldestFirst ? place(entry) < after : place(entry) > after))
        .sort((a, b) => (place(a) < place(b) ? -turn : turn));
      const page = found.slice(0, pageSize);
      const last = page.at(-1);
      return { entries: page.map(copy), ...(last && found.length > page.length && { next: `fake:${place(last)}` }) };
    },
    async count(query) {
      return [...entries.values()].filter((entry) => matchesLogQuery(entry, query)).length;
    },
    async purge(olderThan) {
      const old = [...entries].filter(([, entry]) => entryMs(entry) < olderThan.getTime());
      for (const [key] of old) entries.delete(key);
      return old.length;
    },
  };
  return watched('provisioningLog', log, options.onCall);
}
