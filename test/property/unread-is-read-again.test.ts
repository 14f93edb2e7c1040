import { aCompany, aPerson } from '../builders/people';

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
