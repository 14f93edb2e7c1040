import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Link, ObjectType, SourceId, TargetId, TargetUser, WorkItem } from '../../../src/core/model';
import type { Notice } from '../../../src/core/notice';
import type { ProvisioningSchema } from '../../../src/core/schema/model';
import { readSchema } from '../../../src/core/schema/read';
import { ClaimWatch } from '../../../src/engine/claim-watch';
import { closeCycles } from '../../../src/engine/cycle/close-cycles';
import { type CycleOutcome, runCycle } from '../../../src/engine/cycle/run-cycle';
import type { EngineDeps } from '../../../src/engine/deps';
import { makeGate } from '../../../src/engine/job/gate';
import { changeJob } from '../../../src/engine/job/job-state';
import type { JobSettings } from '../../../src/engine/job-settings';
import { MatchHistory } from '../../../src/engine/match-history';
import { handleWorkItem } from '../../../src/engine/provision/handle-work-item';
import type { LinkRow } from '../../../src/ports/link-store';
import type { OutcomeCounts } from '../../../src/ports/provisioning-log';
import { someConfig } from '../../builders/settings';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';
import { makeFakeCycleStore } from '../../fakes/cycle-store';
import { makeFakeEscrowStore } from '../../fakes/escrow-store';
import { makeFakeHoldStore } from '../../fakes/hold-store';
import { makeFakeLeavingStore } from '../../fakes/leaving-store';
import { makeFakeLinkStore } from '../../fakes/link-store';
import { someMappings } from '../../fakes/mappings';
import { makeFakeProvisioningLog } from '../../fakes/provisioning-log';
import { makeFakeSchemaStore } from '../../fakes/schema-store';
import { FakeSourceConnector } from '../../fakes/source-connector';
import { makeFakeStagedDeletionStore } from '../../fakes/staged-deletion-store';
import { makeFakeStateStore } from '../../fakes/state-store';
import type { FakeTarget, FakeTargetOptions, FakeUser } from '../../fakes/target-account';
import { makeFakeTarget } from '../../fakes/target-connector';
import { makeFakeWorkQueue } from '../../fakes/work-queue';

/** The process was killed. No error of ours: nothing may catch it and go on. */
export class Killed extends Error {}

/** A hand on every port call: hears its name before it is carried out, and may throw. */
export type PortHook = (name: string) => void | Promise<void>;

/** Which of the waiting messages is handed out next: a number from 0 to below `count`. */
export type Pick = (count: number) => number;

const shipped = readFileSync(join(__dirname, '../../../provisioning-schema.json'), 'utf8');

