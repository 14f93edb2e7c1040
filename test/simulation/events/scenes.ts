/** Meetings that chance alone would hardly bring about, each of which was seen once. */
import { UnavailableError } from '../../../src/core/errors';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { someRole } from './entra';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

export const SCENE_EVENTS = {
  /** Two people come with one address, which an account in Zendesk has that is nobody's. */
  oneAddressForTwo: (({ entra, zendesk, nowMs }, dice) => {
    const mail = `shared${dice.int(10_000)}@contoso.com`;
    const two = ['x', 'y'].map((word) => {
      const upn = `${word}${dice.int(100_000)}@contoso.com`;
      const person = entra.addPerson({ upn, mail, name: `Shares ${upn.slice(0, -12)}` });
      entra.assign(person, someRole(entra, dice));
      return person.id.slice(-4);
    });
    const account = zendesk.target.seedUser({ name: 'There before', email: mail });
    zendesk.notesOf(account.id).indexedFromMs = nowMs;
    return `${two.join(' and ')} are hired with the address of Zendesk ${account.id}`;
  }) as Happening,
  /** A group's creation fails, nothing is written, and somebody makes a group of that name by hand before the next try. */
  namesakeOfFailed: ((sim, dice) => {
    const { entra, faults, zendesk } = sim;
    const team = entra.addTeam(`Scene ${dice.int(10_000)}`, true);
    entra.assign(team, someRole(entra, dice));
    faults.next('createGroup', (args) => {
      if ((args[0] as { readonly name: string }).name !== team.name) return undefined;
      const group = zendesk.target.seedGroup(team.name);
      sim.tell(`Zendesk group ${group.id} «${group.name}» is made by hand, while the app's own try fails`);
      return new UnavailableError('target', 'simulated');
    });
    return `group ${team.id.slice(-4)} «${team.name}» is made`;
  }) as Happening,
  /** A group that somebody had made by hand is no longer asked for. */
  unassignAdopted: (({ entra, zendesk }, dice) => {
    const teams = [...entra.teams.values()].filter(({ id, state }) => {
      const isAdopted = zendesk.liveGroups.some((group) => {
        const notes = zendesk.groupNotesOf(group.id);
        return notes.owner === id && !notes.createdByApp;
      });
      return state === 'live' && isAdopted && entra.assignmentsOf(id).length > 0;
    });
    const team = dice.maybe(teams);
    if (!team) return undefined;
    for (const one of entra.assignmentsOf(team.id)) entra.unassign(one.id);
    return `group ${team.id.slice(-4)}, which was there before, is unassigned`;
  }) as Happening,
} satisfies Record<string, Happening>;
