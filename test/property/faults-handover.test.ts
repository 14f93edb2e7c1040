import type { SourceId } from '../../src/core/model';
import { unlinkOne } from '../../src/engine/control/unlink';
import { aCompany, anEmployee, aPerson } from '../builders/people';
import { losesAnswer, meanwhile } from './support/faults';
import { only } from './support/only';
import { OPERATOR } from './support/operator';
import { take } from './support/queue';
import { failuresOf } from './support/told';
import type { Pick, World } from './support/world';

/** The two orders in which a queue may hand two items out. */
const ORDERS: readonly (readonly [string, Pick])[] = [
  ['oldest first', () => 0],
  ['newest first', (count) => count - 1],
];

const emailOf = (world: World, id: SourceId): string | null | undefined => world.accountOf(id)?.email;

describe.each(ORDERS)('what one of ours hands on to another, %s', (_name, pick) => {
  it('an address, to a new hire', async () => {
    const { world, directory, hire, id } = await anEmployee();
    directory.updateUser(id, { mail: 'married@contoso.com', userPrincipalName: 'married@contoso.com' });
    const newcomer = hire('user0');
    await world.rounds(2, pick);
    expect([id, newcomer].map((one) => emailOf(world, one))).toEqual(['married@contoso.com', 'user0@contoso.com']);
  });

  it('an address, along a chain', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round(pick);
    const ids = users.map(({ id }) => id);
    ids.forEach((id, at) => {
      directory.updateUser(id, { mail: at === 2 ? 'free@contoso.com' : `user${at + 1}@contoso.com` });
    });
    await world.rounds(2, pick);
    expect(ids.map((id) => emailOf(world, id))).toEqual(['user1@contoso.com', 'user2@contoso.com', 'free@contoso.com']);
  });

  it.each([2, 3])('addresses, in a ring of %d', async (count) => {
    const { world, directory, users } = aCompany({ users: count });
    await world.round(pick);
    const ids = users.map(({ id }) => id);
    ids.forEach((id, at) => {
      directory.updateUser(id, { mail: `user${(at + 1) % count}@contoso.com` });
    });
    await world.rounds(2, pick);
    expect(ids.map((id) => emailOf(world, id))).toEqual(ids.map((_, at) => `user${(at + 1) % count}@contoso.com`));
    const writes = world.target.writeCount();
    await world.round(pick);
    expect(world.target.writeCount()).toBe(writes);
  });

  it('the name of a group, to a new group', async () => {
    const { world, directory, team } = aCompany({});
    const old = team('Sales');
    await world.round(pick);
    const first = world.groupNamed('Sales')?.id;
    directory.updateGroup(old, { displayName: 'Sales EMEA' });
    team('Sales');
    await world.rounds(2, pick);
    expect(world.groupNamed('Sales EMEA')?.id).toBe(first);
    expect(world.groupNamed('Sales')?.id).not.toBe(first);
    expect(world.groupNamed('Sales')).toBeDefined();
  });

  it('the names of two groups, in exchange', async () => {
    const { world, directory, team } = aCompany({});
    const [first, second] = [team('One'), team('Two')];
    await world.round(pick);
    const [one, two] = [world.groupNamed('One')?.id, world.groupNamed('Two')?.id];
    directory.updateGroup(first, { displayName: 'Two' });
    directory.updateGroup(second, { displayName: 'One' });
    await world.rounds(2, pick);
    expect([world.groupNamed('Two')?.id, world.groupNamed('One')?.id]).toEqual([one, two]);
  });
});

