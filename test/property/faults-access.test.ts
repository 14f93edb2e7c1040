import { RejectedError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { aCompany, aNewcomer, anEmployee, aPerson } from '../builders/people';
import { fails, failsForARound, losesAnswersForARound } from './support/faults';
import { only } from './support/only';
import { heldKinds, letsGo } from './support/operator';
import { takeAll, takeFirst } from './support/queue';
import { actionsOf, lastEntry } from './support/told';

describe('what may have been written is not what was written', () => {
  it('a creation that fails, and a group of that name made by hand: it is theirs, and is never deleted', async () => {
    const { world, directory, roles } = aCompany({});
    const group = directory.addGroup({ displayName: 'Sales' });
    const assignment = directory.assign(group, roles.agent);
    await failsForARound(world, 'createGroup');
    const theirs = world.target.seedGroup('Sales');
    await world.round();
    expect(only(await actionsOf(world, group, ['success']))).toBe('update');
    directory.unassign(assignment);
    await world.round();
    expect(world.target.groups.get(theirs.id)?.deleted).toBe(false);
  });

  it('a creation that fails, and an account of that address made by hand: it is adopted, and the log says so', async () => {
    const { world, id } = aNewcomer();
    await failsForARound(world, 'createUser');
    world.target.seedUser({ name: 'By hand', email: 'user0@contoso.com' });
    await world.round();
    expect(only(await actionsOf(world, id, ['success']))).toBe('update');
    expect(await world.linkOf(id)).toMatchObject({ createdByUs: false });
  });

  it('an answer that was lost: the account carries our id, so it is ours', async () => {
    const { world, id } = aNewcomer();
    await losesAnswersForARound(world, 'createUser');
    await world.round();
    expect(await world.linkOf(id)).toMatchObject({ createdByUs: true });
  });

  it('an answer that was lost, and the person leaves while DEPROVISION_USERS is Nothing: the creation is told, and the account linked', async () => {
    const { world, directory, id, assignment } = aNewcomer({ deprovisionUsers: 'Nothing' });
    await losesAnswersForARound(world, 'createUser');
    directory.unassign(assignment);
    await world.round();
    expect(await world.linkOf(id)).toMatchObject({ targetId: world.accountOf(id)?.id, createdByUs: true });
    expect(await actionsOf(world, id)).toEqual(['create']);
    expect(world.accountOf(id)).toMatchObject({ suspended: false });
  });

  it.each([
    ['made', 'createUser', 500],
    ['made', 'createUser', 0],
    ['adopted', 'updateUser', 500],
    ['adopted', 'updateUser', 0],
  ] as const)(
    'the answer to what %s the account was lost (%s), and a lower role before the next try: the seat is taken back, as far as %d allow',
    async (how, call, deletionThreshold) => {
      const { world, directory, roles, agents } = aCompany({ agents: 1 }, { settings: { deletionThreshold } });
      if (how === 'adopted') world.target.seedUser({ name: 'By hand', email: 'agent0@contoso.com' });
      await losesAnswersForARound(world, call);
      const { id, assignment } = only(agents);
      expect(world.accountOf(id)?.role.role).toBe('agent');
      directory.unassign(assignment);
      directory.assign(id, roles.user);
      const cycles: string[] = [];
      for (let at = 0; at < 3; at += 1) cycles.push((await world.round()).cycleId);
      const isHeld = deletionThreshold === 0;
      expect(await heldKinds(world)).toEqual(isHeld ? ['agentDowngrade 1'] : []);
      expect(world.accountOf(id)?.role.role).toBe(isHeld ? 'agent' : 'end-user');
      expect((await world.linkOf(id))?.settledRole?.role).toBe(isHeld ? 'agent' : 'end-user');
      for (const cycleId of cycles) await letsGo(world, cycleId);
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
      const { world, directory, id, assignment, account } = await anEmployee(settings);
      await world.target.deleteUser(account.id);
      directory.updateUser(id, { displayName: 'Renamed' });
      await world.cycle();
      // The process dies as the answer comes in: nothing of it is stored but the claim.
      let isDead = false;
      world.hook = (name) => {
        isDead ||= name === 'target.createUser (answer)';
        if (isDead) throw new Error('killed');
      };
      await world.work(takeFirst(world).item).catch(() => undefined);
      world.hook = undefined;
      expect(isDead).toBe(true);
      const second = world.rowOf(id);
      expect(second.id).not.toBe(account.id);
      if (way === 'unassign') directory.unassign(assignment);
      else directory.hardDeleteUser(id);
      for (let at = 0; at < 3; at += 1) {
        await world.later(1);
      }
      expect(second).toMatchObject(after);
      expect((await world.linkOf(id))?.targetId ?? null).toBe(fate === 'Delete' ? null : second.id);
    },
  );
});

describe('one owner of an account, whatever the order', () => {
  /** Two people of one address, which an account of others has. */
  function twins() {
    const { world, directory, roles } = aCompany({});
    const both = ['one', 'two'].map((name) => {
      const id = directory.addUser({ displayName: name, mail: 'shared@contoso.com', userPrincipalName: `${name}@contoso.com` });
      directory.assign(id, roles.user);
      return id;
    });
    const account = world.target.seedUser({ name: 'There before', email: 'shared@contoso.com' });
    const targets = async () => (await Promise.all(both.map((id) => world.linkOf(id)))).flatMap((link) => link?.targetId ?? []);
    return { world, account, targets };
  }

  it('two people with one address at the same moment: one of them', async () => {
    const { world, targets } = twins();
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
    const linked = await targets();
    expect(new Set(linked).size).toBe(linked.length);
  });

  it('a reservation left behind by a dead process is taken over, once', async () => {
    const { world, account, targets } = twins();
    await world.deps().links.reserveTarget('user', account.id, 'dead' as SourceId);
    await world.rounds(2);
    const linked = await targets();
    expect(linked).toContain(account.id);
    expect(new Set(linked).size).toBe(linked.length);
  });
});

describe('only who suspended lifts', () => {
  it('suspended by an admin in Zendesk, left and returned in Entra: stays suspended', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee();
    account.suspended = true;
    directory.unassign(assignment);
    await world.round();
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
  });

  it('the account was deleted in Zendesk, and another one of theirs is suspended there: a cycle links it, and it stays suspended', async () => {
    const { world, directory, id, account } = await anEmployee();
    const other = world.target.seedUser({ name: 'Other', email: account.email, suspended: true });
    Object.assign(account, { active: false, email: null });
    directory.updateUser(id, { displayName: 'Changed' });
    await world.round();
    expect(other).toMatchObject({ externalId: id, name: 'Changed', suspended: true });
  });

  it.each([
    ['made', 'createUser'],
    ['adopted', 'updateUser'],
  ] as const)(
    'the answer to what %s the account was lost, and an admin suspends it before the next try: stays suspended',
    async (how, call) => {
      const { world, id } = aNewcomer();
      if (how === 'adopted') world.target.seedUser({ name: 'By hand', email: 'user0@contoso.com' });
      await losesAnswersForARound(world, call);
      const account = world.rowOf(id);
      expect(account).toMatchObject({ suspended: false });
      account.suspended = true;
      await world.rounds(3);
      expect(world.accountOf(id)?.suspended).toBe(true);
      expect(await world.linkOf(id)).toMatchObject({ disabledByUs: false, suspendedByOthers: true });
    },
  );

  it('suspended by us, and nobody else: a return lifts it', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    directory.unassign(assignment);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });
});

