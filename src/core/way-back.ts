import { type SourceId, type TargetId, targetId } from './model';
import { OPEN_TICKETS } from './plan';
import type { ModifiedProperty, ProvisioningLogEntry } from './record';

/** One value that a change has written: what it left behind, and what was there before it. As the log prints them; null for no value. */
export interface ValueBack {
  readonly attribute: string;
  readonly left: string | null;
  readonly was: string | null;
}

/** Something of a change that cannot be taken back, and why; plain words. */
export interface LostValue {
  readonly attribute: string;
  readonly reason: string;
}

/** The way back from one change of one object: plain data, from its log entry alone. What stands today decides what is done of it. */
export interface WayBack {
  /** The cycle and the change that are taken back. */
  readonly cycleId: string;
  readonly changeId: string;
  /** When the change was made, ISO 8601. */
  readonly changedAt: string;
  readonly targetId: TargetId;
  /** True where the change created the object: it is not deleted, an account is suspended. */
  readonly isCreation: boolean;
  readonly values: readonly ValueBack[];
  /** The other side of memberships that ended and are to be there again: groups of a user, members of a group. */
  readonly join: readonly SourceId[];
  /** The other side of memberships that the change made and that are to end. */
  readonly leave: readonly SourceId[];
  readonly lost: readonly LostValue[];
}

/** What is to be done about one entry of the log. */
export type Undoing =
  | { readonly kind: 'wayBack'; readonly way: WayBack }
  /** It did something that cannot come back. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** It changed nothing in Zendesk. */
  | { readonly kind: 'nothing' };

const NOTHING: Undoing = { kind: 'nothing' };
const lost = (reason: string): Undoing => ({ kind: 'lost', reason });

const REDACTED = '[Redact]';
const MEMBERSHIPS: ReadonlySet<string> = new Set(['groups', 'members']);

/**
 * Reads the way back out of a log entry. Pure.
 *
 *   the entry says                   │ the way back
 *   skipped, held by the brake       │ nothing: it changed nothing
 *   an operator's act on the job     │ nothing
 *   failure                          │ lost: nobody knows what of it was written
 *   delete                           │ lost: Zendesk does not bring a deleted object back
 *   other (let go)                   │ lost: the object was left as it was
 *   create of an account             │ the creation: suspended, it stays in its groups, and Zendesk wants every agent in one
 *   create of a group                │ the members that it was given
 *   update, disable                  │ each value and membership, but for those that the log does not hold whole
 *
 * @param later the entries of the same object since, in any order: what they have written is no longer this change's to take back
 */
export function wayBackOf(entry: ProvisioningLogEntry, later: readonly ProvisioningLogEntry[]): Undoing {
  const { status } = entry.provisioningStatusInfo;
  const { provisioningAction: action, modifiedProperties: properties } = entry;
  if (status === 'skipped' || action === 'stagedDelete' || isOperation(entry)) return NOTHING;
  if (status === 'failure') {
    if (action === 'other' && properties.length === 0) return NOTHING;
    return lost('It failed in that cycle: what was written of it, if anything, is not known. Compare it by hand.');
  }
  if (action === 'delete') {
    return lost(`It was deleted in Zendesk by that cycle, and Zendesk does not bring deleted ${plural(entry)} back.`);
  }
  if (action === 'other' && properties.length === 0) {
    return lost('That cycle only stopped managing it and changed nothing of it. A cycle takes it up again once it is in scope.');
  }
  const since = new Map<string, string>();
  for (const one of later) {
    if (!isDone(one) || isOperation(one)) continue;
    for (const property of one.modifiedProperties) since.set(wordOf(property), one.cycleId);
  }
  const isCreation = action === 'create';
  const parts = { values: [] as ValueBack[], join: [] as SourceId[], leave: [] as SourceId[], lost: [] as LostValue[] };
  for (const property of properties) {
    if (isCreation && property.displayName !== 'members') continue;
    take(parts, property, since.get(wordOf(property)));
  }
  const whole = parts.values.length + parts.join.length + parts.leave.length + parts.lost.length;
  if (whole === 0 && !isCreation) return NOTHING;
  const { cycleId, changeId, activityDateTime: changedAt } = entry;
  return {
    kind: 'wayBack',
    way: { cycleId, changeId, changedAt, targetId: targetId(entry.targetIdentity.id), isCreation, ...parts },
  };
}

interface Parts {
  readonly values: ValueBack[];
  readonly join: SourceId[];
  readonly leave: SourceId[];
  readonly lost: LostValue[];
}

function take(parts: Parts, property: ModifiedProperty, since: string | undefined): void {
  const { displayName: attribute, oldValue, newValue } = property;
  const id = MEMBERSHIPS.has(attribute) ? idIn(newValue ?? oldValue ?? '') : undefined;
  const reason = reasonLost(property, id, since);
  if (reason !== undefined) parts.lost.push({ attribute, reason });
  else if (id === undefined) parts.values.push({ attribute, left: newValue, was: oldValue });
  else (newValue === null ? parts.join : parts.leave).push(id);
}

function reasonLost({ displayName, oldValue, newValue }: ModifiedProperty, id: SourceId | undefined, since: string | undefined) {
  if (since !== undefined) return `changed again by cycle ${since}`;
  if (displayName === OPEN_TICKETS) return 'tickets that were handed over stay with those who have them now';
  if (oldValue === REDACTED || newValue === REDACTED) return 'the mapping keeps its values out of the log';
  if (isCut(oldValue) || isCut(newValue)) return 'the log does not hold the whole value';
  if (MEMBERSHIPS.has(displayName) && id === undefined) return `the log does not name them (${newValue ?? oldValue})`;
  return undefined;
}

/** The id in a membership as the log prints it: `Name (id)`, or the id alone. A name may hold anything, so the end counts. */
function idIn(text: string): SourceId | undefined {
  const found = /(?:^|\()([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\)?$/.exec(text);
  return found?.[1] as SourceId | undefined;
}

/** What a log entry too large for its row is shortened to ends so. */
const CUT = /^.{100}(?:.{900}(?:.{15000})?)?…$/s;
const isCut = (text: string | null): boolean => text !== null && CUT.test(text);

/** Properties are told apart by their name, memberships by whom they are about. */
const wordOf = ({ displayName, oldValue, newValue }: ModifiedProperty): string =>
  MEMBERSHIPS.has(displayName) ? `${displayName} ${idIn(newValue ?? oldValue ?? '') ?? ''}` : displayName;

const isDone = ({ provisioningStatusInfo: { status } }: ProvisioningLogEntry): boolean =>
  status === 'success' || status === 'warning';

const isOperation = ({ provisioningSteps }: ProvisioningLogEntry): boolean =>
  provisioningSteps.some(({ name }) => name === 'JobOperation');

const plural = ({ sourceIdentity: { identityType } }: ProvisioningLogEntry): string =>
  identityType === 'Group' ? 'groups' : 'accounts';
