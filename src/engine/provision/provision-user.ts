import { deprovisionUser } from '../../core/deprovision';
import { AlreadyExistsError, DisputedMatchError, LicenseLimitError, RejectedError, UnavailableError } from '../../core/errors';
import type { Link, SourceObject, TargetUser, WorkItem } from '../../core/model';
import { continued, planDelete, planDisable, planUser } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import type { ScopeDecision } from '../../core/scope';
import type { TargetDescription } from '../../ports/target-connector';
import { tagsOwnedAfter, type Wish, wantedFrom, wishForNewUser, wishForUser } from '../decide/desire';
import { changesOf, newUserOf } from '../decide/export-plan';
import { protectedBy } from '../decide/protection';
import type { EngineDeps } from '../deps';
import type { Outcome, Subject } from '../record/outcome';
import type { Trace } from '../record/trace';
import { awaitCount } from './await-count';
import { findUser } from './find-account';
import { forgetMemberships, joinGroups, type MembershipResult } from './memberships';
import { type Pairing, withClaim } from './pairing';

/** One user's work item with everything that was read for it. */
export interface UserWork {
  readonly deps: EngineDeps;
  readonly item: WorkItem;
  readonly dryRun: boolean;
  readonly user: SourceObject;
  readonly decision: ScopeDecision;
  readonly account: TargetDescription;
  readonly pairing: Pairing;
  readonly trace: Trace;
  /** True when the address was refused a moment ago: then it is searched for, not asked about by creating. */
  readonly isSecondTry: boolean;
}

/** Brings the account of one user in line with the source: match ▸ map ▸ plan ▸ protect ▸ export ▸ link. Safe to repeat. */
export async function provisionUser(work: UserWork): Promise<Outcome> {
  const { decision, pairing, trace } = work;
  if (decision.kind === 'unknown') return skipped(work, undefined, 'Unknown', decision.reason);
  if (decision.kind === 'in') return provisionInScope(work);
  if (!pairing.link && pairing.unfinished?.action === 'delete') return finishedEarlier(work, undefined, pairing.unfinished, []);
  if (!pairing.link) return skipped(work, undefined, decision.skipReason, `${decision.reason} There is no account to take away.`);
  const current = await work.deps.target.getUser(pairing.link.targetId);
  trace.step('matching', current?.active ? 'Found by its link.' : 'The linked account is gone in Zendesk.', {
    targetId: pairing.link.targetId,
  });
  return deprovision(work, pairing.link, decision, current?.active ? current : undefined);
}

async function provisionInScope(work: UserWork): Promise<Outcome> {
  const { deps, account, pairing, trace, item } = work;
  const known = wishForUser(deps, account, work.user, work.decision, pairing.link ? 'update' : 'create');
  const { situation, target } = await findUser(
    deps,
    item.sourceId,
    pairing.link,
    { ...known, mayAskByCreating: mayAskByCreating(work, known) },
    trace,
  );
  if (situation.kind === 'disputed') throw new DisputedMatchError(situation.candidateIds, situation.reason);

  const link = situation.kind === 'linked' ? pairing.link : null;
  const wish = link ? known : await wishFor(work, target);
  const protection = protectedBy(deps, account, target, wish.email ?? known.email);
  if (protection) return skipped(work, target, 'Protected', `The account is never touched: ${protection}`);
  const wanted = wantedFrom(wish, target ?? null, link);
  const input = { wanted, current: target ?? null, link };
  const plan = planUser({ ...input, mayDeprovision: item.mayDeprovision });
  const warnings = [...wish.warnings, ...plan.notes];
  trace.step('processing', describePlan(plan), { action: plan.action, ...notesOf(warnings) });

  const { actions } = deps.schema.users;
  if (plan.action === 'create' && !actions.create)
    return skipped(work, target, 'ActionDisabled', 'The mapping does not allow Create.');
  if (plan.action !== 'create' && plan.action !== 'none' && !actions.update) {
    return skipped(work, target, 'ActionDisabled', 'The mapping does not allow Update.');
  }
  if (work.dryRun) return { kind: 'planned', subject: subjectOf(work, target), plan, warnings };
  const uncounted = planUser({ ...input, mayDeprovision: true });
  const isHeld = uncounted.changes.length > plan.changes.length;
  if (isHeld) {
    const kind = uncounted.action === 'disable' ? 'userDisable' : 'agentDowngrade';
    await awaitCount(deps, item, kind, 1, work.decision.reason);
  }
  if (plan.action === 'none' && target && link) return settleUnchanged(work, target, link, wish, warnings, isHeld);

  const told = continued(pairing.unfinished, plan);
  const result = await withClaim(pairing, item, told, async (settle) => {
    const written = await exportUser(work, plan, target, settle, wish);
    await settle(linkAfter(work, written, link, wish, target ?? null, plan));
    return written;
  });
  trace.step('export', exportWords(plan), { targetId: result.id });
  const members = await joinGroups(deps, pairing.requireLink(), () => pairing.intend(item, told));
  traceMembers(trace, members);
  return { kind: 'done', subject: subjectOf(work, result), plan: told, warnings: [...warnings, ...members.problems] };
}

