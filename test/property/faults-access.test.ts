import { RejectedError, UnavailableError } from '../../src/core/errors';
import type { Link, SourceId, TargetId, WorkItem } from '../../src/core/model';
import { restartJob } from '../../src/engine/control/restart';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { readJob } from '../../src/engine/job/job-state';
import { provisionObject } from '../../src/engine/provision/provision-object';
import { aCompany, aPerson } from '../builders/people';
import type { World } from './support/world';

const OPERATOR = { type: 'application', id: '', displayName: 'test' } as const;

const active = (world: World, people: readonly { readonly id: SourceId }[]): number =>
  people.filter(({ id }) => world.accountOf(id)?.suspended === false).length;

const heldKinds = async (world: World): Promise<readonly string[]> => {
  const kinds: string[] = [];
  for await (const page of world.deps().staged.list())
    for (const row of page) if (row.state === 'staged') kinds.push(`${row.kind} ${row.count}`);
  return kinds.sort();
};

const linkOf = async (world: World, id: SourceId): Promise<Link | null> =>
  (await world.deps().links.read({ type: 'user', id }))?.value.link ?? null;

/** Takes everything out of the queue, to be handed out late. */
const takeAll = (world: World): readonly WorkItem[] => world.queue.messages.splice(0).map(({ item }) => item);

const late = async (world: World, items: readonly WorkItem[]): Promise<void> => {
  for (const item of items) await world.work(item);
  await world.drain();
};

