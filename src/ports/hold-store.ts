import type { DeletedState, Permission } from '../core/model';
import type { WayBack } from '../core/way-back';
import type { ObjectKey, Stored } from './stored';

/** What a source object was like, as digests: enough to tell that it has changed, and nothing that names anybody. */
export interface SourceFingerprint {
  readonly deleted: DeletedState;
  readonly entitlements: string;
  /** By attribute; those that mappings and filters read. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An object that an operator has taken back, or whose removal was dropped for good: cycles leave it alone until it is released, or the source object is another than it was. */
export interface Hold {
  readonly key: ObjectKey;
  readonly source: SourceFingerprint;
  /** Who decided it, as the log names them. */
  readonly heldBy: { readonly type: 'system' | 'user' | 'application'; readonly id: string; readonly displayName: string };
  readonly heldAt: string;
  /** The plan that took it back; empty where a held removal was dropped. */
  readonly planId: string;
  /** The cycle under which the way back is carried out; that which held the removal. */
  readonly cycleId: string;
  /** The name of the object, for lists. */
  readonly name: string;
  /** What is still to be done; null once it is. */
  readonly way: WayBack | null;
  /** What was let go of it with the plan. */
  readonly allows: Permission | null;
  /** True where the way back ends an earlier hold: then this one ends with it. */
  readonly isLast: boolean;
}

/** What is held. One row per object. */
export interface HoldStore {
  read(key: ObjectKey): Promise<Stored<Hold> | undefined>;
  /** Puts holds in the place of those that are there. */
  put(holds: readonly Hold[]): Promise<void>;
  /** Changes one that is as it was read. */
  write(hold: Hold, etag: string): Promise<string>;
  remove(keys: readonly ObjectKey[]): Promise<void>;
  /** In key order: groups before users, then by id. @param after Where to continue. */
  list(after?: ObjectKey): AsyncIterable<readonly Hold[]>;
}
