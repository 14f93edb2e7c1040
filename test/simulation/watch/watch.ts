/**
 * What must hold after every write, whatever happens meanwhile. Effects on Zendesk are told by comparing before and after, so that no
 * way of writing goes unseen; the reasons for them are asked of the oracle's memory, not of the app.
 */
import type { TargetId, WorkItem } from '../../../src/core/model';
import type { FakeUser } from '../../fakes/target-account';
import type { LeavingRules } from '../events/leaving';
import type { Entra } from '../world/entra';
import type { TruthHistory } from '../world/truth';
import { addressesOf, type EffectKind, type Zendesk } from '../world/zendesk';
import type { CleanUpWatch } from './clean-up-watch';
import { ClearWatch } from './clear-watch';
import { LeavingWatch } from './leaving-watch';

export interface Violation {
  /** What kind of rule was broken; shrinking keeps to it. */
  readonly rule: string;
  readonly text: string;
}

/** On whose behalf a port is called. */
export interface Context {
  readonly kind: 'tick' | 'worker' | 'operator';
  readonly title: string;
  /** The work item that is carried out. */
  readonly item?: WorkItem | undefined;
  readonly startedAtMs: number;
}

/** Something that a call did to Zendesk. */
export interface Effect {
  readonly atMs: number;
  readonly kind: EffectKind;
  readonly targetId: TargetId;
  /** The person or group of Entra that it is about. */
  readonly owner: string | null;
  readonly context: Context;
}

interface Shot {
  readonly users: ReadonlyMap<TargetId, FakeUser>;
  readonly groups: ReadonlyMap<
    TargetId,
    { readonly name: string; readonly description: string | null; readonly deleted: boolean }
  >;
  readonly members: ReadonlySet<string>;
}

const shotOf = ({ target }: Zendesk): Shot => ({
  users: new Map([...target.users].map(([id, user]) => [id, { ...user, otherEmails: [...user.otherEmails] }])),
  groups: new Map([...target.groups].map(([id, { name, description, deleted }]) => [id, { name, description, deleted }])),
  members: new Set([...target.memberships.values()].map(({ userId, groupId }) => `${userId} ${groupId}`)),
});

export class Watch {
  readonly violations: Violation[] = [];
  readonly effects: Effect[] = [];
  /** Since when the app knows the truth, and when it came to know: the beginning and the end of complete and truthful readings of Entra. */
  readonly #known: { readonly atMs: number; readonly sinceMs: number }[] = [{ atMs: 0, sinceMs: 0 }];
  /** Since when Entra's answers may have been lies: what is given on old knowledge then is not held against the app. */
  lastLieMs = -1;
  /** When an app role last changed: roles and assignments are read one after the other, and access that both together give may be given. */
  lastRoleChangeMs = -1;
  /** Work that begins later than this writes nothing; undefined while the job is not stopped. */
  stoppedAtMs: number | undefined;
  /** Whose account was suspended by hand while a worker may have been about to do the same, or may have done it: that is told, and changes nothing. */
  readonly raced: { readonly owner: string | null; readonly atMs: number }[] = [];
  /** What was deleted by hand while a deletion by the app was on record that may have been written: nothing tells whose it was. */
  readonly racedDeletions: (string | null)[] = [];
  /** Who was let in by hand after the app had suspended them, or whose account went, and before it had the answer: nothing shows that it was written. */
  readonly unseenSuspensions: (string | null)[] = [];
  /** How often the job was switched on, counted before and after. */
  starts = 0;
  /** What the setting protects, and since when: what was begun before goes by the setting as it was, also a request of it that Zendesk carries out late. */
  readonly #protected = new Map<string, number>();
  #before: Shot | undefined;
  readonly leaving: LeavingWatch;
  readonly #clears: ClearWatch;

  constructor(
    private readonly entra: Entra,
    private readonly zendesk: Zendesk,
    private readonly past: TruthHistory,
    private readonly nowMs: () => number,
    rules: LeavingRules,
    private readonly cleanUps: CleanUpWatch,
  ) {
    this.leaving = new LeavingWatch(zendesk, past, rules, (rule, text) => this.violate(rule, text));
    this.#clears = new ClearWatch(past, (rule, text) => this.violate(rule, text));
  }

