import { AlteredError, OpenTicketsError, StaleStateError } from '../../core/errors';
import { areTicketsDue, type Leaving, receiverText } from '../../core/leaving';
import type { TargetId, TargetUser } from '../../core/model';
import { OPEN_TICKETS, planDelete, planDisable, planUserOut, roleText, suspends } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import { CLAIM_MS } from '../claim-watch';
import { fateOf, isToBeErased } from '../decide/leaver';
import { type Attempt, type Skip, skip } from './attempt';
import { endSessions } from './end-sessions';
import { changesOf } from './export-plan';
import { handOverTickets } from './hand-over-tickets';
import { permitted } from './permission';
import { requireOurDeletion, type Settle, type Writing } from './stages';
import { userLinkAfter } from './user-link';
import { SUSPENDED_MEANWHILE } from './words';

const NOTHING: Omit<Plan, 'targetId'> = { action: 'none', changes: [], role: null, adopts: false, notes: [], removals: [] };

/** What is done about the account of a user who is not in scope. */
export function planOutOfScope(
  { reads, item, dryRun, decision, pairing, leaving }: Attempt,
  target: TargetUser | undefined,
): Plan | Skip {
  const { link, claim } = pairing.row;
  if (decision.kind === 'unknown') return skip('Unknown', decision.reason);
  if (decision.kind === 'in') throw new Error('an object in scope has no desired state');
  if (!target) {
    if (!link && leaving && isToBeErased(reads, leaving)) return planDelete(leaving.targetId, 'userErase');
    // Perhaps an earlier try has deleted it and was cut off before its log entry; or somebody else has, and no day is to be waited for any more.
    if (claim || (link && leaving)) return { ...NOTHING, targetId: link?.targetId ?? null };
    if (link) return skip('RedundantExport', `${decision.reason} The account is gone in Zendesk already.`);
    return skip(decision.skipReason, `${decision.reason} There is no account to take away.`);
  }
  const account = { isSuspended: target.suspended, isAgent: target.role.role !== 'end-user' };
  // What is kept of a former account brings no day to another one.
  const kept = leaving?.targetId === target.id ? leaving : null;
  const fate = fateOf(reads, decision.cause, kept, account);
  if (fate.kind === 'nothing') {
    const isLinked = link?.targetId === target.id;
    if (isLinked || dryRun) return skip(fate.skipReason, `${decision.reason} ${fate.reason}`);
    // Linked again: what is left alone now may have to go once the person is deleted permanently, or another setting says so.
    return { ...NOTHING, targetId: target.id, notes: [fate.reason] };
  }
  if (!link && target.suspended && fate.kind === 'disable') {
    if (dryRun) return skip('RedundantExport', `${decision.reason} The account is suspended already.`);
    // Linked again, and no more: whoever returns has it back as it is.
    return { ...NOTHING, targetId: target.id };
  }
  const { offboardTickets } = reads.settings;
  // Whoever has access now leaves anew, whatever became of the tickets the last time.
  const areDue = areTicketsDue(account, target.suspended ? kept : null, reads.settings);
  return planUserOut(fate, target, {
    tickets: areDue ? receiverText(offboardTickets) : null,
    isSeatCounted: claim?.changeId === item.changeId && claim.plan.removals.some(countsSeat),
  });
}

const countsSeat = ({ kind, attributes }: Plan['removals'][number]): boolean =>
  kind === 'userDisable' && attributes.includes('role');

/**
 * Takes access away, in an order in which nobody keeps it for the sake of tickets:
 *
 *   suspended ▸ sessions ended ▸ open tickets handed over ▸ seat given back, with which Zendesk ends the memberships in groups
 *
 * Where no tickets are to be handed over, account and seat change with one request. Each step shows in the account, so a try that was cut off
 * continues with the next one. The tickets of one agent take their time in stretches: the item goes back into the queue between them.
 * What could not be done for want of somebody who takes the tickets is left in `writing.left`: it is tried again as a failure.
 */
