/**
 * Asks, once everything has come to rest, whether Zendesk is as it must be, and whether whatever is not so is seen as such (an escrow, a
 * held removal). Works from the truth about Entra and from what was seen done to Zendesk.
 */
import type { TargetId } from '../../../src/core/model';
import type { FakeUser } from '../../fakes/target-account';
import type { Sim } from '../play/sim';
import type { Person, Team } from '../world/entra';
import { isTeamIn, peopleIn, standingOf } from '../world/truth';
import { addressesOf } from '../world/zendesk';
import { seatWait } from './seat-rules';

const DAY_MS = 24 * 3600_000;

/** How far the clocks of instances may be from the world's. */
const CLOCKS_MS = 10 * 60_000;

interface Row {
  readonly key: { readonly type: string; readonly id: string };
}

async function rowsOf<T extends Row>(list: AsyncIterable<readonly T[]>): Promise<ReadonlyMap<string, T>> {
  const rows = new Map<string, T>();
  for await (const page of list) for (const row of page) rows.set(`${row.key.type} ${row.key.id}`, row);
  return rows;
}

/** Names of the objects that the brake holds. */
export const heldObjects = async (sim: Sim): Promise<readonly string[]> => [...(await rowsOf(sim.stores.staged.list())).keys()];

/** Names of the objects with a stored failure. */
export const failingObjects = async (sim: Sim): Promise<ReadonlySet<string>> =>
  new Set((await rowsOf(sim.stores.escrows.list())).keys());

interface View {
  readonly sim: Sim;
  /** True after everything was compared anew: then what was changed by hand is put right too. */
  readonly isFull: boolean;
  readonly escrows: ReadonlyMap<string, { readonly code: string; readonly reason: string; readonly lastFailedAt: string }>;
  readonly held: ReadonlyMap<string, { readonly kind: string }>;
}

/** Everybody is as Entra says, or is seen not to be. */
export async function checkWorld(sim: Sim, isFull: boolean): Promise<void> {
  const view: View = {
    sim,
    isFull,
    escrows: await rowsOf(sim.stores.escrows.list()),
    held: await rowsOf(sim.stores.staged.list()),
  };
  for (const person of sim.entra.people.values()) checkPerson(view, person);
  for (const team of sim.entra.teams.values()) checkTeam(view, team);
}

/** What is held has a reason to be. */
export async function checkHeld(sim: Sim): Promise<void> {
  for (const [name, row] of await rowsOf(sim.stores.staged.list())) {
    const person = sim.entra.people.get(row.key.id);
    const standing = person && standingOf(sim.entra, sim.rules, person);
    const hasCause =
      row.kind === 'userDisable' || row.kind === 'userDelete' || row.kind === 'userErase'
        ? standing && !standing.isIn
        : row.kind === 'agentDowngrade'
          ? standing && (!standing.isIn || standing.role === 'end-user')
          : true;
    if (!hasCause) sim.watch.violate('heldWithoutCause', `${name} is held (${row.kind}) although it is to keep what it has`);
  }
}

const isProtected = (sim: Sim, user: FakeUser | undefined, email: string | undefined): boolean =>
  [user?.id, ...(user ? addressesOf(user) : []), email].some((name) => name !== undefined && sim.protectedUsers.includes(name));

const ownAccounts = (sim: Sim, personId: string): readonly FakeUser[] =>
  sim.zendesk.liveUsers.filter((user) => {
    const { owner, isDetached } = sim.zendesk.notesOf(user.id);
    return owner === personId && !isDetached;
  });

/** Whether anything of a person's was changed by hand since everything was compared. */
const wasTouched = (sim: Sim, ownerId: string): boolean =>
  [...sim.zendesk.accounts.values(), ...sim.zendesk.groups.values()].some((notes) => notes.owner === ownerId && notes.isTouched);

/** Whether an operator broke the pair of a person or a group: it is matched anew by a full reading. */
const wasUnlinked = (sim: Sim, ownerId: string): boolean =>
  [...sim.zendesk.accounts.values(), ...sim.zendesk.groups.values()].some((notes) => notes.owner === ownerId && notes.isDetached);

