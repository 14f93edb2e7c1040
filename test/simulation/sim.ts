import { ProvisioningError } from '../../src/core/errors';
import type { TargetId, WorkItem } from '../../src/core/model';
import type { ProvisioningLogEntry } from '../../src/core/record';
import { ClaimWatch } from '../../src/engine/claim-watch';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { type CycleOutcome, runCycle } from '../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../src/engine/deps';
import { driftPlans } from '../../src/engine/drift/drift-run';
import { endHint, takeUpHint } from '../../src/engine/hints/hint-cycle';
import { type Gate, makeGate } from '../../src/engine/job/gate';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import type { JobSettings } from '../../src/engine/job-settings';
import { MatchHistory } from '../../src/engine/match-history';
import type { Planning } from '../../src/engine/preview/planning';
import { escrowPoisoned, reportUnreadable } from '../../src/engine/provision/escrow-poisoned';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import { undoParts } from '../../src/engine/undo/make-undo';
import type { PlanHeader } from '../../src/ports/plan-store';
import type { CycleRecord, LinkRow, ObjectKey, OwnedMembership, StagedDeletion } from '../../src/ports/stores';
import type { TargetConnector } from '../../src/ports/target-connector';
import { someConfig } from '../builders/settings';
import { makeFakeConnectorSpace } from '../fakes/connector-space';
import { makeFakeCycleStore } from '../fakes/cycle-store';
import { makeFakeEscrowStore } from '../fakes/escrow-store';
import { makeFakeHoldStore } from '../fakes/hold-store';
import { makeFakeLeavingStore } from '../fakes/leaving-store';
import { makeFakeLinkStore } from '../fakes/link-store';
import { someMappings } from '../fakes/mappings';
import { makeFakeProvisioningLog } from '../fakes/provisioning-log';
import { makeFakeSchemaStore } from '../fakes/schema-store';
import { makeFakeStagedDeletionStore } from '../fakes/staged-deletion-store';
import { makeFakeStateStore } from '../fakes/state-store';
import type { FakeUser } from '../fakes/target-connector';
import { BrakeWatch } from './brake-watch';
import { CleanUpWatch } from './clean-up-watch';
import { DriftWatch } from './drift-watch';
import type { LeavingRules } from './events/leaving';
import type { SeatRules } from './events/seats';
import { Faults, type Side } from './faults';
import { isBulked, ProcessBulk } from './ports/bulk';
import { AccountJobs } from './ports/jobs';
import { makePlans, makeShadow } from './ports/plans';
import { type Message, SimQueue } from './ports/queue';
import { APPLICATION, SimSource } from './ports/source';
import { type Around, wrapped } from './ports/wrap';
import type { Dice } from './random';
import { mappingsOf } from './rules';
import { never, Process, Scheduler, type Task } from './scheduler';
import { SeatWatch } from './seat-watch';
import { type Context, Watch } from './watch';
import { type Customs, Entra } from './world/entra';
import { type Rules, standingOf, TruthHistory, type Variant } from './world/truth';
import { Zendesk } from './world/zendesk';

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

