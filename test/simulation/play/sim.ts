import { ProvisioningError } from '../../../src/core/errors';
import type { TargetId } from '../../../src/core/model';
import { closeCycles } from '../../../src/engine/cycle/close-cycles';
import { type CycleOutcome, runCycle } from '../../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../../src/engine/deps';
import { driftPlans } from '../../../src/engine/drift/drift-run';
import { endHint, takeUpHint } from '../../../src/engine/hints/hint-cycle';
import type { JobSettings } from '../../../src/engine/job-settings';
import type { Planning } from '../../../src/engine/preview/planning';
import { escrowPoisoned, reportUnreadable } from '../../../src/engine/provision/escrow-poisoned';
import { handleWorkItem } from '../../../src/engine/provision/handle-work-item';
import { undoParts } from '../../../src/engine/undo/make-undo';
import { someConfig } from '../../builders/settings';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { makeFakeCycleStore } from '../../fakes/cycle-store';
import { makeFakeEscrowStore } from '../../fakes/escrow-store';
import { makeFakeHoldStore } from '../../fakes/hold-store';
import { makeFakeLeavingStore } from '../../fakes/leaving-store';
import { makeFakeLinkStore } from '../../fakes/link-store';
import { makeFakeProvisioningLog } from '../../fakes/provisioning-log';
import { makeFakeSchemaStore } from '../../fakes/schema-store';
import { makeFakeStagedDeletionStore } from '../../fakes/staged-deletion-store';
import { makeFakeStateStore } from '../../fakes/state-store';
import type { LeavingRules } from '../events/leaving';
import type { SeatRules } from '../events/seats';
import { AccountJobs } from '../ports/jobs';
import { makePlans, makeShadow } from '../ports/plans';
import { type Message, SimQueue } from '../ports/queue';
import { APPLICATION, SimSource } from '../ports/source';
import { wrapped } from '../ports/wrap';
import { BrakeWatch } from '../watch/brake-watch';
import { CleanUpWatch } from '../watch/clean-up-watch';
import { DriftWatch } from '../watch/drift-watch';
import { SeatWatch } from '../watch/seat-watch';
import { StoreWatch } from '../watch/store-watch';
import { type Context, Watch } from '../watch/watch';
import { type Customs, Entra } from '../world/entra';
import { type Rules, TruthHistory, type Variant } from '../world/truth';
import { Zendesk } from '../world/zendesk';
import { Faults } from './faults';
import { type Instance, Instances } from './instances';
import { PortCalls } from './port-calls';
import type { Dice } from './random';
import { type Process, Scheduler, type Task } from './scheduler';

/** What a story begins with, besides what its steps change. */
export interface Setting {
  readonly rules: Rules;
  readonly customs: Customs;
  readonly deletionThreshold: number;
  readonly deletionThresholdPercent: number;
  readonly protectedUsers: readonly string[];
  readonly skewsMs: readonly number[];
  readonly leaving: LeavingRules;
  /** Whether accounts are written many at once, by background jobs of Zendesk. */
  readonly hasJobs: boolean;
  /** How many agent seats there are; absent where there is no end of them. */
  readonly seats?: SeatRules;
}

/** As the function host does: so long is a message hidden while it is worked on, and after a failed try; so often it is tried. */
const HIDDEN_MS = 10 * 60_000;
const RETRY_MS = 30_000;
const MAX_TRIES = 5;
const WORKERS = 3;
/** Where accounts are written many at once, so many may wait for each other. */
const WORKERS_WITH_JOBS = 8;
const BUDGET_MS = 8 * 60_000;

const { job: JOB } = someConfig();

/** Both systems, every store, the queue and two instances of the app, on one clock and one chain of chances. */
export class Sim {
  readonly scheduler: Scheduler;
  readonly entra: Entra;
  readonly zendesk = new Zendesk(() => this.nowMs);
  readonly source: SimSource;
  readonly queue: SimQueue;
  readonly faults: Faults;
  readonly past: TruthHistory;
  readonly watch: Watch;
  readonly brake: BrakeWatch;
  readonly seats: SeatWatch;
  readonly cleanUps = new CleanUpWatch(this);
  readonly drift = new DriftWatch(this);
  /** What AGENT_SEATS says; undefined where it is not set. */
  agentSeats: number | undefined;
  readonly plans = makePlans();
  readonly shadow = makeShadow();
  readonly schemas = makeFakeSchemaStore();
  readonly stores = {
    state: makeFakeStateStore(),
    space: makeFakeConnectorSpace({ pageSize: 5 }),
    links: makeFakeLinkStore({ pageSize: 5 }),
    escrows: makeFakeEscrowStore({ pageSize: 5 }),
    staged: makeFakeStagedDeletionStore({ pageSize: 5 }),
    holds: makeFakeHoldStore({ pageSize: 5 }),
    leavings: makeFakeLeavingStore({ pageSize: 5 }),
    cycles: makeFakeCycleStore(),
    log: makeFakeProvisioningLog(),
  };
  /** Whether the history tells each call of a port. */
  isTraced = false;
  rules: Rules;
  /** Which mappings are in the file, and in the stored versions. */
  fileVariant: Variant;
  readonly versions = new Map<number, Variant>();
  #versions = { active: 0, inUse: 0 };
  /** Where accounts are written many at once. */
  readonly jobs: AccountJobs | undefined;
  protectedUsers: readonly string[];
  readonly told = new StoreWatch(this);
  readonly calls = new PortCalls(this);
  readonly #app: Instances;
  /** Work items that a fault took out of the queue. */
  readonly lost = new Set<string>();
  readonly counts = new Map<string, number>();
  readonly history: string[] = [];
  lastPlanId: string | undefined;
  /** People who have been provisioned on demand while they had no right to access. */
  readonly readBefore = new Set<string>();
  /** Completed cycles over the source. */
  cycles = 0;
  /** True while the app's picture of Entra may be old for want of a truthful full reading. */
  needsInitial = false;