describe('what may have been written is not what was written', () => {
  it('a creation that fails, and a group of that name made by hand: it is theirs, and is never deleted', async () => {
    const { world, directory, roles } = aCompany({});
    const group = directory.addGroup({ displayName: 'Sales' });
    const assignment = directory.assign(group, roles.agent);
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createGroup') throw new UnavailableError('target', '503');
    };
    await world.round();
    world.target.hook = undefined;
    const theirs = world.target.seedGroup('Sales');
    await world.round();
    const [entry] = (await world.deps().log.query({ sourceId: group, statuses: ['success'] }, 10)).entries;
    expect(entry?.provisioningAction).toBe('update');
    directory.unassign(assignment);
    await world.round();
    expect(world.target.groups.get(theirs.id)?.deleted).toBe(false);
  });

  it('a creation that fails, and an account of that address made by hand: it is adopted, and the log says so', async () => {
    const { world, users } = aCompany({ users: 1 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new UnavailableError('target', '503');
    };
    await world.round();
    world.target.hook = undefined;
    world.target.seedUser({ name: 'By hand', email: 'user0@contoso.com' });
    await world.round();
    const [entry] = (await world.deps().log.query({ sourceId: users[0]?.id ?? '', statuses: ['success'] }, 10)).entries;
    expect(entry?.provisioningAction).toBe('update');
    const row = await world.deps().links.read({ type: 'user', id: users[0]?.id as SourceId });
    expect(row?.value.link).toMatchObject({ createdByUs: false });
  });

  it('an answer that was lost: the account carries our id, so it is ours', async () => {
    const { world, users } = aCompany({ users: 1 });
    world.target.hook = (moment, method) => {
      if (moment === 'after' && method === 'createUser') throw new UnavailableError('target', 'connection lost');
    };
    await world.round();
    world.target.hook = undefined;
    await world.round();
    const row = await world.deps().links.read({ type: 'user', id: users[0]?.id as SourceId });
    expect(row?.value.link).toMatchObject({ createdByUs: true });
  });

  it('an answer that was lost, and the person leaves while DEPROVISION_USERS is Nothing: the creation is told, and the account linked', async () => {
    const { world, directory, users } = aCompany({ users: 1 }, { settings: { deprovisionUsers: 'Nothing' } });
    world.target.hook = (moment, method) => {
      if (moment === 'after' && method === 'createUser') throw new UnavailableError('target', 'connection lost');
    };
    await world.round();
    world.target.hook = undefined;
    const id = users[0]?.id as SourceId;
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    expect(await linkOf(world, id)).toMatchObject({ targetId: world.accountOf(id)?.id, createdByUs: true });
    const { entries } = await world.deps().log.query({ sourceId: id, statuses: ['success', 'warning'] }, 10);
    expect(entries.map(({ provisioningAction }) => provisioningAction)).toEqual(['create']);
    expect(world.accountOf(id)).toMatchObject({ suspended: false });
  });

  it.each([
    ['made', 'createUser', 500],
    ['made', 'createUser', 0],
    ['adopted', 'updateUser', 500],
    ['adopted', 'updateUser', 0],
  ])(
    'the answer to what %s the account was lost (%s), and a lower role before the next try: the seat is taken back, as far as %d allow',
    async (how, call, deletionThreshold) => {
      const { world, directory, roles, agents } = aCompany({ agents: 1 }, { settings: { deletionThreshold } });
      if (how === 'adopted') world.target.seedUser({ name: 'By hand', email: 'agent0@contoso.com' });
      world.target.hook = (moment, method) => {
        if (moment === 'after' && method === call) throw new UnavailableError('target', 'connection lost');
      };
      await world.round();
      world.target.hook = undefined;
      const id = agents[0]?.id as SourceId;
      expect(world.accountOf(id)?.role.role).toBe('agent');
      directory.unassign(agents[0]?.assignment ?? '');
      directory.assign(id, roles.user);
      const cycles: string[] = [];
      for (let at = 0; at < 3; at += 1) cycles.push((await world.round()).cycleId);
      const isHeld = deletionThreshold === 0;
      expect(await heldKinds(world)).toEqual(isHeld ? ['agentDowngrade 1'] : []);
      expect(world.accountOf(id)?.role.role).toBe(isHeld ? 'agent' : 'end-user');
      expect((await linkOf(world, id))?.settledRole?.role).toBe(isHeld ? 'agent' : 'end-user');
      for (const cycleId of cycles) await allowDeletes(world.deps(), OPERATOR, cycleId);
      await world.drain();
      expect(world.accountOf(id)).toMatchObject({ role: { role: 'end-user' }, suspended: false });
    },
  );

  it.each([
    ['Suspend', 'unassign', { suspended: true }],
    ['Nothing', 'unassign', { suspended: false }],
    ['Delete', 'hardDelete', { active: false }],
  ] as const)(
    'an account made again after somebody had deleted the first by hand, cut off before its link, and the person leaves (%s): it is found',
    async (fate, way, after) => {
      const settings = fate === 'Delete' ? { hardDeletedUsers: fate } : { deprovisionUsers: fate };
      const { world, directory, users } = aCompany({ users: 1 }, { settings });
      await world.round();
      const id = users[0]?.id as SourceId;
      const first = world.accountOf(id)?.id as TargetId;
      await world.target.deleteUser(first);
      directory.updateUser(id, { displayName: 'Renamed' });
      await world.cycle();
      // The process dies as the answer comes in: nothing of it is stored but the claim.
      let isDead = false;
      world.hook = (name) => {
        isDead ||= name === 'target.createUser (answer)';
        if (isDead) throw new Error('killed');
      };
      await world.work(takeAll(world)[0] as WorkItem).catch(() => undefined);
      world.hook = undefined;
      expect(isDead).toBe(true);
      const second = world.accountOf(id)?.id as TargetId;
      expect(second).not.toBe(first);
      if (way === 'unassign') directory.unassign(users[0]?.assignment ?? '');
      else directory.hardDeleteUser(id);
      for (let at = 0; at < 3; at += 1) {
        world.nowMs += 3600_000;
        await world.round();
      }
      expect(world.target.users.get(second)).toMatchObject(after);
      const link = (await world.deps().links.read({ type: 'user', id }))?.value.link ?? null;
      expect(link?.targetId ?? null).toBe(fate === 'Delete' ? null : second);
    },
  );
});

