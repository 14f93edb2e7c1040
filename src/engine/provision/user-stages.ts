import { proved, userEvidence, withProved } from '../../core/continued';
import type { Desired } from '../../core/desired';
import type { TargetUser } from '../../core/model';
import { OPEN_TICKETS, planUser, suspends } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import { protectedBy, protectsAddresses } from '../../core/protection';
import { DEFAULT_ROLE } from '../../core/role';
import { freesSeat, takesSeat } from '../../core/seats';
import type { LinkRow } from '../../ports/link-store';
import { desireObject, desireToMatch } from '../decide/desire';
import { readJob } from '../job/job-state';
import { type Attempt, isSkip, type Skip, skip } from './attempt';
import { provedByLink } from './claims';
import { endSessions } from './end-sessions';
import { createAccount, updateAccount } from './export-account';
import { roleOfFormer } from './former-role';
import { linkedTo } from './holder';
import {
  callOffLeaving,
  deleteAccount,
  eraseAccount,
  keepDeletion,
  keepLeaving,
  planOutOfScope,
  takeAccess,
  wentUnderClaim,
} from './leave';
import { type Found, formerOf, matchUser, NOT_FOUND, readLinkedUser } from './match-target';
import { foretoldBy, planGroups } from './memberships';
import type { Stages, Writing } from './stages';
import { isSameLink, userLinkAfter } from './user-link';
import { forgetMemberships, joinGroups, leaveWithRole, NO_CHANGE, recountLeft } from './write-memberships';

/** The stages of a user's way. */
export const userStages: Stages<TargetUser> = {
  async match(attempt) {
    const { reads, item, decision, pairing, account, object, trace } = attempt;
    const { link } = pairing.row;
    const linked = link && decision.kind !== 'unknown' ? await readLinkedUser(reads, link, trace) : NOT_FOUND;
    if (linked.target && linked.link) {
      const earlier = proved(pairing.row.claim?.plan, userEvidence(linked.target, null, true));
      return { ...linked, link: withProved(linked.link, earlier) };
    }
    if (decision.kind === 'out') return { ...(await findForgotten(attempt)), goneAt: linked.goneAt };
    if (decision.kind !== 'in') return linked;
    const desired = trace.within('processing', () =>
      desireToMatch(reads, account, { object, decision, mode: link ? 'update' : 'create' }),
    );
    const matched = await matchUser(reads, item.sourceId, desired, mayAskByCreating(attempt, desired), trace);
    return { ...matched, goneAt: linked.goneAt };
  },

  async desire({ reads, account, object, decision }, { target }) {
    if (decision.kind !== 'in') return null;
    return desireObject(reads, account, { object, decision, mode: target ? 'update' : 'create' });
  },

  async plan(attempt, found, desired) {
    const planned = desired ? planInScope(attempt, found, desired) : planOutOfScope(attempt, found.target);
    return isSkip(planned) ? planned : ((await sparedBy(attempt, found.target, desired?.email ?? null, planned)) ?? planned);
  },

  seat: seatOfUser,

  evidence({ target, link }, desired, { leaving }) {
    // Out of scope an account without a link is found by our id alone.
    const foundBy = link ? null : (target?.externalId ?? null);
    const evidence = userEvidence(target, desired ? desired.externalId : foundBy, link !== null);
    // Zendesk does not show whose the tickets were; what is kept of whoever left does.
    const handed = leaving?.tickets?.isComplete ? leaving.tickets.to : null;
    return evidence.current ? { ...evidence, current: { ...evidence.current, [OPEN_TICKETS]: handed } } : evidence;
  },

  // Whether a user joins a group or the group takes the user is a matter of order: a dry run tells it of the group.
  foreseeMembers: async () => NO_CHANGE,

  async export(writing, settle) {
    const { deps, attempt, pairing, found, plan } = writing;
    const { target } = found;
    if (attempt.decision.kind === 'in') await callOffLeaving(writing);
    if (isErasure(plan) && plan.targetId !== null) {
      await eraseAccount(writing, plan.targetId);
      return undefined;
    }
    if (!target) return createAccount(writing, settle);
    // The account may have become somebody else's since: that of a former self, hired again.
    await pairing.reserve(target.id, formerOf(found));
    if (plan.action === 'delete') {
      await deleteAccount(writing, target);
      await forgetMemberships(deps, attempt.item.sourceId);
      await pairing.end(target.id);
      return undefined;
    }
    if (attempt.decision.kind === 'out') return takeAccess(writing, target, settle);
    // Zendesk ended them when the account became an end user, perhaps by a request of which nobody had the answer.
    if (plan.role && target.role.role === DEFAULT_ROLE.role) await forgetMemberships(deps, attempt.item.sourceId);
    return updateAccount(writing, target, settle);
  },

  async settle(writing) {
    const { deps, attempt, pairing, found, told } = writing;
    const { link } = pairing;
    if (attempt.decision.kind === 'in') await callOffLeaving(writing);
    if (!link || (found.target && !found.link)) {
      // An account of ours whose link was forgotten or never stored: linked, so that the next cycle counts what it stands to lose.
      if (!found.target) return;
      await pairing.reserve(found.target.id);
      return pairing.settle(userLinkAfter(writing, found.target));
    }
    if (!found.target) {
      if (told.action !== 'delete') {
        // Somebody else has deleted it: no day is to be waited for.
        if (attempt.leaving?.targetId === link.targetId) await deps.leavings.remove(attempt.item.sourceId);
        return;
      }
      await keepDeletion(writing, link.targetId, wentUnderClaim(writing));
      await forgetMemberships(deps, attempt.item.sourceId);
      return pairing.end(link.targetId);
    }
    await cleanUpEmail(writing, found.target);
    // A crash between the suspension and the end of the sessions would leave somebody signed in.
    if (found.target.suspended && suspends(told)) await endSessions(deps, found.target.id);
    if (attempt.decision.kind === 'out' && found.target.suspended) await keepLeaving(writing, found.target);
    const after = userLinkAfter(writing, found.target);
    if (!isSameLink(after, link)) await pairing.settle(after);
  },

  async memberships({ deps, attempt, pairing, told }) {
    const { item, above, decision } = attempt;
    const foretold = foretoldBy(attempt.pairing.row.claim, item.changeId);
    if (told.role && pairing.link && !pairing.link.isAgent && told.action !== 'create') {
      return leaveWithRole(deps, pairing.link, foretold, (removed) => pairing.intend(item, told, { added: [], removed }));
    }
    if (decision.kind !== 'in') return NO_CHANGE;
    const link = pairing.requireLink();
    const plan = await planGroups(deps, link, idsOf(above), foretold);
    const result = await joinGroups(deps, link, plan, item, (added, removed) => pairing.intend(item, told, { added, removed }));
    await recountLeft(deps, item, result);
    return result;
  },
};

