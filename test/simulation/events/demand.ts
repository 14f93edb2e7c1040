/** What changes about a group and is read on demand before a cycle gets to it, which may then have to read that group in full: each a scene of its own. */
import { provisionOnDemand } from '../../../src/engine/on-demand/on-demand';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import type { Person, Team } from '../world/entra';
import { standingOf, teamsAbove } from '../world/truth';
import { ask, BUDGET_MS, OPERATOR } from './ask';
import { someRole } from './entra';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

/** People and groups whom it concerns: the group itself, who is directly in it, somebody below, a group above. */
function concerned({ entra, rules }: Sim, team: Team, before: readonly string[]): readonly string[] {
  const below = [...entra.people.keys()].filter((id) => teamsAbove(entra, rules, id).includes(team.id));
  return [team.id, ...before, ...entra.shownMembers(team.id), ...below, ...teamsAbove(entra, rules, team.id)];
}

/** Provisions somebody on demand, and does something once that has ended. */
function onDemand(sim: Sim, dice: Dice, subjects: readonly string[], then: () => void): string {
  const request = { subjects, objectType: undefined, dryRun: false, operator: OPERATOR, budgetMs: BUDGET_MS };
  return ask(sim, dice, `on demand ${subjects.map((one) => one.slice(-4)).join(' ')}`, async (deps) => {
    await provisionOnDemand(deps, request);
    then();
  });
}

/** Provisions somebody on demand whom a change of a group concerns, and at times has Entra ID forget how far that group was read. */
function readFirst(sim: Sim, dice: Dice, team: Team, before: readonly string[]): string {
  const subjects = [...new Set([1, 2].map(() => dice.pick(concerned(sim, team, before))))];
  const isForgotten = dice.chance(0.6);
  const told = onDemand(sim, dice, subjects, () => {
    if (isForgotten) sim.source.expireWatermarkOf(team.id);
  });
  return isForgotten ? `${told}, and how far group ${team.id.slice(-4)} was read is forgotten` : told;
}

/** A group that something is to happen to: one that entitles, or lies below such a one, where there is any. */
function someTeam({ entra }: Sim, dice: Dice): Team | undefined {
  const live = [...entra.teams.values()].filter(({ state }) => state === 'live');
  const busy = live.filter(({ id }) => entra.assignmentsOf(id).length > 0 || entra.groupsOf(id).length > 0);
  return (dice.chance(0.8) ? dice.maybe(busy) : undefined) ?? dice.maybe(live);
}

/** A scene of one of the changes that happen in Entra ID anyway, about this group. */
const first =
  (change: (sim: Sim, dice: Dice, team: Team) => string | undefined): Happening =>
  (sim, dice) => {
    const team = someTeam(sim, dice);
    if (!team) return undefined;
    const before = sim.entra.shownMembers(team.id);
    const told = change(sim, dice, team);
    return told && `${told}; ${readFirst(sim, dice, team, before)}`;
  };

/** What may let a person in, and takes it back; undefined where that is so already. */
function wayIn(sim: Sim, dice: Dice, person: Person): readonly [() => void, () => void] | undefined {
  const { entra } = sim;
  const team = dice.maybe([...entra.teams.values()].filter(({ state }) => state === 'live'));
  const role = someRole(entra, dice);
  const way = team ? dice.pick(['own', 'own', 'role', 'group', 'member'] as const) : dice.pick(['own', 'role'] as const);
  const assigned = (principal: Person | Team): readonly [() => void, () => void] | undefined => {
    const before = new Set(entra.assignmentsOf(principal.id).map(({ id }) => id));
    if (before.size > 0) return undefined;
    const back = (): void => {
      for (const { id } of entra.assignmentsOf(principal.id)) if (!before.has(id)) entra.unassign(id);
    };
    return [() => entra.assign(principal, role), back];
  };
  if (way === 'own') return assigned(person);
  if (way === 'group' && team) {
    const ways = assigned(team);
    if (ways) entra.addMember(team, person);
    return ways;
  }
  if (way === 'member' && team) {
    if (entra.shownMembers(team.id).includes(person.id)) return undefined;
    return [() => entra.addMember(team, person), () => entra.removeMember(team, person.id)];
  }
  const disabled = entra.roles.find(({ isEnabled }) => !isEnabled);
  if (!disabled) return undefined;
  const toggle = (): void => {
    sim.watch.lastRoleChangeMs = sim.nowMs;
    disabled.isEnabled = !disabled.isEnabled;
  };
  return [toggle, toggle];
}

