import type { Link, TargetGroup, TargetId, TargetRole, TargetUser } from './model';
import type { AttributeChange, Plan } from './plan-model';
import { DEFAULT_ROLE, isSameRole } from './role';

/** What the mapping wants of an account, already held against the account as it is. */
export interface WantedUser {
  /** What differs, of everything but role and suspension; sorted by attribute. */
  readonly changes: readonly AttributeChange[];
  /** The role pair that the source stands for; null when role is not mapped. */
  readonly role: TargetRole | null;
  /** Whether the mapping wants the account suspended; null when that is not mapped. */
  readonly suspended: boolean | null;
}

/** What a user's plan is made of. */
export interface UserPlanInput {
  readonly wanted: WantedUser;
  /** The account as it is; null when there is none. */
  readonly current: TargetUser | null;
  /** The link to that account; null while it is not linked. */
  readonly link: Link | null;
  /** The brake's word: without it nobody is suspended or loses a seat. */
  readonly mayDeprovision: boolean;
}

const RANK: Readonly<Record<TargetRole['role'], number>> = { 'end-user': 0, agent: 1, admin: 2 };

/** A role as the log prints it: `agent`, or `agent (custom role 42)`. */
export const roleText = (role: TargetRole): string =>
  role.customRoleId === null ? role.role : `${role.role} (custom role ${role.customRoleId})`;

/**
 * Plans what to write for a user who is in scope. Pure; the same bytes for the same inputs.
 *
 *   account │ link │ role                                          │ suspension
 *   none    │ –    │ wanted, else end user                         │ as wanted
 *   there   │ no   │ only raised (adoption never lowers)           │ as wanted
 *   there   │ yes  │ only when the source's word changed since      │ lifted only where this app had set it;
 *           │      │ it was settled; lowered only with the brake's │ set only with the brake's word
 */
export function planUser(input: UserPlanInput): Plan {
  const { current } = input;
  if (!current) return planCreate(input.wanted);
  const role = input.link ? linkedRole(input, current, input.link) : adoptedRole(input, current);
  const suspension = suspensionOf(input, current);
  const changes = sorted([...input.wanted.changes, ...role.changes, ...suspension.changes]);
  const adopts = input.link === null;
  return {
    action: changes.length === 0 && !adopts ? 'none' : suspension.suspends ? 'disable' : 'update',
    targetId: current.id,
    changes,
    role: role.write,
    adopts,
    notes: [...role.notes, ...suspension.notes],
  };
}

function planCreate(wanted: WantedUser): Plan {
  const role = wanted.role ?? DEFAULT_ROLE;
  const changes = [...wanted.changes, change('role', null, roleText(role))];
  if (wanted.suspended) changes.push(change('suspended', null, true));
  return { action: 'create', targetId: null, changes: sorted(changes), role, adopts: false, notes: [] };
}

interface RolePart {
  readonly write: TargetRole | null;
  readonly changes: readonly AttributeChange[];
  readonly notes: readonly string[];
}

const LEAVE: RolePart = { write: null, changes: [], notes: [] };

function linkedRole({ wanted, mayDeprovision }: UserPlanInput, current: TargetUser, link: Link): RolePart {
  if (!wanted.role || isSameRole(wanted.role, current.role)) return LEAVE;
  if (link.settledRole && isSameRole(wanted.role, link.settledRole)) return LEAVE;
  if (RANK[wanted.role.role] === 0 && RANK[current.role.role] > 0 && !mayDeprovision) {
    return { ...LEAVE, notes: [`The role stays ${roleText(current.role)}: taking an agent's seat away waits for the brake.`] };
  }
  return { write: wanted.role, changes: [change('role', roleText(current.role), roleText(wanted.role))], notes: [] };
}

function adoptedRole({ wanted }: UserPlanInput, current: TargetUser): RolePart {
  if (!wanted.role || isSameRole(wanted.role, current.role)) return LEAVE;
  if (RANK[wanted.role.role] > RANK[current.role.role]) {
    return { write: wanted.role, changes: [change('role', roleText(current.role), roleText(wanted.role))], notes: [] };
  }
  const note = `Adopted as ${roleText(current.role)}: the role ${roleText(wanted.role)} is written once it changes in Entra ID.`;
  return { ...LEAVE, notes: [note] };
}

