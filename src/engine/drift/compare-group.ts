import { createHash } from 'node:crypto';
import { DRIFT_CODES, type DriftCode, type DriftFinding } from '../../core/drift';
import { mapsMembers } from '../../core/map';
import { type Link, type SourceId, type TargetGroup, type TargetId, type TargetMembership, targetId } from '../../core/model';
import type { AttributeChange } from '../../core/plan-model';
import type { ModifiedProperty } from '../../core/record';
import type { OwnedMembership } from '../../ports/link-store';
import type { ObjectKey } from '../../ports/stored';
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
  if (due?.decision.kind === 'out') return group ? unasked(how, link, group) : { kind: 'skipped' };
  if (due?.decision.kind !== 'in') return { kind: 'skipped' };
  const hasMembers = deps.schema.groups !== undefined && mapsMembers(deps.schema.groups);
  const memberships = group && hasMembers ? await membershipsOf(how, link) : [];
  const read = { groups: new Map([[link.targetId, group]]), memberships: new Map([[link.targetId, memberships]]) };
  const item = itemFor(cycleId, key);
  const outcome = await dryRun(withAsRead(deps, read), item, deadlineMs);
  if (outcome.kind === 'failed') return { kind: 'row', row: planRow(deps, key, { item, loss: undefined, outcome }) };
  if (outcome.kind !== 'planned') return { kind: 'skipped' };
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
  const plan = { ...outcome.plan, changes };
  const row = planRow(deps, key, { item, loss: undefined, outcome: { ...outcome, plan } });
  const drift: DriftFinding = { codes, lastChangedAt: group.updatedAt ?? null, reported: members.foreign };
  return { kind: 'row', row: told(row, drift, changes.length > 0) };
}

/** A group of ours that is out of scope: where a cycle would delete it, it waits for that; where the mapping does not allow it, it is left over. */
async function unasked({ deps, cycleId, deadlineMs }: Comparing, link: Link, group: TargetGroup): Promise<Compared> {
  const key: ObjectKey = { type: 'group', id: link.sourceId };
  const item = itemFor(cycleId, key);
  const outcome = await dryRun(withAsRead(deps, { groups: new Map([[link.targetId, group]]) }), item, deadlineMs);
  if (outcome.kind !== 'skipped' || outcome.skipReason !== 'ActionDisabled') return { kind: 'skipped' };
  const drift: DriftFinding = { codes: ['GroupUnasked'], lastChangedAt: group.updatedAt ?? null, reported: [] };
  const row = planRow(deps, key, { item, loss: undefined, outcome });
  return { kind: 'row', row: { ...told(row, drift, false), name: row.name || group.name } };
}

async function membershipsOf({ deps }: Comparing, { targetId }: Link): Promise<readonly TargetMembership[]> {
  const all: TargetMembership[] = [];
  for await (const page of deps.target.listGroupMemberships(targetId)) all.push(...page);
  return all;
}

const member = (oldValue: string): ModifiedProperty => ({ displayName: 'members', oldValue, newValue: null });

/** The Zendesk id of a member as this comparison reports it; undefined for what stands for several. */
export const memberId = ({ oldValue }: ModifiedProperty): TargetId | undefined => {
  const id = /\((\d{1,20})\)$/.exec(oldValue ?? '')?.[1];
  return id === undefined ? undefined : targetId(id);
};

interface Members {
  /** Whether somebody whom this app had put into the group is to come back into it. */
  readonly isAnyRemoved: boolean;
  /** Members whom Entra ID does not have in the group, as changes: `oldValue` is who. */
  readonly foreign: readonly ModifiedProperty[];
}

/**
 * Who was taken out by hand, and who was put in. The default group of an account takes in every new agent by itself, so nobody in it is reported
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
  const found: TargetId[] = [];
  for (const { userId } of others) {
    const source = await deps.links.sourceOf('user', userId);
    if (!source || !below.has(source)) found.push(userId);
  }
  const listed = found.slice(0, MEMBERS_LISTED);
  const names = await Promise.all(listed.map(async (id) => (await deps.target.getUser(id))?.name ?? ''));
  const foreign = listed.map((id, at): ModifiedProperty => member(`${names[at]} (${id})`.trim()));
  const more = found.length - listed.length;
  return { isAnyRemoved, foreign: more > 0 ? [...foreign, member(`and ${more} more`)] : foreign };
}
