import type { SourceId } from '../../src/core/model';
import { aCompany, aPerson } from '../builders/people';
import { Killed, type World } from './support/world';

/** A cycle that is killed before it reads users, and has kept its place. */
async function cutOff(world: World): Promise<void> {
  world.hook = (name) => {
    world.nowMs += 1_000;
    if (name === 'source.readUserChanges') throw new Killed();
  };
  await expect(world.cycle()).rejects.toThrow(Killed);
  world.hook = undefined;
}

/** Nobody loses access by what the source merely fails to tell; whoever is proved to have lost it does. */
describe('engine › app roles that the application no longer lists', () => {
  it('nobody loses access by a role that assignments still name, in however many cycles; who is unassigned does', async () => {
    const { world, directory, users } = aCompany({ users: 9 });
    await world.round();
    world.source.switches.missingAppRoles = true;
    await world.round();
    await world.dueInitial();
    await world.round();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
    directory.unassign(users[0]?.assignment ?? '');
    await world.round();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([users[0]]);
    world.source.switches.missingAppRoles = false;
    await world.round();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([users[0]]);
  });
});

describe('engine › app roles that change while a cycle is cut off', () => {
  it('whoever is moved to another role before theirs is disabled keeps access; who has only that one loses it', async () => {
    const { world, directory, users, roles } = aCompany({ users: 2 });
    await world.round();
    await world.dueInitial();
    await cutOff(world);
    const [ann, bob] = users;
    if (!ann || !bob) throw new Error('nobody');
    directory.unassign(ann.assignment);
    directory.assign(ann.id, roles.agent);
    directory.enableRole(roles.user, false);
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, false]);
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, true]);
  });
});

describe('engine › an app role that is enabled only while a cycle is cut off', () => {
  it('whoever was given access by it meanwhile loses it', async () => {
    const { world, directory, agents, users, roles } = aCompany({ agents: 1, users: 1 });
    const standing = () => [...agents, ...users].map(({ id }) => world.accountOf(id)?.suspended);
    directory.enableRole(roles.agent, false);
    await world.round();
    expect(standing()).toEqual([undefined, false]);
    await world.dueInitial();
    await cutOff(world);
    directory.enableRole(roles.agent, true);
    await world.round();
    expect(standing()).toEqual([false, false]);
    directory.enableRole(roles.agent, false);
    await world.round();
    expect(standing()).toEqual([true, false]);
  });
});

describe('engine › app roles that change while a cycle reads', () => {
  it('whoever is moved to a role that is enabled only now keeps access', async () => {
    const { world, directory, users, roles } = aCompany({ users: 2 });
    directory.enableRole(roles.agent, false);
    await world.round();
    const [ann, bob] = users;
    if (!ann || !bob) throw new Error('nobody');
    world.hook = (name) => {
      if (name !== 'source.readAssignments') return;
      world.hook = undefined;
      directory.enableRole(roles.agent, true);
      directory.unassign(ann.assignment);
      directory.assign(ann.id, roles.agent);
      directory.unassign(bob.assignment);
    };
    const { cycleId } = await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, false]);
    expect(await world.counts(cycleId)).toMatchObject({ bySkipReason: { Unknown: 2 } });
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, true]);
  });
});

