import { SimulatedDirectory } from '../../local/graph/directory';
import { changeJob } from '../../src/engine/job/job-state';
import { makeJobRestart } from '../../src/functions/job-control';
import { makeStatus } from '../../src/functions/status';
import { READER, SIGNED_IN, textOf, visit } from '../support/console-app';
import { type JobWorld, startJobWorld } from './job-control-world';

const PERMISSIONS = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All'];

describe('status › missing permissions', () => {
  let world: JobWorld;
  let hiddenGroup: string;
  let hiddenMember: string;

  beforeAll(async () => {
    const directory = new SimulatedDirectory({ tenantName: 'Test' });
    const servicePrincipalId = directory.addServicePrincipal({ displayName: 'Zendesk' });
    const role = directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'Agent' });
    directory.assign(directory.addUser({ userPrincipalName: 'ann@test.example', displayName: 'Ann' }), role, servicePrincipalId);
    hiddenMember = directory.addUser({ userPrincipalName: 'hid@test.example', displayName: 'Hid' });
    hiddenGroup = directory.addGroup({ displayName: 'Secret', securityEnabled: true, visibility: 'HiddenMembership' });
    directory.addMember(hiddenGroup, hiddenMember);
    world = await startJobWorld(SIGNED_IN, { directory, servicePrincipalId });
  });
  afterAll(() => world.stop());
  afterEach(() => {
    for (const permission of PERMISSIONS) world.graph.permissions.add(permission);
    world.graph.faults.clearRules();
  });

  const warnings = async (): Promise<readonly { setting: string; problem: string }[]> =>
    (await world.call(makeStatus, undefined, { method: 'GET' })).body.warnings.filter(
      ({ code }: { code: string }) => code === 'PermissionMissing',
    );

  test.each(PERMISSIONS)('without %s: named, with what fails and what to do; gone with the cycle that has it', async (name) => {
    await world.settle();
    expect(await warnings()).toEqual([]);
    world.graph.permissions.delete(name);
    // A refused read has it looked at, and so has an operator; otherwise an hour may pass.
    await changeJob(world.app.deps.state, (job) => ({ ...job, runNow: true }));
    await world.settle();
    expect(await warnings()).toEqual([
      { code: 'PermissionMissing', setting: name, problem: expect.stringMatching(/is missing.*stops|is missing.*nobody/) },
    ]);
    const overview = textOf(await visit(() => world.app, READER).get(''));
    expect(overview).toContain(`The Graph permission ${name} is missing`);
    expect(overview).toContain('this warning goes with the first cycle that has it');
    world.graph.permissions.add(name);
    await world.call(makeJobRestart, { criteria: { resetScope: 'QuarantineState' } });
    await world.settle();
    expect(await warnings()).toEqual([]);
  });

  test('all that are missing are named at once, though the first of them already stops the cycle', async () => {
    for (const name of PERMISSIONS) world.graph.permissions.delete(name);
    await world.cycle();
    expect((await warnings()).map(({ setting }) => setting)).toEqual(PERMISSIONS);
  });

  test('a Graph that does not answer neither lifts a warning nor raises one', async () => {
    world.graph.permissions.delete('GroupMember.Read.All');
    await world.call(makeJobRestart, { criteria: { resetScope: 'QuarantineState' } });
    await world.cycle();
    world.graph.permissions.add('GroupMember.Read.All');
    world.graph.faults.next({ status: 400, times: Number.POSITIVE_INFINITY });
    await world.cycle();
    expect((await warnings()).map(({ setting }) => setting)).toEqual(['GroupMember.Read.All']);
  });

  test('users who come with nulls in place of name and state show a missing permission, too', async () => {
    const nulls = { id: hiddenMember, userPrincipalName: null, accountEnabled: null };
    world.graph.faults.next({ path: /^\/users$/, query: /userPrincipalName/, body: { value: [nulls] }, status: 200 });
    await world.call(makeJobRestart, { criteria: { resetScope: 'QuarantineState' } });
    await world.cycle();
    expect((await warnings()).map(({ setting }) => setting)).toEqual(['User.Read.All']);
  });

  test('groups that hide their members: said until they are shown, and read again', async () => {
    const role = world.directory.addAppRole(world.servicePrincipalId, { displayName: 'User', value: 'User' });
    world.directory.assign(hiddenGroup, role, world.servicePrincipalId);
    await world.settle();
    expect(await warnings()).toEqual([
      expect.objectContaining({ problem: expect.stringMatching(/^1 group in use with hidden membership.*Member\.Read\.Hidden/) }),
    ]);
    // The group itself is no secret: it is provisioned, and nobody is told to correct its name.
    const groups = () => [...world.zendesk.state.groups.values()].map(({ name }) => name);
    expect(groups()).toContain('Secret');
    expect((await world.call(makeStatus, undefined, { method: 'GET' })).body.escrows.count).toBe(0);
    world.graph.permissions.add('Member.Read.Hidden');
    await world.call(makeJobRestart, { criteria: { resetScope: 'Watermark' } });
    await world.settle();
    expect(await warnings()).toEqual([]);
    expect([...world.zendesk.state.users.values()].map(({ email }) => email)).toContain('hid@test.example');
  });
});
