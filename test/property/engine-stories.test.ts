import {
  LicenseLimitError,
  OpenTicketsError,
  RejectedError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
} from '../../src/core/errors';
import { readJob } from '../../src/engine/job/job-state';
import { aCompany, aPerson } from '../builders/people';
import { schemaOf, World } from './support/world';

const only = <T>(values: readonly T[]): T => {
  const [first] = values;
  if (first === undefined) throw new Error('there is none');
  return first;
};

describe('engine › a leaver', () => {
  it.each(['Suspend', 'DowngradeAndSuspend'] as const)(
    '%s: comes back with the same account, role and groups',
    async (deprovisionUsers) => {
      const { world, directory, agents, roles } = aCompany({ agents: 2 }, { settings: { deprovisionUsers } });
      const group = directory.addGroup({ displayName: 'Sales' });
      directory.assign(group, roles.agent);
      const { id, assignment } = only(agents);
      directory.addMember(group, id);
      await world.round();
      const before = world.snapshot();
      const account = world.accountOf(id);
      directory.unassign(assignment);
      directory.removeMember(group, id);
      await world.round();
      expect(world.accountOf(id)).toMatchObject({ id: account?.id, suspended: true });
      expect(world.accountOf(id)?.role.role).toBe(deprovisionUsers === 'Suspend' ? 'agent' : 'end-user');
      expect(world.target.endedSessions).toEqual([account?.id]);
      directory.assign(id, roles.agent);
      directory.addMember(group, id);
      await world.round();
      expect(world.snapshot()).toEqual(before);
      expect(world.accountOf(id)?.id).toBe(account?.id);
    },
  );

  it('deleted and restored in Entra: the same account, active again, in the same groups', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, only(agents).id);
    await world.round();
    const before = world.snapshot();
    directory.softDeleteUser(only(agents).id);
    await world.round();
    expect(world.accountOf(only(agents).id)?.suspended).toBe(true);
    directory.restoreUser(only(agents).id);
    await world.round();
    expect(world.snapshot()).toEqual(before);
  });

  it('suspended by a person in Zendesk: stays so while in scope', async () => {
    const { world, directory, users } = aCompany({ users: 1 });
    await world.round();
    const row = only([...world.target.users.values()].filter(({ externalId }) => externalId === only(users).id));
    row.suspended = true;
    directory.updateUser(only(users).id, { displayName: 'Renamed' });
    await world.round();
    expect(world.accountOf(only(users).id)).toMatchObject({ name: 'Renamed', suspended: true });
  });
});

