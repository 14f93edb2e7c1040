/** Between which bounds the other clock is ahead of ours, in ms (negative: behind), and when, by ours, that was last learnt. */
export interface OffsetBounds {
  readonly lowMs: number;
  readonly highMs: number;
  readonly atMs: number;
}

/** What one answer tells: when the question left and the answer came by our clock, and the other clock's time in between. */
export interface TimeSample {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  /** As told: the true time is up to `resolutionMs` later. */
  readonly toldMs: number;
  readonly resolutionMs: number;
}

/** Clocks of machines that are kept by NTP drift apart by less than this share of the time that passes. */
const DRIFT = 1e-4;

/**
 * Narrows the bounds by one more answer. Pure. Answers that fall into different parts of the told second narrow them to the time that an answer
 * takes. Bounds that an answer contradicts (a clock was set) are dropped for it.
 */
export function narrowOffset(known: OffsetBounds | undefined, sample: TimeSample): OffsetBounds {
  const lowMs = sample.toldMs - sample.receivedAtMs;
  const highMs = sample.toldMs + sample.resolutionMs - sample.sentAtMs;
  const told = { lowMs, highMs: Math.max(lowMs, highMs), atMs: sample.receivedAtMs };
  if (!known) return told;
  const drift = Math.max(0, sample.receivedAtMs - known.atMs) * DRIFT;
  const both = {
    lowMs: Math.max(told.lowMs, known.lowMs - drift),
    highMs: Math.min(told.highMs, known.highMs + drift),
    atMs: told.atMs,
  };
  return both.lowMs <= both.highMs ? both : told;
}

/** How far to move our clock: not at all while it may be right, else to the middle of the bounds. */
export function offsetMs(bounds: OffsetBounds | undefined): number {
  if (!bounds || (bounds.lowMs <= 0 && bounds.highMs >= 0)) return 0;
  return Math.round((bounds.lowMs + bounds.highMs) / 2);
}
