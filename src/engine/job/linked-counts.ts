import type { EngineDeps } from '../deps';
import { STATUS_KEYS } from './status-keys';

/** The accounts of linked users by what they are in Zendesk, as last seen; every linked user is in one of the first three. */
export interface UserStates {
  readonly active: number;
  /** Suspended by this app, which lifts it on a return. */
  readonly suspendedByUs: number;
  /** Suspended by somebody in Zendesk: this app leaves that as it is. */
  readonly suspendedByOthers: number;
  /** Agents and admins among all of them: they hold seats. */
  readonly agents: number;
}

/** How many objects are linked, as last counted. */
export interface LinkedCounts {
  readonly users: number;
  readonly userStates: UserStates;
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

/** A count costs a read for a thousand links: after a change of one object in this many it is small beside what the change cost. */
const CHANGED_SHARE = 100;

/**
 * The linked objects, from the last count while that is fresh: asking for the status never scans a large table each time.
 *
 * @param changed objects that have just been changed; many, and the last count is no longer true however fresh it is
 */
export async function linkedCounts(deps: EngineDeps, freshMs = FRESH_MS, changed = 0): Promise<LinkedCounts> {
  const stored = (await deps.state.read<LinkedCounts>(STATUS_KEYS.counts))?.value;
  // A count by an older version knows no states.
  if (stored?.userStates === undefined) return countLinked(deps);
  const isOutdated = changed > 0 && changed * CHANGED_SHARE >= stored.users + stored.groups;
  const ageMs = deps.clock().getTime() - Date.parse(stored.countedAt);
  const isFresh = ageMs >= 0 && ageMs < Math.max(freshMs, stored.tookMs * TIME_SHARE);
  return isFresh && !isOutdated ? stored : countLinked(deps);
}

/** Counting that took longer is left to cycles: nobody waits for it. */
const QUICK_MS = 100;

/** The linked objects for a page or a status: of a large account as the last cycle that wrote something has counted them. */
export async function shownCounts(deps: EngineDeps): Promise<LinkedCounts> {
  const stored = (await deps.state.read<LinkedCounts>(STATUS_KEYS.counts))?.value;
  return stored?.userStates !== undefined && stored.tookMs > QUICK_MS ? stored : linkedCounts(deps);
}

/** Counts the linked objects and keeps the counts. Reads every link. */
async function countLinked(deps: EngineDeps): Promise<LinkedCounts> {
  const began = deps.clock();
  const [userStates, groups, memberships] = await Promise.all([
    countUsers(deps),
    deps.links.countLinks('group'),
    deps.links.countMemberships(),
  ]);
  const now = deps.clock();
  const counts: LinkedCounts = {
    users: userStates.active + userStates.suspendedByUs + userStates.suspendedByOthers,
    userStates,
    groups,
    memberships,
    countedAt: now.toISOString(),
    tookMs: Math.max(0, now.getTime() - began.getTime()),
  };
  await deps.state.write(STATUS_KEYS.counts, counts, '*');
  return counts;
}

async function countUsers({ links }: EngineDeps): Promise<UserStates> {
  const counts = { active: 0, suspendedByUs: 0, suspendedByOthers: 0, agents: 0 };
  for await (const page of links.listLinks('user')) {
    for (const link of page) {
      if (link.disabledByUs) counts.suspendedByUs += 1;
      else if (link.suspendedByOthers) counts.suspendedByOthers += 1;
      else counts.active += 1;
      if (link.isAgent) counts.agents += 1;
    }
  }
  return counts;
}
