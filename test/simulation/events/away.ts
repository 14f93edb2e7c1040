/** A group that is deleted before the one that it is in is assigned, and restored later: nothing of it was ever read. */
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { someRole } from './entra';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

export const AWAY_EVENTS = {
  nestedAway: ((sim, dice) => {
    const { entra } = sim;
    const away = [...entra.teams.values()].find(({ name, state }) => state === 'soft' && name.startsWith('Inner '));
    if (away) {
      entra.restore(away);
      return `group ${away.id.slice(-4)} «${away.name}» is restored`;
    }
    const number = dice.int(10_000);
    const [outer, inner] = [entra.addTeam(`Outer ${number}`, true), entra.addTeam(`Inner ${number}`, true)];
    const people = [...entra.people.values()].filter(({ state }) => state === 'live');
    for (const person of people) if (dice.chance(0.4)) entra.addMember(inner, person);
    entra.addMember(outer, inner);
    entra.delete(inner, 'soft');
    entra.assign(outer, someRole(entra, dice));
    sim.tick(dice.pick(sim.instances));
    return `group ${inner.id.slice(-4)} «${inner.name}» is deleted, and ${outer.id.slice(-4)} «${outer.name}», which it is in, is assigned`;
  }) as Happening,
} satisfies Record<string, Happening>;
