import type { RemovalKind } from '../core/brake';
import type { ObjectKey } from './stored';

/** An object that a cycle would deprovision: held until the cycle knows how many there are. */
export interface StagedDeletion {
  readonly key: ObjectKey;
  readonly cycleId: string;
  readonly changeId: string;
  readonly kind: RemovalKind;
  /** How many removals this object stands for: members of a group, else 1. */
  readonly count: number;
  readonly reason: string;
  /** `candidate` while the cycle counts; `staged` once the brake holds it; `released` from an operator's permission until it is carried out. */
  readonly state: 'candidate' | 'staged' | 'released';
  readonly stagedAt: string;
  /** The change under which what it stands for was counted; memberships carry it as their mark. Absent in rows of older versions. */
  readonly countedIn?: string;
  /** The cycle that first held exactly this; undefined until the brake has. It stays held until it is released or back in scope. */
  readonly heldIn?: string | undefined;
  /** True where the brake holds this object already, but more is to be taken since: it stays held, under this cycle. */
  readonly isWider?: boolean;
}

/** Deprovisionings that wait for the cycle's count or for an operator. One row per object: a later cycle replaces it. */
export interface StagedDeletionStore {
  put(rows: readonly StagedDeletion[]): Promise<void>;
  read(key: ObjectKey): Promise<StagedDeletion | undefined>;
  remove(keys: readonly ObjectKey[]): Promise<void>;
  list(): AsyncIterable<readonly StagedDeletion[]>;
}
