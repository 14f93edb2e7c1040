import { aCompany } from '../builders/people';

/** Work whose place within Zendesk's limits is far away is put back before anything is read for it. */
describe('engine › an account cannot be changed now', () => {
  it('what is to change it reads nothing, writes nothing, and is done once there is a place', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round();
    for (const { id } of users) directory.updateUser(id, { displayName: 'Renamed' });
    await world.cycle();
    world.target.busyMs = 90_000;
    const calls: string[] = [];
    world.hook = (name) => void calls.push(name);
    const items = world.queue.messages.filter(({ item }) => item.objectType === 'user').map(({ item }) => item);
    expect(items.length).toBeGreaterThanOrEqual(3);
    for (const item of items) await world.work(item);
    expect(calls.filter((name) => !/^(stateStore\.read|workQueue\.)/.test(name))).toEqual([]);
    world.hook = undefined;
    world.target.busyMs = 0;
    await world.drain();
    for (const { id } of users) expect(world.accountOf(id)?.name).toBe('Renamed');
  });

  it('what turns out to change it has written nothing, and does not read everything again to find that out', async () => {
    const { world, directory, users } = aCompany({ users: 1 });
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    await world.round();
    directory.updateUser(ann.id, { displayName: 'Renamed' });
    await world.dueInitial();
    await world.cycle();
    const found = world.queue.messages.find(({ item }) => item.sourceId === ann.id)?.item;
    if (!found) throw new Error('no item');
    world.target.busyMs = 90_000;
    const before = JSON.stringify(await world.deps().links.read({ type: 'user', id: ann.id }));
    await world.work(found);
    expect(JSON.stringify(await world.deps().links.read({ type: 'user', id: ann.id }))).toBe(before);
    expect(world.queue.messages.some(({ item }) => item.sourceId === ann.id && item.isChange)).toBe(true);
    world.target.busyMs = 0;
    await world.drain();
    expect(world.accountOf(ann.id)?.name).toBe('Renamed');
  });

  it('who is to be created does not wait for it', async () => {
    const { world, users } = aCompany({ users: 2 });
    world.target.busyMs = 90_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
  });
});
