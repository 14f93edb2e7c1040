import type { SourceId } from '../../core/model';
import type { CycleContext } from '../cycle-context';

/** Ids of the groups whose members are followed. */
export const followedGroups = (context: CycleContext): ReadonlySet<SourceId> =>
  new Set(context.cycle().groups.flatMap((chunk) => chunk.ids));