/**
 * Whether a failure is that of a membership in a group that Zendesk does not have any more: a full reading makes it again, unless the group
 * itself fails and says why.
 */
function lacksGroup({ sim, isFull, escrows }: View, reason = ''): boolean {
  const id = /could not be put into group (\d+)/.exec(reason)?.[1] as TargetId | undefined;
  if (id === undefined || sim.zendesk.liveGroups.some((group) => group.id === id)) return false;
  return !isFull || escrows.has(`group ${sim.zendesk.groupNotesOf(id).owner}`);
}

/** Whether the app has deleted the account that had an address since somebody was refused it: the next try comes when the ladder says. */
const cameFree = ({ sim: { watch, zendesk } }: View, failedAt: string, address: string): boolean =>
  watch.effects.some(({ atMs, kind, targetId }) => {
    const user = zendesk.target.users.get(targetId);
    return (
      kind === 'delete' && atMs + CLOCKS_MS > Date.parse(failedAt) && user && addressesOf(user).includes(address.toLowerCase())
    );
  });

function checkPerson(view: View, person: Person): void {
  const { sim, isFull, escrows, held } = view;
  const name = `user ${person.id}`;
  const short = `Person ${person.id.slice(-4)}`;
  const escrow = escrows.get(name);
  const standing = standingOf(sim.entra, sim.rules, person);
  const violate = (rule: string, text: string): void =>
    sim.watch.violate(
      isFull ? rule : `${rule}Later`,
      `${short} ${text} ${JSON.stringify(standing)}${escrow ? ` escrow ${escrow.code}: ${escrow.reason}` : ''}`,
    );
  const own = ownAccounts(sim, person.id);

  if (!standing.isIn) {
    const [account] = own;
    if (!account || isProtected(sim, account, undefined)) return;
    const notes = sim.zendesk.notesOf(account.id);
    const setting = standing.why === 'hard' ? sim.rules.hardDeletedUsers : sim.rules.deprovisionUsers;
    if (setting === 'Nothing' || held.has(name)) return;
    if (!isFull && notes.isTouched) return;
    const hasTickets = sim.zendesk.target.openTickets.has(account.id);
    const dueMs = sim.watch.leaving.dueMs(account.id);
    const isToBeDeleted = setting === 'Delete' || sim.watch.leaving.mayDelete(account.id, sim.nowMs);
    // The group that is to take tickets may be renamed or deleted by hand: then they wait, and the failure says so.
    const lacksHeir = escrow?.code === 'PROV_TARGET_TICKETS' && !sim.zendesk.liveGroups.some(({ name }) => name === 'Strangers');
    if (escrow && !(hasTickets && isToBeDeleted) && !lacksHeir) violate('escrowWithoutCause', 'is out of scope and fails');
    const tickets = [...sim.zendesk.target.tickets.values()].filter(({ assignee }) => assignee === account.id).length;
    const areToGo = sim.setting.leaving.offboardTickets.kind !== 'leave' && notes.suspendedBy === 'app';
    // Let in and suspended again by hand before a cycle could see it: nothing tells of the tickets that came in between.
    const { letInMs } = notes;
    const isPutBack =
      letInMs !== undefined && !sim.watch.effects.some(({ targetId, atMs }) => targetId === account.id && atMs >= letInMs);
    if (isFull && areToGo && !isPutBack && tickets > 0 && account.role.role !== 'end-user' && !escrow)
      violate('keepsTickets', `has left, and ${tickets} tickets are still those of Zendesk ${account.id}`);
    // Whose links were forgotten counts as having been there before.
    const isForgotten = ['restartLinks', 'restartFull', 'unlink'].some((name) => sim.counts.has(name));
    const isPlain = !isForgotten && !sim.hasBeenCutOff && notes.suspendedBy === 'app' && !hasTickets && !escrow;
    if (isFull && isPlain && dueMs !== undefined && dueMs + 3 * DAY_MS < sim.nowMs)
      violate('notDeletedByDay', `has left, and Zendesk ${account.id} is not deleted`);
    if (setting === 'Delete' && !hasTickets) violate('notDeleted', `is gone for good, and Zendesk ${account.id} is not deleted`);
    if (!account.suspended) violate('keepsAccess', `has no right to it, and Zendesk ${account.id} is active`);
    const losesSeat = sim.rules.deprovisionUsers === 'DowngradeAndSuspend' && setting !== 'Delete';
    if (
      isFull &&
      losesSeat &&
      !lacksHeir &&
      !(hasTickets && isToBeDeleted) &&
      account.role.role !== 'end-user' &&
      notes.suspendedBy === 'app'
    ) {
      violate('keepsSeat', `keeps the seat of Zendesk ${account.id}`);
    }
    return;
  }

  if (!isFull && wasTouched(sim, person.id)) return;
  if (standing.role === 'unknown') {
    if (!escrow) violate('unseen', 'has a role that names nothing in Zendesk, and nothing says so');
    return;
  }
  const mine = sim.zendesk.accountsOf(person.id);
  const rivals = sim.zendesk.holdersOf(standing.email).filter((user) => !mine.includes(user) && !own.includes(user));
  if (isProtected(sim, mine[0] ?? own[0] ?? rivals[0], standing.email)) return;
  const isRight = mine.length === 1 && mine[0]?.email?.toLowerCase() === standing.email.toLowerCase();
  if (rivals.length > 0 || own.length > 1) {
    if (!escrow && !isRight && (isFull || !wasUnlinked(sim, person.id)))
      violate(
        'unseen',
        `cannot have the address (it is that of Zendesk ${rivals.map(({ id }) => id).join()}), and nothing says so`,
      );
    return;
  }
  const wait = standing.role === 'end-user' ? undefined : seatWait(sim, escrow, isFull);
  if (wait?.wrong) violate('seatIdle', wait.wrong);
  if (wait) return;
  if (escrow && cameFree(view, escrow.lastFailedAt, standing.email)) return;
  if (escrow && !lacksGroup(view, escrow.reason))
    violate('escrowWithoutCause', 'is in scope, nothing is in the way, and it fails');
  const [account, second] = mine;
  if (second) violate('twoAccounts', 'has two accounts');
  if (!account) {
    if (isFull || own.length === 0) violate('noAccount', 'is to have an account and has none');
    return;
  }
  const notes = sim.zendesk.notesOf(account.id);
  // An operator broke this one pair: nobody looks at the account before the person changes, or everything is matched anew.
  if (!isFull && notes.isDetached && notes.wasNamed) return;
  if (account.suspended && notes.suspendedBy !== 'hand')
    violate('notLetIn', `is to have access, and Zendesk ${account.id} is suspended`);
  if (account.name !== standing.name) violate('wrongName', `is called ${account.name} in Zendesk ${account.id}`);
  if (account.email?.toLowerCase() !== standing.email.toLowerCase())
    violate('wrongAddress', `has the address ${account.email} in Zendesk`);
  const isRoleOurs = notes.roleBy === 'app' && standing.role !== null && !held.has(name);
  if (isRoleOurs && account.role.role !== standing.role) violate('wrongRole', `is ${account.role.role} in Zendesk ${account.id}`);
}

