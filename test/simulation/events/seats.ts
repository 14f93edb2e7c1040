/** Agent seats that run out: what the plan holds, what AGENT_SEATS says of it, and people who take, free and buy some. */
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { dropMemberships } from './zendesk';

/** How many seats there are in a story. */
export interface SeatRules {
  /** `told`: Zendesk refuses beyond, and AGENT_SEATS says so. `untold`: AGENT_SEATS is not set. `fewer`: Zendesk has more than AGENT_SEATS says. */
  readonly kind: 'told' | 'untold' | 'fewer';
  /** How many are free in the beginning. */
  readonly free: number;
}

type Happening = (sim: Sim, dice: Dice) => string | undefined;

/** Seats held: agents and admins, suspended ones too. */
export const seatsHeld = ({ zendesk }: Sim): number => zendesk.liveUsers.filter(({ role }) => role.role !== 'end-user').length;

/** How many there are, by whoever says so; undefined where there is no end of them. */
export const seatsBought = ({ agentSeats, zendesk }: Sim): number | undefined => agentSeats ?? zendesk.target.seats;

/** To be called when everybody is there who is in the beginning. */
export function beginSeats(sim: Sim, rules: SeatRules | undefined): void {
  if (rules) setSeats(sim, rules, seatsHeld(sim) + rules.free);
}

function setSeats(sim: Sim, { kind }: SeatRules, count: number): void {
  if (kind !== 'fewer') sim.zendesk.target.seats = count;
  if (kind !== 'untold') sim.agentSeats = count;
  sim.seats.bought(sim.nowMs);
}

/** More seats, as from the next deployment on. Returns how many there are. */
export function buySeats(sim: Sim, count: number): number {
  const { seats } = sim.setting;
  const now = (seatsBought(sim) ?? 0) + count;
  if (seats) setSeats(sim, seats, now);
  sim.redeploy();
  return now;
}

export const SEAT_EVENTS = {
  fillSeats: ((sim, dice) => {
    const free = (seatsBought(sim) ?? 0) - seatsHeld(sim);
    if (free <= 0) return undefined;
    for (let at = 0; at < free; at += 1) {
      const email = `temp${dice.int(1_000_000)}@elsewhere.example`;
      sim.zendesk.target.seedUser({ name: 'Temporary', email, role: { role: 'agent', customRoleId: null } });
    }
    return `the last ${free} seats are taken by hand`;
  }) as Happening,
  freeSeat: ((sim, dice) => {
    const { zendesk } = sim;
    const agents = zendesk.liveUsers.filter(({ id, role }) => role.role !== 'end-user' && id !== zendesk.selfId);
    const strangers = agents.filter(({ id }) => zendesk.notesOf(id).owner === null);
    const agent = dice.maybe(dice.chance(0.8) ? strangers : agents);
    if (!agent) return undefined;
    agent.role = { role: 'end-user', customRoleId: null };
    dropMemberships(sim, ({ userId }) => userId === agent.id);
    const notes = zendesk.notesOf(agent.id);
    [notes.roleBy, notes.isTouched] = ['hand', true];
    return `the seat of Zendesk ${agent.id} (${agent.externalId?.slice(-4) ?? 'nobody'}) is freed by hand`;
  }) as Happening,
  hireAgents: (({ entra }, dice) => {
    const role = entra.roles.find(({ value, isEnabled }) => value === 'agent' && isEnabled);
    if (!role) return undefined;
    const hired = Array.from({ length: dice.between(2, 4) }, () => {
      const upn = `a${dice.int(100_000)}@contoso.com`;
      const person = entra.addPerson({ upn, name: `Agent ${upn.slice(1, -12)}` });
      entra.assign(person, role.id);
      return person.id.slice(-4);
    });
    return `${hired.join(' ')} are hired as agents`;
  }) as Happening,
  buySeats: ((sim, dice) => `operator: there are ${buySeats(sim, dice.between(1, 2))} seats now`) as Happening,
} satisfies Record<string, Happening>;
