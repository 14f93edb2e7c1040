import { RejectedError, UnavailableError } from '../../src/core/errors';
import type { SourceId, TargetId } from '../../src/core/model';
import { unlinkOne } from '../../src/engine/control/unlink';
import { aCompany, aPerson } from '../builders/people';
import type { Pick, World } from './support/world';

/** The two orders in which a queue may hand two items out. */
const ORDERS: readonly (readonly [string, Pick])[] = [
  ['oldest first', () => 0],
  ['newest first', (count) => count - 1],
];

const emailOf = (world: World, id: SourceId): string | null | undefined => world.accountOf(id)?.email;

const failuresOf = async (world: World, id: SourceId): Promise<readonly string[]> =>
  (await world.deps().log.query({ sourceId: id, statuses: ['failure'] }, 10)).entries.map(
    (entry) => entry.provisioningStatusInfo.errorInformation?.reason ?? '',
  );

describe.each(ORDERS)('what one of ours hands on to another, %s', (_name, pick) => {
  it('an address, to a new hire', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round(pick);
    const old = users[0]?.id as SourceId;
    directory.updateUser(old, { mail: 'married@contoso.com', userPrincipalName: 'married@contoso.com' });
    const hire = directory.addUser({ displayName: 'Hire', mail: 'user0@contoso.com', userPrincipalName: 'user0@contoso.com' });
    directory.assign(hire, roles.user);
    await world.round(pick);
    await world.round(pick);
    expect([emailOf(world, old), emailOf(world, hire)]).toEqual(['married@contoso.com', 'user0@contoso.com']);
  });

  it('an address, along a chain', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round(pick);
    const ids = users.map(({ id }) => id);
    ids.forEach((id, at) => {
      directory.updateUser(id, { mail: at === 2 ? 'free@contoso.com' : `user${at + 1}@contoso.com` });
    });
    await world.round(pick);
    await world.round(pick);
    expect(ids.map((id) => emailOf(world, id))).toEqual(['user1@contoso.com', 'user2@contoso.com', 'free@contoso.com']);
  });

  it.each([2, 3])('addresses, in a ring of %d', async (count) => {
    const { world, directory, users } = aCompany({ users: count });
    await world.round(pick);
    const ids = users.map(({ id }) => id);
    ids.forEach((id, at) => {
      directory.updateUser(id, { mail: `user${(at + 1) % count}@contoso.com` });
    });
    await world.round(pick);
    await world.round(pick);
    expect(ids.map((id) => emailOf(world, id))).toEqual(ids.map((_, at) => `user${(at + 1) % count}@contoso.com`));
    const writes = world.target.writeCount();
    await world.round(pick);
    expect(world.target.writeCount()).toBe(writes);
  });

  it('the name of a group, to a new group', async () => {
    const { world, directory, roles } = aCompany({});
    const old = directory.addGroup({ displayName: 'Sales' });
    directory.assign(old, roles.agent);
    await world.round(pick);
    const first = world.groupNamed('Sales')?.id;
    directory.updateGroup(old, { displayName: 'Sales EMEA' });
    const fresh = directory.addGroup({ displayName: 'Sales' });
    directory.assign(fresh, roles.agent);
    await world.round(pick);
    await world.round(pick);
    expect(world.groupNamed('Sales EMEA')?.id).toBe(first);
    expect(world.groupNamed('Sales')?.id).not.toBe(first);
    expect(world.groupNamed('Sales')).toBeDefined();
  });

  it('the names of two groups, in exchange', async () => {
    const { world, directory, roles } = aCompany({});
    const groups = ['One', 'Two'].map((displayName) => directory.addGroup({ displayName }));
    for (const group of groups) directory.assign(group, roles.agent);
    await world.round(pick);
    const [one, two] = [world.groupNamed('One')?.id, world.groupNamed('Two')?.id];
    directory.updateGroup(groups[0] ?? '', { displayName: 'Two' });
    directory.updateGroup(groups[1] ?? '', { displayName: 'One' });
    await world.round(pick);
    await world.round(pick);
    expect([world.groupNamed('Two')?.id, world.groupNamed('One')?.id]).toEqual([one, two]);
  });
});

