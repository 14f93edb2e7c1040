import { aCompany, aNewcomer, anEmployee } from '../builders/people';
import { meanwhile } from './support/faults';
import { only } from './support/only';
import { take, takeFirst } from './support/queue';
import { entriesOf } from './support/told';

describe('a worker that is slow to record what it wrote', () => {
  it.each([
    ['at once: that one waits', 0, 'first'],
    ['minutes later: that one tells it', 3 * 60_000, 'another'],
  ] as const)('another item finds it %s; a creation is told once', async (_when, passMs, teller) => {
    const { world, id } = aNewcomer();
    await world.cycle();
    const message = takeFirst(world);
    let isReserved = false;
    let isFound = false;
    world.hook = async (name) => {
      isReserved ||= name === 'linkStore.reserveTarget';
      if (!isReserved || isFound || name !== 'linkStore.read') return;
      isFound = true;
      await world.work({ ...message.item, changeId: 'another' });
      world.nowMs += passMs;
      if (passMs > 0) await world.work({ ...message.item, changeId: 'another' });
    };
    await world.work(message.item);
    world.hook = undefined;
    expect(isFound).toBe(true);
    await world.drain();
    const created = (await entriesOf(world, id)).filter(({ provisioningAction }) => provisioningAction === 'create');
    expect(created.map(({ changeId }) => (changeId === 'another' ? changeId : 'first'))).toEqual([teller]);
    expect(await world.deps().log.read(message.item.cycleId, message.item.changeId)).toBeDefined();
  });

  it.each([
    ['for a minute, and it was slow before: it tells it', 60_000, ['first']],
    ['for two minutes: another item tells it', 2 * 60_000, ['another']],
  ] as const)('after its last look at its row stalls %s', async (_, stallsMs, tellers) => {
    for (const end of ['create', 'disable', 'delete'] as const) {
      const { world, directory, id, assignment } = aNewcomer({ hardDeletedUsers: 'Delete' });
      if (end !== 'create') await world.round();
      if (end === 'disable') directory.unassign(assignment);
      if (end === 'delete') directory.hardDeleteUser(id);
      await world.cycle();
      const message = takeFirst(world);
      const another = { ...message.item, changeId: 'another' };
      let [writtenAfter, looks] = [0, 0];
      world.hook = async (name) => {
        if (/^target\.(create|update|delete)User \(answer\)$/.test(name)) {
          // One that took so long may have been waited for.
          world.nowMs += 50_000;
          writtenAfter += 1;
        }
        if (writtenAfter === 1 && name === 'linkStore.read') looks += 1;
        else if (looks > 0) {
          [writtenAfter, looks] = [2, 0];
          await world.work(another);
          world.nowMs += stallsMs;
          await world.work(another);
        }
      };
      await world.work(message.item);
      world.hook = undefined;
      expect(writtenAfter).toBe(2);
      await world.drain();
      const told = (await entriesOf(world, id)).filter(({ provisioningAction }) => provisioningAction === end);
      expect(told.map(({ changeId }) => (changeId === 'another' ? changeId : 'first'))).toEqual(tellers);
    }
  });

  it.each([0, 6 * 60_000])('is waited for by an item whose clock is %d ms ahead', async (aheadMs) => {
    const { world, users } = aCompany({ users: 1 });
    await world.cycle();
    const message = takeFirst(world);
    await meanwhile(
      world,
      'provisioningLog.record',
      async () => {
        world.nowMs += aheadMs;
        await world.work({ ...message.item, changeId: 'another' });
        world.nowMs -= aheadMs;
      },
      () => world.work(message.item),
    );
    await world.drain();
    expect(await entriesOf(world, only(users).id)).toHaveLength(1);
  });

  it('a group is told by the worker that still adds its members, not by another item that comes by', async () => {
    const { world, team, id } = await anEmployee({}, { agents: 1 });
    const group = team('Sales', id);
    await world.cycle();
    const message = take(world, group);
    await meanwhile(
      world,
      'linkStore.putMembership',
      async () => {
        world.nowMs += 60_000;
        await world.work({ ...message.item, changeId: 'another' });
      },
      () => world.work(message.item),
    );
    await world.drain();
    const created = (await entriesOf(world, group)).filter(({ provisioningAction }) => provisioningAction === 'create');
    expect(created.map(({ changeId }) => changeId)).toEqual([message.item.changeId]);
  });
});
