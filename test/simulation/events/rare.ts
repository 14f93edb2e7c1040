/** What hardly ever happens by itself, and what only shows where several things come together: each is asked of the app in some stories. */

import { LicenseLimitError, RejectedError } from '../../../src/core/errors';
import type { SourceId } from '../../../src/core/model';
import { cleanUp } from '../../../src/engine/accounts/clean-up';
import { restartJob } from '../../../src/engine/control/restart';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { repairAll } from '../rules/drift-rules';
import { standingOf } from '../world/truth';
import { ask, OPERATOR } from './ask';
import { someRole } from './entra';
import { SEAT_EVENTS } from './seats';

type Happening = (sim: Sim, dice: Dice) => string | undefined;

const AGENT = { role: 'agent', customRoleId: null } as const;
const MINUTE_MS = 60_000;

/** People with an account of the app's, and that account. */
export function linked({ entra, links, rules, zendesk }: Sim) {
  return [...entra.people.values()].flatMap((person) => {
    const id = links.get(`user ${person.id}`)?.slice('user '.length);
    const account = zendesk.liveUsers.find((one) => one.id === id);
    return account ? [{ person, account, isIn: standingOf(entra, rules, person).isIn }] : [];
  });
}

/** Whether the settings protect nothing of a person's. */
export const isQuiet = ({ id, mail, upn }: { id: string; mail: string | null; upn: string }, { protectedUsers }: Sim): boolean =>
  !protectedUsers.some((one) => one === mail || one === upn || one === id);

function letInAsAgent(sim: Sim, dice: Dice): string | undefined {
  const gone = linked(sim).filter(
    ({ isIn, account }) => !isIn && account.suspended && sim.zendesk.notesOf(account.id).suspendedBy === 'app',
  );
  const some = dice.maybe(gone);
  if (!some || sim.zendesk.target.seats !== undefined) return undefined;
  const notes = sim.zendesk.notesOf(some.account.id);
  if (sim.told.isUnanswered(some.account.id)) sim.watch.unseenSuspensions.push(notes.owner);
  Object.assign(some.account, { suspended: false, role: AGENT });
  Object.assign(notes, { wasAppsBefore: true, suspendedBy: null, letInMs: sim.nowMs, roleBy: 'hand', isTouched: true });
  return `Zendesk ${some.account.id} (${some.person.id.slice(-4)}) is let in as an agent by hand`;
}

