import type { SourceId } from '../../src/core/model';
import { beginIfDue, settleDrift } from '../../src/engine/drift/drift-check';
import { createDrift, driftPlans } from '../../src/engine/drift/drift-run';
import { readDriftState } from '../../src/engine/job/drift-state';
import { changeJob } from '../../src/engine/job/job-state';
import { continueApply, startApply } from '../../src/engine/preview/apply-plan';
import { continuePlan } from '../../src/engine/preview/make-plan';
import type { Planning } from '../../src/engine/preview/planning';
import { THE_CYCLE } from '../../src/engine/record/log-entry';
import type { PlanHeader, PlanRow } from '../../src/ports/plan-store';
import { aCompany } from '../builders/people';
import type { FakeUser } from '../fakes/target-account';
import { makePlans, makeShadow } from '../simulation/ports/plans';
import { only } from './support/only';
import type { World } from './support/world';

/** A company in sync, with plans. */
async function inSync(options: Parameters<typeof aCompany>[0], more: Parameters<typeof aCompany>[1] = {}) {
  const company = aCompany(options, more);
  const { world } = company;
  const plans = makePlans();
  const planning = (): Planning => ({ deps: world.deps(), plans, shadow: makeShadow(), kinds: { drift: driftPlans } });
  await world.round();
  await world.round();
  const rowOf = (id: SourceId): FakeUser =>
    only([...world.target.users.values()].filter((user) => user.active && user.externalId === id));
  return { ...company, plans, planning, rowOf };
}

const options = () => ({ owner: 'test', budgetMs: 600_000 });

async function check(
  world: World,
  planning: () => Planning,
  isScheduled = false,
): Promise<{ header: PlanHeader; rows: readonly PlanRow[] }> {
  const begun = await createDrift(planning(), THE_CYCLE, isScheduled);
  if (begun.kind !== 'begun') throw new Error(begun.kind);
  const header = await continuePlan(planning(), begun.header.planId, options());
  if (!header) throw new Error('no plan');
  const { rows } = await planning().plans.rows(header.planId, 'all', 1_000);
  void world;
  return { header, rows };
}

async function apply(world: World, planning: () => Planning, planId: string, allowDeletes?: boolean): Promise<PlanHeader> {
  const begun = await startApply(planning(), planId, THE_CYCLE, allowDeletes);
  if (begun.kind !== 'applying') throw new Error(JSON.stringify(begun));
  const header = await continueApply(planning(), planId, options());
  await world.drain();
  if (!header) throw new Error('no plan');
  return header;
}