  constructor(
    readonly setting: Setting,
    readonly dice: Dice,
  ) {
    this.scheduler = new Scheduler(dice.fork('schedule'));
    this.entra = new Entra(setting.customs);
    this.source = new SimSource(this.entra);
    this.queue = new SimQueue(() => this.nowMs);
    this.faults = new Faults(dice.fork('faults'));
    this.rules = setting.rules;
    this.fileVariant = setting.rules.variant;
    this.seats = new SeatWatch(this, setting.seats);
    this.protectedUsers = setting.protectedUsers;
    this.past = new TruthHistory(this.entra, () => this.rules);
    this.watch = new Watch(this.entra, this.zendesk, this.past, () => this.nowMs, setting.leaving, this.cleanUps);
    this.watch.protect(setting.protectedUsers);
    const limits = { absolute: setting.deletionThreshold, percent: setting.deletionThresholdPercent };
    this.brake = new BrakeWatch(limits, (rule, text) => this.watch.violate(rule, text));
    const world = {
      target: this.zendesk.target,
      selfId: this.zendesk.selfId,
      scheduler: this.scheduler,
      dice: dice.fork('jobs'),
      isIndexed: (id: TargetId) => this.zendesk.notesOf(id).indexedFromMs <= this.nowMs,
      count: (name: string) => this.count(name),
      tell: (text: string) => this.tell(text),
      write: <T>(method: string, context: Context, act: () => Promise<T>) => this.calls.write(method, context, act),
    };
    this.jobs = setting.hasJobs ? new AccountJobs(world) : undefined;
    this.#app = new Instances(this, this.jobs);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get instances(): readonly Instance[] {
    return this.#app.all;
  }

  /** The target that each object is linked to, as the link store has it: `type source` → `type target`. */
  get links(): ReadonlyMap<string, string> {
    return this.told.links;
  }