const isDefaultOfSomebody = ({ zendesk: { target } }: Sim, groupId: TargetId): boolean =>
  [...target.memberships.values()].some((one) => one.groupId === groupId && one.isDefault);

function checkTeam(view: View, team: Team): void {
  const { sim, isFull, escrows, held } = view;
  const name = `group ${team.id}`;
  const escrow = escrows.get(name);
  const violate = (rule: string, text: string): void =>
    sim.watch.violate(
      isFull ? rule : `${rule}Later`,
      `Group ${team.id.slice(-4)} «${team.name}» ${text}${escrow ? ` escrow ${escrow.code}: ${escrow.reason}` : ''}`,
    );
  const own = sim.zendesk.liveGroups.filter((group) => {
    const { owner, isDetached } = sim.zendesk.groupNotesOf(group.id);
    return owner === team.id && !isDetached;
  });
  if (!isTeamIn(sim.entra, sim.rules, team)) {
    const [left] = own.filter((group) => sim.zendesk.groupNotesOf(group.id).createdByApp);
    // What Zendesk itself refuses to delete stays, and the failure says why.
    if (left && escrow && isDefaultOfSomebody(sim, left.id)) return;
    const mayStay = sim.rules.variant === 'withoutGroups' || sim.rules.variant === 'keepsGroups';
    if (!left || held.has(name) || mayStay) return;
    const { wasDetached, countsAsOurs } = sim.zendesk.groupNotesOf(left.id);
    // A creation that was cut off before it was settled cannot be proved to be ours, so the group counts as there before.
    if (wasDetached || (!countsAsOurs && sim.hasBeenCutOff)) return;
    violate('groupLeft', `is not to be in Zendesk, and group ${left.id} is there`);
    return;
  }
  const namesakes = sim.zendesk.liveGroups.filter(
    (group) => group.name.toLowerCase() === team.name.toLowerCase() && !own.includes(group),
  );
  const isTaken = namesakes.length > 1 || namesakes.some(({ id }) => isHeldByOther(sim, id, team.id));
  // A creation whose answer was lost, and whose name has changed before the next try, cannot be found again: the linked one counts.
  const linked = sim.links.get(name);
  const group = own.find(({ id }) => `group ${id}` === linked) ?? own[0];
  if (!isFull && (wasTouched(sim, team.id) || wasUnlinked(sim, team.id))) return;
  if (!group) {
    if (!isTaken) violate('groupMissing', `is to be in Zendesk and is not`);
    else if (!escrow) violate('unseen', 'cannot be in Zendesk for its name, and nothing says so');
    return;
  }
  // Created with the answer lost, and another of its name is there: which one is right, a person decides.
  if (escrow && linked === undefined && namesakes.length > 0) return;
  if (escrow) violate('escrowWithoutCause', 'is in Zendesk, and fails');
  if (group.name !== team.name) violate('wrongName', `is called «${group.name}» in Zendesk`);
  checkMembers(view, team, group.id, violate);
}

