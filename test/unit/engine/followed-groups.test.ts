import { sourceId } from '../../../src/core/model';
import { FollowedGroups } from '../../../src/engine/import/followed-groups';
import { makeFakeConnectorSpace } from '../../fakes/connector-space';

describe('FollowedGroups', () => {
  it('keeps every group where several are followed at the same time', async () => {
    const space = makeFakeConnectorSpace();
    const groups = new FollowedGroups(space, 'one');
    const wanted = ['a', 'b', 'c'].map(sourceId);
    await Promise.all([...wanted, ...wanted].map((id) => groups.follow([id])));
    const stored: string[] = [];
    for await (const page of space.listGroupChunks('one')) for (const { ids } of page) stored.push(...ids);
    expect(stored).toEqual(wanted);
    expect([...(await groups.ids())]).toEqual(wanted);
  });

  it('follows others after storage has refused one', async () => {
    const space = makeFakeConnectorSpace();
    let isDown = true;
    const failing = {
      ...space,
      putGroupChunk: (...args: Parameters<typeof space.putGroupChunk>) =>
        isDown ? Promise.reject(new Error('down')) : space.putGroupChunk(...args),
    };
    const groups = new FollowedGroups(failing, 'one');
    await expect(groups.follow([sourceId('a')])).rejects.toThrow('down');
    isDown = false;
    await groups.follow([sourceId('b')]);
    expect([...(await groups.ids())]).toEqual(['b']);
  });
});
