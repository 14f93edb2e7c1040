import type { DayStep, Leaving } from '../core/leaving';
import type { SourceId } from '../core/model';

/** Those who left and with whom something is still to be done, or whose tickets were handed over. One row per person. */
export interface LeavingStore {
  read(id: SourceId): Promise<Leaving | undefined>;
  /** Stores what is known of somebody who left, in place of what was. */
  put(leaving: Leaving): Promise<void>;
  remove(id: SourceId): Promise<void>;
  /**
   * Those for whom a step waits for its day and who left between two instants (ISO 8601, the first not included), in the order of leaving. After
   * a crash somebody may be listed for whom nothing waits any more: {@link read} tells.
   */
  listLeft(step: DayStep, after: string | null, until: string): AsyncIterable<readonly Leaving[]>;
  /** Takes somebody off that list for whom, as it turned out, nothing waits. */
  dropDay(step: DayStep, leaving: Leaving): Promise<void>;
}
