import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceId } from '../../src/core/model';
import { aCompany, aNewcomer, anEmployee } from '../builders/people';
import { type Killing, whereverKilled } from './support/faults';
import { only } from './support/only';
import { failuresOf } from './support/told';
import { schemaOf, type World } from './support/world';

const emailOf = (world: World, id: SourceId): string | null | undefined => world.accountOf(id)?.email;

/** Has a newcomer's item killed, and everything carried out after that. */
async function takesOver(world: World, fresh: SourceId, killed: Killing): Promise<void> {
  await world.cycle();
  const item = only(world.queue.messages.filter((message) => message.item.sourceId === fresh)).item;
  await killed(world, () => world.work(item));
  world.nowMs += 20 * 60_000;
  await world.drain(undefined, () => true);
  await world.rounds(3);
}

describe('a rehire: a new object with the address of a former self', () => {
  const rehired = async (end: 'soft' | 'hard') => {
    const { world, directory, hire, id: old, account } = await anEmployee();
    if (end === 'soft') directory.softDeleteUser(old);
    else directory.hardDeleteUser(old);
    await world.round();
    const id = hire('user0');
    await world.rounds(2);
    return { world, directory, old, id, account };
  };

  it('the former self is gone for good: the account is taken over, active, and its link ends', async () => {
    const { world, id, old, account } = await rehired('hard');
    expect(world.accountOf(id)).toMatchObject({ id: account.id, suspended: false });
    expect(await world.linkOf(old)).toBeNull();
    expect([...world.target.users.values()].filter(({ email }) => email === 'user0@contoso.com')).toHaveLength(1);
  });

  it('an account that this app made for the former self is still one that it made, also where the takeover is killed at any call', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, hire, id } = await anEmployee();
      directory.hardDeleteUser(id);
      await world.round();
      const fresh = hire('user0');
      await takesOver(world, fresh, killed);
      const link = await world.linkOf(fresh);
      return !link?.createdByUs || link.targetId !== world.accountOf(fresh)?.id;
    });
  });

  it.each(['agent', 'user'] as const)(
    'the role that the source gave a former self is not inherited by whoever is hired again as %s, wherever that is killed',
    async (role) => {
      await whereverKilled(async (killed) => {
        const { world, directory, hire } = aCompany({});
        world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
        const old = hire('user0', 'admin');
        await world.round();
        const account = world.accountOf(old)?.id;
        directory.hardDeleteUser(old);
        await world.round();
        const fresh = hire('user0', role);
        await takesOver(world, fresh, killed);
        const now = world.accountOf(fresh);
        return (
          (now?.id !== account || now?.suspended || now?.role.role !== (role === 'user' ? 'end-user' : role)) && now?.role.role
        );
      });
    },
  );

  it('a role that somebody in Zendesk gave the former self stays', async () => {
    const { world, directory, hire, id, account } = await anEmployee();
    account.role = { role: 'admin', customRoleId: null };
    world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
    directory.hardDeleteUser(id);
    await world.round();
    const fresh = hire('user0', 'agent');
    await world.rounds(3);
    expect(world.accountOf(fresh)).toMatchObject({ id: account.id, suspended: false, role: { role: 'admin' } });
  });

  it('an account that was there before stays one that was there before', async () => {
    const { world, directory, hire } = aCompany({});
    world.target.seedUser({ name: 'There before', email: 'user0@contoso.com' });
    const old = hire('user0');
    await world.round();
    directory.hardDeleteUser(old);
    await world.round();
    const fresh = hire('user0');
    await world.rounds(2);
    expect(await world.linkOf(fresh)).toMatchObject({ createdByUs: false });
  });

  it('whoever was in a group only by its former self leaves it when a namesake takes it over, wherever that is killed', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, agents, team } = aCompany({ agents: 3 });
      const [ann, ben, cem] = agents.map(({ id }) => id) as [SourceId, SourceId, SourceId];
      const old = team('Team', ann, ben);
      await world.rounds(2);
      expect(world.inGroup('Team').toSorted()).toEqual([ann, ben].toSorted());
      directory.deleteGroup(old);
      const fresh = team('Team', ben, cem);
      await takesOver(world, fresh, killed);
      const members = world.inGroup('Team').toSorted().join();
      return members !== [ben, cem].toSorted().join() && members;
    });
  });

  it('who takes over an account leaves the groups that its former self alone was in, wherever that is killed', async () => {
    await whereverKilled(async (killed) => {
      const { world, directory, id: old, hire, team } = await anEmployee({}, { agents: 1 });
      team('Left', old);
      const kept = team('Kept', old);
      await world.rounds(2);
      expect([world.inGroup('Left'), world.inGroup('Kept')]).toEqual([[old], [old]]);
      directory.hardDeleteUser(old);
      const fresh = hire('agent0', 'agent');
      directory.addMember(kept, fresh);
      await takesOver(world, fresh, killed);
      const now = [world.inGroup('Left').join(), world.inGroup('Kept').join()].join(' | ');
      return now !== ` | ${fresh}` && now;
    });
  });

  it('a group that this app made goes with the namesake that has taken it over', async () => {
    const { world, directory, team } = aCompany({});
    const old = team('Team');
    await world.round();
    const made = world.groupNamed('Team')?.id;
    directory.deleteGroup(old);
    const fresh = team('Team');
    await world.cycle();
    // The namesake's item comes before the one that deletes the group.
    await world.drain(() =>
      Math.max(
        0,
        world.queue.messages.findIndex(({ item }) => item.sourceId === fresh),
      ),
    );
    expect(world.groupNamed('Team')?.id).toBe(made);
    directory.deleteGroup(fresh);
    await world.rounds(2);
    expect(world.groupNamed('Team')).toBeUndefined();
  });

  it('it can still be restored: nothing is taken, and the advice works when followed', async () => {
    const { world, directory, id, old, account } = await rehired('soft');
    expect(world.accountOf(id)).toBeUndefined();
    const [reason] = await failuresOf(world, id);
    expect(reason).toContain(old);
    expect(reason).toContain('delete it permanently');
    directory.hardDeleteUser(old);
    await world.rounds(2);
    expect(world.accountOf(id)).toMatchObject({ id: account.id, suspended: false });
  });

  it('the former self is restored after the account was taken over: it gets an account of its own only with an address of its own', async () => {
    const { world, directory, hire, id: old, assignment, account } = await anEmployee();
    directory.unassign(assignment);
    directory.updateUser(old, { mail: 'elsewhere@contoso.com', userPrincipalName: 'elsewhere@contoso.com' });
    await world.round();
    const id = hire('user0');
    await world.round();
    // The other one exists, is out of scope, and its account keeps the address: a person decides, and is told what helps.
    expect((await failuresOf(world, id))[0]).toContain('Change or remove that email of Zendesk user');
    expect(account.email).toBe('user0@contoso.com');
    account.email = 'elsewhere@contoso.com';
    await world.round();
    expect(emailOf(world, id)).toBe('user0@contoso.com');
  });
});

describe('a rehire whose mapping says nothing of suspension', () => {
  it('is let in: the former self had been suspended by this app', async () => {
    const schema = JSON.parse(readFileSync(join(__dirname, '../../provisioning-schema.json'), 'utf8'));
    const [users] = schema.synchronizationRules[0].objectMappings;
    users.attributeMappings = users.attributeMappings.filter(
      ({ targetAttributeName }: { targetAttributeName: string }) => targetAttributeName !== 'suspended',
    );
    const { world, directory, id: old, hire } = aNewcomer();
    world.schema = schemaOf(JSON.stringify(schema));
    await world.round();
    directory.hardDeleteUser(old);
    await world.round();
    const id = hire('user0');
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ suspended: false });
  });
});
