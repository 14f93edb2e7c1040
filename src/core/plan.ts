import type { Deprovisioning } from './deprovision';
import { attributesOf, type Desired, groupAttributesOf } from './desired';
import { changesFor } from './map/changes';
import { isOnlyFound, type Link, type TargetGroup, type TargetId, type TargetRole, type TargetUser } from './model';
import type { AttributeChange, Plan, PlannedRemoval } from './plan-model';
import { DEFAULT_ROLE, isSameRole } from './role';

const RANK: Readonly<Record<TargetRole['role'], number>> = { 'end-user': 0, agent: 1, admin: 2 };

/** Whether a change suspends an account. Pure. */
export const isSuspension = ({ attribute, newValue }: AttributeChange): boolean => attribute === 'suspended' && newValue === true;

/** Whether a plan suspends the account: only then it is this app's suspension, which a return may lift. Pure. */
export const suspends = ({ changes }: Pick<Plan, 'changes'>): boolean => changes.some(isSuspension);

/** A role as the log prints it: `agent`, or `agent (custom role 42)`. */
export const roleText = (role: TargetRole): string =>
  role.customRoleId === null ? role.role : `${role.role} (custom role ${role.customRoleId})`;

/** What a plan for an object in scope is made of. */
export interface PlanInput<T> {
  readonly desired: Desired;
  /** The target object as it is; null when there is none. */
  readonly current: T | null;
  /** The link to that object; null while it is not linked. */
  readonly link: Link | null;
  /** True where this app had disabled the account: for a former self whom it is taken over from, or as the record of this person tells. */
  readonly wasDisabledByUs?: boolean;
  /**
   * True where a suspension that is not ours is somebody else's for certain: the link on record leads to no account any more, and this one takes its
   * place; or an earlier try is proved to have made or adopted it, and left it active.
   */
  readonly takesPlace?: boolean;
  /** The role with which an earlier try is proved to have made or adopted the account, before its link could be stored; or that of a former self. */
  readonly writtenAs?: TargetRole | null;
}

/**
 * Plans what to write for a user in scope: everything that differs, what the brake may still withhold included. Pure; the same bytes for the
 * same inputs.
 *
 *   account │ link │ role                                    │ suspension
 *   none    │ –    │ as desired, else end user               │ as desired
 *   there   │ no   │ only raised (adoption never lowers);    │ as desired; in the place of one that is gone, or where
 *           │      │ as desired where an earlier try made it │ an earlier try made or adopted it, lifted only where
 *           │      │ with another one, or a former self had  │ this app had set it
 *           │      │ it                                      │
 *   there   │ yes  │ only when what the source says changed  │ set as desired; lifted only where this app had set it
 *           │      │ since it was settled; only raised where │
 *           │      │ it was only found again                 │
 */
export function planUser(input: PlanInput<TargetUser>): Plan {
  const { desired, current, link } = input;
  const changes = changesFor(desired.object, current ? attributesOf(current) : {}, {
    type: 'user',
    mode: current ? 'update' : 'create',
    ownedTags: link?.ownedTags ?? [],
    role: desired.role ?? current?.role ?? DEFAULT_ROLE,
    ...(current?.organizationsByExternalId && { organizationsByExternalId: current.organizationsByExternalId }),
  });
  if (!current) return planCreate(changes, desired);
  const role = link && !isOnlyFound(link) ? linkedRole(desired, current, link) : adoptedRole(input, current);
  const suspension = suspensionOf(input, current);
  const all = sorted([...changes, ...role.changes, ...suspension.changes]);
  const adopts = link === null;
  return {
    action: all.length === 0 && !adopts ? 'none' : suspension.removals.length > 0 ? 'disable' : 'update',
    targetId: current.id,
    changes: all,
    role: role.write,
    adopts,
    notes: [...role.notes, ...suspension.notes],
    removals: [...suspension.removals, ...role.removals],
  };
}

function planCreate(wanted: readonly AttributeChange[], desired: Desired): Plan {
  const role = desired.role ?? DEFAULT_ROLE;
  const changes = [...wanted, change('role', null, roleText(role))];
  if (desired.suspended) changes.push(change('suspended', null, true));
  return { action: 'create', targetId: null, changes: sorted(changes), role, adopts: false, notes: [], removals: [] };
}

interface Part {
  readonly changes: readonly AttributeChange[];
  readonly notes: readonly string[];
  readonly removals: readonly PlannedRemoval[];
}

interface RolePart extends Part {
  readonly write: TargetRole | null;
}

/** What a plan says of an account that somebody in Zendesk has suspended. */
export const SUSPENDED_BY_OTHERS = 'Suspended in Zendesk by somebody else; left so.';

const NOTHING: Part = { changes: [], notes: [], removals: [] };
const LEAVE: RolePart = { ...NOTHING, write: null };

function linkedRole({ role }: Desired, current: TargetUser, link: Link): RolePart {
  if (!role || isSameRole(role, current.role)) return LEAVE;
  if (link.settledRole && isSameRole(role, link.settledRole)) return LEAVE;
  return writeRole(role, current);
}

function writeRole(role: TargetRole, current: TargetUser): RolePart {
  const losesSeat = RANK[role.role] === 0 && RANK[current.role.role] > 0;
  return {
    write: role,
    changes: [change('role', roleText(current.role), roleText(role))],
    notes: [],
    removals: losesSeat ? [{ kind: 'agentDowngrade', attributes: ['role'] }] : [],
  };
}

