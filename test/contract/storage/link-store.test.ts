import { makeLinkStore } from '../../../src/adapters/storage/link-store';
import { StaleStateError } from '../../../src/core/errors';
import { type Link, sourceId, targetId } from '../../../src/core/model';
import type { LinkClaim, LinkRow, OwnedMembership } from '../../../src/ports/link-store';
import type { ObjectKey } from '../../../src/ports/stored';
import { makeFakeLinkStore } from '../../fakes/link-store';
import { all, HOSTILE_TEXTS, onBoth } from './both';

const link = (source: string, target = `t-${source}`): Link => ({
  type: 'user',
  sourceId: sourceId(source),
  targetId: targetId(target),
  createdByUs: true,
  settledRole: { role: 'agent', customRoleId: targetId(7) },
  isAgent: true,
  disabledByUs: false,
  ownedTags: HOSTILE_TEXTS,
  exportedVersion: 3,
});
const claim: LinkClaim = {
  untilMs: 5,
  changeId: 'c',
  cycleId: 'y',
  plan: {
    action: 'update',
    targetId: targetId(1),
    changes: [{ attribute: 'tags', oldValue: null, newValue: ['a'], redacted: false }],
    role: null,
    adopts: false,
    notes: [],
    removals: [],
  },
};
/** A claim with everything that a claim may hold. */
const wholeClaim: LinkClaim = {
  ...claim,
  sinceMs: 4,
  isSettled: true,
  hasSuspended: true,
  untold: [claim.plan],
  before: ['b'],
  former: {
    link: {
      ...link('old', 't-u1'),
      awaits: ['organization'],
      mayCome: { sinceMs: 3, values: { suspended: true, role: 'agent', tags: ['a'], phone: null } },
    },
    staged: {
      key: { type: 'user', id: sourceId('old') },
      kind: 'userDisable',
      cycleId: 'y',
      changeId: 'd',
      count: 1,
      reason: 'Gone.',
      state: 'staged',
      stagedAt: '2026-01-05T08:00:00.000Z',
    },
  },
  members: { added: [sourceId('g1')], removed: [sourceId('g2')] },
};
const user = (id: string): ObjectKey => ({ type: 'user', id: sourceId(id) });
const membership = (group: string, member: string): OwnedMembership => ({
  groupId: sourceId(group),
  userId: sourceId(member),
  targetGroupId: targetId(1),
  targetUserId: targetId(2),
  membershipId: targetId(`${group}-${member}`),
});

onBoth('LinkStore', { fake: () => makeFakeLinkStore(), real: makeLinkStore }, (make) => {
  test('a row is kept whole, with and without link and claim', async () => {
    const store = await make();
    const rows: readonly LinkRow[] = [
      { link: link('u1'), claim },
      { link: null, claim },
      { link: null, claim: wholeClaim },
      { link: { ...link('u1'), settledRole: null }, claim: null },
    ];
    expect(await store.read(user('u1'))).toBeUndefined();
    let etag: string | null = null;
    for (const row of rows) {
      etag = await store.write(user('u1'), row, etag);
      expect(await store.read(user('u1'))).toEqual({ value: row, etag });
    }
  });

  test('the etag is the lock: of many claims exactly one gets through', async () => {
    const store = await make();
    const etag = await store.write(user('u1'), { link: link('u1'), claim: null }, null);
    const claims = Array.from({ length: 6 }, (_, n) =>
      store.write(user('u1'), { link: link('u1'), claim: { ...claim, untilMs: n } }, etag),
    );
    const results = await Promise.allSettled(claims);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StaleStateError);
  });

  test('removing needs the newest etag', async () => {
    const store = await make();
    const old = await store.write(user('u1'), { link: null, claim }, null);
    const etag = await store.write(user('u1'), { link: link('u1'), claim: null }, old);
    await expect(store.remove(user('u1'), old)).rejects.toThrow(StaleStateError);
    await store.remove(user('u1'), etag);
    expect(await store.read(user('u1'))).toBeUndefined();
    await expect(store.remove(user('u1'), etag)).rejects.toThrow(StaleStateError);
  });

  test('a target is held by one source, and given back only by that one', async () => {
    const store = await make();
    const [a, b] = [sourceId('a'), sourceId('b')];
    const target = targetId("9007199254740993'/#");
    const answers = await Promise.all([a, b, a, b].map((source) => store.reserveTarget('user', target, source)));
    expect(new Set(answers).size).toBe(1);
    const holder = answers[0] as typeof a;
    const other = holder === a ? b : a;
    await store.releaseTarget('user', target, other);
    expect(await store.sourceOf('user', target)).toBe(holder);
    expect(await store.sourceOf('group', target)).toBeUndefined();
    await store.releaseTarget('user', target, holder);
    await store.releaseTarget('user', target, holder);
    expect(await store.sourceOf('user', target)).toBeUndefined();
    expect(await store.reserveTarget('user', target, other)).toBe(other);
  });

  test('only links of the type are listed and counted, not mere claims', async () => {
    const store = await make();
    for (const id of ['u3', 'u1', 'u2', 'u4']) await store.write(user(id), { link: link(id), claim: null }, null);
    await store.write(user('u0'), { link: null, claim }, null);
    await store.write({ type: 'group', id: sourceId('g') }, { link: { ...link('g'), type: 'group' }, claim: null }, null);
    await store.write(user('u2'), { link: null, claim: null }, '*');
    expect((await all(store.listLinks('user'))).map(({ sourceId: id }) => id)).toEqual(['u1', 'u3', 'u4']);
    expect([await store.countLinks('user'), await store.countLinks('group')]).toEqual([3, 1]);
  });

  test('memberships are found by group and by user, counted, and go from both sides', async () => {
    const store = await make();
    for (const [group, member] of [
      ['g1', 'u1'],
      ['g1', 'u2'],
      ['g2', 'u1'],
      ['g1', 'u1'],
    ] as const) {
      await store.putMembership(membership(group, member));
    }
    await store.write(user('u1'), { link: link('u1'), claim: null }, null);
    expect(await all(store.membershipsOfGroup(sourceId('g1')))).toEqual([membership('g1', 'u1'), membership('g1', 'u2')]);
    expect(await store.membershipsOfUser(sourceId('u1'))).toEqual([membership('g1', 'u1'), membership('g2', 'u1')]);
    expect(await store.countMemberships()).toBe(3);
    await store.removeMembership(membership('g1', 'u1'));
    await store.removeMembership(membership('g1', 'u1'));
    expect(await store.membershipsOfUser(sourceId('u1'))).toEqual([membership('g2', 'u1')]);
    expect(await all(store.membershipsOfGroup(sourceId('g1')))).toEqual([membership('g1', 'u2')]);
    expect(await store.countMemberships()).toBe(2);
  });
});
