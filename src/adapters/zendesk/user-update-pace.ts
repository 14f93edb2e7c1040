import { ThrottledError } from '../../core/errors';

/** Keeps the updates of one user apart: 5 a minute (https://developer.zendesk.com/api-reference/introduction/rate-limits/). */
export interface UserPace {
  /** @throws ThrottledError when the user's places of this minute are used up */
  check(userId: string, nowMs: number): void;
  /** Notes an update about to be sent. */
  note(userId: string, nowMs: number): void;
  /** Zendesk asked to leave the user alone until then. */
  silence(userId: string | undefined, untilMs: number): void;
}

const UPDATES_PER_MINUTE = 5;
const MINUTE_MS = 60_000;
/** A margin for requests that travel unevenly fast. */
const MARGIN_MS = 1_000;
/** Users remembered before the old ones are swept out. */
const SWEEP_AT = 5_000;

/** Makes it for one instance: the lock on the link row lets one instance at a time write a user, and Zendesk's word covers the rest. */
export function makeUserPace(timeScale = 1): UserPace {
  const windowMs = (MINUTE_MS + MARGIN_MS) / timeScale;
  const users = new Map<string, { taken: number[]; silentUntil: number }>();
  const of = (userId: string, nowMs: number) => {
    if (users.size >= SWEEP_AT) {
      for (const [id, pace] of users)
        if (pace.silentUntil <= nowMs && (pace.taken.at(-1) ?? 0) <= nowMs - windowMs) users.delete(id);
    }
    const pace = users.get(userId) ?? { taken: [], silentUntil: 0 };
    users.set(userId, pace);
    return pace;
  };
  return {
    check(userId, nowMs) {
      const pace = of(userId, nowMs);
      pace.taken = pace.taken.filter((at) => at > nowMs - windowMs);
      const freeAt = pace.taken.length < UPDATES_PER_MINUTE ? 0 : (pace.taken[0] ?? 0) + windowMs;
      const waitMs = Math.max(freeAt, pace.silentUntil) - nowMs;
      if (waitMs > 0) throw new ThrottledError('target', Math.ceil(waitMs), 'This user was updated 5 times within a minute');
    },
    note(userId, nowMs) {
      of(userId, nowMs).taken.push(nowMs);
    },
    silence(userId, untilMs) {
      if (userId === undefined) return;
      const pace = of(userId, untilMs);
      pace.silentUntil = Math.max(pace.silentUntil, untilMs);
    },
  };
}
