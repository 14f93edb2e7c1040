import { anEmployee } from '../builders/people';
import { comesAgain, killedAfter, SUSPENDED, suspendedUnheard, timesSaid } from './support/cut-off';
import { losesAnswer } from './support/faults';
import { only } from './support/only';
import { takeFirst } from './support/queue';
import { actionsOf, entriesOf, stepsOf } from './support/told';

describe('what was written and cut off before its log entry', () => {
  it('a suspension by a message that was handed out again after its entry is still ours to lift', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.cycle();
    const message = only(world.queue.messages);
    await world.drain();
    // The message was not taken off the queue in time: it comes again, and finds more to do.
    directory.unassign(assignment);
    await world.cycle();
    const leaving = takeFirst(world);
    losesAnswer(world, 'updateUser');
    await world.work({ ...message.item, allows: leaving.item.allows });
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.assign(id, roles.user);
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(false);
  });

  it('a creation whose entry was written is told once, where its message comes again and finds more to do', async () => {
    const { world, directory, team } = await anEmployee();
    const group = team('Team');
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.updateGroup(group, { displayName: 'Renamed' });
    await world.cycle();
    await comesAgain(world, hidden);
    expect(world.groupNamed('Renamed')).toBeDefined();
    expect(await actionsOf(world, group)).toEqual(['create']);
    const exports = (await stepsOf(world, group)).split('\n').filter((step) => step.startsWith('Zendesk group '));
    expect(exports).toEqual(['Zendesk group created.', 'Zendesk group updated.']);
  });

  it('a suspension whose entry was written is told once, where its message comes again for somebody who is back', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    directory.unassign(assignment);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.assign(id, roles.user);
    await world.cycle();
    await comesAgain(world, hidden);
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
    expect(await stepsOf(world, id)).not.toContain('cut off');
  });

  it('what was cut off is told once, where the entry that has it as a step is followed by the same message', async () => {
    const { world, directory, roles, id } = await suspendedUnheard();
    directory.assign(id, roles.user);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.cycle();
    await comesAgain(world, hidden);
    expect(world.accountOf(id)).toMatchObject({ suspended: false, name: 'Renamed' });
    expect(await timesSaid(world, id, SUSPENDED)).toBe(1);
  });

  it('an account that is deleted after its entry, and made again by the same message, is told as made twice', async () => {
    const { world, hire } = await anEmployee();
    const newcomer = hire('newcomer');
    await world.cycle();
    const message = only(world.queue.messages);
    await world.drain();
    Object.assign(world.rowOf(newcomer), { active: false });
    world.queue.messages.push(message);
    // Made, linked, and killed before its entry.
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    await comesAgain(world, hidden);
    expect(world.accountOf(newcomer)).toMatchObject({ active: true });
    expect(await timesSaid(world, newcomer, 'Account created.')).toBe(2);
  });

  it('a change that is made after the entry of the same message, and cut off, is told', async () => {
    const { world, directory, id, account } = await anEmployee();
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.cycle();
    const message = only(world.queue.messages);
    await world.drain();
    Object.assign(account, { name: 'By hand' });
    directory.updateUser(id, { mail: 'ann.new@contoso.com' });
    await world.cycle();
    world.queue.messages.splice(0);
    world.queue.messages.push(message);
    const hidden = await killedAfter(world, 'linkStore.write', 2);
    await comesAgain(world, hidden);
    expect(world.accountOf(id)).toMatchObject({ name: 'Renamed', email: 'ann.new@contoso.com' });
    const changed = (await entriesOf(world, id)).flatMap(({ modifiedProperties }) => modifiedProperties);
    expect(changed.map(({ newValue }) => newValue)).toContain('ann.new@contoso.com');
  });

  it('a suspension that the same message makes again after its entry, and whose answer is lost, is still ours to lift', async () => {
    const { world, directory, roles, id, assignment } = await anEmployee();
    directory.unassign(assignment);
    await world.cycle();
    const message = only(world.queue.messages);
    await world.drain();
    const again = directory.assign(id, roles.user);
    await world.round();
    directory.unassign(again);
    await world.cycle();
    const leaving = takeFirst(world);
    const repeated = { ...message.item, allows: leaving.item.allows };
    losesAnswer(world, 'updateUser');
    await world.work(repeated);
    expect(world.accountOf(id)?.suspended).toBe(true);
    await world.work(repeated);
    directory.assign(id, roles.user);
    await world.rounds(2);
    expect(world.accountOf(id)?.suspended).toBe(false);
  });
});

describe('what was cut off, and is kept by a try that gives up before it has begun', () => {
  it('is told once: somebody whose suspension had no answer returns, changes just then, and has left again by the next try', async () => {
    const { world, directory, id } = await anEmployee();
    directory.updateUser(id, { accountEnabled: false });
    await world.cycle();
    await killedAfter(world, 'target.updateUser (answer)');
    directory.updateUser(id, { accountEnabled: true });
    world.nowMs += 3_600_000;
    await world.cycle();
    const { space } = world.deps();
    const row = (await space.readObject({ type: 'user', id }))?.value;
    world.hook = (name) => {
      if (name !== 'linkStore.write' || !row) return;
      world.hook = undefined;
      void space.writeObject({ ...row, version: row.version + 1 }, '*');
    };
    await world.work(takeFirst(world).item);
    world.queue.messages.length = 0;
    expect(world.accountOf(id)?.suspended).toBe(true);
    directory.updateUser(id, { accountEnabled: false });
    await world.round();
    expect([...(await actionsOf(world, id))].sort()).toEqual(['create', 'disable']);
    expect((await stepsOf(world, id)).match(/An earlier try was cut off/g)).toBeNull();
  });
});