describe('engine › roles', () => {
  const roleMapped = async (existing: 'end-user' | 'agent' | 'admin', wanted: 'user' | 'agent' | 'admin') => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'ann');
    world.target.seedUser({ name: 'Ann', email: 'ann@contoso.com', role: { role: existing, customRoleId: null } });
    const assignment = directory.assign(id, roles[wanted]);
    await world.round();
    return { world, directory, roles, id, assignment };
  };

  it.each([
    ['end-user', 'agent', 'agent'],
    ['end-user', 'admin', 'admin'],
    ['agent', 'admin', 'admin'],
    ['agent', 'user', 'agent'],
    ['admin', 'user', 'admin'],
    ['admin', 'agent', 'admin'],
  ] as const)('an %s adopted as %s is %s: adoption never lowers', async (existing, wanted, expected) => {
    const { world, id } = await roleMapped(existing, wanted);
    expect(world.accountOf(id)?.role.role).toBe(expected);
    await world.dueInitial();
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe(expected);
  });

  it('an adopted admin is lowered when the role changes at the source, and then only', async () => {
    const { world, directory, roles, id, assignment } = await roleMapped('admin', 'agent');
    directory.updateUser(id, { displayName: 'Renamed' });
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe('admin');
    directory.unassign(assignment);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe('end-user');
  });

  it('a role that a person changed in Zendesk is theirs while the source says what it said', async () => {
    const { world, directory, agents } = aCompany({ agents: 1 });
    await world.round();
    const row = only([...world.target.users.values()].filter(({ externalId }) => externalId === only(agents).id));
    row.role = { role: 'admin', customRoleId: null };
    directory.updateUser(only(agents).id, { displayName: 'Renamed' });
    await world.round();
    expect(world.accountOf(only(agents).id)).toMatchObject({ name: 'Renamed', role: { role: 'admin' } });
  });

  it('unmapped: no update ever names a role', async () => {
    const schema = schemaOf(
      JSON.stringify({
        synchronizationRules: [
          {
            name: 'r',
            objectMappings: [
              {
                name: 'u',
                sourceObjectName: 'User',
                targetObjectName: 'User',
                flowTypes: 'Add, Update, Delete',
                attributeMappings: [
                  { targetAttributeName: 'external_id', matchingPriority: 1, source: { expression: '[objectId]' } },
                  { targetAttributeName: 'email', matchingPriority: 2, source: { expression: '[mail]' } },
                  { targetAttributeName: 'name', source: { expression: '[displayName]' } },
                ],
              },
            ],
          },
        ],
      }),
    );
    const { world, directory, agents, users } = aCompany({ agents: 2, users: 2 }, { schema });
    world.target.seedUser({ name: 'x', email: 'agent0@contoso.com', role: { role: 'admin', customRoleId: null } });
    const written: unknown[] = [];
    world.target.hook = (moment, method, args) => {
      if (moment === 'before' && method === 'updateUser') written.push(args[1]);
    };
    await world.round();
    for (const { id } of [...agents, ...users]) directory.updateUser(id, { displayName: 'New name' });
    await world.round();
    expect(written.length).toBeGreaterThan(3);
    expect(written.filter((changes) => Object.hasOwn(changes as object, 'role'))).toEqual([]);
  });

  it('DEFAULT_ACCESS=EndUser: who loses the role of an agent and keeps Default Access loses the seat', async () => {
    const { world, directory, agents } = aCompany({ agents: 1 }, { settings: { defaultAccess: 'EndUser' } });
    await world.round();
    directory.assign(only(agents).id);
    directory.unassign(only(agents).assignment);
    await world.round();
    expect(world.accountOf(only(agents).id)).toMatchObject({ suspended: false, role: { role: 'end-user' } });
  });
});

