import type { RemovalKind } from './brake';
import type { AttributeValue, TargetId, TargetRole } from './model';

/** What is done to an object, in the words of the provisioning log. */
export type ProvisioningAction = 'create' | 'update' | 'delete' | 'stagedDelete' | 'disable' | 'other';

/** One attribute before and after. `redacted` values are kept out of logs. */
export interface AttributeChange {
  readonly attribute: string;
  readonly oldValue: AttributeValue;
  readonly newValue: AttributeValue;
  readonly redacted: boolean;
}

/**
 * What would be written for one object: plain data, sorted, the same bytes for the same inputs.
 * It can be printed, stored, compared with a later one, and thrown away.
 */
export interface Plan {
  readonly action: Exclude<ProvisioningAction, 'stagedDelete'> | 'none';
  /** The target object acted on; `null` when it is to be created or there is none. */
  readonly targetId: TargetId | null;
  /** Sorted by attribute. */
  readonly changes: readonly AttributeChange[];
  /** The role pair to be written, when it is. */
  readonly role: TargetRole | null;
  /** True when this brings an existing, unlinked target object under management. */
  readonly adopts: boolean;
  /** Why there is nothing to do, or why something was left out; plain words. */
  readonly notes: readonly string[];
  /** What the plan takes away, as the brake counts it; none for most plans, memberships not included. */
  readonly removals: readonly PlannedRemoval[];
}

/** One removal of a plan and the changes that carry it out; a deletion has none. */
export interface PlannedRemoval {
  readonly kind: RemovalKind;
  /** Names of the attributes whose changes are the removal. */
  readonly attributes: readonly string[];
}
