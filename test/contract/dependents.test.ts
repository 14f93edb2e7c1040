import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedDirectory } from '../../local/graph/directory';
import { aSchemaFile, mapTo } from '../builders/schema';
import { type JobWorld, startJobWorld } from './job-control-world';

/** Ann and Bob report to the boss, who is nobody that this app provisions. */
describe('what is read of managers follows them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dependents-'));
  const directory = new SimulatedDirectory({ tenantName: 'Test' });
  const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const role = directory.addAppRole(servicePrincipalId, { displayName: 'User', value: 'User' });
  const person = (name: string, isAssigned = true): string => {
    const id = directory.addUser({ userPrincipalName: `${name}@test.example`, mail: `${name}@test.example`, displayName: name });
    if (isAssigned) directory.assign(id, role, servicePrincipalId);
    return id;
  };
  const [boss, other, ann, bob] = [person('Boss', false), person('Other', false), person('ann'), person('bob')];
  directory.setManager(ann, boss);
  directory.setManager(bob, boss);
  let world: JobWorld;

  beforeAll(async () => {
    const schema = aSchemaFile([
      mapTo('email', '[mail]', { matchingPriority: 2 }),
      mapTo('role', '"end-user"'),
      mapTo('notes', 'Coalesce([manager.displayName], "nobody")'),
      mapTo('details', 'Coalesce([manager.department], "none")'),
    ]);
    const file = join(folder, 'schema.json');
    writeFileSync(file, schema);
    world = await startJobWorld({ PROVISIONING_SCHEMA: file }, { directory, servicePrincipalId });
    await world.settle();
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  const notes = () =>
    Object.fromEntries(
      [...world.zendesk.state.users.values()]
        .filter((user) => user.external_id)
        .map((user) => [user.name, `${user.notes}, ${user.details}`]),
    );

  test('who the manager is, from the initial cycle on', () => {
    expect(notes()).toEqual({ ann: 'Boss, none', bob: 'Boss, none' });
  });

  test("a manager's change reaches the reports with the next cycle", async () => {
    directory.updateUser(boss, { displayName: 'Chief', department: 'Support' });
    await world.settle();
    expect(notes()).toEqual({ ann: 'Chief, Support', bob: 'Chief, Support' });
  });

  test('what mappings do not read of a manager concerns nobody', async () => {
    directory.updateUser(boss, { jobTitle: 'Head' });
    await world.cycle();
    expect(await world.drain()).toBe(0);
  });

  test('another manager, and the changes of that one; those of the former no more', async () => {
    directory.setManager(ann, other);
    await world.settle();
    directory.updateUser(other, { displayName: 'New' });
    directory.updateUser(boss, { displayName: 'Old' });
    await world.settle();
    expect(notes()).toEqual({ ann: 'New, none', bob: 'Old, Support' });
  });

  test('a manager who changes in the cycle that makes somebody a report', async () => {
    directory.setManager(ann, boss);
    directory.updateUser(boss, { displayName: 'Again' });
    await world.settle();
    directory.setManager(ann, other);
    await world.settle();
    directory.updateUser(other, { displayName: 'Later' });
    directory.setManager(bob, other);
    await world.settle();
    expect(notes()).toEqual({ ann: 'Later, none', bob: 'Later, none' });
  });

  test('a manager who is deleted is nobody, and comes back with a restoration', async () => {
    directory.softDeleteUser(other);
    await world.settle();
    expect(notes()).toEqual({ ann: 'nobody, none', bob: 'nobody, none' });
    directory.restoreUser(other);
    await world.settle();
    expect(notes()).toEqual({ ann: 'Later, none', bob: 'Later, none' });
  });

  test('somebody assigned later follows the manager too', async () => {
    const cem = person('cem');
    directory.setManager(cem, boss);
    await world.settle();
    directory.updateUser(boss, { department: 'Sales' });
    await world.settle();
    expect(notes()).toMatchObject({ cem: 'Again, Sales' });
  });
});
