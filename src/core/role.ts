import { type TargetRole, targetId } from './model';

/** A role that the Zendesk account has besides the built-in ones. */
export interface CustomRole {
  readonly id: string;
  readonly name: string;
  /** 0 custom agent, 1 light agent, 2 chat agent, 3 contributor, 4 admin, 5 billing admin. */
  readonly roleType: number;
}

/** What a role text of a mapping means in Zendesk. `unmapped`: there is no text, so the role is nobody's business but Zendesk's. */
export type RoleResolution =
  | { readonly kind: 'role'; readonly role: TargetRole }
  | { readonly kind: 'unknown'; readonly wanted: string; readonly available: readonly string[] }
  | { readonly kind: 'unmapped' };

/** What a new account is when no role is mapped. Never sent on an update. */
export const DEFAULT_ROLE: TargetRole = { role: 'end-user', customRoleId: null };

/** @see https://developer.zendesk.com/api-reference/ticketing/account-configuration/custom_roles/ and the users' `role_type` */
const ROLE_TYPE = { lightAgent: 1, admin: 4 } as const;

/** What the built-in roles are called, in normal form. */
const builtIn: Readonly<Record<string, TargetRole['role'] | 'light-agent'>> = {
  user: 'end-user',
  enduser: 'end-user',
  agent: 'agent',
  admin: 'admin',
  administrator: 'admin',
  lightagent: 'light-agent',
};

/** Longest role name that is quoted back. */
const MAX_NAME = 100;

/**
 * Makes one consistent pair of the texts that the mappings of `role` and `custom_role_id` give. Pure; never throws.
 *
 *   role text          │ custom_role_id text                │ result
 *   –                  │ –                                  │ unmapped
 *   end user, admin    │ anything                           │ end user or admin, never with a custom role
 *   agent              │ –, or a built-in name              │ agent
 *   agent              │ a custom role                      │ agent with it
 *   light agent        │ –, or the same                     │ agent with the account's light-agent role
 *   a custom role      │ –, or the same                     │ agent with it
 *   a custom role      │ another custom role                │ agent with the other one: custom_role_id is the closer word
 *   –                  │ any name                           │ as if it were the role text
 *   names nothing      │ –                                  │ unknown, with what there is
 *   any but end user, admin │ names nothing                 │ unknown, with what there is
 *
 * Names are compared without case, blanks, hyphens and underscores; a custom role also by its id. The built-in names win over a custom role
 * of the same name, which can still be named by its id. Two custom roles of one name are unknown, not a guess.
 * An end user who is sent with a custom role becomes an agent: https://developer.zendesk.com/api-reference/ticketing/users/users/
 *
 * @param customRoles What the account offers; where it is empty (a plan that does not list them) a numeric id is believed.
 */
export function resolveRole(
  roleText: string | null,
  customRoleText: string | null,
  customRoles: readonly CustomRole[],
): RoleResolution {
  const first = present(roleText) ?? present(customRoleText);
  if (first === undefined) return { kind: 'unmapped' };
  const base = lookUp(first, customRoles);
  if (base === undefined) return unknown(first, customRoles);
  const second = present(customRoleText);
  if (base.role !== 'agent' || second === undefined || second === first) return { kind: 'role', role: base };
  const closer = lookUp(second, customRoles);
  if (closer === undefined) return unknown(second, customRoles);
  return { kind: 'role', role: closer.customRoleId === null ? base : closer };
}

/** Whether two role pairs are the same to Zendesk: only an agent is told apart by a custom role. */
export function isSameRole(a: TargetRole, b: TargetRole): boolean {
  return a.role === b.role && (a.role !== 'agent' || a.customRoleId === b.customRoleId);
}

/** Every role name that a mapping may give in this account, for messages. */
export function availableRoles(customRoles: readonly CustomRole[]): readonly string[] {
  const own = customRoles.map(({ name }) => name).filter((name) => !Object.hasOwn(builtIn, normal(name)));
  const light = customRoles.some(({ roleType }) => roleType === ROLE_TYPE.lightAgent) ? ['Light agent'] : [];
  return ['User', 'Agent', 'Admin', ...light, ...own];
}

function lookUp(text: string, customRoles: readonly CustomRole[]): TargetRole | undefined {
  const name = normal(text);
  const known = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
  if (known === 'light-agent') return asRole(onlyOne(customRoles.filter(({ roleType }) => roleType === ROLE_TYPE.lightAgent)));
  if (known !== undefined) return { role: known, customRoleId: null };
  if (/^\d{1,20}$/.test(text)) {
    const byId = customRoles.find(({ id }) => String(id) === text);
    if (byId !== undefined) return asRole(byId);
    if (customRoles.length === 0) return { role: 'agent', customRoleId: targetId(text) };
  }
  const exact = customRoles.filter((role) => role.name.trim() === text);
  return asRole(onlyOne(exact.length > 0 ? exact : customRoles.filter((role) => normal(role.name) === name)));
}

function onlyOne(roles: readonly CustomRole[]): CustomRole | undefined {
  return roles.length === 1 ? roles[0] : undefined;
}

function asRole(role: CustomRole | undefined): TargetRole | undefined {
  if (role === undefined) return undefined;
  // Enterprise accounts list the built-in administrator among the custom roles; it is written as the role `admin`.
  if (role.roleType === ROLE_TYPE.admin) return { role: 'admin', customRoleId: null };
  return { role: 'agent', customRoleId: targetId(role.id) };
}

function unknown(wanted: string, customRoles: readonly CustomRole[]): RoleResolution {
  const short = wanted.length > MAX_NAME ? `${wanted.slice(0, MAX_NAME)}…` : wanted;
  return { kind: 'unknown', wanted: short, available: availableRoles(customRoles) };
}

function present(text: string | null): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function normal(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/[\s_-]+/g, '')
    .toLowerCase();
}
