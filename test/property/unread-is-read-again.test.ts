import { aCompany, aPerson } from '../builders/people';
import { Killed } from './support/world';

/** What could not be read is read again by the next cycle: no delta tells of it a second time. */
describe('engine › a read that failed is made again', () => {
  it('a new member of an assigned group who cannot be read has an account as soon as the read succeeds', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    await world.round();
    const ann = aPerson(world, 'ann');
    await world.round();
    directory.addMember(group, ann);
    world.source.switches.unknownReads = new Set([ann]);
    const { cycleId } = await world.round();
    expect(await world.counts(cycleId)).toMatchObject({ bySkipReason: { Unknown: 1 } });
    expect(world.accountOf(ann)).toBeUndefined();
    world.source.switches.unknownReads = new Set();
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false });
    expect((await world.round()).evaluated).toBe(0);
  });

  it('a person deleted for good before a full round, and unreadable after it, is deleted as soon as the read succeeds', async () => {
    const { world, directory, users } = aCompany({ users: 3 }, { settings: { hardDeletedUsers: 'Delete' } });
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    await world.round();
    directory.hardDeleteUser(ann.id);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set([ann.id]);
    await world.round();
    await world.round();
    expect(world.accountOf(ann.id)).toMatchObject({ suspended: false });
    world.source.switches.unknownReads = new Set();
    await world.round();
    expect(world.accountOf(ann.id)).toBeUndefined();
    const reads: string[] = [];
    world.hook = (name) => void reads.push(name);
    await world.round();
    expect(reads).not.toContain('source.readUser');
  });

  it('a membership that ended before a full round, and cannot be proved gone, ends as soon as it can', async () => {
    const { world, directory, roles } = aCompany({});
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.agent);
    const [ann, bob] = [aPerson(world, 'ann'), aPerson(world, 'bob')];
    for (const id of [ann, bob]) directory.addMember(team, id);
    await world.round();
    directory.removeMember(team, ann);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set([ann]);
    await world.round();
    expect(world.accountOf(ann)).toMatchObject({ suspended: false });
    world.source.switches.unknownReads = new Set();
    await world.round();
    expect([ann, bob].map((id) => world.accountOf(id)?.suspended)).toEqual([true, false]);
    const reads: string[] = [];
    world.hook = (name) => void reads.push(name);
    await world.round();
    expect(reads).not.toContain('source.proveMembershipGone');
  });
});

/** A full round that was cut off begins anew; what only its first attempt has shown may be gone since, and no delta tells of it. */
describe('engine › a full round that begins again', () => {
  const cutOff = async (world: ReturnType<typeof aCompany>['world'], method: string) => {
    let pages = 0;
    world.hook = (name) => {
      if (name === `source.${method}`) pages += 1;
      if (pages === 2) throw new Killed();
    };
    await expect(world.cycle()).rejects.toThrow(Killed);
    world.hook = undefined;
  };

  it('a person whom the first attempt has shown, and who is deleted before the second, is deleted in Zendesk', async () => {
    const { world, directory, users } = aCompany({ users: 5 }, { settings: { hardDeletedUsers: 'Delete' } });
    await world.round();
    await world.dueInitial();
    await cutOff(world, 'readUserChanges');
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    directory.hardDeleteUser(ann.id);
    await world.round();
    expect(world.accountOf(ann.id)).toBeUndefined();
  });

  it('a group that the first attempt has shown, and that is deleted before the second, is deleted in Zendesk', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    const groups = ['A', 'B', 'C', 'D'].map((displayName) => directory.addGroup({ displayName }));
    for (const id of groups) directory.assign(id, roles.agent);
    await world.round();
    await world.dueInitial();
    await cutOff(world, 'readGroupChanges');
    directory.deleteGroup(groups[0] ?? '');
    world.source.expireWatermarks();
    await world.round();
    expect(world.groupNamed('A')).toBeUndefined();
    expect(world.groupNamed('B')).toBeDefined();
  });
});