/** The schema that the app ships, or another file. @throws Error with its problems */
export function schemaOf(text: string = shipped): ProvisioningSchema {
  const read = readSchema(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.schema;
}

const SHIPPED = schemaOf();

const { job: DEFAULTS } = someConfig();

/** Settings as they are when nobody sets anything, in a world where five makes a crowd. */
export const someSettings = (settings: Partial<JobSettings> = {}): JobSettings => ({
  tenantId: '11111111-0000-4000-8000-000000000001',
  servicePrincipalId: 'ffffffff-0000-4000-8000-000000000001',
  subdomain: 'acme',
  ...DEFAULTS,
  ...settings,
});

export interface WorldOptions {
  readonly settings?: Partial<JobSettings>;
  readonly schema?: ProvisioningSchema;
  readonly target?: FakeTargetOptions;
}

/** Both sides, every store and the queue in memory, a clock that moves only when somebody waits, and any number of app instances. */
export class World {
  readonly source = new FakeSourceConnector();
  readonly target: FakeTarget;
  readonly notices: Notice[] = [];
  settings: JobSettings;
  schema: ProvisioningSchema;
  nowMs = Date.parse('2026-01-05T08:00:00Z');
  /** Called before every port call of every instance. */
  hook: PortHook | undefined;
  readonly #stores;
  readonly queue;
  readonly schemas;
  readonly #matchHistory = new MatchHistory();
  readonly #claims = new ClaimWatch();
  #ids = 0;
  #messagesSeen = 0;

  constructor(options: WorldOptions = {}) {
    this.settings = someSettings(options.settings);
    this.schema = options.schema ?? SHIPPED;
    this.target = makeFakeTarget({ nowMs: () => this.nowMs, ...options.target });
    const onCall = (name: string) => this.hook?.(name);
    const all = { onCall, pageSize: 3 };
    this.queue = makeFakeWorkQueue(all);
    this.#stores = {
      queue: this.queue,
      state: makeFakeStateStore(all),
      space: makeFakeConnectorSpace(all),
      links: makeFakeLinkStore(all),
      escrows: makeFakeEscrowStore(all),
      staged: makeFakeStagedDeletionStore(all),
      holds: makeFakeHoldStore(all),
      leavings: makeFakeLeavingStore(all),
      cycles: makeFakeCycleStore(all),
      log: makeFakeProvisioningLog(all),
    };
    this.schemas = makeFakeSchemaStore(all);
    this.source.pageSize = 3;
    this.source.beforeCall = ({ method }) => this.hook?.(`source.${method}`);
    this.target.hook = (moment, method) => this.hook?.(moment === 'before' ? `target.${method}` : `target.${method} (answer)`);
  }

  get directory() {
    return this.source.directory;
  }

  /** Makes the app expect that nobody has an account yet. */
  expectNobody(): void {
    while (!this.#matchHistory.expectsNobody) this.#matchHistory.note(false);
  }

  /** What an app instance is made of. */
  deps(): EngineDeps {
    const quiet = (): void => undefined;
    return {
      ...this.#stores,
      matchHistory: this.#matchHistory,
      claims: this.#claims,
      settings: this.settings,
      schema: this.schema,
      mappings: someMappings(this.schema, this.target, this.schemas),
      source: this.source,
      target: this.target,
      notifier: { send: async (notice) => void this.notices.push(notice) },
      clock: () => new Date(this.nowMs),
      sleep: async (ms) => {
        this.nowMs += ms;
      },
      newId: () => this.#newId(),
      random: () => 0.5,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    };
  }

  #newId(): string {
    this.#ids += 1;
    return `cccccccc-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  /** One call of the timer. */
  tick(owner = this.#newId(), budgetMs = 600_000): Promise<CycleOutcome> {
    return runCycle(this.deps(), { owner, budgetMs });
  }

  /** Calls the timer every 20 minutes until a cycle is complete. @throws Error when it never is */
  async cycle(): Promise<CycleOutcome & { kind: 'completed' }> {
    for (let calls = 0; calls < 60; calls += 1) {
      this.nowMs += 20 * 60_000;
      const outcome = await this.tick();
      if (outcome.kind === 'completed') return outcome;
    }
    throw new Error('no cycle was ever completed');
  }

  /** One function call for one message; a message whose call throws comes back, as in the storage queue. */
  async work(item: WorkItem): Promise<void> {
    const deps = this.deps();
    try {
      await handleWorkItem(deps, makeGate(deps), item);
    } catch (error) {
      this.queue.messages.push({ item, delayMs: 1_000 });
      throw error;
    }
  }

  /** Works off the queue, in any order; waits where everything waits. @param survives errors after which the host goes on. */
  async drain(pick: Pick = () => 0, survives: (error: unknown) => boolean = () => false): Promise<void> {
    for (let rounds = 0; this.queue.messages.length > 0; rounds += 1) {
      if (rounds > 5_000) throw new Error('the queue never empties');
      const [message] = this.queue.messages.splice(pick(this.queue.messages.length), 1);
      if (!message) continue;
      this.#messagesSeen += 1;
      this.nowMs += message.delayMs + 10;
      try {
        await this.work(message.item);
      } catch (error) {
        if (!survives(error)) throw error;
      }
    }
    await closeCycles(this.deps());
  }

  /** A whole cycle: timer until it is complete, then the queue until it is empty. */
  async round(pick?: Pick): Promise<CycleOutcome & { kind: 'completed' }> {
    const outcome = await this.cycle();
    await this.drain(pick);
    return outcome;
  }

  /** So many whole cycles, one after another. */
  async rounds(count: number, pick?: Pick): Promise<void> {
    for (let more = 0; more < count; more += 1) await this.round(pick);
  }

  /** A whole cycle, some hours later. */
  later(hours: number, pick?: Pick): Promise<CycleOutcome & { kind: 'completed' }> {
    this.nowMs += hours * 3600_000;
    return this.round(pick);
  }

  /** Makes the next cycle an initial one, as a restart by an operator does. */
  async dueInitial(): Promise<void> {
    const { state } = this.deps();
    await changeJob(state, (job) => ({ ...job, initialDue: 'Asked for by a test.' }));
  }

  /** Runs something that is killed before its n-th port call (from 0); true if it was. Whatever was under way then fails too. */
  async killedAt(call: number, run: () => Promise<unknown>): Promise<boolean> {
    let calls = 0;
    let isDead = false;
    this.hook = () => {
      if (calls >= call) isDead = true;
      calls += 1;
      if (isDead) throw new Killed(`killed before call ${call}`);
    };
    try {
      await run();
    } catch (error) {
      if (!isDead) throw error;
    } finally {
      this.hook = undefined;
    }
    return isDead;
  }

  async counts(cycleId: string): Promise<OutcomeCounts> {
    return this.#stores.log.counts(cycleId);
  }

  /** The account that carries an Entra id. */
  accountOf(id: SourceId): TargetUser | undefined {
    return [...this.target.users.values()].find((user) => user.active && user.externalId === id);
  }

  /** The account that carries an Entra id, for somebody to change by hand. @throws Error where there is none */
  rowOf(id: SourceId): FakeUser {
    const row = this.target.users.get(this.accountOf(id)?.id as TargetId);
    if (!row) throw new Error('no account');
    return row;
  }

  /** What is stored of the pair of an object: its link, and the claim of a try that is under way. */
  async pairOf(id: SourceId, type: ObjectType = 'user'): Promise<LinkRow | undefined> {
    return (await this.#stores.links.read({ type, id }))?.value;
  }

  async linkOf(id: SourceId, type?: ObjectType): Promise<Link | null> {
    return (await this.pairOf(id, type))?.link ?? null;
  }

  groupNamed(name: string) {
    return [...this.target.groups.values()].find((group) => !group.deleted && group.name === name);
  }

  /** Who is in a Zendesk group, by Entra id or e-mail, sorted. */
  membersOf(id: TargetId): readonly string[] {
    return [...this.target.memberships.values()]
      .filter((membership) => membership.groupId === id)
      .map(({ userId }) => this.target.users.get(userId))
      .map((user) => user?.externalId ?? user?.email ?? '?')
      .sort();
  }

  /** Who is in the Zendesk group of a name, as in {@link membersOf}; nobody where there is none. */
  inGroup(name: string): readonly string[] {
    return this.membersOf(this.groupNamed(name)?.id as TargetId);
  }

  /** Everything there is in Zendesk, in an order and in names that do not depend on who was created first. */
  snapshot(): unknown {
    const users = [...this.target.users.values()]
      .filter((user) => user.active)
      .map(({ id: _id, ...user }) => ({ ...user, attributes: { ...user.attributes } }))
      .sort((a, b) => (`${a.externalId} ${a.email}` < `${b.externalId} ${b.email}` ? -1 : 1));
    const groups = [...this.target.groups.values()]
      .filter((group) => !group.deleted)
      .map(({ id, name, description }) => ({ name, description, members: this.membersOf(id) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return { users, groups };
  }
}
