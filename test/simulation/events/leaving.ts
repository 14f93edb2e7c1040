/** How people leave in a story, and the tickets that agents have meanwhile. Its chances are its own, so that stories without it stay as they are. */
import type { TicketReceiver } from '../../../src/core/leaving';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';

/** The settings of leaving, told as the app has them. */
export interface LeavingRules {
  readonly offboardTickets: TicketReceiver;
  readonly offboardDeleteAfterDays?: number;
  readonly offboardEraseAfterDays?: number;
}

/** Nothing of it. */
export const STAYS: LeavingRules = { offboardTickets: { kind: 'leave' } };

/** In two of five stories people leave further than by a suspension. */
export function leavingRules(dice: Dice): LeavingRules {
  if (!dice.chance(0.4)) return STAYS;
  const offboardTickets = dice.pick<TicketReceiver>([
    { kind: 'leave' },
    { kind: 'unassign' },
    { kind: 'unassign' },
    { kind: 'group', name: 'Strangers' },
  ]);
  if (dice.chance(0.3)) return { offboardTickets };
  const days = dice.between(1, 3);
  const erases = dice.chance(0.6);
  return { offboardTickets, offboardDeleteAfterDays: days, ...(erases && { offboardEraseAfterDays: days + dice.int(2) }) };
}

/** Now and then somebody who works in Zendesk gets tickets. */
export function workOnTickets(sim: Sim, dice: Dice): void {
  if (sim.setting.leaving.offboardTickets.kind === 'leave' || !dice.chance(0.4)) return;
  const { target, selfId } = sim.zendesk;
  const agents = sim.zendesk.liveUsers.filter((user) => user.role.role !== 'end-user' && !user.suspended && user.id !== selfId);
  const agent = dice.maybe(agents);
  if (!agent) return;
  const count = dice.chance(0.1) ? 350 : dice.between(1, 4);
  target.seedTickets(agent.id, count);
  sim.count('workOnTickets');
  sim.tell(`Zendesk ${agent.id} (${agent.externalId?.slice(-4) ?? 'nobody'}) gets ${count} tickets`);
}
