import type { EngineDeps } from '../deps';
import { STATUS_KEYS } from './status-keys';

/** How the last comparison went, and from when on the next one is due. */
export interface DriftState {
  /** When a scheduled comparison last began, or the schedule was first looked at (ISO 8601): the next one is due at the next time after it. */
  readonly scheduledFrom: string | null;
  /** The last comparison that was finished; null before the first. */
  readonly last: DriftResult | null;
  /** The last one that could not be finished, if it is newer. */
  readonly failed: { readonly planId: string; readonly at: string; readonly code: string; readonly message: string } | null;
}

/** What a finished comparison found. */
export interface DriftResult {
  readonly planId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Accounts and groups compared. */
  readonly compared: number;
  /** Objects that differ, reported ones among them. */
  readonly differing: number;
  /** Objects that differ and are only reported. */
  readonly reported: number;
  /** Objects that could not be compared, or are left to cycles: never touched, held, unknown, or waiting. */
  readonly leftOut: number;
  /** Whether what can be repaired is being repaired, or was. */
  readonly isRepaired: boolean;
}

/** Before the first look. */
export const NO_DRIFT: DriftState = { scheduledFrom: null, last: null, failed: null };

/** Reads how the last comparison went. */
export const readDriftState = async ({ state }: Pick<EngineDeps, 'state'>): Promise<DriftState> =>
  (await state.read<DriftState>(STATUS_KEYS.drift))?.value ?? NO_DRIFT;