describe('a permission is never wider than what was counted', () => {
  const settings = { deletionThreshold: 5, deletionThresholdPercent: 100, hardDeletedUsers: 'Delete' } as const;

  it('suspensions let go, then deletions held: the late items delete nobody', async () => {
    const { world, directory, users } = aCompany({ users: 20 }, { settings });
    await world.round();
    for (const { assignment } of users.slice(0, 5)) directory.unassign(assignment);
    await world.cycle();
    const items = takeAll(world);
    for (const { id } of users) directory.hardDeleteUser(id);
    await world.cycle();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDelete 1'));
    await late(world, items);
    expect([...world.target.users.values()].filter((user) => user.active && user.externalId)).toHaveLength(20);
    expect(active(world, users)).toBe(20);
  });

  it('seats let go, then suspensions held: the late items suspend nobody', async () => {
    const { world, directory, agents, roles } = aCompany(
      { agents: 20 },
      { settings: { ...settings, hardDeletedUsers: 'Suspend' } },
    );
    await world.round();
    for (const { id, assignment } of agents.slice(0, 5)) {
      directory.unassign(assignment);
      directory.assign(id, roles.user);
    }
    await world.cycle();
    const items = takeAll(world);
    for (const { id } of agents) directory.updateUser(id, { accountEnabled: false });
    await world.cycle();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDisable 1'));
    await late(world, items);
    expect(active(world, agents)).toBe(20);
  });

  it('suspensions that a later cycle holds among many others: the late items suspend nobody', async () => {
    const { world, directory, users } = aCompany({ users: 20 }, { settings });
    await world.round();
    for (const { assignment } of users.slice(0, 4)) directory.unassign(assignment);
    await world.cycle();
    const items = takeAll(world);
    for (const { assignment } of users.slice(4)) directory.unassign(assignment);
    await world.dueInitial();
    await world.cycle();
    expect(await heldKinds(world)).toHaveLength(20);
    await late(world, items);
    expect(active(world, users)).toBe(20);
  });

  it('20 members held, then many more leave: what was shown goes, and nobody else', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 60 }, { settings });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    for (const { id } of agents) directory.addMember(group, id);
    await world.round();
    await world.round();
    for (const { id } of agents.slice(0, 20)) directory.removeMember(group, id);
    const { cycleId } = await world.round();
    expect(await heldKinds(world)).toEqual(['membershipRemoval 20']);
    for (const { id } of agents.slice(20, 50)) directory.removeMember(group, id);
    // The operator decides on what the first cycle has shown, while the second one has read more.
    await allowDeletes(world.deps(), OPERATOR, cycleId);
    await world.drain();
    const members = world.membersOf(world.groupNamed('Sales')?.id as TargetId);
    expect(members).toHaveLength(40);
    expect(agents.slice(20).every(({ id }) => members.includes(id))).toBe(true);
  });

  it('a group that loses more while it is held: what the first cycle showed is not let go under its name', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 60 }, { settings });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    for (const { id } of agents) directory.addMember(group, id);
    await world.round();
    await world.round();
    for (const { id } of agents.slice(0, 20)) directory.removeMember(group, id);
    const first = await world.round();
    for (const { id } of agents.slice(20, 21)) directory.removeMember(group, id);
    const second = await world.round();
    expect(await heldKinds(world)).toEqual(['membershipRemoval 21']);
    const none = await allowDeletes(world.deps(), OPERATOR, first.cycleId);
    expect(none.released).toEqual([]);
    await world.drain();
    expect(world.membersOf(world.groupNamed('Sales')?.id as TargetId)).toHaveLength(60);
    await allowDeletes(world.deps(), OPERATOR, second.cycleId);
    await world.drain();
    expect(world.membersOf(world.groupNamed('Sales')?.id as TargetId)).toHaveLength(39);
  });

  it('suspensions allowed, and the people hard-deleted meanwhile: no account is deleted by that', async () => {
    const { world, directory, users } = aCompany({ users: 20 }, { settings });
    await world.round();
    for (const { assignment } of users) directory.unassign(assignment);
    const { cycleId } = await world.round();
    expect(await heldKinds(world)).toEqual(Array(20).fill('userDisable 1'));
    for (const { id } of users) directory.hardDeleteUser(id);
    await allowDeletes(world.deps(), OPERATOR, cycleId);
    await world.drain();
    expect([...world.target.users.values()].filter((user) => user.active && user.externalId)).toHaveLength(20);
  });

  it('a held suspension that becomes a deletion, alone in its cycle: it stays held', async () => {
    const { world, directory, users } = aCompany({ users: 20 }, { settings });
    await world.round();
    for (const { assignment } of users) directory.unassign(assignment);
    await world.round();
    directory.hardDeleteUser(users[0]?.id ?? '');
    await world.round();
    expect(world.accountOf(users[0]?.id as SourceId)).toMatchObject({ active: true, suspended: false });
    expect(await heldKinds(world)).toContain('userDelete 1');
  });
});