interface SuspensionPart {
  readonly suspends: boolean;
  readonly changes: readonly AttributeChange[];
  readonly notes: readonly string[];
}

function suspensionOf({ wanted, link, mayDeprovision }: UserPlanInput, current: TargetUser): SuspensionPart {
  if (wanted.suspended && !current.suspended) {
    if (!mayDeprovision) return { suspends: false, changes: [], notes: ['Suspending waits for the brake.'] };
    return { suspends: true, changes: [change('suspended', false, true)], notes: [] };
  }
  if (wanted.suspended || !current.suspended) return { suspends: false, changes: [], notes: [] };
  const isOurs = link ? link.disabledByUs : wanted.suspended === false;
  if (isOurs) return { suspends: false, changes: [change('suspended', true, false)], notes: [] };
  return { suspends: false, changes: [], notes: ['Suspended in Zendesk by somebody else; left so.'] };
}

/** Plans taking access away from a user who is out of scope. Pure. @param downgrades an agent gives the paid seat back too */
export function planDisable(current: TargetUser, downgrades: boolean): Plan {
  const changes: AttributeChange[] = [];
  const losesSeat = downgrades && current.role.role !== 'end-user';
  if (losesSeat) changes.push(change('role', roleText(current.role), roleText(DEFAULT_ROLE)));
  if (!current.suspended) changes.push(change('suspended', false, true));
  return {
    action: changes.length > 0 ? 'disable' : 'none',
    targetId: current.id,
    changes: sorted(changes),
    role: losesSeat ? DEFAULT_ROLE : null,
    adopts: false,
    notes: [],
  };
}

/** Plans deleting an object. Pure. */
export const planDelete = (targetId: TargetId): Plan => ({
  action: 'delete',
  targetId,
  changes: [],
  role: null,
  adopts: false,
  notes: [],
});

/** Plans what to write for a group in scope, apart from its members. Pure. */
export function planGroup(changes: readonly AttributeChange[], current: TargetGroup | null, link: Link | null): Plan {
  const adopts = current !== null && link === null;
  const action = current === null ? 'create' : changes.length > 0 || adopts ? 'update' : 'none';
  return { action, targetId: current?.id ?? null, changes: sorted(changes), role: null, adopts, notes: [] };
}

/**
 * A plan that completes an earlier one which may have been written in part and is in no log entry: told as one change, from the
 * values before the first to those after the last. Pure.
 *
 *   earlier          │ plan   │ told
 *   none             │ any    │ the plan
 *   create or update │ none   │ the earlier one
 *   create or update │ update │ both, as the action of the earlier one
 *   anything else    │ none   │ the earlier one
 *   anything else    │ any    │ the plan
 */
export function continued(earlier: Plan | undefined, plan: Plan): Plan {
  if (!earlier) return plan;
  if (plan.action === 'none') return earlier;
  const isMerge = plan.action === 'update' && (earlier.action === 'create' || earlier.action === 'update');
  if (!isMerge) return plan;
  const before = new Map(earlier.changes.map((one) => [one.attribute, one]));
  const now = plan.changes.map((one) => ({
    ...one,
    oldValue: before.has(one.attribute) ? (before.get(one.attribute)?.oldValue ?? null) : one.oldValue,
  }));
  const settled = earlier.changes.filter((one) => !plan.changes.some(({ attribute }) => attribute === one.attribute));
  return {
    action: earlier.action,
    targetId: plan.targetId,
    changes: sorted([...settled, ...now]),
    role: plan.role ?? earlier.role,
    adopts: earlier.adopts,
    notes: plan.notes,
  };
}

const change = (attribute: string, oldValue: string | boolean | null, newValue: string | boolean): AttributeChange => ({
  attribute,
  oldValue,
  newValue,
  redacted: false,
});

const sorted = (changes: readonly AttributeChange[]): readonly AttributeChange[] =>
  [...changes].sort((a, b) => (a.attribute < b.attribute ? -1 : a.attribute > b.attribute ? 1 : 0));
