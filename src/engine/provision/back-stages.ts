import { groupEvidence, proved, userEvidence, withProved } from '../../core/continued';
import type { Link, TargetGroup, TargetUser } from '../../core/model';
import { suspends } from '../../core/plan';
import { ownedTagsBack, planGroupBack, planUserBack } from '../../core/plan-back';
import type { Plan } from '../../core/plan-model';
import type { ObjectKey } from '../../ports/stored';
import { type Attempt, type Back, type NamedTarget, type Skip, skip } from './attempt';
import { endSessions } from './end-sessions';
import { changesOf } from './export-plan';
import { fieldsOf } from './group-stages';
import { type Found, NOT_FOUND, readLinkedGroup, readLinkedUser } from './match-target';
import { changeSeenFrom, type MembersBack, planMembersBack } from './members-back';
import { foretoldBy } from './memberships';
import type { ForeseenMembers, Stages, Writing } from './stages';
import { isSameLink } from './user-link';
import { cleanUpEmail, seatOfUser, sparedBy } from './user-stages';
import { leaveWithRole, type MembershipResult, NO_CHANGE, takeMembersBack } from './write-memberships';

/** The stages of the way back of a user: what the account was before a change takes the place of what the mappings say. */
export const userBackStages: Stages<TargetUser> = {
  async match({ reads, pairing: { row }, trace }) {
    const found = row.link ? await readLinkedUser(reads, row.link, trace) : NOT_FOUND;
    if (!found.link) return found;
    return { ...found, link: withProved(found.link, proved(row.claim?.plan, userEvidence(found.target, null, true))) };
  },
  desire: async () => null,
  async plan(attempt, found) {
    const plan = planBack(attempt, found, (target, { way }) => planUserBack(way, target, attempt.account));
    if ('kind' in plan) return plan;
    const email = plan.changes.find(({ attribute }) => attribute === 'email')?.newValue;
    const spared = await sparedBy(attempt, found.target, typeof email === 'string' ? email : null, plan);
    return spared ?? withMembers(attempt, found, plan);
  },
  seat: seatOfUser,
  evidence: ({ target, link }) => userEvidence(target, null, link !== null),
  foreseeMembers,
  async export(writing, settle) {
    const { deps, attempt, found, plan, pairing } = writing;
    const target = found.target as TargetUser;
    const written = await deps.target.updateUser(target, changesOf(plan), pairing.renew);
    if (written.suspended && !target.suspended) await endSessions(deps, target.id);
    // Whoever is let in again has not left: no day is to come.
    if (!written.suspended && attempt.leaving) await deps.leavings.remove(attempt.item.sourceId);
    await settle(linkBack(writing, written));
    return written;
  },
  async settle(writing) {
    const { found, pairing } = writing;
    if (!found.target || !pairing.link) return;
    await cleanUpEmail(writing, found.target);
    const after = linkBack(writing, found.target);
    if (!isSameLink(after, pairing.link)) await pairing.settle(after);
  },
  async memberships(writing) {
    const { deps, pairing, attempt, told } = writing;
    const { link } = pairing;
    if (!link) return NO_CHANGE;
    const foretold = foretoldBy(attempt.pairing.row.claim, attempt.item.changeId);
    if (told.role && !link.isAgent) {
      return leaveWithRole(deps, link, foretold, (removed) => pairing.intend(attempt.item, told, { added: [], removed }));
    }
    return membersBack(writing);
  },
};

/** The stages of the way back of a group. */
export const groupBackStages: Stages<TargetGroup> = {
  match: async ({ reads, pairing: { row }, trace }) => (row.link ? readLinkedGroup(reads, row.link, trace) : NOT_FOUND),
  desire: async () => null,
  async plan(attempt, found) {
    const plan = planBack(attempt, found, (target, { way }) => planGroupBack(way, target));
    return 'kind' in plan ? plan : withMembers(attempt, found, plan);
  },
  seat: () => undefined,
  evidence: ({ target, link }) => groupEvidence(target, link !== null),
  foreseeMembers,
  async export({ deps, found, plan, pairing }, settle) {
    const target = found.target as TargetGroup;
    const written = await deps.target.updateGroup(target.id, fieldsOf(plan));
    await settle(pairing.requireLink());
    return written;
  },
  settle: async () => undefined,
  memberships: async (writing) => (writing.pairing.link ? membersBack(writing) : NO_CHANGE),
};