describe('the share is of those who can still lose something', () => {
  it('300 once linked, 30 active, all unassigned at once: held', async () => {
    const { world, directory, users } = aCompany(
      { users: 120 },
      { settings: { deletionThreshold: 500, deletionThresholdPercent: 100 } },
    );
    await world.round();
    for (const { assignment } of users.slice(0, 90)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(30);
    world.settings = { ...world.settings, deletionThresholdPercent: 30 };
    world.nowMs += 25 * 3600_000;
    for (const { assignment } of users.slice(90)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(30);
    expect(await heldKinds(world)).toHaveLength(30);
  });

  it('nine in each of ten cycles of a day: the second nine are held; a day later nine may go', async () => {
    const { world, directory, users } = aCompany({ users: 90 });
    await world.round();
    for (let at = 0; at < 27; at += 9) {
      for (const { assignment } of users.slice(at, at + 9)) directory.unassign(assignment);
      await world.round();
    }
    expect(active(world, users)).toBe(81);
    world.nowMs += 26 * 3600_000;
    for (const { assignment } of users.slice(30, 38)) directory.unassign(assignment);
    await world.round();
    expect(active(world, users)).toBe(73);
  });
});

describe('a restart that forgets the links', () => {
  it.each(['the disable waits in the queue', 'the disable has failed'])(
    '%s: it is refused, with who is concerned',
    async (where) => {
      const { world, directory, users } = aCompany({ users: 2 });
      await world.round();
      const [leaver] = users;
      directory.unassign(leaver?.assignment ?? '');
      if (where.includes('failed')) {
        world.target.hook = (moment, method) => {
          if (moment === 'before' && method === 'updateUser') throw new RejectedError('suspended', 'no');
        };
        await world.round();
        world.target.hook = undefined;
      } else await world.cycle();
      const result = await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner');
      expect(result).toMatchObject({ kind: 'busy', reason: expect.stringContaining(leaver?.id ?? '-') });
      await world.drain();
      await world.round();
      world.nowMs += 7 * 3600_000;
      await world.round();
      expect(active(world, users)).toBe(1);
      expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    },
  );

  it('by an instance whose clock is slow: who had left just before loses access, though a cycle from before closes after it', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.cycle();
    for (const item of takeAll(world)) await world.work(item);
    directory.unassign(users[0]?.assignment ?? '');
    world.nowMs -= 6 * 60_000;
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    world.nowMs += 6 * 60_000;
    await closeCycles(world.deps());
    // The first cycle after it finds the account, the next one counts it.
    await world.round();
    await world.round();
    expect(active(world, users)).toBe(1);
    expect((await readJob(world.deps().state)).value).toMatchObject({ linksForgottenAt: null, linksSoughtBy: null });
  });

  it('who has left while DEPROVISION_USERS is Nothing: the account is linked again, and suspended once the person is deleted permanently', async () => {
    const { world, directory, users } = aCompany({ users: 2 }, { settings: { deprovisionUsers: 'Nothing' } });
    await world.round();
    const id = users[0]?.id as SourceId;
    directory.unassign(users[0]?.assignment ?? '');
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    await world.cycle();
    const item = world.queue.messages.map((message) => message.item).find(({ sourceId }) => sourceId === id) as WorkItem;
    expect(await provisionObject(world.deps(), item, { dryRun: true })).toMatchObject({ skipReason: 'ActionDisabled' });
    expect(await linkOf(world, id)).toBeNull();
    for (let at = 0; at < 3; at += 1) await world.round();
    expect(active(world, users)).toBe(2);
    expect(await linkOf(world, id)).toMatchObject({ targetId: world.accountOf(id)?.id, disabledByUs: false });
    const { entries } = await world.deps().log.query({ sourceId: id }, 10);
    const [told] = entries.filter(({ skipReason }) => skipReason === 'ActionDisabled');
    expect(told?.provisioningSteps.at(-1)?.description).toBe(
      'Not assigned to the application. DEPROVISION_USERS is Nothing: the account is left alone.',
    );
    directory.hardDeleteUser(id);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ active: true, suspended: true });
  });

  it.each([
    ['Nothing', 'the account is taken as it is', 'agent'],
    ['Suspend', 'access is given back with the role that is due', 'end-user'],
  ] as const)(
    'who has left while DEPROVISION_USERS is %s, and returns with a lower role: %s',
    async (deprovisionUsers, _, role) => {
      const { world, directory, users, roles } = aCompany({ users: 1 }, { settings: { deprovisionUsers } });
      await world.round();
      const id = users[0]?.id as SourceId;
      const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
      Object.assign(account ?? {}, { role: { role: 'agent', customRoleId: null } });
      directory.unassign(users[0]?.assignment ?? '');
      await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner');
      for (let at = 0; at < 3; at += 1) await world.round();
      expect(await linkOf(world, id)).toMatchObject({ targetId: account?.id, settledRole: null });
      const assignment = directory.assign(id, roles.user);
      for (let at = 0; at < 3; at += 1) await world.round();
      expect(account).toMatchObject({ role: { role }, suspended: false });
      expect(await linkOf(world, id)).toMatchObject({ settledRole: { role: 'end-user' } });
      // What Entra ID says of the role is known from here on, and written once it changes.
      directory.unassign(assignment);
      const raised = directory.assign(id, roles.agent);
      await world.round();
      directory.unassign(raised);
      directory.assign(id, roles.user);
      for (let at = 0; at < 2; at += 1) await world.round();
      expect(account).toMatchObject({ role: { role: 'end-user' } });
    },
  );

  it.each([
    ['Delete', 'deleted permanently after the next cycle: the account is deleted', { active: false }],
    ['Suspend', 'back after the next cycle: let in again', { active: true, suspended: false }],
  ] as const)('who was suspended before, with HARD_DELETED_USERS=%s, and is %s', async (hardDeletedUsers, _, end) => {
    const { world, directory, users, roles } = aCompany({ users: 2 }, { settings: { hardDeletedUsers } });
    await world.round();
    const id = users[0]?.id as SourceId;
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    expect(account).toMatchObject({ suspended: true });
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    await world.round();
    expect(await linkOf(world, id)).toMatchObject({ targetId: account?.id, settledRole: null });
    if (end.active) directory.assign(id, roles.user);
    else directory.hardDeleteUser(id);
    for (let at = 0; at < 2; at += 1) await world.round();
    expect(account).toMatchObject(end);
  });

  it('an agent who was suspended before keeps tickets in the next cycle, and is let in by a return', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    await world.round();
    const id = agents[0]?.id as SourceId;
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    directory.unassign(agents[0]?.assignment ?? '');
    await world.round();
    world.target.seedTickets(account?.id as TargetId, 2);
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    world.settings = {
      ...world.settings,
      ...{ deprovisionUsers: 'DowngradeAndSuspend', offboardTickets: { kind: 'group', name: 'Support' } },
    };
    await world.round();
    expect([...world.target.tickets.values()].map(({ assignee }) => assignee)).toEqual([account?.id, account?.id]);
    directory.assign(id, roles.agent);
    await world.round();
    expect(account).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  const hardDeletedAndSuspended = async (count: number) => {
    const company = aCompany({ users: 20 }, { settings: { hardDeletedUsers: 'Delete', deletionThreshold: 5 } });
    const { world, directory, users } = company;
    await world.round();
    const gone = users.slice(0, count);
    for (const { id } of gone) directory.hardDeleteUser(id);
    expect(await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner')).toMatchObject({ kind: 'restarted' });
    const accounts = gone.flatMap(({ id }) => world.target.users.get(world.accountOf(id)?.id as TargetId) ?? []);
    for (const account of accounts) account.suspended = true;
    for (let at = 0; at < 3; at += 1) await world.round();
    return { ...company, accounts };
  };

  it('who is deleted permanently, and suspended by hand before the next cycle: the account is deleted', async () => {
    const { accounts } = await hardDeletedAndSuspended(1);
    expect(accounts).toMatchObject([{ active: false }]);
  });

  it('many who are: held by the brake as any deletions', async () => {
    const { world, accounts } = await hardDeletedAndSuspended(10);
    expect(accounts).toMatchObject(Array(10).fill({ active: true }));
    expect(await heldKinds(world)).toEqual(Array(10).fill('userDelete 1'));
  });

  it('who is unassigned, and suspended by hand before the next cycle: left alone, and let in by a return', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 }, { settings: { hardDeletedUsers: 'Delete' } });
    await world.round();
    const id = users[0]?.id as SourceId;
    directory.unassign(users[0]?.assignment ?? '');
    await restartJob(world.deps(), OPERATOR, ['ConnectorDataStore'], 'owner');
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    if (account) account.suspended = true;
    for (let at = 0; at < 3; at += 1) await world.round();
    expect(account).toMatchObject({ active: true, suspended: true });
    directory.assign(id, roles.user);
    await world.round();
    expect(account).toMatchObject({ active: true, suspended: false });
  });
});

