import type { RemovalKind } from './brake';
import type { CredentialEnd } from './credential-end';

/** An occasion on which somebody is told. Each is sent once; of people, only the names of a few objects that the reader is to look at. */
export type Notice =
  | {
      readonly kind: 'failures';
      readonly cycleId: string;
      /** Objects that failed in this cycle and had not failed before; 0 in the daily reminder of those that still fail. */
      readonly newFailures: number;
      /** All objects that failed in this cycle. */
      readonly failures: number;
      /** Objects that the last notices named and that no longer fail. */
      readonly solved: number;
      /** What is held after an undo, in a sentence; absent when nothing is. */
      readonly held?: string;
      /** How many of those that failed in this cycle failed with each code. */
      readonly byCode: Readonly<Record<string, number>>;
      /** The worst: new failures first, then those that have failed for the longest time. */
      readonly samples: readonly NoticeSample[];
    }
  | {
      readonly kind: 'quarantine';
      readonly reason: string;
      /** The error code behind it, of `ERROR_CODES` or Entra's. */
      readonly code: string;
      readonly message: string;
      /** The request that failed; undefined where it is a matter of counts. */
      readonly failingRequest?: string;
      /** True when the job was in quarantine already, for another reason. */
      readonly hasChanged: boolean;
      readonly nextAttempt: string;
      readonly samples: readonly NoticeSample[];
    }
  | {
      readonly kind: 'brake';
      readonly message: string;
      /** The kinds of removal that are held. */
      readonly held: readonly RemovalKind[];
      readonly samples: readonly NoticeSample[];
    }
  /** Nothing of what waits has been carried out for a day. `waiting`: objects. */
  | { readonly kind: 'stuck'; readonly since: string; readonly waiting: number }
  /** A comparison of all linked objects found some that were changed in Zendesk. */
  | {
      readonly kind: 'drift';
      readonly planId: string;
      readonly compared: number;
      readonly differing: number;
      readonly reported: number;
      readonly isRepaired: boolean;
      /** How many objects were named by each finding. */
      readonly byCode: Readonly<Record<string, number>>;
      readonly samples: readonly NoticeSample[];
    }
  /** A cycle needs more agent seats than there are. `waiting`: people who get none in it. */
  | {
      readonly kind: 'seats';
      readonly cycleId: string;
      readonly waiting: number;
      readonly used: number;
      readonly bought: number;
    }
  /** The report of accounts, where a schedule asks for it. */
  | {
      readonly kind: 'accounts';
      readonly accounts: number;
      readonly seatsUsed: number;
      readonly seatsBought: number | null;
      /** How many accounts stand out by each finding. */
      readonly byFinding: Readonly<Record<string, number>>;
    }
  /** Somebody tries whether notices arrive. `by`: their name. */
  | { readonly kind: 'test'; readonly by: string }
  | { readonly kind: 'switchedOff'; readonly reason: string; readonly message: string; readonly since: string }
  | { readonly kind: 'credentialEnds'; readonly credential: CredentialEnd }
  /** Accounts of people who left that are deleted, or erased for good, within a week: how many on which day. Told once a week. */
  | { readonly kind: 'accountsDue'; readonly deletions: readonly DayCount[]; readonly erasures: readonly DayCount[] }
  | { readonly kind: 'recovered'; readonly reason: string; readonly since: string };

/** How many on a day (`2026-12-04`, in UTC). */
export interface DayCount {
  readonly on: string;
  readonly count: number;
}

/** How many objects a notice names: nobody reads more on a phone. */
export const NOTICE_SAMPLES = 5;

/** One object of a notice. */
export interface NoticeSample {
  readonly sourceId: string;
  /** As last read; null where none is known. */
  readonly name: string | null;
  /** Names the log entry; null when nothing is recorded of the object. */
  readonly changeId: string | null;
  readonly code: string | null;
  readonly reason: string;
  /** Zendesk's own words, redacted; null where it said none. */
  readonly detail: string | null;
  /** What to do about it; null when that is the same as for the whole notice. */
  readonly action: string | null;
}