export const RARE_EVENTS = {
  /** A list of assignments never ends. */
  pagesWithoutEnd: ((sim, dice) => {
    sim.faults.lasts('endlessPages', String(dice.int(1e9)), dice.between(2, 5));
    return 'fault: endlessPages';
  }) as Happening,
  /** Zendesk has no seat for one of those who are to get one, whatever anybody has counted. */
  noSeatForOne: ((sim, dice) => {
    sim.faults.next('createUser', ([user]) => {
      if ((user as { readonly role: { readonly role: string } }).role.role === 'end-user') return undefined;
      sim.faults.count('seatsGone');
      return new LicenseLimitError('simulated: no seat is free');
    });
    return `Zendesk has no seat for the next agent; ${SEAT_EVENTS.hireAgents(sim, dice)}`;
  }) as Happening,
  /** The account refuses the next job, and with it bulk for a day. */
  closeBulk: ((sim, dice) => {
    if (!sim.jobs) return undefined;
    sim.jobs.next = 'jobClosed';
    const hired = Array.from({ length: dice.between(3, 5) }, () => {
      const upn = `b${dice.int(1_000_000)}@contoso.com`;
      const person = sim.entra.addPerson({ upn, name: `Bulk ${upn.slice(1, -12)}` });
      sim.entra.assign(person, someRole(sim.entra, dice));
      return person.id.slice(-4);
    });
    return `Zendesk refuses bulk from now on; ${hired.join(' ')} are hired`;
  }) as Happening,
  /** More members of one group were put there by hand than the brake lets go, and an operator names all of them. */
  cleanUpCrowd: ((sim, dice) => {
    const { deletionThreshold } = sim.setting;
    const group = dice.maybe(sim.zendesk.liveGroups.filter(({ id }) => sim.zendesk.groupNotesOf(id).owner !== null));
    const groupId = group && (sim.zendesk.groupNotesOf(group.id).owner as SourceId | null);
    if (!group || !groupId || deletionThreshold > 10 || sim.zendesk.target.seats !== undefined) return undefined;
    const userIds = Array.from({ length: deletionThreshold + 1 }, () => {
      const email = `crowd${dice.int(1_000_000)}@elsewhere.example`;
      const { id } = sim.zendesk.target.seedUser({ name: 'Put in by hand', email, role: AGENT });
      const membership = `8${dice.int(1_000_000_000)}` as typeof id;
      sim.zendesk.target.memberships.set(membership, { id: membership, userId: id, groupId: group.id, isDefault: false });
      sim.zendesk.members.set(`${id} ${group.id}`, 'hand');
      return id;
    });
    sim.zendesk.groupNotesOf(group.id).isTouched = true;
    const allowDeletes = dice.chance(0.3);
    const request = { groups: [], members: [{ groupId, userIds }], allowDeletes };
    return ask(sim, dice, `clean-up of ${userIds.length} in ${group.id} (${allowDeletes})`, async (deps) => {
      sim.cleanUps.asked(request);
      const answer = await cleanUp(deps, request, OPERATOR);
      sim.count(`clean-up ${answer.kind}`);
      sim.tell(`clean-up: ${JSON.stringify(answer)}`);
      if (answer.kind === 'begun') sim.cleanUps.begun(answer, allowDeletes);
    });
  }) as Happening,
  /** A message is handed out once more, long after it was carried out and had nothing to do: by then it has, and the new one is late. */
  repeatLate: ((sim, dice) => {
    const out = [...sim.told.enqueued.values()].filter(({ objectType, sourceId, cleanUp: cleans, undo }) => {
      const person = sim.entra.people.get(sourceId);
      const isOut = person?.state === 'live' && person.enabled && !standingOf(sim.entra, sim.rules, person).isIn;
      return objectType === 'user' && isOut && !cleans && !undo && !sim.links.has(`user ${sourceId}`);
    });
    const item = dice.maybe(out);
    const person = item && sim.entra.people.get(item.sourceId);
    if (!item || !person) return undefined;
    const user = sim.entra.roles.find(({ value, isEnabled }) => value === 'user' && isEnabled);
    sim.entra.assign(person, user?.id ?? someRole(sim.entra, dice));
    sim.queue.add(item, dice.between(22, 60) * MINUTE_MS);
    sim.queue.late.set(person.id, 120 * MINUTE_MS);
    return `${person.id.slice(-4)} is assigned, and an old message about them comes once more`;
  }) as Happening,
  /** The setting protects a further address of an account, by which nobody would look for it, and the person is called something else now. */
  protectFurther: ((sim, dice) => {
    const some = dice.maybe(linked(sim).filter(({ person }) => person.state === 'live'));
    if (!some) return undefined;
    const address = `further${dice.int(1_000_000)}@elsewhere.example`;
    some.account.otherEmails.push(address);
    sim.zendesk.notesOf(some.account.id).isTouched = true;
    sim.entra.change(some.person, { name: `Renamed ${dice.int(1000)}` });
    sim.protectedUsers = [...sim.protectedUsers, address];
    sim.watch.protect([address]);
    sim.redeploy();
    return `operator: ${address} of Zendesk ${some.account.id} (${some.person.id.slice(-4)}) is protected now, who is called ${some.person.name}`;
  }) as Happening,
  /** Links are forgotten while somebody who has left still has access, because Zendesk has refused to take it away. */
  restartWhileOwed: ((sim, dice) => {
    const owed = linked(sim).find(({ isIn, account }) => !isIn && !account.suspended);
    if (owed && dice.chance(0.8))
      return ask(sim, dice, `restart while ${owed.person.id.slice(-4)} has access still`, async (deps) => {
        sim.watch.started();
        const answer = await restartJob(deps, OPERATOR, ['Escrows', 'ConnectorDataStore'], deps.newId());
        sim.count('restartLinks');
        sim.tell(`restart: ${answer.kind}`);
        sim.watch.started();
      });
    const some = dice.maybe(
      linked(sim).filter(({ isIn, account, person }) => isIn && !account.suspended && isQuiet(person, sim)),
    );
    if (!some) return undefined;
    const { person, account } = some;
    sim.entra.change(person, { enabled: false });
    sim.faults.next('updateUser', ([current]) =>
      (current as { readonly id: string }).id === account.id
        ? new RejectedError(undefined, 'simulated: refused once')
        : undefined,
    );
    return `${person.id.slice(-4)} is disabled, and Zendesk refuses to suspend the account`;
  }) as Happening,
  /** Somebody who left is let in again by hand, with the role of an agent. */
  letInAsAgent: letInAsAgent as Happening,
  /** Somebody's role is changed, and the list lacks the new assignment, which a direct read shows. */
  changeRoleUnlisted: ((sim, dice) => {
    const { entra } = sim;
    const people = [...entra.people.values()].filter(({ id, state }) => state === 'live' && entra.assignmentsOf(id).length === 1);
    const person = dice.maybe(people);
    const [before] = person ? entra.assignmentsOf(person.id) : [];
    if (!person || !before) return undefined;
    entra.assign(person, someRole(entra, dice));
    const added = entra.assignmentsOf(person.id).find(({ id }) => id !== before.id);
    if (!added) return undefined;
    entra.unassign(before.id);
    sim.faults.lasts('hidesAssignment', added.id, dice.between(1, 3));
    return `${person.id.slice(-4)} changes role, and the list does not show it`;
  }) as Happening,
  /** A group, or somebody in one, is deleted for a while, and everything is read anew meanwhile. */
  returnAfterFullRound: (({ entra, source }, dice) => {
    const all = [...entra.people.values(), ...entra.teams.values()];
    const gone = dice.maybe(all.filter(({ state }) => state === 'soft'));
    if (gone && dice.chance(0.7)) {
      entra.restore(gone);
      return `${gone.type} ${gone.id.slice(-4)} is restored`;
    }
    const inGroups = all.filter(({ id, type, state }) => state === 'live' && (type === 'group' || entra.groupsOf(id).length > 0));
    const some = dice.maybe(inGroups);
    if (!some) return undefined;
    entra.delete(some, 'soft');
    source.expireWatermarks();
    return `${some.type} ${some.id.slice(-4)} is deleted, and the next reading is a full one`;
  }) as Happening,
} satisfies Record<string, Happening>;

/** Those of stories that are about a repair right after somebody in Zendesk has given access back. */
export const LET_IN_EVENTS = {
  /** Somebody who left is let in as an agent, and Zendesk is compared and repaired at once; where nobody has left, somebody does. */
  repairLetIn: ((sim, dice) => {
    const told = letInAsAgent(sim, dice);
    if (told) {
      sim.count('letInAsAgent');
      return `${told}; ${ask(sim, dice, 'repair', (_deps, planning) => repairAll(planning))}`;
    }
    const some = dice.maybe(
      linked(sim).filter(({ isIn, account, person }) => isIn && !account.suspended && isQuiet(person, sim)),
    );
    if (!some) return undefined;
    sim.entra.change(some.person, { enabled: false });
    return `${some.person.id.slice(-4)} is disabled`;
  }) as Happening,
} satisfies Record<string, Happening>;
