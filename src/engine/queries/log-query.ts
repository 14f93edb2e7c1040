import type { LogClause } from '../../core/log-filter/parse';
import type { ProvisioningAction } from '../../core/plan-model';
import type { ProvisioningStatus } from '../../core/record';
import type { LogQuery } from '../../ports/provisioning-log';

/** What the log's indexes can narrow down; every answer is still held against all clauses. */
type Narrowing = { -readonly [Key in keyof LogQuery]: LogQuery[Key] };

/**
 * The part of a filter that the log answers from its keys, or `nothing` when its clauses contradict one another. Never narrower than
 * the filter itself. Pure.
 */
export function narrow(clauses: readonly LogClause[], from: LogQuery = {}): LogQuery | 'nothing' {
  const query: Narrowing = { ...from };
  const isPossible = clauses.every((clause) => add(query, clause));
  const { after, before } = query;
  return isPossible && (after === undefined || before === undefined || after < before) ? query : 'nothing';
}

/** Adds what a clause says. False when nothing can hold any more. */
function add(query: Narrowing, { property, operator, value }: LogClause): boolean {
  if (typeof value === 'number') {
    if (property.kind === 'instant') addInstant(query, operator, value);
    return true;
  }
  switch (property.name) {
    case 'provisioningStatusInfo/status': {
      const before = query.statuses ?? (property.values as readonly ProvisioningStatus[]);
      const text = value.toLowerCase();
      query.statuses = before.filter((status) => (operator === 'eq' ? status === text : status.includes(text)));
      return query.statuses.length > 0;
    }
    case 'sourceIdentity/displayName':
    case 'targetIdentity/displayName':
      // One name can be looked up; a second one is left to the entries.
      if (operator === 'eq' && value.trim() !== '') query.name ??= value;
      if (operator === 'contains') query.nameContains ??= value;
      return true;
    case 'provisioningAction':
      return (
        operator !== 'eq' ||
        set(query, 'action', (property.values?.find((action) => same(action, value)) ?? value) as ProvisioningAction)
      );
    default: {
      const key = KEYS[property.name];
      // Nothing is indexed under an empty text.
      return operator !== 'eq' || key === undefined || value === '' || set(query, key, value);
    }
  }
}

type TextKey = 'cycleId' | 'changeId' | 'skipReason' | 'errorCode' | 'sourceId' | 'targetId';

/** An entry's id is its change id. */
const KEYS: Readonly<Record<string, TextKey>> = {
  id: 'changeId',
  changeId: 'changeId',
  cycleId: 'cycleId',
  skipReason: 'skipReason',
  errorCode: 'errorCode',
  'sourceIdentity/id': 'sourceId',
  'targetIdentity/id': 'targetId',
};

function set<Key extends TextKey | 'action'>(query: Narrowing, key: Key, value: NonNullable<Narrowing[Key]>): boolean {
  const before = query[key];
  query[key] ??= value;
  return before === undefined || same(before, value);
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The log cuts by time at or after one instant and strictly before another; instants of entries are whole milliseconds. */
function addInstant(query: Narrowing, operator: LogClause['operator'], ms: number): void {
  const from = operator === 'eq' || operator === 'ge' ? ms : operator === 'gt' ? ms + 1 : undefined;
  const until = operator === 'eq' || operator === 'le' ? ms + 1 : operator === 'lt' ? ms : undefined;
  if (from !== undefined) query.after = new Date(Math.max(from, Date.parse(query.after ?? '') || from)).toISOString();
  if (until !== undefined) query.before = new Date(Math.min(until, Date.parse(query.before ?? '') || until)).toISOString();
}