describe('engine › a list of assignments that lacks some', () => {
  it('a person whose role is changed keeps access though the list comes empty', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 3 });
    await world.round();
    directory.unassign(agents[0]?.assignment ?? '');
    directory.assign(agents[0]?.id ?? '', roles.user);
    world.source.switches.emptyAssignments = true;
    await world.round();
    expect(agents.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
    world.source.switches.emptyAssignments = false;
    await world.round();
    expect(world.accountOf(agents.map((one) => one.id)[0] as SourceId)).toMatchObject({
      suspended: false,
      role: { role: 'end-user' },
    });
  });

  it('the only person assigned, with a new role: keeps access though the list comes empty', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    await world.round();
    directory.unassign(agents[0]?.assignment ?? '');
    directory.assign(agents[0]?.id ?? '', roles.user);
    world.source.switches.emptyAssignments = true;
    await world.round();
    expect(agents.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
  });

  it('caught lying about one, it is not believed about another; the next true one is', async () => {
    const { world, directory, agents } = aCompany({ agents: 4 });
    await world.round();
    directory.unassign(agents[0]?.assignment ?? '');
    world.source.switches.emptyAssignments = true;
    await world.round();
    expect(agents.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
    world.source.switches.emptyAssignments = false;
    await world.round();
    expect(agents.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([agents[0]]);
  });

  it('empty because everybody is unassigned: that takes effect', async () => {
    const { world, directory, agents } = aCompany({ agents: 2 });
    await world.round();
    for (const { assignment } of agents) directory.unassign(assignment);
    await world.round();
    expect(agents.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual(agents);
  });
});

describe('engine › a list of members that lacks one who has just joined', () => {
  it('whoever is moved from an assignment of their own to a group keeps access; who is in none loses it', async () => {
    const { world, directory, users, roles } = aCompany({ users: 2 });
    await world.round();
    const [ann, bob] = users;
    if (!ann || !bob) throw new Error('nobody');
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.user);
    directory.addMember(team, ann.id);
    for (const { assignment } of [ann, bob]) directory.unassign(assignment);
    const read = world.source.readGroupChanges.bind(world.source);
    world.source.readGroupChanges = async (...args) => {
      const page = await read(...args);
      return { ...page, changes: page.changes.map((one) => (one.kind === 'present' ? { ...one, members: [] } : one)) };
    };
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, true]);
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([false, true]);
  });
});

describe('engine › a list of members that lacks a group which has just come into another', () => {
  it('whoever is in the inner group keeps access, who has left it loses it, and the next cycle looks at both groups', async () => {
    const { world, directory, users, roles } = aCompany({ users: 60 }, { settings: { groupMembership: 'Transitive' } });
    const leaver = users.at(-1);
    if (!leaver) throw new Error('nobody');
    const [team, part] = [directory.addGroup({ displayName: 'Team' }), directory.addGroup({ displayName: 'Part' })];
    directory.assign(team, roles.user);
    const ofPart = directory.assign(part, roles.user);
    for (const { id } of users) directory.addMember(part, id);
    await world.round();
    for (const { assignment } of users) directory.unassign(assignment);
    directory.addMember(team, part);
    directory.unassign(ofPart);
    directory.removeMember(part, leaver.id);
    const read = world.source.readGroupChanges.bind(world.source);
    world.source.readGroupChanges = async (...args) => {
      const page = await read(...args);
      const changes = page.changes.map((one) => {
        if (one.kind !== 'present' || !one.members) return one;
        return { ...one, members: one.members.filter(({ memberId }) => memberId !== part) };
      });
      return { ...page, changes };
    };
    const suspended = () => users.filter(({ id }) => world.accountOf(id)?.suspended);
    await world.round();
    expect(suspended()).toEqual([leaver]);
    const marked = (await world.deps().space.listDirty()).map(({ id }) => id);
    expect(marked).toEqual(expect.arrayContaining([team, part]));
    await world.round();
    expect(suspended()).toEqual([leaver]);
  });
});

describe('engine › a list of members that still has one who has left', () => {
  it.each(['Direct', 'Transitive'] as const)(
    '%s: a role of the group is not left over from both ending together',
    async (groupMembership) => {
      const { world, directory, agents, roles } = aCompany({ agents: 2 }, { settings: { groupMembership } });
      const [ann, bob] = agents;
      if (!ann || !bob) throw new Error('nobody');
      const team = directory.addGroup({ displayName: 'Team' });
      directory.assign(team, roles.user);
      const part = groupMembership === 'Direct' ? team : directory.addGroup({ displayName: 'Part' });
      if (part !== team) directory.addMember(team, part);
      const left = part === team ? ann.id : part;
      for (const { id } of agents) directory.addMember(id === ann.id ? part : team, id);
      await world.round();
      const standing = () => agents.map(({ id }) => [world.accountOf(id)?.role.role, world.accountOf(id)?.suspended]);
      expect(standing()).toEqual([
        ['agent', false],
        ['agent', false],
      ]);
      for (const { assignment } of agents) directory.unassign(assignment);
      directory.removeMember(team, left);
      // The copy of the directory that the changes of groups come from is behind.
      world.source.beforeCall = ({ method }) => {
        if (method === 'readGroupChanges') directory.addMember(team, left);
        if (method === 'readUserChanges') directory.removeMember(team, left);
      };
      await world.round();
      expect(standing()).toEqual([
        ['agent', false],
        ['end-user', false],
      ]);
      world.source.beforeCall = undefined;
      await world.round();
      expect(standing()).toEqual([
        ['agent', true],
        ['end-user', false],
      ]);
    },
  );
});

