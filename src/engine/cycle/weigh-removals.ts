import { brake, isShareDue, REMOVAL_KINDS, type RemovalKind } from '../../core/brake';
import type { Link } from '../../core/model';
import type { StagedDeletion } from '../../ports/staged-deletion-store';
import { canSignIn } from '../decide/loss';
import type { EngineDeps } from '../deps';
import { recentRemovals } from '../job/removal-window';

/**
 * The kinds of removal that the brake holds, with the reason.
 * @param again The objects that are counted; given where removals of the last 24 hours count as well, which is not so for what an operator
 *   asks for by name
 */
export async function overThreshold(
  deps: EngineDeps,
  counts: ReadonlyMap<RemovalKind, number>,
  again?: readonly StagedDeletion[],
): Promise<ReadonlyMap<RemovalKind, string>> {
  const held = new Map<RemovalKind, string>();
  const recentOf = again ? await recentRemovals(deps, again) : () => 0;
  const canLose = counter(deps);
  const limits = { absolute: deps.settings.deletionThreshold, percent: deps.settings.deletionThresholdPercent };
  for (const kind of REMOVAL_KINDS) {
    const count = counts.get(kind) ?? 0;
    const recent = recentOf(kind);
    const load = { count, recent, canLose: isShareDue(count, recent) ? await canLose(kind) : 0 };
    const verdict = brake(kind, load, limits);
    if (verdict.kind === 'hold') held.set(kind, verdict.reason);
  }
  return held;
}

/** Counts who can still lose something, each type of link once and only where it is asked for. */
function counter(deps: EngineDeps): (kind: RemovalKind) => Promise<number> {
  let users: Promise<{ readonly active: number; readonly seats: number }> | undefined;
  return async (kind) => {
    switch (kind) {
      case 'userDisable':
      case 'userDelete':
      case 'userErase':
        users ??= countUsers(deps);
        return (await users).active;
      case 'agentDowngrade':
        users ??= countUsers(deps);
        return (await users).seats;
      case 'groupDelete':
        return countWhere(deps, 'group', ({ createdByUs }) => createdByUs);
      case 'membershipRemoval':
        return deps.links.countMemberships();
    }
  };
}

async function countUsers({ links }: EngineDeps): Promise<{ readonly active: number; readonly seats: number }> {
  let [active, seats] = [0, 0];
  for await (const page of links.listLinks('user')) {
    for (const link of page) {
      if (canSignIn(link)) active += 1;
      if (link.isAgent) seats += 1;
    }
  }
  return { active, seats };
}

async function countWhere({ links }: EngineDeps, type: 'user' | 'group', is: (link: Link) => boolean): Promise<number> {
  let count = 0;
  for await (const page of links.listLinks(type)) count += page.filter(is).length;
  return count;
}
