import type { EngineDeps } from '../deps';
import { STATUS_KEYS } from './status-keys';

/** How many objects this app keeps in step, as last counted. */
export interface LinkedCounts {
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
  /** ISO 8601: when they were counted. */
  readonly countedAt: string;
  /** How long counting took, in milliseconds: the larger the account, the more rarely it is counted. */
  readonly tookMs: number;
}

/** Counts are at most this old where counting is cheap, unless somebody knows that they have changed. */
const FRESH_MS = 60_000;

/** Counting reads the whole table, so it may take at most one part in this many of the time. */
const TIME_SHARE = 100;

/** The linked objects, from the last count while that is fresh: asking for the status never scans a large table each time. */
export async function linkedCounts(deps: EngineDeps, freshMs = FRESH_MS): Promise<LinkedCounts> {
  const stored = (await deps.state.read<LinkedCounts>(STATUS_KEYS.counts))?.value;
  if (stored === undefined) return countLinked(deps);
  const ageMs = deps.clock().getTime() - Date.parse(stored.countedAt);
  return ageMs >= 0 && ageMs < Math.max(freshMs, stored.tookMs * TIME_SHARE) ? stored : countLinked(deps);
}

/** Counts the linked objects and keeps the counts. Reads every link. */
async function countLinked(deps: EngineDeps): Promise<LinkedCounts> {
  const began = deps.clock();
  const [users, groups, memberships] = await Promise.all([
    deps.links.countLinks('user'),
    deps.links.countLinks('group'),
    deps.links.countMemberships(),
  ]);
  const now = deps.clock();
  const counts: LinkedCounts = {
    users,
    groups,
    memberships,
    countedAt: now.toISOString(),
    tookMs: Math.max(0, now.getTime() - began.getTime()),
  };
  await deps.state.write(STATUS_KEYS.counts, counts, '*');
  return counts;
}
