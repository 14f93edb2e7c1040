/** An occasion on which somebody is told. Each is sent once; ids only, no personal data beyond what the reader needs to look. */
export type Notice =
  | {
      readonly kind: 'failures';
      readonly cycleId: string;
      /** Objects that failed in this cycle and had not failed before. */
      readonly newFailures: number;
      readonly failures: number;
      readonly samples: readonly NoticeSample[];
    }
  | {
      readonly kind: 'quarantine';
      readonly reason: string;
      readonly message: string;
      readonly nextAttempt: string;
      readonly samples: readonly NoticeSample[];
    }
  | { readonly kind: 'brake'; readonly message: string; readonly samples: readonly NoticeSample[] }
  | { readonly kind: 'switchedOff'; readonly reason: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly reason: string; readonly since: string };

/** One object of a notice. */
export interface NoticeSample {
  readonly sourceId: string;
  readonly changeId: string | null;
  readonly code: string | null;
  readonly reason: string;
}
