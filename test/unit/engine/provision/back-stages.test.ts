import { type Link, sourceId, type TargetGroup, type TargetUser, targetId } from '../../../../src/core/model';
import type { AttributeChange, Plan } from '../../../../src/core/plan-model';
import type { WayBack } from '../../../../src/core/way-back';
import { changeIdFor } from '../../../../src/engine/change-id';
import type { Attempt, Back } from '../../../../src/engine/provision/attempt';
import { groupBackStages, userBackStages } from '../../../../src/engine/provision/back-stages';
import { openPairing } from '../../../../src/engine/provision/pairing';
import type { Writing } from '../../../../src/engine/provision/stages';
import { Trace } from '../../../../src/engine/record/trace';
import { itemFor } from '../../../../src/engine/work-item';
import type { LinkClaim } from '../../../../src/ports/link-store';
import { aGroup, aLink, aUser } from '../../../builders/objects';
import type { FakeUser } from '../../../fakes/target-account';
import { OLGA } from '../../../property/support/undoing';
import { World } from '../../../property/support/world';

const USER = sourceId('00000000-0000-4000-8000-000000000001');
const GROUP = sourceId('00000000-0000-4000-8000-000000000002');
const AGENT = { role: 'agent', customRoleId: null } as const;
const CYCLE = 'the-cycle';
const AT = '2026-01-05T08:00:00.000Z';
const change = (attribute: string, newValue: AttributeChange['newValue']): AttributeChange => ({
  ...{ attribute, oldValue: null, newValue, redacted: false },
});

interface Given {
  readonly account?: Partial<FakeUser>;
  readonly link?: Partial<Link> | null;
  readonly way?: Partial<WayBack>;
  readonly claim?: Partial<LinkClaim>;
  readonly changes?: readonly AttributeChange[];
  readonly role?: Plan['role'];
  readonly told?: Partial<Plan>;
  readonly dryRun?: boolean;
  readonly hasLeft?: boolean;
  readonly protectedUsers?: readonly string[];
}

/** An agent and a Zendesk group, both linked, and what is taken back of one of them. */
async function aWayBack(type: 'user' | 'group', given: Given = {}) {
  const world = new World({ settings: { protectedUsers: [...(given.protectedUsers ?? [])] } });
  const deps = world.deps();
  const row = world.target.seedUser({ name: 'Ann', email: 'ann@contoso.com', externalId: USER, role: AGENT, ...given.account });
  const group = world.target.seedGroup('Sales');
  const own = type === 'user' ? { id: USER, target: row.id } : { id: GROUP, target: group.id };
  const key = { type, id: own.id } as const;
  const links = {
    user: aLink({ sourceId: USER, targetId: row.id, isAgent: row.role.role !== 'end-user', settledRole: row.role }),
    group: aLink({ type: 'group', sourceId: GROUP, targetId: group.id, settledRole: null }),
  };
  const link = given.link === null ? null : { ...links[type], ...given.link };
  const other = type === 'user' ? 'group' : 'user';
  await deps.links.write({ type: other, id: type === 'user' ? GROUP : USER }, { link: links[other], claim: null }, null);
  const none: Plan = { action: 'none', targetId: own.target, changes: [], role: null, adopts: false, notes: [], removals: [] };
  const claim = given.claim ? { untilMs: 0, changeId: 'earlier', cycleId: 'c', plan: none, ...given.claim } : null;
  const etag = await deps.links.write(key, { link, claim }, null);
  const way: WayBack = {
    ...{ cycleId: CYCLE, changeId: 'x', changedAt: AT, targetId: own.target, isCreation: false },
    ...{ values: [], join: [], leave: [], lost: [], ...given.way },
  };
  const object = type === 'user' ? aUser({ id: USER, version: 7 }) : aGroup({ id: GROUP });
  const back = {
    key,
    way,
    planId: 'p',
    cycleId: 'c',
    heldBy: OLGA,
    heldAt: AT,
    name: '',
    allows: null,
    isLast: false,
  } as unknown as Back;
  const leaving = { sourceId: USER, targetId: row.id, leftAt: AT, createdByUs: true, tickets: null, deletedAt: null };
  if (given.hasLeft) await deps.leavings.put(leaving);
  const attempt: Attempt = {
    ...{ reads: deps, item: { ...itemFor('c', key), allows: { kind: 'membershipRemoval', countedIn: 'y' } } },
    ...{ dryRun: given.dryRun ?? false, isSecondTry: false, object, above: [], decision: { kind: 'in', roles: [], reason: '' } },
    ...{ account: await deps.target.describe(), pairing: { key, row: { link, claim }, etag }, back, trace: new Trace() },
    leaving: given.hasLeft ? leaving : null,
  };
  const found = {
    target: type === 'user' ? { ...(row as TargetUser) } : ({ ...group } as TargetGroup),
    link,
    takesOverFrom: undefined,
  };
  const plan: Plan = { ...none, action: 'update', changes: given.changes ?? [], role: given.role ?? null };
  const pairing = openPairing(deps, attempt.pairing);
  const writing = {
    ...{ deps, attempt, pairing, desired: null, plan, told: { ...plan, ...given.told }, awaitsSeat: false, found },
    left: { error: undefined, attributes: [] },
  };
  const stored = async () => (await deps.links.read(key))?.value;
  const join = async (addedIn: string = changeIdFor(CYCLE, key)) => {
    const { id } = await world.target.addMembership(row.id, group.id);
    const ids = { userId: USER, groupId: GROUP, targetUserId: row.id, targetGroupId: group.id, membershipId: id };
    await deps.links.putMembership({ ...ids, addedIn });
  };
  const isInside = () => [...world.target.memberships.values()].some((one) => one.userId === row.id && one.groupId === group.id);
  return {
    ...{ world, deps, row, group, attempt, stored, join, isInside, key },
    asUser: { writing: writing as unknown as Writing<TargetUser>, found: found as Writing<TargetUser>['found'] },
    asGroup: { writing: writing as unknown as Writing<TargetGroup>, found: found as Writing<TargetGroup>['found'] },
  };
}

