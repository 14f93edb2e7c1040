import type { SourceObject } from '../../../../src/core/model';
import {
  endHold,
  endOutlived,
  fingerprintOf,
  heldNow,
  heldReason,
  isHeld,
  isUnchanged,
} from '../../../../src/engine/decide/held';
import type { Hold } from '../../../../src/ports/hold-store';
import type { ObjectKey } from '../../../../src/ports/stored';
import { anEntitlement, aUser } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const OLGA = { type: 'user', id: 'op', displayName: 'Olga' } as const;
const ID = '00000000-0000-4000-8000-000000000000' as ObjectKey['id'];
const OTHER = '00000000-0000-4000-8000-000000000001' as ObjectKey['id'];

/** A world in which somebody is held. */
async function held(over: Partial<Hold> = {}) {
  const deps = new World().deps();
  const hold: Hold = {
    ...{ key: { type: 'user', id: ID }, source: fingerprintOf(deps, aUser({ id: ID })), planId: 'p', cycleId: 'c', heldBy: OLGA },
    ...{ heldAt: '2026-01-01T00:00:00.000Z', name: 'Ann', way: null, allows: null, isLast: false },
    ...over,
  };
  await deps.holds.put([hold]);
  return { deps, hold };
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

describe('the digests of a hold', () => {
  it('are the same in every version of the app: stored ones are compared with them', () => {
    const user = aUser({ attributes: { displayName: 'Ann' }, entitlements: [] });
    expect(fingerprintOf(new World().deps(), user)).toMatchObject({
      deleted: 'no',
      entitlements: '4f53cda18c2baa0c',
      attributes: { displayName: 'c13d584857222664', accountEnabled: '74234e98afe7498f' },
    });
  });
});

describe('a hold', () => {
  it('is in force while the object is as it was', async () => {
    const { deps } = await held();
    expect(await heldNow(deps, aUser({ id: ID }))).toMatchObject({ kind: 'held' });
    expect(await heldNow(deps, aUser({ id: ID, deleted: 'soft' }))).toMatchObject({ kind: 'ended' });
    expect(await heldNow(deps, aUser({ id: OTHER }))).toEqual({ kind: 'free' });
    const isOf = (id: ObjectKey['id']) => isHeld(deps, { type: 'user', id });
    expect([await isOf(ID), await isOf(OTHER)]).toEqual([true, false]);
  });

  it('says who holds, and why', async () => {
    const { hold } = await held();
    expect(heldReason(hold)).toContain(
      'Held by Olga since 2026-01-01T00:00:00.000Z (plan p): what was done to it was taken back.',
    );
    expect(heldReason({ ...hold, way: {} as Hold['way'] })).toContain('is being taken back');
    expect(heldReason({ ...hold, planId: '' })).toContain('its removal was dropped');
    expect(heldReason({ ...hold, heldBy: { ...OLGA, displayName: '' } })).toContain('Held by op since');
  });

  it.each(['user', 'group'] as const)(
    'of a %s ends: the object is looked at, and the groups that a user was kept in',
    async (type) => {
      const { deps, hold } = await held({ key: { type, id: ID } });
      const group = { type: 'group' as const, id: OTHER };
      const targets = { targetGroupId: '1' as never, targetUserId: '2' as never, membershipId: '3' as never };
      await deps.links.putMembership({ groupId: group.id, userId: ID, ...targets });
      await endHold(deps, hold.key);
      expect(await deps.holds.read(hold.key)).toBeUndefined();
      expect([await deps.space.isDirty(hold.key), await deps.space.isDirty(group)]).toEqual([true, type === 'user']);
    },
  );

  it.each([
    ['Olga', 'Olga'],
    ['', 'op'],
  ])('that has outlived its object ends, and the log says who had held (%p)', async (displayName, heldBy) => {
    const { deps, hold } = await held({ heldBy: { ...OLGA, displayName } });
    await endOutlived(deps, { value: hold, etag: '' });
    expect(await deps.holds.read(hold.key)).toBeUndefined();
    const steps = (await deps.log.query({}, 5)).entries.flatMap(({ provisioningSteps }) => provisioningSteps);
    expect(steps).toMatchObject([{ details: { heldBy, heldAt: hold.heldAt, planId: 'p' } }]);
    expect(steps[0]?.description).toContain('it changed in Entra ID');
  });
});
