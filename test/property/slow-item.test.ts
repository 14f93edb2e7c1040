import { aCompany } from '../builders/people';

const WRITES: readonly string[] = ['linkStore.reserveTarget', 'target.createUser', 'target.updateUser'];

/** Somebody who comes or goes, with the item of that, of which nothing is in Zendesk yet. */
async function aChange(what: 'comes' | 'goes') {
  const { world, directory, users, roles } = aCompany({ users: 2 });
  const [ann] = users;
  if (!ann) throw new Error('nobody');
  let { assignment } = ann;
  if (what === 'goes') {
    await world.round();
    directory.unassign(assignment);
  }
  const turn = (): void => {
    if (what === 'comes') directory.unassign(assignment);
    else assignment = directory.assign(ann.id, roles.user);
  };
  await world.cycle();
  const item = world.queue.messages.find((message) => message.item.sourceId === ann.id)?.item;
  if (!item) throw new Error('no item');
  world.queue.messages.length = 0;
  const hasAccess = (): boolean => world.accountOf(ann.id)?.suspended === false;
  return { world, item, turn, hasAccess };
}

describe('an item that read its object before the object changed, and is slow', () => {
  it.each([
    ['comes', false],
    ['goes', true],
  ] as const)(
    'somebody %s, and that is taken back meanwhile: access is as the later item found it, whatever call was slow',
    async (what, isIn) => {
      const wrong: number[] = [];
      for (let call = 0, isOver = false; !isOver; call += 1) {
        const { world, item, turn, hasAccess } = await aChange(what);
        let calls = 0;
        world.hook = async (name) => {
          calls += 1;
          // What is written is claimed: from here on others wait.
          if (WRITES.includes(name)) calls = Number.POSITIVE_INFINITY;
          if (calls !== call + 1) return;
          world.hook = undefined;
          turn();
          await world.cycle();
          // Whoever waits for this very item comes again later.
          for (const later of world.queue.messages.splice(0)) await world.work(later.item);
        };
        await world.work(item);
        isOver = world.hook !== undefined;
        world.hook = undefined;
        if (isOver) turn();
        await world.drain();
        for (let more = 0; more < 2; more += 1) await world.round();
        if (hasAccess() !== isIn) wrong.push(call);
      }
      expect(wrong).toEqual([]);
    },
  );
});
