import { WatermarkExpiredError } from '../../core/errors';
import type { Attributes, SourceId, SourceObject } from '../../core/model';
import { MAX_GROUPS_PER_DELTA, type MemberChange, type SourceChange } from '../../ports/source-connector';
import type { MemberEdge } from '../../ports/stores';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import type { CycleContext } from '../cycle-context';
import { makeAncestry } from '../decide/ancestry';
import { grantsAccess } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import type { GroupChunk } from '../job/job-state';
import { hidesMembers, openUnread, type Unread } from '../job/watch-permissions';
import { chosenGroups } from './chosen-groups';
import { markUsersBelow } from './import-assignments';
import { hasReturned, rereadMemberships } from './import-returned';
import { mergeAttributes } from './merge';
import { filterGroups, groupAttributes } from './schema-needs';

/**
 * Follows the assigned groups, those that scoping filters ask about and, with transitive membership, those nested in them: up
 * to 50 to a delta, so that the cost is that of what changed in them and not of the tenant's groups. Goes on where it was.
 */
export async function importGroups(context: CycleContext): Promise<void> {
  const chosen = await chosenGroups(context.deps);
  const unread = await openUnread(context.deps, 'group', false);
  for (;;) {
    await followNewGroups(context, chosen);
    const index = context.cycle().groups.findIndex((chunk) => !chunk.isDone);
    if (index < 0) break;
    await importChunk(context, index, unread);
  }
  await unread.keepOnly(new Set(context.cycle().groups.flatMap((chunk) => chunk.ids)));
  await context.save({ phase: 'users' });
}

async function followNewGroups(context: CycleContext, chosen: readonly SourceId[]): Promise<void> {
  const followed = new Set(context.cycle().groups.flatMap((chunk) => chunk.ids));
  const wanted = new Set<SourceId>([...filterGroups(context.deps.schema), ...chosen]);
  for (const [principalId, [first]] of context.assignments) if (first?.principalType === 'Group') wanted.add(principalId);
  if (context.deps.settings.groupMembership === 'Transitive') {
    for (const id of [...wanted, ...followed]) {
      for await (const edges of context.deps.space.listMembers(id)) {
        for (const edge of edges) if (edge.memberType === 'group') wanted.add(edge.memberId);
      }
    }
  }
  const fresh = [...wanted].filter((id) => !followed.has(id)).sort();
  if (fresh.length === 0) return;
  const chunks: GroupChunk[] = [];
  for (let from = 0; from < fresh.length; from += MAX_GROUPS_PER_DELTA) {
    chunks.push({
      ids: fresh.slice(from, from + MAX_GROUPS_PER_DELTA),
      watermark: null,
      next: null,
      round: context.cycle().cycleId,
      isDone: false,
    });
  }
  await context.save({ groups: [...context.cycle().groups, ...chunks] });
}

async function importChunk(context: CycleContext, index: number, unread: Unread): Promise<void> {
  const chunk = context.cycle().groups[index];
  if (!chunk) return;
  const saveChunk = (change: Partial<GroupChunk>, imported = 0): Promise<void> =>
    context.save({
      groups: context.cycle().groups.map((other, at) => (at === index ? { ...other, ...change } : other)),
      imported: context.cycle().imported + imported,
    });
  const page = await readPage(context, chunk);
  if (page === 'expired') return saveChunk({ watermark: null, next: null, round: context.cycle().cycleId });

  for (const change of page.changes) await applyChange(context, change, chunk.round);
  await unread.note(page.changes);
  if (page.watermark === undefined) return saveChunk({ next: page.next ?? null }, page.changes.length);
  if (chunk.round !== null) await settleRound(context, chunk.ids, chunk.round);
  await saveChunk({ next: null, watermark: page.watermark, round: null, isDone: true }, page.changes.length);
}

async function readPage(context: CycleContext, chunk: GroupChunk) {
  try {
    const link = chunk.next ?? (chunk.round === null ? chunk.watermark : null) ?? undefined;
    return await context.deps.source.readGroupChanges(link, chunk.ids, groupAttributes(context.deps.schema));
  } catch (error) {
    if (!(error instanceof WatermarkExpiredError)) throw error;
    context.deps.logger.warn('The groups watermark has expired; these groups are read in full', {
      cycleId: context.cycle().cycleId,
      groups: chunk.ids.length,
    });
    return 'expired' as const;
  }
}

async function applyChange(context: CycleContext, change: SourceChange, round: string | null): Promise<void> {
  const { space } = context.deps;
  const key = { type: 'group', id: change.id } as const;
  if (change.kind === 'removed') return markDeleted(context, change.id, change.reason);

  const stored = await space.readObject(key);
  const before = stored?.value ?? newGroup(change.id);
  // A group that hides its members has told everything else.
  const after = withAttributes(before, change.isComplete || hidesMembers(change) ? change.attributes : {});
  const members = change.members ?? [];
  if (hasReturned(before, after) && !(await rereadMemberships(context, after))) return;
  if (!stored || after !== before || members.length > 0) await space.markDirty([key]);
  // Whoever is below gains or loses by it, though no membership changed.
  if (grantsAccess(before) !== grantsAccess(after)) await markUsersBelow(context.deps, change.id);
  await applyMembers(context, change.id, members, round);
  if (!stored || after !== before || round !== null) await space.writeObject(after, stored?.etag ?? null, round ?? undefined);
}

