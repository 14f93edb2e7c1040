import { AlreadyExistsError, RejectedError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { breakPair } from '../../src/engine/provision/break-pair';
import { anEmployee } from '../builders/people';
import { comesAgain, killedAfter, makesNobody, SUSPENDED, suspendedUnheard, suspendedUntold, timesSaid } from './support/cut-off';
import { fails, losesAnswer, whereverKilled } from './support/faults';
import { unlinks } from './support/operator';
import { takeFirst } from './support/queue';
import { actionsOf, entriesOf, stepsOf } from './support/told';
import type { World } from './support/world';

describe('what was written and cut off before its log entry', () => {
  it('a suspension that the next item lifts again is a step of its entry', async () => {
    const { world, directory, roles, id } = await suspendedUnheard();
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await actionsOf(world, id)).toEqual(['update', 'create']);
    expect(await stepsOf(world, id)).toContain('cut off before its log entry. What it had written: account suspended.');
  });

  it('a suspension is told although its person has come back and left again before the account could be let in', async () => {
    const { world, directory, roles, id } = await suspendedUnheard();
    const again = directory.assign(id, roles.user);
    await world.cycle();
    fails(world, 'updateUser');
    await world.drain();
    world.target.hook = undefined;
    directory.unassign(again);
    world.nowMs += 3600_000;
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(true);
    expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
    expect(await world.pairOf(id)).toMatchObject({ claim: null });
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it.each([
    ['who is suspended anew by later items, is told as well', 'out', ['disable', 'disable', 'create'], 0],
    ['who is suspended anew by the same message, is told as well', 'again', ['disable', 'create'], 1],
    ['who is back by then, is told', 'back', ['disable', 'create'], 0],
  ])('a suspension that somebody lifts before its entry, of somebody %s', async (_, what, actions, steps) => {
    const { world, directory, roles, id, account, hidden } = await suspendedUntold();
    Object.assign(account, { suspended: false });
    if (what === 'again') world.queue.messages.push(hidden);
    else world.nowMs += 3600_000;
    if (what === 'back') directory.assign(id, roles.user);
    if (what === 'out') directory.updateUser(id, { accountEnabled: false });
    await world.drain();
    await world.rounds(3);
    expect(world.accountOf(id)?.suspended).toBe(what !== 'back');
    expect(await actionsOf(world, id)).toEqual(actions);
    expect(await timesSaid(world, id, SUSPENDED)).toBe(steps);
    expect(await world.linkOf(id)).toMatchObject({ disabledByUs: what !== 'back' });
  });

  it.each([
    ['is gone when its message comes back', false, ['disable', 'create']],
    ['is made again for whoever returns', true, ['create', 'create']],
  ])('a suspension is told, though somebody deletes the account before its entry, and it %s', async (_, isBack, actions) => {
    const { world, directory, roles, id, account, hidden } = await suspendedUntold();
    Object.assign(account, { active: false });
    if (isBack) directory.assign(id, roles.user);
    else world.queue.messages.push(hidden);
    world.nowMs += 3600_000;
    await world.rounds(2);
    expect(await actionsOf(world, id)).toEqual(actions);
    expect(await timesSaid(world, id, SUSPENDED)).toBe(isBack ? 1 : 0);
    expect((await world.pairOf(id))?.claim ?? null).toBeNull();
  });

  it.each(['back', 'back and gone again'])(
    'a suspension is told, though somebody deletes the account before its entry, and nobody is to be made for its person, who is %s',
    async (what) => {
      const { world, directory, roles, id, account } = await suspendedUntold();
      Object.assign(account, { active: false });
      makesNobody(world);
      const again = directory.assign(id, roles.user);
      await world.later(1);
      expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
      if (what !== 'back') directory.unassign(again);
      await world.rounds(2);
      expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
      expect((await world.pairOf(id))?.claim ?? null).toBeNull();
    },
  );

  /** How often the log says that somebody was suspended: as the action of an entry, or as a step of it. */
  const suspensionsTold = async (world: World, id: SourceId): Promise<number> =>
    (await actionsOf(world, id)).filter((action) => action === 'disable').length + (await timesSaid(world, id, SUSPENDED));

  it.each([
    ['somebody hired again takes the account over', 'rehired'],
    ['an operator unlinks it', 'unlinked'],
    ['somebody lifts it and an operator unlinks it, once it is on record', 'lifted'],
  ])('a suspension is told, wherever its item is killed, also where %s before the item comes back', async (_, what) => {
    await whereverKilled(async (killed) => {
      const { world, directory, id, account, hire } = await anEmployee();
      directory.hardDeleteUser(id);
      await world.cycle();
      const message = takeFirst(world);
      await killed(world, () => world.work(message.item));
      const isSuspended = account.suspended;
      const isKnown = (await world.linkOf(id))?.disabledByUs === true;
      world.queue.messages.length = 0;
      world.nowMs += 20 * 60_000;
      if (what === 'rehired') {
        const fresh = hire('user0');
        await world.cycle();
        await world.drain();
        expect(account).toMatchObject({ externalId: fresh, suspended: false });
      } else if (what === 'lifted') account.suspended = false;
      if (what !== 'rehired') await unlinks(world, id);
      world.queue.messages.push(message);
      await world.drain();
      await world.rounds(2);
      const told = await suspensionsTold(world, id);
      return told !== ((what === 'lifted' ? isKnown : isSuspended) ? 1 : 0) && `told ${told} times`;
    });
  });

  it.each(['updateUser', 'endSessions'] as const)(
    'the suspension of whom Zendesk does not delete is told and its sessions end, also where the answer to %s was lost',
    async (method) => {
      const { world, directory, id, account } = await anEmployee({ hardDeletedUsers: 'Delete' });
      world.target.openTickets.add(account.id);
      directory.hardDeleteUser(id);
      await world.cycle();
      losesAnswer(world, method);
      await world.drain();
      expect(account).toMatchObject({ suspended: true, active: true });
      for (let more = 0; more < 2; more += 1) {
        world.target.endedSessions.length = 0;
        await world.later(24);
        expect(world.target.endedSessions).toEqual([account.id]);
        expect(await world.linkOf(id)).toMatchObject({ disabledByUs: true });
      }
      world.target.openTickets.delete(account.id);
      await world.later(24);
      expect(await actionsOf(world, id)).toEqual(['delete', 'create']);
      expect(await stepsOf(world, id)).toContain(SUSPENDED);
      expect((await world.pairOf(id)) ?? null).toBeNull();
    },
  );

  it.each([
    ['before its entry', 'linkStore.write', 4, SUSPENDED],
    ['after it', 'provisioningLog.record', 1, 'it is suspended meanwhile.'],
  ])(
    'the suspension of whom Zendesk does not delete is told once by a process that was killed %s',
    async (_, name, times, told) => {
      for (const next of ['the message', 'another item']) {
        const { world, directory, id, account } = await anEmployee({ hardDeletedUsers: 'Delete' });
        world.target.openTickets.add(account.id);
        directory.hardDeleteUser(id);
        await world.cycle();
        const hidden = await killedAfter(world, name, times);
        if (next === 'the message') world.queue.messages.push(hidden);
        await world.later(24);
        if (next !== 'the message') await world.work({ ...hidden.item, changeId: 'another' });
        const entries = await entriesOf(world, id, ['failure']);
        const steps = entries.map((entry) => entry.provisioningSteps.map(({ description }) => description).join('\n'));
        expect(steps.filter((text) => text.includes(told)).length).toBeGreaterThan(0);
        expect(steps.filter((text) => text.includes('suspended meanwhile') && text.includes('account suspended.'))).toEqual([]);
        if (name !== 'linkStore.write') expect(steps.filter((text) => text.includes('account suspended.'))).toEqual([]);
      }
    },
  );

  it('whoever is let go of with something untold is looked at by the next cycle, which has no other reason to', async () => {
    const { world, id } = await suspendedUnheard();
    const dirty = async () => (await world.deps().space.listDirty()).map((key) => key.id);
    expect(await dirty()).not.toContain(id);
    await breakPair(world.deps(), { type: 'user', id });
    expect(await dirty()).toContain(id);
  });

  it('a suspension that two items in a row are to lift is lifted by the second, where the first was cut off', async () => {
    const { world, directory, roles, id } = await suspendedUnheard();
    directory.assign(id, roles.user);
    await world.cycle();
    // Claimed, and killed before the account is let in.
    const hidden = await killedAfter(world, 'linkStore.write');
    expect(world.accountOf(id)?.suspended).toBe(true);
    await comesAgain(world, hidden);
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await stepsOf(world, id)).toContain(SUSPENDED);
  });

  it.each([
    ['refused', new RejectedError('name', 'refused')],
    ['an address that is taken', new AlreadyExistsError('email', 'taken')],
  ])('a suspension is told and lifted, also where what the next item writes is %s', async (_, refusal) => {
    const { world, directory, roles, id } = await suspendedUnheard();
    directory.assign(id, roles.user);
    fails(world, 'updateUser', refusal);
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(true);
    world.target.hook = undefined;
    world.nowMs += 24 * 3600_000;
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await actionsOf(world, id)).toEqual(['update', 'create']);
    expect(await stepsOf(world, id)).toContain('cut off before its log entry. What it had written: account suspended.');
  });

  it('a suspension whose person is skipped from then on is told, and is still ours to lift', async () => {
    const { world, directory, roles, id } = await suspendedUnheard();
    world.settings = { ...world.settings, deprovisionUsers: 'Nothing' };
    await world.rounds(2);
    expect([...(await actionsOf(world, id))].sort()).toEqual(['create', 'disable']);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.suspended).toBe(false);
  });
});