describe('finding what is taken back', () => {
  it('goes by the link alone, of users and of groups', async () => {
    const user = await aWayBack('user');
    expect(await userBackStages.match(user.attempt)).toMatchObject({ target: { id: user.row.id }, link: { sourceId: USER } });
    const group = await aWayBack('group');
    expect(await groupBackStages.match(group.attempt)).toMatchObject({
      target: { id: group.group.id },
      link: { sourceId: GROUP },
    });
    for (const [stages, type] of [
      [userBackStages, 'user'],
      [groupBackStages, 'group'],
    ] as const)
      expect(await stages.match((await aWayBack(type, { link: null })).attempt)).toMatchObject({ target: undefined, link: null });
  });

  it('finds nothing of an account that is gone, whatever an earlier try was about to do', async () => {
    const plan = { action: 'delete', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] } as const;
    for (const claim of [undefined, { plan }]) {
      const { attempt } = await aWayBack('user', { account: { active: false }, ...(claim && { claim }) });
      expect(await userBackStages.match(attempt)).toMatchObject({ target: undefined, link: null });
    }
  });

  it('knows what an earlier try had written, and had made of it', async () => {
    const plan = {
      action: 'disable',
      targetId: null,
      changes: [change('suspended', true)],
      role: null,
      adopts: false,
      notes: [],
      removals: [],
    } as const;
    const suspended = await aWayBack('user', { account: { suspended: true }, claim: { plan } });
    expect((await userBackStages.match(suspended.attempt)).link?.disabledByUs).toBe(true);
    const created = { ...plan, action: 'create', role: { role: 'admin', customRoleId: null } } as const;
    const made = await aWayBack('user', { claim: { plan: created } });
    expect((await userBackStages.match(made.attempt)).link?.settledRole).toEqual(created.role);
  });

  it('is evidence only of what is linked', async () => {
    const plan = async (link: null | Partial<Link>) => {
      const { attempt, asUser } = await aWayBack('user', { link });
      return userBackStages.evidence(asUser.found, null, attempt).isLinked;
    };
    expect([await plan({}), await plan(null)]).toEqual([true, false]);
    const group = async (link: null | Partial<Link>) => {
      const { attempt, asGroup } = await aWayBack('group', { link });
      return groupBackStages.evidence(asGroup.found, null, attempt).isLinked;
    };
    expect([await group({}), await group(null)]).toEqual([true, false]);
  });
});

