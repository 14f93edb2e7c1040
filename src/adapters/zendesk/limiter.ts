import { StaleStateError, ThrottledError } from '../../core/errors';
import { boundedWaitMs } from '../../core/retry-after';
import type { Clock } from '../../ports/runtime';
import type { StateStore } from '../../ports/state-store';
import type { TargetLimits } from '../../ports/target-connector';
import {
  block,
  EMPTY_LIMITER,
  isLimiterState,
  type Lane,
  type LimiterPlan,
  type LimiterState,
  learn,
  MAX_AHEAD_MS,
  ourQuota,
  paceOf,
  plausible,
  reserve,
  unblock,
} from './lanes';

/** What the limiter needs. */
export interface LimiterDeps {
  readonly store: Pick<StateStore, 'read' | 'write'>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly plan: LimiterPlan;
  /** Longest time a caller is kept waiting before it is told to come back later; default 10 s. */
  readonly maxWaitMs?: number;
  /** The same where it is not an update; by default `maxWaitMs`. */
  readonly accountWaitMs?: number;
}

/** One limiter for all instances: its state is one document, from which each instance takes places in small blocks. */
export interface Limiter {
  /**
   * Waits for a place of the lane (an update takes one of the account's too) and answers how long it took, in ms.
   * @throws ThrottledError when no place is free within `maxWaitMs`; StateUnavailableError
   */
  acquire(lane: Lane, maxWaitMs?: number): Promise<number>;
  /** Passes on Zendesk's word to be silent for so long, to all instances. */
  silence(lane: Lane, waitMs: number): Promise<void>;
  /** Passes on the plan quota Zendesk told. */
  learn(planPerMinute: number): void;
  /** Notes that Zendesk served a request: a wait that comes later is a new one. */
  served(): void;
  /**
   * For how long, in ms, a caller is to stay away because a place of the lane is further away than anybody is kept waiting; 0 when it is worth
   * asking. Each who is sent away is given a turn of its own, so that not all come back at once; who comes back is let in like anybody else, as
   * soon as there is room. From what this instance knows, without a request.
   */
  busyForMs(lane: Lane): number;
  /** The limits as all instances share them now. @throws StateUnavailableError */
  limits(): Promise<TargetLimits>;
  /** Ends all waits that Zendesk asked for, for all instances. @throws StateUnavailableError, StaleStateError */
  clearWaits(): Promise<void>;
}

/** Key of the shared document in the state store. */
export const LIMITER_KEY = 'zendesk-limiter';
const DEFAULT_MAX_WAIT_MS = 10_000;
/** Writers that were faster than us, before we tell the caller to come back. */
const MAX_CONFLICTS = 30;
const CONFLICT_PAUSE_MS = 15;
/** How long this instance goes by what it knows of a place far ahead: another one may have ended the wait. */
const KNOWN_MS = 5_000;
/** Turns are given no further ahead: the lane may be faster by then. */
const FURTHEST_TURN_MS = 30 * 60_000;
/** Time that taking places may take, conflicts included. */
const STORAGE_MS = 400;

interface Waiter {
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (waitedMs: number) => void;
  readonly reject: (error: unknown) => void;
}

interface LaneQueue {
  readonly lane: Lane;
  readonly waiters: Waiter[];
  slots: number[];
  /** Places to take at once: grows while blocks are used up, shrinks when places go to waste. */
  size: number;
  /** First place not known to be taken by anybody, as far as this instance knows. */
  knownNextAt: number;
  /** When that was last read from storage. */
  knownAt: number;
  /** When the last one who was let in, and may not have asked for its place yet, is expected to be served. */
  letInAt: number;
  /** The turn that was given last to somebody who was sent away. */
  turnAt: number;
  isPumping: boolean;
  /** Wakes a pump that waits for a place far ahead, because somebody came who needs one too. */
  wake: () => void;
}

