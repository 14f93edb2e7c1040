import { sourceId } from '../../../../src/core/model';
import { isWaiting } from '../../../../src/engine/drift/waiting';
import type { ObjectKey } from '../../../../src/ports/stored';
import { World } from '../../../property/support/world';

const KEY: ObjectKey = { type: 'user', id: sourceId('u1') };
const IDS = { key: KEY, cycleId: 'c', changeId: 'x' };
const AT = '2026-01-05T08:00:00.000Z';
const PLAN = { action: 'update', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] } as const;

describe('an object that a comparison meets', () => {
  it('does not wait while nothing is to be done about it, also where it has a row', async () => {
    const deps = new World().deps();
    expect(await isWaiting(deps, KEY)).toBe(false);
    await deps.links.write(KEY, { link: null, claim: null }, null);
    expect(await isWaiting(deps, KEY)).toBe(false);
  });

  it.each([
    [
      'somebody is at work on it',
      (deps) => deps.links.write(KEY, { link: null, claim: { ...IDS, untilMs: 0, plan: PLAN } }, null),
    ],
    [
      'a removal is held',
      (deps) => deps.staged.put([{ ...IDS, kind: 'userDisable', count: 1, reason: '', state: 'staged', stagedAt: AT }]),
    ],
    [
      'a try has failed',
      (deps) =>
        deps.escrows.put({
          ...{ ...IDS, firstFailedAt: AT, lastFailedAt: AT, nextAttemptAt: null, attempts: 1 },
          ...{ code: 'X', reason: '', recommendedAction: '', isTransient: false },
        }),
    ],
    ['no cycle has looked at a change of it', (deps) => deps.space.markDirty([KEY])],
  ] as readonly [string, (deps: ReturnType<World['deps']>) => Promise<unknown>][])('waits while %s', async (_, put) => {
    const deps = new World().deps();
    await put(deps);
    expect(await isWaiting(deps, KEY)).toBe(true);
    expect(await isWaiting(deps, { ...KEY, id: sourceId('u2') })).toBe(false);
  });
});
