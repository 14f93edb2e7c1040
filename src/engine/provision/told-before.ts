import { proved } from '../../core/continued';
import type { Desired } from '../../core/desired';
import type { Link, SourceId } from '../../core/model';
import type { EngineDeps } from '../deps';
import type { Outcome } from '../record/outcome';
import { type Attempt, type NamedTarget, type Skip, subjectOf } from './attempt';
import { provedByLink } from './claims';
import { readOwnRow } from './close-claim';
import { membershipChanges, namesOf } from './ended';
import type { Found } from './match-target';
import { foretoldBy, type MembershipChange, planGroups, planMembers } from './memberships';
import { openPairing } from './pairing';
import type { ForeseenMembers, Stages } from './stages';
import { isSameLink } from './user-link';
import { traceBefore, traceMembers } from './words';

/**
 * How an attempt ends that is to leave an object alone which an earlier try had written before it was cut off: told as that, with the reason why
 * nothing more is done, and with the memberships that it made. Undefined where nothing is proved of such a try, and for a way back, which the next item
 * tells by itself.
 */
export async function toldBefore<T extends NonNullable<NamedTarget>>(
  deps: EngineDeps,
  attempt: Attempt,
  { found, desired, stages }: { readonly found: Found<T>; readonly desired: Desired | null; readonly stages: Stages<T> },
  { code, reason }: Skip,
): Promise<Outcome | undefined> {
  const { item, dryRun, back, trace, pairing: read } = attempt;
  const { link, claim } = read.row;
  if (dryRun || back || !claim || !link || !found.target || !found.link) return undefined;
  const earlier = proved(claim.plan, { ...stages.evidence(found, desired, attempt), ...provedByLink(read.row) });
  const written = [...(claim.untold ?? []), ...(earlier ? [earlier] : [])];
  const told = written.pop();
  if (!told) return undefined;
  for (const one of written) traceBefore(attempt, one);
  const members = await membersBefore(attempt, found.link);
  const changes = membershipChanges(attempt, members);
  const pairing = openPairing(deps, read);
  await pairing.takeOver(item);
  if (!isSameLink(found.link, link)) await pairing.settle(found.link);
  traceMembers(attempt, members);
  trace.step('export', reason, { skipReason: code }, 'warning');
  const subject = { ...subjectOf(attempt, found.target), names: await namesOf(attempt, changes) };
  const row = await readOwnRow(deps, read.key, item);
  const plan = { ...told, changes: [...told.changes, ...changes] };
  return { kind: 'done', subject, plan, warnings: [reason], ...(row && { row }) };
}

/** The memberships that an earlier try is proved to have made or ended. Reads only. */
async function membersBefore({ reads, item, above, pairing: { row } }: Attempt, link: Link): Promise<ForeseenMembers> {
  const skipped = 0;
  if (!row.claim?.members) return { added: [], removed: [], skipped };
  const foretold = foretoldBy(row.claim, item.changeId);
  const own = item.sourceId;
  if (link.type === 'user') {
    const ids = above.map(({ groupId }) => groupId);
    const { earlier } = await planGroups(reads, link, ids, foretold);
    return { added: earlier.added.map((groupId) => ({ userId: own, groupId })), removed: [], skipped };
  }
  const { earlier } = await planMembers(reads, own, link, foretold);
  const seen = (userId: SourceId): MembershipChange => ({ userId, groupId: own });
  return { added: earlier.added.map(seen), removed: earlier.removed.map(seen), skipped };
}