export async function takeAccess(writing: Writing<TargetUser>, target: TargetUser, settle: Settle): Promise<TargetUser> {
  const { deps, pairing, plan, told } = writing;
  await keepLeaving(writing, target);
  if (plan.changes.some(({ attribute }) => attribute === OPEN_TICKETS)) return leaveWithTickets(writing, target, settle);
  let written: TargetUser;
  try {
    written = await deps.target.updateUser(target, changesOf(plan), pairing.renew);
  } catch (error) {
    // Suspended, and Zendesk has made something else of the role.
    if (error instanceof AlteredError && suspends(told)) await endSessions(deps, target.id);
    throw error;
  }
  if (suspends(told)) await endSessions(deps, target.id);
  return seatGiven(writing, written, settle);
}

async function leaveWithTickets(writing: Writing<TargetUser>, target: TargetUser, settle: Settle): Promise<TargetUser> {
  const { deps, attempt, pairing, plan, told } = writing;
  const account = suspends(plan) ? await deps.target.updateUser(target, { suspended: true }, pairing.renew) : target;
  if (suspends(told)) await endSessions(deps, target.id);
  const { role, ...rest } = plan;
  const soFar = userLinkAfter({ ...writing, plan: { ...rest, role: null } }, account);
  await settle(soFar);
  if (suspends(plan)) {
    const what = 'Access ended first: the account is suspended and its sessions are closed. Then the tickets are handed over.';
    attempt.trace.step('export', what, { targetId: target.id });
  }
  const claim = (): Promise<void> => pairing.claim(attempt.item, told);
  await claim();
  const end = await handOverTickets(writing, account, claim);
  if (end.kind === 'more') {
    await settle(soFar);
    throw new StaleStateError(`There are more open tickets than one call can hand over (${end.count} so far); it continues.`);
  }
  if (end.kind === 'refused') {
    writing.left.error = end.error;
    writing.left.attributes.push(OPEN_TICKETS, 'role');
  }
  if (end.kind === 'refused' || !role) {
    await settle(soFar);
    return account;
  }
  // The tickets took their time: whether the seat may be taken is asked again, under a claim that nobody else has taken meanwhile.
  await claim();
  if ((await permitted(deps, attempt.item)) === null) {
    await settle(soFar);
    throw new StaleStateError('The seat is no longer let go; it is counted again.');
  }
  return seatGiven(writing, await deps.target.updateUser(account, { role }, pairing.renew), settle);
}

async function seatGiven(writing: Writing<TargetUser>, written: TargetUser, settle: Settle): Promise<TargetUser> {
  await settle(userLinkAfter(writing, written));
  return written;
}

/**
 * Deletes the account. Zendesk keeps who has requested tickets that are not closed: then at least access ends now, under a claim of its own, and the
 * deletion is tried again as any failure. @see https://developer.zendesk.com/api-reference/ticketing/users/users/#delete-user
 */
export async function deleteAccount(writing: Writing<TargetUser>, target: TargetUser): Promise<void> {
  const { deps, attempt, pairing } = writing;
  try {
    const isDone = await deps.target.deleteUser(target.id);
    requireOurDeletion(writing, isDone);
    await keepDeletion(writing, target.id, isDone);
  } catch (error) {
    if (!(error instanceof OpenTicketsError)) throw error;
    // A crash between the suspension and the end of the sessions would leave somebody signed in.
    const earlier = attempt.pairing.row.claim?.plan;
    if (target.suspended && earlier && suspends(earlier)) await endSessions(deps, target.id);
    if (target.suspended) throw error;
    const plan = planDisable(target, { downgrades: false, tickets: null, isSeatCounted: false });
    await pairing.claim(attempt.item, plan);
    const suspended = await deps.target.updateUser(target, changesOf(plan), pairing.renew);
    await endSessions(deps, target.id);
    await pairing.settle(userLinkAfter({ ...writing, plan, told: plan }, suspended));
    attempt.trace.step('export', SUSPENDED_MEANWHILE, { targetId: target.id, role: roleText(target.role) }, 'warning');
    throw error;
  }
}