describe('one owner of an account, whatever the order', () => {
  const twins = (world: World): readonly [SourceId, SourceId] => {
    const add = (name: string) =>
      world.directory.addUser({ displayName: name, mail: 'shared@contoso.com', userPrincipalName: `${name}@contoso.com` });
    return [add('one'), add('two')];
  };

  it('two people with one address at the same moment: one of them', async () => {
    const { world, directory, roles } = aCompany({});
    const [one, two] = twins(world);
    directory.assign(one, roles.user);
    directory.assign(two, roles.user);
    world.target.seedUser({ name: 'There before', email: 'shared@contoso.com' });
    await world.cycle();
    const items = takeAll(world);
    // Each is stopped at its first write while the other one runs through.
    let waiting: (() => void)[] = [];
    let isSecond = false;
    world.hook = async (name) => {
      if (name !== 'linkStore.reserveTarget') return;
      if (isSecond) {
        for (const go of waiting) go();
        waiting = [];
        return;
      }
      isSecond = true;
      await new Promise<void>((resolve) => waiting.push(resolve));
    };
    await Promise.allSettled(items.map((item) => world.work(item)));
    world.hook = undefined;
    await world.drain();
    await world.round();
    const links = await Promise.all([one, two].map((id) => world.deps().links.read({ type: 'user', id })));
    const targets = links.flatMap((row) => row?.value.link?.targetId ?? []);
    expect(new Set(targets).size).toBe(targets.length);
  });

  it('a reservation left behind by a dead process is taken over, once', async () => {
    const { world, directory, roles } = aCompany({});
    const [one, two] = twins(world);
    directory.assign(one, roles.user);
    directory.assign(two, roles.user);
    const account = world.target.seedUser({ name: 'There before', email: 'shared@contoso.com' });
    await world.deps().links.reserveTarget('user', account.id, 'dead' as SourceId);
    await world.round();
    await world.round();
    const links = await Promise.all([one, two].map((id) => world.deps().links.read({ type: 'user', id })));
    const targets = links.flatMap((row) => row?.value.link?.targetId ?? []);
    expect(targets).toContain(account.id);
    expect(new Set(targets).size).toBe(targets.length);
  });
});

