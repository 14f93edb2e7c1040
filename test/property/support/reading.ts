import { NotFoundError } from '../../../src/core/errors';
import type { ObjectType } from '../../../src/core/model';
import { provisionOnDemand } from '../../../src/engine/on-demand/on-demand';
import { THE_CYCLE } from '../../../src/engine/record/log-entry';
import type { World } from './world';

/** An operator provisions objects on demand. */
export const onDemand = (world: World, subjects: string | readonly string[], objectType: ObjectType = 'user') =>
  provisionOnDemand(world.deps(), {
    subjects: [subjects].flat(),
    objectType,
    dryRun: false,
    operator: THE_CYCLE,
    budgetMs: 60_000,
  });

/** Lets Entra ID say so many times that an object whose groups or members are read is not there yet. @returns how often it was asked */
export function notThereYet(world: World, times = Number.POSITIVE_INFINITY): () => number {
  let reads = 0;
  world.hook = (name) => {
    if (name !== 'source.listGroupsOf' && name !== 'source.listMembers') return;
    reads += 1;
    if (reads <= times) throw new NotFoundError('source', 'Not there yet');
  };
  return () => reads;
}
