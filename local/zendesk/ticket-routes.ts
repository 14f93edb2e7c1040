import { asRecord, json } from '../http-kit';
import { invalidAttribute, recordNotFound, simpleRefusal } from './errors';
import { attempt } from './jobs';
import { pageOf } from './paging';
import { listOf, maxBatch, userOf } from './route-kit';
import type { TicketRow } from './rows';
import { updateTicket } from './ticket-rules';
import { nullableId, text } from './user-input';
import type { Call, Route } from './world';

type Body = Readonly<Record<string, unknown>>;

const orderOf = ({ status }: TicketRow): number => STATUSES.findIndex((one) => one === status);

/** Order of statuses when tickets are sorted by them. */
const STATUSES = ['new', 'open', 'pending', 'hold', 'solved', 'closed'] as const;

/** Tickets, as far as handing them over needs: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ */
export function ticketRoutes(route: Route): void {
  route('GET', '/api/v2/users/{user_id}/tickets/assigned', 'agent', (call) => {
    const { id } = userOf(call, true);
    const rows = [...call.world.state.tickets.values()].filter((ticket) => ticket.assignee_id === id && isListed(call, ticket));
    if (call.query.get('sort_by') === 'status' && !call.world.faults.ticketsUnsorted) {
      const sign = call.query.get('sort_order') === 'desc' ? -1 : 1;
      rows.sort((a, b) => sign * (orderOf(a) - orderOf(b)) || a.id - b.id);
    }
    return json(
      200,
      pageOf(call, { key: 'tickets', rows, present: (ticket) => present(call, ticket), idOf: (ticket) => ticket.id }),
    );
  });
  route('GET', '/api/v2/tickets/show_many', 'agent', (call) => {
    const ids = listOf(call, 'ids');
    if (!ids) throw invalidAttribute('ids', 'ids must be given');
    const found = ids.flatMap((id) => call.world.state.tickets.get(Number(id)) ?? []);
    return json(200, {
      tickets: found.map((ticket) => present(call, ticket)),
      count: found.length,
      next_page: null,
      previous_page: null,
    });
  });
  route('GET', '/api/v2/tickets/{ticket_id}', 'agent', (call) => json(200, { ticket: present(call, ticketOf(call)) }));
  route('PUT', '/api/v2/tickets/{ticket_id}', 'agent', (call) => {
    const ticket = ticketOf(call);
    updateTicket(call.world, ticket, call.body('ticket'));
    return json(200, { ticket: present(call, ticket) });
  });
  route('DELETE', '/api/v2/tickets/{ticket_id}', 'agent', (call) => {
    ticketOf(call).status = 'deleted';
    return json(204);
  });
  route('POST', '/api/v2/imports/tickets', 'admin', importTicket);
  // "Accepts an array of up to 100 ticket objects, or a comma-separated list of up to 100 ticket ids."
  route('PUT', '/api/v2/tickets/update_many', 'agent', (call) => {
    const work = updateBatch(call).map(({ id, body }, index) => () => {
      const base = { index, action: 'update' as const, id };
      return attempt(base, () => {
        const ticket = call.world.state.tickets.get(id);
        if (!ticket) throw recordNotFound();
        updateTicket(call.world, ticket, body);
        return id;
      });
    });
    return call.world.jobs.submit('TicketBulkUpdateJob', work);
  });
}

/** Runs no triggers: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_import/ */
function importTicket(call: Call) {
  const body = call.body('ticket');
  const at = call.world.timestamp();
  const requester = nullableId(body, 'requester_id') ?? call.actor.user?.id ?? 0;
  const assignee = nullableId(body, 'assignee_id') ?? null;
  const ticket: TicketRow = {
    id: call.world.state.nextId(),
    subject: text(body, 'subject') ?? '',
    status: STATUSES.find((status) => status === body.status) ?? 'new',
    requester_id: requester,
    assignee_id: assignee,
    group_id: call.world.state.users.get(assignee ?? -1)?.default_group_id ?? null,
    created_at: at,
    updated_at: at,
  };
  call.world.state.tickets.set(ticket.id, ticket);
  return json(201, { ticket: present(call, ticket) });
}

const isListed = (call: Call, { status }: TicketRow): boolean =>
  status !== 'deleted' && !(call.query.get('exclude_archived') === 'true' && status === 'closed');

function ticketOf(call: Call): TicketRow {
  const ticket = call.world.state.tickets.get(call.id('ticket_id'));
  if (!ticket || ticket.status === 'deleted') throw recordNotFound();
  return ticket;
}

function updateBatch(call: Call): { readonly id: number; readonly body: Body }[] {
  const body = asRecord(call.request.body) ?? {};
  if (Array.isArray(body.tickets)) {
    if (body.tickets.length > maxBatch)
      throw simpleRefusal(400, 'TooManyValues', `Maximum ${maxBatch} tickets may be updated per call`);
    return body.tickets.map((item: unknown) => {
      const ticket = asRecord(item) ?? {};
      return { id: nullableId(ticket, 'id') ?? 0, body: ticket };
    });
  }
  const change = call.body('ticket');
  const ids = listOf(call, 'ids');
  if (!ids || ids.length === 0) throw invalidAttribute('ids', 'ids must be present');
  return ids.map((id) => ({ id: Number(id), body: change }));
}

const present = (call: Call, ticket: TicketRow) => ({
  ...ticket,
  url: `${call.world.url()}/api/v2/tickets/${ticket.id}.json`,
  allow_attachments: true,
  has_incidents: false,
  tags: [],
});
