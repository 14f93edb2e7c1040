import { MAX_WAIT_MS } from '../../core/retry-after';

/** The lanes of Zendesk's limits: all requests share `account`; updates of users also keep to `updateUser`. */
export type Lane = 'account' | 'updateUser';

/** What all instances share about the limits; times are milliseconds since 1970. Plain data: one small document in storage. */
export interface LimiterState {
  /** Plan quota per minute as last told by Zendesk; `null` until it was. */
  readonly planPerMinute: number | null;
  /** First free place of the account lane. */
  readonly nextAt: number;
  /** First free place of the update lane. */
  readonly updateNextAt: number;
  /** Places of updates which the account lane has not passed yet, rising: each takes one of its places too. */
  readonly reserved: readonly number[];
  /** Until when Zendesk has asked for silence, and since when it does so without having served a request in between; 0: never. */
  readonly blockedUntil: number;
  readonly blockedSince: number;
  readonly updateBlockedUntil: number;
  readonly updateBlockedSince: number;
  /** When Zendesk last served a request, as far as anybody had told when the document was written. */
  readonly servedAt: number;
  /** When an operator last ended all waits: what was heard before counts no more. */
  readonly clearedAt: number;
}

/** How fast to go. */
export interface LimiterPlan {
  /** Share of the plan quota that is ours, above 0 to 1. */
  readonly share: number;
  /** Quota per minute to assume until Zendesk tells it: the lowest of today's plans. */
  readonly startPerMinute: number;
  /** Time compression of a local demonstration: with 60, a minute lasts a second. 1 everywhere else. */
  readonly timeScale: number;
}

/** Gaps and tolerances that follow from plan and quota, in milliseconds. */
export interface Pace {
  readonly intervalMs: number;
  /** A place may be used this much late, not later. */
  readonly lateMs: number;
  readonly updateIntervalMs: number;
  readonly updateLateMs: number;
  /** How much time one block of places covers. */
  readonly blockMs: number;
}

/** Today's lowest plan (Team): https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
export const LOWEST_PLAN_PER_MINUTE = 200;
const MINUTE_MS = 60_000;
/** `PUT /users/{id}` and `create_or_update`: 1 request per second and account, on every plan (same page). */
const UPDATE_GAP_MS = 1_000;
/**
 * Kept on top of the second, so that two updates which travel unevenly fast still arrive a second apart: 2 % of the lane. Where it does not
 * suffice, Zendesk refuses one with `Retry-After: 1`, which costs a second once; a wider gap would cost its share with every update.
 */
const UPDATE_GUARD_MS = 20;
/** A place is lost beyond this; one used late moves the next of the same instance by as much. */
const UPDATE_LATE_MS = 100;
/** In a compressed demonstration, a busy machine may use a place so late, up to a thirtieth of the minute. */
const COMPRESSED_LATE_MS = 40;
/** A busy machine and its timers are not more punctual than this, whatever the time compression. */
const FINEST_MS = 20;

/** Nothing known, nothing taken. */
export const EMPTY_LIMITER: LimiterState = {
  planPerMinute: null,
  nextAt: 0,
  updateNextAt: 0,
  reserved: [],
  blockedUntil: 0,
  blockedSince: 0,
  updateBlockedUntil: 0,
  updateBlockedSince: 0,
  servedAt: 0,
  clearedAt: 0,
};

/** Nobody takes a place further ahead: one that lies there was written by a clock that is off. */
export const MAX_AHEAD_MS = 120_000;

/** Requests per minute that are ours; at least one. */
export function ourQuota(state: LimiterState, plan: LimiterPlan): number {
  // 700 × 0.7 is 489.99… in binary.
  return Math.max(1, Math.floor((state.planPerMinute ?? plan.startPerMinute) * plan.share + 1e-6));
}

/**
 * The gaps that keep any minute within our quota N. A place is used at most `lateMs` after its time and, next to reserved
 * updates, at most one interval before it: so the uses of one minute lie in `minute + lateMs + interval`, which holds at most N places.
 */
export function paceOf(state: LimiterState, plan: LimiterPlan): Pace {
  const minute = MINUTE_MS / plan.timeScale;
  const lateMs = Math.max(minute / 60, Math.min(minute / 30, COMPRESSED_LATE_MS));
  const guard = Math.max(UPDATE_GUARD_MS / plan.timeScale, FINEST_MS);
  return {
    intervalMs: (minute + lateMs) / Math.max(1, ourQuota(state, plan) - 1),
    lateMs,
    updateIntervalMs: UPDATE_GAP_MS / plan.timeScale + guard,
    updateLateMs: Math.min(Math.max(UPDATE_LATE_MS / plan.timeScale, FINEST_MS / 3), lateMs),
    blockMs: Math.max(minute / 30, Math.min(minute / 10, 100)),
  };
}

/** Places taken, in rising order; when there are none, `nextAt` tells when the first would be. */
export interface Reservation {
  readonly state: LimiterState;
  readonly slots: readonly number[];
  readonly nextAt: number;
}

/**
 * Takes up to `count` places of a lane which lie no further ahead than `maxAheadMs`. Pure; takes fewer, or none, when they are further away.
 * A place of the update lane takes one of the account lane with it.
 */