async function applyMembers(
  context: CycleContext,
  groupId: SourceId,
  members: readonly MemberChange[],
  round: string | null,
): Promise<void> {
  const { deps } = context;
  const last = new Map<SourceId, MemberChange>();
  for (const change of members) if (change.memberType !== 'other') last.set(change.memberId, change);
  const joined: MemberEdge[] = [];
  const left: MemberEdge[] = [];
  for (const change of last.values()) {
    const edge: MemberEdge = { groupId, memberId: change.memberId, memberType: change.memberType === 'group' ? 'group' : 'user' };
    (change.isMember ? joined : left).push(edge);
  }
  const moved = [...joined, ...left];
  await deps.space.markDirty(moved.flatMap((edge) => (edge.memberType === 'user' ? [{ type: 'user', id: edge.memberId }] : [])));
  for (const edge of moved) if (edge.memberType === 'group') await markUsersBelow(deps, edge.memberId);
  if (moved.length > 0) await markGroupsAbove(context, groupId);
  await deps.space.putMembers(joined, round ?? undefined);
  await deps.space.removeMembers(left);
}

/** With transitive membership a change in a nested group is one of the groups above it too. */
async function markGroupsAbove(context: CycleContext, groupId: SourceId): Promise<void> {
  if (context.deps.settings.groupMembership === 'Direct') return;
  // Not the cycle's own ancestry: that one remembers, and memberships are still on the move here.
  const above = await makeAncestry(context.deps.space, context.deps.settings.groupMembership).above(groupId);
  await context.deps.space.markDirty(above.map((ancestor) => ({ type: 'group', id: ancestor.groupId })));
}

/** After a full round: what it did not show again is looked at directly, and forgotten only if proved gone. */
async function settleRound(context: CycleContext, ids: readonly SourceId[], round: string): Promise<void> {
  let unknowns = 0;
  for (const groupId of ids) {
    const state = await settleGroup(context, groupId, round);
    // What is deleted may return with its members, and nobody gets anything by them meanwhile.
    if (state === 'there') unknowns += await settleMembers(context, groupId, round);
    else if (state === 'unknown') unknowns += 1;
  }
  if (unknowns > 0) await context.save({ unknowns: context.cycle().unknowns + unknowns });
}

/** Reads a group directly that the round did not show: one that is not there counts as deleted, and as one that may return. */
async function settleGroup(context: CycleContext, groupId: SourceId, round: string): Promise<'there' | 'deleted' | 'unknown'> {
  const { deps } = context;
  const stored = await deps.space.readObject({ type: 'group', id: groupId });
  if (stored && stored.value.deleted !== 'no') return 'deleted';
  if (stored?.round === round) return 'there';
  const read = await deps.source.readGroup(groupId, groupAttributes(deps.schema));
  if (read.kind === 'unknown') return stored ? 'unknown' : 'there';
  if (read.kind !== 'present') {
    if (stored) await markDeleted(context, groupId, 'soft');
    return 'deleted';
  }
  const before = stored?.value ?? newGroup(groupId);
  const after = withAttributes(before, read.attributes);
  if (!stored || after !== before) await deps.space.markDirty([{ type: 'group', id: groupId }]);
  if (grantsAccess(before) !== grantsAccess(after)) await markUsersBelow(deps, groupId);
  await deps.space.writeObject(after, '*', round);
  return 'there';
}

/** @returns how many memberships could not be proved gone */
async function settleMembers(context: CycleContext, groupId: SourceId, round: string): Promise<number> {
  const { deps } = context;
  let unknowns = 0;
  for await (const page of deps.space.listMembersNotSeen(groupId, round)) {
    const mayReturn = await concurrently(page, STORAGE_CONCURRENCY, (edge) => isSoftDeleted(deps, edge));
    const edges = page.filter((_, at) => !mayReturn[at]);
    const proofs = await concurrently(edges, SOURCE_CONCURRENCY, (edge) =>
      deps.source.proveMembershipGone(groupId, edge.memberId),
    );
    const gone = edges.filter((_, at) => proofs[at]?.kind === 'absent');
    unknowns += edges.length - gone.length;
    const left = gone.map((edge) => ({ memberId: edge.memberId, memberType: edge.memberType, isMember: false }));
    if (left.length > 0) await deps.space.markDirty([{ type: 'group', id: groupId }]);
    await applyMembers(context, groupId, left, round);
  }
  return unknowns;
}

const isSoftDeleted = async ({ space }: EngineDeps, { memberId, memberType }: MemberEdge): Promise<boolean> =>
  (await space.readObject({ type: memberType, id: memberId }))?.value.deleted === 'soft';

async function markDeleted(context: CycleContext, groupId: SourceId, reason: 'soft' | 'hard'): Promise<void> {
  const { deps } = context;
  const stored = await deps.space.readObject({ type: 'group', id: groupId });
  if (!stored || stored.value.deleted === reason) return;
  await deps.space.markDirty([{ type: 'group', id: groupId }]);
  await markUsersBelow(deps, groupId);
  await markGroupsAbove(context, groupId);
  await deps.space.writeObject({ ...stored.value, deleted: reason, version: stored.value.version + 1 }, stored.etag);
}

/** A group not read before. */
export const newGroup = (id: SourceId): SourceObject => ({
  type: 'group',
  id,
  attributes: {},
  deleted: 'no',
  entitlements: [],
  version: 1,
});

/** The group as told now; the same object when nothing differs. A group that is told of is not deleted. */
export function withAttributes(before: SourceObject, attributes: Attributes): SourceObject {
  const merged = mergeAttributes(before.attributes, attributes);
  if (merged === before.attributes && before.deleted === 'no') return before;
  return { ...before, attributes: merged, deleted: 'no', version: before.version + 1 };
}