describe('engine › groups', () => {
  const withGroup = async (isThere: boolean) => {
    const company = aCompany({ agents: 2 });
    const group = company.directory.addGroup({ displayName: 'Sales' });
    const assignment = company.directory.assign(group, company.roles.agent);
    for (const { id } of company.agents) company.directory.addMember(group, id);
    if (isThere) company.world.target.seedGroup('Sales');
    await company.world.round();
    return { ...company, group, assignment };
  };

  it.each([
    ['created by us: deleted', false],
    ['there before: let go with its members', true],
  ])('unassigned, %s', async (_what, isThere) => {
    const { world, directory, assignment } = await withGroup(isThere);
    const before = world.groupNamed('Sales');
    expect(before && world.membersOf(before.id)).toHaveLength(2);
    directory.unassign(assignment);
    await world.round();
    const after = world.groupNamed('Sales');
    expect(after?.id).toBe(isThere ? before?.id : undefined);
    if (after) expect(world.membersOf(after.id)).toHaveLength(2);
  });

  it('adopted, deleted in Zendesk by hand and made again by us: ours from then on', async () => {
    const { world, directory, group, assignment } = await withGroup(true);
    const adopted = world.groupNamed('Sales');
    if (adopted) await world.target.deleteGroup(adopted.id);
    directory.updateGroup(group, { description: 'changed' });
    await world.round();
    expect(world.groupNamed('Sales')?.id).not.toBe(adopted?.id);
    directory.unassign(assignment);
    await world.round();
    expect(world.groupNamed('Sales')).toBeUndefined();
  });

  it('created by us, deleted by hand, and another one of that name made by somebody: theirs, never deleted', async () => {
    const { world, directory, group, assignment } = await withGroup(false);
    const ours = world.groupNamed('Sales');
    if (ours) await world.target.deleteGroup(ours.id);
    const theirs = world.target.seedGroup('Sales');
    directory.updateGroup(group, { description: 'changed' });
    await world.round();
    directory.unassign(assignment);
    await world.round();
    expect(world.groupNamed('Sales')?.id).toBe(theirs.id);
  });

  it('renamed: the same group under its new name', async () => {
    const { world, directory, group } = await withGroup(false);
    const id = world.groupNamed('Sales')?.id;
    directory.updateGroup(group, { displayName: 'Sales EMEA' });
    await world.round();
    expect(world.groupNamed('Sales EMEA')?.id).toBe(id);
  });

  it('two of one name: the first has it, the other is an escrow that names it; once renamed it goes on', async () => {
    const { world, directory, roles } = await withGroup(false);
    const second = directory.addGroup({ displayName: 'sales' });
    directory.assign(second, roles.agent);
    await world.round();
    const escrow = await world.deps().escrows.read({ type: 'group', id: second });
    expect(escrow).toMatchObject({ code: 'DuplicateTargetEntries' });
    expect([...world.target.groups.values()].filter(({ name }) => name.toLowerCase() === 'sales')).toHaveLength(1);
    directory.updateGroup(second, { displayName: 'Sales 2' });
    await world.round();
    expect(world.groupNamed('Sales 2')).toBeDefined();
    expect(await world.deps().escrows.read({ type: 'group', id: second })).toBeUndefined();
  });

  it('no longer security-enabled: who was in scope through it is suspended, and back when it is enabled again', async () => {
    const world = new World();
    const { directory } = world;
    const role = directory.addAppRole({ displayName: 'Agent', value: 'agent' });
    const group = directory.addGroup({ displayName: 'Sales' });
    const ann = aPerson(world, 'ann');
    directory.addMember(group, ann);
    directory.assign(group, role);
    await world.round();
    directory.updateGroup(group, { securityEnabled: false });
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    directory.updateGroup(group, { securityEnabled: true });
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('an account made again after a deletion by hand is in the groups that it was in', async () => {
    const { world, directory, agents } = await withGroup(false);
    const account = world.accountOf(only(agents).id);
    if (account) await world.target.deleteUser(account.id);
    directory.updateUser(only(agents).id, { displayName: 'Renamed' });
    await world.round();
    const sales = world.groupNamed('Sales');
    expect(sales && world.membersOf(sales.id)).toContain(only(agents).id);
  });
});

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

describe('engine › members of a group', () => {
  const inGroup = async () => {
    const company = aCompany({ agents: 2 });
    const group = company.directory.addGroup({ displayName: 'Sales' });
    company.directory.assign(group, company.roles.agent);
    const [ann, bob] = company.agents;
    if (!ann || !bob) throw new Error('two are needed');
    company.directory.addMember(group, ann.id);
    await company.world.round();
    const members = () => company.world.membersOf(company.world.groupNamed('Sales')?.id ?? ('' as never));
    return { ...company, group, ann: ann.id, bob: bob.id, members };
  };

  it('a member whom a full round lacks stays until a direct read has proved that the membership is gone', async () => {
    const { world, directory, group, ann, members } = await inGroup();
    directory.members.get(group)?.delete(ann);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set([ann]);
    await world.round();
    await world.round();
    expect(members()).toEqual([ann]);
    world.source.expireWatermarks();
    world.source.switches.unknownReads = new Set();
    await world.round();
    expect(members()).toEqual([]);
  });

  it('a protected account is neither put into a group nor taken out of one', async () => {
    const { world, directory, group, ann, bob, members } = await inGroup();
    const ids = [ann, bob].map((id) => world.accountOf(id)?.id ?? '');
    world.settings = { ...world.settings, protectedUsers: ids };
    directory.addMember(group, bob);
    directory.removeMember(group, ann);
    await world.round();
    expect(members()).toEqual([ann]);
  });
});

describe('engine › one writer', () => {
  it('an object that another worker has claimed is left alone until the claim is over', async () => {
    const { world, users } = aCompany({ users: 1 });
    await world.cycle();
    const { item } = only(world.queue.messages.splice(0));
    const plan = { action: 'create', targetId: null, changes: [], role: null, adopts: false, notes: [], removals: [] } as const;
    const claim = { untilMs: world.nowMs + 60_000, changeId: 'other', cycleId: 'other', plan };
    await world.deps().links.write({ type: 'user', id: only(users).id }, { link: null, claim }, null);
    await world.work(item);
    expect([world.target.writeCount(), world.queue.messages.length]).toEqual([0, 1]);
    world.nowMs += 60_000;
    await world.drain();
    expect(world.accountOf(only(users).id)).toBeDefined();
  });
});

describe('engine › what once went wrong', () => {
  it('a group nested in itself by way of another one, assigned while the first is unassigned: nobody below is suspended', async () => {
    const world = new World({ settings: { groupMembership: 'Transitive' } });
    const { directory } = world;
    const role = directory.addAppRole({ displayName: 'User', value: 'user' });
    const [inner, outer] = [directory.addGroup({ displayName: 'Inner' }), directory.addGroup({ displayName: 'Outer' })];
    const ann = aPerson(world, 'ann');
    directory.addMember(inner, ann);
    const assignment = directory.assign(inner, role);
    await world.round();
    directory.assign(outer, role);
    directory.addMember(inner, outer);
    directory.addMember(outer, inner);
    directory.unassign(assignment);
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(false);
  });

  it('a nested group is deleted, and Entra ID tells of it and not of the group above: who was below by it alone is out', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 }, { settings: { groupMembership: 'Transitive' } });
    const [inner, outer] = [directory.addGroup({ displayName: 'Inner' }), directory.addGroup({ displayName: 'Outer' })];
    const ann = aPerson(world, 'ann');
    const direct = only(agents).id;
    directory.assign(outer, roles.agent);
    directory.addMember(outer, inner);
    for (const id of [ann, direct]) directory.addMember(inner, id);
    await world.round();
    const membersOfOuter = () => {
      const group = [...world.target.groups.values()].find(({ name }) => name === 'Outer');
      return group && world.membersOf(group.id).length;
    };
    expect(membersOfOuter()).toBe(2);
    directory.membersOf(outer).delete(inner);
    directory.deleteGroup(inner);
    await world.round();
    expect(world.accountOf(ann)?.suspended).toBe(true);
    expect(world.accountOf(direct)?.suspended).toBe(false);
    expect(membersOfOuter()).toBe(0);
  });

  it.each([false, true])(
    'Zendesk refuses to delete who still has tickets: access ends all the same (suspended before: %s)',
    async (isSuspended) => {
      const { world, directory, users } = aCompany({ users: 1 }, { settings: { hardDeletedUsers: 'Delete' } });
      const { id } = only(users);
      await world.round();
      if (isSuspended) {
        directory.softDeleteUser(id);
        await world.round();
      }
      world.target.hook = (moment, method) => {
        if (moment === 'before' && method === 'deleteUser')
          throw new OpenTicketsError('base', 'Refused: requester of open tickets');
      };
      const writes = world.target.writeCount();
      directory.hardDeleteUser(id);
      await world.round();
      expect(world.accountOf(id)?.suspended).toBe(true);
      expect(world.target.writeCount() - writes).toBe(isSuspended ? 0 : 2);
      expect((await world.deps().escrows.read({ type: 'user', id }))?.code).toBe('UnprocessableEntity');
      world.target.hook = undefined;
      world.nowMs += 7 * 3_600_000;
      await world.round();
      expect(world.accountOf(id)).toBeUndefined();
    },
  );

  it('a group that comes before its members does not call agents-to-be something else for good', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, only(agents).id);
    await world.cycle();
    world.queue.messages.sort((a, b) => a.item.objectType.localeCompare(b.item.objectType));
    await world.drain();
    const { entries } = await world.deps().log.query({ sourceId: group }, 10);
    expect(JSON.stringify(entries)).toContain('1 skipped (not agents in Zendesk, or not yet; its groups take agents only)');
  });

  it('an agent who was an end user for a while is back in the groups', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    const { id, assignment } = only(agents);
    directory.addMember(group, id);
    await world.round();
    const before = world.snapshot();
    directory.unassign(assignment);
    const asUser = directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe('end-user');
    directory.unassign(asUser);
    directory.assign(id, roles.agent);
    await world.round();
    expect(world.snapshot()).toEqual(before);
  });

  it.each([true, false])(
    'somebody joins a group that is being let go: the same whoever comes first (group first: %s)',
    async (isGroupFirst) => {
      const { world, directory, agents, roles } = aCompany({ agents: 1 });
      const group = directory.addGroup({ displayName: 'Sales' });
      const assignment = directory.assign(group, roles.agent);
      world.target.seedGroup('Sales');
      await world.round();
      directory.addMember(group, only(agents).id);
      directory.unassign(assignment);
      await world.cycle();
      world.queue.messages.sort((a, b) => (a.item.objectType < b.item.objectType === isGroupFirst ? -1 : 1));
      await world.drain();
      const sales = world.groupNamed('Sales');
      expect(sales && world.membersOf(sales.id)).toEqual([]);
    },
  );

  it('killed anywhere in the cycle that new rules make an initial one: everybody is looked at all the same', async () => {
    for (let at = 0; at < 70; at += 1) {
      const { world } = aCompany({}, { settings: { scope: 'All' } });
      const ann = aPerson(world, 'ann');
      await world.round();
      world.settings = { ...world.settings, scope: 'AssignedOnly' };
      world.nowMs += 20 * 60_000;
      await world.killedAt(at, () => world.tick());
      await world.round();
      expect([at, world.accountOf(ann)?.suspended]).toEqual([at, true]);
    }
  });
});