describe('planning a way back', () => {
  const planned = async (type: 'user' | 'group', given: Given) => {
    const { attempt, asUser, asGroup } = await aWayBack(type, given);
    return type === 'user'
      ? userBackStages.plan(attempt, asUser.found, null)
      : groupBackStages.plan(attempt, asGroup.found, null);
  };
  const renamed = { values: [{ attribute: 'name', left: 'Ann', was: 'Anna' }] };

  it.each([
    ['user', 'account'],
    ['group', 'Zendesk group'],
  ] as const)('of a %s that is connected to nothing, or to another one, is refused', async (type, thing) => {
    expect(await planned(type, { link: null })).toMatchObject({
      code: 'NotRestorable',
      reason: expect.stringContaining(`a living ${thing} any more`),
    });
    expect(await planned(type, { way: { targetId: targetId(1) } })).toMatchObject({
      ...{ code: 'NotRestorable', reason: expect.stringContaining(`another ${thing} by now`) },
    });
  });

  it('brings back what stands', async () => {
    expect(await planned('user', { way: renamed })).toMatchObject({
      action: 'update',
      changes: [{ attribute: 'name', newValue: 'Anna' }],
    });
    const sales = { values: [{ attribute: 'name', left: 'Sales', was: 'Old sales' }] };
    expect(await planned('group', { way: sales })).toMatchObject({ action: 'update', changes: [{ newValue: 'Old sales' }] });
  });

  it('of which nothing stands is told so beforehand, and carried out as nothing', async () => {
    for (const type of ['user', 'group'] as const) {
      const stale = { values: [{ attribute: 'name', left: 'Another', was: 'Anna' }] };
      expect(await planned(type, { dryRun: true, way: {} })).toMatchObject({
        code: 'NotRestorable',
        reason: 'Nothing of it stands as that cycle left it.',
      });
      expect(await planned(type, { dryRun: true, way: stale })).toMatchObject({
        code: 'NotRestorable',
        reason: expect.stringContaining('since'),
      });
      expect(await planned(type, { way: stale })).toMatchObject({ action: 'none', notes: [expect.stringContaining('since')] });
    }
  });

  it('of memberships alone is something', async () => {
    expect(await planned('user', { dryRun: true, way: { join: [GROUP] } })).toMatchObject({ action: 'none' });
    const left = await aWayBack('user', { dryRun: true, way: { leave: [GROUP] } });
    await left.join();
    expect(await userBackStages.plan(left.attempt, left.asUser.found, null)).toMatchObject({ action: 'none' });
    const gone = await aWayBack('user', {
      dryRun: true,
      way: { leave: [GROUP] },
      claim: { members: { added: [], removed: [GROUP] } },
    });
    expect(await userBackStages.plan(gone.attempt, gone.asUser.found, null)).toMatchObject({ action: 'none' });
  });

  it('never gives a protected address back', async () => {
    const way = (attribute: string) => ({
      values: [{ attribute, left: attribute === 'email' ? 'ann@contoso.com' : 'Ann', was: 'vip@contoso.com' }],
    });
    const protectedUsers = ['vip@contoso.com'];
    expect(await planned('user', { way: way('email'), protectedUsers })).toMatchObject({ code: 'Protected' });
    expect(await planned('user', { way: way('name'), protectedUsers })).toMatchObject({ action: 'update' });
  });

  it('foresees memberships of whoever becomes an agent again', async () => {
    const account = { role: { role: 'end-user', customRoleId: null } } as const;
    const role = { attribute: 'role', left: 'end-user', was: 'agent' };
    const foreseen = async (values: WayBack['values']) => {
      const { attempt, asUser } = await aWayBack('user', { account, way: { join: [GROUP], values }, dryRun: true });
      return userBackStages.foreseeMembers(attempt, asUser.found);
    };
    const joins = { added: [{ userId: USER, groupId: GROUP }], removed: [], skipped: 0 };
    const nobody = { added: [], removed: [], skipped: 0 };
    expect(await foreseen([role])).toEqual(joins);
    expect(await foreseen([{ attribute: 'name', left: 'Ann', was: 'agent' }, role])).toEqual(joins);
    expect(await foreseen([{ attribute: 'name', left: 'Ann', was: 'agent' }])).toEqual(nobody);
    expect(await foreseen([{ ...role, was: 'end-user' }])).toEqual(nobody);
    expect(await foreseen([{ ...role, was: null }])).toEqual(nobody);
    const plain = await aWayBack('user', { account, way: { join: [GROUP], values: [role] } });
    expect(await userBackStages.plan(plain.attempt, plain.asUser.found, null)).toMatchObject({
      notes: expect.arrayContaining([expect.stringContaining('only agents')]),
    });
  });

  it('foresees whom it takes out, and nothing of what is not linked', async () => {
    const { attempt, asUser, join } = await aWayBack('user', { way: { leave: [GROUP] } });
    await join();
    expect(await userBackStages.foreseeMembers(attempt, asUser.found)).toMatchObject({
      removed: [{ userId: USER, groupId: GROUP }],
    });
    const unlinked = await aWayBack('group', { link: null, way: { join: [USER] } });
    expect(await groupBackStages.foreseeMembers(unlinked.attempt, unlinked.asGroup.found)).toMatchObject({
      added: [],
      removed: [],
    });
  });

  it('never comes to an attempt that takes nothing back', async () => {
    const { attempt, asUser } = await aWayBack('user');
    await expect(userBackStages.plan({ ...attempt, back: null }, asUser.found, null)).rejects.toThrow('nothing to take back');
  });
});

