import type { TargetRole, TargetUser, TeamMember } from './model';
import type { Plan } from './plan-model';
import type { CustomRole } from './role';

/** Kinds of custom role that take no agent seat: light agents have an allowance of their own, contributors cost nothing. */
const FREE_ROLE_TYPES: ReadonlySet<number> = new Set([1, 3]);

/**
 * Whether a role takes one of the agent seats that were bought. Pure.
 *
 *   end user                       │ no
 *   admin, agent without a custom role │ yes
 *   agent, custom role of type 1 or 3  │ no   (light agent, contributor)
 *   agent, any other custom role       │ yes  (also one that the account does not list)
 *
 * A suspended agent keeps its seat.
 * @see https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format (`role_type`)
 */
export function holdsSeat({ role, customRoleId }: TargetRole, customRoles: readonly CustomRole[]): boolean {
  if (role === 'end-user') return false;
  const custom = customRoleId === null ? undefined : customRoles.find(({ id }) => id === customRoleId);
  return role === 'admin' || !FREE_ROLE_TYPES.has(custom?.roleType ?? 0);
}

/** Whether a member of the account's team holds a seat: its own row knows the kind of its role also where the account lists no roles. Pure. */
export const memberHoldsSeat = (
  { role, roleType }: Pick<TeamMember, 'role' | 'roleType'>,
  customRoles: readonly CustomRole[],
): boolean => holdsSeat(role, customRoles) && !(role.role === 'agent' && roleType !== null && FREE_ROLE_TYPES.has(roleType));

/** Whether carrying a plan out takes a seat that the account does not hold. Pure. */
export const takesSeat = (
  { role }: Pick<Plan, 'role'>,
  current: Pick<TargetUser, 'role'> | undefined,
  customRoles: readonly CustomRole[],
): boolean => role !== null && holdsSeat(role, customRoles) && !(current && holdsSeat(current.role, customRoles));

/** Whether carrying a plan out gives a seat back. Pure. */
export const freesSeat = (
  { role, action }: Pick<Plan, 'role' | 'action'>,
  current: Pick<TargetUser, 'role'> | undefined,
  customRoles: readonly CustomRole[],
): boolean =>
  current !== undefined &&
  holdsSeat(current.role, customRoles) &&
  (action === 'delete' || (role !== null && !holdsSeat(role, customRoles)));

/** A plan for an account that is there without the role that takes a seat: everything else continues. Pure. */
export function withoutSeat(plan: Plan): Plan {
  const changes = plan.changes.filter(({ attribute }) => attribute !== 'role');
  const isNothing = changes.length === 0 && !plan.adopts;
  return {
    ...plan,
    action: isNothing ? 'none' : plan.action,
    changes,
    role: null,
    notes: [...plan.notes, 'The role waits for a free agent seat.'],
  };
}

/** How many agent seats there are, and who wants them. */
export interface Seats {
  /** Bought, as AGENT_SEATS says; null where it says nothing. */
  readonly bought: number | null;
  /** Held by agents and admins of the account, suspended ones too. */
  readonly used: number;
  /** `used`, and one for each who is to become an agent or admin and is none yet. */
  readonly needed: number;
  /** What is left of those bought; null where nobody knows how many were. */
  readonly free: number | null;
}

/** Puts the numbers together. Pure. @param wanted how many are to become agents or admins who are none yet */
export const seatsOf = (bought: number | undefined, used: number, wanted: number): Seats => ({
  bought: bought ?? null,
  used,
  needed: used + wanted,
  free: bought === undefined ? null : Math.max(0, bought - used),
});
