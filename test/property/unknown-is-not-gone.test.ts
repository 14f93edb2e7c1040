import { importOne } from '../../src/engine/import/import-one';
import { openImport } from '../../src/engine/import/import-session';
import { aCompany } from '../builders/people';

/** What a guard of the import holds off: each test fails once that guard is taken out. */
describe('engine › rows that lack what identifies them', () => {
  it('change nothing of a user, whatever else they say', async () => {
    const { world, directory, users } = aCompany({ users: 3 });
    await world.round();
    const before = world.snapshot();
    world.source.switches.nullRows = true;
    for (const { id } of users) directory.updateUser(id, { displayName: 'Whoever' });
    await world.round();
    expect(world.snapshot()).toEqual(before);
    for (const { id } of users) {
      const row = await world.deps().space.readObject({ type: 'user', id });
      expect(row?.value.attributes['displayName']).toMatch(/^user\d$/);
    }
    for await (const page of world.deps().escrows.list()) expect(page).toEqual([]);
  });
});

describe('engine › one object on demand', () => {
  it('a group that can be restored is deleted for now, not living', async () => {
    const { world, directory, roles } = aCompany({ agents: 1 });
    const group = directory.addGroup({ displayName: 'Sales' });
    directory.assign(group, roles.agent);
    await world.round();
    directory.softDeleteGroup(group);
    const imported = await importOne(await openImport(world.deps()), group, 'group');
    expect(imported).toMatchObject({ kind: 'imported', object: { deleted: 'soft' } });
  });

  it('an assignment that the list lacks and that cannot be read still stands; one that is proved gone does not', async () => {
    const { world, directory, agents } = aCompany({ agents: 2 });
    await world.round();
    const [ann, bob] = agents;
    if (!ann || !bob) throw new Error('nobody');
    directory.unassign(ann.assignment);
    directory.unassign(bob.assignment);
    world.source.switches.unknownReads = new Set([ann.assignment]);
    const session = await openImport(world.deps());
    const kept = await importOne(session, ann.id, 'user');
    const gone = await importOne(session, bob.id, 'user');
    expect(kept).toMatchObject({ kind: 'imported', object: { entitlements: [{ assignmentId: ann.assignment }] } });
    expect(gone).toMatchObject({ kind: 'imported', object: { entitlements: [] } });
  });

  it('a membership that cannot be read still stands; one that is proved gone does not', async () => {
    const { world, directory, roles } = aCompany({});
    const team = directory.addGroup({ displayName: 'Team' });
    const assignment = directory.assign(team, roles.agent);
    const [ann, bob] = ['ann', 'bob'].map((name) => {
      const id = directory.addUser({ displayName: name, mail: `${name}@contoso.com`, userPrincipalName: `${name}@contoso.com` });
      directory.addMember(team, id);
      return id;
    });
    if (!ann || !bob) throw new Error('nobody');
    await world.round();
    directory.removeMember(team, ann);
    directory.removeMember(team, bob);
    const beforeCall = world.source.beforeCall;
    // The user can be read, the proof about the membership cannot.
    world.source.beforeCall = async (call) => {
      const isProof = call.method === 'proveMembershipGone' && call.subject.includes(ann);
      world.source.switches.unknownReads = new Set(isProof ? [ann] : []);
      await beforeCall?.(call);
    };
    const session = await openImport(world.deps());
    const kept = await importOne(session, ann, 'user');
    const gone = await importOne(session, bob, 'user');
    expect(kept).toMatchObject({ kind: 'imported', object: { entitlements: [{ assignmentId: assignment, path: [team] }] } });
    expect(gone).toMatchObject({ kind: 'imported', object: { entitlements: [] } });
  });
});
