import { aCompany } from '../builders/people';
import { atCall } from './support/faults';

/** An agent who has joined a group, with the items of both; nothing of it is in Zendesk yet. */
async function aNewMember() {
  const { world, directory, agents, roles } = aCompany({ agents: 2 });
  const team = directory.addGroup({ displayName: 'Team' });
  directory.assign(team, roles.agent);
  await world.round();
  const [ann] = agents;
  if (!ann) throw new Error('nobody');
  directory.addMember(team, ann.id);
  await world.cycle();
  const itemOf = (id: string) => {
    const item = world.queue.messages.find((message) => message.item.sourceId === id)?.item;
    if (!item) throw new Error('no item');
    return item;
  };
  const items = { user: itemOf(ann.id), group: itemOf(team) };
  world.queue.messages.length = 0;
  const members = () => world.membersOf(world.groupNamed('Team')?.id as never);
  return { world, directory, team, ann: ann.id, items, members };
}

describe('who leaves a group while an item is about to put them into it', () => {
  it.each(['user', 'group'] as const)('does not stay in it, whenever that happens to the item of the %s', async (type) => {
    const wrong: number[] = [];
    let joined = 0;
    for (let call = 0, isOver = false; !isOver; call += 1) {
      const { world, directory, team, ann, items, members } = await aNewMember();
      atCall(world, call, async () => {
        directory.removeMember(team, ann);
        await world.cycle();
        // Whoever waits for this very item comes again later.
        for (const { item } of world.queue.messages.splice(0)) await world.work(item);
      });
      await world.work(items[type]);
      isOver = world.hook !== undefined;
      world.hook = undefined;
      if (members().includes(ann)) joined += 1;
      if (isOver) directory.removeMember(team, ann);
      await world.drain();
      for (let more = 0; more < 2; more += 1) await world.round();
      if (members().includes(ann)) wrong.push(call);
    }
    expect(wrong).toEqual([]);
    expect(joined).toBeGreaterThan(1);
  });
});
