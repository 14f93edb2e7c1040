import { allowDeletes } from '../../src/engine/cycle/release-staged';
import { aCompany } from '../builders/people';

const OPERATOR = { type: 'application', id: '', displayName: 'test' } as const;

describe('what one cycle holds, let go in two goes', () => {
  it('counts in the release what is added to it', async () => {
    const { world, directory, users } = aCompany({ users: 3 }, { settings: { deletionThreshold: 1 } });
    await world.round();
    for (const { assignment } of users) directory.unassign(assignment);
    await world.round();
    const [ann] = users;
    if (!ann) throw new Error('nobody');
    // At the first go she cannot be read, so she stays held.
    world.source.switches.unknownReads = new Set([ann.id]);
    const first = await allowDeletes(world.deps(), OPERATOR, undefined);
    expect(first.released).toMatchObject([{ released: 2, kept: 1 }]);
    await world.drain();
    world.source.switches.unknownReads = new Set();
    const second = await allowDeletes(world.deps(), OPERATOR, undefined);
    expect(second.released).toMatchObject([{ released: 1, kept: 0, cycleId: first.released[0]?.cycleId }]);
    await world.drain();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, true, true]);
    const release = await world.deps().cycles.read(second.released[0]?.cycleId ?? '');
    expect(release).toMatchObject({ state: 'succeeded', enqueued: 3 });
  });
});
