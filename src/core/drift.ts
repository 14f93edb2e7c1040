import type { Link, TargetUser } from './model';
import { roleText, SUSPENDED_BY_OTHERS, suspends } from './plan';
import type { Plan } from './plan-model';
import type { ModifiedProperty } from './record';
import { isSameRole } from './role';

/** What may have become of a provisioned object in Zendesk, the gravest first: the first that is so names the object. */
export const DRIFT_CODES = [
  'AccountDeleted',
  'AccountMerged',
  'GroupDeleted',
  'GroupUnasked',
  'Reactivated',
  'SuspendedByOthers',
  'RoleChanged',
  'Renamed',
  'MembersRemoved',
  'MembersForeign',
  'Changed',
] as const;

/** One way in which an object differs from what Entra ID says. */
export type DriftCode = (typeof DRIFT_CODES)[number];

/** What was found of one object in Zendesk. */
export interface DriftFinding {
  /** In the order of {@link DRIFT_CODES}; at least one. */
  readonly codes: readonly DriftCode[];
  /** When Zendesk last changed the object (ISO 8601), by whomever; null where it does not say. It tells nothing of addresses and members. */
  readonly lastChangedAt: string | null;
  /** What is reported and never written: `oldValue` as Zendesk has it, `newValue` as Entra ID says; null on a side that has none. */
  readonly reported: readonly ModifiedProperty[];
}

/** What each finding means, as one sentence for the person who reads the plan. */
export const DRIFT_WORDS: Readonly<Record<DriftCode, string>> = {
  AccountDeleted: 'The account was deleted in Zendesk, or merged into another one.',
  AccountMerged: 'The account was merged into another one in Zendesk, or another one was given what names this person.',
  GroupDeleted: 'The group was deleted in Zendesk.',
  GroupUnasked: 'This app made the group, nothing in Entra ID asks for it any more, and no cycle deletes it.',
  Reactivated: 'The account was suspended because the person lost access, and somebody has lifted that in Zendesk.',
  SuspendedByOthers: 'Somebody has suspended the account in Zendesk. Only who suspended it lifts that.',
  RoleChanged: 'The role in Zendesk is another than the one from Entra ID. It is reported and never written back.',
  Renamed: 'The name or the address was changed in Zendesk.',
  MembersRemoved: 'Members whom this app had put into the group were taken out in Zendesk.',
  MembersForeign: 'The group has members whom Entra ID does not have in it. They are reported and left there.',
  Changed: 'Attributes were changed in Zendesk.',
};

/** What a person is known by: a change of it is named apart. */
const NAMES: ReadonlySet<string> = new Set(['name', 'email']);

/**
 * What somebody has changed of a living account, from the plan that would bring it back. Pure.
 *
 *   the plan, or the account                          │ finding
 *   suspends it                                       │ Reactivated
 *   leaves a suspension of somebody else's            │ SuspendedByOthers
 *   the role is not the one settled, person in scope  │ RoleChanged
 *   changes name or address                           │ Renamed
 *   changes anything else but the role                │ Changed
 */
export function userDrift(
  plan: Plan | undefined,
  warnings: readonly string[],
  isInScope: boolean,
  link: Link,
  account: TargetUser,
): Omit<DriftFinding, 'lastChangedAt'> {
  const changed = new Set(plan?.changes.map(({ attribute }) => attribute));
  const isSuspending = plan !== undefined && suspends(plan);
  const isRoleOther = isInScope && link.settledRole !== null && !isSameRole(link.settledRole, account.role);
  const isSuspendedByOthers = warnings.includes(SUSPENDED_BY_OTHERS);
  const is: Partial<Record<DriftCode, boolean>> = {
    Reactivated: isSuspending,
    SuspendedByOthers: isSuspendedByOthers,
    RoleChanged: isRoleOther,
    Renamed: [...changed].some((name) => NAMES.has(name)),
    Changed: [...changed].some((name) => !NAMES.has(name) && name !== 'role' && !(name === 'suspended' && isSuspending)),
  };
  const reported: ModifiedProperty[] = [];
  if (isRoleOther && link.settledRole)
    reported.push({ displayName: 'role', oldValue: roleText(account.role), newValue: roleText(link.settledRole) });
  if (isSuspendedByOthers) reported.push({ displayName: 'suspended', oldValue: 'true', newValue: 'false' });
  return { codes: DRIFT_CODES.filter((code) => is[code]), reported };
}

/** Whether a plan would write a role to an account that is there: bringing drift back never does. Pure. */
export const writesRole = ({ role, action }: Plan): boolean => role !== null && action !== 'create';
