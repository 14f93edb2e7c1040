/** What happens in Entra ID, one thing at a time. Each answers what it did, or nothing where there was nothing to do it to. */
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { DEFAULT_ACCESS, type Entra, type Person, type Team } from '../world/entra';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

const live = (entra: Entra): readonly Person[] => [...entra.people.values()].filter((one) => one.state === 'live');
const soft = (entra: Entra): readonly Person[] => [...entra.people.values()].filter((one) => one.state === 'soft');
const liveTeams = (entra: Entra): readonly Team[] => [...entra.teams.values()].filter((one) => one.state === 'live');

/** A role that exists; seldom the disabled one, or Default Access. */
export function someRole({ roles }: Entra, dice: Dice): string {
  if (dice.chance(0.1)) return DEFAULT_ACCESS;
  const enabled = roles.filter((role) => role.isEnabled);
  return (dice.chance(0.9) ? (dice.maybe(enabled) ?? dice.pick(roles)) : dice.pick(roles)).id;
}

/** One of a few hundred addresses, so that they meet. */
const freshAddress = (dice: Dice): string => `p${dice.int(400)}@contoso.com`;

const on =
  <T>(find: (entra: Entra) => readonly T[], act: (one: T, sim: Sim, dice: Dice) => string | undefined): Happening =>
  (sim, dice) => {
    const one = dice.maybe(find(sim.entra));
    return one && act(one, sim, dice);
  };

const short = (one: { readonly id: string }): string => one.id.slice(-4);