describe('engine › an assignment that ends once the assignments have been read', () => {
  it('whoever joins its group only then does not get its lower role', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 1 });
    const [ann] = agents;
    if (!ann) throw new Error('nobody');
    const team = directory.addGroup({ displayName: 'Team' });
    const assignment = directory.assign(team, roles.user);
    await world.round();
    directory.unassign(ann.assignment);
    let hasEnded = false;
    world.source.beforeCall = ({ method }) => {
      if (method !== 'readGroupChanges' || hasEnded) return;
      hasEnded = true;
      directory.unassign(assignment);
      directory.addMember(team, ann.id);
    };
    await world.round();
    expect(world.accountOf(ann.id)).toMatchObject({ role: { role: 'agent' }, suspended: false });
    await world.round();
    expect(world.accountOf(ann.id)).toMatchObject({ role: { role: 'agent' }, suspended: true });
  });
});

describe('engine › a group that is assigned once the assignments have been read', () => {
  it('whoever is in it keeps access, though another group was left; each group is asked about once, however many are in it', async () => {
    const { world, directory, roles } = aCompany({});
    const [left, stays] = [directory.addGroup({ displayName: 'Left' }), directory.addGroup({ displayName: 'Stays' })];
    directory.assign(left, roles.user);
    const before = directory.assign(stays, roles.user);
    const people = ['ann', 'bob', 'eve'].map((word) => aPerson(world, word));
    for (const id of people) for (const group of [left, stays]) directory.addMember(group, id);
    await world.round();
    directory.unassign(before);
    await world.round();
    const asked: string[] = [];
    const ask = world.source.readAssignmentsOf.bind(world.source);
    world.source.readAssignmentsOf = (principal) => {
      if (principal.missing.length === 0) asked.push(principal.id);
      return ask(principal);
    };
    let isAssigned = false;
    world.source.beforeCall = ({ method }) => {
      if (method !== 'readGroupChanges' || isAssigned) return;
      isAssigned = true;
      directory.assign(stays, roles.user);
      for (const id of people) directory.removeMember(left, id);
    };
    const suspended = () => people.filter((id) => world.accountOf(id)?.suspended);
    await world.round();
    expect(suspended()).toEqual([]);
    expect([...asked].sort()).toEqual([...people, left, stays].sort());
    await world.round();
    expect(suspended()).toEqual([]);
  });
});

describe('engine › people who are moved to another group once the assignments have been read', () => {
  it.each([
    ['Direct', 'that was there'],
    ['Direct', 'that is new'],
    ['Transitive', 'that is new'],
  ] as const)(
    '%s: to one %s and is assigned only then: they keep access; who is in none loses it',
    async (groupMembership, which) => {
      const { world, directory, roles } = aCompany({}, { settings: { groupMembership } });
      const left = directory.addGroup({ displayName: 'Left' });
      directory.assign(left, roles.agent);
      const people = ['ann', 'bob', 'eve'].map((word) => aPerson(world, word));
      const [eve] = people.slice(-1);
      for (const id of people) directory.addMember(left, id);
      const moved = people.filter((id) => id !== eve);
      const other = () => {
        const group = directory.addGroup({ displayName: 'Other' });
        for (const id of moved) directory.addMember(group, id);
        return group;
      };
      let to = which === 'that was there' ? other() : undefined;
      await world.round();
      let isMoved = false;
      world.source.beforeCall = ({ method }) => {
        if (method !== 'readGroupChanges' || isMoved) return;
        isMoved = true;
        to ??= other();
        const above = groupMembership === 'Direct' ? to : directory.addGroup({ displayName: 'Above' });
        if (above !== to) directory.addMember(above, to);
        directory.assign(above, roles.agent);
        for (const id of people) directory.removeMember(left, id);
      };
      const suspended = () => people.filter((id) => world.accountOf(id)?.suspended);
      await world.round();
      expect(suspended()).toEqual([eve]);
      await world.round();
      expect(suspended()).toEqual([eve]);
      expect(moved.map((id) => world.accountOf(id)?.role.role)).toEqual(['agent', 'agent']);
    },
  );
});
