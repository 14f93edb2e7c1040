import { aCompany } from '../builders/people';
import { only } from './support/only';
import { schemaOf } from './support/world';

describe('engine › values for a new account only', () => {
  const mapping = (others: readonly object[], group: readonly object[] = []) =>
    schemaOf(
      JSON.stringify({
        synchronizationRules: [
          {
            objectMappings: [
              {
                sourceObjectName: 'User',
                attributeMappings: [
                  { targetAttributeName: 'external_id', matchingPriority: 1, source: { expression: '[objectId]' } },
                  { targetAttributeName: 'name', source: { expression: '[displayName]' } },
                  ...others,
                ],
              },
              {
                sourceObjectName: 'Group',
                attributeMappings: [
                  { targetAttributeName: 'name', matchingPriority: 1, source: { expression: '[displayName]' } },
                  ...group,
                ],
              },
            ],
          },
        ],
      }),
    );
  const uniqueEmail = {
    targetAttributeName: 'email',
    source: { expression: 'SelectUniqueValue(Append([displayName], "@x.org"), Append([displayName], "2@x.org"))' },
  };

  it('SelectUniqueValue takes what nobody in Zendesk has, and keeps it', async () => {
    const { world, directory, users } = aCompany({ users: 1 }, { schema: mapping([uniqueEmail]) });
    world.target.seedUser({ name: 'Somebody', email: 'User0@x.org' });
    await world.round();
    expect(world.accountOf(only(users).id)?.email).toBe('user02@x.org');
    directory.updateUser(only(users).id, { displayName: 'renamed' });
    await world.dueInitial();
    await world.round();
    expect(world.accountOf(only(users).id)).toMatchObject({ name: 'renamed', email: 'user02@x.org' });
  });

  it('SelectUniqueValue without a free value creates nobody', async () => {
    const { world, users } = aCompany({ users: 1 }, { schema: mapping([uniqueEmail]) });
    for (const email of ['user0@x.org', 'user02@x.org']) world.target.seedUser({ name: 'Somebody', email });
    await world.round();
    expect(world.accountOf(only(users).id)).toBeUndefined();
    expect(await world.deps().escrows.read({ type: 'user', id: only(users).id })).toMatchObject({
      reason: expect.stringContaining('all 2 candidates'),
    });
  });

  it('a value that others take again and again: the next cycle gives another one', async () => {
    const { world, users } = aCompany({ users: 1 }, { schema: mapping([uniqueEmail]) });
    let races = 0;
    world.hook = (name) => {
      if (name !== 'target.createUser' || races === 2) return;
      races += 1;
      world.target.seedUser({ name: 'Faster', email: races === 1 ? 'user0@x.org' : 'user02@x.org' });
    };
    await world.round();
    expect(await world.deps().escrows.read({ type: 'user', id: only(users).id })).toMatchObject({ isTransient: true });
    for (const user of [...world.target.users.values()]) if (user.email === 'user02@x.org') world.target.users.delete(user.id);
    await world.round();
    expect(world.accountOf(only(users).id)?.email).toBe('user02@x.org');
  });

  it('an account whose address is one of the values is adopted as it is', async () => {
    const { world, users } = aCompany({ users: 1 }, { schema: mapping([uniqueEmail]) });
    const theirs = world.target.seedUser({ name: 'User', email: 'user0@x.org', externalId: only(users).id });
    await world.round();
    expect(world.accountOf(only(users).id)).toMatchObject({ id: theirs.id, email: 'user0@x.org' });
  });

  it('an account made again after a deletion by hand gets them again', async () => {
    const once = { targetAttributeName: 'alias', flowType: 'ObjectAddOnly', source: { expression: '[displayName]' } };
    const standIn = { targetAttributeName: 'notes', defaultValue: 'none', source: { expression: '[jobTitle]' } };
    const { world, directory, users } = aCompany({ users: 1 }, { schema: mapping([once, standIn]) });
    await world.round();
    const account = world.accountOf(only(users).id);
    expect(account?.attributes).toMatchObject({ alias: 'user0', notes: 'none' });
    if (account) await world.target.deleteUser(account.id);
    directory.updateUser(only(users).id, { displayName: 'renamed' });
    await world.round();
    expect(world.accountOf(only(users).id)?.attributes).toMatchObject({ alias: 'renamed', notes: 'none' });
  });

  it('a group that is adopted keeps its description, one that is made again gets the default', async () => {
    const description = { targetAttributeName: 'description', defaultValue: 'ours', source: { expression: '[description]' } };
    const { world, directory, roles } = aCompany({}, { schema: mapping([], [description]) });
    world.target.seedGroup('Sales').description = 'theirs';
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    await world.round();
    const adopted = world.groupNamed('Sales');
    expect(adopted?.description).toBe('theirs');
    if (adopted) await world.target.deleteGroup(adopted.id);
    directory.updateGroup(group, { mailNickname: 'sales' });
    await world.dueInitial();
    await world.round();
    expect(world.groupNamed('Sales')?.description).toBe('ours');
  });
});
