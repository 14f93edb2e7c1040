import type { SourceId } from '../../src/core/model';
import { unlinkOne } from '../../src/engine/control/unlink';
import { aCompany } from '../builders/people';
import { OPERATOR } from './support/operator';

/** People whose accounts carry their ids and are linked to nobody any more, and who have exchanged their addresses since. */
async function unlinkedRing(count: number) {
  const company = aCompany({ users: count });
  const { world, directory, users } = company;
  await world.round();
  const ids = users.map(({ id }) => id);
  const accounts = ids.map((id) => world.accountOf(id)?.id);
  for (const id of ids) await unlinkOne(world.deps(), OPERATOR, { type: 'user', id });
  ids.forEach((id, at) => {
    directory.updateUser(id, { mail: `user${(at + 1) % count}@contoso.com` });
  });
  return { ...company, ids, accounts };
}

describe('engine › addresses that people exchange while their links are forgotten', () => {
  it.each([2, 3])('each keeps the account with their id, and gets the other address (ring of %d)', async (count) => {
    const { world, ids, accounts } = await unlinkedRing(count);
    await world.rounds(3);
    expect(ids.map((id) => world.accountOf(id)?.id)).toEqual(accounts);
    expect(ids.map((id) => world.accountOf(id)?.email)).toEqual(ids.map((_, at) => `user${(at + 1) % count}@contoso.com`));
    for (const id of ids) expect(await world.deps().escrows.read({ type: 'user', id })).toBeUndefined();
  });

  it('of somebody who keeps the address: both keep their accounts, and whoever cannot have it fails', async () => {
    const { world, directory, ids, accounts } = await unlinkedRing(2);
    const [one, two] = ids as [SourceId, SourceId];
    directory.updateUser(two, { mail: 'user1@contoso.com' });
    await world.rounds(2);
    expect(ids.map((id) => world.accountOf(id)?.id)).toEqual(accounts);
    expect(world.accountOf(two)?.email).toBe('user1@contoso.com');
    expect(await world.deps().escrows.read({ type: 'user', id: one })).toMatchObject({ code: 'EntryConflict' });
  });
});
