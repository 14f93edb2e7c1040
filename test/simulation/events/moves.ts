/** People who are moved from one group to another just while the app reads: each reading is true, and all of them together never were. */
import { provisionOnDemand } from '../../../src/engine/on-demand/on-demand';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import type { Person, Team } from '../world/entra';
import { standingOf, teamsAbove } from '../world/truth';
import { ask, BUDGET_MS, OPERATOR } from './ask';
import { someRole } from './entra';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

const short = ({ id }: { readonly id: string }): string => id.slice(-4);

/** People with access and no assignment of their own, and one group through which they have it. */
function byGroup({ entra, rules }: Sim): readonly { readonly person: Person; readonly team: Team }[] {
  return [...entra.people.values()].flatMap((person) => {
    if (entra.assignmentsOf(person.id).length > 0 || !standingOf(entra, rules, person).isIn) return [];
    const teams = teamsAbove(entra, rules, person.id).flatMap((id) => entra.teams.get(id) ?? []);
    return teams.filter(({ id }) => entra.assignmentsOf(id).length > 0).map((team) => ({ person, team }));
  });
}

/** Moves people to another group that is assigned only now, or just made, and out of all others. */
function move(sim: Sim, dice: Dice, people: readonly Person[], roleId: string): void {
  const { entra } = sim;
  const idle = [...entra.teams.values()].filter(
    (one) => one.state === 'live' && one.security && entra.assignmentsOf(one.id).length === 0,
  );
  const to = (dice.chance(0.5) ? dice.maybe(idle) : undefined) ?? entra.addTeam(`Moved ${dice.int(10_000)}`, true);
  for (const person of people) entra.addMember(to, person);
  entra.assign(to, roleId);
  // They are in both for a moment, and have access all the time.
  sim.changed();
  for (const person of people) {
    for (const id of entra.groupsOf(person.id)) {
      const team = entra.teams.get(id);
      if (team && team !== to && team.state === 'live') entra.removeMember(team, person.id);
    }
  }
  sim.changed();
  sim.tell(`${people.map(short).join(' ')} are moved to group ${short(to)}`);
}

/** Some of those who have access through one group, to be moved once the source is called so. */
function movedAt(sim: Sim, dice: Dice, method: string): readonly Person[] {
  // Who is moved twice while one reading lasts could be asked about for ever.
  if (!sim.scheduler.isIdle) return [];
  const ways = byGroup(sim);
  const team = dice.maybe(ways)?.team;
  const people = ways.flatMap((one) => (one.team === team ? [one.person] : [])).slice(0, dice.between(1, 3));
  if (!team || people.length === 0) return [];
  const roleId = sim.entra.assignmentsOf(team.id)[0]?.roleId ?? someRole(sim.entra, dice);
  let isDone = false;
  sim.faults.next(method, () => {
    if (isDone) return undefined;
    isDone = true;
    move(sim, dice, people, roleId);
    return undefined;
  });
  return people;
}

const onDemand = (sim: Sim, dice: Dice, people: readonly Person[]): string =>
  ask(sim, dice, `on demand ${people.map(short).join(' ')}`, (deps) => {
    const subjects = people.map(({ id }) => id);
    return provisionOnDemand(deps, { subjects, objectType: undefined, dryRun: false, operator: OPERATOR, budgetMs: BUDGET_MS });
  });

export const MOVE_EVENTS = {
  /** Once a cycle has listed the assignments, and before it reads the groups. */
  movedWhileRead: ((sim, dice) => {
    const people = movedAt(sim, dice, 'readGroupChanges');
    if (people.length === 0) return undefined;
    sim.tick(dice.pick(sim.instances));
    return `${people.map(short).join(' ')} will be moved while a cycle reads`;
  }) as Happening,
  /** Once a request on demand has listed the assignments. */
  movedOnDemand: ((sim, dice) => {
    const people = movedAt(sim, dice, 'readUser');
    return people.length > 0
      ? `${people.map(short).join(' ')} will be moved meanwhile; ${onDemand(sim, dice, people)}`
      : undefined;
  }) as Happening,
  /** A group is deleted; once it is back, who is in it leaves all others, and is asked for before a cycle has read any of that. */
  backOnDemand: ((sim, dice) => {
    const { entra } = sim;
    const gone = dice.maybe(
      [...entra.teams.values()].filter(({ id, state }) => state === 'soft' && entra.assignmentsOf(id).length > 0),
    );
    if (!gone) {
      const team = dice.maybe(byGroup(sim))?.team;
      if (!team) return undefined;
      entra.delete(team, 'soft');
      return `group ${short(team)} is deleted`;
    }
    entra.restore(gone);
    sim.changed();
    const people = [...(entra.members.get(gone.id) ?? [])].flatMap((id) => entra.people.get(id) ?? []).slice(0, 3);
    if (people.length === 0) return `group ${short(gone)} is restored`;
    for (const person of people)
      for (const id of entra.groupsOf(person.id)) {
        const team = entra.teams.get(id);
        if (team && team !== gone && team.state === 'live') entra.removeMember(team, person.id);
      }
    return `group ${short(gone)} is restored, and its members leave all others; ${onDemand(sim, dice, people)}`;
  }) as Happening,
} satisfies Record<string, Happening>;