/** What is wanted of an account that is not linked: to be adopted, or made anew, also where a linked one is gone. */
const wishFor = async ({ deps, account, user, decision }: UserWork, target: TargetUser | undefined): Promise<Wish> =>
  target ? wishForUser(deps, account, user, decision, 'update') : wishForNewUser(deps, account, user, decision);

/** Creating answers for the two attributes that Zendesk keeps unique, and only where an account may be created. */
const mayAskByCreating = (work: UserWork, wish: Wish): boolean =>
  !work.dryRun &&
  !work.isSecondTry &&
  work.deps.schema.users.actions.create &&
  wish.matchers.map((matcher) => matcher.attribute).join() === 'external_id,email';

/** An earlier try had written already and was cut off before its log entry. */
function finishedEarlier(work: UserWork, target: TargetUser | undefined, plan: Plan, warnings: readonly string[]): Outcome {
  work.trace.step('export', 'An earlier try of this change had written already; it is recorded now.', {
    targetId: target?.id ?? plan.targetId ?? '',
  });
  return { kind: 'done', subject: subjectOf(work, target), plan, warnings };
}

/** Nothing differs: no write to Zendesk, save for groups that the user has come to belong to. */
async function settleUnchanged(
  work: UserWork,
  target: TargetUser,
  link: Link,
  wish: Wish,
  warnings: readonly string[],
  isHeld: boolean,
): Promise<Outcome> {
  const { deps, pairing, trace } = work;
  const after = linkAfter(work, target, link, wish, target, undefined);
  if (!isSameLink(after, link)) await pairing.settle(after);
  const membersOnly: Plan = { action: 'update', targetId: target.id, changes: [], role: null, adopts: false, notes: [] };
  const members = await joinGroups(deps, after, () => pairing.intend(work.item, membersOnly));
  traceMembers(trace, members);
  const finished = pairing.unfinished;
  if (finished) {
    await cleanUpEmail(work, target, finished);
    await pairing.settle(after);
    return finishedEarlier(work, target, finished, [...warnings, ...members.problems]);
  }
  if (members.added > 0 || members.problems.length > 0) {
    return { kind: 'done', subject: subjectOf(work, target), plan: membersOnly, warnings: [...warnings, ...members.problems] };
  }
  if (isHeld) return skipped(work, target, 'AwaitingCycle', warnings.join(' '));
  const notes = warnings.length > 0 ? ` ${warnings.join(' ')}` : '';
  return skipped(work, target, 'RedundantExport', `Source and target already agree.${notes}`);
}

async function exportUser(
  work: UserWork,
  plan: Plan,
  target: TargetUser | undefined,
  settle: (link: Link) => Promise<void>,
  wish: Wish,
): Promise<TargetUser> {
  const { deps, item, pairing } = work;
  if (target) {
    await pairing.reserve(target.id);
    if (plan.changes.length === 0) return target;
    return deps.target.updateUser(target, changesOf(plan));
  }
  try {
    const created = await deps.target.createUser(newUserOf(plan, item.sourceId));
    deps.matchHistory.note(false);
    await pairing.reserve(created.id);
    return created;
  } catch (error) {
    if (error instanceof LicenseLimitError) await keepWhatWasLeft(work, settle, wish);
    if (error instanceof AlreadyExistsError) await explainTaken(work, wish, error);
    throw error;
  }
}

/** A create that Zendesk refuses for want of a seat may leave an end user behind: that one is ours, and is raised later. */
async function keepWhatWasLeft(work: UserWork, settle: (link: Link) => Promise<void>, wish: Wish): Promise<void> {
  const [left] = await work.deps.target.findUsers({ attribute: 'external_id', value: wish.externalId });
  if (!left) return;
  await work.pairing.reserve(left.id);
  await settle({ ...linkAfter(work, left, null, wish, null, undefined), createdByUs: true, settledRole: left.role });
}

