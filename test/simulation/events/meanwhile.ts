/** What changes just while the app is at it, or what Zendesk refuses just then: each scene brings its own moment about, which chance would hardly find. */
import { RejectedError, ThrottledError, UnavailableError } from '../../../src/core/errors';
import type { LinkRow } from '../../../src/ports/link-store';
import type { Stored } from '../../../src/ports/stored';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { someRole } from './entra';
import { isQuiet, linked } from './rare';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

/** People who have access by an account of the app's that nobody protects. */
const withAccess = (sim: Sim) =>
  linked(sim).filter(({ isIn, account, person }) => isIn && !account.suspended && isQuiet(person, sim));

export const MEANWHILE_EVENTS = {
  /** Somebody who has access is deleted for good, and Zendesk refuses to delete the account: for open tickets, or for a while. */
  refuseDeletion: ((sim, dice) => {
    const some = dice.maybe(withAccess(sim));
    if (!some || sim.rules.hardDeletedUsers !== 'Delete') return undefined;
    const { person, account } = some;
    sim.entra.delete(person, 'hard');
    if (dice.chance(0.3)) sim.zendesk.target.openTickets.add(account.id);
    const refusal = dice.pick([
      new ThrottledError('target', dice.between(1, 90) * 1000, 'simulated', { isUnwritten: true }),
      new UnavailableError('target', 'simulated'),
      new RejectedError(undefined, 'simulated: refused once'),
    ]);
    sim.faults.next('deleteUser', ([id]) => (id === account.id ? refusal : undefined));
    return `${person.id.slice(-4)} is deleted for good, and Zendesk refuses to delete the account (${refusal.code})`;
  }) as Happening,
  /** Some are called something else, and as before once the app is about to write it, in a job that comes after its caller has given it up. */
  renameAndBack: ((sim, dice) => {
    const { jobs, faults, entra } = sim;
    const some = withAccess(sim).slice(0, dice.between(3, 6));
    if (!jobs || some.length < 3) return undefined;
    const names = new Map(some.map(({ person, account }) => [account.id as string, { person, name: person.name }]));
    for (const { person } of some) entra.change(person, { name: `Forth ${dice.int(1000)}` });
    faults.next('updateUser', ([current]) => {
      const one = names.get((current as { readonly id: string }).id);
      if (!one) return undefined;
      names.delete((current as { readonly id: string }).id);
      jobs.next = 'jobLate';
      entra.change(one.person, { name: one.name });
      sim.changed();
      sim.tell(`${one.person.id.slice(-4)} is called ${one.name} again`);
      void sim.queue.askForCycle(dice.between(1, 60) * 1000);
      return undefined;
    });
    return `${some.map(({ person }) => person.id.slice(-4)).join(' ')} are called something else for now`;
  }) as Happening,
  /** Somebody loses access, and is back while the worker that has suspended the account is slow to write its entry. */
  stallBeforeEntry: ((sim, dice) => {
    const some = dice.maybe(withAccess(sim).filter(({ person }) => person.state === 'live'));
    if (!some) return undefined;
    const { person } = some;
    sim.entra.change(person, { enabled: false });
    sim.faults.stall(({ port, method, args, answer }) => {
      const isRow = port === 'links' && method === 'read' && (args[0] as { readonly id: string }).id === person.id;
      const row = isRow ? (answer as Stored<LinkRow> | undefined)?.value : undefined;
      if (!row?.claim?.isSettled || row.claim.plan.action !== 'disable') return undefined;
      sim.entra.change(person, { enabled: true });
      sim.changed();
      sim.tell(`the worker of ${person.id.slice(-4)} stalls, who is enabled`);
      void sim.queue.askForCycle(dice.between(1, 60) * 1000);
      return dice.between(60, 400) * 1000;
    });
    return `${person.id.slice(-4)} is disabled for now`;
  }) as Happening,
  /** Somebody of whom the app knows nothing is deleted, a group is assigned that they are in, and they return once it has been read. */
  returnIntoNewTeam: ((sim, dice) => {
    const { entra } = sim;
    const away = [...entra.people.values()].find(({ name, state }) => state === 'soft' && name.startsWith('Away '));
    if (away) {
      entra.restore(away);
      return `${away.id.slice(-4)} is restored`;
    }
    const upn = `away${dice.int(100_000)}@contoso.com`;
    const person = entra.addPerson({ upn, name: `Away ${upn.slice(4, -12)}` });
    const team = entra.addTeam(`Scene ${dice.int(10_000)}`, true);
    entra.addMember(team, person);
    entra.delete(person, 'soft');
    entra.assign(team, someRole(entra, dice));
    sim.tick(dice.pick(sim.instances));
    return `${person.id.slice(-4)} is deleted, and group ${team.id.slice(-4)} «${team.name}», which they are in, is assigned`;
  }) as Happening,
} satisfies Record<string, Happening>;