export const ENTRA_EVENTS = {
  hire: (({ entra }, dice) => {
    const upn = freshAddress(dice);
    if ([...entra.people.values()].some((one) => one.upn === upn && one.state !== 'hard')) return undefined;
    const person = entra.addPerson({
      upn,
      name: `Person ${upn.slice(0, -12)}`,
      department: dice.chance(0.2) ? 'Contractors' : 'Sales',
    });
    if (dice.chance(0.6)) entra.assign(person, someRole(entra, dice));
    const team = dice.maybe(liveTeams(entra));
    if (team && dice.chance(0.6)) entra.addMember(team, person);
    return `${short(person)} is hired as ${upn}`;
  }) as Happening,
  assign: on(live, (person, { entra }, dice) => {
    entra.assign(person, someRole(entra, dice));
    return `${short(person)} is assigned`;
  }),
  leave: on(live, (person, { entra }) => {
    for (const one of entra.assignmentsOf(person.id)) entra.unassign(one.id);
    for (const id of entra.groupsOf(person.id)) {
      const team = entra.teams.get(id);
      if (team?.state === 'live') entra.removeMember(team, person.id);
    }
    return `${short(person)} loses every assignment and group`;
  }),
  exodus: (({ entra }, dice) => {
    // More at once than a brake lets go; and of those who went before, something changes as well, so that they are counted with them.
    const going = live(entra).filter(() => dice.chance(0.6));
    for (const person of going) {
      for (const one of entra.assignmentsOf(person.id)) entra.unassign(one.id);
      for (const id of entra.groupsOf(person.id)) {
        const team = entra.teams.get(id);
        if (team?.state === 'live') entra.removeMember(team, person.id);
      }
      entra.change(person, { department: `Closed ${dice.int(9)}` });
    }
    return going.length > 0 ? `${going.map(short).join(' ')} lose every assignment and group` : undefined;
  }) as Happening,
  unassign: on(live, (person, { entra }) => {
    const [one] = entra.assignmentsOf(person.id);
    if (!one) return undefined;
    entra.unassign(one.id);
    return `${short(person)} is unassigned once`;
  }),
  changeRole: on(live, (person, { entra }, dice) => {
    const before = entra.assignmentsOf(person.id);
    if (before.length === 0) return undefined;
    entra.assign(person, someRole(entra, dice));
    for (const one of before) if (entra.assignmentsOf(person.id).length > 1) entra.unassign(one.id);
    return `${short(person)} changes role`;
  }),
  disable: on(live, (person, { entra }) => {
    entra.change(person, { enabled: !person.enabled });
    return `${short(person)} is ${person.enabled ? 'enabled' : 'disabled'}`;
  }),
  rename: on(live, (person, { entra }, dice) => {
    entra.change(person, { name: `Renamed ${dice.int(1000)}` });
    return `${short(person)} is called ${person.name}`;
  }),
  changeAddress: on(live, (person, { entra }, dice) => {
    const mail = freshAddress(dice);
    if (live(entra).some((one) => one.mail === mail)) return undefined;
    entra.change(person, { mail });
    return `${short(person)} gets the address ${mail}`;
  }),
  changePhone: on(live, (person, { entra }, dice) => {
    entra.change(person, {
      phone: dice.chance(0.3) ? null : `+4930${dice.int(9000) + 1000}`,
      department: dice.chance(0.3) ? 'Contractors' : 'Sales',
    });
    return `${short(person)} has another phone or department`;
  }),
  swapAddresses: on(live, (person, { entra }, dice) => {
    const other = dice.maybe(live(entra).filter((one) => one !== person));
    if (!other) return undefined;
    const mine = person.mail;
    entra.change(person, { mail: other.mail });
    entra.change(other, { mail: mine });
    return `${short(person)} and ${short(other)} swap addresses`;
  }),
  handOnAddress: on(live, (person, { entra }, dice) => {
    const heir = dice.maybe(live(entra).filter((one) => one !== person));
    if (!heir) return undefined;
    const { mail } = person;
    const instead = freshAddress(dice);
    if (live(entra).some((one) => one.mail === instead)) return undefined;
    entra.change(person, { mail: instead });
    entra.change(heir, { mail });
    return `${short(person)} hands ${mail} on to ${short(heir)}`;
  }),
  softDelete: on(live, (person, { entra }) => {
    entra.delete(person, 'soft');
    return `${short(person)} is deleted`;
  }),
  hardDelete: on(
    (entra) => [...soft(entra), ...live(entra).slice(0, 1)],
    (person, { entra }) => {
      entra.delete(person, 'hard');
      return `${short(person)} is deleted for good`;
    },
  ),
  restore: on(soft, (person, { entra }) => {
    entra.restore(person);
    return `${short(person)} is restored`;
  }),
  rehire: on(
    (entra) => [...entra.people.values()].filter((one) => one.state !== 'live'),
    (old, { entra }, dice) => {
      if (live(entra).some((one) => one.upn === old.upn || one.mail === old.mail)) return undefined;
      const person = entra.addPerson({ upn: old.upn, mail: old.mail, name: old.name });
      entra.assign(person, someRole(entra, dice));
      return `${short(old)} is hired again as ${short(person)} with the same address`;
    },
  ),
  join: on(liveTeams, (team, { entra }, dice) => {
    const person = dice.maybe(live(entra));
    if (!person) return undefined;
    entra.addMember(team, person);
    return `${short(person)} joins group ${short(team)}`;
  }),
  quit: on(liveTeams, (team, { entra }, dice) => {
    const member = dice.maybe(entra.shownMembers(team.id));
    if (!member) return undefined;
    entra.removeMember(team, member);
    return `${member.slice(-4)} leaves group ${short(team)}`;
  }),
  nest: on(liveTeams, (team, { entra }, dice) => {
    const inner = dice.maybe(liveTeams(entra).filter((one) => one !== team));
    if (!inner) return undefined;
    entra.addMember(team, inner);
    return `group ${short(inner)} is put into group ${short(team)}`;
  }),
  cutTeam: on(liveTeams, (team, { entra }) => {
    for (const id of [...(entra.members.get(team.id) ?? [])]) entra.removeMember(team, id);
    return `group ${short(team)} loses all its members`;
  }),
  growTeam: on(liveTeams, (team, { entra }) => {
    for (const person of live(entra)) entra.addMember(team, person);
    return `everybody joins group ${short(team)}`;
  }),
  newTeam: (({ entra }, dice) => {
    const team = entra.addTeam(`Team ${dice.int(30)}`, dice.chance(0.9));
    if (dice.chance(0.7)) entra.assign(team, someRole(entra, dice));
    return `group ${short(team)} «${team.name}» is made`;
  }) as Happening,
  assignTeam: on(liveTeams, (team, { entra }, dice) => {
    entra.assign(team, someRole(entra, dice));
    return `group ${short(team)} is assigned`;
  }),
  unassignTeam: ((sim, dice) => {
    const { entra, zendesk } = sim;
    // Best where the Zendesk group is not the app's own: that one stays.
    const isAdopted = ({ id }: Team): boolean =>
      zendesk.liveGroups.some((group) => {
        const notes = zendesk.groupNotesOf(group.id);
        return notes.owner === id && !notes.createdByApp;
      });
    const teams = liveTeams(entra);
    const team = (dice.chance(0.5) ? dice.maybe(teams.filter(isAdopted)) : undefined) ?? dice.maybe(teams);
    const assigned = team ? entra.assignmentsOf(team.id) : [];
    for (const one of assigned) entra.unassign(one.id);
    return team && assigned.length > 0 ? `group ${short(team)} is unassigned` : undefined;
  }) as Happening,
  renameTeam: on(liveTeams, (team, { entra }, dice) => {
    entra.change(team, { name: `Team ${dice.int(30)}`, description: dice.chance(0.5) ? `About ${dice.int(9)}` : null });
    return `group ${short(team)} is called «${team.name}»`;
  }),
  handOnTeamName: on(liveTeams, (team, { entra }, dice) => {
    const heir = dice.maybe(liveTeams(entra).filter((one) => one !== team));
    if (!heir) return undefined;
    const { name } = team;
    entra.change(team, { name: `Team ${30 + dice.int(30)}` });
    entra.change(heir, { name });
    return `group ${short(team)} hands «${name}» on to ${short(heir)}`;
  }),
  toggleSecurity: on(liveTeams, (team, { entra }) => {
    entra.change(team, { security: !team.security });
    return `group ${short(team)} is ${team.security ? '' : 'no longer '}security-enabled`;
  }),
  softDeleteTeam: on(liveTeams, (team, { entra }) => {
    entra.delete(team, 'soft');
    return `group ${short(team)} is deleted`;
  }),
  hardDeleteTeam: on(
    (entra) => [...entra.teams.values()].filter((one) => one.state !== 'hard'),
    (team, { entra }, dice) => {
      if (team.state === 'live' && dice.chance(0.5)) return undefined;
      entra.delete(team, 'hard');
      return `group ${short(team)} is deleted for good`;
    },
  ),
  restoreTeam: on(
    (entra) => [...entra.teams.values()].filter((one) => one.state === 'soft'),
    (team, { entra }) => {
      entra.restore(team);
      return `group ${short(team)} is restored`;
    },
  ),
  toggleRole: (({ entra, watch, nowMs }, dice) => {
    const role = dice.pick(entra.roles);
    watch.lastRoleChangeMs = nowMs;
    role.isEnabled = !role.isEnabled;
    return `the app role ${role.displayName} is ${role.isEnabled ? 'enabled' : 'disabled'}`;
  }) as Happening,
  assignServicePrincipal: (({ entra }, dice) => {
    entra.assignServicePrincipal(someRole(entra, dice));
    return 'a service principal is assigned';
  }) as Happening,
} satisfies Record<string, Happening>;