/** Makes the limiter of one instance. */
export function makeLimiter(deps: LimiterDeps): Limiter {
  const { store, sleep, random, plan } = deps;
  const now = () => deps.clock().getTime();
  const queues: Record<Lane, LaneQueue> = { account: newQueue('account'), updateUser: newQueue('updateUser') };
  const maxWait = Math.min(deps.maxWaitMs ?? DEFAULT_MAX_WAIT_MS, MAX_AHEAD_MS);
  const accountWait = Math.min(deps.accountWaitMs ?? maxWait, MAX_AHEAD_MS);
  const maxWaitOf = (lane: Lane): number => (lane === 'account' ? accountWait : maxWait);
  // What this instance heard and may not have been able to write down yet.
  let heard: LimiterState = EMPTY_LIMITER;
  let heardAt = 0;
  let lastSeen: LimiterState = EMPTY_LIMITER;

  const withHeard = (document: LimiterState): LimiterState => {
    const stored = plausible(document, now());
    if (heardAt <= stored.clearedAt) heard = { ...unblock(heard, 0), clearedAt: 0 };
    const told = { ...stored, servedAt: Math.max(stored.servedAt, heard.servedAt) };
    const blocked = block(block(told, 'account', heard.blockedUntil, now()), 'updateUser', heard.updateBlockedUntil, now());
    const moved = { ...blocked, updateNextAt: Math.max(blocked.updateNextAt, heard.updateNextAt) };
    return heard.planPerMinute === null ? moved : learn(moved, heard.planPerMinute);
  };

  /** Changes the shared document; answers undefined when others were faster too often. `change` answers undefined to leave it as it is. */
  async function change<T>(step: (state: LimiterState) => { next: LimiterState | undefined; result: T }): Promise<T | undefined> {
    for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
      const stored = await store.read<unknown>(LIMITER_KEY);
      const state = withHeard(isLimiterState(stored?.value) ? stored.value : EMPTY_LIMITER);
      const { next, result } = step(state);
      lastSeen = next ?? state;
      if (next === undefined) return result;
      try {
        await store.write(LIMITER_KEY, next, stored?.etag ?? null);
        if (heard.planPerMinute === next.planPerMinute) heard = { ...heard, planPerMinute: null };
        return result;
      } catch (error) {
        if (!(error instanceof StaleStateError)) throw error;
        await sleep(1 + random() * CONFLICT_PAUSE_MS * Math.min(conflict + 1, 5));
      }
    }
    return undefined;
  }

  /** Takes places for those who wait: of the account's a small block, of the rare updates one for each. */
  async function takeBlock(queue: LaneQueue): Promise<void> {
    const pace = paceOf(lastSeen, plan);
    const isUpdate = queue.lane === 'updateUser';
    const cap = Math.max(1, Math.floor(pace.blockMs / pace.intervalMs));
    const missing = queue.waiters.length - queue.slots.length;
    const count = isUpdate ? missing : Math.min(cap, Math.max(missing, queue.size));
    const last = queue.waiters[Math.min(queue.slots.length + count, queue.waiters.length) - 1];
    const taken = await change((state) => {
      const nowMs = now();
      const maxAheadMs = Math.max(0, (last?.deadline ?? nowMs) - nowMs);
      const reservation = reserve(state, plan, { lane: queue.lane, count, nowMs, maxAheadMs });
      return { next: reservation.slots.length > 0 ? reservation.state : undefined, result: reservation };
    });
    queue.knownAt = now();
    if (!taken) {
      queue.knownNextAt = now() + pace.blockMs;
      return;
    }
    // Zendesk may have asked for silence while the places were being taken.
    const silentUntil = Math.max(heard.blockedUntil, isUpdate ? heard.updateBlockedUntil : 0);
    queue.slots.push(...taken.slots.filter((slot) => slot >= silentUntil));
    queue.size = Math.min(cap, count * 2);
    const free = isUpdate ? taken.state.updateNextAt : taken.state.nextAt;
    queue.knownNextAt = taken.slots.length > 0 ? free : taken.nextAt;
  }

  const isKnown = (queue: LaneQueue) => now() - queue.knownAt < KNOWN_MS;

  const late = (lane: Lane) => {
    const pace = paceOf(lastSeen, plan);
    return lane === 'account' ? pace.lateMs : pace.updateLateMs;
  };

  const refuse = (waiter: Waiter, at: number) => {
    const wait = Math.max(1, at - now());
    // Spread, so that those who were sent away do not come back all at once.
    waiter.reject(
      new ThrottledError('target', Math.ceil(wait * (1 + random() * 0.2)), 'The Zendesk rate limit is used up; try again later'),
    );
  };

  /** Serves the head of the queue once; false when the lane has nothing more to do. */
  async function serve(queue: LaneQueue): Promise<boolean> {
    const head = queue.waiters[0];
    if (!head) return false;
    const tooOld = now() - late(queue.lane);
    const fresh = queue.slots.filter((slot) => slot >= tooOld);
    if (fresh.length < queue.slots.length) queue.size = Math.max(1, Math.floor(queue.size / 2));
    queue.slots = fresh;
    const enough = queue.lane === 'updateUser' ? queue.waiters.length : 1;
    const next = queue.waiters[fresh.length];
    // Storage takes its time: never while a place in hand is about to be due.
    const hasTime = fresh[0] === undefined || fresh[0] - now() > STORAGE_MS / plan.timeScale;
    // What is known to be too far away is not asked for again, for a while.
    const isWorthAsking = next !== undefined && (queue.knownNextAt <= next.deadline || !isKnown(queue));
    if (hasTime && fresh.length < enough && isWorthAsking) await takeBlock(queue);
    const slot = queue.slots[0] ?? queue.knownNextAt;
    if (slot > head.deadline) {
      queue.waiters.shift();
      refuse(head, slot);
    } else if (slot > now()) {
      await Promise.race([sleep(slot - now()), newcomer(queue)]);
    } else if (queue.slots[0] === slot) {
      queue.slots.shift();
      queue.waiters.shift();
      if (queue.lane === 'updateUser') keepApart(queue);
      head.resolve(now() - head.since);
    }
    return true;
  }

  /** An update that leaves late moves those of this instance which follow it, so that they keep their gap. */
  function keepApart(queue: LaneQueue): void {
    const { updateIntervalMs } = paceOf(lastSeen, plan);
    let earliest = now() + updateIntervalMs;
    queue.slots = queue.slots.map((slot) => {
      const moved = Math.max(slot, earliest);
      earliest = moved + updateIntervalMs;
      return moved;
    });
    heard = { ...heard, updateNextAt: earliest };
    queue.knownNextAt = Math.max(queue.knownNextAt, earliest);
  }

  async function pump(queue: LaneQueue): Promise<void> {
    if (queue.isPumping) return;
    queue.isPumping = true;
    try {
      while (await serve(queue));
    } catch (error) {
      for (const waiter of queue.waiters.splice(0)) waiter.reject(error);
    } finally {
      queue.isPumping = false;
      // Somebody may have come between the last look and now.
      if (queue.waiters.length > 0) void pump(queue);
    }
  }

  return {
    acquire(lane, maxWaitMs = maxWaitOf(lane)) {
      const queue = queues[lane];
      const since = now();
      return new Promise<number>((resolve, reject) => {
        const waiter: Waiter = { since, deadline: since + maxWaitMs, resolve, reject };
        const expected = expectedAt(queue, since, paceOf(lastSeen, plan));
        if (queue.waiters.length > 0 && expected > waiter.deadline) return refuse(waiter, expected);
        queue.waiters.push(waiter);
        queue.wake();
        void pump(queue);
      });
    },
    async silence(lane, waitMs) {
      const until = now() + boundedWaitMs(waitMs);
      heard = block(heard, lane, until, now());
      heardAt = now();
      for (const queue of lane === 'account' ? Object.values(queues) : [queues.updateUser]) {
        queue.slots = [];
        Object.assign(queue, { knownNextAt: Math.max(queue.knownNextAt, until), knownAt: now() });
      }
      await change((state) => ({ next: state, result: undefined }));
    },
    learn(planPerMinute) {
      if (planPerMinute > 0 && planPerMinute !== lastSeen.planPerMinute) heard = learn(heard, planPerMinute);
    },
    served() {
      heard = { ...heard, servedAt: now() };
    },
    busyForMs(lane) {
      const queue = queues[lane];
      const pace = paceOf(lastSeen, plan);
      const nowMs = now();
      const expected = isKnown(queue) ? expectedAt(queue, nowMs, pace) : nowMs;
      if (lane === 'account') {
        // Other requests are often bundled: they are not counted one by one.
        if (expected <= nowMs + accountWait) {
          queue.turnAt = 0;
          return 0;
        }
        return turnOf(queue, expected, pace.intervalMs) - nowMs;
      }
      // Whoever asks about the lane of updates is about to take a place there, and counts from now on. Half of the time that anybody is kept
      // waiting is for those whom other instances have let in meanwhile.
      const servedAt = Math.max(expected, queue.letInAt + pace.updateIntervalMs);
      if (servedAt <= nowMs + maxWait / 2) {
        queue.letInAt = servedAt;
        return 0;
      }
      // Who comes at its turn finds room, and enough others inside to keep the lane busy should it be late.
      return turnOf(queue, Math.max(nowMs + 1, servedAt - maxWait / 4), pace.updateIntervalMs) - nowMs;
    },
    async limits() {
      const stored = await store.read<unknown>(LIMITER_KEY);
      const state = withHeard(isLimiterState(stored?.value) ? stored.value : EMPTY_LIMITER);
      const waits = [
        { kind: 'request', since: state.blockedSince, until: state.blockedUntil } as const,
        { kind: 'userUpdate', since: state.updateBlockedSince, until: state.updateBlockedUntil } as const,
      ].filter(({ until }) => until > now());
      return {
        requestsPerMinute: state.planPerMinute,
        ourRequestsPerMinute: ourQuota(state, plan),
        waits: waits.map(({ kind, since, until }) => ({
          kind,
          since: new Date(since).toISOString(),
          until: new Date(until).toISOString(),
        })),
      };
    },
    async clearWaits() {
      heard = { ...unblock(heard, 0), clearedAt: 0 };
      const isDone = await change((state) => ({ next: unblock(state, now()), result: true }));
      if (!isDone) throw new StaleStateError('The waits could not be ended: other instances write too often; try again');
      for (const queue of Object.values(queues)) queue.knownNextAt = 0;
    },
  };
}