describe('carrying out a way back', () => {
  const exported = async (given: Given) => {
    const place = await aWayBack('user', given);
    await userBackStages.export(place.asUser.writing, (link) => place.asUser.writing.pairing.settle(link));
    return { ...place, link: (await place.stored())?.link };
  };

  it('ends the sessions of whoever is suspended by it, and of nobody else', async () => {
    const suspends = await exported({ changes: [change('suspended', true)] });
    expect(suspends.world.target.endedSessions).toEqual([suspends.row.id]);
    expect(suspends.link).toMatchObject({ disabledByUs: true, isAgent: true, exportedVersion: 7 });
    expect(suspends.link).not.toHaveProperty('suspendedByOthers');
    const renamed = await exported({ changes: [change('name', 'Anna')], account: { suspended: true } });
    expect(renamed.world.target.endedSessions).toEqual([]);
    expect(renamed.link).toMatchObject({ disabledByUs: false, suspendedByOthers: true });
    const active = await exported({ changes: [change('name', 'Anna')], link: { suspendedByOthers: true } });
    expect(active.world.target.endedSessions).toEqual([]);
    expect(active.link).toMatchObject({ disabledByUs: false });
    expect(active.link).not.toHaveProperty('suspendedByOthers');
  });

  it('leaves a suspension whose it is', async () => {
    const changes = [change('name', 'Anna')];
    expect((await exported({ changes, account: { suspended: true }, link: { disabledByUs: true } })).link).toMatchObject({
      disabledByUs: true,
    });
    expect(
      (await exported({ changes: [change('suspended', false)], account: { suspended: true }, link: { disabledByUs: true } }))
        .link,
    ).toMatchObject({
      disabledByUs: false,
    });
    const others = [change('suspended', true), change('name', 'Anna')];
    expect((await exported({ changes: others })).link).toMatchObject({ disabledByUs: true });
    expect((await exported({ changes: [change('is_x', true)], account: { suspended: true } })).link).toMatchObject({
      disabledByUs: false,
    });
  });

  it('calls off the days of whoever is let in again, and of nobody else', async () => {
    const kept = async (given: Given) =>
      (await (await exported({ hasLeft: true, ...given })).deps.leavings.read(USER)) !== undefined;
    expect(await kept({ changes: [change('suspended', false)], account: { suspended: true } })).toBe(false);
    expect(await kept({ changes: [change('name', 'Anna')], account: { suspended: true } })).toBe(true);
    expect(await kept({ changes: [change('suspended', true)] })).toBe(true);
    const none = await exported({ changes: [change('name', 'Anna')] });
    expect(await none.deps.leavings.read(USER)).toBeUndefined();
  });

  it('settles the role that it wrote', async () => {
    const role = { role: 'end-user', customRoleId: null } as const;
    expect((await exported({ changes: [change('role', 'end-user')], role })).link).toMatchObject({
      settledRole: role,
      isAgent: false,
    });
    expect((await exported({ changes: [change('name', 'Anna')] })).link).toMatchObject({ settledRole: AGENT, isAgent: true });
  });

  it('brings the link in line where nothing is to be written, and leaves one that is', async () => {
    const settled = async (given: Given) => {
      const place = await aWayBack('user', given);
      await userBackStages.settle(place.asUser.writing);
      return { ...place, link: (await place.stored())?.link };
    };
    const told = { changes: [change('suspended', true)] };
    expect((await settled({ account: { suspended: true }, told })).link).toMatchObject({
      disabledByUs: true,
      exportedVersion: 7,
    });
    expect((await settled({})).link).toMatchObject({ exportedVersion: 1 });
    expect((await settled({ link: null })).link).toBeNull();
    const gone = await aWayBack('user', { told });
    await userBackStages.settle({ ...gone.asUser.writing, found: { target: undefined, link: null, takesOverFrom: undefined } });
    expect((await gone.stored())?.link).toMatchObject({ exportedVersion: 1 });
  });

  it('writes the group, which keeps its link', async () => {
    const { asGroup, group, stored } = await aWayBack('group', { changes: [change('name', 'Old sales')] });
    const { writing } = asGroup;
    expect(await groupBackStages.export(writing, (link) => writing.pairing.settle(link))).toMatchObject({ name: 'Old sales' });
    expect([group.name, (await stored())?.link?.targetId]).toEqual(['Old sales', group.id]);
  });
});

