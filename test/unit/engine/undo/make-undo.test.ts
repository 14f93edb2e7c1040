import type { SourceId } from '../../../../src/core/model';
import { changeIdFor } from '../../../../src/engine/change-id';
import { fingerprintOf } from '../../../../src/engine/decide/held';
import { continuePlan } from '../../../../src/engine/preview/make-plan';
import { createUndo, undoParts } from '../../../../src/engine/undo/make-undo';
import type { Hold } from '../../../../src/ports/hold-store';
import type { PlanHeader, PlanRow } from '../../../../src/ports/plan-store';
import type { ObjectKey } from '../../../../src/ports/stored';
import { aCompany } from '../../../builders/people';
import { OLGA, Undoing } from '../../../property/support/undoing';

const user = (id: SourceId | undefined): ObjectKey => ({ type: 'user', id: id as SourceId });
const BUDGET = { owner: 'operator', budgetMs: 600_000 };

/** So many users whose names were changed by one cycle. */
async function renamed(count: number) {
  const company = aCompany({ users: count }, { settings: { deletionThreshold: 500 } });
  const { world, directory, users } = company;
  await world.round();
  for (const { id } of users) directory.updateUser(id, { displayName: `New ${id.slice(-4)}` });
  const { cycleId } = await world.round();
  const undoing = new Undoing(world);
  const keys = users.map(({ id }) => user(id));
  const [key] = keys as [ObjectKey];
  return { ...company, undoing, cycleId, keys, key, deps: world.deps() };
}

describe('a cycle to be taken back', () => {
  it('that the log does not know is refused, and one that it knows is not', async () => {
    const { undoing, cycleId } = await renamed(1);
    expect(await createUndo(undoing.planning(), OLGA, 'unknown', undefined)).toEqual({
      kind: 'nothing',
      reason: expect.stringContaining('no entry of a cycle unknown'),
    });
    const begun = await createUndo(undoing.planning(), OLGA, cycleId.toUpperCase(), undefined);
    expect(begun).toMatchObject({ kind: 'begun', header: { kind: 'undo', undoes: cycleId } });
    expect((begun as { header: PlanHeader }).header).not.toHaveProperty('only');
  });

  it('is known also where the first page of the log is empty', async () => {
    const { undoing, cycleId } = await renamed(1);
    const planning = undoing.planning();
    const log = { ...planning.deps.log, query: async () => ({ entries: [], next: 'more' }) };
    const asked = { ...planning, deps: { ...planning.deps, log } };
    expect(await createUndo(asked, OLGA, cycleId, undefined)).toMatchObject({ kind: 'begun' });
  });

  it('is planned sixty-four at a time, and continues where it was', async () => {
    for (const only of [false, true]) {
      const { undoing, cycleId, keys } = await renamed(66);
      const begun = await createUndo(undoing.planning(), OLGA, cycleId, only ? keys : undefined);
      const { planId } = (begun as { header: PlanHeader }).header;
      const first = await continuePlan(undoing.planning(), planId, { owner: 'a', budgetMs: 0 });
      expect(first).toMatchObject({ state: 'planning', objects: 64 });
      undoing.world.nowMs += 300_000;
      const { header, rows } = await undoing.planned(planId);
      expect([header.objects, rows.length]).toEqual([66, 66]);
      expect(rows.every(({ outcome }) => outcome === 'planned')).toBe(true);
    }
  });

  it('is planned at once where there is time', async () => {
    const { undoing, cycleId } = await renamed(66);
    const begun = await createUndo(undoing.planning(), OLGA, cycleId, undefined);
    const { planId } = (begun as { header: PlanHeader }).header;
    expect(await continuePlan(undoing.planning(), planId, BUDGET)).toMatchObject({ state: 'planned', objects: 66 });
  });

  it('is over with the last page, also where that is full', async () => {
    const { undoing, cycleId, keys } = await renamed(64);
    const begun = await createUndo(undoing.planning(), OLGA, cycleId, keys);
    const { planId } = (begun as { header: PlanHeader }).header;
    expect(await continuePlan(undoing.planning(), planId, { owner: 'a', budgetMs: 0 })).toMatchObject({ state: 'planned' });
  });

  it('is taken back of those alone who are asked for', async () => {
    const { undoing, cycleId, keys } = await renamed(3);
    const { header, rows } = await undoing.plan(cycleId, keys.slice(1, 2));
    expect(header.only).toEqual(keys.slice(1, 2));
    expect(rows.map(({ key }) => key)).toEqual(keys.slice(1, 2));
    const nobody = user('00000000-0000-4000-8000-00000000dead' as SourceId);
    expect((await undoing.plan(cycleId, [nobody])).rows).toEqual([]);
  });

  it('looks at the account anew, which may have changed since', async () => {
    const { undoing, cycleId, world } = await renamed(1);
    const fresh: unknown[] = [];
    world.target.hook = (moment, method, [isFresh]) => {
      if (moment === 'before' && method === 'describe') fresh.push(isFresh);
    };
    await undoing.plan(cycleId);
    expect(fresh).toContain(true);
  });

  it('gives the seats in the order of the ids', async () => {
    const settings = { deletionThreshold: 500, deprovisionUsers: 'DowngradeAndSuspend', agentSeats: 5 } as const;
    const { world, agents, directory } = aCompany({ agents: 4 }, { settings });
    await world.round();
    for (const { id } of [...agents].reverse()) directory.updateUser(id, { accountEnabled: false });
    const { cycleId } = await world.round();
    for (const name of ['A', 'B']) world.target.seedUser({ name, role: { role: 'agent', customRoleId: null } });
    world.nowMs += 120_000;
    const { rows } = await new Undoing(world).plan(cycleId);
    const waiting = rows.filter(({ code }) => code === 'AwaitingSeat').map(({ key }) => key.id);
    const order = agents.map(({ id }) => id).sort();
    expect(waiting.sort()).toEqual(order.slice(2));
  });
});

