import { ClaimWatch } from '../../../src/engine/claim-watch';
import type { EngineDeps } from '../../../src/engine/deps';
import { type Gate, makeGate } from '../../../src/engine/job/gate';
import { MatchHistory } from '../../../src/engine/match-history';
import { someMappings } from '../../fakes/mappings';
import { ProcessBulk } from '../ports/bulk';
import type { AccountJobs } from '../ports/jobs';
import { wrapped } from '../ports/wrap';
import { mappingsOf } from '../rules/rules';
import type { Context } from '../watch/watch';
import type { Side } from './faults';
import { Process } from './scheduler';
import type { Sim } from './sim';

/** One app instance: what lives as long as its process. */
export interface Instance {
  readonly process: Process;
  readonly gate: Gate;
  readonly memory: Memory;
}

/** What a process learns and loses with its life. */
interface Memory {
  readonly matchHistory: MatchHistory;
  readonly claims: ClaimWatch;
  readonly bulk: ProcessBulk | undefined;
}

/** The instances of the app: each is a process on the ports of the world, and another one takes its place when it is killed. */
export class Instances {
  all: readonly Instance[];
  #ids = 0;

  constructor(
    private readonly sim: Sim,
    /** Where accounts are written many at once. */
    private readonly jobs: AccountJobs | undefined,
  ) {
    this.all = sim.setting.skewsMs.map((skewMs, at) => this.#newInstance(`i${at}`, skewMs));
  }

  #newInstance(name: string, skewMs: number): Instance {
    const process = new Process(name, skewMs);
    const none: Context = { kind: 'worker', title: 'gate', startedAtMs: this.sim.nowMs };
    const bulk = this.jobs && new ProcessBulk(this.jobs, process, this.sim.stores.state);
    const memory = { matchHistory: new MatchHistory(), claims: new ClaimWatch(), bulk };
    return { process, gate: makeGate(this.depsOf(process, none, memory)), memory };
  }

  /** Kills an instance; another process takes its place. */
  kill(process: Process): void {
    this.sim.scheduler.kill(process);
    this.all = this.all.map((one) => (one.process === process ? this.#newInstance(process.name, process.skewMs) : one));
  }

  /** What a task of an instance works with. */
  depsOf(process: Process, context: Context, memory: Memory): EngineDeps {
    const port = <T extends object>(side: Side, name: string, inner: T, pure: readonly string[] = [], own?: Partial<T>): T =>
      wrapped(inner, this.sim.calls.around(side, name, process, context), pure, own);
    const quiet = (): void => undefined;
    const { bulk, ...kept } = memory;
    const { sim } = this;
    const target = port('target', 'target', sim.zendesk.target, ['busyForMs'], bulk?.methodsFor(context));
    const schema = mappingsOf(sim.fileVariant);
    return {
      ...(Object.fromEntries(
        Object.entries(sim.stores).map(([name, store]) => [name, port<object>('store', name, store)]),
      ) as unknown as typeof sim.stores),
      queue: port('queue', 'queue', sim.queue, ['decode', 'asksForCycle']),
      source: port('source', 'source', sim.source),
      target,
      notifier: { send: async () => undefined },
      settings: sim.settings(),
      schema,
      mappings: someMappings(schema, target, port('store', 'schemas', sim.schemas)),
      ...kept,
      clock: () => new Date(sim.nowMs + process.skewMs),
      sleep: (ms) => sim.scheduler.step(process, ms),
      newId: () => {
        this.#ids += 1;
        return `cccccccc-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
      },
      random: () => 0.5,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    };
  }
}
