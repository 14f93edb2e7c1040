import type { DriftFinding } from '../../../../src/core/drift';
import type { SourceId, SourceObject, TargetRole, TargetUser } from '../../../../src/core/model';
import { readRules } from '../../../../src/engine/decide/due';
import { fingerprintOf } from '../../../../src/engine/decide/held';
import { type Compared, compareUser, digestOfGone, nameMerged, told } from '../../../../src/engine/drift/compare-user';
import type { JobSettings } from '../../../../src/engine/job-settings';
import type { Hold } from '../../../../src/ports/hold-store';
import type { PlanRow } from '../../../../src/ports/plan-store';
import { aCompany } from '../../../builders/people';
import type { FakeUser } from '../../../fakes/target-account';

const ADMIN: TargetRole = { role: 'admin', customRoleId: null };

/** A company in sync of an agent and a user, of whom one is looked at. */
async function inSync(who: 'agent' | 'user' = 'user', settings: Partial<JobSettings> = {}) {
  const company = aCompany({ agents: 1, users: 1 }, { settings });
  const { world } = company;
  await world.round();
  const deps = world.deps();
  const { id, assignment } = (who === 'agent' ? company.agents : company.users)[0] as { id: SourceId; assignment: string };
  const key = { type: 'user', id } as const;
  const link = async () => (await deps.links.read(key))?.value.link ?? never();
  const row = world.target.users.get((await link()).targetId) as FakeUser;
  const object = async () => (await deps.space.readObject(key))?.value ?? never();
  /** The source object as no cycle has looked at it yet. */
  const source = async (over: Partial<SourceObject>) => deps.space.writeObject({ ...(await object()), ...over }, '*');
  const compare = async (account?: TargetUser | 'gone'): Promise<Compared> => {
    const how = { deps: world.deps(), rules: await readRules(deps), cycleId: 'c', deadlineMs: Number.POSITIVE_INFINITY };
    return compareUser(how, await link(), account === 'gone' ? undefined : (account ?? (await deps.target.getUser(row.id))));
  };
  return { ...company, deps, id, key, assignment, link, row, object, source, compare };
}
const never = (): never => {
  throw new Error('not there');
};

