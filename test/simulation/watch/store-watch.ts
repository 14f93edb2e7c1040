import type { TargetId, WorkItem } from '../../../src/core/model';
import type { ProvisioningLogEntry } from '../../../src/core/record';
import { type JobState, STATE_KEYS } from '../../../src/engine/job/job-state';
import type { CycleRecord } from '../../../src/ports/cycle-store';
import type { OwnedMembership } from '../../../src/ports/link-store';
import type { PlanHeader } from '../../../src/ports/plan-store';
import type { StagedDeletion } from '../../../src/ports/staged-deletion-store';
import type { ObjectKey } from '../../../src/ports/stored';
import type { FakeUser } from '../../fakes/target-account';
import type { Sim } from '../play/sim';
import { LinkWatch } from './link-watch';
import type { Context } from './watch';

/** What the app's calls of its stores and of the queue tell the watches. */
export class StoreWatch {
  /** Log entries as last recorded, by cycle and change. */
  readonly entries: ProvisioningLogEntry[] = [];
  readonly enqueued = new Map<string, WorkItem>();
  /** When each cycle began. */
  readonly cycleBegan = new Map<string, number>();
  readonly #links: LinkWatch;

  constructor(private readonly sim: Sim) {
    this.#links = new LinkWatch(sim);
  }

  get links(): ReadonlyMap<string, string> {
    return this.#links.targets;
  }

  /** Whether a suspension of the account is on record that the app does not know to be written, or not to be. */
  maySuspend(id: TargetId): boolean {
    return this.#links.maySuspend(id);
  }

  /** Whether a suspension of the account is on record whose answer the app has not got: lifted now, nothing shows any more that it was ever written. */
  isUnanswered(id: TargetId): boolean {
    return this.#links.isUnanswered(id);
  }

  /**
   * Whether a deletion of the object (`type target`) is on record that the app does not know to be written, or not to be. Zendesk shows when an account
   * went: later than a request of ours may have been under way it was somebody else. Of a group it shows nothing.
   */
  mayDelete(target: string): boolean {
    return this.#links.mayDelete(target);
  }

  /**
   * Whether an account that goes now looks as if the app had deleted it: a deletion of it is on record without an answer, and was begun so shortly before
   * that its request may be the cause. Zendesk shows when an account went, but not by whom, nor whether it was merged into another one.
   */
  looksDeleted(id: TargetId): boolean {
    return this.#links.looksDeleted(id);
  }

  observe(port: string, method: string, args: readonly unknown[], context: Context): void {
    if (port === 'links') this.#links.called(method, args, context);
    if (port === 'state' && method === 'write' && args[0] === STATE_KEYS.job) {
      const { mappings, mappingsInUse } = args[1] as Partial<Pick<JobState, 'mappings' | 'mappingsInUse'>>;
      this.sim.mappingsChanged({ active: mappings?.version ?? 0, inUse: mappingsInUse?.version ?? 0 });
    }
    if (port === 'links' && method === 'putMembership') {
      const { userId, groupId, targetUserId, targetGroupId } = args[0] as OwnedMembership;
      this.sim.zendesk.settledMembers.set(`${userId} ${groupId}`, `${targetUserId} ${targetGroupId}`);
    }
    if (port === 'links' && method === 'removeMembership') {
      const { userId, groupId } = args[0] as OwnedMembership;
      this.sim.zendesk.settledMembers.delete(`${userId} ${groupId}`);
    }
    if (port === 'plans' && method === 'write') this.sim.drift.noted(args[0] as PlanHeader);
    if (port === 'log' && method === 'record') this.entries.push(args[0] as ProvisioningLogEntry);
    if (port === 'queue' && (method === 'enqueue' || method === 'defer')) {
      for (const item of [args[0]].flat() as WorkItem[]) {
        this.enqueued.set(`${item.cycleId} ${item.changeId}`, item);
        this.sim.drift.enqueued(item);
        if (this.cycleBegan.has(item.cycleId)) this.sim.brake.granted(this.sim.nowMs, item);
        const done = this.sim.watch.effects.filter((one) => one.context === context);
        if (context.kind === 'operator') this.sim.brake.handedOn(item, done);
      }
    }
    // Whom the brake counts it reads now: workers make and adopt accounts between the start of a cycle and its count.
    if (port === 'links' && method === 'listLinks') this.noteActive();
    if (port === 'staged' && method === 'put') {
      this.noteActive();
      for (const { key, kind, state } of args[0] as StagedDeletion[]) {
        const name = `${key.type} ${key.id}`;
        // An operator has let go what was held: it may be carried out by the item of the release, or by one that an earlier cycle had let go.
        if (state === 'released') this.sim.brake.released(name);
        if (state !== 'staged') continue;
        this.sim.count(`held ${kind}`);
        this.sim.brake.held(this.sim.nowMs, name);
      }
    }
    if (port === 'staged' && method === 'remove') {
      for (const key of args[0] as ObjectKey[]) this.sim.brake.released(`${key.type} ${key.id}`);
    }
    if (port === 'cycles' && (method === 'put' || method === 'advance')) {
      const { cycleId, kind } = args[0] as CycleRecord;
      if ((kind === 'initial' || kind === 'incremental') && !this.cycleBegan.has(cycleId))
        this.cycleBegan.set(cycleId, context.startedAtMs);
    }
  }

  /**
   * How many accounts of the app's can be used now: the brake counts a share of them, at a time of its own. One that somebody deleted or
   * suspended by hand counts until a full reading shows it.
   */
  noteActive(): void {
    const isByHand = (id: TargetId): boolean => ['hand', 'either'].includes(this.sim.zendesk.notesOf(id).suspendedBy ?? '');
    const isOurs = ({ id, suspended }: FakeUser): boolean =>
      (!suspended || isByHand(id)) && (this.sim.zendesk.notesOf(id).owner !== null || linked.has(id));
    const linked = new Set([...this.links.values()].map((target) => target.split(' ')[1]));
    const gone = [...this.sim.zendesk.target.users.values()].filter(({ id, active }) => !active && linked.has(id));
    this.sim.brake.noteActive(this.sim.nowMs, [...this.sim.zendesk.liveUsers, ...gone].filter(isOurs).length);
  }
}