/**
 * The account of somebody out of scope that carries our id and has no link: after a restart that has forgotten the links, because somebody may
 * have left between the last cycle and the restart; and after a creation or an adoption whose answer was lost, also where the link still names
 * an earlier account that somebody has deleted by hand. Without a look they would keep access for ever; and of an account that is suspended already nobody would
 * know once the person is deleted permanently.
 */
async function findForgotten({ reads, object, pairing, trace }: Attempt): Promise<Found<TargetUser>> {
  const begun = pairing.row.claim?.plan;
  const mayBeOurs = begun?.action === 'create' || begun?.adopts === true;
  const isForgotten = async () => !pairing.row.link && (await readJob(reads.state)).value.linksForgottenAt !== null;
  if (!mayBeOurs && !(await isForgotten())) return NOT_FOUND;
  const [target] = await reads.target.findUsers({ attribute: 'external_id', value: object.id });
  if (!target?.active || (await linkedTo(reads, 'user', target.id)) !== undefined) return NOT_FOUND;
  trace.step('matching', 'No link names this account (a restart, or a lost answer); it has the external id of this person.', {
    targetId: target.id,
  });
  return { target, link: null, takesOverFrom: undefined };
}

const idsOf = (above: Attempt['above']) => above.map(({ groupId }) => groupId);

/** Whether a plan takes an agent seat that the account does not hold, or gives the one back that it holds. */
export function seatOfUser(
  { account: { customRoles } }: Attempt,
  { target }: Found<TargetUser>,
  plan: Plan,
): 'takes' | 'frees' | undefined {
  if (takesSeat(plan, target, customRoles)) return 'takes';
  return freesSeat(plan, target, customRoles) ? 'frees' : undefined;
}

/** Creating answers for the two attributes that Zendesk keeps unique, and only where an account may be created. */
const mayAskByCreating = ({ reads, dryRun, isSecondTry }: Attempt, desired: Desired): boolean =>
  !dryRun &&
  !isSecondTry &&
  reads.schema.users.actions.create &&
  desired.matchers.map((matcher) => matcher.attribute).join() === 'external_id,email';