describe('an account that is compared', () => {
  it('is the same while nobody has changed it', async () => {
    expect(await (await inSync()).compare()).toEqual({ kind: 'same' });
  });

  it.each([
    ['nothing is known of the person', async ({ deps, key }) => deps.space.removeObject(key)],
    ['it is not known whether the person is in scope', async ({ source }) => source({ attributes: { displayName: 'x' } })],
    [
      'its address is protected',
      async ({ world, row }) => void Object.assign(world, { settings: { ...world.settings, protectedUsers: [row.email ?? ''] } }),
    ],
    [
      'an operator holds it',
      async ({ deps, key, object }) => {
        const by = { type: 'user', id: 'op', displayName: 'Olga' } as const;
        const hold = { key, source: fingerprintOf(deps, await object()), planId: 'p', cycleId: 'c', heldBy: by };
        const more = { heldAt: '2026-01-05T08:00:00.000Z', name: '', way: null, allows: null, isLast: false };
        await deps.holds.put([{ ...hold, ...more } satisfies Hold]);
      },
    ],
  ] as readonly [string, (place: Awaited<ReturnType<typeof inSync>>) => Promise<unknown>][])(
    'is left out while %s, living or gone',
    async (_, spoil) => {
      const place = await inSync();
      place.row.name = 'By hand';
      await spoil(place);
      expect(await place.compare()).toEqual({ kind: 'skipped' });
      expect(await place.compare('gone')).toEqual({ kind: 'skipped' });
    },
  );

  it('that was changed is named, and may be brought back', async () => {
    const { row, compare } = await inSync();
    Object.assign(row, { name: 'By hand', updatedAt: '2026-01-04T10:00:00Z' });
    const compared = await compare();
    expect(compared).toMatchObject({
      kind: 'row',
      row: {
        ...{ outcome: 'planned', action: 'update', code: 'Renamed', removal: null },
        changes: [{ displayName: 'name', oldValue: 'By hand' }],
        drift: { codes: ['Renamed'], lastChangedAt: '2026-01-04T10:00:00Z', reported: [] },
      },
    });
    expect(compared).toHaveProperty('row.reason', expect.stringContaining('last changed at 2026-01-04T10:00:00Z.'));
  });

  it('of which Zendesk does not say when it was changed', async () => {
    const { row, compare } = await inSync();
    row.name = 'By hand';
    expect(await compare()).toHaveProperty('row.reason', 'The name or the address was changed in Zendesk.');
  });

  it('whose role alone was changed is reported, and nothing is to be written', async () => {
    const { row, compare } = await inSync('agent');
    row.role = ADMIN;
    expect(await compare()).toMatchObject({
      row: {
        outcome: 'skipped',
        action: 'other',
        changes: [],
        code: 'RoleChanged',
        drift: { reported: [{ displayName: 'role' }] },
      },
    });
  });

  it('whose role was changed besides its name gets the name back', async () => {
    const { row, compare } = await inSync('agent');
    Object.assign(row, { role: ADMIN, name: 'By hand' });
    expect(await compare()).toMatchObject({
      row: {
        outcome: 'planned',
        code: 'RoleChanged',
        changes: [{ displayName: 'name' }],
        drift: { codes: ['RoleChanged', 'Renamed'] },
      },
    });
  });

  it('whose plan writes a role, which Entra ID has changed, is left to the next cycle', async () => {
    const { row, compare, source, roles, object } = await inSync();
    const [mine] = (await object()).entitlements;
    await source({ entitlements: [{ ...(mine ?? never()), appRoleId: roles.agent }] });
    expect(await compare()).toEqual({ kind: 'same' });
    row.name = 'By hand';
    expect(await compare()).toMatchObject({ row: { outcome: 'skipped', action: 'other', changes: [], code: 'Renamed' } });
  });

  it('whose lower role waits for the brake, and whose role was raised by hand besides, is reported', async () => {
    const { row, compare, source, roles, object } = await inSync('agent');
    const [mine] = (await object()).entitlements;
    await source({ entitlements: [{ ...(mine ?? never()), appRoleId: roles.user }] });
    expect(await compare()).toEqual({ kind: 'same' });
    row.role = ADMIN;
    expect(await compare()).toMatchObject({ row: { outcome: 'skipped', code: 'RoleChanged', changes: [], removal: null } });
  });

  it('that was let in again after access was lost is suspended again, as one that the brake counts', async () => {
    const { row, compare, directory, assignment, world, id } = await inSync();
    directory.unassign(assignment);
    await world.round();
    expect(await compare()).toEqual({ kind: 'same' });
    row.suspended = false;
    expect(await compare()).toMatchObject({
      row: {
        outcome: 'planned',
        action: 'disable',
        code: 'Reactivated',
        removal: { kind: 'userDisable', count: 1 },
        key: { id },
      },
    });
  });

  it('whose seat would go with its access is left to the next cycle, because a repair writes no role', async () => {
    const { row, compare, directory, assignment, world } = await inSync('agent');
    directory.unassign(assignment);
    await world.round();
    world.settings = { ...world.settings, deprovisionUsers: 'DowngradeAndSuspend' };
    row.suspended = false;
    expect(await compare()).toMatchObject({ row: { outcome: 'skipped', code: 'Reactivated', changes: [], removal: null } });
  });

  it('is planned a second time only where its suspension waits for the brake', async () => {
    const plans = async (over: Partial<SourceObject>, settings: Partial<JobSettings>) => {
      const { compare, source, world, row } = await inSync('user', settings);
      world.settings = { ...world.settings, ...(settings.protectedUsers && { protectedUsers: [row.email ?? ''] }) };
      await source(over);
      let reads = 0;
      world.hook = (name) => {
        if (name === 'holdStore.read') reads += 1;
      };
      await compare();
      // Each looks whether it is held; so does the comparison itself.
      return reads - 1;
    };
    expect(await plans({}, {})).toBe(1);
    expect(await plans({}, { protectedUsers: [] })).toBe(1);
    expect(await plans({ entitlements: [] }, {})).toBe(2);
  });

  it('that is to be deleted waits for a cycle', async () => {
    const { compare, source, row } = await inSync('user', { hardDeletedUsers: 'Delete' });
    await source({ deleted: 'hard' });
    row.name = 'By hand';
    expect(await compare()).toEqual({ kind: 'same' });
  });

  it('of whom nothing can be mapped is a failure', async () => {
    const { compare, source, object } = await inSync();
    await source({ attributes: { ...(await object()).attributes, mail: 'nonsense' } });
    for (const account of [undefined, 'gone'] as const)
      expect(await compare(account)).toMatchObject({ row: { outcome: 'failed', code: expect.any(String) } });
  });
});

describe('an account that is gone', () => {
  it.each(['gone', 'inactive'] as const)('(%s) of somebody in scope is made again', async (how) => {
    const { compare, row, link } = await inSync();
    const account = { ...row, active: false, updatedAt: '2026-01-04T10:00:00Z' };
    const { targetId } = await link();
    row.active = false;
    const compared = await compare(how === 'gone' ? 'gone' : account);
    expect(compared).toMatchObject({
      row: {
        ...{ outcome: 'planned', action: 'create', code: 'AccountDeleted', targetId, digest: digestOfGone(targetId) },
        drift: { codes: ['AccountDeleted'], lastChangedAt: how === 'gone' ? null : '2026-01-04T10:00:00Z', reported: [] },
      },
    });
    expect((compared as { row: PlanRow }).row.changes.length).toBeGreaterThan(0);
  });

  it('is not looked for by its address: that would cost a request for each', async () => {
    const { compare, row, world } = await inSync();
    row.active = false;
    world.target.seedUser({ name: 'Has the address', email: row.email });
    expect(await compare('gone')).toMatchObject({ row: { action: 'create' } });
  });

  it('of somebody out of scope nobody misses, whatever is kept of how they left', async () => {
    const { compare, source } = await inSync();
    await source({ entitlements: [] });
    expect(await compare('gone')).toEqual({ kind: 'same' });
    const left = await inSync();
    left.directory.unassign(left.assignment);
    await left.world.round();
    expect(await left.deps.leavings.read(left.id)).toBeDefined();
    left.row.active = false;
    expect(await left.compare('gone')).toEqual({ kind: 'same' });
  });
});

