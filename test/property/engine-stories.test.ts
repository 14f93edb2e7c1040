import { OpenTicketsError } from '../../src/core/errors';
import { aCompany, aPerson } from '../builders/people';
import { only } from './support/only';
import { schemaOf, World } from './support/world';

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
