import type { ProvisioningError } from '../../core/errors';
import type { AppRoleAssignment, SourceObject, TargetId, WorkItem } from '../../core/model';
import type { Plan } from '../../core/plan-model';
import type { ProvisioningStep } from '../../core/record';
import type { ScopeDecision, SkipReason } from '../../core/scope';
import type { LinkRow } from '../../ports/link-store';
import type { Stored } from '../../ports/stored';
import type { Initiator } from './initiator';

/** What is known of an object when its work item ends. */
export interface Subject {
  readonly source: SourceObject | undefined;
  readonly targetId: TargetId | undefined;
  readonly targetName: string | undefined;
  readonly scope: ScopeDecision | undefined;
  readonly steps: readonly ProvisioningStep[];
  /** Names of other objects that the changes mention, by id: members of a group, groups of a user. */
  readonly names?: ReadonlyMap<string, string>;
  /** Who set it off, where that is neither the cycle nor whoever asks. */
  readonly initiator?: Initiator;
  /** The assignment of a principal that is neither user nor group; absent for everybody else. */
  readonly stranger?: AppRoleAssignment;
}

/** How one work item ended. Every kind but `deferred` ends in exactly one log entry. */
export type Outcome =
  | {
      readonly kind: 'done';
      readonly subject: Subject;
      readonly plan: Plan;
      readonly warnings: readonly string[];
      /** Memberships that Zendesk refused, in plain words: the object is done, they are tried again like a failure. Absent for none. */
      readonly refused?: readonly string[];
      /** True where the role waits for a free agent seat, and everything else was carried out. */
      readonly awaitsSeat?: true;
      /** What of it could not be done and is tried again as the failure that it is; absent for none. */
      readonly unfinished?: ProvisioningError;
      /** What is stored of the pairing, with the claim that ends once the entry is there. Absent where only memberships changed. */
      readonly row?: Stored<LinkRow>;
    }
  /** A dry run: what would have been done. */
  | {
      readonly kind: 'planned';
      readonly subject: Subject;
      readonly plan: Plan;
      readonly warnings: readonly string[];
      /** Whether an agent seat would be taken or given back; absent for neither. */
      readonly seat?: 'takes' | 'frees';
    }
  | { readonly kind: 'skipped'; readonly subject: Subject; readonly skipReason: SkipReason; readonly reason: string }
  | { readonly kind: 'failed'; readonly subject: Subject; readonly error: ProvisioningError; readonly plan: Plan | undefined }
  /** Put back into the queue: throttled, or another worker holds the object. Not a failed try. */
  | {
      readonly kind: 'deferred';
      readonly delayMs: number;
      readonly error: ProvisioningError;
      /** As it goes back: it may say how often it has waited. */
      readonly item: WorkItem;
    };
