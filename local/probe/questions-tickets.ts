import type { ProbeAccount } from './accounts';
import { isFine, record, refusalOf, rows } from './answers';
import type { ProbeAnswer } from './client';
import { type Finding, open, type ProbeContext, type Question, settled } from './question';
import { withAgent } from './questions-agents';

/** Questions about the tickets of an agent who leaves; each imports tickets, for which no trigger runs and no mail leaves, and deletes them. */
export const TICKETS: readonly Question[] = [
  {
    id: 'tickets-of-a-suspended-agent',
    title: 'Can the open tickets of a suspended agent be handed over?',
    assumption: 'yes: they stay with the agent until somebody gives them to somebody else',
    concerns: 'OFFBOARD_TICKETS: access ends first, then the tickets are handed over',
    helps: 'OFFBOARD_TICKETS=Leave until this is mended; Zendesk then reassigns them when the seat is given back',
    ask: (context) =>
      withTickets(context, ['open'], async (agent, [ticket]) => {
        const { client, known } = context;
        const suspension = await client.call('PUT', `/api/v2/users/${agent.id}`, { user: { suspended: true } });
        if (!isFine(suspension)) return open(`the agent could not be suspended: ${refusalOf(suspension)}`);
        const kept = await assigneeOf(context, ticket);
        const answer = await client.call('PUT', `/api/v2/tickets/${ticket}`, { ticket: { assignee_id: Number(known.selfId) } });
        const now = await assigneeOf(context, ticket);
        const observed = `${kept === agent.id ? 'stayed with the agent' : 'went elsewhere'}, then ${isFine(answer) ? 'accepted' : refusalOf(answer)}, ${now === agent.id ? 'still with the agent' : 'with somebody else'}`;
        return settled(observed, kept === agent.id && isFine(answer) && now !== agent.id);
      }),
  },
  {
    id: 'tickets-sorted',
    title: "Is the list of an agent's tickets in the order that one asks for?",
    assumption: 'yes, by sort_by=status; the app believes only the end of the list that none is left',
    concerns: 'OFFBOARD_TICKETS: open tickets come first, so that one page is enough while there are many',
    helps: 'none needed: the app then reads the whole list of the agent each time, which is slower',
    ask: (context) =>
      withTickets(context, ['solved', 'open'], async (agent) => {
        const path = `/api/v2/users/${agent.id}/tickets/assigned?sort_by=status&sort_order=asc&exclude_archived=true&per_page=100`;
        const answer = await context.client.call('GET', path);
        if (!isFine(answer)) return settled(refusalOf(answer), false);
        const statuses = rows(answer.body, 'tickets').map(({ status }) => String(status));
        if (statuses.length < 2) return open(`the list showed ${statuses.length} of 2 tickets`);
        return settled(statuses[0] === 'open' ? 'open ones first' : 'not in that order', statuses[0] === 'open');
      }),
  },
];

/** Imports tickets of an agent, and deletes them whatever happens. */
function withTickets(
  context: ProbeContext,
  statuses: readonly string[],
  work: (agent: ProbeAccount, tickets: readonly string[]) => Promise<Finding>,
): Promise<Finding> {
  const { client, known } = context;
  return withAgent(context, async (agent) => {
    const ids: string[] = [];
    try {
      for (const status of statuses) {
        const ticket = {
          subject: 'provisioningprobe-ticket',
          comments: [{ value: 'Made by the probe and deleted again.', author_id: Number(known.selfId) }],
          requester_id: Number(known.selfId),
          assignee_id: Number(agent.id),
          status,
        };
        const answer: ProbeAnswer = await client.call('POST', '/api/v2/imports/tickets', { ticket });
        const { id } = record(record(answer.body).ticket);
        if (id === undefined) return open(`a ticket could not be imported: ${refusalOf(answer)}`);
        ids.push(String(id));
      }
      return await work(agent, ids);
    } finally {
      for (const id of ids) await client.call('DELETE', `/api/v2/tickets/${id}`);
    }
  });
}

async function assigneeOf({ client }: ProbeContext, ticket: string | undefined): Promise<string> {
  const { body } = await client.call('GET', `/api/v2/tickets/${ticket}`);
  return String(record(record(body).ticket).assignee_id ?? '');
}
