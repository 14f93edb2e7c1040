import { StaleStateError } from '../../core/errors';
import type { Clock } from '../../ports/runtime';
import type { StateStore } from '../../ports/state-store';

/** Who may run cycles, and until when. */
interface LeaseDocument {
  readonly owner: string;
  readonly expiresAtMs: number;
}

/** How long a lease lasts without renewal: one left by a killed process ends within two minutes. */
export const LEASE_MS = 100_000;

/** A lease held. Losing it is noticed at the next {@link Lease.renew}. */
export interface Lease {
  /** Extends the lease when a third of it is used. @throws StaleStateError when another instance has taken it. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** The outcome of asking for a lease. */
export type LeaseAnswer =
  | { readonly kind: 'granted'; readonly lease: Lease }
  | { readonly kind: 'held'; readonly expiresAtMs: number };

/** Asks once for a lease; a lease that has expired is taken over. */
export async function acquireLease(state: StateStore, key: string, owner: string, clock: Clock): Promise<LeaseAnswer> {
  const stored = await state.read<LeaseDocument>(key);
  const now = clock().getTime();
  if (stored && stored.value.expiresAtMs > now && stored.value.owner !== owner) {
    return { kind: 'held', expiresAtMs: stored.value.expiresAtMs };
  }
  let document: LeaseDocument = { owner, expiresAtMs: now + LEASE_MS };
  let etag: string;
  try {
    etag = await state.write(key, document, stored?.etag ?? null);
  } catch (error) {
    if (error instanceof StaleStateError) return { kind: 'held', expiresAtMs: now + LEASE_MS };
    throw error;
  }
  const lease: Lease = {
    async renew() {
      const at = clock().getTime();
      if (document.expiresAtMs - at > (LEASE_MS * 2) / 3) return;
      document = { owner, expiresAtMs: at + LEASE_MS };
      etag = await state.write(key, document, etag);
    },
    async release() {
      try {
        await state.write(key, { owner, expiresAtMs: 0 }, etag);
      } catch (error) {
        if (!(error instanceof StaleStateError)) throw error;
      }
    },
  };
  return { kind: 'granted', lease };
}

/** How often a waiting instance looks whether the holder is alive. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Asks for a lease, waiting for a holder that no longer renews it (a killed process) but not for one that is alive.
 * @returns undefined when another instance is at work.
 */
export async function takeLease(
  state: StateStore,
  key: string,
  owner: string,
  clock: Clock,
  sleep: (ms: number) => Promise<void>,
): Promise<Lease | undefined> {
  let seen: number | undefined;
  for (;;) {
    const answer = await acquireLease(state, key, owner, clock);
    if (answer.kind === 'granted') return answer.lease;
    if (seen !== undefined && answer.expiresAtMs > seen) return undefined;
    seen = answer.expiresAtMs;
    await sleep(Math.min(LOOK_AGAIN_MS, Math.max(100, answer.expiresAtMs - clock().getTime() + 100)));
  }
}
