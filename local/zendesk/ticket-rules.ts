import { invalid } from './errors';
import type { TicketRow, UserRow } from './rows';
import { nullableId } from './user-input';
import type { World } from './world';

/** Light agents and contributors are not assignable: https://support.zendesk.com/hc/en-us/articles/4408846501402 */
const UNASSIGNABLE: ReadonlySet<number> = new Set([1, 3]);

/**
 * Writes assignee and group. "Tickets with a status set to Closed can't be updated in most cases":
 * https://support.zendesk.com/hc/en-us/articles/4408894213018
 * @throws RecordInvalid
 */
export function updateTicket(world: World, ticket: TicketRow, body: Readonly<Record<string, unknown>>): void {
  if (ticket.status === 'closed')
    throw invalid('status', 'InvalidValue', 'Status: closed prevents ticket update', 'Estado: cerrado impide la actualización');
  if (world.faults.stubbornTickets.has(ticket.id))
    throw invalid('base', 'InvalidValue', 'The ticket cannot be updated', 'El ticket no se puede actualizar');
  const groupId = body.group_id === undefined ? ticket.group_id : (nullableId(body, 'group_id') ?? null);
  const assigneeId = body.assignee_id === undefined ? ticket.assignee_id : (nullableId(body, 'assignee_id') ?? null);
  const group = groupId === null ? undefined : world.state.groups.get(groupId);
  if (groupId !== null && (!group || group.deleted))
    throw invalid('group', 'InvalidValue', 'Group: is invalid', 'Grupo: no es válido');
  if (assigneeId !== null) {
    const assignee = world.state.users.get(assigneeId);
    if (!isAssignable(world, assignee))
      throw invalid('assignee', 'InvalidValue', 'Assignee: is invalid', 'Asignado: no es válido');
    if (groupId !== null && !world.state.membershipsOf(assigneeId).some((one) => one.group_id === groupId))
      throw invalid('assignee', 'InvalidValue', 'Assignee: is not in the group', 'Asignado: no pertenece al grupo');
  }
  ticket.group_id = groupId;
  ticket.assignee_id = assigneeId ?? soleAgentOf(world, groupId);
  if (ticket.assignee_id !== null && ticket.status === 'new') ticket.status = 'open';
  ticket.updated_at = world.timestamp();
}

function isAssignable(world: World, user: UserRow | undefined): user is UserRow {
  if (!user?.active || user.suspended || user.role === 'end-user') return false;
  return !UNASSIGNABLE.has(world.state.customRoles.get(user.custom_role_id ?? -1)?.role_type ?? -1);
}

/** "If only one agent belongs to a group, all tickets assigned to that group will be assigned directly to that agent": https://support.zendesk.com/hc/en-us/articles/4409155971354 */
function soleAgentOf(world: World, groupId: number | null): number | null {
  const members = groupId === null ? [] : world.state.membershipsIn(groupId);
  return members.length === 1 ? (members[0]?.user_id ?? null) : null;
}

/**
 * What becomes of an agent's tickets with the seat: "tickets are reassigned to the admin removing the agent. If the admin […] isn't a member of the
 * group to which a ticket is assigned, then the ticket is reassigned to the first agent in the group", closed ones stay.
 * https://support.zendesk.com/hc/en-us/articles/4408888690842
 */
export function reassignOnDowngrade(world: World, leaver: number, admin: number): void {
  for (const ticket of world.state.tickets.values()) {
    if (ticket.assignee_id !== leaver || ticket.status === 'closed') continue;
    const members = ticket.group_id === null ? [] : world.state.membershipsIn(ticket.group_id).map(({ user_id: id }) => id);
    const others = members.filter((id) => id !== leaver && isAssignable(world, world.state.users.get(id))).sort((a, b) => a - b);
    ticket.assignee_id = others.includes(admin) ? admin : (others[0] ?? null);
  }
}

/** A deleted agent's tickets are assigned to nobody: https://support.zendesk.com/hc/en-us/articles/203661156 (comments) */
export function unassignOnDelete(world: World, leaver: number): void {
  for (const ticket of world.state.tickets.values())
    if (ticket.assignee_id === leaver && ticket.status !== 'closed') ticket.assignee_id = null;
}