describe('drift', () => {
  it('finds nothing where nobody has changed anything, and writes nothing', async () => {
    const { world, planning } = await inSync({ agents: 3, users: 4 });
    const writes = world.target.writeCount();
    const { header, rows } = await check(world, planning);
    expect(rows).toEqual([]);
    expect(header).toMatchObject({ state: 'planned', kind: 'drift', objects: 7, counts: { unchanged: 7 } });
    expect(world.target.writeCount()).toBe(writes);
  });

  it('names what was changed by hand, and its repair brings back all but roles and suspensions of others', async () => {
    const { world, planning, rowOf, agents, users } = await inSync({ agents: 3, users: 4 });
    const before = world.snapshot();
    const renamed = rowOf(only(users).id);
    renamed.name = '<script>alert(1)</script>';
    renamed.updatedAt = '2026-01-04T10:00:00Z';
    rowOf(only(users, 1).id).suspended = true;
    rowOf(only(agents).id).role = { role: 'admin', customRoleId: null };
    const { header, rows } = await check(world, planning);
    const codes = Object.fromEntries(rows.map(({ key, code }) => [key.id, code]));
    expect(codes).toMatchObject({
      [only(users).id]: 'Renamed',
      [only(users, 1).id]: 'SuspendedByOthers',
      [only(agents).id]: 'RoleChanged',
    });
    const name = only(rows.filter(({ key }) => key.id === only(users).id));
    expect(name).toMatchObject({
      outcome: 'planned',
      drift: { codes: ['Renamed'], lastChangedAt: '2026-01-04T10:00:00Z' },
      changes: [{ displayName: 'name', oldValue: '<script>alert(1)</script>' }],
    });
    expect(header.counts['reported']).toBe(2);
    await apply(world, planning, header.planId);
    expect(rowOf(only(users, 1).id).suspended).toBe(true);
    expect(rowOf(only(agents).id).role.role).toBe('admin');
    rowOf(only(users, 1).id).suspended = false;
    rowOf(only(agents).id).role = { role: 'agent', customRoleId: null };
    delete renamed.updatedAt;
    const after = world.snapshot() as { users: { attributes: Record<string, unknown> }[] };
    expect(after).toEqual(before);
    expect((await check(world, planning)).rows).toEqual([]);
  });

  it('an account deleted by hand is named, and made again when it is repaired', async () => {
    const { world, planning, rowOf, users } = await inSync({ users: 2 });
    rowOf(only(users).id).active = false;
    const { header, rows } = await check(world, planning);
    expect(rows).toMatchObject([{ key: { id: only(users).id }, code: 'AccountDeleted', outcome: 'planned', action: 'create' }]);
    await apply(world, planning, header.planId);
    expect(rowOf(only(users).id).active).toBe(true);
  });

  it('an account merged into another is named with the other one', async () => {
    const { world, planning, rowOf, users } = await inSync({ users: 2 });
    const gone = rowOf(only(users).id);
    gone.active = false;
    const winner = world.target.seedUser({ name: 'Winner', email: 'winner@zendesk.example', otherEmails: [gone.email ?? ''] });
    const { rows } = await check(world, planning);
    expect(rows).toMatchObject([{ code: 'AccountMerged' }]);
    expect(only(rows).reason).toContain(winner.id);
  });

  it('an account merged into one that somebody has suspended: that one is linked, and stays suspended', async () => {
    const { world, planning, rowOf, users } = await inSync({ users: 2 });
    const gone = rowOf(only(users).id);
    gone.active = false;
    const winner = world.target.seedUser({
      name: 'Winner',
      email: 'winner@zendesk.example',
      otherEmails: [gone.email ?? ''],
      suspended: true,
    });
    gone.email = null;
    const { header } = await check(world, planning);
    await apply(world, planning, header.planId);
    expect(world.target.users.get(winner.id)).toMatchObject({ externalId: only(users).id, suspended: true });
    await world.dueInitial();
    await world.round();
    expect(world.target.users.get(winner.id)?.suspended).toBe(true);
    expect((await check(world, planning)).rows).toMatchObject([{ code: 'SuspendedByOthers' }]);
  });

  it('somebody whom Zendesk lets in again after access was lost is suspended again, within the threshold', async () => {
    const { world, planning, rowOf, directory, users } = await inSync({ users: 3 }, { settings: { deletionThreshold: 0 } });
    for (const { assignment } of users.slice(0, 1)) directory.unassign(assignment);
    world.settings = { ...world.settings, deletionThreshold: 500 };
    await world.round();
    const { id } = only(users);
    expect(rowOf(id).suspended).toBe(true);
    rowOf(id).suspended = false;
    world.settings = { ...world.settings, deletionThreshold: 0 };
    const held = await check(world, planning);
    expect(held.rows).toMatchObject([{ code: 'Reactivated', removal: { kind: 'userDisable', count: 1 } }]);
    expect(held.header.brake).toMatchObject([{ kind: 'userDisable', count: 1 }]);
    expect(await startApply(planning(), held.header.planId, THE_CYCLE, undefined)).toMatchObject({ kind: 'conflict' });
    expect(await apply(world, planning, held.header.planId, false)).toMatchObject({ application: { held: 1, enqueued: 0 } });
    expect(rowOf(id).suspended).toBe(false);
    const again = await check(world, planning);
    await apply(world, planning, again.header.planId, true);
    expect(rowOf(id).suspended).toBe(true);
  });

  it('members taken out by hand come back; members put in by hand are reported and stay', async () => {
    const { world, planning, directory, agents, roles } = await inSync({ agents: 3 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    for (const { id } of agents.slice(0, 2)) directory.addMember(group, id);
    await world.round();
    await world.round();
    const sales = world.groupNamed('Sales');
    if (!sales) throw new Error('no group');
    const stranger = world.target.seedUser({
      name: 'Bo',
      email: 'bo@zendesk.example',
      role: { role: 'agent', customRoleId: null },
    });
    await world.target.addMembership(stranger.id, sales.id);
    const gone = only([...world.target.memberships.values()].filter(({ groupId }) => groupId === sales.id));
    world.target.memberships.delete(gone.id);
    const { header, rows } = await check(world, planning);
    expect(rows).toMatchObject([{ key: { id: group }, drift: { codes: ['MembersRemoved', 'MembersForeign'] } }]);
    expect(only(rows).drift?.reported).toMatchObject([{ displayName: 'members', oldValue: `Bo (${stranger.id})` }]);
    await apply(world, planning, header.planId);
    expect(world.membersOf(sales.id)).toHaveLength(3);
    await world.round();
    expect((await check(world, planning)).rows).toMatchObject([{ code: 'MembersForeign', outcome: 'skipped' }]);
  });

  it('what Entra ID has changed and no cycle has written yet is nobody’s doing in Zendesk', async () => {
    const { world, planning, directory, users } = await inSync({ users: 2 });
    directory.updateUser(only(users).id, { displayName: 'New name' });
    const deps = world.deps();
    const key = { type: 'user' as const, id: only(users).id };
    const row = await deps.space.readObject(key);
    await deps.space.writeObject({ ...row!.value, attributes: { ...row!.value.attributes, displayName: 'New name' } }, '*');
    await deps.space.markDirty([key]);
    const { header, rows } = await check(world, planning);
    expect(rows).toEqual([]);
    expect(header.counts).toMatchObject({ unchanged: 1, waiting: 1 });
  });

  it.each(['claim', 'staged', 'escrow'] as const)('what has its own work waiting (%s) is left to that', async (what) => {
    const { world, planning, rowOf, users } = await inSync({ users: 2 });
    const deps = world.deps();
    const key = { type: 'user' as const, id: only(users).id };
    rowOf(key.id).name = 'By hand';
    const at = deps.clock().toISOString();
    const ids = { cycleId: 'c', changeId: 'x' };
    if (what === 'claim') {
      const { value } = (await deps.links.read(key)) ?? {};
      const plan = {
        action: 'update',
        targetId: null,
        changes: [],
        role: null,
        adopts: false,
        notes: [],
        removals: [],
      } as const;
      await deps.links.write(key, { link: value?.link ?? null, claim: { untilMs: 0, ...ids, plan } }, '*');
    } else if (what === 'staged') {
      await deps.staged.put([{ key, ...ids, kind: 'userDisable', count: 1, reason: '', state: 'staged', stagedAt: at }]);
    } else {
      const times = { firstFailedAt: at, lastFailedAt: at, nextAttemptAt: null, attempts: 1 };
      await deps.escrows.put({ key, ...ids, ...times, code: 'X', reason: '', recommendedAction: '', isTransient: false });
    }
    const { header, rows } = await check(world, planning);
    expect(rows).toEqual([]);
    expect(header.counts).toEqual({ unchanged: 1, waiting: 1 });
  });

  it('a comparison that breaks off is not told as a whole one, and continues where it was', async () => {
    const { world, planning, rowOf, users, plans } = await inSync({ users: 250 });
    rowOf(only(users).id).name = 'By hand';
    const begun = await createDrift(planning(), THE_CYCLE, true);
    if (begun.kind !== 'begun') throw new Error('busy');
    const first = await continuePlan(planning(), begun.header.planId, { owner: 'a', budgetMs: 0 });
    expect(first).toMatchObject({ state: 'planning', objects: 100 });
    await settleDrift(planning());
    expect(await readDriftState(world.deps())).toMatchObject({ last: null });
    expect(world.notices.filter(({ kind }) => kind === 'drift')).toEqual([]);
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'getUser') throw new TypeError('cut off');
    };
    await expect(continuePlan(planning(), begun.header.planId, options())).rejects.toThrow('cut off');
    world.target.hook = undefined;
    world.nowMs += 200_000;
    expect(await continuePlan(planning(), begun.header.planId, options())).toMatchObject({ state: 'planned', objects: 250 });
    await settleDrift(planning());
    expect(await readDriftState(world.deps())).toMatchObject({ last: { compared: 250, differing: 1, isRepaired: false } });
    expect(world.notices.filter(({ kind }) => kind === 'drift')).toMatchObject([{ differing: 1, byCode: { Renamed: 1 } }]);
    await settleDrift(planning());
    expect(world.notices.filter(({ kind }) => kind === 'drift')).toHaveLength(1);
    expect((await plans.list()).length).toBe(1);
  });

  it('one that began with other mappings ends, and proves nothing', async () => {
    const { world, planning, plans } = await inSync({ users: 3 });
    const begun = await createDrift(planning(), THE_CYCLE, false);
    if (begun.kind !== 'begun') throw new Error('busy');
    await plans.write({ ...begun.header, schemaHash: 'of another version' }, '*');
    const header = await continuePlan(planning(), begun.header.planId, options());
    expect(header).toMatchObject({ state: 'failed', objects: 0, error: { code: 'PROV_CONFIG_INVALID' } });
    await settleDrift(planning());
    expect(await readDriftState(world.deps())).toMatchObject({ last: null, failed: { code: 'PROV_CONFIG_INVALID' } });
    expect(await startApply(planning(), begun.header.planId, THE_CYCLE, undefined)).toMatchObject({ kind: 'conflict' });
  });

  describe('by its schedule', () => {
    const daily = (after: Date): Date => new Date(Math.floor(after.getTime() / 86_400_000 + 1) * 86_400_000);

    /** What the timer does every few minutes. */
    async function tick(planning: () => Planning): Promise<void> {
      await beginIfDue(planning(), daily);
      const open = (await planning().plans.list()).find(({ state }) => state === 'planning' || state === 'applying');
      if (open?.state === 'planning') await continuePlan(planning(), open.planId, options());
      await settleDrift(planning());
      const next = (await planning().plans.list()).find(({ state }) => state === 'applying');
      if (next) await continueApply(planning(), next.planId, options());
    }

    it('begins when it is due, once, and repairs by itself only where that is set', async () => {
      for (const driftRepair of ['Report', 'Repair'] as const) {
        const { world, planning, rowOf, users } = await inSync({ users: 3 }, { settings: { driftRepair, status: 'On' } });
        const { name } = rowOf(only(users).id);
        rowOf(only(users).id).name = 'By hand';
        await tick(planning);
        expect(await planning().plans.list()).toEqual([]);
        world.nowMs += 86_400_000;
        await tick(planning);
        await tick(planning);
        await world.drain();
        expect(await planning().plans.list()).toHaveLength(1);
        expect(rowOf(only(users).id).name).toBe(driftRepair === 'Repair' ? name : 'By hand');
      }
    });

    it.each([
      ['the job is off', { status: 'Off' as const }, false],
      ['the job is paused', { status: 'On' as const }, true],
    ])('does not begin while %s', async (_why, settings, isPaused) => {
      const { world, planning } = await inSync({ users: 1 }, { settings });
      if (isPaused) await changeJob(world.deps().state, (job) => ({ ...job, paused: true }));
      await tick(planning);
      world.nowMs += 2 * 86_400_000;
      await tick(planning);
      expect(await planning().plans.list()).toEqual([]);
    });

    it('what a person has asked to compare is repaired only when they apply it', async () => {
      const { world, planning, rowOf, users } = await inSync({ users: 2 }, { settings: { driftRepair: 'Repair', status: 'On' } });
      rowOf(only(users).id).name = 'By hand';
      const { header } = await check(world, planning, false);
      await settleDrift(planning());
      expect((await planning().plans.read(header.planId))?.value.state).toBe('planned');
      expect(await readDriftState(world.deps())).toMatchObject({ last: { isRepaired: false } });
    });

    it('what is above the threshold stays held, and the rest is repaired', async () => {
      const settings = { driftRepair: 'Repair', status: 'On' } as const;
      const { world, planning, rowOf, users, directory } = await inSync({ users: 3 }, { settings });
      directory.unassign(only(users).assignment);
      await world.round();
      rowOf(only(users).id).suspended = false;
      rowOf(only(users, 1).id).name = 'By hand';
      world.settings = { ...world.settings, deletionThreshold: 0 };
      await tick(planning);
      world.nowMs += 86_400_000;
      await tick(planning);
      await world.drain();
      expect(rowOf(only(users).id).suspended).toBe(false);
      expect(rowOf(only(users, 1).id).name).not.toBe('By hand');
      const [plan] = await planning().plans.list();
      expect(plan).toMatchObject({ state: 'applied', application: { held: 1, enqueued: 1 } });
    });

    it('a crash at every port call of a repair ends in the same state', async () => {
      const ends: unknown[] = [];
      for (let call = 0, wasKilled = true; wasKilled; call += 1) {
        const { world, planning, rowOf, users, agents } = await inSync(
          { users: 3, agents: 1 },
          { settings: { driftRepair: 'Repair', status: 'On' } },
        );
        await tick(planning);
        world.nowMs += 86_400_000;
        rowOf(only(users).id).name = 'By hand';
        rowOf(only(users, 1).id).active = false;
        rowOf(only(agents).id).role = { role: 'admin', customRoleId: null };
        const all = async () => {
          await tick(planning);
          await world.drain();
        };
        wasKilled = await world.killedAt(call, all);
        for (let more = 0; more < 4; more += 1) {
          world.nowMs += 600_000;
          await all();
        }
        ends.push(world.snapshot());
        expect([call, ends.at(-1)]).toEqual([call, ends[0]]);
      }
      expect(ends.length).toBeGreaterThan(50);
      expect(JSON.stringify(ends[0])).not.toContain('By hand');
      expect((ends[0] as { users: { role: { role: string } }[] }).users.filter(({ role }) => role.role === 'admin')).toHaveLength(
        2,
      );
    });
  });
});