describe('engine › failures', () => {
  it('one object refused: an escrow on the ladder, the others go on, the cycle is counted', async () => {
    const { world, users } = aCompany({ users: 5 });
    world.target.hook = (moment, method, args) => {
      if (moment !== 'before' || method !== 'createUser') return;
      const isFirst = (args[0] as { externalId: string }).externalId === only(users).id;
      if (isFirst) throw new RejectedError('email', 'Refused: not an address');
    };
    const { cycleId, evaluated } = await world.round();
    expect(await world.counts(cycleId)).toMatchObject({
      total: evaluated,
      byOutcome: { 'failure/create': 1, 'success/create': 4 },
    });
    const escrow = await world.deps().escrows.read({ type: 'user', id: only(users).id });
    expect(escrow).toMatchObject({ attempts: 1, isTransient: false });
    world.target.hook = undefined;
    await world.round();
    expect(world.accountOf(only(users).id)).toBeUndefined();
    world.nowMs += 6 * 3600_000;
    await world.round();
    expect(world.accountOf(only(users).id)).toBeDefined();
    expect(await world.deps().escrows.read({ type: 'user', id: only(users).id })).toBeUndefined();
  });

  it('a change at the source tries a refused object again at once', async () => {
    const { world, directory, users } = aCompany({ users: 1 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
    };
    await world.round();
    world.target.hook = undefined;
    directory.updateUser(only(users).id, { mail: 'better@contoso.com' });
    await world.round();
    expect(world.accountOf(only(users).id)?.email).toBe('better@contoso.com');
  });

  it('an answer lost after a create: no second account, and the log tells of a creation', async () => {
    const { world, users } = aCompany({ users: 1 });
    let isLost = false;
    world.target.hook = (moment, method) => {
      if (moment !== 'after' || method !== 'createUser' || isLost) return;
      isLost = true;
      throw new UnavailableError('target', 'reset');
    };
    await world.round();
    const { cycleId } = await world.round();
    expect([...world.target.users.values()].filter(({ externalId }) => externalId === only(users).id)).toHaveLength(1);
    expect((await world.counts(cycleId)).byOutcome).toEqual({ 'success/create': 1 });
  });

  it('throttled between the account and its group: one entry, and it tells of the creation', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    directory.addMember(group, only(agents).id);
    let times = 0;
    world.target.hook = (moment, method) => {
      if (moment !== 'before' || method !== 'addMembership') return;
      times += 1;
      if (times < 4) throw new ThrottledError('target', 60_000, 'slow down');
    };
    const { cycleId } = await world.round();
    expect((await world.counts(cycleId)).byOutcome).toEqual({ 'success/create': 2 });
    const sales = world.groupNamed('Sales');
    expect(sales && world.membersOf(sales.id)).toEqual([only(agents).id]);
  });

  it('no seat is free: the end user that Zendesk left behind is raised once there is one', async () => {
    const { world, agents } = aCompany({ agents: 1 });
    world.target.hook = async (moment, method, args) => {
      if (moment !== 'before' || method !== 'createUser') return;
      const { externalId, name, email } = args[0] as { externalId: string; name: string; email: string };
      world.target.seedUser({ name, email, externalId });
      throw new LicenseLimitError('No seat');
    };
    await world.round();
    world.target.hook = undefined;
    world.nowMs += 7 * 3600_000;
    await world.round();
    expect(world.accountOf(only(agents).id)?.role.role).toBe('agent');
  });

  it('a refused credential: nothing is lost, the wait grows by cycles and not by workers, and it ends when both sides let us in', async () => {
    const { world, users } = aCompany({ users: 12 });
    let isRefused = true;
    world.target.hook = (moment, method) => {
      if (moment === 'before' && isRefused && method !== 'describe') throw new UnauthorizedError('target', 'refused');
    };
    await world.cycle();
    const items = world.queue.messages.splice(0).map(({ item }) => item);
    await Promise.all(items.slice(0, 5).map((item) => world.work(item)));
    for (const item of items.slice(5)) await world.work(item);
    const { quarantine } = (await readJob(world.deps().state)).value;
    expect(quarantine).toMatchObject({ reason: 'EncounteredQuarantineException', seriesCount: 1 });
    expect(Date.parse(quarantine?.nextAttempt ?? '') - world.nowMs).toBeLessThanOrEqual(3600_000);
    isRefused = false;
    world.nowMs += 3600_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });

  it('most objects fail: quarantine with the reason; a healthy cycle ends it', async () => {
    const { world, users } = aCompany({ users: 12 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
    };
    await world.round();
    const { quarantine } = (await readJob(world.deps().state)).value;
    expect(quarantine?.reason).toBe('EncounteredEscrowProportionThreshold');
    expect(quarantine?.sampleIds.length).toBeGreaterThan(0);
    world.target.hook = undefined;
    world.nowMs += 8 * 3600_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await readJob(world.deps().state)).value.quarantine).toBeNull();
  });

  it('rules that change while a cycle is cut off come into force for everybody with the next one', async () => {
    const { world, directory, users } = aCompany({ users: 8 }, { settings: { scope: 'AssignedOnly' } });
    const stranger = aPerson(world, 'stranger');
    await world.killedAt(60, () => world.tick());
    world.settings = { ...world.settings, scope: 'All' };
    await world.round();
    await world.round();
    expect(users.every(({ id }) => world.accountOf(id))).toBe(true);
    expect(world.accountOf(stranger)).toBeDefined();
    expect(directory.isLive(stranger)).toBe(true);
  });
});

