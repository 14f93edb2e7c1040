import { attributesOf, groupAttributesOf } from './desired';
import { isSameValue } from './map/changes';
import type { Attributes, Link, ObjectType, TargetGroup, TargetUser } from './model';
import { isSuspension, OPEN_TICKETS, roleText, sorted, suspends } from './plan';
import type { AttributeChange, Plan } from './plan-model';
import { DEFAULT_ROLE } from './role';

/** What can be seen of a target object now, to tell what an earlier try had written. */
export interface Evidence {
  readonly type: ObjectType;
  /** Null while the object is not there (any more). */
  readonly current: Attributes | null;
  /** True where the object itself proves that this app made it: it carries the external id that this app gives. */
  readonly isOurs: boolean;
  readonly isLinked: boolean;
  /** True where the link of what the plan has written was stored, whatever became of the object since. */
  readonly wasLinked?: boolean;
  /** True where that link says besides that this app has suspended the account, whoever let it in or deleted it since. */
  readonly wasSuspended?: boolean;
  /** True where what was linked then is gone, or was let go, and another object has been found in its place: that one proves nothing of it. */
  readonly isReplaced?: boolean;
}

/** An account as evidence. @param externalId the one that this app would give it; null where that is not known */
export const userEvidence = (user: TargetUser | undefined, externalId: string | null, isLinked: boolean): Evidence => ({
  type: 'user',
  current: user ? { ...attributesOf(user), role: roleText(user.role), suspended: user.suspended } : null,
  isOurs: externalId !== null && user?.externalId?.toLowerCase() === externalId.toLowerCase(),
  isLinked,
});

/** A Zendesk group as evidence: nothing in it proves who made it, save a link that was stored after the creation. */
export const groupEvidence = (group: TargetGroup | undefined, isLinked: boolean): Evidence => ({
  type: 'group',
  current: group ? groupAttributesOf(group) : null,
  isOurs: isLinked,
  isLinked,
});

/**
 * The part of an earlier plan that was claimed and never recorded, and that stands now: maybe written is not written. Pure.
 *
 *   earlier plan │ proved by                                            │ otherwise
 *   create       │ an object that carries our external id, or that our  │ nothing was created by us
 *                │ link names, or named before somebody deleted it      │
 *   delete       │ the object is gone, whatever is in its place by now  │ nothing was deleted
 *   other        │ the link has ended                                   │ nothing was let go
 *   update,      │ each change by its new value; a suspension also by   │ the changes that do not stand are left out,
 *   disable      │ the link that was stored with it before somebody     │ and a plan without any is dropped
 *                │ lifted it, or deleted the account                    │
 *
 * A disable of which neither the suspension nor the seat stands has taken nothing away: what is left of it is an update. Memberships are not in it: each tells by itself in which change it was made.
 */
export function proved(earlier: Plan | undefined, evidence: Evidence): Plan | undefined {
  if (!earlier) return undefined;
  const current = evidence.isReplaced && earlier.action !== 'create' ? null : evidence.current;
  if (earlier.action === 'create') {
    const isThere = current !== null && (evidence.isOurs || evidence.isLinked);
    return isThere || evidence.wasLinked ? earlier : undefined;
  }
  if (earlier.action === 'delete') return current === null ? earlier : undefined;
  if (earlier.action === 'other') return evidence.isLinked ? undefined : earlier;
  const isProved = (one: AttributeChange): boolean =>
    (current !== null && stands(one, evidence.type, current)) || (evidence.wasSuspended === true && isSuspension(one));
  const changes = earlier.changes.filter(isProved);
  if (changes.length === 0) return earlier.adopts && current ? { ...earlier, changes, role: null, removals: [] } : undefined;
  const isWritten = (attribute: string): boolean => changes.some((one) => one.attribute === attribute);
  return {
    ...earlier,
    action: earlier.action === 'disable' && !changes.some(takesAccess) ? 'update' : earlier.action,
    changes,
    role: isWritten('role') ? earlier.role : null,
    removals: earlier.removals?.filter(({ attributes }) => attributes.some(isWritten)) ?? [],
  };
}

/**
 * A link with what an earlier try has written and could not store with it any more: its suspension is ours, and its role is settled. Without it
 * a return would find a suspension of somebody else, and a role that nobody owes. Pure.
 */
export function withProved(link: Link, earlier: Plan | undefined): Link {
  if (!earlier) return link;
  return {
    ...link,
    disabledByUs: link.disabledByUs || suspends(earlier),
    settledRole: earlier.role ?? link.settledRole,
  };
}

const takesAccess = (one: AttributeChange): boolean =>
  isSuspension(one) || (one.attribute === 'role' && one.newValue === roleText(DEFAULT_ROLE));

function stands({ attribute, newValue }: AttributeChange, type: ObjectType, current: Attributes): boolean {
  return isSameValue(type, attribute, Object.hasOwn(current, attribute) ? (current[attribute] ?? null) : null, newValue);
}

/**
 * A plan that completes an earlier one which has been written in part and is in no log entry: told as one change, from the values before the
 * first to those after the last. Pure.
 *
 *   earlier          │ plan            │ told
 *   none             │ any             │ the plan
 *   create or update │ none            │ the earlier one
 *   create or update │ update          │ both, as the action of the earlier one
 *   disable          │ disable, or     │ both, as disable: access was taken away, and tickets or seat follow
 *                    │ only tickets    │
 *   disable          │ suspends anew   │ the plan: somebody has lifted the suspension in between
 *   only tickets     │ disable, or     │ both, as the action of the plan
 *                    │ only tickets    │
 *   only tickets     │ another update  │ the plan: whoever returns does not get them back
 *   anything else    │ none            │ the earlier one
 *   anything else    │ any             │ the plan
 */
export function continued(earlier: Plan | undefined, plan: Plan): Plan {
  if (!earlier) return plan;
  if (plan.action === 'none') return earlier;
  const isAnew = suspends(earlier) && suspends(plan);
  const isMerge =
    earlier.action === 'disable' || isOfTickets(earlier)
      ? !isAnew && (plan.action === 'disable' || isOfTickets(plan))
      : plan.action === 'update' && (earlier.action === 'create' || earlier.action === 'update');
  if (!isMerge) return plan;
  const before = new Map(earlier.changes.map((one) => [one.attribute, one]));
  const now = plan.changes.map((one) => ({
    ...one,
    oldValue: before.has(one.attribute) ? (before.get(one.attribute)?.oldValue ?? null) : one.oldValue,
  }));
  const settled = earlier.changes.filter((one) => !plan.changes.some(({ attribute }) => attribute === one.attribute));
  return {
    action: isOfTickets(earlier) ? plan.action : earlier.action,
    targetId: plan.targetId,
    changes: sorted([...settled, ...now]),
    role: plan.role ?? earlier.role,
    adopts: earlier.adopts,
    notes: plan.notes,
    removals: plan.removals,
  };
}

/** Whether a plan hands open tickets over and does nothing else. Pure. */
export const isOfTickets = ({ changes }: Plan): boolean => changes.length === 1 && changes[0]?.attribute === OPEN_TICKETS;