/** Zendesk says a value is taken. If its search does not know by whom yet, only time helps; else matching decides anew. */
async function explainTaken(work: UserWork, wish: Wish, error: AlreadyExistsError): Promise<void> {
  if (work.isSecondTry && isUniqueValue(work, error.attribute)) {
    const why = 'Others were given the values that were free a moment ago; the next cycle looks for another one';
    throw new UnavailableError('target', why, { cause: error });
  }
  if (error.attribute !== 'email' || wish.email === null) return;
  work.deps.matchHistory.note(true);
  const holders = await work.deps.target.findUsers({ attribute: 'email', value: wish.email });
  if (holders.length > 0) return;
  const why =
    'Zendesk says that the e-mail address is taken, but its search does not find the account yet (the index lags, or somebody holds it as a deleted or unverified address)';
  throw new UnavailableError('target', why, { cause: error });
}

const isUniqueValue = ({ deps }: UserWork, attribute: string): boolean =>
  deps.schema.users.mappings.some(
    ({ target, source }) => target.name === attribute && source.kind === 'function' && source.expression.usesUniqueness,
  );

async function deprovision(
  work: UserWork,
  link: Link,
  decision: Extract<ScopeDecision, { kind: 'out' }>,
  current: TargetUser | undefined,
): Promise<Outcome> {
  const { deps, item, account, pairing, trace } = work;
  const fate = deprovisionUser(decision.cause, { ...deps.settings, actions: deps.schema.users.actions });
  if (fate.kind === 'nothing') return skipped(work, current, fate.skipReason, `${decision.reason} ${fate.reason}`);
  if (!current && pairing.unfinished?.action === 'delete') {
    await forgetMemberships(deps, item.sourceId);
    await pairing.end(link.targetId);
    return finishedEarlier(work, undefined, pairing.unfinished, []);
  }
  if (!current) return skipped(work, undefined, 'RedundantExport', `${decision.reason} The account is gone in Zendesk already.`);
  const protection = protectedBy(deps, account, current, null);
  if (protection) return skipped(work, current, 'Protected', `${decision.reason} The account is never touched: ${protection}`);

  const plan = fate.kind === 'delete' ? planDelete(current.id) : planDisable(current, fate.kind === 'disable' && fate.downgrades);
  trace.step('processing', `${decision.reason} ${describePlan(plan)}`, { action: plan.action });
  if (plan.action !== 'none' && !item.mayDeprovision) {
    if (!work.dryRun) await leaveToCycle(work, link, current, plan, decision.reason);
    return skipped(work, current, 'AwaitingCycle', `${decision.reason} Access is taken away only after a cycle has counted it.`);
  }
  if (work.dryRun) return { kind: 'planned', subject: subjectOf(work, current), plan, warnings: [] };
  if (plan.action === 'none') return settleDisabled(work, link, current, decision.reason);
  await withClaim(pairing, item, plan, async (settle) => {
    if (plan.action === 'delete') {
      await deleteAccount(work, current);
      await forgetMemberships(deps, item.sourceId);
      await pairing.end(current.id);
      return;
    }
    const written = await deps.target.updateUser(current, changesOf(plan));
    await deps.target.endSessions(current.id);
    if (plan.role) await forgetMemberships(deps, item.sourceId);
    await settle({
      ...link,
      disabledByUs: true,
      isAgent: written.role.role !== 'end-user',
      settledRole: plan.role ?? link.settledRole,
      exportedVersion: work.user.version,
    });
  });
  trace.step('export', exportWords(plan), { targetId: current.id });
  return { kind: 'done', subject: subjectOf(work, current), plan, warnings: [] };
}

/**
 * Deletes the account. Zendesk keeps who has requested tickets that are not closed: then at least access ends now, and the deletion is
 * tried again as any failure. @see https://developer.zendesk.com/api-reference/ticketing/users/users/#delete-user
 */
async function deleteAccount({ deps, trace }: UserWork, current: TargetUser): Promise<void> {
  try {
    await deps.target.deleteUser(current.id);
  } catch (error) {
    if (!(error instanceof RejectedError) || current.suspended) throw error;
    await deps.target.updateUser(current, { suspended: true });
    await deps.target.endSessions(current.id);
    trace.step(
      'export',
      'Zendesk refuses to delete the account; it is suspended meanwhile.',
      { targetId: current.id },
      'warning',
    );
    throw error;
  }
}

/** Nobody may take access away uncounted, and nobody but a cycle counts: it is told to look again. */
async function leaveToCycle(work: UserWork, link: Link, current: TargetUser, plan: Plan, reason: string): Promise<void> {
  // Somebody in Zendesk has let the user in again: a link that says otherwise would keep the cycle from counting it.
  if (link.disabledByUs && !current.suspended) await work.pairing.settle({ ...link, disabledByUs: false });
  await awaitCount(work.deps, work.item, plan.action === 'delete' ? 'userDelete' : 'userDisable', 1, reason);
}

