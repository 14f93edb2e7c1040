import type { TargetId } from '../../../src/core/model';
import type { Plan } from '../../../src/core/plan-model';
import type { LinkRow } from '../../../src/ports/link-store';
import type { ObjectKey } from '../../../src/ports/stored';
import type { Sim } from '../play/sim';
import { standingOf } from '../world/truth';
import type { Context } from './watch';

/** How long after its claim a request of ours may have been under way, by any two clocks. */
const CLAIM_AND_CLOCKS_MS = 110_000 + 10 * 60_000;

/** How long before and after the claim on a deletion an account may go so that Zendesk shows it as gone by that deletion. */
const SHOWN_AS_OURS_MS = { before: 10_000, after: 120_000 };

/** Follows who is linked to what, as the link store is told: nothing in Zendesk has two owners, and what the app lets go is nobody's. */
export class LinkWatch {
  /** The target that each object is linked to: `type source` → `type target`. */
  readonly targets = new Map<string, string>();

  /** The accounts that each person's claim is to suspend, or may have suspended. */
  readonly #suspending = new Map<string, ReadonlySet<TargetId>>();

  /** Those of them whose answer the app has not got, or not stored. */
  readonly #unanswered = new Map<string, ReadonlySet<TargetId>>();

  /** The deletion on each object's claim, by `type source`: of what, and since when by the clock of whoever claimed. */
  readonly #deleting = new Map<string, { readonly target: string; readonly sinceMs: number }>();

  constructor(private readonly sim: Sim) {}

