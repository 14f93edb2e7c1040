import { RejectedError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { readJob } from '../../src/engine/job/job-state';
import { provisionObject } from '../../src/engine/provision/provision-object';
import { aCompany, anEmployee } from '../builders/people';
import { failsForARound } from './support/faults';
import { only } from './support/only';
import { forgetsLinks, heldKinds, restart } from './support/operator';
import { takeAll } from './support/queue';
import type { World } from './support/world';

const active = (world: World, people: readonly { readonly id: SourceId }[]): number =>
  people.filter(({ id }) => world.accountOf(id)?.suspended === false).length;

describe('a restart that forgets the links', () => {
  it.each(['the disable waits in the queue', 'the disable has failed'])(
    '%s: it is refused, with who is concerned',
    async (where) => {
      const { world, directory, users, id, assignment } = await anEmployee({}, { users: 2 });
      directory.unassign(assignment);
      if (where.includes('failed')) {
        await failsForARound(world, 'updateUser', new RejectedError('suspended', 'no'));
      } else await world.cycle();
      expect(await restart(world)).toMatchObject({ kind: 'busy', reason: expect.stringContaining(id) });
      await world.drain();
      await world.round();
      await world.later(7);
      expect(active(world, users)).toBe(1);
      await forgetsLinks(world);
    },
  );

  it('by an instance whose clock is slow: who had left just before loses access, though a cycle from before closes after it', async () => {
    const { world, directory, users } = aCompany({ users: 2 });
    await world.cycle();
    const { assignment } = only(users);
    for (const item of takeAll(world)) await world.work(item);
    directory.unassign(assignment);
    world.nowMs -= 6 * 60_000;
    await forgetsLinks(world);
    world.nowMs += 6 * 60_000;
    await closeCycles(world.deps());
    // The first cycle after it finds the account, the next one counts it.
    await world.rounds(2);
    expect(active(world, users)).toBe(1);
    expect((await readJob(world.deps().state)).value).toMatchObject({ linksForgottenAt: null, linksSoughtBy: null });
  });

  it('who has left while DEPROVISION_USERS is Nothing: the account is linked again, and suspended once the person is deleted permanently', async () => {
    const { world, directory, users, id, assignment } = await anEmployee({ deprovisionUsers: 'Nothing' }, { users: 2 });
    directory.unassign(assignment);
    await forgetsLinks(world);
    await world.cycle();
    const { item } = only(world.queue.messages.filter((message) => message.item.sourceId === id));
    expect(await provisionObject(world.deps(), item, { dryRun: true })).toMatchObject({ skipReason: 'ActionDisabled' });
    expect(await world.linkOf(id)).toBeNull();
    await world.rounds(3);
    expect(active(world, users)).toBe(2);
    expect(await world.linkOf(id)).toMatchObject({ targetId: world.accountOf(id)?.id, disabledByUs: false });
    const { entries } = await world.deps().log.query({ sourceId: id }, 10);
    const [told] = entries.filter(({ skipReason }) => skipReason === 'ActionDisabled');
    expect(told?.provisioningSteps.at(-1)?.description).toBe(
      'Not assigned to the application. DEPROVISION_USERS is Nothing: the account is left alone.',
    );
    directory.hardDeleteUser(id);
    await world.round();
    expect(world.accountOf(id)).toMatchObject({ active: true, suspended: true });
  });

  it.each([
    ['Nothing', 'the account is taken as it is', 'agent'],
    ['Suspend', 'access is given back with the role that is due', 'end-user'],
  ] as const)(
    'who has left while DEPROVISION_USERS is %s, and returns with a lower role: %s',
    async (deprovisionUsers, _, role) => {
      const { world, directory, id, assignment, account, roles } = await anEmployee({ deprovisionUsers });
      account.role = { role: 'agent', customRoleId: null };
      directory.unassign(assignment);
      await forgetsLinks(world);
      await world.rounds(3);
      expect(await world.linkOf(id)).toMatchObject({ targetId: account.id, settledRole: null });
      const again = directory.assign(id, roles.user);
      await world.rounds(3);
      expect(account).toMatchObject({ role: { role }, suspended: false });
      expect(await world.linkOf(id)).toMatchObject({ settledRole: { role: 'end-user' } });
      // What Entra ID says of the role is known from here on, and written once it changes.
      directory.unassign(again);
      const raised = directory.assign(id, roles.agent);
      await world.round();
      directory.unassign(raised);
      directory.assign(id, roles.user);
      await world.rounds(2);
      expect(account).toMatchObject({ role: { role: 'end-user' } });
    },
  );

  it.each([
    ['Delete', 'deleted permanently after the next cycle: the account is deleted', { active: false }],
    ['Suspend', 'back after the next cycle: let in again', { active: true, suspended: false }],
  ] as const)('who was suspended before, with HARD_DELETED_USERS=%s, and is %s', async (hardDeletedUsers, _, end) => {
    const { world, directory, roles, id, assignment, account } = await anEmployee({ hardDeletedUsers }, { users: 2 });
    directory.unassign(assignment);
    await world.round();
    expect(account).toMatchObject({ suspended: true });
    await forgetsLinks(world);
    await world.round();
    expect(await world.linkOf(id)).toMatchObject({ targetId: account.id, settledRole: null });
    if (end.active) directory.assign(id, roles.user);
    else directory.hardDeleteUser(id);
    await world.rounds(2);
    expect(account).toMatchObject(end);
  });

  it('an agent who was suspended before keeps tickets in the next cycle, and is let in by a return', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee({}, { agents: 1 });
    directory.unassign(assignment);
    await world.round();
    world.target.seedTickets(account.id, 2);
    await forgetsLinks(world);
    world.settings = {
      ...world.settings,
      ...{ deprovisionUsers: 'DowngradeAndSuspend', offboardTickets: { kind: 'group', name: 'Support' } },
    };
    await world.round();
    expect([...world.target.tickets.values()].map(({ assignee }) => assignee)).toEqual([account.id, account.id]);
    directory.assign(id, roles.agent);
    await world.round();
    expect(account).toMatchObject({ suspended: false, role: { role: 'agent' } });
  });

  const hardDeletedAndSuspended = async (count: number) => {
    const company = aCompany({ users: 20 }, { settings: { hardDeletedUsers: 'Delete', deletionThreshold: 5 } });
    const { world, directory, users } = company;
    await world.round();
    const gone = users.slice(0, count);
    for (const { id } of gone) directory.hardDeleteUser(id);
    await forgetsLinks(world);
    const accounts = gone.map(({ id }) => world.rowOf(id));
    for (const account of accounts) account.suspended = true;
    await world.rounds(3);
    return { ...company, accounts };
  };

  it('who is deleted permanently, and suspended by hand before the next cycle: the account is deleted', async () => {
    const { accounts } = await hardDeletedAndSuspended(1);
    expect(accounts).toMatchObject([{ active: false }]);
  });

  it('many who are: held by the brake as any deletions', async () => {
    const { world, accounts } = await hardDeletedAndSuspended(10);
    expect(accounts).toMatchObject(Array(10).fill({ active: true }));
    expect(await heldKinds(world)).toEqual(Array(10).fill('userDelete 1'));
  });

  it('who is unassigned, and suspended by hand before the next cycle: left alone, and let in by a return', async () => {
    const { world, directory, roles, id, assignment, account } = await anEmployee({ hardDeletedUsers: 'Delete' });
    directory.unassign(assignment);
    await forgetsLinks(world);
    account.suspended = true;
    await world.rounds(3);
    expect(account).toMatchObject({ active: true, suspended: true });
    directory.assign(id, roles.user);
    await world.round();
    expect(account).toMatchObject({ active: true, suspended: false });
  });
});
