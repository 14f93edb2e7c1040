import type { CycleEvent, CycleState } from '../../core/cycle-state';
import type { SourceApplication } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import type { Ancestry } from '../decide/ancestry';
import type { EngineDeps } from '../deps';
import type { FollowedGroups } from './followed-groups';
import type { HeldAssignments } from './held-assignments';

/** A cycle in progress, as its phases see it. */
export interface CycleContext {
  readonly deps: EngineDeps;
  readonly application: SourceApplication;
  /** The assignments as they stand after this cycle's import: in memory, because they are read in full anyway. */
  readonly assignments: HeldAssignments;
  readonly ancestry: Ancestry;
  readonly groups: FollowedGroups;
  /** Where the cycle is. */
  readonly cycle: () => CycleState;
  /**
   * Notes what happened. The place is kept every few seconds, and at once where another instance must not repeat what follows. The one place where a cycle that has lost its lease, or has used up its time, is stopped.
   * @throws StaleStateError, CycleInterrupted
   */
  readonly save: (event: CycleEvent) => Promise<void>;
  /** Makes sure that no other instance has gone on with the cycle: before anything that would be wrong then. @throws StaleStateError */
  readonly fence: () => Promise<void>;
  /**
   * Makes sure that no other instance has taken the cycle up meanwhile: between what was read and its writing, however long the reading took. Costs nothing
   * while the lease is young. @throws StaleStateError
   */
  readonly hold: () => Promise<void>;
  /** Keeps the lease in the midst of long work. @returns true when the cycle is to stop at the next place that it can save. @throws StaleStateError */
  readonly isTimeUp: () => Promise<boolean>;
  /** Takes the marks of objects off. @throws StaleStateError when another instance has begun a run since this one did */
  readonly clearDirty: (keys: readonly ObjectKey[]) => Promise<void>;
  /** Ends the cycle: none is running any more. @throws StaleStateError when another instance has gone on with it */
  readonly close: () => Promise<void>;
}

/** Thrown at a save point when the cycle must stop for now: time is up, or the job was paused. Not a failure. */
export class CycleInterrupted extends Error {}
