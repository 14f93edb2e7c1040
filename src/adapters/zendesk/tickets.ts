import { NotFoundError, RejectedError } from '../../core/errors';
import type { TargetId } from '../../core/model';
import type { TicketBatch, TicketHeir } from '../../ports/target-connector';
import { type BulkRunner, orSingles } from './bulk-runner';
import type { ItemResult } from './bundler';
import { decode, shapes } from './decode';
import type { ZendeskHttp } from './http';
import { idNumber } from './json';

/** The tickets' part of the target connector; see the port for the method. */
export interface Tickets {
  handOver(from: TargetId, heir: TicketHeir, except: readonly TargetId[]): Promise<TicketBatch>;
}

/** A ticket that is to change hands. */
interface Move {
  readonly id: TargetId;
  readonly fields: Readonly<Record<string, unknown>>;
}

const ASSIGNED = '/api/v2/users/{user_id}/tickets/assigned';
const TICKET = '/api/v2/tickets/{ticket_id}';
const UPDATE_MANY = '/api/v2/tickets/update_many';
const SHOW_MANY = '/api/v2/tickets/show_many';
/** Tickets of a page and of a job: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-many-tickets */
const AT_ONCE = 100;
/** Pages by offset end after 10,000 tickets: https://developer.zendesk.com/api-reference/introduction/pagination/#offset-pagination-limits */
const MAX_PAGES = 100;
/** Statuses in which a ticket needs its assignee no more: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format */
const SETTLED: ReadonlySet<string> = new Set(['solved', 'closed', 'deleted']);
/** A job costs several requests; below this, tickets go singly. */
const MIN_JOB = 4;

/** Makes it. https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ */
export function makeTickets(http: ZendeskHttp, runner: BulkRunner): Tickets {
  /**
   * Open tickets of an agent, from the database and not the search index. They are asked for by status, so that open ones come first and one
   * page is enough while there are many; that none is left is believed at the end of the list only. What is handed over leaves the list, so
   * each look begins with the first page.
   */
  async function openTickets(userId: TargetId, except: ReadonlySet<TargetId>) {
    const open: { readonly id: TargetId; readonly groupId: TargetId | null }[] = [];
    let hasMore = false;
    for (let page = 1; page <= MAX_PAGES; page++) {
      const query = {
        sort_by: 'status',
        sort_order: 'asc',
        exclude_archived: 'true',
        per_page: String(AT_ONCE),
        page: String(page),
      };
      const answer = await http.call({ method: 'GET', route: ASSIGNED, params: [userId], query });
      const { tickets } = decode(shapes.assignedTickets, answer.body, ASSIGNED);
      for (const { id, status, group_id: groupId } of tickets)
        if (!SETTLED.has(status) && !except.has(id)) open.push({ id, groupId: groupId ?? null });
      hasMore = Boolean(decode(shapes.page, answer.body, ASSIGNED).next_page);
      if (!hasMore || open.length >= AT_ONCE) break;
    }
    return { open: open.slice(0, AT_ONCE), hasMore: open.length > 0 && (hasMore || open.length > AT_ONCE) };
  }

  /** Hands one over. @throws RejectedError with Zendesk's own words, also where Zendesk gives it to the same agent again */
  async function moveOne({ id, fields }: Move, from: TargetId): Promise<true> {
    try {
      const answer = await http.call({ method: 'PUT', route: TICKET, params: [id], body: { ticket: fields } });
      const { assignee_id: now } = decode(shapes.ticket, answer.body, TICKET).ticket;
      if (now !== from) return true;
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      throw error;
    }
    // https://support.zendesk.com/hc/en-us/articles/4409155971354: a group of one agent gets its tickets assigned to that agent.
    const why = 'Zendesk assigned the ticket to the same agent again, as it does where the agent is the only one of the group';
    throw new RejectedError('assignee_id', why, why);
  }

  const moveMany = (moves: readonly Move[], from: TargetId): Promise<ReadonlyMap<Move, ItemResult<true>>> =>
    runner.run({
      kind: 'updateTickets',
      request: {
        method: 'PUT',
        route: UPDATE_MANY,
        body: { tickets: moves.map(({ id, fields }) => ({ id: idNumber(id), ...fields })) },
      },
      items: moves,
      verify: async () => {
        const query = { ids: moves.map(({ id }) => id).join(',') };
        const answer = await http.call({ method: 'GET', route: SHOW_MANY, query });
        const assignee = new Map(
          decode(shapes.assignedTickets, answer.body, SHOW_MANY).tickets.map((row) => [row.id, row.assignee_id ?? null]),
        );
        const isMoved = ({ id }: Move): boolean => assignee.has(id) && assignee.get(id) !== from;
        return new Map(moves.filter(isMoved).map((move) => [move, { value: true as const }]));
      },
    });

  return {
    async handOver(from, heir, except) {
      const { open, hasMore } = await openTickets(from, new Set(except));
      const moves = open.map(({ id, groupId }) => ({ id, fields: fieldsFor(heir, groupId) }));
      const done = moves.length < MIN_JOB ? new Map<Move, ItemResult<true>>() : await orSingles(() => moveMany(moves, from));
      const refused: TargetId[] = [];
      let why: string | undefined;
      for (const move of moves) {
        const result = done.get(move);
        if (result && 'error' in result) throw result.error;
        if (result) continue;
        try {
          await moveOne(move, from);
        } catch (error) {
          if (!(error instanceof RejectedError)) throw error;
          refused.push(move.id);
          why ??= error.detail ?? error.message;
        }
      }
      return { handed: moves.length - refused.length, refused, why, hasMore };
    },
  };
}

/**
 * What to write on a ticket. A ticket that goes to an agent keeps its group where the agent is in it, and else gets the agent's default one:
 * "If true, tickets assigned directly to the agent will assume this membership's group".
 * @see https://developer.zendesk.com/api-reference/ticketing/groups/group_memberships/#json-format
 */
function fieldsFor(heir: TicketHeir, groupId: TargetId | null): Readonly<Record<string, unknown>> {
  switch (heir.kind) {
    case 'nobody':
      return { assignee_id: null };
    case 'group':
      return { group_id: idNumber(heir.id), assignee_id: null };
    case 'user': {
      const group = groupId !== null && heir.groupIds.includes(groupId) ? groupId : heir.groupIds[0];
      return { assignee_id: idNumber(heir.id), ...(group !== undefined && { group_id: idNumber(group) }) };
    }
  }
}
