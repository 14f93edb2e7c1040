/** What people do in Zendesk meanwhile. Each answers what it did, or nothing where there was nothing to do it to. */
import type { FakeGroup, FakeUser } from '../../fakes/target-account';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';

/** Whether somebody may be made an agent: Zendesk refuses it where its plan has no seat left. */
function mayTakeSeat({ zendesk }: Sim): boolean {
  const held = zendesk.liveUsers.filter(({ role }) => role.role !== 'end-user').length;
  return held < (zendesk.target.seats ?? Number.POSITIVE_INFINITY);
}

type Happening = (sim: Sim, dice: Dice) => string | undefined;

const END_USER = { role: 'end-user', customRoleId: null } as const;
const AGENT = { role: 'agent', customRoleId: null } as const;

const onUser =
  (act: (user: FakeUser, sim: Sim, dice: Dice) => string | undefined): Happening =>
  (sim, dice) => {
    const user = dice.maybe(sim.zendesk.liveUsers.filter((one) => one.id !== sim.zendesk.selfId));
    const done = user && act(user, sim, dice);
    if (user && done) sim.zendesk.notesOf(user.id).isTouched = true;
    return done && `Zendesk ${user.id} (${user.externalId?.slice(-4) ?? 'nobody'}) ${done}`;
  };

const onGroup =
  (act: (group: FakeGroup, sim: Sim, dice: Dice) => string | undefined): Happening =>
  (sim, dice) => {
    const group = dice.maybe(sim.zendesk.liveGroups.filter((one) => !one.isDefault));
    const done = group && act(group, sim, dice);
    if (group && done) sim.zendesk.groupNotesOf(group.id).isTouched = true;
    return done && `Zendesk group ${group.id} ${done}`;
  };

/** Ends memberships by hand. */
export function dropMemberships(
  { zendesk }: Sim,
  test: (pair: { readonly userId: string; readonly groupId: string }) => boolean,
): void {
  for (const membership of [...zendesk.target.memberships.values()]) {
    if (!test(membership)) continue;
    zendesk.target.memberships.delete(membership.id);
    zendesk.members.delete(`${membership.userId} ${membership.groupId}`);
    zendesk.madeMembers.delete(`${membership.userId} ${membership.groupId}`);
    zendesk.groupNotesOf(membership.groupId).isTouched = true;
  }
}

const somebody = (sim: Sim, dice: Dice) => dice.maybe([...sim.entra.people.values()]);

/** An account goes, by hand: with it goes what would show of what the app has asked for and not seen yet. */
function deactivate(user: FakeUser, { told, watch, zendesk, nowMs }: Sim): void {
  const { owner } = zendesk.notesOf(user.id);
  if (told.mayDelete(`user ${user.id}`)) watch.racedDeletions.push(owner);
  if (told.looksDeleted(user.id)) watch.leaving.deleted(user.id);
  if (user.suspended && told.isUnanswered(user.id)) watch.unseenSuspensions.push(owner);
  user.active = false;
  user.updatedAt = new Date(nowMs).toISOString();
}

function addAddresses({ zendesk, nowMs }: Sim, user: FakeUser, addresses: readonly string[]): void {
  const notes = zendesk.notesOf(user.id);
  user.otherEmails.push(...addresses);
  notes.addressMs = { ...notes.addressMs, ...Object.fromEntries(addresses.map((address) => [address.toLowerCase(), nowMs])) };
}