describe('what is not taken back', () => {
  it('is named: whoever has changed in Entra ID since, read or not', async () => {
    const { undoing, cycleId, keys, directory, deps } = await renamed(3);
    const [unread, read, same] = keys as [ObjectKey, ObjectKey, ObjectKey];
    directory.updateUser(unread.id, { displayName: 'Unread' });
    const row = await deps.space.readObject(read);
    if (!row) throw new Error('not read');
    await deps.space.writeObject({ ...row.value, version: row.value.version + 1 }, '*');
    const { rows } = await undoing.plan(cycleId);
    const of = (key: ObjectKey) => rows.find((one) => one.key.id === key.id);
    for (const key of [unread, read])
      expect(of(key)).toMatchObject({
        ...{
          outcome: 'skipped',
          code: 'NotRestorable',
          reason: 'It has changed in Entra ID since that cycle: the next cycle follows it.',
        },
        ...{ action: 'other', changes: [], removal: null, targetId: expect.any(String) },
      });
    expect(of(same)).toMatchObject({ outcome: 'planned' });
  });

  it('an entry of an older version, which does not say what it was made from, is compared as it is now', async () => {
    const { undoing, cycleId, key, deps } = await renamed(1);
    const entry = await deps.log.read(cycleId, changeIdFor(cycleId, key));
    if (!entry) throw new Error('no entry');
    const steps = entry.provisioningSteps.map(({ details: { version: _, ...details }, ...step }) => ({ ...step, details }));
    const read: typeof deps.log.read = async () => ({ ...entry, provisioningSteps: steps });
    const row = await deps.space.readObject(key);
    if (!row) throw new Error('not read');
    await deps.space.writeObject({ ...row.value, version: row.value.version + 1 }, '*');
    const planning = undoing.planning();
    const asked = { ...planning, deps: { ...planning.deps, log: { ...planning.deps.log, read } } };
    const begun = await createUndo(asked, OLGA, cycleId, [key]);
    const { planId } = (begun as { header: PlanHeader }).header;
    await continuePlan(asked, planId, BUDGET);
    expect((await undoing.plans.rows(planId, 'all', 10)).rows).toMatchObject([{ outcome: 'planned' }]);
  });

  it('whoever cannot be read in Entra ID', async () => {
    const { undoing, cycleId, key, world } = await renamed(1);
    const readUser = world.source.readUser.bind(world.source);
    world.source.readUser = async (id, ...rest) =>
      id === key.id ? { kind: 'unknown', reason: 'Not read.' } : readUser(id, ...rest);
    expect((await undoing.plan(cycleId)).rows).toMatchObject([{ outcome: 'skipped', code: 'NotRestorable' }]);
  });

  it('an account that was deleted, and nothing of whoever was left alone', async () => {
    const { world, users, directory } = aCompany(
      { users: 2 },
      { settings: { hardDeletedUsers: 'Delete', deletionThreshold: 500 } },
    );
    await world.round();
    const [gone, left] = users.map(({ id }) => id) as [SourceId, SourceId];
    directory.hardDeleteUser(gone);
    world.settings = { ...world.settings, deprovisionUsers: 'Nothing' };
    directory.updateUser(left, { accountEnabled: false });
    const { cycleId } = await world.round();
    const { rows } = await new Undoing(world).plan(cycleId);
    expect(rows).toMatchObject([{ key: { id: gone }, code: 'NotRestorable', reason: expect.stringContaining('deleted') }]);
  });

  it('what a later change has written instead', async () => {
    const { undoing, cycleId, key, directory, world } = await renamed(1);
    directory.updateUser(key.id, { displayName: 'Newest' });
    await world.round();
    const { rows } = await undoing.plan(cycleId);
    expect(rows).toMatchObject([{ outcome: 'skipped', code: 'NotRestorable' }]);
  });
});

