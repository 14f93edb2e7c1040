import { RejectedError } from '../../src/core/errors';
import { anEmployee } from '../builders/people';
import { givesUp, raisedUnheard, returnedUnheard, soon, waitsFor } from './support/late-requests';
import { actionsOf } from './support/told';

describe('a background job that does its work after its caller has given it up', () => {
  it('a suspension, and the person back before it comes: let in again', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee();
    givesUp(world, 'updateUser');
    directory.unassign(assignment);
    await world.round();
    directory.assign(id, roles.user);
    await waitsFor(world, () => Object.assign(account, { suspended: true }));
    expect(account.suspended).toBe(false);
  });

  it('a role, and the person without it before it comes: lowered again', async () => {
    const { world, directory, roles, id, account, raised } = await raisedUnheard();
    directory.unassign(raised);
    directory.assign(id, roles.user);
    await waitsFor(world, () => Object.assign(account, { role: { role: 'agent', customRoleId: null } }));
    expect(account.role).toEqual({ role: 'end-user', customRoleId: null });
    expect(await actionsOf(world, id, ['success'])).toEqual(['update', 'create']);
  });

  it.each([
    ['comes', 'user', 'end-user'],
    ['never comes', 'agent', 'agent'],
  ] as const)('a role, and the person gone before it %s: suspended at once, and back as %s', async (comes, word, role) => {
    const { world, directory, roles, id, account, raised } = await raisedUnheard();
    directory.unassign(raised);
    await world.work(await soon(world));
    expect(account.suspended).toBe(true);
    if (comes === 'comes') account.role = { role: 'agent', customRoleId: null };
    directory.assign(id, roles[word]);
    await world.rounds(3);
    expect(account).toMatchObject({ suspended: false, role: { role, customRoleId: null } });
  });

  it.each([
    ['comes', [['disable', 'create'], true]],
    ['never comes', [['create'], false]],
  ] as const)(
    'a suspension that waits for a cycle to count it by now, and %s: it is told where it was written',
    async (comes, end) => {
      const { world, directory, id, assignment, account } = await anEmployee();
      givesUp(world, 'updateUser');
      directory.unassign(assignment);
      const item = await soon(world);
      await world.work(item);
      world.nowMs += 2 * 60_000;
      await world.work({ ...item, changeId: 'another', allows: null });
      // Nothing waits for the request before it is counted.
      expect((await world.deps().staged.read({ type: 'user', id }))?.state).toBe('candidate');
      if (comes === 'comes') account.suspended = true;
      await world.drain();
      expect([await actionsOf(world, id), account.suspended]).toEqual(end);
    },
  );

  it('a return, and the person gone again before it comes: no access is left', async () => {
    const { world, directory, account, again } = await returnedUnheard();
    directory.unassign(again);
    await waitsFor(world, () => Object.assign(account, { suspended: false }));
    expect(account.suspended).toBe(true);
  });

  it.each([
    ['comes', 'user0'],
    ['comes', 'Once more'],
    ['never comes', 'Once more'],
    ['has come', 'Once more'],
  ])('a name, and the person called something else before it %s: %s', async (comes, name) => {
    const { world, directory, id, account } = await anEmployee();
    const before = account.name;
    givesUp(world, 'updateUser');
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.round();
    const wanted = name === 'user0' ? before : name;
    if (comes === 'has come') account.name = 'Renamed';
    directory.updateUser(id, { displayName: wanted });
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(comes === 'has come' ? 0 : 1);
    if (comes === 'comes') account.name = 'Renamed';
    await world.drain();
    expect(account.name).toBe(wanted);
  });

  it.each([
    ['is refused: the next one is written at once', false, 'corrected@contoso.com'],
    ['is refused after one that may come: the next one waits', true, 'user0@contoso.com'],
  ])('an address that %s', async (_, isGivenUpBefore, address) => {
    const { world, directory, id, account } = await anEmployee();
    directory.updateUser(id, { mail: 'mistyped@contoso.com' });
    if (isGivenUpBefore) {
      givesUp(world, 'updateUser');
      await world.work(await soon(world));
    }
    givesUp(world, 'updateUser', new RejectedError('email', 'not an address'));
    await world.work(await soon(world));
    directory.updateUser(id, { mail: 'corrected@contoso.com' });
    await world.work(await soon(world));
    expect(account.email).toBe(address);
    await world.drain();
    expect(account.email).toBe('corrected@contoso.com');
  });

  it('a name that may come keeps nobody who has left from losing access, nor who is back from having it', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee();
    givesUp(world, 'updateUser');
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.round();
    directory.unassign(assignment);
    await world.work(await soon(world));
    expect(account.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.round();
    expect(account).toMatchObject({ suspended: false, name: 'Renamed' });
  });

  it.each(['Suspend', 'DowngradeAndSuspend'] as const)(
    'a departure (%s) keeps its claim however long its job takes',
    async (how) => {
      const { world, directory, id, assignment } = await anEmployee({ deprovisionUsers: how }, { agents: 1 });
      const endsAfterMs: number[] = [];
      world.target.hook = async (moment, called, [, , onWaiting]) => {
        if (moment !== 'before' || called !== 'updateUser') return;
        world.nowMs += 100_000;
        (onWaiting as (() => void) | undefined)?.();
        for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
        endsAfterMs.push(((await world.pairOf(id))?.claim?.untilMs ?? 0) - world.nowMs);
      };
      directory.unassign(assignment);
      await world.round();
      expect(endsAfterMs).toEqual([110_000]);
    },
  );

  it('one that never comes keeps nobody waiting for longer than twenty minutes: clocks may be ten apart', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee();
    givesUp(world, 'updateUser');
    directory.unassign(assignment);
    await world.round();
    directory.assign(id, roles.user);
    const beganMs = world.nowMs;
    await world.work(await soon(world));
    expect(world.queue.messages).toHaveLength(1);
    await world.drain();
    expect(world.nowMs - beganMs).toBeLessThan(21 * 60_000);
    expect(account.suspended).toBe(false);
    expect(await actionsOf(world, id)).toEqual(['create']);
  });
});