  #isTruthful(context: Context): boolean {
    return Math.max(this.lastLieMs, this.lastRoleChangeMs) < this.#knownSinceMs(context);
  }

  /** A complete and truthful reading has ended that began then. */
  knows(sinceMs: number): void {
    this.#known.push({ atMs: this.nowMs(), sinceMs: Math.max(sinceMs, this.#known.at(-1)?.sinceMs ?? 0) });
  }

  /** Since when a reason must have been true: a call goes by what was known when it began, however slow it is. */
  #knownSinceMs({ startedAtMs }: Context): number {
    return this.#known.findLast(({ atMs }) => atMs <= startedAtMs)?.sinceMs ?? 0;
  }

  /** The setting protects these. */
  protect(names: readonly string[]): void {
    for (const name of names) if (!this.#protected.has(name)) this.#protected.set(name, this.nowMs());
  }

  /** The job is switched on, or about to be. */
  started(): void {
    this.stoppedAtMs = undefined;
    this.starts += 1;
  }

  violate(rule: string, text: string): void {
    this.violations.push({ rule, text });
  }

  beforeWrite(): void {
    this.#before = shotOf(this.zendesk);
    this.leaving.beforeWrite();
  }

  afterWrite(method: string, context: Context): void {
    const before = this.#before;
    if (!before) return;
    const { target } = this.zendesk;
    for (const [id, user] of target.users) {
      const kinds = userEffects(before.users.get(id), user);
      if (kinds.length > 0) this.#user(id, before.users.get(id), user, kinds, context);
    }
    for (const id of before.users.keys()) {
      if (target.users.has(id)) continue;
      const owner = this.zendesk.notesOf(id).owner;
      this.leaving.erased(id, this.nowMs(), `erase of Zendesk ${id} (${owner ?? 'nobody'}) by ${context.title}`);
      if (owner !== null && !this.past.wasPerson(owner, this.#knownSinceMs(context), ({ isIn }) => !isIn))
        this.violate('noReasonToErase', `Zendesk ${id} (${owner}) by ${context.title}`);
      this.#effect('erase', id, owner, context);
    }
    if (method === 'handOverTickets')
      this.leaving.handedOver((id) => this.zendesk.notesOf(id).owner, this.#knownSinceMs(context), context);
    for (const [id, group] of target.groups) {
      const was = before.groups.get(id);
      const kind = !was ? 'groupCreate' : !was.deleted && group.deleted ? 'groupDelete' : 'groupChange';
      const isSame = was && was.name === group.name && was.description === group.description && was.deleted === group.deleted;
      if (!isSame) this.#group(id, was?.name ?? group.name, kind, context);
    }
    const now = new Set([...target.memberships.values()].map(({ userId, groupId }) => `${userId} ${groupId}`));
    for (const pair of now) if (!before.members.has(pair)) this.#joined(pair, context, method === 'addMembership');
    for (const pair of before.members) if (!now.has(pair)) this.#left(pair, context, method === 'removeMembership');
  }

  #effect(kind: EffectKind, targetId: TargetId, owner: string | null, context: Context): void {
    this.effects.push({ atMs: this.nowMs(), kind, targetId, owner, context });
    const told = `${kind} of Zendesk ${targetId} (${owner ?? 'nobody'}) by ${context.title}`;
    if (context.kind === 'tick') this.violate('cycleWrites', `A cycle itself wrote to Zendesk: ${told}`);
    const isLate = this.stoppedAtMs !== undefined && context.startedAtMs > this.stoppedAtMs;
    if (isLate && context.kind === 'worker') this.violate('writtenWhileStopped', `The job is stopped: ${told}`);
  }

  #user(id: TargetId, was: FakeUser | undefined, is: FakeUser, kinds: readonly EffectKind[], context: Context): void {
    const notes = this.zendesk.notesOf(id);
    const claimed = is.externalId !== was?.externalId ? is.externalId : null;
    const before = notes.owner ?? (was?.externalId && this.entra.people.has(was.externalId) ? was.externalId : null);
    const isGone = (person: string | null): boolean => person !== null && this.entra.people.get(person)?.state === 'hard';
    // An operator who takes a takeover back gives the account the id of the former self again; it stays that of whoever it is linked to.
    const isNamedBack = context.item?.undo !== undefined && isGone(claimed);
    const owner = claimed && this.entra.people.has(claimed) && !isNamedBack ? claimed : before;
    const told = `${kinds.join('+')} of Zendesk ${id} (${owner ?? 'nobody'}) by ${context.title}`;
    const names = [id, ...(was ? addressesOf(was) : addressesOf(is))];
    const isProtected = (name: string): boolean => (this.#protected.get(name) ?? Number.POSITIVE_INFINITY) <= context.startedAtMs;
    // Given to it between the app's reading and its write, which Zendesk cannot make depend on each other.
    const isFresh = (name: string): boolean => (notes.addressMs?.[name] ?? -1) >= context.startedAtMs;
    if (id === this.zendesk.selfId || names.some((name) => isProtected(name) && !isFresh(name))) {
      this.violate('protected', `A protected account was written: ${told}`);
    }
    if (owner === null) this.violate('notOurs', `An account that is nobody's was written: ${told}`);
    // The id was taken off again by an undo, and an operator broke the pair: nothing tells any more whose it was.
    const isFree = notes.isDetached && was?.externalId === null;
    // Who is hired again takes over the account of a former self, once that one is gone for good.
    if (before !== null && owner !== before && !isGone(before) && !isFree)
      this.violate('stolen', `The account of ${before} was given to ${owner}: ${told}`);
    // Given to it between the app's reading and its write, which Zendesk cannot make depend on each other: nobody could have seen it.
    const isUnseen = (notes.foreignIdMs ?? -1) >= context.startedAtMs;
    const isForeign = was?.externalId && !this.entra.people.has(was.externalId) && notes.owner === null && !isUnseen;
    if (isForeign) this.violate('stolen', `The account of somebody else (${was.externalId}) was taken: ${told}`);
    // What an operator takes back goes by what was, not by what Entra says.
    const isWayBack = context.item?.undo !== undefined;
    const wasEver = (test: Parameters<TruthHistory['wasPerson']>[2]): boolean =>
      isWayBack || owner === null || this.past.wasPerson(owner, this.#knownSinceMs(context), test);
    const person = owner === null ? undefined : this.entra.people.get(owner);
    if (was && person && !isWayBack) this.#clears.written(was, is, person, this.#knownSinceMs(context), told);
    const isTruthful = this.#isTruthful(context);
    const mayHaveAccess = isWayBack || owner === null || this.past.mayHaveHadAccess(owner, this.#knownSinceMs(context));
    // Before the app has linked the account, or given it the id, it cannot know who suspended it.
    const isKnown = notes.wasLinked || notes.hasOurId;
    for (const kind of kinds) {
      if (kind === 'create' && isTruthful && !mayHaveAccess) this.violate('noReasonToCreate', told);
      if (kind === 'disable' && !wasEver(({ isIn }) => !isIn)) this.violate('noReasonToDisable', told);
      const byDays = kind === 'delete' && this.leaving.mayDelete(id, this.nowMs()) && wasEver(({ isIn }) => !isIn);
      if (kind === 'delete' && !byDays && !wasEver((one) => !one.isIn && one.why === 'hard'))
        this.violate('noReasonToDelete', told);
      if (kind === 'create') this.leaving.madeByApp(id);
      if (kind === 'disable') this.leaving.suspended(id, this.nowMs());
      if (kind === 'delete') this.leaving.deleted(id);
      if (kind === 'downgrade') this.leaving.downgraded(id, owner, is.suspended, this.#knownSinceMs(context), told);
      if (kind === 'downgrade' && !wasEver((one) => !one.isIn || one.role === 'end-user'))
        this.violate('noReasonToDowngrade', told);
      if (kind === 'enable' && isTruthful && !mayHaveAccess) this.violate('noReasonToEnable', told);
      if (kind === 'enable' && notes.suspendedBy === 'hand' && before === owner && isKnown && !notes.isDetached) {
        this.violate('liftedByOther', `Somebody else's suspension was lifted: ${told}`);
      }
      this.#effect(kind, id, owner, context);
    }
    if (kinds.includes('create') || claimed !== null) notes.indexedFromMs = this.nowMs() + this.zendesk.searchLagMs;
    if (was?.email !== is.email) notes.indexedFromMs = this.nowMs() + this.zendesk.searchLagMs;
    if (owner !== null) [notes.owner, notes.isDetached] = [owner, false];
    if (claimed !== null && claimed === owner) notes.hasOurId = true;
    if (kinds.includes('disable')) notes.suspendedBy = 'app';
    if (kinds.includes('enable')) notes.suspendedBy = null;
    if (was?.role.role !== is.role.role) notes.roleBy = 'app';
    if (owner !== null && this.zendesk.accountsOf(owner).length > 1)
      this.violate('twoAccounts', `${owner} has two accounts: ${told}`);
  }

  #group(id: TargetId, oldName: string, kind: EffectKind, context: Context): void {
    const notes = this.zendesk.groupNotesOf(id);
    const actor = context.item?.objectType === 'group' ? context.item.sourceId : null;
    const told = `${kind} of Zendesk group ${id} «${oldName}» (${notes.owner ?? 'nobody'}) by ${context.title}`;
    // What belonged to a group that is gone for good is taken over by its namesake.
    const isFree = notes.owner === null || notes.isDetached || this.entra.teams.get(notes.owner)?.state === 'hard';
    if (actor !== null && notes.owner !== actor && !isFree) {
      this.violate('stolenGroup', `The group of ${notes.owner} was written for ${actor}: ${told}`);
    }
    const owner = actor ?? notes.owner;
    if (kind === 'groupCreate') notes.createdByApp = true;
    const isWayBack = context.item?.undo !== undefined;
    const isTruthful = this.#isTruthful(context) && !isWayBack;
    if (
      kind === 'groupCreate' &&
      isTruthful &&
      owner !== null &&
      !this.past.mayHaveBeenTeam(owner, this.#knownSinceMs(context))
    ) {
      this.violate('noReasonToCreate', told);
    }
    if (kind === 'groupDelete') {
      this.cleanUps.deleted(owner, context, told);
      if (!notes.createdByApp) this.violate('deletedForeignGroup', `A group that the app did not make was deleted: ${told}`);
      if (owner !== null && !isWayBack && !this.past.wasTeam(owner, this.#knownSinceMs(context), false))
        this.violate('noReasonToDelete', told);
    }
    this.#effect(kind, id, owner, context);
    notes.owner = owner;
    notes.isDetached = false;
  }

  #joined(pair: string, context: Context, byName: boolean): void {
    if (!this.zendesk.members.has(pair)) {
      this.zendesk.members.set(pair, 'app');
      this.zendesk.madeMembers.add(pair);
    }
    if (byName) this.#effect('memberAdd', pair.split(' ')[0] as TargetId, this.#ownerOf(pair), context);
  }

  #left(pair: string, context: Context, byName: boolean): void {
    const maker = this.zendesk.members.get(pair);
    this.zendesk.members.delete(pair);
    const isMade = this.zendesk.madeMembers.delete(pair);
    if (!byName) return;
    const [user, group] = pair.split(' ') as [TargetId, TargetId];
    const [person, team] = [this.#ownerOf(pair), this.zendesk.groupNotesOf(group).owner];
    const told = `memberRemove of Zendesk ${user} (${person}) from group ${group} (${team}) by ${context.title}`;
    if (context.item?.cleanUp) {
      const isOutside = person === null || team === null || this.past.wasOutside(team, person, this.#knownSinceMs(context));
      this.cleanUps.left(user, team, !isOutside, told);
    } else if (person === null || team === null) this.violate('notOurs', `A membership that is nobody's was removed: ${told}`);
    else {
      const isWayBack = context.item?.undo !== undefined;
      if (!isWayBack && !this.past.wasOutside(team, person, this.#knownSinceMs(context)))
        this.violate('noReasonToRemoveMember', told);
      const neverInside = !this.past.wasInside(team, person);
      if (maker === 'hand' && neverInside && !isMade)
        this.violate('removedForeignMember', `Somebody else's membership was removed: ${told}`);
    }
    this.#effect('memberRemove', user, person, context);
  }

  #ownerOf(pair: string): string | null {
    return this.zendesk.notesOf(pair.split(' ')[0] as TargetId).owner;
  }
}

function userEffects(was: FakeUser | undefined, is: FakeUser): readonly EffectKind[] {
  if (!was) return ['create'];
  const kinds: EffectKind[] = [];
  if (was.active && !is.active) kinds.push('delete');
  if (!was.suspended && is.suspended) kinds.push('disable');
  if (was.suspended && !is.suspended) kinds.push('enable');
  if (was.role.role !== 'end-user' && is.role.role === 'end-user') kinds.push('downgrade');
  if (kinds.length === 0 && JSON.stringify(was) !== JSON.stringify(is)) kinds.push('change');
  return kinds;
}