describe('engine › an assigned service principal', () => {
  it('is skipped with the reason, once, counted in its cycle, and asks nothing of Graph or Zendesk', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    const id = directory.assignServicePrincipal('Reporting bot', roles.user);
    const asked: string[] = [];
    world.source.beforeCall = (call) => void asked.push(JSON.stringify(call));
    const first = await world.round();
    const { log } = world.deps();
    const { entries } = await log.query({ sourceId: id }, 10);
    expect(entries).toEqual([
      expect.objectContaining({
        skipReason: 'UnsupportedPrincipal',
        sourceIdentity: { id, displayName: 'Reporting bot', identityType: 'ServicePrincipal', details: {} },
        provisioningSteps: [expect.objectContaining({ provisioningStepType: 'scoping', status: 'skipped' })],
      }),
    ]);
    expect((await world.counts(first.cycleId)).total).toBe(first.evaluated);
    expect(asked.filter((call) => call.includes(id))).toEqual([]);
    await world.round();
    for (const assignment of directory.assignments.values()) if (assignment.principalId === id) directory.unassign(assignment.id);
    await world.round();
    expect((await log.query({ sourceId: id }, 10)).entries).toHaveLength(1);
  });

  it('alone in a cycle, closes it without any worker', async () => {
    const { world, directory, roles } = aCompany({ users: 1 });
    await world.round();
    directory.assignServicePrincipal('Reporting bot', roles.user);
    const { cycleId } = await world.cycle();
    expect(world.queue.messages).toEqual([]);
    expect((await world.deps().cycles.read(cycleId))?.state).toBe('succeeded');
  });
});

