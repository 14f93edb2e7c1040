import type { CycleState } from '../../core/cycle-state';
import { follow } from '../../core/endless';
import { WatermarkExpiredError } from '../../core/errors';
import type { SourceId } from '../../core/model';
import type { SourceChange, SourcePage } from '../../ports/source-connector';
import type { ObjectKey } from '../../ports/stored';
import { concurrently, SOURCE_CONCURRENCY, STORAGE_CONCURRENCY } from '../concurrently';
import { STATE_KEYS, type UserWatermark } from '../job/job-state';
import { openUnread } from '../job/watch-permissions';
import { type Away, openAway } from './away-users';
import { type CycleContext, CycleInterrupted } from './cycle-context';
import { hasReturned, rereadMemberships } from './import-returned';
import { leaveGroups } from './leave-groups';
import { followManagers, noteManagers } from './managers';
import { mergeAttributes } from './merge';
import { type Relevance, relevantInFullRound } from './relevance';
import { deleted, newRow, told } from './source-row';

type ReadingUsers = Extract<CycleState, { phase: 'users'; step: 'reading' }>;

/**
 * Follows the users' delta page by page and merges what it says into the rows of the users who matter: those assigned, and those
 * who were once. Others cost a look-up and leave no trace. Continues where it was; an expired watermark turns into a full round.
 */
export async function importUsers(context: CycleContext): Promise<void> {
  const watermark = (await context.deps.state.read<UserWatermark>(STATE_KEYS.userWatermark))?.value;
  const first = context.cycle();
  const isFresh = first.phase === 'users' && first.step === 'reading' && first.isFull && first.next === null;
  const unread = await openUnread(context.deps, 'user', isFresh);
  await settleAgain(context);
  const away = await openAway(context);
  await mergePage(context, await away.again(), { relevance: undefined, away, round: null });
  let relevance: Relevance | undefined;
  for (let state = first; state.phase === 'users' && state.step === 'reading'; state = context.cycle()) {
    if (state.isFull) relevance ??= await relevantInFullRound(context);
    if (state.isFull && state.next === null) await away.list();
    const round = roundOf(context, state);
    const page = await readPage(context, state.next ?? (state.isFull ? undefined : watermark?.link), round);
    if (page === 'expired') {
      await context.save({ kind: 'usersExpired' });
      continue;
    }
    await mergePage(context, page.changes, { relevance, away, round: round ?? null });
    await unread.note(page.changes);
    const imported = page.changes.length;
    const { watch } = state;
    const named = round !== undefined && { round };
    if (page.watermark !== undefined) {
      await context.save({ kind: 'usersPage', imported, watch, ...named, to: { watermark: page.watermark } });
      continue;
    }
    const followed = follow(watch, page.next ?? '', imported);
    if (followed) {
      await context.save({ kind: 'usersPage', imported, watch: followed, ...named, to: { next: page.next ?? '' } });
      continue;
    }
    // Pages that never end must not stop everything: users stay as they were last read, and the others continue.
    context.deps.logger.error("The users' delta has no end; users stay as they were last read", { cycleId: state.cycleId });
    await context.save({ kind: 'usersEndless' });
  }
  const last = context.cycle();
  if (last.phase !== 'users') return;
  await context.save({ kind: 'usersSettled', unknowns: await settleRound(context, last.round ?? last.cycleId) });
}

/** A round that begins anew has a name of its own: somebody whom only a broken-off attempt has shown may be gone since. */
function roundOf({ deps }: CycleContext, { isFull, next, round, cycleId }: ReadingUsers): string | undefined {
  if (!isFull) return undefined;
  return next === null ? deps.newId() : (round ?? cycleId);
}

/** What happened to users whom an earlier full round left unread is told by no delta: they are read directly until they can be. */
async function settleAgain(context: CycleContext): Promise<void> {
  const { phase, usersUnsettled, ...state } = context.cycle();
  if (phase !== 'users' || usersUnsettled === undefined) return;
  if (!('isFull' in state) || state.isFull || state.next !== null) return;
  await context.save({ kind: 'usersSettled', unknowns: await settleRound(context, usersUnsettled) });
}

async function readPage(context: CycleContext, link: string | undefined, round?: string): Promise<SourcePage | 'expired'> {
  try {
    return await context.deps.source.readUserChanges(link, context.deps.schema.users.sourceAttributes, round);
  } catch (error) {
    if (!(error instanceof WatermarkExpiredError)) throw error;
    context.deps.logger.warn('The users watermark has expired; all users are read again, links stay', {
      cycleId: context.cycle().cycleId,
    });
    return 'expired';
  }
}

/** How the pages of a round are merged. */
interface Merging {
  /** Whom a full round is about; undefined in one that tells only of changes. */
  readonly relevance: Relevance | undefined;
  readonly away: Away;
  readonly round: string | null;
}

