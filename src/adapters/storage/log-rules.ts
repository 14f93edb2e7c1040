import { matchesFilter } from '../../core/log-filter/match';
import type { ProvisionedIdentity, ProvisioningLogEntry } from '../../core/record';
import { InvalidLogQueryError, type LogQuery, type OutcomeCounts } from '../../ports/provisioning-log';

/** Details of an identity that hold a name or an address; the others are codes and flags. */
const NAMING_DETAIL = /name|mail/i;

const namesOf = (identity: ProvisionedIdentity): readonly string[] => [
  identity.displayName,
  ...Object.entries(identity.details)
    .filter(([key]) => NAMING_DETAIL.test(key))
    .map(([, value]) => value),
];

/** Every name, UPN and e-mail of either side in lower case, each once. */
export const entryNames = (entry: ProvisioningLogEntry): readonly string[] => [
  ...new Set([...namesOf(entry.sourceIdentity), ...namesOf(entry.targetIdentity)].map(fold).filter((name) => name !== '')),
];

/** Text as it is compared: without case. */
export const fold = (text: string): string => text.trim().toLowerCase();

/** The code of a failure or of a skip; undefined where there is neither. An entry never has both. */
export const entryErrorCode = (entry: ProvisioningLogEntry): string | undefined =>
  entry.provisioningStatusInfo.errorInformation?.errorCode || undefined;

/** The instant of an entry in ms; 0 for one that is none, so that it is kept all the same. */
export const entryMs = (entry: ProvisioningLogEntry): number => Date.parse(entry.activityDateTime) || 0;

/** An instant of a query in ms; undefined if there is none. @throws InvalidLogQueryError */
export function queryMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidLogQueryError('A time of the log query is not an ISO 8601 instant');
  return ms;
}

/** Whether every given condition of a query holds for an entry. */
export function matchesLogQuery(entry: ProvisioningLogEntry, query: LogQuery): boolean {
  const same = (wanted: string | undefined, value: string | null | undefined): boolean =>
    wanted === undefined || fold(wanted) === fold(value ?? '');
  const ms = entryMs(entry);
  const part = query.nameContains === undefined ? '' : fold(query.nameContains);
  return (
    same(query.cycleId, entry.cycleId) &&
    same(query.changeId, entry.changeId) &&
    (query.statuses === undefined || query.statuses.includes(entry.provisioningStatusInfo.status)) &&
    same(query.action, entry.provisioningAction) &&
    same(query.skipReason, entry.skipReason) &&
    same(query.errorCode, entryErrorCode(entry)) &&
    same(query.sourceId, entry.sourceIdentity.id) &&
    same(query.targetId, entry.targetIdentity.id) &&
    (query.name === undefined || entryNames(entry).includes(fold(query.name))) &&
    (part === '' || entryNames(entry).some((name) => name.includes(part))) &&
    ms >= (queryMs(query.after) ?? Number.NEGATIVE_INFINITY) &&
    ms < (queryMs(query.before) ?? Number.POSITIVE_INFINITY) &&
    matchesFilter(entry, query.filter)
  );
}

type Counter = Record<string, number>;
const emptyCounter = (): Counter => Object.create(null) as Counter;

/** Counts of nothing. */
export const noCounts = (): OutcomeCounts => ({
  byOutcome: emptyCounter(),
  bySkipReason: emptyCounter(),
  byErrorCode: emptyCounter(),
  total: 0,
});

function add(into: Counter, counts: Readonly<Counter>, factor: number): Counter {
  const sum = Object.assign(emptyCounter(), into);
  for (const [key, count] of Object.entries(counts)) {
    const value = (sum[key] ?? 0) + factor * count;
    if (value === 0) delete sum[key];
    else sum[key] = value;
  }
  return sum;
}

/** Adds counts up. @param factor -1 takes the second off again */
export const addCounts = (a: OutcomeCounts, b: OutcomeCounts, factor: 1 | -1 = 1): OutcomeCounts => ({
  byOutcome: add(a.byOutcome, b.byOutcome, factor),
  bySkipReason: add(a.bySkipReason, b.bySkipReason, factor),
  byErrorCode: add(a.byErrorCode, b.byErrorCode, factor),
  total: a.total + factor * b.total,
});

const one = (key: string): Counter => Object.assign(emptyCounter(), { [key]: 1 });

/** What one entry adds to the counts of its cycle. */
export function countOf(entry: ProvisioningLogEntry): OutcomeCounts {
  const { status } = entry.provisioningStatusInfo;
  const code = entryErrorCode(entry);
  return {
    byOutcome: one(`${status}/${entry.provisioningAction}`),
    bySkipReason: status === 'skipped' && entry.skipReason ? one(entry.skipReason) : emptyCounter(),
    byErrorCode: status === 'failure' && code ? one(code) : emptyCounter(),
    total: 1,
  };
}
