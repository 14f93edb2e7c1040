import type { TargetId } from '../../src/core/model';
import type { TicketBatch, TicketHeir } from '../../src/ports/target-connector';
import type { FakeTicket } from './target-account';

/** The open tickets of the fake account. */
export class FakeTickets {
  readonly tickets = new Map<TargetId, FakeTicket>();

  /** Hands over up to a hundred at a time, as Zendesk changes them by jobs; the stubborn ones are refused. */
  handOver(from: TargetId, heir: TicketHeir, except: readonly TargetId[]): TicketBatch {
    const open = [...this.tickets].filter(([id, { assignee }]) => assignee === from && !except.includes(id));
    const batch = open.slice(0, 100);
    for (const [, ticket] of batch) {
      if (ticket.isStubborn) continue;
      ticket.assignee = heir.kind === 'user' ? heir.id : null;
      if (heir.kind === 'group') ticket.group = heir.id;
    }
    const refused = batch.flatMap(([id, { isStubborn }]) => (isStubborn ? [id] : []));
    const why = refused.length > 0 ? 'The ticket is stubborn.' : undefined;
    return { handed: batch.length - refused.length, refused, why, hasMore: open.length > batch.length };
  }

  /** Gives all tickets of somebody to somebody else. */
  reassign(from: TargetId, to: TargetId): void {
    for (const ticket of this.tickets.values()) if (ticket.assignee === from) ticket.assignee = to;
  }
}
