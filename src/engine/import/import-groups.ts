import { follow, NOT_FOLLOWED } from '../../core/endless';
import { WatermarkExpiredError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import type { ConnectorSpace, GroupChunk, MemberEdge } from '../../ports/connector-space';
import type { MemberChange, SourceChange, SourceLink } from '../../ports/source-connector';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import { grantsAccess } from '../decide/scope-object';
import type { EngineDeps } from '../deps';
import { hidesMembers, openUnread, type Unread } from '../job/watch-permissions';
import { openAway } from './away-users';
import { chosenGroups } from './chosen-groups';
import type { CycleContext } from './cycle-context';
import { findNested, fromNow } from './find-nested';
import { hasReturned, rereadMemberships } from './import-returned';
import { markGroupsAbove, markUsersBelow } from './mark-principals';
import { proveGone } from './prove-gone';
import { readAhead } from './read-ahead';
import { openReturned, type Returned } from './returned-groups';
import { filterGroups, groupAttributes } from './schema-needs';
import { deleted, newRow, told } from './source-row';

/**
 * Follows the assigned groups, those that scoping filters ask about and, with transitive membership, those nested in them: up to 50 to a
 * delta, so that the cost is that of what changed in them and not of the tenant's groups. Nested groups are found where their edge is
 * told of. Continues where it was.
 */
export async function importGroups(context: CycleContext): Promise<void> {
  const { deps, groups } = context;
  const unread = await openUnread(deps, 'group', false);
  await groups.follow(await wantedGroups(context));
  const returned = await openReturned(context);
  const again = await returned.again();
  await returned.note(again, await applyPage(context, again, null));
  await findNested(context);
  const noteAway = once(async () => (await openAway(context)).list());
  const first = firstPages(context, noteAway);
  try {
    for (let index = 0; ; index += 1) {
      const chunk = await groups.at(index);
      if (!chunk) break;
      await importChunk(context, index, chunk, { unread, returned, noteAway }, await first.take(index, chunk));
    }
  } finally {
    await first.end();
  }
  await unread.keepOnly(await groups.ids());
  await context.save({ kind: 'groupsRead' });
}

/** Does something with the first call only. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}

/**
 * The first page of each delta, asked for side by side: where nothing has changed a cycle waits for nothing else.
 * @param noteAway notes who is deleted, before a group is read in full: whoever is back before the users are read is told as living, and in no list of it
 */
function firstPages(context: CycleContext, noteAway: () => Promise<void>) {
  const asked = new Map<number, ReturnType<typeof readPage>>();
  let askedTo = 0;
  return {
    async take(index: number, chunk: GroupChunk): ReturnType<typeof readPage> {
      for (; askedTo < index + SOURCE_CONCURRENCY; askedTo += 1) {
        const next = await context.groups.at(askedTo);
        if (!next) break;
        if (next.watermark === null) await noteAway();
        const page = readPage(context, next);
        // A failure is told in its turn.
        page.catch(() => undefined);
        asked.set(askedTo, page);
      }
      return asked.get(index) ?? readPage(context, chunk);
    },
    /** Waits for those that nobody needs any more. */
    async end(): Promise<void> {
      await Promise.allSettled(asked.values());
    },
  };
}

async function wantedGroups(context: CycleContext): Promise<ReadonlySet<SourceId>> {
  const { deps, assignments } = context;
  const { cycleId, groupGeneration } = context.cycle();
  const returning = groupGeneration === cycleId ? await mayReturn(deps) : [];
  return new Set([...filterGroups(deps.schema), ...(await chosenGroups(deps)), ...assignments.principals('Group'), ...returning]);
}

/**
 * Groups that are among the deleted ones. A full reading finds a nested group by its edge, and Entra ID may have taken that back with the deletion
 * and need not tell of it again: so the group itself is followed until it returns. None with direct membership, where assignments tell of each.
 */
async function mayReturn({ space, settings }: EngineDeps): Promise<readonly SourceId[]> {
  const found: SourceId[] = [];
  if (settings.groupMembership === 'Direct') return found;
  for await (const page of space.listObjects('group'))
    found.push(...page.flatMap(({ id, deleted }) => (deleted === 'soft' ? id : [])));
  return found;
}

/** A watermark this old is replaced by a newer one though nothing has changed: the source forgets it after seven days. */
const WATERMARK_FRESH_MS = 24 * 3600_000;

/** What is noted while groups are read. */
interface Reading {
  readonly unread: Unread;
  readonly returned: Returned;
  readonly noteAway: () => Promise<void>;
}

async function importChunk(
  context: CycleContext,
  index: number,
  stored: GroupChunk,
  { unread, returned, noteAway }: Reading,
  first: Awaited<ReturnType<typeof readPage>>,
): Promise<void> {
  const { newId, clock } = context.deps;
  // A delta without a watermark is in its first full round, or to begin one. Each beginning has a name of its own: what only a broken-off
  // attempt has shown may be gone since.
  let chunk: GroupChunk =
    stored.watermark === null && stored.next === null ? { ...stored, round: newId(), nested: fromNow(clock()) } : stored;
  for (let page = first; ; page = await readPage(context, chunk)) {
    if (page === 'expired') {
      await noteAway();
      chunk = { ...chunk, watermark: null, watermarkAt: null, next: null, round: newId(), watch: null, nested: fromNow(clock()) };
      await context.groups.put(index, chunk);
      continue;
    }
    const isFull = chunk.watermark === null;
    const isToSettle = isFull || chunk.isUnsettled;
    await returned.note(page.changes, await applyPage(context, page.changes, isFull ? chunk.round : null));
    await unread.note(page.changes);
    // Before the page counts as read: nobody would tell of these edges again.
    await context.groups.follow(nestedIn(context, membersOf(page.changes)));
    const imported = page.changes.length;
    if (page.watermark !== undefined) {
      const unknowns = isToSettle && chunk.round !== null ? await settleRound(context, chunk.ids, chunk.round) : 0;
      await finishChunk(context, index, chunk, page.watermark, { imported, unknowns });
      return;
    }
    const watch = follow(chunk.watch ?? NOT_FOLLOWED, page.next ?? '', imported);
    if (!watch) return skipEndless(context, index, chunk);
    await context.fence();
    chunk = { ...chunk, next: page.next ?? null, watch };
    await context.groups.put(index, chunk);
    await context.save({ kind: 'groupsPage', imported, unknowns: 0 });
  }
}

async function finishChunk(
  context: CycleContext,
  index: number,
  chunk: GroupChunk,
  watermark: SourceLink,
  counts: { readonly imported: number; readonly unknowns: number },
): Promise<void> {
  const now = context.deps.clock();
  const isFresh = chunk.watermarkAt !== null && now.getTime() - Date.parse(chunk.watermarkAt) < WATERMARK_FRESH_MS;
  const isUnsettled = counts.unknowns > 0;
  // Nothing has changed: to read that again after a break-off costs less than to write it down each time.
  const isNothingNew = isFresh && chunk.next === null && counts.imported === 0 && isUnsettled === (chunk.isUnsettled ?? false);
  if (isNothingNew) return void (await stopIfTimeIsUp(context, counts.unknowns));
  await context.fence();
  await context.groups.put(index, { ...chunk, watermark, watermarkAt: now.toISOString(), next: null, watch: null, isUnsettled });
  await context.save({ kind: 'groupsPage', ...counts });
}

async function stopIfTimeIsUp(context: CycleContext, unknowns: number): Promise<void> {
  if (unknowns > 0 || (await context.isTimeUp())) await context.save({ kind: 'groupsPage', imported: 0, unknowns });
}

/** Pages that never end must not stop everything: these groups stay as they were last read, and the others are read. */
async function skipEndless(context: CycleContext, index: number, chunk: GroupChunk): Promise<void> {
  context.deps.logger.error('The delta of some groups has no end; they stay as they were last read', {
    cycleId: context.cycle().cycleId,
    groups: chunk.ids.length,
  });
  const round = chunk.watermark === null ? null : chunk.round;
  await context.groups.put(index, { ...chunk, round, next: null, watch: null });
  await context.save({ kind: 'groupsPage', imported: 0, unknowns: chunk.ids.length });
}

/** Who has become a member of the groups of a page. */
const membersOf = (changes: readonly SourceChange[]): readonly MemberChange[] =>
  changes.flatMap((change) => (change.kind === 'present' ? (change.members ?? []).filter((one) => one.isMember) : []));

/** The groups among members; none with direct membership. */
function nestedIn({ deps }: CycleContext, members: readonly (MemberChange | MemberEdge)[]): readonly SourceId[] {
  if (deps.settings.groupMembership === 'Direct') return [];
  return members.flatMap(({ memberType, memberId }) => (memberType === 'group' ? memberId : []));
}

async function readPage(context: CycleContext, chunk: GroupChunk) {
  try {
    const link = chunk.next ?? chunk.watermark ?? undefined;
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

/**
 * Applies what a page tells, group by group; of one group in the order in which it was told.
 * @returns the groups that have returned and cannot be read yet: they count as deleted until they can
 */
async function applyPage(
  context: CycleContext,
  changes: readonly SourceChange[],
  round: string | null,
): Promise<ReadonlySet<SourceId>> {
  const unread = new Set<SourceId>();
  const apply = async (within: CycleContext, change: SourceChange): Promise<void> => {
    if (await applyChange(within, change, round)) unread.delete(change.id);
    else unread.add(change.id);
  };
  const byGroup = new Map<SourceId, SourceChange[]>();
  for (const change of changes) byGroup.set(change.id, [...(byGroup.get(change.id) ?? []), change]);
  const keys = [...byGroup.keys()].sort().map((id) => ({ type: 'group', id }) as const);
  const ahead = await readAhead(context.deps, keys, { links: false, groups: false });
  const page: CycleContext = { ...context, deps: { ...context.deps, space: ahead.space } };
  // As for users: what another instance has read meanwhile is newer.
  await context.hold();
  await concurrently([...byGroup.values()], STORAGE_CONCURRENCY, async ([only, ...others]) => {
    if (only && others.length === 0) return apply(page, only);
    for (const change of only ? [only, ...others] : []) await apply(context, change);
  });
  await ahead.flush();
  return unread;
}

/** @returns false for a group that has returned, or was not known, and cannot be read yet */
async function applyChange(context: CycleContext, change: SourceChange, round: string | null): Promise<boolean> {
  const { space } = context.deps;
  const key = { type: 'group', id: change.id } as const;
  if (change.kind === 'removed') {
    await markDeleted(context, change.id, change.reason);
    return true;
  }
  const stored = await space.readObject(key);
  const before = stored?.value ?? newRow('group', change.id);
  // A group that hides its members has told everything else.
  const after = told(before, change.isComplete || hidesMembers(change) ? change.attributes : {});
  const members = change.members ?? [];
  if (hasReturned(before, after) && !(await rereadMemberships(context, after))) return false;
  // Known by no full round: it was deleted then, or not there yet, and may have come with members that nobody tells of.
  if (!stored && round === null && !(await rereadMemberships(context, after))) return false;
  if (!stored || after !== before || members.length > 0) await space.markDirty([key]);
  // Whoever is below gains or loses by it, though no membership changed.
  if (!stored || grantsAccess(before) !== grantsAccess(after)) await markUsersBelow(context.deps, change.id);
  await applyMembers(context, change.id, members, round);
  if (!stored || after !== before || round !== null) await space.writeObject(after, stored?.etag ?? null, round ?? undefined);
  return true;
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
  if (moved.length > 0) await markGroupsAbove(deps, groupId);
  await deps.space.putMembers(joined, round ?? undefined);
  await deps.space.removeMembers(left);
}

/** After a full round: what it did not show again is looked at directly, and forgotten only if proved gone. */
async function settleRound(context: CycleContext, ids: readonly SourceId[], round: string): Promise<number> {
  const keys = [...ids].sort().map((id) => ({ type: 'group', id }) as const);
  const { space } = await readAhead(context.deps, keys, { links: false, groups: false });
  const unknowns = await concurrently(ids, SOURCE_CONCURRENCY, async (groupId) => {
    const state = await settleGroup(context, space, groupId, round);
    // What is deleted may return with its members, and nobody gets anything by them meanwhile.
    if (state === 'there') return settleMembers(context, groupId, round);
    return state === 'unknown' ? 1 : 0;
  });
  return unknowns.reduce((sum, count) => sum + count, 0);
}

/** Reads a group directly that the round did not show: one that is not there counts as deleted, and as one that may return. */
async function settleGroup(
  context: CycleContext,
  space: Pick<ConnectorSpace, 'readObject'>,
  groupId: SourceId,
  round: string,
): Promise<'there' | 'deleted' | 'unknown'> {
  const { deps } = context;
  const stored = await space.readObject({ type: 'group', id: groupId });
  if (stored && stored.value.deleted !== 'no') return 'deleted';
  if (stored?.round === round) return 'there';
  const read = await deps.source.readGroup(groupId, groupAttributes(deps.schema));
  if (read.kind === 'unknown') return 'unknown';
  if (read.kind !== 'present') {
    if (stored) await markDeleted(context, groupId, 'soft');
    // Met on demand, and deleted before a cycle has read it: without a row it would count as there.
    else if (await hasMembers(deps, groupId)) {
      await markUsersBelow(deps, groupId);
      await deps.space.writeObject({ ...newRow('group', groupId), deleted: 'soft' }, null, round);
    }
    return 'deleted';
  }
  const before = stored?.value ?? newRow('group', groupId);
  const after = told(before, read.attributes);
  if (!stored || after !== before) await deps.space.markDirty([{ type: 'group', id: groupId }]);
  if (!stored || grantsAccess(before) !== grantsAccess(after)) await markUsersBelow(deps, groupId);
  await deps.space.writeObject(after, '*', round);
  return 'there';
}

async function hasMembers({ space }: EngineDeps, groupId: SourceId): Promise<boolean> {
  for await (const page of space.listMembers(groupId)) if (page.length > 0) return true;
  return false;
}

/** @returns how many memberships could not be proved gone */
async function settleMembers(context: CycleContext, groupId: SourceId, round: string): Promise<number> {
  const { deps } = context;
  let unknowns = 0;
  for await (const page of deps.space.listMembersNotSeen(groupId, round)) {
    const mayReturn = await concurrently(page, STORAGE_CONCURRENCY, (edge) => isSoftDeleted(deps, edge));
    const edges = page.filter((_, at) => !mayReturn[at]);
    const fates = await concurrently(edges, SOURCE_CONCURRENCY, (edge) => proveGone(deps, edge));
    const gone = edges.filter((_, at) => fates[at] === 'gone');
    // No row has told of these: a group that is deleted, or that the list left out, is read itself, or nothing would tell what becomes of it.
    await context.groups.follow(
      nestedIn(
        context,
        page.filter((edge) => !gone.includes(edge)),
      ),
    );
    await deps.space.putMembers(
      edges.filter((_, at) => fates[at] === 'there'),
      round,
    );
    unknowns += fates.filter((fate) => fate === 'unknown').length;
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
  await markGroupsAbove(deps, groupId);
  await deps.space.writeObject(deleted(stored.value, reason), stored.etag);
}
