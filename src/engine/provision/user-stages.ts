import { proved, userEvidence, withProved } from '../../core/continued';
import { deprovisionUser } from '../../core/deprovision';
import type { Desired } from '../../core/desired';
import { OpenTicketsError } from '../../core/errors';
import type { TargetUser } from '../../core/model';
import { planUser, planUserOut, roleText } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import { protectedBy, protectsAddresses } from '../../core/protection';
import { freesSeat, takesSeat } from '../../core/seats';
import { desireObject, desireToMatch } from '../decide/desire';
import { readJob } from '../job/job-state';
import { type Attempt, isSkip, type Skip, skip } from './attempt';
import { createAccount, updateAccount } from './export-account';
import { changesOf } from './export-plan';
import { linkedTo } from './holder';
import { type Found, formerOf, matchUser, NOT_FOUND, readLinkedUser } from './match-target';
import { foretoldBy, planGroups } from './memberships';
import type { Settle, Stages, Writing } from './stages';
import { isSameLink, userLinkAfter } from './user-link';
import { forgetMemberships, joinGroups, leaveWithRole, NO_CHANGE } from './write-memberships';

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
    if (decision.kind === 'out' && !link) return findForgotten(attempt);
    if (decision.kind !== 'in') return linked;
    const desired = desireToMatch(reads, account, { object, decision, mode: link ? 'update' : 'create' });
    return matchUser(reads, item.sourceId, desired, mayAskByCreating(attempt, desired), trace);
  },

  async desire({ reads, account, object, decision }, { target }) {
    if (decision.kind !== 'in') return null;
    return desireObject(reads, account, { object, decision, mode: target ? 'update' : 'create' });
  },

  async plan(attempt, found, desired) {
    const planned = desired ? planInScope(attempt, found, desired) : planOutOfScope(attempt, found);
    return isSkip(planned) ? planned : ((await sparedBy(attempt, found.target, desired?.email ?? null, planned)) ?? planned);
  },

  seat: seatOfUser,

  evidence({ target, link }, desired) {
    // Out of scope an account without a link is found by our id alone.
    const foundBy = link ? null : (target?.externalId ?? null);
    return userEvidence(target, desired ? desired.externalId : foundBy, link !== null);
  },

  // Whether a user joins a group or the group takes the user is a matter of order: a dry run tells it of the group.
  foreseeMembers: async () => NO_CHANGE,

  async export(writing, settle) {
    const { deps, attempt, pairing, found, plan } = writing;
    const { target } = found;
    if (!target) return createAccount(writing, settle);
    // The account may have become somebody else's since: that of a former self, hired again.
    await pairing.reserve(target.id, formerOf(found));
    if (plan.action === 'delete') {
      await deleteAccount(writing, target);
      await forgetMemberships(deps, attempt.item.sourceId);
      await pairing.end(target.id);
      return undefined;
    }
    return attempt.decision.kind === 'out' ? takeAccess(writing, target, settle) : updateAccount(writing, target, settle);
  },

  async settle(writing) {
    const { deps, attempt, pairing, found, told } = writing;
    const { link } = pairing;
    if (!link) {
      // An account of ours whose link was forgotten: linked again, so that the next cycle counts what it stands to lose.
      if (!found.target) return;
      await pairing.reserve(found.target.id);
      return pairing.settle(userLinkAfter(writing, found.target));
    }
    if (!found.target) {
      if (told.action !== 'delete') return;
      await forgetMemberships(deps, attempt.item.sourceId);
      return pairing.end(link.targetId);
    }
    await cleanUpEmail(writing, found.target);
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
    return joinGroups(deps, link, plan, item, (added, removed) => pairing.intend(item, told, { added, removed }));
  },
};

/**
 * The account of somebody out of scope that carries our id and has no link: after a restart that has forgotten the links, because somebody may
 * have left between the last cycle and the restart; and after a creation or an adoption whose answer was lost. Without a look they would keep access for ever.
 */
