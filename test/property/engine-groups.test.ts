import { UnavailableError } from '../../src/core/errors';
import type { TargetId } from '../../src/core/model';
import { aCompany, aPerson } from '../builders/people';
import { only } from './support/only';
import { World } from './support/world';

describe('engine › groups', () => {
  const withGroup = async (isThere: boolean) => {
    const company = aCompany({ agents: 2 });
    const group = company.directory.addGroup({ displayName: 'Sales' });
    const assignment = company.directory.assign(group, company.roles.agent);
    for (const { id } of company.agents) company.directory.addMember(group, id);
    if (isThere) company.world.target.seedGroup('Sales');
    await company.world.round();
    return { ...company, group, assignment };
  };

  it.each([
    ['created by us: deleted', false],
    ['there before: let go with its members', true],
  ])('unassigned, %s', async (_what, isThere) => {
    const { world, directory, assignment } = await withGroup(isThere);
    const before = world.groupNamed('Sales');
    expect(before && world.membersOf(before.id)).toHaveLength(2);
    directory.unassign(assignment);
    await world.round();
    const after = world.groupNamed('Sales');
    expect(after?.id).toBe(isThere ? before?.id : undefined);
    if (after) expect(world.membersOf(after.id)).toHaveLength(2);
  });

  it('a member whose seat was given back by a request whose answer was lost is a member again on return, killed at any call', async () => {
    const wrong: number[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, agents } = await withGroup(false);
      world.settings = { ...world.settings, deprovisionUsers: 'DowngradeAndSuspend' };
      await world.round();
      const { id } = only(agents.slice(0, 1));
      world.hook = (name) => {
        if (name !== 'target.updateUser (answer)') return;
        world.hook = undefined;
        throw new UnavailableError('target', 'The answer was lost');
      };
      directory.updateUser(id, { accountEnabled: false });
      await world.round();
      expect(world.accountOf(id)).toMatchObject({ suspended: true, role: { role: 'end-user' } });
      directory.updateUser(id, { accountEnabled: true });
      await world.cycle();
      wasKilled = await world.killedAt(call, () => world.drain());
      world.nowMs += 20 * 60_000;
      for (let more = 0; more < 2; more += 1) await world.round();
      const members = world.membersOf(world.groupNamed('Sales')?.id as TargetId);
      if (world.accountOf(id)?.suspended !== false || !members.includes(id)) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });

  it('adopted, deleted in Zendesk by hand and made again by us: ours from then on', async () => {
    const { world, directory, group, assignment } = await withGroup(true);
    const adopted = world.groupNamed('Sales');
    if (adopted) await world.target.deleteGroup(adopted.id);
    directory.updateGroup(group, { description: 'changed' });
    await world.round();
    expect(world.groupNamed('Sales')?.id).not.toBe(adopted?.id);
    directory.unassign(assignment);
    await world.round();
    expect(world.groupNamed('Sales')).toBeUndefined();
  });

  it('created by us, deleted by hand, and another one of that name made by somebody: theirs, never deleted', async () => {
    const { world, directory, group, assignment } = await withGroup(false);
    const ours = world.groupNamed('Sales');
    if (ours) await world.target.deleteGroup(ours.id);
    const theirs = world.target.seedGroup('Sales');
    directory.updateGroup(group, { description: 'changed' });
    await world.round();
    directory.unassign(assignment);
    await world.round();
    expect(world.groupNamed('Sales')?.id).toBe(theirs.id);
  });

  it('renamed: the same group under its new name', async () => {
    const { world, directory, group } = await withGroup(false);
    const id = world.groupNamed('Sales')?.id;
    directory.updateGroup(group, { displayName: 'Sales EMEA' });
    await world.round();
    expect(world.groupNamed('Sales EMEA')?.id).toBe(id);
  });

  it('two of one name: the first has it, the other is an escrow that names it; once renamed it goes on', async () => {
    const { world, directory, roles } = await withGroup(false);
    const second = directory.addGroup({ displayName: 'sales' });
    directory.assign(second, roles.agent);
    await world.round();
    const escrow = await world.deps().escrows.read({ type: 'group', id: second });
    expect(escrow).toMatchObject({ code: 'DuplicateTargetEntries' });
    expect([...world.target.groups.values()].filter(({ name }) => name.toLowerCase() === 'sales')).toHaveLength(1);
    directory.updateGroup(second, { displayName: 'Sales 2' });
    await world.round();
    expect(world.groupNamed('Sales 2')).toBeDefined();
    expect(await world.deps().escrows.read({ type: 'group', id: second })).toBeUndefined();
  });

  it('no longer security-enabled: who was in scope through it is suspended, and back when it is enabled again', async () => {
    const world = new World();
    const { directory } = world;
    const role = directory.addAppRole({ displayName: 'Agent', value: 'agent' });
    const group = directory.addGroup({ displayName: 'Sales' });
    const ann = aPerson(world, 'ann');
    directory.addMember(group, ann);
    directory.assign(group, role);
    await world.round();
    directory.updateGroup(group, { securityEnabled: false });
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    directory.updateGroup(group, { securityEnabled: true });
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('an account made again after a deletion by hand is in the groups that it was in', async () => {
    const { world, directory, agents } = await withGroup(false);
    const account = world.accountOf(only(agents).id);
    if (account) await world.target.deleteUser(account.id);
    directory.updateUser(only(agents).id, { displayName: 'Renamed' });
    await world.round();
    const sales = world.groupNamed('Sales');
    expect(sales && world.membersOf(sales.id)).toContain(only(agents).id);
  });
});

describe('engine › members of a group', () => {
  const inGroup = async () => {
    const company = aCompany({ agents: 2 });
    const group = company.directory.addGroup({ displayName: 'Sales' });
    company.directory.assign(group, company.roles.agent);
    const [ann, bob] = company.agents;
    if (!ann || !bob) throw new Error('two are needed');
    company.directory.addMember(group, ann.id);
    await company.world.round();
    const members = () => company.world.membersOf(company.world.groupNamed('Sales')?.id ?? ('' as never));
    return { ...company, group, ann: ann.id, bob: bob.id, members };
  };

  it('a member whom a full round lacks stays until a direct read has proved that the membership is gone', async () => {
    const { world, directory, group, ann, members } = await inGroup();
    directory.members.get(group)?.delete(ann);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set([ann]);
    await world.round();
    await world.round();
    expect(members()).toEqual([ann]);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set();
    await world.round();
    expect(members()).toEqual([]);
  });

  it('a protected account is neither put into a group nor taken out of one', async () => {
    const { world, directory, group, ann, bob, members } = await inGroup();
    const ids = [ann, bob].map((id) => world.accountOf(id)?.id ?? '');
    world.settings = { ...world.settings, protectedUsers: ids };
    directory.addMember(group, bob);
    directory.removeMember(group, ann);
    await world.round();
    expect(members()).toEqual([ann]);
  });
});
