import type { AppRoleAssignment, SourceApplication, SourceId } from '../core/model';
import type { ObjectKey } from '../ports/stores';
import type { Ancestry } from './decide/ancestry';
import type { EngineDeps } from './deps';
import type { RunningCycle } from './job/job-state';

/** A cycle in progress, as its phases see it. */
export interface CycleContext {
  readonly deps: EngineDeps;
  readonly application: SourceApplication;
  /** The assignments as they stand after this cycle's import, by principal: in memory, because they are read in full anyway. */
  readonly assignments: Map<SourceId, readonly AppRoleAssignment[]>;
  readonly ancestry: Ancestry;
  /** The cycle as last saved. */
  readonly cycle: () => RunningCycle;
  /**
   * Saves where the cycle is. The one place where a cycle that has lost its lease, or has used up its time, is stopped.
   * @throws StaleStateError, CycleInterrupted
   */
  readonly save: (change: Partial<RunningCycle>) => Promise<void>;
  /** Takes the marks of objects off. @throws StaleStateError when another instance has begun a run since this one did */
  readonly clearDirty: (keys: readonly ObjectKey[]) => Promise<void>;
  /** Ends the cycle: none is running any more. @throws StaleStateError when another instance has gone on with it */
  readonly close: () => Promise<void>;
}

/** Thrown at a save point when the cycle must stop for now: time is up, or the job was paused. Not a failure. */
export class CycleInterrupted extends Error {}
