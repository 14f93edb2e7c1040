import type { SourceId, WorkItem } from '../../../src/core/model';
import { only } from './only';
import type { World } from './world';

/** Takes the first message of an object out of the queue. @throws Error where none waits */
export function take(world: World, id: SourceId) {
  const at = world.queue.messages.findIndex(({ item }) => item.sourceId === id);
  if (at < 0) throw new Error('no item');
  return only(world.queue.messages.splice(at, 1));
}

/** Empties the queue. @returns the message that was first. @throws Error where none waits */
export const takeFirst = (world: World) => only(world.queue.messages.splice(0));

/** Takes everything out of the queue, to be handed out late. */
export const takeAll = (world: World): readonly WorkItem[] => world.queue.messages.splice(0).map(({ item }) => item);