export function reserve(
  state: LimiterState,
  plan: LimiterPlan,
  want: { readonly lane: Lane; readonly count: number; readonly nowMs: number; readonly maxAheadMs: number },
): Reservation {
  return want.lane === 'account' ? reserveAccount(state, plan, want) : reserveUpdates(state, plan, want);
}

type Want = { readonly count: number; readonly nowMs: number; readonly maxAheadMs: number };

function reserveAccount(state: LimiterState, plan: LimiterPlan, { count, nowMs, maxAheadMs }: Want): Reservation {
  const { intervalMs } = paceOf(state, plan);
  const earliest = Math.max(nowMs, state.blockedUntil);
  const reserved = [...state.reserved];
  const slots: number[] = [];
  let cursor = state.nextAt;
  let at = earliest;
  for (;;) {
    at = Math.max(cursor, earliest);
    const update = reserved[0];
    if (update !== undefined && update <= at) {
      reserved.shift();
      cursor = Math.max(cursor, update) + intervalMs;
      continue;
    }
    if (slots.length >= count || at > nowMs + maxAheadMs) break;
    slots.push(at);
    cursor = at + intervalMs;
  }
  return { state: { ...state, nextAt: cursor, reserved }, slots, nextAt: slots[0] ?? at };
}

function reserveUpdates(state: LimiterState, plan: LimiterPlan, { count, nowMs, maxAheadMs }: Want): Reservation {
  const { intervalMs, updateIntervalMs } = paceOf(state, plan);
  const reserved = [...state.reserved];
  const slots: number[] = [];
  let nextAt = state.nextAt;
  while (reserved[0] !== undefined && reserved[0] < nowMs) nextAt = Math.max(nextAt, reserved.shift() ?? 0) + intervalMs;
  let accountFree = reserved.reduce((free, update) => Math.max(free, update) + intervalMs, nextAt);
  let updateNextAt = state.updateNextAt;
  let at = nowMs;
  for (;;) {
    at = Math.max(updateNextAt, accountFree, nowMs, state.blockedUntil, state.updateBlockedUntil);
    if (slots.length >= count || at > nowMs + maxAheadMs) break;
    slots.push(at);
    reserved.push(at);
    updateNextAt = at + updateIntervalMs;
    accountFree = at + intervalMs;
  }
  return { state: { ...state, nextAt, updateNextAt, reserved }, slots, nextAt: slots[0] ?? at };
}

/** Notes Zendesk's word to be silent until an instant; an earlier word never shortens a later one, and no word lasts beyond {@link MAX_WAIT_MS}. */
export function block(state: LimiterState, lane: Lane, untilMs: number, nowMs: number): LimiterState {
  const until = Math.min(untilMs, nowMs + MAX_WAIT_MS);
  const isAccount = lane === 'account';
  const former = isAccount ? state.blockedSince : state.updateBlockedSince;
  if (until <= Math.max(nowMs, isAccount ? state.blockedUntil : state.updateBlockedUntil)) return state;
  const since = former > 0 && state.servedAt <= former ? former : nowMs;
  return isAccount
    ? { ...state, blockedUntil: until, blockedSince: since }
    : { ...state, updateBlockedUntil: until, updateBlockedSince: since };
}

/** Ends all waits, at an operator's word. */
export function unblock(state: LimiterState, nowMs: number): LimiterState {
  return { ...state, blockedUntil: 0, blockedSince: 0, updateBlockedUntil: 0, updateBlockedSince: 0, clearedAt: nowMs };
}

/** Drops what only a clock that is off, or a damaged document, can have put so far ahead: no wait may last for ever. */
export function plausible(state: LimiterState, nowMs: number): LimiterState {
  const place = (at: number) => (at > nowMs + MAX_AHEAD_MS ? nowMs : at);
  const wait = (until: number) => (until > nowMs + MAX_WAIT_MS ? 0 : until);
  const past = (at: number) => (at > nowMs + MAX_WAIT_MS ? 0 : at);
  return {
    ...state,
    nextAt: place(state.nextAt),
    updateNextAt: place(state.updateNextAt),
    reserved: state.reserved.filter((at) => at <= nowMs + MAX_AHEAD_MS),
    blockedUntil: wait(state.blockedUntil),
    updateBlockedUntil: wait(state.updateBlockedUntil),
    servedAt: past(state.servedAt),
    clearedAt: past(state.clearedAt),
  };
}

/** Notes the plan quota Zendesk tells. */
export function learn(state: LimiterState, planPerMinute: number): LimiterState {
  return { ...state, planPerMinute };
}

/** Tells a stored document from anything else; a strange one counts as none. */
export function isLimiterState(value: unknown): value is LimiterState {
  if (typeof value !== 'object' || value === null) return false;
  const { planPerMinute, reserved, ...instants } = value as Partial<Record<keyof LimiterState, unknown>>;
  const keys: readonly (keyof typeof instants)[] = [
    'nextAt',
    'updateNextAt',
    'blockedUntil',
    'blockedSince',
    'updateBlockedUntil',
    'updateBlockedSince',
    'servedAt',
    'clearedAt',
  ];
  return (
    (planPerMinute === null || (typeof planPerMinute === 'number' && planPerMinute > 0)) &&
    keys.every((key) => Number.isFinite(instants[key])) &&
    Array.isArray(reserved) &&
    reserved.every(Number.isFinite)
  );
}
