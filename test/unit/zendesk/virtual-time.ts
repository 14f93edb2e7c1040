/** Time that moves only when everybody waits, so that hours pass in moments. */
export interface VirtualTime {
  now(): number;
  readonly clock: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Lets time pass until the instant, or until nobody waits any more. */
  runUntil(at: number): Promise<void>;
}

/** Starts at a fixed instant. */
export function makeVirtualTime(startsAt = Date.parse('2026-11-23T08:00:00Z')): VirtualTime {
  let now = startsAt;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return {
    now: () => now,
    clock: () => new Date(now),
    sleep: (ms) =>
      new Promise((wake) => {
        // Real timers have whole milliseconds and never fire early.
        sleepers.push({ at: now + Math.max(1, Math.ceil(ms)), wake });
      }),
    async runUntil(at) {
      for (;;) {
        await settle();
        sleepers.sort((left, right) => left.at - right.at);
        const next = sleepers[0];
        if (!next || next.at > at) break;
        sleepers.shift();
        now = Math.max(now, next.at);
        next.wake();
      }
      now = Math.max(now, at);
    },
  };
}
