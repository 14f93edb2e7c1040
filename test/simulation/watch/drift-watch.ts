import type { TargetId, WorkItem } from '../../../src/core/model';
import type { PlanHeader } from '../../../src/ports/plan-store';
import type { Sim } from '../play/sim';
import type { Context } from './watch';

const RANK = { 'end-user': 0, agent: 1, admin: 2 } as const;

/** Holds a repair of what was changed in Zendesk to what it promises: braked, no role, and nobody else's suspension is lifted. */
export class DriftWatch {
  /** Whether removals above the threshold were let go, by the cycle under which a repair is carried out. */
  readonly #repairs = new Map<string, boolean>();
  readonly #granted = new Map<string, Set<string>>();
  #before = new Map<TargetId, { readonly role: keyof typeof RANK; readonly isSuspended: boolean }>();

  constructor(private readonly sim: Sim) {}

  /** A plan was written. */
  noted({ kind, application }: PlanHeader): void {
    if (kind === 'drift' && application) this.#repairs.set(application.cycleId, application.allowDeletes === true);
  }

  /** An item came into the queue. */
  enqueued({ cycleId, changeId, allows }: WorkItem): void {
    if (!allows || this.#repairs.get(cycleId) !== false) return;
    const name = `${cycleId} ${allows.kind}`;
    const items = this.#granted.get(name) ?? new Set();
    this.#granted.set(name, items.add(changeId));
    const { deletionThreshold: most } = this.sim.setting;
    // Members are counted one by one, by the plan.
    if (items.size > most)
      this.sim.watch.violate('overBrake', `A repair lets go ${items.size} × ${allows.kind}: the threshold is ${most}`);
  }

  beforeWrite(): void {
    if (this.#repairs.size === 0) return;
    this.#before = new Map(
      this.sim.zendesk.liveUsers.map(({ id, role, suspended }) => [id, { role: role.role, isSuspended: suspended }]),
    );
  }

  /** To be called while the notes are those of before the write. */
  afterWrite({ item, title }: Context): void {
    if (!item || !this.#repairs.has(item.cycleId)) return;
    for (const { id, role, suspended } of this.sim.zendesk.liveUsers) {
      const was = this.#before.get(id);
      if (!was) continue;
      if (was.role !== role.role && !(this.#takesPlace(item, id) && RANK[role.role] > RANK[was.role]))
        this.sim.watch.violate('repairWritesRole', `Zendesk ${id} was ${was.role} and is ${role.role}: by ${title}`);
      if (was.isSuspended && !suspended && this.sim.zendesk.notesOf(id).suspendedBy === 'hand')
        this.sim.watch.violate('liftedByOther', `A repair has lifted the suspension of Zendesk ${id}: by ${title}`);
    }
  }

  /**
   * Whether an account takes the place of the linked one, which is gone: that is matched anew as by a cycle (ADR 68), so its role may be raised to what
   * Entra ID says, and never lowered. The link still names the one that is gone when this is asked.
   */
  #takesPlace({ objectType, sourceId }: WorkItem, id: TargetId): boolean {
    const linked = this.sim.links.get(`${objectType} ${sourceId}`)?.split(' ')[1];
    const isThere = this.sim.zendesk.liveUsers.some((one) => one.id === linked);
    return objectType === 'user' && linked !== undefined && linked !== id && !isThere;
  }
}
