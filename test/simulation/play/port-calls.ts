import type { TargetId } from '../../../src/core/model';
import type { TargetConnector } from '../../../src/ports/target-connector';
import { isBulked } from '../ports/bulk';
import type { Around } from '../ports/wrap';
import type { Context } from '../watch/watch';
import type { Side } from './faults';
import { never, type Process } from './scheduler';
import type { Sim } from './sim';

/** Calls of the target that only read: the world is compared before and after every other one. */
const READS: ReadonlySet<string> = new Set<keyof TargetConnector>([
  ...(['describe', 'getUser', 'findUsers', 'addressesOf', 'countActiveAdmins', 'ticketHeir', 'getGroup', 'findGroups'] as const),
  ...(['listGroups', 'listTeam', 'listGroupMemberships', 'limits'] as const),
]);

/** What happens around each call of a port: it waits for its turn, may meet a fault, is watched, and may be its process's last. */
export class PortCalls {
  constructor(private readonly sim: Sim) {}

  around(side: Side, port: string, process: Process, context: Context): Around {
    return {
      before: async (method, args) => {
        await this.sim.scheduler.step(process, this.sim.faults.latencyMs(side));
        if (side === 'source') this.sim.source.lies = this.sim.faults.lies;
        if (side === 'source') {
          for (const lie of Object.keys(this.sim.source.lies)) this.sim.faults.count(lie);
          if (Object.keys(this.sim.source.lies).length > 0) this.sim.watch.lastLieMs = this.sim.nowMs;
        }
        if (this.sim.isTraced) this.sim.tell(`  ${context.title}: ${port}.${method} ${JSON.stringify(args).slice(0, 300)}`);
        const error = this.sim.faults.before(side, method, args);
        if (error === 'unknown') this.sim.source.lies = { ...this.sim.source.lies, unknownAll: 'now' };
        else if (error) throw error;
        if (side === 'target' && !READS.has(method) && !this.#isInJobs(method)) this.#beforeWrite();
      },
      after: async (method, args, answer) => {
        if (side === 'target' && !READS.has(method) && !this.#isInJobs(method)) this.#wrote(method, context);
        this.sim.told.observe(port, method, args, context);
        process.callsLeft -= 1;
        if (process.callsLeft <= 0) {
          this.sim.count('crash');
          this.sim.tell(`${process.name} is killed after ${port}.${method}`);
          this.sim.kill(process);
          return never();
        }
        const stallMs = this.sim.faults.stallMs({ port, method, args, answer });
        if (stallMs > 0) await this.sim.scheduler.step(process, stallMs);
        const error = this.sim.faults.after(side, method);
        if (error) throw error;
        return port === 'target' && method === 'findUsers' ? this.#indexed(args, answer) : answer;
      },
    };
  }

  /** Whether a call does by itself, and later, what it does to the account. */
  #isInJobs(method: string): boolean {
    return this.sim.setting.hasJobs && isBulked(method);
  }

  /** A write that a job carries out. */
  async write<T>(method: string, context: Context, act: () => Promise<T>): Promise<T> {
    this.#beforeWrite();
    try {
      return await act();
    } finally {
      this.#wrote(method, context);
    }
  }

  #beforeWrite(): void {
    this.sim.watch.beforeWrite();
    this.sim.seats.byHand();
    this.sim.drift.beforeWrite();
  }

  #wrote(method: string, context: Context): void {
    this.sim.seats.afterWrite(context);
    this.sim.drift.afterWrite(context);
    const before = this.sim.watch.effects.length;
    this.sim.watch.afterWrite(method, context);
    const effects = this.sim.watch.effects.slice(before);
    const { item, kind } = context;
    if (effects.length === 0 || !item || kind !== 'worker') return;
    const hasOpenTickets = effects.some(({ targetId }) => this.sim.zendesk.target.openTickets.has(targetId));
    const isMeanwhile = ({ owner, atMs }: { readonly owner: string | null; readonly atMs: number }): boolean =>
      owner === item.sourceId && atMs >= context.startedAtMs;
    // By hand, or by a request of another item that came late.
    const wasRaced =
      this.sim.watch.raced.some(isMeanwhile) ||
      this.sim.watch.effects.some((one) => one.kind === 'disable' && one.context !== context && isMeanwhile(one));
    this.sim.brake.effect(effects, { ...context, item }, this.sim.told.cycleBegan.has(item.cycleId), {
      hasOpenTickets,
      wasRaced,
    });
  }

  /** What Zendesk's search knows by now. */
  #indexed([matcher]: readonly unknown[], answer: unknown): unknown {
    if ((matcher as { readonly attribute: string }).attribute === 'external_id') return answer;
    const known = (answer as readonly { readonly id: TargetId }[]).filter(({ id }) => {
      const isIndexed = this.sim.zendesk.notesOf(id).indexedFromMs <= this.sim.nowMs;
      if (!isIndexed) this.sim.faults.count('searchLag');
      return isIndexed;
    });
    return known;
  }
}
