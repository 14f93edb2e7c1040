import type { LogComparison, LogFilter } from '../../core/log-filter/filter';
import { holds } from '../../core/log-filter/match';
import type { ProvisioningAction } from '../../core/plan-model';
import type { ProvisioningStatus } from '../../core/record';
import type { LogQuery } from '../../ports/provisioning-log';

type Narrowing = { -readonly [Key in keyof LogQuery]: LogQuery[Key] };

/**
 * What is to be asked of the log: the filter, and beside it the part that the log finds by its keys; or `nothing` when the filter
 * contradicts itself. The keys are never narrower than the filter. Pure.
 */
export function narrow(filter: LogFilter | undefined, from: LogQuery = {}): LogQuery | 'nothing' {
  if (filter === undefined) return from;
  const query: Narrowing = { ...from, filter };
  const statuses = statusesOf(filter);
  if (statuses && statuses.length < STATUSES.length) query.statuses = statuses;
  const { fromMs, untilMs } = timesOf(filter);
  if (fromMs > Number.NEGATIVE_INFINITY) query.after = new Date(fromMs).toISOString();
  if (untilMs < Number.POSITIVE_INFINITY) query.before = new Date(untilMs).toISOString();
  const isPossible = conjuncts(filter).every((one) => one.kind !== 'comparison' || addKey(query, one));
  return isPossible && fromMs < untilMs && query.statuses?.length !== 0 ? query : 'nothing';
}

/** What must hold in any case. */
const conjuncts = (filter: LogFilter): readonly LogFilter[] =>
  filter.kind === 'and' ? filter.operands.flatMap(conjuncts) : [filter];

const STATUS = 'provisioningStatusInfo/status';
const STATUSES: readonly ProvisioningStatus[] = ['success', 'warning', 'failure', 'skipped'];

/** The statuses that an entry may have if the filter holds; undefined for any. */
function statusesOf(filter: LogFilter): readonly ProvisioningStatus[] | undefined {
  if (isOnlyAbout(filter, STATUS)) return STATUSES.filter((status) => holds(filter, () => status));
  if (filter.kind !== 'and' && filter.kind !== 'or') return undefined;
  const parts = filter.operands.map(statusesOf);
  if (filter.kind === 'and') return STATUSES.filter((status) => parts.every((part) => part?.includes(status) ?? true));
  return parts.includes(undefined) ? undefined : STATUSES.filter((status) => parts.some((part) => part?.includes(status)));
}

function isOnlyAbout(filter: LogFilter, name: string): boolean {
  if (filter.kind === 'comparison') return filter.property.name === name;
  return filter.kind === 'not' ? isOnlyAbout(filter.operand, name) : filter.operands.every((one) => isOnlyAbout(one, name));
}

/** From one instant on and strictly before another, in ms. */
interface Times {
  readonly fromMs: number;
  readonly untilMs: number;
}

const EVER: Times = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/** The times that an entry may have if the filter holds. */
function timesOf(filter: LogFilter): Times {
  if (filter.kind === 'comparison') return timesOfComparison(filter);
  if (filter.kind === 'not') return EVER;
  const parts = filter.operands.map(timesOf);
  const isAnd = filter.kind === 'and';
  const [latest, earliest] = isAnd ? [Math.max, Math.min] : [Math.min, Math.max];
  return {
    fromMs: latest(...parts.map((part) => part.fromMs)),
    untilMs: earliest(...parts.map((part) => part.untilMs)),
  };
}

/** Instants of entries are whole milliseconds. */
function timesOfComparison({ property, operator, value: ms }: LogComparison): Times {
  if (property.kind !== 'instant' || typeof ms !== 'number') return EVER;
  switch (operator) {
    case 'eq':
      return { fromMs: ms, untilMs: ms + 1 };
    case 'ge':
      return { ...EVER, fromMs: ms };
    case 'gt':
      return { ...EVER, fromMs: ms + 1 };
    case 'lt':
      return { ...EVER, untilMs: ms };
    case 'le':
      return { ...EVER, untilMs: ms + 1 };
    default:
      return EVER;
  }
}

/** Its small letter is another one at the end of a word, so a part of a name need not be a part of the name in small letters. */
const SIGMA = 'Σ';

/** Adds what the log can look up. False when nothing can hold any more. */
function addKey(query: Narrowing, { property, operator, value }: LogComparison): boolean {
  if (typeof value !== 'string') return true;
  const isPart = operator === 'contains' || operator === 'startswith' || operator === 'endswith';
  switch (property.name) {
    case 'sourceIdentity/displayName':
    case 'targetIdentity/displayName':
      // One name can be looked up; a second one is left to the entries.
      if (operator === 'eq' && value.trim() !== '') query.name ??= value;
      if (isPart && !value.includes(SIGMA)) query.nameContains ??= value;
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
