import { DRIFT_CODES, type DriftCode } from '../../../../src/core/drift';
import { type ObjectType, type SourceId, sourceId, type TargetId, targetId } from '../../../../src/core/model';
import { type CleanUpRequest, cleanUp, readLeftOvers } from '../../../../src/engine/accounts/clean-up';
import { NO_DRIFT } from '../../../../src/engine/job/drift-state';
import { STATUS_KEYS } from '../../../../src/engine/job/status-keys';
import type { Planning } from '../../../../src/engine/preview/planning';
import type { PlanHeader, PlanRow } from '../../../../src/ports/plan-store';
import { aGroup, aLink } from '../../../builders/objects';
import { World } from '../../../property/support/world';
import { makePlans, makeShadow } from '../../../simulation/ports/plans';

const OLGA = { type: 'user', id: 'op', displayName: 'Olga' } as const;
const AT = '2026-01-05T08:00:00.000Z';

const aRow = (id: string, codes: readonly DriftCode[], over: Partial<PlanRow> = {}): PlanRow => ({
  ...{ key: { type: 'group', id: sourceId(id) }, name: `Name of ${id}`, targetId: '9', outcome: 'planned', action: 'other' },
  ...{ changes: [], reason: '', code: codes[0] ?? null, warnings: [], removal: null, digest: '', applied: null, refusal: null },
  drift: { codes, lastChangedAt: null, reported: [] },
  ...over,
});

/** A plan of a comparison with these rows. @param isLast false: no comparison has ended */
async function compared(rows: readonly PlanRow[], isLast = true, isKept = true) {
  const deps = new World().deps();
  const plans = makePlans();
  if (isKept) await plans.write({ planId: 'p' } as PlanHeader, null);
  await plans.putRows('p', rows);
  const result = {
    planId: 'p',
    startedAt: AT,
    endedAt: AT,
    compared: 1,
    differing: 1,
    reported: 0,
    leftOut: 0,
    isRepaired: false,
  };
  if (isLast) await deps.state.write(STATUS_KEYS.drift, { ...NO_DRIFT, last: result }, null);
  let pages = 0;
  const counted: typeof plans = {
    ...plans,
    rows: (...args) => {
      pages += 1;
      return plans.rows(...args);
    },
  };
  const found = await readLeftOvers({ deps, plans: counted, shadow: makeShadow(), kinds: {} } satisfies Planning);
  return { found, pages };
}

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `g${String(at).padStart(6, '0')}`);

describe('what a comparison has left to clean up', () => {
  it('is not known before the first one, nor once its plan is kept no longer', async () => {
    expect((await compared([aRow('g', ['GroupUnasked'])], false)).found).toBeUndefined();
    expect((await compared([aRow('g', ['GroupUnasked'])], true, false)).found).toBeUndefined();
    expect((await compared([aRow('g', ['GroupUnasked'])])).found).toMatchObject({
      planId: 'p',
      comparedAt: AT,
      isComplete: true,
    });
  });

  it.each(DRIFT_CODES)('a group found as %s', async (code) => {
    const { found } = await compared([aRow('g', [code])]);
    const isUnasked = code === 'GroupUnasked';
    const isLeft = isUnasked || code === 'MembersForeign';
    expect(found?.groups).toEqual(isLeft ? [{ groupId: 'g', name: 'Name of g', targetId: '9', isUnasked, members: [] }] : []);
  });

  it('is also what differs in another way besides', async () => {
    expect((await compared([aRow('g', ['Renamed', 'MembersForeign'])])).found?.groups).toHaveLength(1);
  });

  it('is never a user, nor an object of which nothing was found', async () => {
    const user = { key: { type: 'user' as ObjectType, id: sourceId('u') } };
    const { drift: _, ...nothing } = aRow('g', ['GroupUnasked']);
    expect((await compared([aRow('u', ['MembersForeign'], user), nothing])).found?.groups).toEqual([]);
  });

  it('names the members by their ids, and leaves out what stands for several', async () => {
    const reported = ['Bo (7)', 'Ann (B.) (8)', '(9)', 'and 3 more'].map((oldValue) => ({
      displayName: 'members',
      oldValue,
      newValue: null,
    }));
    const drift = { codes: ['MembersForeign'] as const, lastChangedAt: null, reported };
    expect((await compared([aRow('g', ['MembersForeign'], { drift })])).found?.groups[0]?.members).toEqual([
      { id: '7', name: 'Bo' },
      { id: '8', name: 'Ann (B.)' },
      { id: '9', name: '' },
    ]);
  });

  it('is read to the last page, in the order of the ids', async () => {
    const { found, pages } = await compared(ids(501).map((id) => aRow(id, ['GroupUnasked'])));
    expect(found?.groups.map(({ groupId }) => groupId)).toEqual(ids(501));
    expect([found?.isComplete, pages]).toEqual([true, 2]);
  });

  it('is not looked for among users, who come after the groups', async () => {
    const users = ids(1_200).map((id) => aRow(id, ['Renamed'], { key: { type: 'user', id: sourceId(id) } }));
    const groups = ids(499).map((id) => aRow(id, ['GroupUnasked']));
    const { found, pages } = await compared([...users, ...groups]);
    expect([found?.groups.length, pages]).toEqual([499, 1]);
    expect((await compared([...users, ...ids(500).map((id) => aRow(id, ['GroupUnasked']))])).pages).toBe(2);
  });

  it('is listed up to a thousand, and says so where there is more', async () => {
    const whole = await compared(ids(1_000).map((id) => aRow(id, ['GroupUnasked'])));
    expect([whole.found?.groups.length, whole.found?.isComplete]).toEqual([1_000, true]);
    const cut = await compared(ids(1_700).map((id) => aRow(id, ['GroupUnasked'])));
    expect([cut.found?.groups.length, cut.found?.isComplete, cut.pages]).toEqual([1_000, false, 3]);
  });
});