describe('who is never touched', () => {
  it('a secondary address protects an account: from changes, suspension and removal from groups', async () => {
    const { world, directory, id, assignment, account, team } = await anEmployee({}, { agents: 1 });
    const group = team('Sales', id);
    await world.rounds(2);
    account.otherEmails.push('Boss@contoso.com');
    world.settings = { ...world.settings, protectedUsers: ['boss@contoso.com'] };
    directory.updateUser(id, { displayName: 'Renamed' });
    directory.removeMember(group, id);
    await world.round();
    expect(account.name).toBe('agent0');
    expect(world.inGroup('Sales')).toHaveLength(1);
    directory.unassign(assignment);
    await world.round();
    expect(account.suspended).toBe(false);
    const entry = await lastEntry(world, id);
    expect(entry?.skipReason).toBe('Protected');
  });

  it('a deletion that Zendesk forbids for no ticket: the account is not suspended in its place', async () => {
    const { world, directory, id } = await anEmployee({ hardDeletedUsers: 'Delete' });
    fails(world, 'deleteUser', new RejectedError('base', 'forbidden: the account owner'));
    directory.hardDeleteUser(id);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
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
    const entry = await lastEntry(world, id);
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
    await world.rounds(2);
    expect(agents.slice(0, 2).map(({ id }) => world.accountOf(id)?.role.role)).toEqual(['end-user', 'end-user']);
    const writes = world.target.writeCount();
    const { cycleId } = await world.round();
    expect((await world.counts(cycleId)).bySkipReason).not.toHaveProperty('AwaitingCycle');
    expect(world.target.writeCount()).toBe(writes);
  });
});