async function findForgotten({ reads, object, pairing, trace }: Attempt): Promise<Found<TargetUser>> {
  const begun = pairing.row.claim?.plan;
  const mayBeOurs = begun?.action === 'create' || begun?.adopts === true;
  if (!mayBeOurs && (await readJob(reads.state)).value.linksForgottenAt === null) return NOT_FOUND;
  const [target] = await reads.target.findUsers({ attribute: 'external_id', value: object.id });
  // Whoever is suspended already has lost access, and a return adopts the account.
  if (!target?.active || target.suspended || (await linkedTo(reads, 'user', target.id)) !== undefined) return NOT_FOUND;
  trace.step('matching', 'A restart had forgotten this account; it still has the external id of this person.', {
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

function planInScope({ reads }: Attempt, found: Found<TargetUser>, desired: Desired): Plan | Skip {
  const { create, update } = reads.schema.users.actions;
  const { target, link, wasDisabledByUs = false } = found;
  const plan = planUser({ desired, current: target ?? null, link, wasDisabledByUs });
  if (plan.action === 'create' && !create) return skip('ActionDisabled', 'The mapping does not allow Create.');
  if (plan.action !== 'create' && plan.action !== 'none' && !update) {
    return skip('ActionDisabled', 'The mapping does not allow Update.');
  }
  return plan;
}

const NOTHING: Omit<Plan, 'targetId'> = { action: 'none', changes: [], role: null, adopts: false, notes: [], removals: [] };

function planOutOfScope({ reads, decision, pairing }: Attempt, { target }: Found<TargetUser>): Plan | Skip {
  const { link, claim } = pairing.row;
  if (decision.kind === 'unknown') return skip('Unknown', decision.reason);
  if (decision.kind === 'in') throw new Error('an object in scope has no desired state');
  const fate = deprovisionUser(decision.cause, { ...reads.settings, actions: reads.schema.users.actions });
  if (!target) {
    // Perhaps an earlier try has deleted it and was cut off before its log entry.
    if (claim) return { ...NOTHING, targetId: link?.targetId ?? null };
    if (link) return skip('RedundantExport', `${decision.reason} The account is gone in Zendesk already.`);
    return skip(decision.skipReason, `${decision.reason} There is no account to take away.`);
  }
  if (fate.kind === 'nothing') return skip(fate.skipReason, `${decision.reason} ${fate.reason}`);
  return planUserOut(fate, target);
}

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
  const atOnce = protectedBy(rules, target, [email]);
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

const isDemotion = ({ role }: Plan): boolean => role !== null && role.role !== 'admin';

async function takeAccess(writing: Writing<TargetUser>, target: TargetUser, settle: Settle): Promise<TargetUser> {
  const { deps, pairing, plan } = writing;
  const written = await deps.target.updateUser(target, changesOf(plan), pairing.renew);
  if (!target.suspended) await deps.target.endSessions(target.id);
  await settle(userLinkAfter(writing, written));
  return written;
}

/**
 * Deletes the account. Zendesk keeps who has requested tickets that are not closed: then at least access ends now, and the deletion is
 * tried again as any failure. @see https://developer.zendesk.com/api-reference/ticketing/users/users/#delete-user
 */
async function deleteAccount({ deps, attempt }: Writing<TargetUser>, target: TargetUser): Promise<void> {
  try {
    await deps.target.deleteUser(target.id);
  } catch (error) {
    if (!(error instanceof OpenTicketsError) || target.suspended) throw error;
    await deps.target.updateUser(target, { suspended: true });
    await deps.target.endSessions(target.id);
    const why = 'Zendesk refuses to delete the account while it has open tickets; it is suspended meanwhile.';
    attempt.trace.step('export', why, { targetId: target.id, role: roleText(target.role) }, 'warning');
    throw error;
  }
}

/** A crash between making a new address primary and removing the old one leaves the old one behind. */
export async function cleanUpEmail({ deps, told, plan }: Writing<TargetUser>, target: TargetUser): Promise<void> {
  const email = told === plan ? undefined : told.changes.find((change) => change.attribute === 'email');
  if (told.action === 'create' || typeof email?.oldValue !== 'string') return;
  if (email.oldValue.toLowerCase() !== target.email?.toLowerCase()) await deps.target.removeEmail(target.id, email.oldValue);
}
