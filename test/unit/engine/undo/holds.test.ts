import { fingerprintOf } from '../../../../src/engine/decide/held';
import { listHolds, releaseHolds } from '../../../../src/engine/undo/holds';
import type { Hold } from '../../../../src/ports/hold-store';
import type { ObjectKey } from '../../../../src/ports/stored';
import { aUser } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const OLGA = { type: 'user', id: 'op', displayName: 'Olga' } as const;
const id = (at: number) => `00000000-0000-4000-8000-00000000000${at}` as ObjectKey['id'];

/** A world in which these are held under a plan each. */
async function held(...plans: string[]) {
  const world = new World();
  const deps = world.deps();
  const holds = plans.map((planId, at): Hold => {
    const object = aUser({ id: id(at) });
    return {
      ...{ key: { type: 'user', id: object.id }, source: fingerprintOf(deps, object), planId, cycleId: 'c', heldBy: OLGA },
      ...{ heldAt: '2026-01-01T00:00:00.000Z', name: 'Ann', way: null, allows: null, isLast: false },
    };
  });
  await deps.holds.put(holds);
  const left = async () => (await listHolds(deps, 100, undefined)).holds.map(({ key }) => key.id);
  return { deps, holds, left };
}

describe('holds', () => {
  it('are listed in pages, and the last has none after it', async () => {
    const { deps, holds } = await held('p', 'p', 'p', 'p', 'p');
    const keys = holds.map(({ key }) => key);
    const first = await listHolds(deps, 2, undefined);
    expect([first.holds.map(({ key }) => key), first.next]).toEqual([keys.slice(0, 2), keys[1]]);
    const second = await listHolds(deps, 2, first.next);
    expect([second.holds.map(({ key }) => key), second.next]).toEqual([keys.slice(2, 4), keys[3]]);
    const last = await listHolds(deps, 2, second.next);
    expect([last.holds.map(({ key }) => key), last.next]).toEqual([keys.slice(4), undefined]);
    expect((await listHolds(deps, 5, undefined)).next).toBeUndefined();
    // As many as storage gives in a page.
    expect(await listHolds(deps, 3, undefined)).toMatchObject({ holds: holds.slice(0, 3), next: keys[2] });
  });

  it('of many no more are read than one page shows', async () => {
    const { deps } = await held(...Array.from({ length: 9 }, () => 'p'));
    let pages = 0;
    const list: typeof deps.holds.list = async function* (after) {
      for await (const page of deps.holds.list(after)) {
        pages += 1;
        yield page;
      }
    };
    await listHolds({ holds: { ...deps.holds, list } }, 2, undefined);
    expect(pages).toBe(1);
  });

  it('once ended, the log says who held, and what was released', async () => {
    const { deps, holds } = await held('p', 'q', 'q');
    const [first] = holds as [Hold];
    await deps.holds.put([{ ...first, heldBy: { ...OLGA, displayName: '' } }]);
    await releaseHolds(deps, OLGA, { kind: 'plan', planId: 'p' });
    await releaseHolds(deps, OLGA, { kind: 'objects', keys: [{ type: 'user', id: id(1) }] });
    await releaseHolds(deps, OLGA, { kind: 'all' });
    const details = (await deps.log.query({}, 50)).entries.flatMap(({ provisioningSteps }) =>
      provisioningSteps.filter(({ name }) => name === 'JobOperation').map((step) => step.details),
    );
    const of = (name: string) => details.flatMap((one) => one[name] ?? []).sort();
    expect(of('which')).toEqual(['all', 'objects', 'plan p']);
    expect(of('heldBy')).toEqual(['Olga', 'Olga', 'op']);
  });

  it('are released as chosen, and the next cycle looks at those', async () => {
    const { deps, left } = await held('p', 'q', 'p', 'q');
    expect(await releaseHolds(deps, OLGA, { kind: 'plan', planId: 'p' })).toBe(2);
    expect(await left()).toEqual([id(1), id(3)]);
    const keys = [id(1), id(7)].map((one) => ({ type: 'user' as const, id: one }));
    expect(await releaseHolds(deps, OLGA, { kind: 'objects', keys })).toBe(1);
    expect(await left()).toEqual([id(3)]);
    expect(await releaseHolds(deps, OLGA, { kind: 'all' })).toBe(1);
    expect(await releaseHolds(deps, OLGA, { kind: 'all' })).toBe(0);
    const marks = [0, 1, 2, 3, 7].map((at) => deps.space.isDirty({ type: 'user', id: id(at) }));
    expect(await Promise.all(marks)).toEqual([true, true, true, true, false]);
    const told = (await deps.log.query({}, 50)).entries.flatMap(({ provisioningSteps }) =>
      provisioningSteps.filter(({ name }) => name === 'JobOperation').map(({ description }) => description),
    );
    expect(told.filter((text) => text === 'There was nothing held to release.')).toHaveLength(1);
    expect(told.filter((text) => text === '2 held objects were released.')).toHaveLength(1);
    expect(told.filter((text) => text.startsWith('It is no longer held: it was released'))).toHaveLength(4);
  });
});