export const ZENDESK_EVENTS = {
  suspendByHand: onUser((user, { zendesk, scheduler, watch, told, nowMs }) => {
    if (user.suspended) return undefined;
    user.suspended = true;
    const notes = zendesk.notesOf(user.id);
    // Lifted and put back by hand before the app has done anything about it: then it looks like the app's own.
    const isUnseen =
      notes.wasAppsBefore && !watch.effects.some((one) => one.targetId === user.id && one.atMs >= (notes.letInMs ?? 0));
    notes.suspendedMs = nowMs;
    notes.suspendedBy = isUnseen ? 'app' : told.maySuspend(user.id) ? 'either' : 'hand';
    if (!scheduler.isIdle || notes.suspendedBy === 'either') watch.raced.push({ owner: notes.owner, atMs: nowMs });
    return 'is suspended by hand';
  }),
  letInByHand: onUser((user, { zendesk, nowMs, told, watch }) => {
    if (!user.suspended) return undefined;
    if (told.isUnanswered(user.id)) watch.unseenSuspensions.push(zendesk.notesOf(user.id).owner);
    user.suspended = false;
    const notes = zendesk.notesOf(user.id);
    Object.assign(notes, { wasAppsBefore: notes.suspendedBy === 'app', suspendedBy: null, letInMs: nowMs });
    return 'is let in by hand';
  }),
  renameByHand: onUser((user, _sim, dice) => {
    user.name = `By hand ${dice.int(100)}`;
    return `is called ${user.name} by hand`;
  }),
  deleteByHand: onUser((user, sim) => {
    deactivate(user, sim);
    dropMemberships(sim, ({ userId }) => userId === user.id);
    return 'is deleted by hand';
  }),
  mergeByHand: onUser((user, sim, dice) => {
    const into = dice.maybe(sim.zendesk.liveUsers.filter((one) => one !== user && one.role.role === 'end-user'));
    if (!into || user.role.role !== 'end-user') return undefined;
    deactivate(user, sim);
    addAddresses(
      sim,
      into,
      [user.email, ...user.otherEmails].flatMap((one) => one ?? []),
    );
    [user.email, user.otherEmails] = [null, []];
    sim.zendesk.notesOf(into.id).isTouched = true;
    return `is merged into ${into.id}`;
  }),
  changeRoleByHand: onUser((user, sim) => {
    if (user.role.role === 'end-user' && !mayTakeSeat(sim)) return undefined;
    user.role = user.role.role === 'end-user' ? AGENT : END_USER;
    if (user.role.role === 'end-user') dropMemberships(sim, ({ userId }) => userId === user.id);
    sim.zendesk.notesOf(user.id).roleBy = 'hand';
    return `is made ${user.role.role} by hand`;
  }),
  takeAddress: onUser((user, sim, dice) => {
    const address = somebody(sim, dice)?.mail;
    if (!address || sim.zendesk.holdersOf(address).length > 0) return undefined;
    addAddresses(sim, user, [address]);
    return `gets ${address} as a further address`;
  }),
  giveForeignId: onUser((user, { zendesk, nowMs }, dice) => {
    const notes = zendesk.notesOf(user.id);
    if (notes.owner !== null) return undefined;
    notes.foreignIdMs = nowMs;
    user.externalId = `crm-${dice.int(1000)}`;
    return `gets the external id ${user.externalId}`;
  }),
  signUp: ((sim, dice) => {
    const address = dice.chance(0.6) ? somebody(sim, dice)?.mail : `guest${dice.int(99)}@elsewhere.example`;
    if (!address || sim.zendesk.holdersOf(address).length > 0) return undefined;
    const role = dice.chance(0.3) && mayTakeSeat(sim) ? AGENT : END_USER;
    const user = sim.zendesk.target.seedUser({ name: 'Signed up', email: address, role, suspended: dice.chance(0.1) });
    const notes = sim.zendesk.notesOf(user.id);
    notes.indexedFromMs = sim.nowMs + sim.zendesk.searchLagMs;
    if (user.suspended) notes.suspendedBy = 'hand';
    return `${address} signs up as Zendesk ${user.id}`;
  }) as Happening,
  openTicket: onUser((user, { zendesk }) => {
    const { openTickets } = zendesk.target;
    if (openTickets.has(user.id)) openTickets.delete(user.id);
    else openTickets.add(user.id);
    return 'opens or closes a ticket';
  }),
  makeGroupByHand: ((sim, dice) => {
    // Best while the app is about to make one of that name itself.
    const taken = new Set(sim.zendesk.liveGroups.map(({ name }) => name));
    const teams = [...sim.entra.teams.values()];
    const waiting = new Set([...sim.queue.messages.values()].map(({ item }) => item.sourceId as string));
    const free = teams.filter(({ name }) => !taken.has(name));
    const team = dice.maybe(free.filter(({ id }) => waiting.has(id))) ?? dice.maybe(free) ?? dice.maybe(teams);
    const group = sim.zendesk.target.seedGroup(team && dice.chance(0.7) ? team.name : `Own ${dice.int(9)}`);
    return `Zendesk group ${group.id} «${group.name}» is made by hand`;
  }) as Happening,
  renameGroupByHand: onGroup((group, _sim, dice) => {
    group.name = `By hand ${dice.int(100)}`;
    return `is called «${group.name}» by hand`;
  }),
  deleteGroupByHand: onGroup((group, sim) => {
    if (sim.told.mayDelete(`group ${group.id}`)) sim.watch.racedDeletions.push(sim.zendesk.groupNotesOf(group.id).owner);
    group.deleted = true;
    dropMemberships(sim, ({ groupId }) => groupId === group.id);
    return 'is deleted by hand';
  }),
  joinByHand: onGroup((group, sim, dice) => {
    const { target, members } = sim.zendesk;
    const agents = sim.zendesk.liveUsers.filter((user) => user.role.role !== 'end-user' && user.id !== sim.zendesk.selfId);
    const agent = dice.maybe(agents.filter((user) => !members.has(`${user.id} ${group.id}`)));
    if (!agent || [...target.memberships.values()].some((one) => one.userId === agent.id && one.groupId === group.id))
      return undefined;
    const id = `9${target.memberships.size}${dice.int(1_000_000)}` as typeof agent.id;
    target.memberships.set(id, { id, userId: agent.id, groupId: group.id, isDefault: false });
    members.set(`${agent.id} ${group.id}`, 'hand');
    return `takes in ${agent.id} by hand`;
  }),
  quitByHand: onGroup((group, sim, dice) => {
    const inside = [...sim.zendesk.target.memberships.values()].filter((one) => one.groupId === group.id && !one.isDefault);
    const one = dice.maybe(inside);
    if (!one) return undefined;
    dropMemberships(sim, ({ userId, groupId }) => userId === one.userId && groupId === one.groupId);
    return `loses ${one.userId} by hand`;
  }),
} satisfies Record<string, Happening>;
