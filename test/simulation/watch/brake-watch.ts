import type { WorkItem } from '../../../src/core/model';
import type { EffectKind } from '../world/zendesk';
import type { Context, Effect, Violation } from './watch';

type Kind = 'userDisable' | 'userDelete' | 'userErase' | 'agentDowngrade' | 'groupDelete' | 'membershipRemoval';

const DAY_MS = 24 * 3600_000;

/** Clocks of instances differ by so much at most; a day is measured by theirs. */
const SLACK_MS = 30 * 60_000;

/** What each effect takes away. Suspending with the seat is one removal. */
const TAKES: Partial<Record<EffectKind, Kind>> = {
  disable: 'userDisable',
  delete: 'userDelete',
  erase: 'userErase',
  downgrade: 'agentDowngrade',
  groupDelete: 'groupDelete',
  memberRemove: 'membershipRemoval',
};

/**
 * Holds the brake to what it promises: how many removals cycles let go by themselves, within a cycle and within a day, and that
 * nothing is taken away but what was let go.
 */
export class BrakeWatch {
  /** Removals let go by cycles: when, of which object. */
  readonly #granted: { readonly atMs: number; readonly kind: Kind; readonly name: string }[] = [];
  readonly #seen = new Set<string>();
  /** How many active accounts are the app's, at some times. */
  readonly #active: { readonly atMs: number; readonly count: number }[] = [];
  readonly #removedIn = new Map<string, number>();
  /** Accounts suspended under a permission that covers their seat, by the change that did. */
  readonly #suspendedIn = new Set<string>();
  /** Since when each object has been held. */
  readonly #heldSince = new Map<string, number>();

  constructor(
    private readonly limits: { readonly absolute: number; readonly percent: number },
    private readonly violate: (rule: Violation['rule'], text: string) => void,
  ) {}

  noteActive(atMs: number, count: number): void {
    this.#active.push({ atMs, count });
  }

  /** A cycle puts an item into the queue that may take something away. */
  granted(atMs: number, item: WorkItem): void {
    const { allows } = item as { readonly allows?: { readonly kind: Kind; readonly countedIn: string } | null };
    if (!allows || this.#seen.has(`${item.changeId} ${allows.countedIn}`)) return;
    this.#seen.add(`${item.changeId} ${allows.countedIn}`);
    const name = `${item.objectType} ${item.sourceId}`;
    this.#granted.push({ atMs, kind: allows.kind, name });
    // Let go by now, also where storage was away before what was held could be taken off the list.
    this.released(name);
    if (allows.kind === 'membershipRemoval') return;
    const sinceMs = atMs - DAY_MS + SLACK_MS;
    const names = new Set(this.#granted.filter((one) => one.kind === allows.kind && one.atMs >= sinceMs).map((one) => one.name));
    const told = `${names.size} × ${allows.kind} were let go within a day, the last for ${name} in cycle ${item.cycleId.slice(-4)}`;
    if (names.size > this.limits.absolute) this.violate('overBrake', `${told}: the threshold is ${this.limits.absolute}`);
    const most = Math.max(0, ...this.#active.filter((one) => one.atMs >= sinceMs).map((one) => one.count));
    const isUsers = allows.kind === 'userDisable' || allows.kind === 'userDelete';
    if (isUsers && names.size >= 10 && names.size > (most * this.limits.percent) / 100) {
      this.violate('overBrake', `${told}: the share is ${this.limits.percent} % of ${most}`);
    }
  }

  held(atMs: number, name: string): void {
    if (!this.#heldSince.has(name)) this.#heldSince.set(name, atMs);
  }

  released(name: string): void {
    this.#heldSince.delete(name);
  }

  /** A call of an operator leaves the rest of an item to the queue, after it has suspended the account itself: the seat was counted with the access. */
  handedOn(item: WorkItem, effects: readonly Effect[]): void {
    const isSuspended = effects.some(({ kind, owner }) => kind === 'disable' && owner === item.sourceId);
    if (isSuspended && item.allows?.kind === 'userDisable') this.#suspendedIn.add(`${item.changeId} ${item.sourceId}`);
  }

  /** Something was done to Zendesk by a worker. @param isOfCycle whether its item is one of a cycle over the source @param account whether it has open tickets, and whether it was suspended by hand, or by a late request of another item, while a call was under way */
  effect(
    effects: readonly Effect[],
    { item, startedAtMs, title }: Context & { readonly item: WorkItem },
    isOfCycle: boolean,
    account: { readonly hasOpenTickets: boolean; readonly wasRaced: boolean },
  ): void {
    const { allows } = item as { readonly allows?: { readonly kind: Kind } | null };
    const kinds = new Set(effects.flatMap(({ kind }) => TAKES[kind] ?? []));
    if (kinds.has('userDisable')) kinds.delete('agentDowngrade');
    const change = `${item.changeId} ${item.sourceId}`;
    if (kinds.has('userDisable') && allows?.kind === 'userDisable') this.#suspendedIn.add(change);
    // The seat that follows the tickets was counted with the access.
    // So was that of whom somebody, or another request, suspended between the plan and the write: access and seat are one request.
    if (allows?.kind === 'userDisable' && (this.#suspendedIn.has(change) || account.wasRaced)) kinds.delete('agentDowngrade');
    for (const kind of kinds) {
      // Whom Zendesk refuses to delete for open tickets is suspended meanwhile. A way back is shown, and let go, object by object: memberships
      // go with the access that its row counts.
      const isCovered =
        allows === undefined ||
        (item.undo !== undefined && allows !== null && kind === 'membershipRemoval') ||
        allows?.kind === kind ||
        (kind === 'userDisable' && allows?.kind === 'userDelete' && account.hasOpenTickets);
      if (!isCovered) this.violate('notLetGo', `${kind} by ${title}, which may take away ${allows ? allows.kind : 'nothing'}`);
      if (!isOfCycle) continue;
      const heldMs = this.#heldSince.get(`${item.objectType} ${item.sourceId}`);
      if (heldMs !== undefined && heldMs < startedAtMs)
        this.violate('removedThoughHeld', `${kind} by ${title}, though it is held since`);
      if (kind !== 'membershipRemoval') continue;
      const count = (this.#removedIn.get(item.cycleId) ?? 0) + effects.filter((one) => one.kind === 'memberRemove').length;
      this.#removedIn.set(item.cycleId, count);
      if (count > this.limits.absolute) this.violate('overBrake', `${count} members were removed in one cycle by ${title}`);
    }
  }
}