function adoptedRole({ desired: { role }, writtenAs }: PlanInput<TargetUser>, current: TargetUser): RolePart {
  if (!role || isSameRole(role, current.role)) return LEAVE;
  // Not a role that somebody in Zendesk has given: it is what the source said when the account was made or adopted.
  if (writtenAs && !isSameRole(role, writtenAs)) return writeRole(role, current);
  if (RANK[role.role] > RANK[current.role.role]) return writeRole(role, current);
  const note = `Adopted as ${roleText(current.role)}: the role ${roleText(role)} is written once it changes in Entra ID.`;
  return { ...LEAVE, notes: [note] };
}

function suspensionOf(
  { desired: { suspended }, link, wasDisabledByUs, takesPlace }: PlanInput<TargetUser>,
  current: TargetUser,
): Part {
  if (suspended && !current.suspended) {
    return {
      changes: [change('suspended', false, true)],
      notes: [],
      removals: [{ kind: 'userDisable', attributes: ['suspended'] }],
    };
  }
  if (suspended || !current.suspended) return NOTHING;
  const isOurs = link ? link.disabledByUs : wasDisabledByUs === true || (suspended === false && takesPlace !== true);
  if (isOurs) return { ...NOTHING, changes: [change('suspended', true, false)] };
  return { ...NOTHING, notes: [SUSPENDED_BY_OTHERS] };
}

/** The name under which plans and log entries tell that open tickets are handed over. */
export const OPEN_TICKETS = 'open_tickets';

/** How access is taken away. */
export interface Departure {
  readonly downgrades: boolean;
  /** Who gets the agent's open tickets, as the setting spells it; null where none are to be handed over. */
  readonly tickets: string | null;
  /** True where this very change has taken access away, and the seat was counted with it. */
  readonly isSeatCounted: boolean;
}

/**
 * Plans taking access away from a user who is out of scope. Pure.
 *
 *   account   │ seat      │ taken            │ counted as
 *   active    │ kept      │ access           │ userDisable
 *   active    │ given up  │ access and seat  │ userDisable
 *   suspended │ given up  │ seat             │ agentDowngrade  (also of one suspended long ago, when the setting came later);
 *             │           │                  │ userDisable where this change has suspended it: both were counted as one
 *   suspended │ kept      │ nothing          │ –
 *
 * Open tickets are handed over with it, and are nothing that is counted.
 */
export function planDisable(current: TargetUser, { downgrades, tickets, isSeatCounted }: Departure): Plan {
  const changes: AttributeChange[] = [];
  const losesSeat = downgrades && current.role.role !== 'end-user';
  if (losesSeat) changes.push(change('role', roleText(current.role), roleText(DEFAULT_ROLE)));
  if (!current.suspended) changes.push(change('suspended', false, true));
  const isTaken = changes.length > 0;
  if (tickets !== null) changes.push(change(OPEN_TICKETS, null, tickets));
  const kind = current.suspended && !isSeatCounted ? 'agentDowngrade' : 'userDisable';
  // Whoever keeps access keeps the tickets; a seat that has to wait does not hold them up.
  const attributes = current.suspended ? ['role'] : changes.map(({ attribute }) => attribute);
  return {
    action: isTaken ? 'disable' : tickets !== null ? 'update' : 'none',
    targetId: current.id,
    changes: sorted(changes),
    role: losesSeat ? DEFAULT_ROLE : null,
    adopts: false,
    notes: [],
    removals: isTaken ? [{ kind, attributes }] : [],
  };
}

/** Plans deleting an object, or erasing one that is deleted. Pure. */
export const planDelete = (targetId: TargetId, kind: 'userDelete' | 'userErase' | 'groupDelete'): Plan => ({
  ...emptyPlan(targetId),
  action: 'delete',
  removals: [{ kind, attributes: [] }],
});

/** Plans letting a group go that was there before this app: it stays as it is, and the link ends. Pure. */
export const planLetGo = (targetId: TargetId): Plan => ({ ...emptyPlan(targetId), action: 'other' });

const emptyPlan = (targetId: TargetId): Plan => ({
  action: 'none',
  targetId,
  changes: [],
  role: null,
  adopts: false,
  notes: [],
  removals: [],
});

/** Plans what losing scope does to an account. Pure. */
export const planUserOut = (
  fate: Exclude<Deprovisioning, { kind: 'nothing' }>,
  current: TargetUser,
  how: Omit<Departure, 'downgrades'>,
): Plan =>
  fate.kind === 'delete'
    ? planDelete(current.id, 'userDelete')
    : planDisable(current, { ...how, downgrades: fate.kind === 'disable' && fate.downgrades });

/** Plans what losing scope does to a group. Pure. */
export const planGroupOut = (fate: Exclude<Deprovisioning, { kind: 'nothing' }>, link: Link): Plan =>
  fate.kind === 'delete' ? planDelete(link.targetId, 'groupDelete') : planLetGo(link.targetId);

/** Plans what to write for a group in scope, apart from its members. Pure. */
export function planGroup({ desired, current, link }: PlanInput<TargetGroup>): Plan {
  const attributes = current ? groupAttributesOf(current) : {};
  const mode = current ? 'update' : 'create';
  const changes = changesFor(desired.object, attributes, { type: 'group', mode, ownedTags: [] });
  const adopts = current !== null && link === null;
  const action = current === null ? 'create' : changes.length > 0 || adopts ? 'update' : 'none';
  return { action, targetId: current?.id ?? null, changes: sorted(changes), role: null, adopts, notes: [], removals: [] };
}

const change = (attribute: string, oldValue: string | boolean | null, newValue: string | boolean): AttributeChange => ({
  attribute,
  oldValue,
  newValue,
  redacted: false,
});

/** Each attribute changes once, so that no two are equal. */
/** Changes in the order in which plans and entries list them. */
export const sorted = (changes: readonly AttributeChange[]): readonly AttributeChange[] =>
  [...changes].sort((a, b) => (a.attribute < b.attribute ? -1 : 1));
