import type { Link } from './model';
import type { OutCause, SkipReason } from './scope';

/** The settings and target actions that decide what losing scope does. */
export interface DeprovisionRules {
  readonly deprovisionUsers: 'Suspend' | 'DowngradeAndSuspend' | 'Nothing';
  readonly hardDeletedUsers: 'Suspend' | 'Delete' | 'Nothing';
  /** The boxes of the object mapping: disabling is an update. */
  readonly actions: { readonly update: boolean; readonly delete: boolean };
}

/** What becomes of a linked object that is out of scope. */
export type Deprovisioning =
  | { readonly kind: 'nothing'; readonly skipReason: SkipReason; readonly reason: string }
  | { readonly kind: 'disable'; readonly downgrades: boolean }
  | { readonly kind: 'delete' }
  /** The group was there before this app: it stays as it is, and the link ends. */
  | { readonly kind: 'letGo' };

/**
 * What happens to the account of a user who is out of scope. Pure.
 *
 *   cause        │ setting                    │ result
 *   hard-deleted │ HARD_DELETED_USERS=Delete  │ delete  (nothing when the mapping's Delete box is off)
 *   hard-deleted │ HARD_DELETED_USERS=Suspend │ disable (as below)
 *   hard-deleted │ HARD_DELETED_USERS=Nothing │ nothing
 *   any other    │ DEPROVISION_USERS=Suspend… │ disable (nothing when the mapping's Update box is off)
 *   any other    │ DEPROVISION_USERS=Nothing  │ nothing
 */
export function deprovisionUser(cause: OutCause, rules: DeprovisionRules): Deprovisioning {
  const isHard = cause === 'hardDeleted';
  if (isHard && rules.hardDeletedUsers === 'Nothing') return nothing('HARD_DELETED_USERS is Nothing: the account is left alone.');
  if (isHard && rules.hardDeletedUsers === 'Delete') {
    return rules.actions.delete ? { kind: 'delete' } : nothing('The mapping does not allow Delete: the account is left alone.');
  }
  if (!isHard && rules.deprovisionUsers === 'Nothing') return nothing('DEPROVISION_USERS is Nothing: the account is left alone.');
  if (!rules.actions.update)
    return nothing('The mapping does not allow Update, and disabling is an update: the account is left alone.');
  return { kind: 'disable', downgrades: rules.deprovisionUsers === 'DowngradeAndSuspend' };
}

/** What happens to the Zendesk group of a group that is out of scope: only those that this app created are deleted. Pure. */
export function deprovisionGroup(link: Link, rules: Pick<DeprovisionRules, 'actions'>): Deprovisioning {
  if (!link.createdByUs) return { kind: 'letGo' };
  return rules.actions.delete ? { kind: 'delete' } : nothing('The mapping does not allow Delete: the group is left alone.');
}

const nothing = (reason: string): Deprovisioning => ({ kind: 'nothing', skipReason: 'ActionDisabled', reason });