describe('an account that was merged', () => {
  const ROW = {
    ...{ targetId: '1', outcome: 'planned', action: 'create', code: 'AccountDeleted', reason: 'Gone.' },
    drift: { codes: ['AccountDeleted'], lastChangedAt: null, reported: [] } satisfies DriftFinding,
  };
  async function merged(over: Partial<PlanRow>, other: Partial<FakeUser> | null, byAddress: boolean) {
    const { world } = aCompany({});
    const seeded = other && world.target.seedUser({ name: 'Winner', ...other });
    const changes = [{ displayName: 'email', oldValue: null, newValue: 'ann@contoso.com' }];
    const row = { key: { type: 'user', id: 'u1' as SourceId }, changes, ...ROW, ...over } as PlanRow;
    return { rows: await nameMerged(world.deps(), [row], byAddress), id: seeded?.id };
  }
  const BY_ID = { externalId: 'u1' };
  const BY_ADDRESS = { email: 'ann@contoso.com' };

  it.each([
    ['whoever has the id', BY_ID, false, true],
    ['whoever has the address, where that may be looked for', BY_ADDRESS, true, true],
    ['nobody by the address, where that may not be looked for', BY_ADDRESS, false, false],
    ['nobody, where there is nobody', null, true, false],
  ] as readonly [string, Partial<FakeUser> | null, boolean, boolean][])('is named: %s', async (_, other, byAddress, isFound) => {
    const { rows, id } = await merged({}, other, byAddress);
    expect(rows).toHaveLength(isFound ? 1 : 0);
    if (isFound) {
      expect(rows[0]).toMatchObject({
        code: 'AccountMerged',
        outcome: 'planned',
        action: 'create',
        drift: { codes: ['AccountMerged'] },
      });
      expect(rows[0]?.reason).toContain(`The other account is ${id}.`);
    }
  });

  it('whoever has the id comes before whoever has the address', async () => {
    const { world } = aCompany({});
    world.target.seedUser({ name: 'Address', ...BY_ADDRESS });
    const { id } = world.target.seedUser({ name: 'Id', ...BY_ID });
    const changes = [{ displayName: 'email', oldValue: null, newValue: 'ann@contoso.com' }];
    const rows = await nameMerged(
      world.deps(),
      [{ key: { type: 'user', id: 'u1' as SourceId }, changes, ...ROW } as unknown as PlanRow],
      true,
    );
    expect(rows[0]?.reason).toContain(id);
  });

  it('is not the gone account itself', async () => {
    const { id } = await merged({}, BY_ID, true);
    expect((await merged({ targetId: id ?? '' }, BY_ID, false)).rows).toEqual([]);
    expect((await merged({ targetId: id ?? '' }, BY_ADDRESS, true)).rows).toEqual([]);
  });

  it('without an address to be written nobody is looked for by one', async () => {
    expect((await merged({ changes: [] }, { email: '' }, true)).rows).toEqual([]);
    const changes = [{ displayName: 'name', oldValue: null, newValue: 'ann@contoso.com' }];
    expect((await merged({ changes }, BY_ADDRESS, true)).rows).toEqual([]);
  });

  it('other rows are left as they are', async () => {
    expect((await merged({ code: 'Renamed' }, BY_ID, true)).rows).toEqual([]);
    const { drift: _, ...plain } = ROW;
    const { world } = aCompany({});
    world.target.seedUser({ name: 'Winner', ...BY_ID });
    const row = { key: { type: 'user', id: 'u1' as SourceId }, changes: [], ...plain } as unknown as PlanRow;
    expect(await nameMerged(world.deps(), [row], true)).toEqual([]);
  });
});

describe('a row in the words of a comparison', () => {
  const row = {
    outcome: 'planned',
    action: 'update',
    changes: [{ displayName: 'name' }],
    removal: { kind: 'userDisable', count: 1 },
  };
  it('is told by the gravest finding, and by all of them in words', () => {
    const drift: DriftFinding = { codes: ['Renamed', 'Changed'], lastChangedAt: null, reported: [] };
    const one = told(row as unknown as PlanRow, drift, true);
    expect(one).toMatchObject({ ...row, code: 'Renamed', drift });
    expect(one.reason).toContain('Attributes were changed');
    expect(told(row as unknown as PlanRow, drift, false)).toMatchObject({
      outcome: 'skipped',
      action: 'other',
      changes: [],
      removal: null,
    });
  });
});
