import type { SourceId } from '../../core/model';
import { DAY_MS } from '../../core/time';
import type { SourceChange } from '../../ports/source-connector';
import { STATE_KEYS } from '../job/job-state';
import type { CycleContext } from './cycle-context';
import { rereadMemberships } from './import-returned';
import { readAgain } from './read-again';

/** Users of the tenant who are deleted and may return: ids only. */
export interface AwayUsers {
  /** The day on which each was told as deleted, counted from 1970. */
  readonly days: Readonly<Record<SourceId, number>>;
  /** Those who were told as living since, and could not be read yet. */
  readonly unread: readonly SourceId[];
}

/** Entra ID keeps who is deleted for 30 days. @see https://learn.microsoft.com/graph/api/resources/directory */
const KEPT_DAYS = 31;

/** So many fit into a document with room to spare; of more, those deleted first are forgotten. */
const KEPT = 5_000;

/** The deleted users of the tenant, while a cycle reads its pages. */
export interface Away {
  /** Those who had returned and could not be read by an earlier cycle, as they are now: no delta tells of them again. */
  again(): Promise<readonly SourceChange[]>;
  /** Notes who is deleted by now: a full round shows only the living. */
  list(): Promise<void>;
  /**
   * Notes who is told as deleted, and reads the memberships of those who have returned.
   * @returns the changes that count, and who has returned; whoever is told as living and cannot be read yet is left out
   */
  merge(changes: readonly SourceChange[]): Promise<{
    readonly changes: readonly SourceChange[];
    readonly returned: ReadonlySet<SourceId>;
  }>;
}

/**
 * Opens them. A group that is followed for the first time while a member of it is deleted does not show that member, and need not tell of the return.
 * The users' delta tells of it, but of somebody who has mattered to nobody so far memberships would never be asked for.
 */
export async function openAway(context: CycleContext): Promise<Away> {
  const { state, source, clock } = context.deps;
  const today = Math.floor(clock().getTime() / DAY_MS);
  const stored = (await state.read<AwayUsers>(STATE_KEYS.awayUsers))?.value;
  const days = new Map(Object.entries(stored?.days ?? {}) as [SourceId, number][]);
  const unread = new Set(stored?.unread ?? []);

  async function write(): Promise<void> {
    const latest = [...days].filter(([, day]) => today - day < KEPT_DAYS).sort(([, a], [, b]) => b - a);
    const kept: AwayUsers = { days: Object.fromEntries(latest.slice(0, KEPT)), unread: [...unread] };
    await state.write(STATE_KEYS.awayUsers, kept, '*');
  }

  return {
    again: () => readAgain(context.deps, 'user', unread),
    async list() {
      let isChanged = false;
      for await (const page of source.listDeletedUsers()) {
        for (const id of page) {
          isChanged ||= !days.has(id);
          if (!days.has(id)) days.set(id, today);
        }
        if (days.size >= KEPT) break;
      }
      if (isChanged) await write();
    },
    async merge(changes) {
      const returned = new Set<SourceId>();
      let isChanged = false;
      for (const { id, ...change } of changes) {
        const isAway = change.kind === 'removed' && change.reason === 'soft';
        if (isAway === days.has(id) && !unread.has(id)) continue;
        isChanged = true;
        const isBack = change.kind === 'present' && days.has(id);
        if (isBack && !(await rereadMemberships(context, { type: 'user', id }))) {
          unread.add(id);
          continue;
        }
        if (isBack) returned.add(id);
        unread.delete(id);
        if (isAway) days.set(id, today);
        else days.delete(id);
      }
      if (isChanged) await write();
      return { changes: changes.filter(({ id }) => !unread.has(id)), returned };
    },
  };
}
