import { RejectedError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { startApply } from '../../src/engine/preview/apply-plan';
import { releaseHolds } from '../../src/engine/undo/holds';
import { OLGA, Undoing } from './support/undoing';
import { World } from './support/world';

/** A company of some people in one group that makes agents of them. */
async function aCompany(people: number, settings = {}) {
  const world = new World({ settings: { deletionThreshold: 500, ...settings } });
  const { directory } = world;
  const agent = directory.addAppRole({ displayName: 'Agent', value: 'agent', isEnabled: true });
  const group = directory.addGroup({ displayName: 'Support' });
  const ids = Array.from({ length: people }, (_, at) => {
    const mail = `u${at}@contoso.com`;
    const id = directory.addUser({ displayName: `User ${at}`, mail, userPrincipalName: mail, accountEnabled: true });
    directory.addMember(group, id);
    return id;
  });
  const assignment = directory.assign(group, agent);
  await world.round();
  return { world, undoing: new Undoing(world), group, ids, agent, assignment };
}

const holdsOf = async (world: World) => {
  const keys: string[] = [];
  for await (const page of world.deps().holds.list()) keys.push(...page.map(({ key }) => key.id));
  return keys;
};

describe('undo of a cycle', () => {
  it('brings back who was suspended by mistake, holds them, and undo of the undo suspends them again', async () => {
    const { world, undoing, ids, assignment } = await aCompany(6);
    const before = world.snapshot();
    world.directory.unassign(typeof assignment === 'string' ? assignment : (assignment as { id: string }).id);
    const { cycleId } = await world.round();
    expect(ids.map((id) => world.accountOf(id)?.suspended)).toEqual(ids.map(() => true));
    const after = world.snapshot();

    const { header, rows } = await undoing.plan(cycleId);
    expect(header).toMatchObject({ kind: 'undo', undoes: cycleId, removals: {} });
    const { header: applied } = await undoing.apply(header.planId);
    expect([applied.application?.refused, rows.map(({ outcome, reason }) => [outcome, reason])]).toEqual([0, expect.anything()]);
    expect(ids.map((id) => world.accountOf(id)?.suspended)).toEqual(ids.map(() => false));
    expect((world.snapshot() as { users: unknown }).users).toEqual((before as { users: unknown }).users);
    expect((await holdsOf(world)).length).toBeGreaterThanOrEqual(ids.length);

    // Cycles leave them alone, an initial one too.
    await world.dueInitial();
    await world.round();
    expect(ids.map((id) => world.accountOf(id)?.suspended)).toEqual(ids.map(() => false));

    const again = await undoing.plan(applied.application?.cycleId ?? '');
    await undoing.apply(again.header.planId);
    expect((world.snapshot() as { users: unknown }).users).toEqual((after as { users: unknown }).users);
    expect(await holdsOf(world)).toEqual([]);
  });

  it('what somebody has changed since stays, and is named', async () => {
    const { world, undoing, ids } = await aCompany(2);
    const [one, other] = ids as [SourceId, SourceId];
    for (const id of [one, other]) world.directory.updateUser(id, { displayName: `Renamed ${id}` });
    const { cycleId } = await world.round();
    const account = world.target.users.get(world.accountOf(one)?.id ?? ('' as never));
    if (!account) throw new Error('no account');
    account.name = 'By hand';
    const { header, rows } = await undoing.plan(cycleId);
    const rowOf = (id: SourceId) => rows.find(({ key }) => key.id === id);
    expect(rowOf(one)).toMatchObject({
      outcome: 'skipped',
      code: 'NotRestorable',
      reason: expect.stringContaining('it was changed in Zendesk since'),
    });
    expect(rowOf(other)).toMatchObject({ outcome: 'planned', removal: null });
    await undoing.apply(header.planId);
    expect([world.accountOf(one)?.name, world.accountOf(other)?.name]).toEqual(['By hand', 'User 1']);
    expect(await holdsOf(world)).toEqual([other]);
  });

  it('a role comes back only with a free seat; access comes back without one', async () => {
    const { world, undoing, ids, assignment } = await aCompany(2, { deprovisionUsers: 'DowngradeAndSuspend', agentSeats: 3 });
    world.directory.unassign(typeof assignment === 'string' ? assignment : (assignment as { id: string }).id);
    const { cycleId } = await world.round();
    const agent = { role: 'agent', customRoleId: null } as const;
    world.target.seedUser({ name: 'Temporary', email: 'temp@x.example', role: agent });
    const { header, rows } = await undoing.plan(cycleId);
    expect(header.seats).toMatchObject({ bought: 3, before: 2, needed: 2, missing: 1 });
    const [first, second] = [...ids].sort() as [SourceId, SourceId];
    expect(rows.flatMap(({ key, code }) => (code === 'AwaitingSeat' ? [key.id] : []))).toEqual([second]);
    // A count of seats is a minute old at most.
    world.nowMs += 120_000;
    await undoing.apply(header.planId);
    expect([first, second].map((id) => [world.accountOf(id)?.role.role, world.accountOf(id)?.suspended])).toEqual([
      ['agent', false],
      ['end-user', false],
    ]);
  });

  it('an address that is protected by now is not given back', async () => {
    const { world, undoing, ids } = await aCompany(1);
    const [one] = ids as [SourceId];
    world.directory.updateUser(one, { mail: 'new@contoso.com' });
    const { cycleId } = await world.round();
    world.settings = { ...world.settings, protectedUsers: ['u0@contoso.com'] };
    const { header, rows } = await undoing.plan(cycleId);
    expect(rows[0]).toMatchObject({ outcome: 'skipped', code: 'Protected' });
    await undoing.apply(header.planId);
    expect(world.accountOf(one)?.email).toBe('new@contoso.com');
  });

  it('a release lets the next cycle take access away again; a change of the person does that for one', async () => {
    const { world, undoing, ids, assignment } = await aCompany(4);
    world.directory.unassign(typeof assignment === 'string' ? assignment : (assignment as { id: string }).id);
    const { cycleId } = await world.round();
    const { header } = await undoing.plan(cycleId);
    await undoing.apply(header.planId);

    world.directory.updateUser(ids[0] as SourceId, { displayName: 'Somebody else' });
    await world.round();
    expect(ids.map((id) => world.accountOf(id)?.suspended)).toEqual([true, false, false, false]);
    const log = await world.deps().log.query({ sourceId: ids[0] as string }, 20);
    expect(
      log.entries.flatMap(({ provisioningSteps }) => provisioningSteps.map(({ description }) => description)),
    ).toContainEqual(expect.stringContaining('It is no longer held: it changed in Entra ID'));

    await releaseHolds(world.deps(), OLGA, { kind: 'plan', planId: header.planId });
    await world.round();
    expect(ids.map((id) => world.accountOf(id)?.suspended)).toEqual([true, true, true, true]);
  });

  it('a way back that comes too late leaves the failure of what is due as it is', async () => {
    const { world, undoing, ids } = await aCompany(2);
    const [id] = ids as [SourceId];
    world.directory.updateUser(id, { displayName: 'Renamed' });
    const { cycleId } = await world.round();
    const { header } = await undoing.plan(cycleId);
    await startApply(undoing.planning(), header.planId, OLGA, true);
    await undoing.applied(header.planId);
    const late = world.queue.messages.splice(0);
    expect(late.map(({ item }) => item.undo)).toContain(header.planId);
    await releaseHolds(world.deps(), OLGA, { kind: 'plan', planId: header.planId });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'updateUser') throw new RejectedError('name', 'Zendesk refuses the name');
    };
    world.directory.updateUser(id, { displayName: 'Refused' });
    await world.round();
    const failure = await world.deps().escrows.read({ type: 'user', id });
    expect(failure).toBeDefined();
    world.queue.messages.push(...late);
    await world.drain();
    expect(await world.deps().escrows.read({ type: 'user', id })).toEqual(failure);
  });

  it('agents who were made end users get role and groups back', async () => {
    const { world, undoing, ids, group } = await aCompany(3, { deprovisionUsers: 'DowngradeAndSuspend' });
    const before = world.snapshot();
    for (const id of ids) world.directory.updateUser(id, { accountEnabled: false });
    const { cycleId } = await world.round();
    expect(ids.map((id) => world.accountOf(id)?.role.role)).toEqual(ids.map(() => 'end-user'));
    const { header } = await undoing.plan(cycleId);
    const { rows } = await undoing.apply(header.planId);
    expect(rows.map(({ applied, refusal }) => [applied, refusal])).toEqual(ids.map(() => ['enqueued', null]));
    expect(world.snapshot()).toEqual(before);
    expect(group).toBeDefined();
  });

  it('accounts that a cycle created are suspended, and said to be', async () => {
    const { world, undoing, ids, group } = await aCompany(2);
    const added = world.directory.addUser({
      displayName: 'New',
      mail: 'new@contoso.com',
      userPrincipalName: 'new@contoso.com',
      accountEnabled: true,
    });
    world.directory.addMember(group, added);
    const { cycleId } = await world.round();
    const { header, rows } = await undoing.plan(cycleId);
    expect(header.removals).toEqual({ userDisable: 1 });
    expect(rows.find(({ key }) => key.id === added)?.warnings.join(' ')).toContain('it is suspended, not deleted');
    await undoing.apply(header.planId);
    expect(world.accountOf(added)?.suspended).toBe(true);
    expect(world.membersOf(world.groupNamed('Support')?.id as never)).toContain(ids[0]);
    await world.dueInitial();
    await world.round();
    expect(world.accountOf(added)?.suspended).toBe(true);
    expect(world.membersOf(world.groupNamed('Support')?.id as never)).toContain(ids[0]);
  });
});