describe('engine › what cannot be proved', () => {
  it('is counted in the cycle until it can be', async () => {
    const { world } = aCompany({ users: 2 });
    await world.round();
    const unknowns = async () => (await world.deps().cycles.read((await world.round()).cycleId))?.unknowns;
    Object.assign(world.source.switches, { emptyAssignments: true, unknownReads: 'all' });
    expect(await unknowns()).toBe(2);
    Object.assign(world.source.switches, { emptyAssignments: false, unknownReads: new Set() });
    expect(await unknowns()).toBeUndefined();
  });
});

describe('engine › a seat that the brake holds', () => {
  it('is not said to be in step: the log says what it waits for', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 }, { settings: { deletionThreshold: 0 } });
    await world.round();
    const { id, assignment } = only(agents);
    directory.unassign(assignment);
    directory.assign(id, roles.user);
    await world.round();
    expect(world.accountOf(id)?.role.role).toBe('agent');
    const [entry] = (await world.deps().log.query({ sourceId: id }, 1)).entries;
    expect([entry?.skipReason, entry?.provisioningSteps.at(-1)?.description]).toEqual([
      'AwaitingCycle',
      expect.stringContaining('only after a cycle has counted it'),
    ]);
  });
});

describe('engine › what cannot be mapped', () => {
  it.each([
    ['a name of blanks', { displayName: '   ' }, 'user', 'AttributeValidationFailed'],
    ['a role that Zendesk lacks', {}, 'other', 'RoleNotFound'],
  ] as const)('%s: the log names the step that failed', async (_, attributes, role, errorCode) => {
    const { world, directory, roles } = aCompany({});
    const id = aPerson(world, 'somebody');
    directory.updateUser(id, attributes);
    directory.assign(id, role === 'user' ? roles.user : directory.addAppRole({ displayName: 'Nobody knows' }));
    const { cycleId } = await world.round();
    const { provisioningSteps, provisioningStatusInfo } = only((await world.deps().log.query({ cycleId }, 10)).entries);
    expect(provisioningStatusInfo.errorInformation?.errorCode).toBe(errorCode);
    expect(provisioningSteps.map(({ provisioningStepType, status }) => `${provisioningStepType} ${status}`)).toEqual([
      'import success',
      'scoping success',
      'processing failure',
    ]);
  });
});