/** The account is suspended already: remember that a return may lift it, write nothing. */
async function settleDisabled(work: UserWork, link: Link, current: TargetUser, reason: string): Promise<Outcome> {
  const { pairing } = work;
  const finished = pairing.unfinished;
  if (!link.disabledByUs || finished)
    await pairing.settle({ ...link, disabledByUs: true, isAgent: current.role.role !== 'end-user' });
  if (!finished) return skipped(work, current, 'RedundantExport', `${reason} The account is suspended already.`);
  return finishedEarlier(work, current, finished, []);
}

/** A crash between making a new address primary and removing the old one leaves the old one behind. */
async function cleanUpEmail({ deps }: UserWork, target: TargetUser, finished: Plan): Promise<void> {
  const email = finished.changes.find((change) => change.attribute === 'email');
  if (finished.action === 'create' || typeof email?.oldValue !== 'string') return;
  if (email.oldValue.toLowerCase() !== target.email?.toLowerCase()) await deps.target.removeEmail(target.id, email.oldValue);
}

function linkAfter(
  work: UserWork,
  written: TargetUser,
  link: Link | null,
  wish: Wish,
  before: TargetUser | null,
  plan: Plan | undefined,
): Link {
  const isHeld = plan === undefined && link !== null;
  const roleIsSettled = wish.role !== null && (link === null || plan?.role != null || isSettled(written, wish));
  return {
    type: 'user',
    sourceId: work.item.sourceId,
    targetId: written.id,
    createdByUs: link ? link.createdByUs : plan?.action === 'create' || work.pairing.unfinished?.action === 'create',
    settledRole: roleIsSettled ? wish.role : (link?.settledRole ?? null),
    isAgent: written.role.role !== 'end-user',
    disabledByUs: written.suspended && (wish.suspended === true || (link?.disabledByUs ?? false)),
    ownedTags: isHeld && link ? link.ownedTags : tagsOwnedAfter(wish, before, link),
    exportedVersion: work.user.version,
  };
}

const isSettled = (written: TargetUser, wish: Wish): boolean =>
  wish.role?.role === written.role.role && wish.role.customRoleId === written.role.customRoleId;

const isSameLink = (a: Link, b: Link): boolean =>
  JSON.stringify({ ...a, exportedVersion: 0 }) === JSON.stringify({ ...b, exportedVersion: 0 });

const subjectOf = (work: UserWork, target: TargetUser | undefined): Subject => ({
  source: work.user,
  targetId: target?.id ?? work.pairing.link?.targetId,
  targetName: target?.name,
  scope: work.decision,
  steps: work.trace.steps,
});

function skipped(
  work: UserWork,
  target: TargetUser | undefined,
  skipReason: Extract<Outcome, { kind: 'skipped' }>['skipReason'],
  reason: string,
): Outcome {
  work.trace.step('export', reason, { skipReason }, 'skipped');
  return { kind: 'skipped', subject: subjectOf(work, target), skipReason, reason };
}

function describePlan(plan: Plan): string {
  const what = plan.changes.map((change) => change.attribute).join(', ');
  switch (plan.action) {
    case 'none':
      return 'Source and target agree.';
    case 'create':
      return 'An account is to be created.';
    case 'delete':
      return 'The account is to be deleted.';
    case 'disable':
      return 'The account is to be suspended.';
    default:
      return plan.adopts ? `The account is to be adopted${what ? `, changing ${what}` : ''}.` : `To be changed: ${what}.`;
  }
}

const EXPORTED: Readonly<Record<Plan['action'], string>> = {
  none: 'Nothing written.',
  create: 'Account created.',
  update: 'Account updated.',
  disable: 'Account suspended.',
  delete: 'Account deleted.',
  other: 'Done.',
};

const exportWords = (plan: Plan): string => EXPORTED[plan.action];

const notesOf = (notes: readonly string[]): Record<string, string> => (notes.length > 0 ? { notes: notes.join(' ') } : {});

/** Notes what became of memberships, when there was anything. */
export function traceMembers(trace: Trace, members: MembershipResult): void {
  const { added, removed, skipped: left, held, problems } = members;
  if (added + removed + left + held + problems.length === 0) return;
  const parts = [
    added > 0 && `${added} added`,
    removed > 0 && `${removed} removed`,
    left > 0 && `${left} skipped (not agents in Zendesk, or not yet; its groups take agents only)`,
    held > 0 && `${held} removals held by the brake`,
  ].filter(Boolean);
  trace.step(
    'referenceResolution',
    `Group memberships: ${parts.join(', ') || 'none changed'}.`,
    problems.length > 0 ? { problems: problems.slice(0, 20).join('; ') } : {},
    problems.length > 0 ? 'warning' : 'success',
  );
}
