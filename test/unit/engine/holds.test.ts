import type { SourceObject } from '../../../src/core/model';
import { fingerprintOf, heldNow, heldReason, isHeld, isUnchanged } from '../../../src/engine/decide/held';
import { listHolds, releaseHolds } from '../../../src/engine/undo/holds';
import type { Hold, ObjectKey } from '../../../src/ports/stores';
import { anEntitlement, aUser } from '../../builders/objects';
import { World } from '../../property/support/world';

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

describe('the source object of a hold', () => {
  const { deps, user } = { deps: new World().deps(), user: aUser({ attributes: { displayName: 'Ann', mail: 'a@x.example' } }) };
  const before = fingerprintOf(deps, user);
  const changed = (over: Partial<SourceObject>): boolean => !isUnchanged(before, { ...user, ...over });

  it.each([
    ['nothing', {}, false],
    ['a value', { attributes: { ...user.attributes, displayName: 'Bob' } }, true],
    ['a value that is gone', { attributes: { displayName: 'Ann' } }, true],
    ['a value that nobody had read', { attributes: { ...user.attributes, shoeSize: '43' } }, false],
    ['an attribute of the mappings that is told and empty', { attributes: { ...user.attributes, accountEnabled: null } }, false],
    ['an empty text in the place of none', { attributes: { ...user.attributes, accountEnabled: '' } }, false],
    ['an empty list in the place of none', { attributes: { ...user.attributes, accountEnabled: [] } }, false],
    ['an attribute of the mappings that has a value now', { attributes: { ...user.attributes, accountEnabled: false } }, true],
    ['a deletion', { deleted: 'soft' as const }, true],
    ['an assignment', { entitlements: [anEntitlement({ assignmentId: 'other' })] }, true],
    ['another reading of the same', { version: 9 }, false],
  ])('%s: changed %j', (_, over, is) => {
    expect(changed(over as Partial<SourceObject>)).toBe(is);
  });
});

describe('holds', () => {
  it('are in force while the object is as it was', async () => {
    const { deps } = await held('p');
    expect(await heldNow(deps, aUser({ id: id(0) }))).toMatchObject({ kind: 'held' });
    expect(await heldNow(deps, aUser({ id: id(0), deleted: 'soft' }))).toMatchObject({ kind: 'ended' });
    expect(await heldNow(deps, aUser({ id: id(1) }))).toEqual({ kind: 'free' });
    expect([await isHeld(deps, { type: 'user', id: id(0) }), await isHeld(deps, { type: 'user', id: id(1) })]).toEqual([
      true,
      false,
    ]);
  });

  it('say who holds, and why', async () => {
    const { holds } = await held('p', '');
    const [plan, dropped] = holds as [Hold, Hold];
    expect(heldReason(plan)).toContain(
      'Held by Olga since 2026-01-01T00:00:00.000Z (plan p): what was done to it was taken back.',
    );
    expect(heldReason({ ...plan, way: {} as Hold['way'] })).toContain('is being taken back');
    expect(heldReason(dropped)).toContain('its removal was dropped');
    expect(heldReason({ ...plan, heldBy: { ...OLGA, displayName: '' } })).toContain('Held by op since');
  });

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