function newQueue(lane: Lane): LaneQueue {
  return {
    lane,
    waiters: [],
    slots: [],
    size: 1,
    knownNextAt: 0,
    knownAt: 0,
    letInAt: 0,
    turnAt: 0,
    isPumping: false,
    wake: () => undefined,
  };
}

/** Ends when somebody joins the lane of updates; the places of the account's lane lie too near to bother. */
function newcomer(queue: LaneQueue): Promise<void> {
  return new Promise((resolve) => {
    if (queue.lane === 'updateUser') queue.wake = resolve;
  });
}

/** A turn of its own for somebody who is sent away: no earlier than `first`, and after all who were sent away before. */
function turnOf(queue: LaneQueue, first: number, intervalMs: number): number {
  queue.turnAt = Math.ceil(Math.max(first, Math.min(queue.turnAt + intervalMs, first + FURTHEST_TURN_MS)));
  return queue.turnAt;
}

/** When a newcomer would be served, were nobody else but this instance to take places. */
function expectedAt(
  queue: LaneQueue,
  now: number,
  pace: { readonly intervalMs: number; readonly updateIntervalMs: number },
): number {
  const ahead = queue.waiters.length;
  const inHand = queue.slots[ahead];
  if (inHand !== undefined) return inHand;
  const interval = queue.lane === 'account' ? pace.intervalMs : pace.updateIntervalMs;
  return Math.max(now, queue.knownNextAt) + (ahead - queue.slots.length) * interval;
}