/** Erases the account that this app has deleted, and forgets who had it. */
export async function eraseAccount({ deps, attempt, pairing }: Writing<TargetUser>, targetId: TargetId): Promise<void> {
  await deps.target.eraseUser(targetId);
  await deps.leavings.remove(attempt.item.sourceId);
  await pairing.end(targetId);
}

/** How far the clocks of Zendesk and of this app may be apart, and how coarse Zendesk's is, in milliseconds. */
const ZENDESK_CLOCK_MS = 10_000;

/** Whether an account went while an earlier try was at its deletion, as Zendesk has it: of one that went later somebody else was the cause. */
export function wentUnderClaim({ found, attempt }: Pick<Writing<TargetUser>, 'found' | 'attempt'>): boolean {
  const sinceMs = attempt.pairing.row.claim?.sinceMs;
  const afterMs = Date.parse(found.goneAt ?? '') - (sinceMs ?? Number.NaN);
  return afterMs >= -ZENDESK_CLOCK_MS && afterMs <= CLAIM_MS + ZENDESK_CLOCK_MS;
}

const NOT_ERASED =
  'The answer to the deletion was lost, so somebody else may have deleted the account: it will not be erased by OFFBOARD_ERASE_AFTER_DAYS. Erase it in Zendesk where it is to be erased.';

/** Keeps who has left, and since when; whoever had access until now leaves now, whatever is kept of an earlier time. */
export async function keepLeaving(
  writing: Pick<Writing<TargetUser>, 'deps' | 'attempt' | 'found'>,
  target: TargetUser,
): Promise<Leaving> {
  const { deps, attempt, found } = writing;
  const { leaving, item } = attempt;
  if (leaving && leaving.targetId === target.id && target.suspended) return leaving;
  const begun: Leaving = {
    sourceId: item.sourceId,
    targetId: target.id,
    leftAt: deps.clock().toISOString(),
    createdByUs: found.link?.createdByUs === true,
    tickets: null,
    deletedAt: null,
  };
  await deps.leavings.put(begun);
  return begun;
}

/**
 * Keeps that this app has deleted the account, for the day on which it may be erased; of one that it did not make nothing is kept, nor of one of
 * which the answer to the deletion was lost and that may have been deleted, or merged, by somebody else.
 */
export async function keepDeletion(
  { deps, attempt, pairing }: Writing<TargetUser>,
  targetId: TargetId,
  isProved: boolean,
): Promise<void> {
  const { leaving, item, reads, trace } = attempt;
  const now = deps.clock().toISOString();
  // A link may still name an earlier account, which somebody else has deleted.
  const createdByUs = pairing.link?.targetId === targetId && pairing.link.createdByUs;
  if (createdByUs && !isProved && reads.settings.offboardEraseAfterDays !== undefined)
    trace.step('export', NOT_ERASED, { targetId }, 'warning');
  if (!createdByUs || !isProved) return deps.leavings.remove(item.sourceId);
  const known = leaving?.targetId === targetId ? leaving : undefined;
  await deps.leavings.put({
    sourceId: item.sourceId,
    targetId,
    leftAt: known?.leftAt ?? now,
    createdByUs,
    tickets: known?.tickets ?? null,
    deletedAt: known?.deletedAt ?? now,
  });
}

/** A return calls off what a day would have brought. Before anything is written, so that no day comes in between. */
export async function callOffLeaving({ deps, attempt }: Writing<TargetUser>): Promise<void> {
  const { leaving, item, trace } = attempt;
  if (!leaving) return;
  await deps.leavings.remove(item.sourceId);
  const what =
    leaving.deletedAt === null
      ? 'The user is back: what was due after leaving is called off.'
      : `The user is back. The former account ${leaving.targetId} was deleted at ${leaving.deletedAt}, which Zendesk cannot undo; it is no longer to be erased.`;
  trace.step('export', what, { formerTargetId: leaving.targetId, leftAt: leaving.leftAt });
}
