/**
 * What made a set of work items: a cycle over the source (`initial`, `incremental`), or an operator who asked for some objects
 * (`onDemand`), let staged deletions go (`release`) or applied a plan (`apply`).
 */
export type CycleKind = 'initial' | 'incremental' | 'onDemand' | 'release' | 'apply';

/** How a finished or running cycle stands; its outcome counts live in the provisioning log. */
export interface CycleRecord {
  readonly cycleId: string;
  readonly kind: CycleKind;
  /** `importing` and `enqueueing` while the cycle runs, `exporting` while items are worked off, then closed. */
  readonly state: 'importing' | 'enqueueing' | 'exporting' | 'succeeded' | 'entryLevelErrors' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Work items put into the queue. */
  readonly enqueued: number;
  /** Objects the brake held back. */
  readonly staged: number;
  /** Changed objects that the source reported. */
  readonly imported: number;
  /** What lists lacked and direct reads could not prove gone, so that nothing was changed for it; absent where nothing was proved. */
  readonly unknowns?: number;
  readonly why: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How far a cycle is, by its record: it never goes back. */
export const cycleRank = ({ state }: CycleRecord): number =>
  state === 'importing' || state === 'enqueueing' ? 0 : state === 'exporting' ? 1 : 2;

/** Cycles, newest first. */
export interface CycleStore {
  put(cycle: CycleRecord): Promise<void>;
  /**
   * Puts a cycle, unless its record is further already: importing, then exporting, then closed. Whoever slept never opens again what
   * another instance has closed. Atomic. @returns whether it was put
   */
  advance(cycle: CycleRecord): Promise<boolean>;
  read(cycleId: string): Promise<CycleRecord | undefined>;
  /** Every cycle whose state is `exporting`, in no order, however many others came after it. */
  listExporting(): Promise<readonly CycleRecord[]>;
  /** The newest cycles, at most `limit`. */
  latest(limit: number): Promise<readonly CycleRecord[]>;
}
