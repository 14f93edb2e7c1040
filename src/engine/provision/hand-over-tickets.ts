import { type ProvisioningError, StaleStateError, TicketsRefusedError } from '../../core/errors';
import { receiverText } from '../../core/leaving';
import type { TargetId, TargetUser } from '../../core/model';
import type { Writing } from './stages';

/** How a stretch of handing over ended. */
export type HandOver =
  | { readonly kind: 'done'; readonly count: number }
  /** The time of one call is over; the rest follows with the next. */
  | { readonly kind: 'more'; readonly count: number }
  | { readonly kind: 'refused'; readonly error: ProvisioningError };

/** How long one work item hands tickets over before it goes back into the queue: others wait no longer, and a return is soon noticed. */
const STRETCH_MS = 60_000;

/** So many refused tickets are a matter of the account, not of a ticket. */
const MAX_REFUSED = 300;

/**
 * Hands the open tickets of an agent over, a hundred at a time, for as long as a call may take. What is done is kept after each hundred.
 * @param renew keeps others off the object meanwhile; throws StaleStateError where somebody else has taken it
 */
export async function handOverTickets(
  { deps, attempt }: Writing<TargetUser>,
  from: TargetUser,
  renew: () => Promise<void>,
): Promise<HandOver> {
  const { offboardTickets } = deps.settings;
  if (offboardTickets.kind === 'leave') return { kind: 'done', count: 0 };
  const to = receiverText(offboardTickets);
  const heir = await deps.target.ticketHeir(offboardTickets, from.id);
  if (heir.kind === 'refused') return { kind: 'refused', error: new TicketsRefusedError(`${to}: ${heir.reason}`) };
  const endMs = deps.clock().getTime() + STRETCH_MS;
  const refused: TargetId[] = [];
  let why: string | undefined;
  for (;;) {
    const leaving = await deps.leavings.read(attempt.item.sourceId);
    if (!leaving) throw new StaleStateError('Leaving was called off meanwhile.');
    const before = leaving.tickets?.count ?? 0;
    const batch = await deps.target.handOverTickets(from.id, heir, refused);
    refused.push(...batch.refused);
    why ??= batch.why;
    const count = before + batch.handed;
    const isIdle = batch.handed + batch.refused.length === 0;
    const isOver = !batch.hasMore || isIdle || refused.length > MAX_REFUSED;
    if (batch.handed > 0 || isOver)
      await deps.leavings.put({ ...leaving, tickets: { to, count, isComplete: isOver && refused.length === 0 } });
    if (isOver) {
      if (refused.length > 0) return { kind: 'refused', error: refusedTickets(to, refused, why) };
      attempt.trace.step('export', `${count} open tickets handed over (${to}).`, { targetId: from.id, tickets: String(count) });
      return { kind: 'done', count };
    }
    if (deps.clock().getTime() >= endMs) return { kind: 'more', count };
    await renew();
  }
}

function refusedTickets(to: string, refused: readonly TargetId[], why: string | undefined): ProvisioningError {
  const some = refused.slice(0, 5).join(', ');
  const more = refused.length > 5 ? ` and ${refused.length - 5} more` : '';
  return new TicketsRefusedError(`${to}: Zendesk refused to hand over ticket ${some}${more}`, why);
}