/** What is being taken back. Only attempts that have something to take back come here. */
function backOf({ back }: Attempt): Back {
  if (!back) throw new Error('there is nothing to take back');
  return back;
}

function planBack<T extends NonNullable<NamedTarget>>(
  attempt: Attempt,
  { target, link }: Found<T>,
  plan: (target: T, back: Back) => Plan,
): Plan | Skip {
  const back = backOf(attempt);
  const thing = attempt.object.type === 'user' ? 'account' : 'Zendesk group';
  if (!link) return skip('NotRestorable', `It is not connected to a living ${thing} any more.`);
  if (target?.id !== back.way.targetId) return skip('NotRestorable', `It is connected to another ${thing} by now.`);
  return plan(target, back);
}

/** Adds what is said of memberships. In a dry run, where nothing at all can be taken back, that is the whole of it. */
async function withMembers<T extends NonNullable<NamedTarget>>(
  attempt: Attempt,
  found: Found<T>,
  plan: Plan,
): Promise<Plan | Skip> {
  const { add, remove, earlier, notes } = await membersOf(attempt, found.link as Link, attempt.dryRun);
  const all = [...plan.notes, ...notes];
  const isNothing = plan.action === 'none' && add.length + remove.length + earlier.added.length + earlier.removed.length === 0;
  if (attempt.dryRun && isNothing) return skip('NotRestorable', all.join(' ') || 'Nothing of it stands as that cycle left it.');
  return { ...plan, notes: all };
}

const keyOf = ({ object: { type, id } }: Attempt): ObjectKey => ({ type, id });

/** @param link with the role that the account has by now; in a plan, the one that it is to have */
function membersOf(attempt: Attempt, link: Link, dryRun: boolean): Promise<MembersBack> {
  const { way } = backOf(attempt);
  const { reads, pairing, item } = attempt;
  const becomesAgent = way.values.some(({ attribute, was }) => attribute === 'role' && was !== null && was !== 'end-user');
  const own = dryRun && becomesAgent ? { ...link, isAgent: true } : link;
  return planMembersBack(reads, keyOf(attempt), own, way, foretoldBy(pairing.row.claim, item.changeId), dryRun);
}

async function foreseeMembers(attempt: Attempt, { link }: Found<NonNullable<NamedTarget>>): Promise<ForeseenMembers> {
  if (!link) return NO_CHANGE;
  const { add, remove } = await membersOf(attempt, link, true);
  return {
    added: add.map(({ user, group }) => ({ userId: user.sourceId, groupId: group.sourceId })),
    removed: remove.map(({ owned: { userId, groupId } }) => ({ userId, groupId })),
    skipped: 0,
  };
}

async function membersBack<T>({ deps, attempt, pairing, told }: Writing<T>): Promise<MembershipResult> {
  const plan = await membersOf(attempt, pairing.requireLink(), false);
  const { item } = attempt;
  return takeMembersBack(
    deps,
    plan,
    item,
    (other) => changeSeenFrom(keyOf(attempt), other),
    (added, removed) => pairing.intend(item, told, { added, removed }),
  );
}

/** The link once the account is as it was: a role or suspension that was taken back is what Zendesk has now, and cycles start from there. */
function linkBack({ attempt, found, told, mayCome }: Writing<TargetUser>, written: TargetUser): Link {
  const link = found.link as Link;
  const isOurs = written.suspended && (suspends(told) || link.disabledByUs);
  const { suspendedByOthers: _, mayCome: __, ...rest } = link;
  return {
    ...rest,
    settledRole: told.role ?? link.settledRole,
    isAgent: written.role.role !== 'end-user',
    disabledByUs: isOurs,
    ...(written.suspended && !isOurs && { suspendedByOthers: true }),
    ownedTags: ownedTagsBack(link.ownedTags, told),
    ...(mayCome && { mayCome }),
    exportedVersion: attempt.object.version,
  };
}
