import { aCompany } from '../builders/people';
import { only } from './support/only';

describe('an instance that stands still between reading a page and writing it, while another one continues', () => {
  it.each([
    ['users', 'readUserChanges'],
    ['groups', 'readGroupChanges'],
  ] as const)('%s: what it had read does not replace what has been read since', async (kind, method) => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    const user = only(users);
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    const member = directory.addUser({ displayName: 'Ann', mail: 'ann@contoso.com', userPrincipalName: 'ann@contoso.com' });
    await world.round();
    directory.addMember(team, member);
    directory.updateUser(user.id, { displayName: 'Renamed' });
    const read = world.source[method].bind(world.source) as (...args: unknown[]) => Promise<never>;
    let isStalled = false;
    Object.assign(world.source, {
      [method]: async (...args: unknown[]) => {
        const page = await read(...args);
        if (isStalled) return page;
        isStalled = true;
        directory.removeMember(team, member);
        directory.updateUser(user.id, { accountEnabled: false });
        world.nowMs += 5 * 60_000;
        await world.round();
        return page;
      },
    });
    world.nowMs += 20 * 60_000;
    expect(await world.tick()).toMatchObject({ kind: 'notRun' });
    for (let more = 0; more < 2; more += 1) await world.round();
    if (kind === 'users') expect(world.accountOf(user.id)).toMatchObject({ suspended: true });
    else expect(world.accountOf(member)?.suspended ?? true).toBe(true);
  });
});
