import { RejectedError, UnexpectedResponseError } from '../../src/core/errors';
import { aCompany, anEmployee, aPerson } from '../builders/people';
import { dueForDeletion, keepsGroups, killedAfter, makesNobody } from './support/cut-off';
import { fails, losesAnswer } from './support/faults';
import { only } from './support/only';
import { take } from './support/queue';
import { actionsOf, entriesOf, stepsOf } from './support/told';

describe('what was written and cut off before its log entry', () => {
  it('a deletion whose answer was lost is told once, also if the process is killed between its entry and the end of its claim', async () => {
    const { world, directory, id } = await anEmployee({ hardDeletedUsers: 'Delete' });
    directory.hardDeleteUser(id);
    await world.cycle();
    losesAnswer(world, 'deleteUser');
    await world.drain();
    expect(await actionsOf(world, id)).toEqual(['create']);
    await world.cycle();
    const hidden = await killedAfter(world, 'provisioningLog.record');
    // The next cycle's item comes before the message that was under way.
    await world.round();
    world.queue.messages.push(hidden);
    await world.round();
    expect((await actionsOf(world, id)).filter((action) => action === 'delete')).toEqual(['delete']);
  });

  /** A deletion that has failed, and an account that somebody deletes in Zendesk so much later, before it is tried again. */
  async function deletedByHandAfter(minutes: number) {
    const { world, directory, id, account } = await anEmployee({ hardDeletedUsers: 'Delete' });
    directory.hardDeleteUser(id);
    await world.cycle();
    fails(world, 'deleteUser', new UnexpectedResponseError('target', 'A page'));
    await world.drain();
    world.target.hook = undefined;
    world.nowMs += minutes * 60_000;
    Object.assign(account, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    world.nowMs += 24 * 3600_000;
    return { world, id };
  }

  it.each([
    ['after it had long failed, is not', 13, ['create']],
    ['while it may have been under way, by any clock, is', 11, ['delete', 'create']],
  ])('an account that somebody else deletes after a deletion of ours, %s told as ours', async (_when, minutes, told) => {
    const { world, id } = await deletedByHandAfter(minutes);
    await world.round();
    expect(await actionsOf(world, id)).toEqual(told);
    expect((await world.pairOf(id))?.claim ?? null).toBeNull();
    expect(await world.deps().escrows.read({ type: 'user', id })).toBeUndefined();
  });

  it('a deletion on its day is told, though nobody is to be made for its person, who is back before its entry', async () => {
    const { world, directory, roles, id } = await dueForDeletion();
    await killedAfter(world, 'target.deleteUser (answer)');
    makesNobody(world);
    directory.assign(id, roles.user);
    world.nowMs += 3600_000;
    await world.rounds(3);
    expect(await actionsOf(world, id)).toEqual(['delete', 'disable', 'create']);
    expect(await world.pairOf(id)).toBeUndefined();
  });

  it.each([
    ['somebody else deletes the account long after', 'gone'],
    ['the account is there, and nothing is known of the scope', 'unknown'],
  ])('a deletion that was not written is not told, though nobody is to be made for its person, where %s', async (_, what) => {
    const { world, directory, roles, id, account } = await dueForDeletion();
    fails(world, 'deleteUser', new UnexpectedResponseError('target', 'A page'));
    await world.drain();
    world.target.hook = undefined;
    world.nowMs += 13 * 60_000;
    if (what === 'gone') Object.assign(account, { active: false, updatedAt: new Date(world.nowMs).toISOString() });
    makesNobody(world);
    directory.assign(id, roles.user);
    await world.cycle();
    if (what === 'unknown') {
      const { space } = world.deps();
      const row = (await space.readObject({ type: 'user', id }))?.value;
      if (row) await space.writeObject({ ...row, attributes: { ...row.attributes, accountEnabled: null } }, '*');
    }
    await world.drain();
    expect(await actionsOf(world, id)).toEqual(['disable', 'create']);
  });

  it.each(['agent', 'user'] as const)(
    'an admin whose creation was cut off, who leaves and is back as %s: is not left an admin',
    async (role) => {
      const { world, directory, roles } = await anEmployee();
      world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
      const ann = aPerson(world, 'ann');
      const assignment = directory.assign(ann, roles.admin);
      await world.cycle();
      losesAnswer(world, 'createUser');
      await world.drain();
      expect(world.accountOf(ann)).toMatchObject({ role: { role: 'admin' } });
      directory.unassign(assignment);
      await world.round();
      // Found and linked; the next cycle would count what it is to lose.
      expect(await actionsOf(world, ann)).toEqual(['create']);
      expect(world.accountOf(ann)?.suspended).toBe(false);
      directory.assign(ann, roles[role]);
      await world.rounds(3);
      expect(world.accountOf(ann)).toMatchObject({ suspended: false, role: { role: role === 'user' ? 'end-user' : role } });
    },
  );

  it('a creation is told, and the account is ours, also where Zendesk refuses what the next item is to write', async () => {
    const { world, directory, hire } = await anEmployee();
    const newcomer = hire('newcomer');
    await world.cycle();
    losesAnswer(world, 'createUser');
    await world.drain();
    directory.updateUser(newcomer, { displayName: 'Renamed' });
    fails(world, 'updateUser', new RejectedError('name', 'refused'));
    await world.rounds(2);
    world.target.hook = undefined;
    world.nowMs += 24 * 3600_000;
    await world.rounds(2);
    expect(world.accountOf(newcomer)).toMatchObject({ name: 'Renamed' });
    expect(await actionsOf(world, newcomer)).toEqual(['create']);
    expect(await world.linkOf(newcomer)).toMatchObject({ createdByUs: true });
  });

  it('a deletion that is followed by a new account is a step of its entry', async () => {
    const { world, directory, roles, id } = await dueForDeletion();
    losesAnswer(world, 'deleteUser');
    await world.drain();
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ active: true });
    expect(await stepsOf(world, id)).toContain('What it had written: account deleted.');
  });

  it('a creation that somebody deletes before its entry is a step of the one that makes it again', async () => {
    const { world, hire } = await anEmployee();
    const newcomer = hire('newcomer');
    await world.cycle();
    let isKilled = false;
    world.hook = (call) => {
      if (call === 'provisioningLog.record' && !isKilled) {
        isKilled = true;
        throw new Error('killed');
      }
    };
    await world.drain(undefined, () => {
      Object.assign(world.rowOf(newcomer), { active: false });
      return true;
    });
    expect(isKilled).toBe(true);
    expect(world.accountOf(newcomer)).toMatchObject({ active: true });
    expect(await stepsOf(world, newcomer)).toContain('What it had written: account created.');
  });

  it('a group that was made, and that is to be left alone by then, is told as made', async () => {
    const { world, directory, team } = aCompany({}, { schema: keepsGroups() });
    const group = team('Team');
    await world.cycle();
    await killedAfter(world, 'target.listGroupMemberships');
    expect(world.groupNamed('Team')).toBeDefined();
    directory.updateGroup(group, { securityEnabled: false });
    await world.rounds(2);
    expect(world.groupNamed('Team')).toBeDefined();
    expect(await actionsOf(world, group)).toEqual(['create']);
  });

  it('a group that was made and has got a member by then is told as made with that member, by one of two items', async () => {
    const { world, directory, agents, team } = aCompany({ agents: 1 }, { schema: keepsGroups() });
    await world.round();
    const { id } = only(agents);
    const group = team('Team', id);
    await world.cycle();
    world.queue.messages.sort((a, b) => a.item.objectType.localeCompare(b.item.objectType));
    const hidden = await killedAfter(world, 'linkStore.putMembership');
    expect(world.inGroup('Team')).toEqual([id]);
    directory.updateGroup(group, { securityEnabled: false });
    await world.cycle();
    const next = take(world, group);
    world.queue.messages.length = 0;
    let isBegun = false;
    world.hook = async (name) => {
      // Both items are at it at the same time: the one that was cut off, and the next cycle's.
      if (name !== 'target.getGroup' || isBegun) return;
      isBegun = true;
      await world.work(next.item);
    };
    await world.work(hidden.item).catch(() => undefined);
    world.hook = undefined;
    await world.rounds(2);
    const [entry, ...others] = await entriesOf(world, group);
    expect(others).toEqual([]);
    expect(entry?.provisioningAction).toBe('create');
    expect(entry?.modifiedProperties.map(({ displayName }) => displayName)).toContain('members');
  });

  it('a creation is told although its person is skipped from then on', async () => {
    const { world, directory, users } = aCompany({ users: 1 }, { settings: { deprovisionUsers: 'Nothing' } });
    const { id, assignment } = only(users);
    await world.cycle();
    // The claim, and the link.
    await killedAfter(world, 'linkStore.write', 2);
    directory.unassign(assignment);
    await world.rounds(3);
    expect(world.accountOf(id)?.suspended).toBe(false);
    expect(await actionsOf(world, id)).toEqual(['create']);
    expect(await world.pairOf(id)).toMatchObject({ claim: null });
  });

  it('a group that somebody else deletes while this app is about to is not told as deleted by it', async () => {
    const { world, directory, team } = await anEmployee();
    const group = team('Team');
    await world.round();
    directory.deleteGroup(group);
    world.target.hook = (moment, method) => {
      const there = world.groupNamed('Team');
      if (moment === 'before' && method === 'deleteGroup' && there) Object.assign(there, { deleted: true });
    };
    await world.round();
    expect(world.groupNamed('Team')).toBeUndefined();
    expect(await actionsOf(world, group)).toEqual(['create']);
    expect((await world.pairOf(group, 'group')) ?? null).toBeNull();
  });
});
