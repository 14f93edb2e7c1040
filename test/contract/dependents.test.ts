import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedDirectory } from '../../local/graph/directory';
import { runCycle } from '../../src/engine/cycle/run-cycle';
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

describe('who waits for something that the Zendesk account lacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dependents-'));
  const directory = new SimulatedDirectory({ tenantName: 'Test' });
  const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
  const roles = Object.fromEntries(
    ['User', 'Tier 2'].map((name) => [name, directory.addAppRole(servicePrincipalId, { displayName: name, value: name })]),
  );
  const person = (name: string, role: string, more: Record<string, string> = {}): void => {
    const address = `${name}@test.example`;
    const id = directory.addUser({ userPrincipalName: address, mail: address, displayName: name, ...more });
    directory.assign(id, roles[role] ?? '', servicePrincipalId);
  };
  person('tier', 'Tier 2');
  person('local', 'User', { preferredLanguage: 'it' });
  person('field', 'User', { department: 'Sales' });
  person('member', 'User', { companyName: 'Contoso' });
  person('plain', 'User');
  let world: JobWorld;

  beforeAll(async () => {
    const schema = aSchemaFile([
      mapTo('email', '[mail]', { matchingPriority: 2 }),
      mapTo('role', 'SingleAppRoleAssignment([appRoleAssignments])'),
      mapTo('locale', '[preferredLanguage]'),
      mapTo('user_fields.team', '[department]'),
      mapTo('organization', '[companyName]'),
    ]);
    const file = join(folder, 'schema.json');
    writeFileSync(file, schema);
    world = await startJobWorld({ PROVISIONING_SCHEMA: file }, { directory, servicePrincipalId });
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  /** A cycle that many minutes later, with its items. Returns how many there were. */
  const cycleAfter = async (minutes: number): Promise<number> => {
    const clock = () => new Date(Date.now() + minutes * 60_000);
    const outcome = await runCycle({ ...world.app.deps, clock }, { owner: world.app.deps.newId(), budgetMs: 1_800_000 });
    expect(outcome.kind).toBe('completed');
    return world.drain();
  };
  const accounts = () =>
    Object.fromEntries(
      [...world.zendesk.state.users.values()]
        .filter((user) => user.external_id)
        .map((user) => [user.name, world.zendesk.state.customRoles.get(user.custom_role_id ?? 0)?.name ?? user.locale]),
    );
  const byName = (name: string) => [...world.zendesk.state.users.values()].find((user) => user.name === name);

  test('is refused, or gets the rest, and waits', async () => {
    await cycleAfter(0);
    expect(accounts()).toEqual({ local: 'en-US', field: 'en-US', plain: 'en-US' });
    // The next hourly look finds the account as it was.
    expect(await cycleAfter(61)).toBe(0);
  });

  test('is tried again by itself once the account has it, and nobody else is', async () => {
    world.zendesk.seed.customRole('Tier 2');
    world.zendesk.state.locales.push({ id: 22, locale: 'it', name: 'Italiano' });
    world.zendesk.seed.userField('team');
    const contoso = world.zendesk.seed.organization('Contoso');
    expect(await cycleAfter(122)).toBe(4);
    expect(accounts()).toEqual({ tier: 'Tier 2', local: 'it', field: 'en-US', member: 'en-US', plain: 'en-US' });
    expect(byName('field')?.user_fields.get('team')).toBe('Sales');
    expect(byName('member')?.organization_id).toBe(contoso.id);
    const failed: unknown[] = [];
    for await (const page of world.app.deps.escrows.list()) failed.push(...page);
    expect(failed).toEqual([]);
  });

  test('waits no longer afterwards', async () => {
    world.zendesk.seed.customRole('Tier 3');
    expect(await cycleAfter(183)).toBe(0);
  });

  test('is tried once more after some minutes, in case another instance went by the account as it had been', async () => {
    person('late', 'User', { preferredLanguage: 'pt' });
    expect(await cycleAfter(200)).toBe(1);
    world.zendesk.state.locales.push({ id: 19, locale: 'pt', name: 'Português' });
    const { deps } = world.app;
    const described = await deps.target.describe();
    // The look is made, and the item is carried out by an instance that has not looked.
    const clock = () => new Date(Date.now() + 250 * 60_000);
    await runCycle({ ...deps, clock }, { owner: deps.newId(), budgetMs: 1_800_000 });
    const stale = { ...deps, target: { ...deps.target, describe: async () => described } };
    await world.drain(stale);
    expect(byName('late')?.locale).toBe('en-US');
    expect(await cycleAfter(255)).toBe(0);
    expect(await cycleAfter(262)).toBe(1);
    expect(byName('late')?.locale).toBe('pt');
    expect(await cycleAfter(274)).toBe(0);
  });
});
