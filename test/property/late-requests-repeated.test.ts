import { anEmployee } from '../builders/people';
import { losesAnswer } from './support/faults';
import { givesUp, HAS_NOT_ENDED, raisedUnheard, returnedUnheard, soon, waitsFor } from './support/late-requests';
import { actionsOf } from './support/told';
import type { World } from './support/world';

describe('a background job that does its work after its caller has given it up', () => {
  describe('and that was asked for a second time meanwhile, and done', () => {
    /** The request that was given up is made again by the item's next try, done, and told; five minutes have gone since. */
    async function doneBy(world: World) {
      await world.work(await soon(world));
      expect(world.queue.messages).toHaveLength(0);
      world.nowMs += 60_000;
    }
    /** Somebody who left, and whose suspension was given up, and then asked for again and done. */
    async function suspendedTwice() {
      const employee = await anEmployee();
      givesUp(employee.world, 'updateUser');
      employee.directory.unassign(employee.assignment);
      await employee.world.round();
      await doneBy(employee.world);
      return employee;
    }

    it('a suspension, and the person back: let in again', async () => {
      const { world, directory, roles, id, account } = await suspendedTwice();
      expect(account.suspended).toBe(true);
      directory.assign(id, roles.user);
      await waitsFor(world, () => Object.assign(account, { suspended: true }));
      expect(account.suspended).toBe(false);
      expect(await actionsOf(world, id)).toEqual(['update', 'disable', 'create']);
    });

    it('a return, and the person gone: suspended again', async () => {
      const { world, directory, account, again } = await returnedUnheard();
      await doneBy(world);
      expect(account.suspended).toBe(false);
      directory.unassign(again);
      await waitsFor(world, () => Object.assign(account, { suspended: false }));
      expect(account.suspended).toBe(true);
    });

    it('a role, and the person without it: lowered again', async () => {
      const { world, directory, roles, id, account, raised } = await raisedUnheard();
      await doneBy(world);
      expect(account.role.role).toBe('agent');
      directory.unassign(raised);
      directory.assign(id, roles.user);
      await waitsFor(world, () => Object.assign(account, { role: { role: 'agent', customRoleId: null } }));
      expect(account.role.role).toBe('end-user');
    });

    it.each([
      ['a name', { displayName: 'First' }, { displayName: 'Second' }, { name: 'First' }, { name: 'Second' }],
      [
        'an address',
        { mail: '1@contoso.com' },
        { mail: '2@contoso.com' },
        { email: '1@contoso.com' },
        { email: '2@contoso.com' },
      ],
    ])('%s, and the person has another one: has that again', async (_, first, second, late, wanted) => {
      const { world, directory, id, account } = await anEmployee();
      givesUp(world, 'updateUser');
      directory.updateUser(id, first);
      await world.round();
      await doneBy(world);
      expect(account).toMatchObject(late);
      directory.updateUser(id, second);
      await waitsFor(world, () => Object.assign(account, late));
      expect(account).toMatchObject(wanted);
    });

    it('a suspension, and the account taken over by the person hired again: let in again', async () => {
      const { world, directory, hire, id, account } = await suspendedTwice();
      directory.hardDeleteUser(id);
      const again = hire('user0');
      const { nowMs } = world;
      await world.cycle();
      world.nowMs = nowMs + 5 * 60_000;
      for (const { item } of world.queue.messages.splice(0)) await world.work(item);
      expect(account).toMatchObject({ suspended: true, externalId: id });
      account.suspended = true;
      await world.drain();
      await world.rounds(2);
      expect(account).toMatchObject({ suspended: false, externalId: again });
    });

    it('whoever is to have just that waits for nothing', async () => {
      const { world, directory, id } = await suspendedTwice();
      directory.updateUser(id, { accountEnabled: false });
      await world.work(await soon(world));
      expect(world.queue.messages).toHaveLength(0);
    });

    it('nobody waits for what was seen to have come', async () => {
      const { world, directory, roles, id, assignment, account } = await anEmployee();
      losesAnswer(world, 'updateUser', HAS_NOT_ENDED);
      directory.unassign(assignment);
      await world.round();
      await doneBy(world);
      expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
      directory.assign(id, roles.user);
      await world.work(await soon(world));
      expect(account.suspended).toBe(false);
    });

    it('a return waits no longer than the first request can take', async () => {
      const { world, directory, roles, id, account } = await suspendedTwice();
      world.nowMs += 20 * 60_000;
      directory.assign(id, roles.user);
      await world.work(await soon(world));
      expect(account.suspended).toBe(false);
      expect(await world.linkOf(id)).not.toHaveProperty('mayCome');
    });
  });
});