/** One app instance: what lives as long as its process. */
interface Instance {
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

/** As the function host does: so long is a message hidden while it is worked on, and after a failed try; so often it is tried. */
const HIDDEN_MS = 10 * 60_000;
const RETRY_MS = 30_000;
const MAX_TRIES = 5;
const WORKERS = 3;
/** Where accounts are written many at once, so many may wait for each other. */
const WORKERS_WITH_JOBS = 8;
const BUDGET_MS = 8 * 60_000;

/** Calls of the target that only read: the world is compared before and after every other one. */
const READS: ReadonlySet<string> = new Set<keyof TargetConnector>([
  ...(['describe', 'getUser', 'findUsers', 'addressesOf', 'countActiveAdmins', 'ticketHeir', 'getGroup', 'findGroups'] as const),
  ...(['listGroups', 'listTeam', 'listGroupMemberships', 'limits'] as const),
]);

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
  #activeVersion = 0;
  readonly #jobs: AccountJobs | undefined;
  protectedUsers: readonly string[];
  instances: Instance[] = [];
  /** Log entries as last recorded, by cycle and change. */
  readonly entries: ProvisioningLogEntry[] = [];
  readonly enqueued = new Map<string, WorkItem>();
  /** Work items that a fault took out of the queue. */
  readonly lost = new Set<string>();
  readonly counts = new Map<string, number>();
  readonly history: string[] = [];
  lastPlanId: string | undefined;
  /** Completed cycles over the source. */
  cycles = 0;
  /** True while the app's picture of Entra may be old for want of a truthful full reading. */
  needsInitial = false;
  /** The target that each object is linked to, as the link store has it: `type source` → `type target`. */
  readonly links = new Map<string, string>();
  readonly #cycleBegan = new Map<string, number>();
  #ids = 0;

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
    this.watch.protectedNames = setting.protectedUsers;
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
      write: <T>(method: string, context: Context, act: () => Promise<T>) => this.#write(method, context, act),
    };
    this.#jobs = setting.hasJobs ? new AccountJobs(world) : undefined;
    this.instances = setting.skewsMs.map((skewMs, at) => this.#newInstance(`i${at}`, skewMs));
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
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

  /** After another file, or another active version: the rules go by what is active. */
  mappingsChanged(activeVersion = this.#activeVersion): void {
    this.#activeVersion = activeVersion;
    const variant = this.versions.get(activeVersion) ?? this.fileVariant;
    if (variant === this.rules.variant) return;
    this.rules = { ...this.rules, variant };
    this.changed();
  }

  /** After each change of Entra or the settings, and each thing done by hand. */
  changed(): void {
    this.past.note(this.nowMs);
    this.seats.byHand();
  }

  // --- instances ---------------------------------------------------------------------------------------------------------------

  #newInstance(name: string, skewMs: number): Instance {
    const process = new Process(name, skewMs);
    const none: Context = { kind: 'worker', title: 'gate', startedAtMs: this.nowMs };
    const bulk = this.#jobs && new ProcessBulk(this.#jobs, process, this.stores.state);
    const memory = { matchHistory: new MatchHistory(), claims: new ClaimWatch(), bulk };
    return { process, gate: makeGate(this.#deps(process, none, memory)), memory };
  }

  /** Kills an instance; another process takes its place. */
  kill(process: Process): void {
    this.scheduler.kill(process);
    this.instances = this.instances.map((one) =>
      one.process === process ? this.#newInstance(process.name, process.skewMs) : one,
    );
  }

  /** Every fault ends. */
  calm(): void {
    this.faults.on.clear();
    this.source.lies = {};
    for (const { process } of this.instances) process.callsLeft = Number.POSITIVE_INFINITY;
    if (this.#jobs) this.#jobs.isCalm = true;
  }

  /** All instances anew, as when a setting changes. */
  redeploy(): void {
    for (const { process } of this.instances) this.kill(process);
  }

  #deps(process: Process, context: Context, memory: Memory): EngineDeps {
    const port = <T extends object>(side: Side, name: string, inner: T, pure: readonly string[] = [], own?: Partial<T>): T =>
      wrapped(inner, this.#around(side, name, process, context), pure, own);
    const quiet = (): void => undefined;
    const { bulk, ...kept } = memory;
    const target = port('target', 'target', this.zendesk.target, ['busyForMs'], bulk?.methodsFor(context));
    const schema = mappingsOf(this.fileVariant);
    return {
      ...(Object.fromEntries(
        Object.entries(this.stores).map(([name, store]) => [name, port<object>('store', name, store)]),
      ) as unknown as typeof this.stores),
      queue: port('queue', 'queue', this.queue, ['decode', 'asksForCycle']),
      source: port('source', 'source', this.source),
      target,
      notifier: { send: async () => undefined },
      settings: this.settings(),
      schema,
      mappings: someMappings(schema, target, port('store', 'schemas', this.schemas)),
      ...kept,
      clock: () => new Date(this.nowMs + process.skewMs),
      sleep: (ms) => this.scheduler.step(process, ms),
      newId: () => {
        this.#ids += 1;
        return `cccccccc-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
      },
      random: () => 0.5,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    };
  }

  #around(side: Side, port: string, process: Process, context: Context): Around {
    return {
      before: async (method, args) => {
        await this.scheduler.step(process, this.faults.latencyMs());
        if (side === 'source') this.source.lies = this.faults.lies;
        if (side === 'source') {
          for (const lie of Object.keys(this.source.lies)) this.faults.count(lie);
          if (Object.keys(this.source.lies).length > 0) this.watch.lastLieMs = this.nowMs;
        }
        if (this.isTraced) this.tell(`  ${context.title}: ${port}.${method} ${JSON.stringify(args).slice(0, 300)}`);
        const error = this.faults.before(side, method, args);
        if (error === 'unknown') this.source.lies = { ...this.source.lies, unknownAll: 'now' };
        else if (error) throw error;
        if (side === 'target' && !READS.has(method) && !this.#isInJobs(method)) this.#beforeWrite();
      },
      after: async (method, args, answer) => {
        if (side === 'target' && !READS.has(method) && !this.#isInJobs(method)) this.#wrote(method, context);
        this.#observe(port, method, args, context);
        process.callsLeft -= 1;
        if (process.callsLeft <= 0) {
          this.count('crash');
          this.tell(`${process.name} is killed after ${port}.${method}`);
          this.kill(process);
          return never();
        }
        const error = this.faults.after(side, method);
        if (error) throw error;
        return port === 'target' && method === 'findUsers' ? this.#indexed(args, answer) : answer;
      },
    };
  }

  /** Whether a call does by itself, and later, what it does to the account. */
  #isInJobs(method: string): boolean {
    return this.setting.hasJobs && isBulked(method);
  }

  async #write<T>(method: string, context: Context, act: () => Promise<T>): Promise<T> {
    this.#beforeWrite();
    try {
      return await act();
    } finally {
      this.#wrote(method, context);
    }
  }

  #beforeWrite(): void {
    this.watch.beforeWrite();
    this.seats.byHand();
    this.drift.beforeWrite();
  }

  #wrote(method: string, context: Context): void {
    this.seats.afterWrite(context);
    this.drift.afterWrite(context);
    const before = this.watch.effects.length;
    this.watch.afterWrite(method, context);
    const effects = this.watch.effects.slice(before);
    const { item, kind } = context;
    if (effects.length === 0 || !item || kind !== 'worker') return;
    const hasOpenTickets = effects.some(({ targetId }) => this.zendesk.target.openTickets.has(targetId));
    const wasRaced = this.watch.raced.some(({ owner, atMs }) => owner === item.sourceId && atMs >= context.startedAtMs);
    this.brake.effect(effects, { ...context, item }, this.#cycleBegan.has(item.cycleId), { hasOpenTickets, wasRaced });
  }

  /** What Zendesk's search knows by now. */
  #indexed([matcher]: readonly unknown[], answer: unknown): unknown {
    if ((matcher as { readonly attribute: string }).attribute === 'external_id') return answer;
    const known = (answer as readonly { readonly id: TargetId }[]).filter(({ id }) => {
      const isIndexed = this.zendesk.notesOf(id).indexedFromMs <= this.nowMs;
      if (!isIndexed) this.faults.count('searchLag');
      return isIndexed;
    });
    return known;
  }

  #observe(port: string, method: string, args: readonly unknown[], context: Context): void {
    if (port === 'links') this.#noteLink(method, args, context);
    if (port === 'state' && method === 'write' && args[0] === STATE_KEYS.job) {
      this.mappingsChanged((args[1] as { readonly mappings?: { readonly version: number } | null }).mappings?.version ?? 0);
    }
    if (port === 'links' && method === 'putMembership') {
      const { targetUserId, targetGroupId } = args[0] as OwnedMembership;
      this.zendesk.settledMembers.add(`${targetUserId} ${targetGroupId}`);
    }
    if (port === 'plans' && method === 'write') this.drift.noted(args[0] as PlanHeader);
    if (port === 'log' && method === 'record') this.entries.push(args[0] as ProvisioningLogEntry);
    if (port === 'queue' && (method === 'enqueue' || method === 'defer')) {
      for (const item of [args[0]].flat() as WorkItem[]) {
        this.enqueued.set(`${item.cycleId} ${item.changeId}`, item);
        this.drift.enqueued(item);
        if (this.#cycleBegan.has(item.cycleId)) this.brake.granted(this.nowMs, item);
      }
    }
    // Whom the brake counts it reads now: workers make and adopt accounts between the start of a cycle and its count.
    if (port === 'links' && method === 'listLinks') this.#noteActive();
    if (port === 'staged' && method === 'put') {
      this.#noteActive();
      for (const row of args[0] as StagedDeletion[])
        if (row.state === 'staged') {
          this.count(`held ${row.kind}`);
          this.brake.held(this.nowMs, `${row.key.type} ${row.key.id}`);
        }
    }
    if (port === 'staged' && method === 'remove') {
      for (const key of args[0] as ObjectKey[]) this.brake.released(`${key.type} ${key.id}`);
    }
    if (port === 'cycles' && (method === 'put' || method === 'advance')) {
      const { cycleId, kind } = args[0] as CycleRecord;
      if ((kind === 'initial' || kind === 'incremental') && !this.#cycleBegan.has(cycleId))
        this.#cycleBegan.set(cycleId, context.startedAtMs);
    }
  }

  /** Who is linked to what: one owner each, always. */
  #noteLink(method: string, args: readonly unknown[], context: Context): void {
    if (method !== 'write' && method !== 'remove') return;
    const [key, row] = args as [ObjectKey, LinkRow];
    const name = `${key.type} ${key.id}`;
    const link = method === 'write' ? row.link : null;
    if (!link) {
      if (this.links.delete(name)) this.#unlinked(key, context);
      return;
    }
    const target = `${key.type} ${link.targetId}`;
    for (const [other, held] of this.links) {
      if (other !== name && held === target)
        this.watch.violate('twoOwners', `Zendesk ${target} is linked to ${name} and ${other}`);
    }
    const isInPlace = key.type === 'user' && (this.links.get(name) ?? target) !== target;
    this.links.set(name, target);
    if (isInPlace) this.#notOurSuspension(link.targetId);
    const notes = key.type === 'user' ? this.zendesk.notesOf(link.targetId) : this.zendesk.groupNotesOf(link.targetId);
    [notes.owner, notes.isDetached] = [key.id, false];
    if (key.type === 'user') this.zendesk.notesOf(link.targetId).wasLinked = true;
    if (key.type === 'group') this.zendesk.groupNotesOf(link.targetId).countsAsOurs = link.createdByUs;
  }

  /** An account that takes the place of one that is gone: a suspension that the app did not make is left, also one that was there before all. */
  #notOurSuspension(id: TargetId): void {
    const notes = this.zendesk.notesOf(id);
    const isSuspended = this.zendesk.target.users.get(id)?.suspended === true;
    if (isSuspended && notes.suspendedBy === null) notes.suspendedBy = 'hand';
  }

  /** Whether anything was ever cut off between a write and its record. */
  get hasBeenCutOff(): boolean {
    return (
      ['crash', 'redeploy', 'changeMapping', 'changeSettings'].some((name) => this.counts.has(name)) || this.faults.met.size > 0
    );
  }

  /**
   * The app forgets a pair. What is whose is decided anew then; but whoever had no right to access at that time must still lose it, and
   * a group that is let go, though the app made it, is a group too many.
   */
  #unlinked({ type, id }: ObjectKey, { title }: Context): void {
    const isAskedFor = title.startsWith('unlink');
    for (const user of type === 'user' ? this.zendesk.liveUsers : []) {
      const notes = this.zendesk.notesOf(user.id);
      const person = this.entra.people.get(id);
      const isIn = person !== undefined && standingOf(this.entra, this.rules, person).isIn;
      if (notes.owner !== id) continue;
      if (isAskedFor || isIn || user.suspended) notes.isDetached = true;
      // Taking an account never lowers its role.
      notes.roleBy = 'hand';
    }
    for (const group of type === 'group' ? this.zendesk.liveGroups : []) {
      const notes = this.zendesk.groupNotesOf(group.id);
      const isForgotten = isAskedFor || title.startsWith('restart');
      if (notes.owner !== id || (notes.createdByApp && !notes.wasDetached && !isForgotten)) continue;
      [notes.isDetached, notes.wasDetached] = [true, true];
    }
    for (const [pair, maker] of this.zendesk.members) {
      const [userId, groupId] = pair.split(' ') as [TargetId, TargetId];
      const owner = type === 'user' ? this.zendesk.notesOf(userId).owner : this.zendesk.groupNotesOf(groupId).owner;
      if (maker === 'app' && owner === id) this.zendesk.members.set(pair, 'hand');
    }
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
        return await work(this.#deps(instance.process, full, instance.memory), instance);
      } catch (error) {
        const isOurs = error instanceof ProvisioningError && error.code !== 'PROV_BUG';
        if (!isOurs) this.watch.violate('bug', `${context.title} threw ${error instanceof Error ? error.stack : String(error)}`);
        throw error;
      }
    });
  }

  planning(deps: EngineDeps, instance: Instance): Planning {
    const context: Context = { kind: 'operator', title: 'plan', startedAtMs: this.nowMs };
    const around = this.#around('store', 'plans', instance.process, context);
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
    this.#noteActive();
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

  /**
   * How many accounts of the app's can be used now: the brake counts a share of them, at a time of its own. One that somebody deleted or
   * suspended by hand counts until a full reading shows it.
   */
  #noteActive(): void {
    const isOurs = ({ id, suspended }: FakeUser): boolean =>
      (!suspended || this.zendesk.notesOf(id).suspendedBy === 'hand') &&
      (this.zendesk.notesOf(id).owner !== null || linked.has(id));
    const linked = new Set([...this.links.values()].map((target) => target.split(' ')[1]));
    const gone = [...this.zendesk.target.users.values()].filter(({ id, active }) => !active && linked.has(id));
    this.brake.noteActive(this.nowMs, [...this.zendesk.liveUsers, ...gone].filter(isOurs).length);
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
    const beganMs = this.#cycleBegan.get(outcome.cycleId) ?? startedAtMs;
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