  mayDelete(target: string): boolean {
    const untilMs = target.startsWith('user') ? CLAIM_AND_CLOCKS_MS : Number.POSITIVE_INFINITY;
    return [...this.#deleting.values()].some((one) => one.target === target && this.sim.nowMs <= one.sinceMs + untilMs);
  }

  looksDeleted(id: TargetId): boolean {
    const claim = [...this.#deleting.values()].find(({ target }) => target === `user ${id}`);
    const afterMs = this.sim.nowMs - (claim?.sinceMs ?? Number.NaN);
    return afterMs >= -SHOWN_AS_OURS_MS.before && afterMs <= SHOWN_AS_OURS_MS.after;
  }

  maySuspend(id: TargetId): boolean {
    // What is left on the row of a former owner, whose account another one has taken over since, suspends nobody any more.
    const { owner } = this.sim.zendesk.notesOf(id);
    return [...this.#suspending].some(([of, ids]) => ids.has(id) && (owner === null || of === owner));
  }

  isUnanswered(id: TargetId): boolean {
    return [...this.#unanswered.values()].some((ids) => ids.has(id));
  }

  /** What becomes of a suspension that may be the app's or somebody's in Zendesk: the app's once it is stored as such, else that one's. */
  #attribute(id: string, { link, claim }: LinkRow, { startedAtMs }: Context): void {
    const plans = claim ? [claim.plan, ...(claim.untold ?? [])] : [];
    const now = new Set(plans.flatMap((plan) => (suspends(plan) && plan.targetId ? [plan.targetId] : [])));
    for (const target of this.#suspending.get(id) ?? []) {
      const notes = this.sim.zendesk.notesOf(target);
      // Between the app's look at the account and its write, which Zendesk cannot make depend on each other: that one made no difference.
      const isUnseen = notes.suspendedBy === 'hand' && (notes.suspendedMs ?? -1) >= startedAtMs;
      if (notes.suspendedBy !== 'either' && !isUnseen) continue;
      if (link?.targetId === target && link.disabledByUs) notes.suspendedBy = 'app';
      else if (!now.has(target)) notes.suspendedBy = 'hand';
    }
    this.#suspending.set(id, now);
    const isOpen = claim !== null && !claim.isSettled && suspends(claim.plan) && claim.plan.targetId !== null;
    this.#unanswered.set(id, new Set(isOpen && claim.plan.targetId ? [claim.plan.targetId] : []));
  }

  /** Who is linked to what: one owner each, always. */
  called(method: string, args: readonly unknown[], context: Context): void {
    if (method !== 'write' && method !== 'remove') return;
    const [key, row] = args as [ObjectKey, LinkRow];
    const name = `${key.type} ${key.id}`;
    if (key.type === 'user') this.#attribute(key.id, method === 'write' ? row : { link: null, claim: null }, context);
    const link = method === 'write' ? row.link : null;
    const claim = method === 'write' ? row.claim : null;
    this.#deleting.delete(name);
    if (claim?.plan.action === 'delete')
      this.#deleting.set(name, { target: `${key.type} ${claim.plan.targetId}`, sinceMs: claim.sinceMs ?? 0 });
    if (!link) {
      if (this.targets.delete(name)) this.#unlinked(key, context);
      return;
    }
    const target = `${key.type} ${link.targetId}`;
    for (const [other, held] of this.targets) {
      if (other !== name && held === target)
        this.sim.watch.violate('twoOwners', `Zendesk ${target} is linked to ${name} and ${other}`);
    }
    const isLinkedAnew = !this.targets.has(name);
    const isInPlace = key.type === 'user' && (this.targets.get(name) ?? target) !== target;
    this.targets.set(name, target);
    if (isInPlace) this.#notOurSuspension(link.targetId);
    const notes = key.type === 'user' ? this.sim.zendesk.notesOf(link.targetId) : this.sim.zendesk.groupNotesOf(link.targetId);
    // Who suspended it is not known of a pair that was forgotten, and nothing in Zendesk shows it: a return lifts it, as adoption does.
    if ('suspendedBy' in notes && isLinkedAnew && notes.suspendedBy === 'hand' && link.disabledByUs) notes.suspendedBy = 'app';
    [notes.owner, notes.isDetached] = [key.id, false];
    if (key.type === 'user') this.sim.zendesk.notesOf(link.targetId).wasLinked = true;
    if (key.type !== 'group') return;
    const group = this.sim.zendesk.groupNotesOf(link.targetId);
    group.countsAsOurs = link.createdByUs;
    group.linkedTo.add(key.id);
  }

  /** An account that takes the place of one that is gone: a suspension that the app did not make is left, also one that was there before all. */
  #notOurSuspension(id: TargetId): void {
    const notes = this.sim.zendesk.notesOf(id);
    const isSuspended = this.sim.zendesk.target.users.get(id)?.suspended === true;
    if (isSuspended && notes.suspendedBy === null) notes.suspendedBy = 'hand';
  }

  /**
   * The app forgets a pair. What is whose is decided anew then; but whoever had no right to access at that time must still lose it, and
   * a group that is let go, though the app made it, is a group too many.
   */
  #unlinked({ type, id }: ObjectKey, { title, item }: Context): void {
    const isAskedFor = title.startsWith('unlink');
    const isTakenOver = item?.objectType === type && item.sourceId !== id;
    for (const user of type === 'user' ? this.sim.zendesk.liveUsers : []) {
      const notes = this.sim.zendesk.notesOf(user.id);
      const person = this.sim.entra.people.get(id);
      const isIn = person !== undefined && standingOf(this.sim.entra, this.sim.rules, person).isIn;
      if (notes.owner !== id) continue;
      if (isAskedFor || isIn || user.suspended) [notes.isDetached, notes.wasNamed] = [true, isAskedFor];
      // Taking an account never lowers a role, save that of a former self.
      if (!isTakenOver) notes.roleBy = 'hand';
    }
    for (const group of type === 'group' ? this.sim.zendesk.liveGroups : []) {
      const notes = this.sim.zendesk.groupNotesOf(group.id);
      const isForgotten = isAskedFor || title.startsWith('restart');
      if (notes.owner !== id || (notes.createdByApp && !notes.wasDetached && !isForgotten)) continue;
      [notes.isDetached, notes.wasDetached] = [true, true];
    }
    // What the app has made of memberships goes to whoever takes an account or a group over.
    if (isTakenOver) return;
    for (const [pair, maker] of this.sim.zendesk.members) {
      const [userId, groupId] = pair.split(' ') as [TargetId, TargetId];
      const owner = type === 'user' ? this.sim.zendesk.notesOf(userId).owner : this.sim.zendesk.groupNotesOf(groupId).owner;
      if (maker === 'app' && owner === id) this.sim.zendesk.members.set(pair, 'hand');
    }
  }
}

const suspends = ({ changes }: Plan): boolean =>
  changes.some(({ attribute, newValue }) => attribute === 'suspended' && newValue === true);