describe('a plan that is let go', () => {
  async function again(over: Partial<PlanRow> = {}, header: Partial<PlanHeader> = {}) {
    const place = await renamed(1);
    const { undoing, cycleId, deps, key } = place;
    const { header: planned, rows } = await undoing.plan(cycleId);
    const by = OLGA as Hold['heldBy'];
    const application = {
      cycleId: 'apply',
      allowDeletes: true,
      by,
      startedAt: '',
      endedAt: null,
      after: null,
      enqueued: 0,
      refused: 0,
      held: 0,
    };
    const [row] = rows as [PlanRow];
    const ask = () =>
      undoParts.planAgain(
        { deps } as Parameters<typeof undoParts.planAgain>[0],
        { ...planned, application, ...header },
        { ...row, ...over },
        Number.POSITIVE_INFINITY,
      );
    return { ...place, planned, row, ask, key };
  }

  it('holds the object as it is, under the cycle of its application', async () => {
    const { ask, planned, key, row } = await again();
    expect(await ask()).toMatchObject({
      row: { outcome: 'planned', digest: row.digest },
      hold: { key, planId: planned.planId, cycleId: 'apply', heldBy: OLGA, allows: null, isLast: false, way: row.way },
    });
  });

  it('lets go what its row takes away, and nothing else', async () => {
    const { ask, key } = await again({ removal: { kind: 'userDisable', count: 1 } });
    expect((await ask()).hold?.allows).toEqual({ kind: 'userDisable', countedIn: changeIdFor('apply', key) });
  });

  it('continues with the hold that an earlier stretch has put', async () => {
    const { ask, planned, key, row, deps } = await again();
    const hold = { ...((await ask()).hold as Hold), heldAt: 'earlier' };
    await deps.holds.put([hold]);
    expect(await ask()).toEqual({ row, leaving: [], hold });
    await deps.holds.put([{ ...hold, planId: `not ${planned.planId}` }]);
    expect((await ask()).hold).toMatchObject({ planId: planned.planId, isLast: false, key });
  });

  it('ends the hold of the very cycle that it takes back', async () => {
    const { ask, deps, cycleId } = await again();
    const hold = { ...((await ask()).hold as Hold), planId: 'before' };
    await deps.holds.put([{ ...hold, cycleId }]);
    expect((await ask()).hold?.isLast).toBe(true);
  });

  it.each([
    ['without a way', { way: undefined }, {}],
    ['without what the object was like', { source: undefined }, {}],
    ['without whoever lets it go', {}, { application: null }],
  ])('%s is left alone', async (_, over, header) => {
    const { ask } = await again(over as Partial<PlanRow>, header as Partial<PlanHeader>);
    expect(await ask()).toMatchObject({ row: { outcome: 'skipped', digest: '', reason: 'It has changed in Entra ID.' } });
    expect(await ask()).not.toHaveProperty('hold');
  });

  it('of an object that has changed, or is gone, is left alone', async () => {
    const { ask, deps, key, row } = await again();
    const stored = await deps.space.readObject(key);
    if (!stored) throw new Error('not read');
    await deps.space.writeObject({ ...stored.value, attributes: { ...stored.value.attributes, displayName: 'x' } }, '*');
    expect(row.source).not.toEqual(fingerprintOf(deps, { ...stored.value, deleted: 'soft' }));
    expect((await ask()).row).toMatchObject({ outcome: 'skipped', digest: '' });
    await deps.space.removeObject(key);
    expect((await ask()).row).toMatchObject({ outcome: 'skipped', digest: '' });
  });
});