describe('memberships of a way back', () => {
  it('come back, and go', async () => {
    for (const type of ['user', 'group'] as const) {
      const other = type === 'user' ? GROUP : USER;
      const joins = await aWayBack(type, { way: { join: [other] } });
      const stages = async (place: typeof joins) =>
        type === 'user' ? userBackStages.memberships(place.asUser.writing) : groupBackStages.memberships(place.asGroup.writing);
      expect(await stages(joins)).toMatchObject({ added: [{ userId: USER, groupId: GROUP }] });
      expect(joins.isInside()).toBe(true);
      const leaves = await aWayBack(type, { way: { leave: [other] } });
      await leaves.join();
      expect(await stages(leaves)).toMatchObject({ removed: [{ userId: USER, groupId: GROUP }] });
      expect(leaves.isInside()).toBe(false);
      const unlinked = await aWayBack(type, { way: { join: [other] }, link: null });
      expect(await stages(unlinked)).toMatchObject({ added: [], removed: [] });
    }
  });

  it('all end with a role that is none of an agent, and stay with any other', async () => {
    const role = { role: 'end-user', customRoleId: null } as const;
    const remembered = async (given: Given) => {
      const place = await aWayBack('user', given);
      await place.join('another change');
      await userBackStages.memberships(place.asUser.writing);
      return (await place.deps.links.membershipsOfUser(USER)).length;
    };
    expect(await remembered({ told: { role }, link: { isAgent: false } })).toBe(0);
    expect(await remembered({ told: { role: AGENT } })).toBe(1);
    expect(await remembered({ link: { isAgent: false } })).toBe(1);
  });

  it('of whoever is about to be an agent again wait for that', async () => {
    const { asGroup, deps } = await aWayBack('group', {
      ...{ way: { join: [USER] }, account: { role: { role: 'end-user', customRoleId: null } } },
    });
    const way = { values: [{ attribute: 'role', left: 'end-user', was: 'agent' }] } as unknown as WayBack;
    const hold = { ...(asGroup.writing.attempt.back as Back), key: { type: 'user' as const, id: USER }, way };
    await deps.holds.put([hold]);
    await expect(groupBackStages.memberships(asGroup.writing)).rejects.toThrow('about to be taken back');
    expect(await groupBackStages.foreseeMembers(asGroup.writing.attempt, asGroup.found)).toMatchObject({
      added: [{ userId: USER }],
    });
  });
});