describe('what another one of ours gives up while it is looked for', () => {
  /** Ann wants Bob's address, and Bob one that a stranger has. Once her try is refused again, the stranger goes and Bob moves. */
  async function moved(keepsBoth: boolean) {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.round();
    const [ann, bob] = users.map(({ id }) => id) as [SourceId, SourceId];
    const account = world.rowOf(bob);
    const stranger = world.target.seedUser({ name: 'Stranger', email: 'wanted@contoso.com' });
    directory.updateUser(bob, { mail: 'wanted@contoso.com' });
    directory.updateUser(ann, { mail: 'user1@contoso.com' });
    await world.cycle();
    const [first, second] = [take(world, ann).item, take(world, bob).item];
    world.queue.messages.length = 0;
    let looks = 0;
    world.target.hook = async (moment, method, [by]) => {
      if (moment !== 'before' || method !== 'findUsers' || (by as { value: string }).value !== 'wanted@contoso.com') return;
      looks += 1;
      if (looks !== 2) return;
      world.target.hook = undefined;
      stranger.active = false;
      await world.work(second);
      if (keepsBoth) account.otherEmails = ['user1@contoso.com'];
    };
    await world.work(first);
    expect(looks).toBe(2);
    expect(account.email).toBe('wanted@contoso.com');
    await world.drain();
    return { world, ann };
  }

  it('is free by then: it is taken a moment later, and nothing fails', async () => {
    const { world, ann } = await moved(false);
    expect(emailOf(world, ann)).toBe('user1@contoso.com');
    expect(await failuresOf(world, ann)).toEqual([]);
  });

  it('is kept beside the new one: that is a failure to be seen', async () => {
    const { world, ann } = await moved(true);
    expect(emailOf(world, ann)).toBe('user0@contoso.com');
    expect(await world.deps().escrows.read({ type: 'user', id: ann })).toMatchObject({ code: 'EntryConflict' });
  });
});

describe('two people who match the same account at the same time', () => {
  it('who writes second does not take it from the first, whose answer was lost', async () => {
    const { world, directory, roles } = aCompany({});
    const account = world.target.seedUser({ name: 'There before', email: 'shared@contoso.com' });
    const [first, second] = ['a', 'b'].map((upn) => {
      const id = directory.addUser({ displayName: upn, mail: 'shared@contoso.com', userPrincipalName: `${upn}@contoso.com` });
      directory.assign(id, roles.user);
      return id;
    }) as [SourceId, SourceId];
    await world.cycle();
    const items = [take(world, first).item, take(world, second).item] as const;
    world.queue.messages.length = 0;
    // The second one has matched the account, and is about to reserve it.
    await meanwhile(
      world,
      'linkStore.reserveTarget',
      async () => {
        losesAnswer(world, 'updateUser');
        await world.work(items[0]);
      },
      () => world.work(items[1]),
    );
    expect(account.externalId).toBe(first);
    await world.rounds(2);
    expect(world.accountOf(first)?.id).toBe(account.id);
    expect((await failuresOf(world, second)).length).toBeGreaterThan(0);
  });
});

describe('external ids of other systems', () => {
  it.each([30])(
    '%d accounts with ids of a CRM: nobody is adopted by guess, and the reason says where to decide',
    async (count) => {
      const { world, users } = aCompany({ users: count });
      for (let at = 0; at < count; at += 1) {
        world.target.seedUser({ name: `CRM ${at}`, email: `user${at}@contoso.com`, externalId: `crm-${at}` });
      }
      await world.round();
      expect(users.filter(({ id }) => world.accountOf(id))).toHaveLength(0);
      expect((await failuresOf(world, only(users).id))[0]).toContain('another system');
    },
  );

  it('an id of an object that never was of this tenant, or is gone for good, is nobody’s claim', async () => {
    const { world, users } = aCompany({ users: 1 });
    const { id } = only(users);
    world.target.seedUser({ name: 'Former', email: 'user0@contoso.com', externalId: '99999999-0000-4000-8000-000000000001' });
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ name: 'user0' });
  });

  it('unlinking somebody who is connected to nothing keeps the failure', async () => {
    const { world, users } = aCompany({ users: 1 });
    const { id } = only(users);
    world.target.seedUser({ name: 'CRM', email: 'user0@contoso.com', externalId: 'crm-0' });
    await world.round();
    const key = { type: 'user', id } as const;
    expect(await world.deps().escrows.read(key)).toBeDefined();
    await unlinkOne(world.deps(), OPERATOR, key);
    expect(await world.deps().escrows.read(key)).toBeDefined();
  });

  it('the id of a living stranger of the tenant is a claim', async () => {
    const { world, users } = aCompany({ users: 1 });
    const { id } = only(users);
    const stranger = aPerson(world, 'stranger');
    world.target.seedUser({ name: 'Theirs', email: 'user0@contoso.com', externalId: stranger });
    await world.round();
    expect(world.accountOf(id)).toBeUndefined();
    expect((await failuresOf(world, id))[0]).toContain(stranger);
  });
});
