import type { TargetId } from '../../../src/core/model';
import type { LeavingRules } from '../events/leaving';
import type { TruthHistory } from '../world/truth';
import type { Zendesk } from '../world/zendesk';
import type { Context, Violation } from './watch';

const DAY_MS = 24 * 3600_000;

/** Clocks of instances differ by so much at most. */
const SLACK_MS = 30 * 60_000;

/**
 * Holds leaving to what it promises: access ends before tickets go, tickets go before the seat, and no account is deleted or erased before its
 * day, that the app did not make, or that somebody has a right to. By its own memory of what was done when.
 */
export class LeavingWatch {
  readonly #madeByApp = new Set<TargetId>();
  readonly #suspendedMs = new Map<TargetId, number>();
  readonly #deletedByApp = new Set<TargetId>();
  #tickets = new Map<TargetId, TargetId | null>();

  constructor(
    private readonly zendesk: Zendesk,
    private readonly past: TruthHistory,
    private readonly rules: LeavingRules,
    private readonly violate: (rule: Violation['rule'], text: string) => void,
  ) {}

  beforeWrite(): void {
    this.#tickets = new Map([...this.zendesk.target.tickets].map(([id, { assignee }]) => [id, assignee]));
  }

  madeByApp(id: TargetId): void {
    this.#madeByApp.add(id);
  }

  suspended(id: TargetId, atMs: number): void {
    this.#suspendedMs.set(id, atMs);
  }

  /** When the app suspended an account that it has made and that is to be deleted by the days; undefined where it is not. */
  dueMs(id: TargetId): number | undefined {
    const days = this.rules.offboardDeleteAfterDays;
    const sinceMs = this.#suspendedMs.get(id);
    return days === undefined || sinceMs === undefined || !this.#madeByApp.has(id) ? undefined : sinceMs + days * DAY_MS;
  }

  /** A seat was taken from somebody: nothing may be left that was to be handed over first. */
  downgraded(id: TargetId, owner: string | null, isSuspended: boolean, sinceMs: number, told: string): void {
    if (this.rules.offboardTickets.kind === 'leave' || !isSuspended || owner === null) return;
    if (this.past.wasPerson(owner, sinceMs, ({ isIn }) => isIn)) return;
    const left = [...this.#tickets.values()].filter((assignee) => assignee === id).length;
    if (left > 0) this.violate('seatBeforeTickets', `${left} tickets were not handed over: ${told}`);
  }

  /** Tickets changed hands. */
  handedOver(ownerOf: (id: TargetId) => string | null, sinceMs: number, { title, startedAtMs }: Context): void {
    for (const [id, { assignee }] of this.zendesk.target.tickets) {
      const was = this.#tickets.get(id);
      if (!was || was === assignee) continue;
      const [user, owner] = [this.zendesk.target.users.get(was), ownerOf(was)];
      const told = `ticket ${id} of Zendesk ${was} (${owner ?? 'nobody'}) by ${title}`;
      // Let in by hand between two stretches of one call: the next call sees it.
      const isLetIn = (this.zendesk.notesOf(was).letInMs ?? -1) >= startedAtMs;
      if (!user?.suspended && !isLetIn)
        this.violate('ticketsBeforeAccess', `Tickets went while the agent could sign in: ${told}`);
      if (owner === null || !this.past.wasPerson(owner, sinceMs, ({ isIn }) => !isIn)) this.violate('noReasonToHandOver', told);
    }
  }

  /** Whether the days give a reason to delete an account now. */
  mayDelete(id: TargetId, nowMs: number): boolean {
    const days = this.rules.offboardDeleteAfterDays;
    if (days === undefined || !this.#madeByApp.has(id)) return false;
    const sinceMs = this.#suspendedMs.get(id);
    return sinceMs === undefined || nowMs + SLACK_MS >= sinceMs + days * DAY_MS;
  }

  /** By the app, or by somebody else while nothing tells that from a deletion by the app: what was to be deleted, and is, may be erased on its day. */
  deleted(id: TargetId): void {
    this.#deletedByApp.add(id);
  }

  erased(id: TargetId, nowMs: number, told: string): void {
    const days = this.rules.offboardEraseAfterDays;
    if (days === undefined) this.violate('erasedUnasked', told);
    if (!this.#madeByApp.has(id)) this.violate('erasedForeign', `The app did not make the account: ${told}`);
    if (!this.#deletedByApp.has(id)) this.violate('erasedUndeleted', `The app did not delete the account: ${told}`);
    const sinceMs = this.#suspendedMs.get(id);
    if (days !== undefined && sinceMs !== undefined && nowMs + SLACK_MS < sinceMs + days * DAY_MS)
      this.violate('erasedEarly', told);
  }
}
