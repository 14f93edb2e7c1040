import { RejectedError } from '../../src/core/errors';
import { anEmployee, aPerson } from '../builders/people';
import { comesAgain } from './support/cut-off';
import { atCall, failsForARound, losesAnswers, meanwhile, whereverKilled } from './support/faults';
import { only } from './support/only';
import { unlinks } from './support/operator';
import { take, takeFirst } from './support/queue';
import { actionsOf } from './support/told';
import type { World } from './support/world';

describe('a former self whose account is taken over before its own suspension', () => {
  const KEPT = 'kept@contoso.com';

  /** A former self with an account in use, and a newcomer who is about to take it over. */
  async function aTakeover() {
    const { world, directory, roles, id, account } = await anEmployee({}, { users: 2 });
    directory.hardDeleteUser(id);
    const fresh = aPerson(world, 'user0');
    const assignment = directory.assign(fresh, roles.user);
    await world.cycle();
    return { world, directory, fresh, assignment, account, item: take(world, fresh).item };
  }

  const refuse = (world: World) => {
    world.target.hook = (moment, method, args) => {
      const isTakeover = method === 'updateUser' && (args[1] as { externalId?: string }).externalId !== undefined;
      if (moment === 'before' && isTakeover) throw new RejectedError('name', 'Zendesk refuses the name');
    };
  };

  it('loses access where Zendesk refuses the takeover and the newcomer leaves', async () => {
    const { world, directory, assignment, item, account } = await aTakeover();
    refuse(world);
    // The former self's item is late: the newcomer's comes first.
    await world.work(item);
    directory.unassign(assignment);
    expect(account.suspended).toBe(false);
    await world.drain();
    await world.rounds(2);
    expect(account.suspended).toBe(true);
  });

  it('loses access where the newcomer gets an account of another address after the refusal', async () => {
    const { world, directory, fresh, item, account } = await aTakeover();
    refuse(world);
    await world.work(item);
    directory.updateUser(fresh, { mail: KEPT, userPrincipalName: KEPT });
    await world.rounds(3);
    expect(world.accountOf(fresh)).toMatchObject({ email: KEPT, suspended: false });
    expect(world.accountOf(fresh)?.id).not.toBe(account.id);
    expect(account.suspended).toBe(true);
  });

  it('killed at every call of the takeover: the newcomer who leaves has no access, nor has the former self', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, assignment, item, account } = await aTakeover();
      await killed(world, () => world.work(item));
      directory.unassign(assignment);
      world.nowMs += 20 * 60_000;
      await world.drain(undefined, () => true);
      await world.rounds(2);
      return !account.suspended;
    });
  });

  it('and carried out, though its link could not be stored: whoever takes it in the place of an account that is gone is let in', async () => {
    const { world, directory, users, id: old, account } = await anEmployee({}, { users: 2 });
    const other = only(users, 1).id;
    directory.hardDeleteUser(old);
    losesAnswers(world, 'updateUser');
    await world.cycle();
    await world.work(takeFirst(world).item);
    world.target.hook = undefined;
    expect(account.suspended).toBe(true);
    world.queue.messages.length = 0;
    Object.assign(world.rowOf(other), { active: false });
    directory.updateUser(other, { mail: 'user0@contoso.com', userPrincipalName: 'user0@contoso.com' });
    await world.cycle();
    world.queue.messages.sort((a, b) => Number(b.item.sourceId === other) - Number(a.item.sourceId === other));
    await world.drain();
    expect(account).toMatchObject({ externalId: other, suspended: false });
  });

  it('what the brake holds of the former self stays held after a refusal', async () => {
    const settings = { deletionThreshold: 1, deletionThresholdPercent: 0 };
    const { world, directory, users, hire, id: old } = await anEmployee(settings, { users: 2 });
    for (const { id } of users) directory.hardDeleteUser(id);
    await world.round();
    const before = await world.deps().staged.read({ type: 'user', id: old });
    expect(before?.state).toBe('staged');
    refuse(world);
    hire('user0');
    await world.rounds(3);
    expect(await world.deps().staged.read({ type: 'user', id: old })).toMatchObject({ state: 'staged', kind: before?.kind });
  });
});

