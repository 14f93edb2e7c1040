import { call } from '../../local/demo/app-client';
import { department } from '../../local/demo/directory-people';
import type { World } from '../../local/demo/world';
import { zendeskFaults } from '../../local/zendesk/faults';
import { until } from '../support/host-fixture/until';
import { accounts, active, ageClaims, aWorld, runCycle } from './support/a-world';

describe('what must never happen, end to end', () => {
  let world: World;

  beforeAll(async () => {
    world = await aWorld({ messageLeaseMs: 2_000, recordTraffic: true });
    await runCycle(world);
  });
  afterAll(() => world.stop());

  test('an empty list of assignments suspends nobody', async () => {
    const before = active(world);
    world.graph.faults.emptyAppRoleAssignedTo = true;
    const status = await runCycle(world);
    world.graph.faults.emptyAppRoleAssignedTo = false;
    expect(active(world)).toEqual(before);
    expect(status.stagedDeletions.count).toBe(0);
  });

  test('a list of assignments that ends early suspends nobody', async () => {
    const before = active(world);
    const { directory, servicePrincipalId } = world.demo;
    world.graph.faults.next({ method: 'GET', path: /appRoleAssignedTo$/, body: firstHalf(world), status: 200, times: 1 });
    expect(directory.assignments().filter((one) => one.resourceId === servicePrincipalId).length).toBeGreaterThan(2);
    await runCycle(world);
    expect(active(world)).toEqual(before);
  });

  test('an expired watermark starts an initial reading and deprovisions nobody', async () => {
    const before = active(world);
    const isRefused = () => world.graph.traffic.some(({ status }) => status === 410);
    expect(isRefused()).toBe(false);
    world.graph.faults.delta.expired = true;
    const cycle = runCycle(world);
    await until(isRefused, (isSeen) => isSeen);
    world.graph.faults.delta.expired = false;
    await cycle;
    await runCycle(world);
    expect(active(world)).toEqual(before);
  });

  test('somebody unassigned is suspended, and comes back with the same account and groups', async () => {
    const { directory, cast, servicePrincipalId } = world.demo;
    const person = cast.toEscalate;
    const before = accounts(world).get(person);
    expect(before?.groups.length).toBeGreaterThan(0);
    const groups = directory.groups().filter((group) => directory.memberIds(group.id).includes(person));
    const own = directory.assignmentsOf(person, servicePrincipalId).map((one) => directory.unassign(one.id));
    for (const group of groups) directory.removeMember(group.id, person);
    await runCycle(world);
    expect(accounts(world).get(person)).toMatchObject({ id: before?.id, suspended: true });

    for (const group of groups) directory.addMember(group.id, person);
    expect(own).toEqual([]);
    await runCycle(world);
    expect(accounts(world).get(person)).toEqual(before);
  });

  test('a storm of 429 loses nothing and fails nothing', async () => {
    const { directory, cast } = world.demo;
    world.zendesk.faults.next({ method: 'PUT' }, zendeskFaults.throttled(1), 3);
    world.zendesk.faults.next({ method: 'GET', path: /show_many/ }, zendeskFaults.throttled(2), 2);
    directory.updateUser(cast.toPromote, { displayName: 'Mónica Rivas de la Torre' });
    const status = await runCycle(world);
    expect(accounts(world).get(cast.toPromote)?.name).toBe('Mónica Rivas de la Torre');
    expect(status.cycles[0]?.counts.byErrorCode).toEqual({});
  });

  test('an app killed in the middle of its work goes on where it was, with no account made twice', async () => {
    const { directory, groups, maker } = world.demo;
    const ids = Array.from({ length: 20 }, (_, at) => {
      const id = directory.addUser(
        maker.person({ department: department('Sales'), givenName: `New${at}`, surname: 'Person', jobTitle: 'Clerk' }),
      );
      directory.addMember(groups['Sales'] ?? '', id);
      return id;
    });
    await world.host.runTimer('provisioningCycle');
    await until(
      async () => ids.filter((id) => accounts(world).has(id)).length,
      (made) => made >= 3,
    );
    await world.host.kill();
    // What the dead process had claimed is another's only when the claim has run out, which takes minutes.
    await ageClaims(world, 3_600_000);
    await world.host.restart();
    const status = await until(
      () => call<{ cycles: { pending: number; counts: { total: number }; enqueued: number }[] }>(world.host, 'status'),
      (answer) => answer.cycles[0]?.pending === 0,
    );
    expect(ids.filter((id) => !accounts(world).has(id))).toEqual([]);
    expect(status.cycles[0]?.counts.total).toBe(status.cycles[0]?.enqueued);
    const emails = [...world.zendesk.state.users.values()].map((user) => user.email).filter((email) => email !== null);
    expect(new Set(emails).size).toBe(emails.length);
  });
});

/** A page that looks complete and is not. */
function firstHalf({ demo }: World): { value: unknown[] } {
  const assignments = demo.directory.assignments().filter((one) => one.resourceId === demo.servicePrincipalId);
  return { value: assignments.slice(0, Math.floor(assignments.length / 2)) };
}
