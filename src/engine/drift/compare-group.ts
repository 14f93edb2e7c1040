import { createHash } from 'node:crypto';
import { DRIFT_CODES, type DriftCode, type DriftFinding } from '../../core/drift';
import { mapsMembers } from '../../core/map';
import type { Link, SourceId, TargetGroup, TargetMembership } from '../../core/model';
import type { AttributeChange } from '../../core/plan-model';
import type { ModifiedProperty } from '../../core/record';
import type { ObjectKey, OwnedMembership } from '../../ports/stores';
import { usersBelow } from '../decide/ancestry';
import { dueFor } from '../decide/due';
import { dryRun, planRow } from '../preview/plan-object';
import { MEMBERS_LISTED } from '../record/log-entry';
import { itemFor } from '../work-item';
import { withAsRead } from './as-read';
import { type Compared, type Comparing, told } from './compare-user';

/** Compares one Zendesk group and its members with what Entra ID says. @param group as read in Zendesk; undefined when it is gone */
export async function compareGroup(how: Comparing, link: Link, group: TargetGroup | undefined): Promise<Compared> {
  const { deps, rules, cycleId, deadlineMs } = how;
  const key: ObjectKey = { type: 'group', id: link.sourceId };
  const object = (await deps.space.readObject(key))?.value;
  const due = object && (await dueFor(deps, rules, object));
  // A group out of scope is let go or deleted by a cycle, which counts it; until then nobody compares it.
  if (due?.decision.kind !== 'in') return { kind: 'skipped' };
  const hasMembers = deps.schema.groups !== undefined && mapsMembers(deps.schema.groups);
  const memberships = group && hasMembers ? await membershipsOf(how, link) : [];
  const read = { groups: new Map([[link.targetId, group]]), memberships: new Map([[link.targetId, memberships]]) };
  const item = itemFor(cycleId, key);
  const outcome = await dryRun(withAsRead(deps, read), item, deadlineMs);
  if (outcome.kind === 'failed') return { kind: 'row', row: planRow(deps, key, { item, loss: undefined, outcome }) };
  if (outcome.kind !== 'planned')
    return { kind: outcome.kind === 'skipped' && outcome.skipReason === 'RedundantExport' ? 'same' : 'skipped' };
  if (!group) {
    const row = planRow(deps, key, { item, loss: undefined, outcome });
    const drift: DriftFinding = { codes: ['GroupDeleted'], lastChangedAt: null, reported: [] };
    const digest = createHash('sha256').update(`gone group ${link.targetId}`).digest('hex');
    return { kind: 'row', row: { ...told(row, drift, true), targetId: link.targetId, digest } };
  }
  // Who is to leave because Entra ID no longer has them is counted and taken out by cycles.
  const changes = outcome.plan.changes.filter(({ attribute, newValue }) => attribute !== 'members' || newValue !== null);
  const members = await lookAtMembers(how, link, group, memberships, changes);
  const own = changes.filter(({ attribute }) => attribute !== 'members').map(({ attribute }) => attribute);
  const is: Partial<Record<DriftCode, boolean>> = {
    Renamed: own.includes('name'),
    MembersRemoved: members.isAnyRemoved,
    MembersForeign: members.foreign.length > 0,
    Changed: own.some((name) => name !== 'name') || (changes.length > own.length && !members.isAnyRemoved),
  };
  const codes = DRIFT_CODES.filter((code) => is[code]);
  if (codes.length === 0) return { kind: 'same' };
  const plan = { ...outcome.plan, action: changes.length > 0 ? outcome.plan.action : ('none' as const), changes };
  const row = planRow(deps, key, { item, loss: undefined, outcome: { ...outcome, plan } });
  const drift: DriftFinding = { codes, lastChangedAt: group.updatedAt ?? null, reported: members.foreign };
  return { kind: 'row', row: told(row, drift, changes.length > 0) };
}

async function membershipsOf({ deps }: Comparing, { targetId }: Link): Promise<readonly TargetMembership[]> {
  const all: TargetMembership[] = [];
  for await (const page of deps.target.listGroupMemberships(targetId)) all.push(...page);
  return all;
}

interface Members {
  /** Whether somebody whom this app had put into the group is to come back into it. */
  readonly isAnyRemoved: boolean;
  /** Members whom Entra ID does not have in the group, as changes: `oldValue` is who. */
  readonly foreign: readonly ModifiedProperty[];
}

/**
 * Who was taken out by hand, and who was put in. The default group of an account takes in every new agent by itself, so nobody in it is told of
 * as put there by hand.
 */
async function lookAtMembers(
  { deps }: Comparing,
  { sourceId }: Link,
  group: TargetGroup,
  memberships: readonly TargetMembership[],
  changes: readonly AttributeChange[],
): Promise<Members> {
  const owned = new Map<string, OwnedMembership>();
  for await (const page of deps.links.membershipsOfGroup(sourceId)) for (const one of page) owned.set(one.targetUserId, one);
  const missing = new Set(changes.flatMap(({ attribute, newValue }) => (attribute === 'members' ? [String(newValue)] : [])));
  const isAnyRemoved = [...owned.values()].some(({ userId }) => missing.has(userId));
  const others = group.isDefault ? [] : memberships.filter(({ userId }) => !owned.has(userId));
  if (others.length === 0) return { isAnyRemoved, foreign: [] };
  const below = new Set<SourceId>();
  for await (const ids of usersBelow(deps.space, deps.settings.groupMembership, sourceId)) for (const id of ids) below.add(id);
  const foreign: ModifiedProperty[] = [];
  let more = 0;
  for (const { userId } of others) {
    const source = await deps.links.sourceOf('user', userId);
    if (source && below.has(source)) continue;
    if (foreign.length === MEMBERS_LISTED) more += 1;
    else foreign.push({ displayName: 'members', oldValue: source ? `${userId} (${source})` : userId, newValue: null });
  }
  if (more > 0) foreign.push({ displayName: 'members', oldValue: `and ${more} more`, newValue: null });
  return { isAnyRemoved, foreign };
}