/** People who are there, enabled, and have no right to access. */
const outside = ({ entra, rules }: Sim): readonly Person[] =>
  [...entra.people.values()].filter((one) => one.state === 'live' && one.enabled && !standingOf(entra, rules, one).isIn);

const short = ({ id }: { readonly id: string }): string => id.slice(-4);

export const DEMAND_EVENTS = {
  /** A member leaves a group, a person or a group. */
  demandLeft: first(({ entra }, dice, team) => {
    const members = entra.shownMembers(team.id);
    const nested = members.filter((id) => entra.teams.has(id));
    const member = (dice.chance(0.7) ? dice.maybe(nested) : undefined) ?? dice.maybe(members);
    if (!member) return undefined;
    entra.removeMember(team, member);
    return `${member.slice(-4)} leaves group ${short(team)}`;
  }),
  /** A new group is made within a group, with people in it. */
  demandNested: first(({ entra }, dice, team) => {
    const inner = entra.addTeam(`Within ${dice.int(1_000)}`, dice.chance(0.8));
    const people = [...entra.people.values()].filter(({ state }) => state === 'live');
    for (const person of people) if (dice.chance(0.4)) entra.addMember(inner, person);
    entra.addMember(team, inner);
    return `group ${short(inner)} is made within group ${short(team)}`;
  }),
  /** A group is assigned that was not, or is made for it; it need not be security-enabled. */
  demandAssigned: ((sim, dice) => {
    const { entra } = sim;
    const team = entra.addTeam(`Asked ${dice.int(1_000)}`, dice.chance(0.6));
    const people = [...entra.people.values()].filter(({ state }) => state === 'live');
    for (const person of people) if (dice.chance(0.5)) entra.addMember(team, person);
    entra.assign(team, someRole(entra, dice));
    return `group ${short(team)} is made and assigned; ${readFirst(sim, dice, team, [])}`;
  }) as Happening,
  /** Whether a group entitles anybody changes. */
  demandToggled: first(({ entra }, dice, team) => {
    if (dice.chance(0.5)) {
      entra.change(team, { security: !team.security });
      return `group ${short(team)} is ${team.security ? '' : 'no longer '}security-enabled`;
    }
    const assigned = entra.assignmentsOf(team.id);
    for (const one of assigned) entra.unassign(one.id);
    if (assigned.length === 0) entra.assign(team, someRole(entra, dice));
    return `group ${short(team)} is ${assigned.length === 0 ? 'assigned' : 'unassigned'}`;
  }),
  /** A group is deleted, or returns. */
  demandDeleted: ((sim, dice) => {
    const { entra } = sim;
    const soft = dice.maybe([...entra.teams.values()].filter(({ state }) => state === 'soft'));
    const team = soft && dice.chance(0.6) ? soft : someTeam(sim, dice);
    if (!team) return undefined;
    const before = entra.shownMembers(team.id);
    if (team === soft) entra.restore(team);
    else entra.delete(team, 'soft');
    return `group ${short(team)} is ${team === soft ? 'restored' : 'deleted'}; ${readFirst(sim, dice, team, before)}`;
  }) as Happening,
  /** Somebody who has left is provisioned on demand: from then on the row is as a direct read has it, and a later one finds it so. */
  demandOut: ((sim, dice) => {
    const person = dice.maybe(outside(sim).filter(({ id }) => sim.links.has(`user ${id}`)));
    return person && onDemand(sim, dice, [person.id], () => sim.readBefore.add(person.id));
  }) as Happening,
  /** Somebody is let in, provisioned on demand, and not entitled any more before a cycle has seen that. */
  demandWithdrawn: ((sim, dice) => {
    const out = outside(sim);
    const known = out.filter(({ id }) => sim.readBefore.has(id));
    const person = dice.maybe(known) ?? dice.maybe(out);
    const way = person && wayIn(sim, dice, person);
    if (!way) return undefined;
    way[0]();
    const told = onDemand(sim, dice, [person.id], () => {
      way[1]();
      sim.tell(`what let ${short(person)} in is taken back`);
      sim.changed();
    });
    return `${short(person)} may be let in for a moment; ${told}`;
  }) as Happening,
} satisfies Record<string, Happening>;
