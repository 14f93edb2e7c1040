import type { SourceId } from '../../core/model';
import type { SourceChange } from '../../ports/source-connector';
import { concurrently, SOURCE_CONCURRENCY } from '../concurrently';
import { STATE_KEYS } from '../job/job-state';
import { asChange } from './as-change';
import type { CycleContext } from './cycle-context';
import { groupAttributes } from './schema-needs';

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
    async again() {
      const read = async (id: SourceId) => asChange('group', id, await deps.source.readGroup(id, groupAttributes(deps.schema)));
      return (await concurrently([...kept], SOURCE_CONCURRENCY, read)).flat();
    },
    async note(changes, unread) {
      const news = changes.filter(({ id }) => kept.has(id) !== unread.has(id));
      if (news.length === 0) return;
      for (const { id } of news) if (!kept.delete(id)) kept.add(id);
      await deps.state.write(STATE_KEYS.returnedGroups, { unread: [...kept] } satisfies ReturnedGroups, '*');
    },
  };
}