describe('only who suspended lifts', () => {
  it('suspended by an admin in Zendesk, left and returned in Entra: stays suspended', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const id = users[0]?.id as SourceId;
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    if (account) account.suspended = true;
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
  });

  it('the account was deleted in Zendesk, and another one of theirs is suspended there: a cycle links it, and it stays suspended', async () => {
    const { world, directory, users } = aCompany({ users: 1 });
    await world.round();
    const id = users[0]?.id as SourceId;
    const gone = world.target.users.get(world.accountOf(id)?.id as TargetId);
    if (!gone) throw new Error('nobody');
    const other = world.target.seedUser({ name: 'Other', email: gone.email, suspended: true });
    Object.assign(gone, { active: false, email: null });
    directory.updateUser(id, { displayName: 'Changed' });
    await world.round();
    expect(world.target.users.get(other.id)).toMatchObject({ externalId: id, name: 'Changed', suspended: true });
  });

  it.each([
    ['made', 'createUser'],
    ['adopted', 'updateUser'],
  ])(
    'the answer to what %s the account was lost, and an admin suspends it before the next try: stays suspended',
    async (how, call) => {
      const { world, users } = aCompany({ users: 1 });
      const id = users[0]?.id as SourceId;
      if (how === 'adopted') world.target.seedUser({ name: 'By hand', email: 'user0@contoso.com' });
      world.target.hook = (moment, method) => {
        if (moment === 'after' && method === call) throw new UnavailableError('target', 'connection lost');
      };
      await world.round();
      world.target.hook = undefined;
      const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
      expect(account).toMatchObject({ suspended: false });
      if (account) account.suspended = true;
      for (let at = 0; at < 3; at += 1) await world.round();
      expect(world.accountOf(id)?.suspended).toBe(true);
      const row = await world.deps().links.read({ type: 'user', id });
      expect(row?.value.link).toMatchObject({ disabledByUs: false, suspendedByOthers: true });
    },
  );

  it('suspended by us, and nobody else: a return lifts it', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const id = users[0]?.id as SourceId;
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });
});

