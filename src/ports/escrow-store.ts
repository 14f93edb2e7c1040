import type { ObjectKey } from './stored';

/** A stored failure of one object, tried again at growing intervals. */
export interface Escrow {
  readonly key: ObjectKey;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly attempts: number;
  /** When the next try is due; `null` after day 28: only a change at the source or an operator tries again. */
  readonly nextAttemptAt: string | null;
  readonly code: string;
  readonly reason: string;
  /** The other side's own words, redacted; absent where it said none, and in rows of older versions. */
  readonly detail?: string;
  readonly recommendedAction: string;
  readonly cycleId: string;
  readonly changeId: string;
  /** True for faults that come and go (tried with every cycle), false for refusals (the 6, 12, 24 hour ladder). */
  readonly isTransient: boolean;
}

/** Failures of single objects. */
export interface EscrowStore {
  read(key: ObjectKey): Promise<Escrow | undefined>;
  put(escrow: Escrow): Promise<void>;
  remove(key: ObjectKey): Promise<void>;
  list(): AsyncIterable<readonly Escrow[]>;
}
