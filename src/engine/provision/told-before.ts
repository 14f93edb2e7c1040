import { proved } from '../../core/continued';
import type { Desired } from '../../core/desired';
import type { Link, SourceId } from '../../core/model';
import { CLAIM_MS, CLOCK_SLACK_MS } from '../claim-watch';
import type { EngineDeps } from '../deps';
import type { Outcome } from '../record/outcome';
import { type Attempt, type NamedTarget, type Skip, subjectOf } from './attempt';
import { NOTHING, provedByLink } from './claims';
import { readOwnRow } from './close-claim';
import { membershipChanges, namesOf } from './ended';
import { type Found, whereabouts } from './match-target';
import { foretoldBy, type MembershipChange, planGroups, planMembers } from './memberships';
import { openPairing } from './pairing';
import type { ForeseenMembers, Stages } from './stages';
import { isSameLink } from './user-link';
import { traceBefore, traceMembers } from './words';
import { NO_CHANGE } from './write-memberships';

/**
 * Whether an earlier try has not deleted what it was to delete: the object is there, or Zendesk shows that the account went when that try had long ended,
 * so somebody else has deleted it. Where its link has ended, nothing was found of it: then it may be gone, or was unlinked by an operator, or taken over by
 * somebody who is hired again and may have left since.
 */
export async function isDeletionRefuted(
  { reads, item, pairing: { row } }: Attempt,
  { goneAt }: Found<unknown>,
): Promise<boolean> {
  const { link, claim } = row;
  if (claim?.plan.action !== 'delete' || claim.plan.targetId === null) return false;
  const { sinceMs = Number.NaN, plan } = claim;
  if (link && link.targetId !== plan.targetId) return false;
  const seen = link ? { isThere: false, goneAt } : await whereabouts(reads, item.objectType, claim.plan.targetId);
  return seen.isThere || Date.parse(seen.goneAt ?? '') > sinceMs + CLAIM_MS + CLOCK_SLACK_MS;
}

/**
 * How an attempt ends that is to leave an object alone which an earlier try had written before it was cut off: told as that, with the reason why
 * nothing more is done, and with the memberships that it made. Undefined where nothing is proved of such a try, and for a way back, which the next item
 * tells by itself. Of what somebody has deleted since, and is not made again, nobody else would tell it.
 */
export async function toldBefore<T extends NonNullable<NamedTarget>>(
  deps: EngineDeps,
  attempt: Attempt,
  { found, desired, stages }: { readonly found: Found<T>; readonly desired: Desired | null; readonly stages: Stages<T> },
  { code, reason }: Skip,
): Promise<Outcome | undefined> {
  const { item, dryRun, back, trace, pairing: read } = attempt;
  const { link, claim } = read.row;
  const isGone = !found.target && attempt.decision.kind !== 'unknown';
  if (dryRun || back || !claim || !link || !(isGone || found.link)) return undefined;
  const evidence = { ...stages.evidence(found, desired, attempt), ...provedByLink(read.row) };
  const earlier = (await isDeletionRefuted(attempt, found)) ? undefined : proved(claim.plan, evidence);
  const written = [...(claim.untold ?? []), ...(earlier ? [earlier] : [])];
  const told = written.pop();
  if (!told) return undefined;
  for (const one of written) traceBefore(attempt, one);
  const members = found.link ? await membersBefore(attempt, found.link) : NO_CHANGE;
  const changes = membershipChanges(attempt, members);
  const pairing = openPairing(deps, read);
  await pairing.takeOver(item);
  if (found.link && !isSameLink(found.link, link)) await pairing.settle(found.link);
  if (isGone) {
    const left = { error: undefined, attributes: [] };
    const writing = { deps, attempt, pairing, found, desired, plan: NOTHING, told, awaitsSeat: false, left, mayCome: undefined };
    await stages.settle(writing);
  }
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