describe('who is never touched', () => {
  it('a secondary address protects an account: from changes, suspension and removal from groups', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 }, { settings: { protectedUsers: ['boss@contoso.com'] } });
    const id = agents[0]?.id as SourceId;
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, id);
    world.settings = { ...world.settings, protectedUsers: [] };
    await world.round();
    await world.round();
    const account = world.target.users.get(world.accountOf(id)?.id as TargetId);
    account?.otherEmails.push('Boss@contoso.com');
    world.settings = { ...world.settings, protectedUsers: ['boss@contoso.com'] };
    directory.updateUser(id, { displayName: 'Renamed' });
    directory.removeMember(group, id);
    await world.round();
    expect(account?.name).toBe('agent0');
    expect(world.membersOf(world.groupNamed('Sales')?.id as TargetId)).toHaveLength(1);
    directory.unassign(agents[0]?.assignment ?? '');
    await world.round();
    expect(account?.suspended).toBe(false);
    const [entry] = (await world.deps().log.query({ sourceId: id }, 1)).entries;
    expect(entry?.skipReason).toBe('Protected');
  });

  it('a deletion that Zendesk forbids for no ticket: the account is not suspended in its place', async () => {
    const { world, directory, users } = aCompany({ users: 1 }, { settings: { hardDeletedUsers: 'Delete' } });
    await world.round();
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'deleteUser') throw new RejectedError('base', 'forbidden: the account owner');
    };
    directory.hardDeleteUser(users[0]?.id ?? '');
    await world.round();
    expect(world.accountOf(users[0]?.id as SourceId)?.suspended).toBe(false);
  });

  it('the last active admin keeps access', async () => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'admin');
    const assignment = directory.assign(id, roles.admin);
    await world.round();
    for (const user of world.target.users.values()) if (user.externalId !== id) user.suspended = true;
    directory.unassign(assignment);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ suspended: false });
    const [entry] = (await world.deps().log.query({ sourceId: id }, 1)).entries;
    expect(entry?.provisioningSteps.at(-1)?.description).toContain('last active admin');
  });
});

describe('settings apply to the state, not only to events', () => {
  it('DowngradeAndSuspend set later: seats of those suspended before are freed, and then it is quiet', async () => {
    const { world, directory, agents } = aCompany({ agents: 3 });
    await world.round();
    for (const { assignment } of agents.slice(0, 2)) directory.unassign(assignment);
    await world.round();
    expect(agents.slice(0, 2).map(({ id }) => world.accountOf(id)?.role.role)).toEqual(['agent', 'agent']);
    world.settings = { ...world.settings, deprovisionUsers: 'DowngradeAndSuspend' };
    await world.round();
    await world.round();
    expect(agents.slice(0, 2).map(({ id }) => world.accountOf(id)?.role.role)).toEqual(['end-user', 'end-user']);
    const writes = world.target.writeCount();
    const { cycleId } = await world.round();
    expect((await world.counts(cycleId)).bySkipReason).not.toHaveProperty('AwaitingCycle');
    expect(world.target.writeCount()).toBe(writes);
  });
});
