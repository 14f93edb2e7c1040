import type { SourceId } from '../../../src/core/model';
import { restartJob } from '../../../src/engine/control/restart';
import { unlinkOne } from '../../../src/engine/control/unlink';
import { allowDeletes } from '../../../src/engine/cycle/release-staged';
import type { Initiator } from '../../../src/engine/record/initiator';
import type { World } from './world';

/** Who acts in tests of what an operator does. */
export const OPERATOR: Initiator = { type: 'application', id: '', displayName: 'test' };

/** Restarts the job such that it forgets every link. */
export const restart = (world: World) => restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner');

/** Forgets every link, which is not refused. */
export const forgetsLinks = async (world: World): Promise<void> =>
  expect(await restart(world)).toMatchObject({ kind: 'restarted' });

/** Breaks the pair of a user. */
export const unlinks = (world: World, id: SourceId) => unlinkOne(world.deps(), OPERATOR, { type: 'user', id });

/** Lets go what the brake holds of a cycle, or of all, and works off the queue. */
export async function letsGo(world: World, cycleId = 'all') {
  const answer = await allowDeletes(world.deps(), OPERATOR, cycleId);
  await world.drain();
  return answer;
}

/** What the brake holds: each removal by its kind and count, sorted. */
export async function heldKinds(world: World): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const page of world.deps().staged.list())
    for (const row of page) if (row.state === 'staged') kinds.push(`${row.kind} ${row.count}`);
  return kinds.sort();
}
