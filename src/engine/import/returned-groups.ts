import type { SourceId } from '../../core/model';
import type { SourceChange } from '../../ports/source-connector';
import { STATE_KEYS } from '../job/job-state';
import type { CycleContext } from './cycle-context';
import { readAgain } from './read-again';

/** Groups that were told as living again and could not be read yet. */
export interface ReturnedGroups {
  readonly unread: readonly SourceId[];
}

/** The groups that have returned and could not be read: Entra ID tells of the return once, and may know the group everywhere only later. */
export interface Returned {
  /** Those of earlier cycles, as they are now. */
  again(): Promise<readonly SourceChange[]>;
  /** Keeps in mind which groups of a page could not be read, before the page counts as read. */
  note(changes: readonly SourceChange[], unread: ReadonlySet<SourceId>): Promise<void>;
}

export async function openReturned({ deps }: CycleContext): Promise<Returned> {
  const kept = new Set((await deps.state.read<ReturnedGroups>(STATE_KEYS.returnedGroups))?.value.unread ?? []);
  return {
    again: () => readAgain(deps, 'group', kept),
    async note(changes, unread) {
      // A page may tell of one group several times.
      const news = new Set(changes.flatMap(({ id }) => (kept.has(id) === unread.has(id) ? [] : id)));
      if (news.size === 0) return;
      for (const id of news) if (!kept.delete(id)) kept.add(id);
      await deps.state.write(STATE_KEYS.returnedGroups, { unread: [...kept] } satisfies ReturnedGroups, '*');
    },
  };
}