describe('a former self whose deletion failed before anything was written', () => {
  /** Somebody gone for good whom Zendesk could not be asked to delete. */
  async function aFailedDeletion() {
    const { id, ...company } = await anEmployee({ hardDeletedUsers: 'Delete' }, { users: 2 });
    const { world, directory } = company;
    directory.hardDeleteUser(id);
    await failsForARound(world, 'deleteUser');
    const deletions = async () => (await actionsOf(world, id)).filter((action) => action === 'delete');
    return { ...company, old: id, deletions };
  }

  it('is not told as deleted once its account was taken over', async () => {
    const { world, account, hire, deletions } = await aFailedDeletion();
    const fresh = hire('user0');
    await world.cycle();
    await world.work(take(world, fresh).item);
    await world.drain();
    await world.rounds(2);
    expect(world.accountOf(fresh)).toMatchObject({ id: account.id, suspended: false });
    expect(await deletions()).toEqual([]);
  });

  it('is not told as deleted once its account was taken over, and deleted for whoever had it then', async () => {
    const { world, directory, hire, old, account, deletions } = await aFailedDeletion();
    const fresh = hire('user0');
    await world.cycle();
    await comesAgain(world, take(world, fresh));
    expect(world.accountOf(fresh)?.id).toBe(account.id);
    world.nowMs += 3600_000;
    directory.hardDeleteUser(fresh);
    await world.round();
    expect(account.active).toBe(false);
    await world.deps().space.markDirty([{ type: 'user', id: old }]);
    await world.rounds(2);
    expect(await deletions()).toEqual([]);
  });

  it('is not told as deleted once an operator has unlinked it and somebody else has changed its id', async () => {
    const { world, old, account, deletions } = await aFailedDeletion();
    await unlinks(world, old);
    account.externalId = null;
    await world.deps().space.markDirty([{ type: 'user', id: old }]);
    await world.rounds(2);
    expect(account.active).toBe(true);
    expect(await deletions()).toEqual([]);
  });
});

describe('a former self whose own item is at work while its account is taken over', () => {
  it('keeps what its item has claimed: the account has one owner, and the memberships one keeper', async () => {
    const { world, directory, hire, id: old } = await anEmployee();
    directory.hardDeleteUser(old);
    const fresh = hire('user0');
    await world.cycle();
    const [leaving, coming] = [take(world, old).item, take(world, fresh).item];
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let earlier: Promise<void> | undefined;
    world.hook = async (name) => {
      // The newcomer is about to end the link of the former self, whose item claims it just then and is about to write.
      if ((name === 'linkStore.remove' || name === 'linkStore.releaseTarget') && !earlier) {
        await new Promise<void>((claimed) => {
          world.target.hook = async (moment, method) => {
            if (moment !== 'before' || method !== 'updateUser') return;
            world.target.hook = undefined;
            claimed();
            await woken;
          };
          earlier = world.work(leaving);
        });
      }
    };
    await world.work(coming).catch(() => undefined);
    world.hook = undefined;
    expect(earlier).toBeDefined();
    wake();
    await earlier;
    await world.drain();
    await world.round();
    const links = await Promise.all([old, fresh].map((id) => world.linkOf(id)));
    expect(links.map((link) => link?.targetId ?? null)).toEqual([null, world.accountOf(fresh)?.id]);
    expect(world.accountOf(fresh)).toMatchObject({ suspended: false });
  });

  it('has suspended the account at any call of the takeover: the newcomer is let in', async () => {
    const wrong: number[] = [];
    for (let call = 0, isOver = false; !isOver; call += 1) {
      const { world, directory, hire, id: old } = await anEmployee();
      directory.hardDeleteUser(old);
      const fresh = hire('user0');
      await world.cycle();
      const [leaving, coming] = [take(world, old).item, take(world, fresh).item];
      world.queue.messages.length = 0;
      atCall(world, call, () => world.work(leaving).catch(() => undefined));
      await world.work(coming).catch(() => undefined);
      isOver = world.hook !== undefined;
      world.hook = undefined;
      await world.drain();
      await world.rounds(2);
      if (world.accountOf(fresh)?.suspended !== false) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });
});

describe('a group that is about to take out a former self whose account is taken over', () => {
  it('leaves the newcomer in it, who is in the group in Entra ID', async () => {
    const { world, directory, id: old, account, hire, team } = await anEmployee({}, { agents: 1 });
    const group = team('Sales', old);
    await world.round();
    directory.hardDeleteUser(old);
    const fresh = hire('agent0', 'agent');
    directory.addMember(group, fresh);
    await world.cycle();
    const [taking, coming] = [take(world, group).item, take(world, fresh).item];
    expect(taking.allows?.kind).toBe('membershipRemoval');
    // The group has compared its members, and puts on record who is about to leave.
    await meanwhile(
      world,
      'linkStore.write',
      () => world.work(coming),
      () => world.work(taking),
    );
    expect(world.accountOf(fresh)?.id).toBe(account.id);
    expect(world.inGroup('Sales')).toEqual([fresh]);
    await world.drain();
    await world.round();
    expect(world.inGroup('Sales')).toEqual([fresh]);
  });
});
