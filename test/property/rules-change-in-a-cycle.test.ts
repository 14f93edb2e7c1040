import { readFileSync } from 'node:fs';
import { aCompany } from '../builders/people';
import { Killed, schemaOf, type World } from './support/world';

/** A cycle that is killed once it has read all, and has kept its place. */
async function cutOffBeforeScoping(world: World): Promise<void> {
  await world.dueInitial();
  world.hook = (name) => {
    world.nowMs += 3_000;
    if (name === 'connectorSpace.listDirty') throw new Killed();
  };
  await expect(world.cycle()).rejects.toThrow(Killed);
  world.hook = undefined;
}

const withoutGuests = () => {
  const file = JSON.parse(readFileSync('provisioning-schema.json', 'utf8'));
  const clause = { sourceOperandName: 'displayName', operatorName: 'NOT EQUALS', targetOperand: { values: ['Guest'] } };
  file.synchronizationRules[0].objectMappings[0].scope = { groups: [{ clauses: [clause] }] };
  return schemaOf(JSON.stringify(file));
};

/** Rules that come into force meanwhile meet what was read before them; what both together ask for was never the case. */
describe('engine › rules that change while a cycle is cut off', () => {
  it('whom a new scoping filter would have left out before, and does not any more, keeps access; who is left out still loses it', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    const [ann, bob] = users;
    if (!ann || !bob) throw new Error('nobody');
    const suspended = () => users.filter(({ id }) => world.accountOf(id)?.suspended);
    for (const { id } of [ann, bob]) directory.updateUser(id, { displayName: 'Guest' });
    await world.round();
    await cutOffBeforeScoping(world);
    directory.updateUser(ann.id, { displayName: 'Ann' });
    world.schema = withoutGuests();
    await world.round();
    expect(suspended()).toEqual([]);
    await world.round();
    expect(suspended()).toEqual([bob]);
  });

  it('who is disabled or deleted, and a group that is not security-enabled any more, are out in the same cycle, whatever the rules', async () => {
    const { world, directory, users, roles } = aCompany({ users: 3 });
    const [ann, bob, eve] = users;
    if (!ann || !bob || !eve) throw new Error('nobody');
    const team = directory.addGroup({ displayName: 'Team' });
    directory.assign(team, roles.user);
    await world.round();
    directory.updateUser(ann.id, { accountEnabled: false });
    directory.softDeleteUser(bob.id);
    directory.hardDeleteUser(eve.id);
    directory.updateGroup(team, { securityEnabled: false });
    await cutOffBeforeScoping(world);
    world.schema = withoutGuests();
    await world.round();
    expect(users.map(({ id }) => world.accountOf(id)?.suspended)).toEqual([true, true, true]);
    expect(world.groupNamed('Team')).toBeUndefined();
  });

  it('who is in a group directly by the time that only direct members count stays in it; who was in it through another leaves', async () => {
    const { world, directory, agents, roles } = aCompany({ agents: 2 }, { settings: { groupMembership: 'Transitive' } });
    const [ann, bob] = agents;
    if (!ann || !bob) throw new Error('nobody');
    const [team, part] = [directory.addGroup({ displayName: 'Team' }), directory.addGroup({ displayName: 'Part' })];
    directory.assign(team, roles.agent);
    directory.addMember(team, part);
    for (const { id } of agents) directory.addMember(part, id);
    const inTeam = () => {
      const groupId = world.groupNamed('Team')?.id;
      const members = [...world.target.memberships.values()].filter((one) => one.groupId === groupId);
      return agents.filter(({ id }) => members.some(({ userId }) => userId === world.accountOf(id)?.id));
    };
    await world.round();
    expect(inTeam()).toEqual([ann, bob]);
    await cutOffBeforeScoping(world);
    directory.addMember(team, ann.id);
    world.settings = { ...world.settings, groupMembership: 'Direct' };
    await world.round();
    expect(inTeam()).toEqual([ann, bob]);
    await world.round();
    expect(inTeam()).toEqual([ann]);
  });
});