async function mergePage(context: CycleContext, page: readonly SourceChange[], merging: Merging): Promise<void> {
  const { relevance, round } = merging;
  const { changes: told, returned } = await merging.away.merge(lastWord(page));
  const changes = told.filter(({ id }) => !relevance || relevance.matters(id));
  // Another instance may have read the same meanwhile, and later: what is old by now would be told by no delta again.
  await context.hold();
  const added = relevance && round !== null ? await addNew(context, changes, relevance, round) : new Set<SourceId>();
  const unchanged = relevance && round !== null ? changes.filter((change) => relevance.isUnchanged(change)) : [];
  if (round !== null) await context.deps.space.stampObjects(unchanged.map(userKey), round);
  const done = new Set([...added, ...unchanged.map(({ id }) => id)]);
  const others = changes.filter(({ id }) => !done.has(id));
  await concurrently(others, STORAGE_CONCURRENCY, (change) => applyChange(context, change, merging, returned));
  relevance?.noteStored(others.filter(({ id }) => relevance.isStored(id)).map(({ id }) => id));
  // A full round tells of every report with its manager as it is.
  if (!relevance) await followManagers(context.deps, changes);
}

/** Adds the users of a page who have no row, many at a time. Answers whom. */
async function addNew(
  { deps, deps: { space } }: CycleContext,
  changes: readonly SourceChange[],
  relevance: Relevance,
  round: string,
): Promise<ReadonlySet<SourceId>> {
  const news = changes.flatMap((change) =>
    change.kind === 'present' && !relevance.isStored(change.id)
      ? [told(newRow('user', change.id), change.isComplete ? change.attributes : {})]
      : [],
  );
  await noteManagers(deps, news);
  await space.markDirty(news.map(userKey));
  const taken = new Set((await space.addObjects(news, round)).map(({ id }) => id));
  relevance.noteStored(news.map(({ id }) => id));
  return new Set(news.flatMap(({ id }) => (taken.has(id) ? [] : id)));
}

const userKey = ({ id }: { readonly id: SourceId }): ObjectKey => ({ type: 'user', id });

/** A page may tell of one object several times; its last word counts, with what the earlier ones added. */
function lastWord(changes: readonly SourceChange[]): readonly SourceChange[] {
  const byId = new Map<SourceId, SourceChange>();
  for (const change of changes) {
    const earlier = byId.get(change.id);
    const isMerge = earlier?.kind === 'present' && change.kind === 'present';
    byId.set(change.id, isMerge ? { ...change, attributes: mergeAttributes(earlier.attributes, change.attributes) } : change);
  }
  return [...byId.values()];
}

async function applyChange(
  context: CycleContext,
  change: SourceChange,
  { relevance, round }: Merging,
  returned: ReadonlySet<SourceId>,
): Promise<void> {
  const { space } = context.deps;
  const key: ObjectKey = { type: 'user', id: change.id };
  const stored = await space.readObject(key);
  if (!stored && (change.kind === 'removed' || !(relevance || (await isEntitled(context, change.id))))) return;

  const before = stored?.value ?? newRow('user', change.id);
  const after =
    change.kind === 'removed' ? deleted(before, change.reason) : told(before, change.isComplete ? change.attributes : {});
  if (stored && after === before && round === null) return;
  if (hasReturned(before, after) && !returned.has(change.id) && !(await rereadMemberships(context, after))) return;
  if (!stored || after !== before) {
    await noteManagers(context.deps, [after]);
    await space.markDirty([key]);
    await leaveGroups(context.deps, before, after);
  }
  await space.writeObject(after, stored?.etag ?? null, round ?? undefined);
}

async function isEntitled({ deps, assignments, ancestry }: CycleContext, id: SourceId): Promise<boolean> {
  if (deps.settings.scope === 'All' || assignments.has(id)) return true;
  return (await ancestry.above(id)).some((ancestor) => assignments.has(ancestor.groupId));
}

/** After a full round: each known user whom it did not show is read directly; only a proof of absence changes anything. */
async function settleRound(context: CycleContext, round: string): Promise<number> {
  const { deps } = context;
  let unknowns = 0;
  for await (const unseen of deps.space.listObjectsNotSeen('user', round)) {
    await concurrently(unseen, SOURCE_CONCURRENCY, async (user) => {
      const read = await deps.source.readUser(user.id, deps.schema.users.sourceAttributes);
      if (read.kind === 'unknown') {
        unknowns += 1;
        return;
      }
      const after =
        read.kind === 'absent'
          ? deleted(user, 'hard')
          : read.kind === 'softDeleted'
            ? deleted(user, 'soft')
            : told(user, read.attributes);
      if (hasReturned(user, after) && !(await rereadMemberships(context, after))) return;
      if (after !== user) {
        await noteManagers(deps, [after]);
        await deps.space.markDirty([{ type: 'user', id: user.id }]);
        await leaveGroups(deps, user, after);
      }
      await deps.space.writeObject(after, '*', round);
    });
    // Those looked at are stamped, so nothing but the unknown is read again.
    if (await context.isTimeUp()) throw new CycleInterrupted();
  }
  if (unknowns > 0) {
    deps.logger.warn('Known users were missing from a full round and could not be read; nothing is changed for them', {
      cycleId: round,
      unknowns,
    });
  }
  return unknowns;
}
