import type { Permission } from '../../../src/core/model';
import { isLetGo } from '../../../src/engine/provision/permission';
import type { StagedDeletion } from '../../../src/ports/stores';

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