  settings(): JobSettings {
    const { variant: _variant, ...rules } = this.rules;
    return {
      ...JOB,
      status: 'On',
      driftRepair: 'Repair',
      ...rules,
      ...this.setting.leaving,
      tenantId: '11111111-0000-4000-8000-000000000001',
      servicePrincipalId: APPLICATION,
      subdomain: 'acme',
      deletionThreshold: this.setting.deletionThreshold,
      deletionThresholdPercent: this.setting.deletionThresholdPercent,
      protectedUsers: [...this.protectedUsers],
      ...(this.agentSeats !== undefined && { agentSeats: this.agentSeats }),
    };
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  tell(text: string): void {
    this.history.push(`${new Date(this.nowMs).toISOString().slice(5, 19)} ${text}`);
  }

  /** After another file, or other versions: the rules go by what is active; what is asked for on demand is done by what is in use. */
  mappingsChanged(versions = this.#versions): void {
    this.#versions = versions;
    const variantOf = (version: number): Variant => this.versions.get(version) ?? this.fileVariant;
    const [variant, variantInUse] = [variantOf(versions.active), variantOf(versions.inUse)];
    if (variant === this.rules.variant && variantInUse === this.rules.variantInUse) return;
    this.rules = { ...this.rules, variant, variantInUse };
    this.changed();
  }

  /** After each change of Entra or the settings, and each thing done by hand. */
  changed(): void {
    this.past.note(this.nowMs);
    this.seats.byHand();
  }

  /** Kills an instance; another process takes its place. */
  kill(process: Process): void {
    this.#app.kill(process);
  }

  /** All instances anew, as when a setting changes. */
  redeploy(): void {
    for (const { process } of this.instances) this.kill(process);
  }

  /** Every fault ends. */
  calm(): void {
    this.faults.end();
    this.source.lies = {};
    this.queue.late.clear();
    for (const { process } of this.instances) process.callsLeft = Number.POSITIVE_INFINITY;
    if (this.jobs) this.jobs.isCalm = true;
  }

  /** Whether anything was ever cut off between a write and its record. */
  get hasBeenCutOff(): boolean {
    return (
      ['crash', 'redeploy', 'changeMapping', 'changeSettings', 'takenBackAsked', 'takenBackQueued'].some((name) =>
        this.counts.has(name),
      ) || this.faults.met.size > 0
    );
  }

  // --- work --------------------------------------------------------------------------------------------------------------------

  /** Begins something on an instance; what it throws that is not a fault of the world is a bug. */
  begin(
    instance: Instance,
    context: Omit<Context, 'startedAtMs'>,
    work: (deps: EngineDeps, instance: Instance) => Promise<unknown>,
  ): Task {
    return this.scheduler.start(instance.process, context.title, async () => {
      const full = { ...context, startedAtMs: this.nowMs };
      try {
        return await work(this.#app.depsOf(instance.process, full, instance.memory), instance);
      } catch (error) {
        const isOurs = error instanceof ProvisioningError && error.code !== 'PROV_BUG';
        if (!isOurs) this.watch.violate('bug', `${context.title} threw ${error instanceof Error ? error.stack : String(error)}`);
        throw error;
      }
    });
  }

  planning(deps: EngineDeps, instance: Instance): Planning {
    const context: Context = { kind: 'operator', title: 'plan', startedAtMs: this.nowMs };
    const around = this.calls.around('store', 'plans', instance.process, context);
    return {
      deps,
      plans: wrapped(this.plans, around),
      shadow: wrapped(this.shadow, around),
      kinds: { drift: driftPlans, undo: undoParts },
    };
  }

  /** The timer, as the function does it. @param isAsked where the queue asks for the cycle */
  tick(instance: Instance, budgetMs = BUDGET_MS, isAsked = false): Task {
    const startedAtMs = this.nowMs;
    this.told.noteActive();
    return this.begin(instance, { kind: 'tick', title: `timer on ${instance.process.name}` }, async (deps) => {
      await reportUnreadable(deps);
      const isHint = isAsked && (await takeUpHint(deps));
      const startedMs = deps.clock().getTime();
      await closeCycles(deps);
      const outcome = await runCycle(deps, { owner: deps.newId(), budgetMs });
      this.ended(outcome, startedAtMs);
      if (outcome.kind === 'interrupted') await deps.queue.askForCycle();
      if (isHint) await endHint(deps, startedMs, outcome);
    });
  }

  /** Takes note of how a run of a cycle ended. */
  ended(outcome: CycleOutcome, startedAtMs: number): void {
    this.tell(
      `cycle: ${outcome.kind}${'reason' in outcome ? ` (${outcome.reason})` : ''}${outcome.kind === 'failed' ? ` ${outcome.error.message}` : ''}`,
    );
    this.count(`cycle ${outcome.kind}`);
    if (outcome.kind !== 'completed') return;
    this.cycles += 1;
    this.count(`cycle ${outcome.cycleKind}`);
    const beganMs = this.told.cycleBegan.get(outcome.cycleId) ?? startedAtMs;
    const isTruthful = this.watch.lastLieMs < beganMs;
    if (!isTruthful) this.needsInitial = true;
    else if (outcome.cycleKind === 'initial') this.needsInitial = false;
    if (isTruthful && !this.needsInitial) this.watch.knows(beganMs);
  }

  /** Hands messages that can be seen to instances that have a hand free, in any order. */
  deliver(dice: Dice): void {
    for (const instance of this.instances) {
      if (this.scheduler.tasksOf(instance.process) >= (this.setting.hasJobs ? WORKERS_WITH_JOBS : WORKERS) || !dice.chance(0.5))
        continue;
      if (this.queue.takeAsked()) this.tick(instance, BUDGET_MS, true);
      const message = dice.maybe(this.queue.visible);
      if (message) this.#work(instance, message, dice);
    }
  }

  #work(instance: Instance, message: Message, dice: Dice): void {
    message.visibleAtMs = this.nowMs + HIDDEN_MS;
    message.dequeueCount += 1;
    const { item } = message;
    if (this.faults.isOn('lateMessages') && message.dequeueCount === 1 && dice.chance(0.5)) {
      this.faults.count('lateMessages');
      message.visibleAtMs = this.nowMs + dice.int(7_200_000);
      return;
    }
    if (this.faults.isOn('duplicateMessages') && dice.chance(0.3)) {
      this.faults.count('duplicateMessages');
      this.queue.add(item, dice.int(120_000));
    }
    const what = `${message.isPoison ? 'poison ' : ''}${item.objectType} ${item.sourceId.slice(-4)} of ${item.cycleId.slice(-4)}`;
    this.begin(instance, { kind: 'worker', title: `${what} on ${instance.process.name}`, item }, async (deps) => {
      try {
        if (message.isPoison) await escrowPoisoned(deps, item);
        else await handleWorkItem(deps, instance.gate, item);
        this.queue.messages.delete(message.number);
      } catch (error) {
        message.visibleAtMs = this.nowMs + RETRY_MS;
        if (message.dequeueCount >= MAX_TRIES && !message.isPoison) {
          this.count('poisoned message');
          [message.isPoison, message.dequeueCount] = [true, 0];
        }
        throw error;
      }
    });
  }
}