function planInScope(attempt: Attempt, found: Found<TargetUser>, desired: Desired): Plan | Skip {
  const { reads, pairing } = attempt;
  const { create, update } = reads.schema.users.actions;
  const { target, link } = found;
  const earlier = proved(pairing.row.claim?.plan, userEvidence(target, desired.externalId, link !== null));
  const wasDisabledByUs = isSuspendedByUs(pairing.row, earlier, target) || isSuspendedFor(found);
  const takesPlace = link === null && (pairing.row.link !== null || wasActiveOurs(earlier));
  const plan = planUser({
    desired,
    current: target ?? null,
    link,
    wasDisabledByUs,
    takesPlace,
    writtenAs: earlier?.role ?? roleOfFormer(attempt, found),
  });
  if (plan.action === 'create' && !create) return skip('ActionDisabled', 'The mapping does not allow Create.');
  if (plan.action !== 'create' && plan.action !== 'none' && !update) {
    return skip('ActionDisabled', 'The mapping does not allow Update.');
  }
  return plan;
}

/** Whether this app has suspended an account that it does not know as linked: by the record that did not lead to it, or by earlier tries. */
function isSuspendedByUs({ link, claim }: LinkRow, earlier: Plan | undefined, target: TargetUser | undefined): boolean {
  if (link?.disabledByUs && link.targetId === target?.id) return true;
  const written = [...(claim?.untold ?? []), ...(earlier ? [earlier] : [])];
  return written.some((one) => (one.action === 'create' || one.targetId === target?.id) && suspends(one));
}

/** Whether this app has suspended the account for the former self from whom it is taken over. */
function isSuspendedFor({ formerRow, target }: Found<TargetUser>): boolean {
  if (!formerRow) return false;
  const earlier = proved(formerRow.claim?.plan, { ...userEvidence(target, null, true), ...provedByLink(formerRow) });
  return isSuspendedByUs(formerRow, earlier, target);
}

/**
 * Whether an earlier try is proved to have made this account ours, by its external id: the request that gave it the id left it active, so whoever has
 * suspended it since is somebody else. An adoption of an account that had the id before proves nothing.
 */
const wasActiveOurs = (earlier: Plan | undefined): boolean =>
  earlier !== undefined &&
  !suspends(earlier) &&
  (earlier.action === 'create' || earlier.changes.some(({ attribute }) => attribute === 'external_id'));

/** Why a plan is not carried out whatever it is: the account is never touched, or is the last that can administer Zendesk. */
export async function sparedBy(
  { reads, account, decision }: Attempt,
  target: TargetUser | undefined,
  email: string | null,
  plan: Plan,
): Promise<Skip | undefined> {
  const { protectedUsers } = reads.settings;
  const rules = { ...account, protectedUsers };
  const reason = decision.kind === 'out' ? `${decision.reason} ` : '';
  const spare = (why: string) => skip('Protected', `${reason}The account is never touched: ${why}`);
  const deleted = isErasure(plan) && plan.targetId !== null ? { id: plan.targetId, email: null } : undefined;
  const atOnce = protectedBy(rules, target ?? deleted, [email]);
  if (atOnce) return spare(atOnce);
  if (!target || plan.action === 'none') return undefined;
  if (protectsAddresses(protectedUsers)) {
    const why = protectedBy(rules, target, await reads.target.addressesOf(target.id));
    if (why) return spare(why);
  }
  const losesAdmin = target.role.role === 'admin' && !target.suspended && (plan.removals.length > 0 || isDemotion(plan));
  if (losesAdmin && (await reads.target.countActiveAdmins(2)) < 2) {
    return spare('It is the last active admin of the Zendesk account.');
  }
  return undefined;
}

/** A plan for what is left of an account that this app has deleted. */
const isErasure = ({ removals }: Plan): boolean => removals.some(({ kind }) => kind === 'userErase');

const isDemotion = ({ role }: Plan): boolean => role !== null && role.role !== 'admin';

/** A crash between making a new address primary and removing the old one leaves the old one behind. */
export async function cleanUpEmail({ deps, told, plan }: Writing<TargetUser>, target: TargetUser): Promise<void> {
  const email = told === plan ? undefined : told.changes.find((change) => change.attribute === 'email');
  if (told.action === 'create' || typeof email?.oldValue !== 'string') return;
  if (email.oldValue.toLowerCase() !== target.email?.toLowerCase()) await deps.target.removeEmail(target.id, email.oldValue);
}
