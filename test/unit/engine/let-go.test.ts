import { type Permission, sourceId, type WorkItem } from '../../../src/core/model';
import { awaitCount, isLetGo } from '../../../src/engine/provision/permission';
import type { StagedDeletion } from '../../../src/ports/staged-deletion-store';
import { makeFakeStagedDeletionStore } from '../../fakes/staged-deletion-store';

const allows: Permission = { kind: 'userDisable', countedIn: 'count' };
const row = (state: StagedDeletion['state'], changeId: string, countedIn?: string): StagedDeletion =>
  ({ state, changeId, ...(countedIn !== undefined && { countedIn }) }) as StagedDeletion;

describe('what an operator has let go', () => {
  it.each([
    ['the row that was let go', row('released', 'later', 'count'), true],
    ['a row of an older version, which has only its change', row('released', 'count'), true],
    ['what another cycle has counted since', row('released', 'count', 'another count'), false],
    ['another count of an older version', row('released', 'another count'), false],
    ['what is still held', row('staged', 'later', 'count'), false],
    ['what waits to be counted', row('candidate', 'count'), false],
  ])('%s', (_, held, is) => {
    expect(isLetGo(held, allows)).toBe(is);
  });
});

describe('what a worker may not take away and leaves for the count', () => {
  const key = { type: 'user', id: sourceId('u1') } as const;
  const item: WorkItem = { objectType: 'user', sourceId: key.id, cycleId: 'c1', changeId: 'x1', allows };
  const left = async (known: StagedDeletion, asked: WorkItem) => {
    const staged = makeFakeStagedDeletionStore();
    await staged.put([{ ...known, key, kind: 'userDisable', count: 1, cycleId: 'c0', reason: '', stagedAt: '' }]);
    await awaitCount({ staged, clock: () => new Date() }, asked, 'agentDowngrade', 1, 'r');
    return staged.read(key);
  };

  it('takes the place of what this item was allowed, which is not enough', async () => {
    expect(await left(row('released', 'count'), item)).toMatchObject({ kind: 'agentDowngrade', state: 'candidate' });
  });

  it.each([
    ['what another count has let go', row('released', 'another count'), item],
    ['what is held', row('staged', 'count'), item],
    ['what is let go, of an item without permission', row('released', 'count'), { ...item, allows: null }],
  ])('leaves %s as it is', async (_, known, asked) => {
    expect(await left(known, asked)).toMatchObject({ kind: 'userDisable', state: known.state });
  });
});