describe('a clean-up', () => {
  const [LEFT, ASKED, THEIRS, NEVER] = ['g1', 'g2', 'g3', 'g4'].map(sourceId) as [SourceId, SourceId, SourceId, SourceId];
  const BO = targetId(7);

  /** Three linked groups: one that nothing asks for, one that is asked for, one that was there before. */
  async function someGroups(deletionThreshold = 500) {
    const world = new World({ settings: { deletionThreshold } });
    const role = world.directory.addAppRole({ displayName: 'Agent', value: 'agent' });
    const deps = world.deps();
    for (const [at, id] of [LEFT, ASKED, THEIRS].entries()) {
      const entitlements = id === ASKED ? [{ assignmentId: 'a', appRoleId: role, path: [] }] : [];
      await deps.space.writeObject(aGroup({ id, entitlements }), null);
      const link = aLink({
        type: 'group',
        sourceId: id,
        targetId: targetId(90 + at),
        createdByUs: id !== THEIRS,
        settledRole: null,
      });
      await deps.links.write({ type: 'group', id }, { link, claim: null }, null);
    }
    const ask = (request: Partial<CleanUpRequest>) =>
      cleanUp(deps, { groups: [], members: [], allowDeletes: false, ...request }, OLGA);
    const items = () => world.queue.messages.map(({ item }) => item);
    return { world, deps, ask, items };
  }
  const of = (groupId: SourceId, ...userIds: TargetId[]) => ({ groupId, userIds });

  it.each([
    ['a group that Entra ID asks for', { groups: [ASKED] }, ASKED, 'Entra ID asks for the group'],
    ['a group that was there before', { groups: [THEIRS] }, THEIRS, 'there before'],
    ['a group that this app has not made', { groups: [NEVER] }, NEVER, 'keeps no Zendesk group'],
    ['members of a group that this app does not keep', { members: [of(NEVER, BO)] }, NEVER, 'keeps no Zendesk group'],
    ['a group named twice', { groups: [LEFT], members: [of(LEFT, BO)] }, LEFT, 'choose one'],
    ['a good one and another', { groups: [LEFT, THEIRS] }, THEIRS, 'there before'],
  ] as readonly [string, Partial<CleanUpRequest>, SourceId, string][])(
    'refuses %s, and does nothing of the rest',
    async (_, request, groupId, reason) => {
      const { ask, items } = await someGroups();
      expect(await ask(request)).toEqual({ kind: 'refused', groupId, reason: expect.stringContaining(reason) });
      expect(items()).toEqual([]);
    },
  );

  it('removes what is named with one item for each group, counted once', async () => {
    const { ask, items, deps } = await someGroups();
    const members = [of(ASKED, BO, targetId(8)), of(THEIRS, BO), of(ASKED, BO)];
    const answer = await ask({ groups: [LEFT, LEFT], members });
    expect(answer).toEqual({ kind: 'begun', cycleId: expect.any(String), groups: 1, members: 3 });
    expect(items().map(({ sourceId: id, allows, cleanUp: asked }) => [id, allows?.kind, asked])).toEqual([
      [LEFT, 'groupDelete', { members: [] }],
      [ASKED, 'membershipRemoval', { members: [BO, '8'] }],
      [THEIRS, 'membershipRemoval', { members: [BO] }],
    ]);
    const [cycle] = await deps.cycles.latest(1);
    expect(cycle).toMatchObject({ kind: 'onDemand', enqueued: 3 });
  });

  it('is held above the threshold, for groups and for members, unless it is allowed', async () => {
    const both = { groups: [LEFT], members: [of(ASKED, BO, targetId(8))] };
    for (const [threshold, allowDeletes, kind] of [
      [2, false, 'begun'],
      [1, false, 'held'],
      [1, true, 'begun'],
      [0, false, 'held'],
    ] as const) {
      const { ask, items } = await someGroups(threshold);
      expect(await ask({ ...both, allowDeletes })).toMatchObject({ kind });
      expect(items()).toHaveLength(kind === 'begun' ? 2 : 0);
    }
  });
});