describe('what another one of ours gives up while it is looked for', () => {
  /** Ann wants Bob's address, and Bob one that a stranger has. Once her try is refused again, the stranger goes and Bob moves. */
  async function moved(keepsBoth: boolean) {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.round();
    const [ann, bob] = users.map(({ id }) => id) as [SourceId, SourceId];
    const account = world.accountOf(bob);
    const stranger = world.target.seedUser({ name: 'Stranger', email: 'wanted@contoso.com' });
    directory.updateUser(bob, { mail: 'wanted@contoso.com' });
    directory.updateUser(ann, { mail: 'user1@contoso.com' });
    await world.cycle();
    const [first, second] = [ann, bob].map((id) => world.queue.messages.find(({ item }) => item.sourceId === id)?.item);
    if (!first || !second || !account) throw new Error('no item');
    world.queue.messages.length = 0;
    let looks = 0;
    world.target.hook = async (moment, method, [by]) => {
      if (moment !== 'before' || method !== 'findUsers' || (by as { value: string }).value !== 'wanted@contoso.com') return;
      looks += 1;
      if (looks !== 2) return;
      world.target.hook = undefined;
      Object.assign(world.target.users.get(stranger.id) ?? {}, { active: false });
      await world.work(second);
      const now = world.target.users.get(account.id);
      if (keepsBoth) Object.assign(now ?? {}, { otherEmails: ['user1@contoso.com'] });
    };
    await world.work(first);
    expect(looks).toBe(2);
    expect(world.target.users.get(account.id)?.email).toBe('wanted@contoso.com');
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

/** Has a newcomer's item killed at one of its calls, and everything carried out after that. @returns false where the item ended before that call */
async function killedTakeover(world: World, fresh: SourceId, call: number): Promise<boolean> {
  await world.cycle();
  const item = world.queue.messages.find((message) => message.item.sourceId === fresh)?.item;
  if (!item) throw new Error('no item');
  const wasKilled = await world.killedAt(call, () => world.work(item));
  world.nowMs += 20 * 60_000;
  await world.drain(undefined, () => true);
  for (let more = 0; more < 3; more += 1) await world.round();
  return wasKilled;
}

describe('a rehire: a new object with the address of a former self', () => {
  const rehired = async (end: 'soft' | 'hard') => {
    const company = aCompany({ users: 1 });
    const { world, directory, users, roles } = company;
    await world.round();
    const old = users[0]?.id as SourceId;
    const account = world.accountOf(old)?.id;
    if (end === 'soft') directory.softDeleteUser(old);
    else directory.hardDeleteUser(old);
    await world.round();
    const id = aPerson(world, 'user0');
    directory.assign(id, roles.user);
    await world.round();
    await world.round();
    return { ...company, old, id, account };
  };

  it('the former self is gone for good: the account is taken over, active, and its link ends', async () => {
    const { world, id, old, account } = await rehired('hard');
    expect(world.accountOf(id)).toMatchObject({ id: account, suspended: false });
    expect((await world.deps().links.read({ type: 'user', id: old }))?.value.link ?? null).toBeNull();
    expect([...world.target.users.values()].filter(({ email }) => email === 'user0@contoso.com')).toHaveLength(1);
  });

  it('an account that this app made for the former self is still one that it made, also where the takeover is killed at any call', async () => {
    const wrong: number[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      directory.hardDeleteUser(users[0]?.id as SourceId);
      await world.round();
      const fresh = aPerson(world, 'user0');
      directory.assign(fresh, roles.user);
      await world.cycle();
      const item = world.queue.messages[0]?.item;
      if (!item) throw new Error('no item');
      wasKilled = await world.killedAt(call, () => world.work(item));
      world.nowMs += 20 * 60_000;
      await world.drain(undefined, () => true);
      await world.round();
      const link = (await world.deps().links.read({ type: 'user', id: fresh }))?.value.link;
      if (!link?.createdByUs || link.targetId !== world.accountOf(fresh)?.id) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });

  it.each(['agent', 'user'] as const)(
    'the role that the source gave a former self is not inherited by whoever is hired again as %s, wherever that is killed',
    async (role) => {
      const wrong: string[] = [];
      for (let call = 0, wasKilled = true; wasKilled; call += 1) {
        const { world, directory, roles } = aCompany({});
        world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
        const old = aPerson(world, 'user0');
        directory.assign(old, roles.admin);
        await world.round();
        const account = world.accountOf(old)?.id;
        directory.hardDeleteUser(old);
        await world.round();
        const fresh = aPerson(world, 'user0');
        directory.assign(fresh, roles[role]);
        wasKilled = await killedTakeover(world, fresh, call);
        const now = world.accountOf(fresh);
        if (now?.id !== account || now?.suspended || now?.role.role !== (role === 'user' ? 'end-user' : role))
          wrong.push(`${call}: ${now?.role.role}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('a role that somebody in Zendesk gave the former self stays', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const account = world.target.users.get(world.accountOf(users[0]?.id as SourceId)?.id as TargetId);
    Object.assign(account ?? {}, { role: { role: 'admin', customRoleId: null } });
    world.target.seedUser({ name: 'Admin', email: 'admin@contoso.com', role: { role: 'admin', customRoleId: null } });
    directory.hardDeleteUser(users[0]?.id as SourceId);
    await world.round();
    const fresh = aPerson(world, 'user0');
    directory.assign(fresh, roles.agent);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(fresh)).toMatchObject({ id: account?.id, suspended: false, role: { role: 'admin' } });
  });

  it('an account that was there before stays one that was there before', async () => {
    const { world, directory, roles } = aCompany({});
    world.target.seedUser({ name: 'There before', email: 'user0@contoso.com' });
    const old = aPerson(world, 'user0');
    directory.assign(old, roles.user);
    await world.round();
    directory.hardDeleteUser(old);
    await world.round();
    const fresh = aPerson(world, 'user0');
    directory.assign(fresh, roles.user);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect((await world.deps().links.read({ type: 'user', id: fresh }))?.value.link).toMatchObject({ createdByUs: false });
  });

  it('whoever was in a group only by its former self leaves it when a namesake takes it over, wherever that is killed', async () => {
    const wrong: string[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, agents, roles } = aCompany({ agents: 3 });
      const [ann, ben, cem] = agents.map(({ id }) => id);
      if (!ann || !ben || !cem) throw new Error('nobody');
      const aTeam = (...members: SourceId[]) => {
        const id = directory.addGroup({ displayName: 'Team' });
        for (const member of members) directory.addMember(id, member);
        directory.assign(id, roles.agent);
        return id;
      };
      const old = aTeam(ann, ben);
      for (let more = 0; more < 2; more += 1) await world.round();
      const team = world.groupNamed('Team')?.id as never;
      expect(world.membersOf(team).toSorted()).toEqual([ann, ben].toSorted());
      directory.deleteGroup(old);
      const fresh = aTeam(ben, cem);
      wasKilled = await killedTakeover(world, fresh, call);
      const now = world.groupNamed('Team')?.id as never;
      const members = world.membersOf(now).toSorted().join();
      if (members !== [ben, cem].toSorted().join()) wrong.push(`${call}: ${members}`);
    }
    expect(wrong).toEqual([]);
  });

  it('who takes over an account leaves the groups that its former self alone was in, wherever that is killed', async () => {
    const wrong: string[] = [];
    for (let call = 0, wasKilled = true; wasKilled; call += 1) {
      const { world, directory, agents, roles } = aCompany({ agents: 1 });
      const old = agents[0]?.id as SourceId;
      const aTeam = (displayName: string) => {
        const id = directory.addGroup({ displayName });
        directory.addMember(id, old);
        directory.assign(id, roles.agent);
        return id;
      };
      aTeam('Left');
      const kept = aTeam('Kept');
      for (let more = 0; more < 2; more += 1) await world.round();
      const members = (name: string): string => world.membersOf(world.groupNamed(name)?.id as never).join();
      expect([members('Left'), members('Kept')]).toEqual([old, old]);
      directory.hardDeleteUser(old);
      const fresh = aPerson(world, 'agent0');
      directory.assign(fresh, roles.agent);
      directory.addMember(kept, fresh);
      wasKilled = await killedTakeover(world, fresh, call);
      const now = [members('Left'), members('Kept')].join(' | ');
      if (now !== ` | ${fresh}`) wrong.push(`${call}: ${now}`);
    }
    expect(wrong).toEqual([]);
  });

  it('a group that this app made goes with the namesake that has taken it over', async () => {
    const { world, directory, roles } = aCompany({});
    const aTeam = () => {
      const id = directory.addGroup({ displayName: 'Team' });
      directory.assign(id, roles.agent);
      return id;
    };
    const old = aTeam();
    await world.round();
    const made = world.groupNamed('Team')?.id;
    directory.deleteGroup(old);
    const fresh = aTeam();
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
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.groupNamed('Team')).toBeUndefined();
  });

  it('it can still be restored: nothing is taken, and the advice works when followed', async () => {
    const { world, directory, id, old, account } = await rehired('soft');
    expect(world.accountOf(id)).toBeUndefined();
    const [reason] = await failuresOf(world, id);
    expect(reason).toContain(old);
    expect(reason).toContain('delete it permanently');
    directory.hardDeleteUser(old);
    await world.round();
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ id: account, suspended: false });
  });

  it('the former self is restored after the account was taken over: it gets an account of its own only with an address of its own', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const [user] = users;
    directory.unassign(user?.assignment ?? '');
    directory.updateUser(user?.id ?? '', { mail: 'elsewhere@contoso.com', userPrincipalName: 'elsewhere@contoso.com' });
    await world.round();
    const id = aPerson(world, 'user0');
    directory.assign(id, roles.user);
    await world.round();
    // The other one exists, is out of scope, and its account keeps the address: a person decides, and is told what helps.
    expect((await failuresOf(world, id))[0]).toContain('Change or remove that email of Zendesk user');
    const account = [...world.target.users.values()].find(({ email }) => email === 'user0@contoso.com');
    if (account) account.email = 'elsewhere@contoso.com';
    await world.round();
    expect(emailOf(world, id)).toBe('user0@contoso.com');
  });
});

describe('a former self whose account is taken over before its own suspension', () => {
  const KEPT = 'kept@contoso.com';

  /** A former self with an account in use, and a newcomer who is about to take it over. */
  async function aTakeover() {
    const company = aCompany({ users: 2 });
    const { world, directory, roles } = company;
    await world.round();
    const old = company.users[0]?.id as SourceId;
    const account = world.accountOf(old);
    directory.hardDeleteUser(old);
    const fresh = aPerson(world, 'user0');
    const assignment = directory.assign(fresh, roles.user);
    await world.cycle();
    const at = world.queue.messages.findIndex(({ item }) => item.sourceId === fresh);
    const [message] = world.queue.messages.splice(at, 1);
    if (!account || !message) throw new Error('nothing to take over');
    const isActive = () => world.target.users.get(account.id)?.suspended === false;
    return { ...company, old, fresh, assignment, account, item: message.item, isActive };
  }

  const refuse = (world: World) => {
    world.target.hook = (moment, method, args) => {
      const isTakeover = method === 'updateUser' && (args[1] as { externalId?: string }).externalId !== undefined;
      if (moment === 'before' && isTakeover) throw new RejectedError('name', 'Zendesk refuses the name');
    };
  };

  it('loses access where Zendesk refuses the takeover and the newcomer leaves', async () => {
    const { world, directory, assignment, item, isActive } = await aTakeover();
    refuse(world);
    // The former self's item is late: the newcomer's comes first.
    await world.work(item);
    directory.unassign(assignment);
    expect(isActive()).toBe(true);
    await world.drain();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(isActive()).toBe(false);
  });

  it('loses access where the newcomer gets an account of another address after the refusal', async () => {
    const { world, directory, fresh, item, account, isActive } = await aTakeover();
    refuse(world);
    await world.work(item);
    directory.updateUser(fresh, { mail: KEPT, userPrincipalName: KEPT });
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(world.accountOf(fresh)).toMatchObject({ email: KEPT, suspended: false });
    expect(world.accountOf(fresh)?.id).not.toBe(account.id);
    expect(isActive()).toBe(false);
  });

  it('killed at every call of the takeover: the newcomer who leaves has no access, nor has the former self', async () => {
    const wrong: number[] = [];
    for (let call = 0; call < 60; call += 1) {
      const { world, directory, assignment, item, isActive } = await aTakeover();
      const wasKilled = await world.killedAt(call, () => world.work(item));
      directory.unassign(assignment);
      world.nowMs += 20 * 60_000;
      await world.drain(undefined, () => true);
      for (let more = 0; more < 2; more += 1) await world.round();
      if (isActive()) wrong.push(call);
      if (!wasKilled) break;
    }
    expect(wrong).toEqual([]);
  });

  it('and carried out, though its link could not be stored: whoever takes it in the place of an account that is gone is let in', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.round();
    const [old, other] = users.map(({ id }) => id) as [SourceId, SourceId];
    const account = world.target.users.get(world.accountOf(old)?.id as TargetId);
    directory.hardDeleteUser(old);
    world.target.hook = (moment, method) => {
      if (moment === 'after' && method === 'updateUser') throw new UnavailableError('target', 'The answer was lost');
    };
    await world.cycle();
    const [message] = world.queue.messages.splice(0);
    if (!account || !message) throw new Error('nothing to suspend');
    await world.work(message.item);
    world.target.hook = undefined;
    expect(account.suspended).toBe(true);
    world.queue.messages.length = 0;
    Object.assign(world.target.users.get(world.accountOf(other)?.id as TargetId) ?? {}, { active: false });
    directory.updateUser(other, { mail: 'user0@contoso.com', userPrincipalName: 'user0@contoso.com' });
    await world.cycle();
    world.queue.messages.sort((a, b) => Number(b.item.sourceId === other) - Number(a.item.sourceId === other));
    await world.drain();
    expect(account).toMatchObject({ externalId: other, suspended: false });
  });

  it('what the brake holds of the former self stays held after a refusal', async () => {
    const company = aCompany({ users: 2 }, { settings: { deletionThreshold: 1, deletionThresholdPercent: 0 } });
    const { world, directory, roles, users } = company;
    await world.round();
    for (const { id } of users) directory.hardDeleteUser(id);
    await world.round();
    const old = users[0]?.id as SourceId;
    const before = await world.deps().staged.read({ type: 'user', id: old });
    expect(before?.state).toBe('staged');
    refuse(world);
    directory.assign(aPerson(world, 'user0'), roles.user);
    for (let more = 0; more < 3; more += 1) await world.round();
    expect(await world.deps().staged.read({ type: 'user', id: old })).toMatchObject({ state: 'staged', kind: before?.kind });
  });
});

describe('a former self whose deletion failed before anything was written', () => {
  const DELETES = { settings: { hardDeletedUsers: 'Delete' } } as const;

  /** Somebody gone for good whom Zendesk could not be asked to delete. */
  async function aFailedDeletion() {
    const company = aCompany({ users: 2 }, DELETES);
    const { world, directory } = company;
    await world.round();
    const old = company.users[0]?.id as SourceId;
    const account = world.accountOf(old)?.id;
    directory.hardDeleteUser(old);
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'deleteUser') throw new UnavailableError('target', 'connection refused');
    };
    await world.round();
    world.target.hook = undefined;
    const deletions = async () =>
      (await world.deps().log.query({ sourceId: old, statuses: ['success', 'warning'] }, 10)).entries.filter(
        ({ provisioningAction }) => provisioningAction === 'delete',
      );
    return { ...company, old, account, deletions };
  }

  it('is not told as deleted once its account was taken over', async () => {
    const { world, directory, roles, account, deletions } = await aFailedDeletion();
    const fresh = aPerson(world, 'user0');
    directory.assign(fresh, roles.user);
    await world.cycle();
    const at = world.queue.messages.findIndex(({ item }) => item.sourceId === fresh);
    const [message] = world.queue.messages.splice(at, 1);
    if (!message) throw new Error('nothing to take over');
    await world.work(message.item);
    await world.drain();
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(world.accountOf(fresh)).toMatchObject({ id: account, suspended: false });
    expect(await deletions()).toEqual([]);
  });

  it('is not told as deleted once its account was taken over, and deleted for whoever had it then', async () => {
    const { world, directory, roles, old, account, deletions } = await aFailedDeletion();
    const fresh = aPerson(world, 'user0');
    directory.assign(fresh, roles.user);
    await world.cycle();
    world.queue.messages.splice(
      0,
      world.queue.messages.length,
      ...world.queue.messages.filter(({ item }) => item.sourceId === fresh),
    );
    await world.drain();
    expect(world.accountOf(fresh)).toMatchObject({ id: account });
    world.nowMs += 3600_000;
    directory.hardDeleteUser(fresh);
    await world.round();
    expect(world.target.users.get(account as TargetId)?.active).toBe(false);
    await world.deps().space.markDirty([{ type: 'user', id: old }]);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(await deletions()).toEqual([]);
  });

  it('is not told as deleted once an operator has unlinked it and somebody else has changed its id', async () => {
    const { world, old, account, deletions } = await aFailedDeletion();
    await unlinkOne(world.deps(), { type: 'application', id: '', displayName: 'test' }, { type: 'user', id: old });
    const row = [...world.target.users.values()].find(({ id }) => id === account);
    if (!row) throw new Error('no account');
    row.externalId = null;
    await world.deps().space.markDirty([{ type: 'user', id: old }]);
    for (let more = 0; more < 2; more += 1) await world.round();
    expect(row.active).toBe(true);
    expect(await deletions()).toEqual([]);
  });
});

describe('a former self whose own item is at work while its account is taken over', () => {
  it('keeps what its item has claimed: the account has one owner, and the memberships one keeper', async () => {
    const { world, directory, users, roles } = aCompany({ users: 1 });
    await world.round();
    const old = users[0]?.id as SourceId;
    directory.hardDeleteUser(old);
    const fresh = aPerson(world, 'user0');
    directory.assign(fresh, roles.user);
    await world.cycle();
    const itemOf = (id: SourceId) => {
      const at = world.queue.messages.findIndex(({ item }) => item.sourceId === id);
      const [message] = world.queue.messages.splice(at, 1);
      if (!message) throw new Error('no item');
      return message.item;
    };
    const [leaving, coming] = [itemOf(old), itemOf(fresh)];
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let earlier: Promise<void> | undefined;
    world.hook = async (name) => {
      // The newcomer is about to end the link of the former self, whose item claims it just then and is about to write.
      if ((name === 'linkStore.remove' || name === 'linkStore.releaseTarget') && !earlier) {
        await new Promise<void>((claimed) => {
          world.target.hook = async (moment, method) => {
            if (moment !== 'before' || method !== 'updateUser') return;
            world.target.hook = undefined;
            claimed();
            await woken;
          };
          earlier = world.work(leaving);
        });
      }
    };
    await world.work(coming).catch(() => undefined);
    world.hook = undefined;
    expect(earlier).toBeDefined();
    wake();
    await earlier;
    await world.drain();
    await world.round();
    const links = await Promise.all(
      [old, fresh].map(async (id) => (await world.deps().links.read({ type: 'user', id }))?.value.link),
    );
    expect(links.map((link) => link?.targetId ?? null)).toEqual([null, world.accountOf(fresh)?.id]);
    expect(world.accountOf(fresh)).toMatchObject({ suspended: false });
  });

  it('has suspended the account at any call of the takeover: the newcomer is let in', async () => {
    const wrong: number[] = [];
    for (let call = 0, isOver = false; !isOver; call += 1) {
      const { world, directory, users, roles } = aCompany({ users: 1 });
      await world.round();
      const old = users[0]?.id as SourceId;
      directory.hardDeleteUser(old);
      const fresh = aPerson(world, 'user0');
      directory.assign(fresh, roles.user);
      await world.cycle();
      const [leaving, coming] = [old, fresh].map((id) => world.queue.messages.find(({ item }) => item.sourceId === id)?.item);
      if (!leaving || !coming) throw new Error('no item');
      world.queue.messages.length = 0;
      let calls = 0;
      world.hook = async () => {
        calls += 1;
        if (calls !== call + 1) return;
        world.hook = undefined;
        await world.work(leaving).catch(() => undefined);
      };
      await world.work(coming).catch(() => undefined);
      isOver = world.hook !== undefined;
      world.hook = undefined;
      await world.drain();
      for (let more = 0; more < 2; more += 1) await world.round();
      if (world.accountOf(fresh)?.suspended !== false) wrong.push(call);
    }
    expect(wrong).toEqual([]);
  });
});

describe('a group that is about to take out a former self whose account is taken over', () => {
  it('leaves the newcomer in it, who is in the group in Entra ID', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const old = agents[0]?.id as SourceId;
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, old);
    await world.round();
    const [account, inZendesk] = [world.accountOf(old)?.id, world.groupNamed('Sales')?.id];
    if (!account || !inZendesk) throw new Error('nothing there');
    directory.hardDeleteUser(old);
    const fresh = aPerson(world, 'agent0');
    directory.assign(fresh, roles.agent);
    directory.addMember(group, fresh);
    await world.cycle();
    const itemOf = (id: SourceId) => {
      const at = world.queue.messages.findIndex(({ item }) => item.sourceId === id);
      const [message] = world.queue.messages.splice(at, 1);
      if (at < 0 || !message) throw new Error('no item');
      return message.item;
    };
    const [taking, coming] = [itemOf(group), itemOf(fresh)];
    expect(taking.allows?.kind).toBe('membershipRemoval');
    let hasCome = false;
    world.hook = async (name) => {
      // The group has compared its members, and puts on record who is about to leave.
      if (name !== 'linkStore.write' || hasCome) return;
      hasCome = true;
      await world.work(coming);
    };
    await world.work(taking);
    world.hook = undefined;
    expect(hasCome).toBe(true);
    expect(world.accountOf(fresh)?.id).toBe(account);
    expect(world.membersOf(inZendesk)).toEqual([fresh]);
    await world.drain();
    await world.round();
    expect(world.membersOf(inZendesk)).toEqual([fresh]);
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
    const itemOf = (id: SourceId) => {
      const message = world.queue.messages.find(({ item }) => item.sourceId === id);
      if (!message) throw new Error('no item');
      return message.item;
    };
    const items = [itemOf(first), itemOf(second)] as const;
    world.queue.messages.length = 0;
    let isFirst = true;
    world.hook = async (name) => {
      // The second one has matched the account, and is about to reserve it.
      if (name !== 'linkStore.reserveTarget' || !isFirst) return;
      isFirst = false;
      world.target.hook = (moment, method) => {
        if (moment !== 'after' || method !== 'updateUser') return;
        world.target.hook = undefined;
        throw new UnavailableError('target', 'The answer was lost');
      };
      await world.work(items[0]);
    };
    await world.work(items[1]);
    world.hook = undefined;
    expect(world.target.users.get(account.id)?.externalId).toBe(first);
    for (let more = 0; more < 2; more += 1) await world.round();
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
      expect((await failuresOf(world, users[0]?.id as SourceId))[0]).toContain('another system');
    },
  );

  it('an id of an object that never was of this tenant, or is gone for good, is nobody’s claim', async () => {
    const { world, users } = aCompany({ users: 1 });
    world.target.seedUser({ name: 'Former', email: 'user0@contoso.com', externalId: '99999999-0000-4000-8000-000000000001' });
    await world.round();
    expect(world.accountOf(users[0]?.id as SourceId)).toMatchObject({ name: 'user0' });
  });

  it('unlinking somebody who is connected to nothing keeps the failure', async () => {
    const { world, users } = aCompany({ users: 1 });
    world.target.seedUser({ name: 'CRM', email: 'user0@contoso.com', externalId: 'crm-0' });
    await world.round();
    const key = { type: 'user', id: users[0]?.id as SourceId } as const;
    expect(await world.deps().escrows.read(key)).toBeDefined();
    await unlinkOne(world.deps(), { type: 'application', id: '', displayName: 'test' }, key);
    expect(await world.deps().escrows.read(key)).toBeDefined();
  });

  it('the id of a living stranger of the tenant is a claim', async () => {
    const { world, users } = aCompany({ users: 1 });
    const stranger = aPerson(world, 'stranger');
    world.target.seedUser({ name: 'Theirs', email: 'user0@contoso.com', externalId: stranger });
    await world.round();
    expect(world.accountOf(users[0]?.id as SourceId)).toBeUndefined();
    expect((await failuresOf(world, users[0]?.id as SourceId))[0]).toContain(stranger);
  });
});