const isHeldByOther = (sim: Sim, id: TargetId, teamId: string): boolean => {
  const { owner, isDetached } = sim.zendesk.groupNotesOf(id);
  return owner !== null && owner !== teamId && !isDetached;
};

function checkMembers(
  { sim, isFull, escrows, held }: View,
  team: Team,
  groupId: TargetId,
  violate: (rule: string, text: string) => void,
): void {
  const inside = peopleIn(sim.entra, sim.rules, team);
  const actual = new Set(
    [...sim.zendesk.target.memberships.values()].filter((one) => one.groupId === groupId).map((one) => one.userId),
  );
  for (const id of inside) {
    const person = sim.entra.people.get(id);
    const [account] = ownAccounts(sim, id);
    if (!person || !account || escrows.has(`user ${id}`) || !standingOf(sim.entra, sim.rules, person).isIn) continue;
    // By the address that they have in Entra ID too, whatever that of the account is.
    if (account.role.role === 'end-user' || isProtected(sim, account, person.mail ?? person.upn)) continue;
    if (!isFull && sim.zendesk.notesOf(account.id).isTouched) continue;
    // A membership that Zendesk refuses is a warning in the log, and tried again as a failure.
    if (!isFull && escrows.has(`group ${team.id}`)) continue;
    if (!actual.has(account.id)) violate('memberMissing', `lacks ${id.slice(-4)} (Zendesk ${account.id} in group ${groupId})`);
  }
  const settled = new Set(sim.zendesk.settledMembers.values());
  for (const userId of actual) {
    const { owner, isDetached } = sim.zendesk.notesOf(userId);
    const pair = `${userId} ${groupId}`;
    if (owner === null || isDetached || inside.has(owner) || sim.zendesk.members.get(pair) !== 'app') continue;
    // An addition that was cut off before it was on record cannot be proved to be ours, once the person is to leave; an earlier one that has ended proves nothing.
    if (!settled.has(pair) && sim.hasBeenCutOff) continue;
    const user = sim.zendesk.target.users.get(userId);
    if (held.has(`group ${team.id}`) || sim.entra.people.get(owner)?.state === 'soft' || isProtected(sim, user, undefined))
      continue;
    violate('staysInGroup', `still has ${owner.slice(-4)} (Zendesk ${userId} in group ${groupId})`);
  }
}
