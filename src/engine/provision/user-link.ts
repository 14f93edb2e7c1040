import type { Desired } from '../../core/desired';
import { attributesOf } from '../../core/desired';
import { ownedTagsAfter } from '../../core/map/changes';
import { isOnlyFound, type Link, type TargetRole, type TargetUser } from '../../core/model';
import { suspends } from '../../core/plan';
import type { Plan } from '../../core/plan-model';
import { isSameRole } from '../../core/role';
import { roleOfFormer } from './former-role';
import { isMadeByUs } from './made-by-us';
import type { Writing } from './stages';

/** The link of a user as it stands once the account is as written, or was found to need no write. */
export function userLinkAfter(writing: Writing<TargetUser>, written: TargetUser): Link {
  const { attempt, found, desired, plan, told, mayCome } = writing;
  const { link } = found;
  const isLeftAsFound = isUnknown(link) && !desired && plan.action === 'none';
  // Whose it is nobody knows any more: a return lifts it, as that of any account which is taken.
  const isForgotten = isLeftAsFound && !link && !attempt.pairing.row.link && told.action === 'none';
  const isOurSuspension = written.suspended && (suspends(told) || link?.disabledByUs === true || isForgotten);
  const isOthers = written.suspended && !isOurSuspension;
  return {
    type: 'user',
    sourceId: attempt.item.sourceId,
    targetId: written.id,
    createdByUs: isMadeByUs(writing, written.id),
    settledRole: settledRole(writing, written),
    isAgent: written.role.role !== 'end-user',
    disabledByUs: isOurSuspension,
    ...(isOthers && { suspendedByOthers: true }),
    ownedTags: ownedTags(link, desired, plan, found.target),
    ...(desired && desired.awaits.length > 0 && { awaits: desired.awaits }),
    ...(mayCome && { mayCome }),
    exportedVersion: isLeftAsFound ? 0 : attempt.object.version,
  };
}

/** Whether nothing is known yet of what the source said of an account. */
const isUnknown = (link: Link | null): boolean => link === null || isOnlyFound(link);

/** What the source said of the role, once it was written, found so, or left to Zendesk by adoption. */
function settledRole({ attempt, found, desired, plan, told }: Writing<TargetUser>, written: TargetUser): TargetRole | null {
  const { link } = found;
  const settled = link?.settledRole ?? null;
  // A role that an earlier request may still write is nobody's word: whoever returns is given the role that is due then.
  const asked = attempt.pairing.row.claim?.plan.role;
  const mayCome = asked && settled && !isSameRole(asked, settled);
  // Of an account without a link an earlier try may show with which role it was made: whoever returns with another one is given that.
  if (!desired) return plan.role ?? (mayCome ? null : (settled ?? told.role));
  const isAdopted = isUnknown(link) && told.action !== 'create' && told.role === null && !roleOfFormer(attempt, found);
  const isSettled = desired.role !== null && (isAdopted || plan.role !== null || isSameRole(desired.role, written.role));
  if (isSettled) return desired.role;
  // What an earlier try made or adopted is as the source said then: a lower role that waits for the brake is still owed, as is one after a former self's.
  return settled ?? told.role;
}

function ownedTags(link: Link | null, desired: Desired | null, plan: Plan, before: TargetUser | undefined): readonly string[] {
  const owned = link?.ownedTags ?? [];
  if (!desired || (link && plan.action === 'none')) return owned;
  return ownedTagsAfter(desired.object, before ? attributesOf(before) : {}, owned);
}

/** Whether two links say the same but for the version of the source that they were brought in line with. */
export const isSameLink = (a: Link, b: Link): boolean =>
  JSON.stringify({ ...a, exportedVersion: 0 }) === JSON.stringify({ ...b, exportedVersion: 0 });
