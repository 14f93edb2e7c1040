/** Extra limits of `PUT /users/{id}` and `create_or_update`: https://developer.zendesk.com/api-reference/introduction/rate-limits/ */
const updatesPerUserPerMinute = 5;
const updatesPerAccountPerSecond = 1;
/** Incremental exports: 10 a minute (same page). */
const incrementalPerMinute = 10;
/** Quota shown when the simulator limits nothing: Suite Enterprise. */
const shownWhenUnlimited = 700;
const minuteMs = 60_000;
const secondMs = 1_000;

/** State of one bucket after a request. */
export interface BucketState {
  readonly limit: number;
  readonly remaining: number;
  /** Whole real seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
  readonly allowed: boolean;
}

/** A fixed window that opens with the first request in it, as `ratelimit-reset` counting down from 60 suggests. */
class Window {
  #startedAt = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(
    readonly limit: number,
    readonly lengthMs: number,
  ) {}

  take(now: number): BucketState {
    if (now - this.#startedAt >= this.lengthMs || now < this.#startedAt) {
      this.#startedAt = now;
      this.#used = 0;
    }
    const allowed = this.#used < this.limit;
    if (allowed) this.#used += 1;
    return {
      limit: this.limit,
      remaining: Math.max(0, this.limit - this.#used),
      resetSeconds: Math.max(1, Math.ceil((this.#startedAt + this.lengthMs - now) / 1000)),
      allowed,
    };
  }

  isOver(now: number): boolean {
    return now - this.#startedAt >= this.lengthMs;
  }
}

/** All quotas of the account. */
export class RateLimits {
  readonly #plan: Window | undefined;
  readonly #account: Window;
  readonly #incremental: Window;
  readonly #users = new Map<number, Window>();
  readonly #minute: number;
  /** Times of requests inside the last (compressed) minute; the head index avoids shifting. */
  #recent: number[] = [];
  #head = 0;
  /** Most requests ever seen inside any (compressed) minute. */
  peakRatePerMinute = 0;

  constructor(
    requestsPerMinute: number | undefined,
    timeScale: number,
    readonly hasUpdateLanes: boolean,
  ) {
    this.#minute = minuteMs / timeScale;
    this.#plan = requestsPerMinute === undefined ? undefined : new Window(requestsPerMinute, this.#minute);
    this.#account = new Window(updatesPerAccountPerSecond, secondMs / timeScale);
    this.#incremental = new Window(incrementalPerMinute, this.#minute);
  }

  /** Counts one request against the plan. */
  request(now: number): BucketState {
    this.#measure(now);
    return (
      this.#plan?.take(now) ?? { limit: shownWhenUnlimited, remaining: shownWhenUnlimited - 1, resetSeconds: 60, allowed: true }
    );
  }

  /** Counts one incremental export. */
  incremental(now: number): BucketState {
    return this.#incremental.take(now);
  }

  /**
   * Counts one update of a user: 1 per second for the account, 5 per minute for the user.
   * @param userId undefined when the update will create someone: only the account's bucket counts.
   */
  userUpdate(userId: number | undefined, now: number): BucketState | undefined {
    if (!this.hasUpdateLanes) return undefined;
    const account = this.#account.take(now);
    if (!account.allowed || userId === undefined) return account;
    if (this.#users.size > 10_000) for (const [id, window] of this.#users) if (window.isOver(now)) this.#users.delete(id);
    const window = this.#users.get(userId) ?? new Window(updatesPerUserPerMinute, this.#minute);
    this.#users.set(userId, window);
    const user = window.take(now);
    return user.allowed ? { ...account, remaining: Math.min(account.remaining, user.remaining) } : user;
  }

  /** Starts the measurement of the peak anew. */
  resetPeak(): void {
    this.#recent = [];
    this.#head = 0;
    this.peakRatePerMinute = 0;
  }

  #measure(now: number): void {
    this.#recent.push(now);
    while ((this.#recent[this.#head] ?? now) <= now - this.#minute) this.#head += 1;
    if (this.#head > 50_000) {
      this.#recent = this.#recent.slice(this.#head);
      this.#head = 0;
    }
    this.peakRatePerMinute = Math.max(this.peakRatePerMinute, this.#recent.length - this.#head);
  }
}
