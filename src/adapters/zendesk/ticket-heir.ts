import { receiverText, type TicketReceiver } from '../../core/leaving';
import type { TargetGroup, TargetId, TargetMembership, TargetUser } from '../../core/model';
import type { Clock } from '../../ports/runtime';
import type { TargetDescription, TicketHeir } from '../../ports/target-connector';
import { type Cached, cached } from './cached';

/** What finding an heir reads. */
export interface HeirReads {
  describe(): Promise<TargetDescription>;
  findGroups(name: string): Promise<readonly TargetGroup[]>;
  findUsers(email: string): Promise<readonly TargetUser[]>;
  groupsOf(id: TargetId): Promise<readonly TargetMembership[]>;
}

/** Light agents and contributors: https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format (`role_type`) */
const CANNOT_SOLVE: ReadonlyMap<number, string> = new Map([
  [1, 'a light agent'],
  [3, 'a contributor'],
]);

/** The heir, or why there is none. */
export type Heir = TicketHeir | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): Heir => ({ kind: 'refused', reason });

/**
 * Finds who is to take over tickets, and whether they can:
 *
 *   setting         │ found                                       │ heir
 *   Unassign        │ –                                           │ nobody: the tickets stay in their groups
 *   group:<name>    │ one live group                              │ the group
 *                   │ none, or several                            │ refused
 *   user:<e-mail>   │ an active agent or admin in a group         │ the agent
 *                   │ nobody, an end user, a suspended one, a     │ refused
 *                   │ light agent, a contributor, in no group     │
 */
export async function findHeir(reads: HeirReads, receiver: Exclude<TicketReceiver, { kind: 'leave' }>): Promise<Heir> {
  if (receiver.kind === 'unassign') return { kind: 'nobody' };
  if (receiver.kind === 'group') {
    const [group, ...others] = await reads.findGroups(receiver.name);
    if (!group) return refused('Zendesk has no group of this name.');
    return others.length > 0
      ? refused('Zendesk has several groups of this name; rename all but one.')
      : { kind: 'group', id: group.id };
  }
  const [user] = await reads.findUsers(receiver.email);
  if (!user) return refused('Zendesk finds no user with this e-mail address (a new one is found after some minutes).');
  if (user.role.role === 'end-user') return refused('It is an end user, who cannot be assigned tickets.');
  if (user.suspended) return refused('It is a suspended agent, who cannot be assigned tickets.');
  const roles = (await reads.describe()).customRoles;
  const limited = CANNOT_SOLVE.get(roles.find(({ id }) => id === user.role.customRoleId)?.roleType ?? -1);
  if (limited !== undefined) return refused(`It is ${limited}, who cannot be assigned tickets.`);
  const memberships = [...(await reads.groupsOf(user.id))].sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
  if (memberships.length === 0) return refused('It is an agent in no group, and a ticket that is assigned needs one.');
  return { kind: 'user', id: user.id, groupIds: memberships.map(({ groupId }) => groupId) };
}

/** How long what was found holds: a departure of many asks once. */
const HEIR_MS = 120_000;

/** The same, asked once for many who leave together; whoever leaves is not the heir. */
export function makeHeirs(reads: HeirReads, clock: Clock) {
  const known = new Map<string, Cached<Heir>>();
  return async (receiver: Exclude<TicketReceiver, { kind: 'leave' }>, leaver: TargetId): Promise<Heir> => {
    const key = receiverText(receiver);
    const heir = known.get(key) ?? cached(() => findHeir(reads, receiver), HEIR_MS, clock);
    known.set(key, heir);
    const found = await heir.get();
    return found.kind === 'user' && found.id === leaver ? refused('It is the agent who leaves.') : found;
  };
}
