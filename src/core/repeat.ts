import type { ModifiedProperty, ProvisioningLogEntry, ProvisioningStatus } from './record';

/** Steps kept of an entry that many repeats have added to; the newest ones. */
const MAX_STEPS = 60;

/**
 * What becomes of an entry when its work item is carried out again: nothing that was written is ever missing from it. Pure.
 *
 *   first     again    │ afterwards
 *   skipped   other    │ the new one
 *   failure   not      │ the new one
 *   failure   failure  │ the first
 *   done      done     │ both as one: from the values before the first to those after the last
 *   done      not      │ the first
 *
 * Its id and its instant, and so its place in the log, stay those of the first; each repeat counts as an attempt.
 */
export function mergeRepeat(first: ProvisioningLogEntry, again: ProvisioningLogEntry): ProvisioningLogEntry {
  const attempts = first.attempts + 1;
  const [before, after] = [statusOf(first), statusOf(again)];
  if (before === 'skipped' ? after !== 'skipped' : before === 'failure' && after !== 'failure') {
    return { ...again, id: first.id, activityDateTime: first.activityDateTime, attempts };
  }
  if (!isDone(before) || !isDone(after)) return { ...first, attempts };
  return {
    ...first,
    attempts,
    provisioningAction:
      again.provisioningAction === 'other' || again.provisioningAction === 'update'
        ? first.provisioningAction
        : again.provisioningAction,
    targetIdentity: again.targetIdentity.id === '' ? first.targetIdentity : again.targetIdentity,
    provisioningStatusInfo: before === 'warning' ? first.provisioningStatusInfo : again.provisioningStatusInfo,
    provisioningSteps: [...first.provisioningSteps, ...again.provisioningSteps].slice(-MAX_STEPS),
    modifiedProperties: mergeProperties(first.modifiedProperties, again.modifiedProperties),
  };
}

const statusOf = (entry: ProvisioningLogEntry): ProvisioningStatus => entry.provisioningStatusInfo.status;
const isDone = (status: ProvisioningStatus): boolean => status === 'success' || status === 'warning';

/** Properties that stand once for each member, not once for the object. */
const MANY: ReadonlySet<string> = new Set(['groups', 'members']);

function mergeProperties(first: readonly ModifiedProperty[], again: readonly ModifiedProperty[]): readonly ModifiedProperty[] {
  const merged = [...first];
  for (const one of again) {
    const isSame = (other: ModifiedProperty): boolean =>
      other.displayName === one.displayName &&
      (!MANY.has(one.displayName) || (other.oldValue === one.oldValue && other.newValue === one.newValue));
    const at = merged.findIndex(isSame);
    const known = merged[at];
    if (known) merged[at] = { ...known, newValue: one.newValue };
    else merged.push(one);
  }
  return merged;
}
