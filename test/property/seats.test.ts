import fc from 'fast-check';
import { UnavailableError } from '../../src/core/errors';
import type { SourceId } from '../../src/core/model';
import { promiseSeats } from '../../src/engine/job/seat-ledger';
import { provisionOnDemand } from '../../src/engine/on-demand/on-demand';
import { THE_CYCLE } from '../../src/engine/record/log-entry';
import { aLink } from '../builders/objects';
import { aCompany, aPerson } from '../builders/people';
import type { World } from './support/world';

/** Seats held: agents and admins of the account, the owner among them. */
const seatsHeld = (world: World): number =>
  [...world.target.users.values()].filter(({ active, role }) => active && role.role !== 'end-user').length;

/** Fails the run as soon as more seats are held than there are. */
function watch(world: World, bought: number): void {
  const inner = world.hook;
  world.hook = async (name) => {
    await inner?.(name);
    if (seatsHeld(world) > bought) throw new Error(`${seatsHeld(world)} of ${bought} seats are held before ${name}`);
  };
}

describe('agent seats', () => {
  it('go to people in the order of their ids; the others wait with a reason of their own, and are told of before anything is written', async () => {
    const { world, agents, users } = aCompany({ agents: 5, users: 2 }, { settings: { agentSeats: 3 } });
    watch(world, 3);
    let heldAtNotice: number | undefined;
    world.hook = () => {
      if (world.notices.some(({ kind }) => kind === 'seats')) heldAtNotice ??= seatsHeld(world);
    };
    watch(world, 3);
    const { cycleId } = await world.round((count) => count - 1);
    const order = agents.map(({ id }) => id).sort();
    expect(order.map((id) => world.accountOf(id)?.role.role)).toEqual(['agent', 'agent', undefined, undefined, undefined]);
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await world.counts(cycleId)).bySkipReason).toMatchObject({ AwaitingSeat: 3 });
    expect(world.notices.filter(({ kind }) => kind === 'seats')).toMatchObject([{ waiting: 3, bought: 3, used: 1 }]);
    expect(heldAtNotice).toBe(1);
    expect(world.notices.filter(({ kind }) => kind !== 'seats')).toEqual([]);
  });

  it('a seat that is given back goes to the next one with the next cycle', async () => {
    const { world, agents, directory } = aCompany(
      { agents: 4 },
      { settings: { agentSeats: 3, deprovisionUsers: 'DowngradeAndSuspend' } },
    );
    watch(world, 3);
    await world.round();
    const order = [...agents].sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first, , third] = order;
    if (!first || !third) throw new Error('too few');
    expect(world.accountOf(third.id)).toBeUndefined();
    directory.unassign(first.assignment);
    await world.round();
    await world.round();
    expect(world.accountOf(third.id)?.role.role).toBe('agent');
    await world.round();
    const deps = world.deps();
    expect(await deps.escrows.read({ type: 'user', id: third.id })).toBeUndefined();
  });

  it('go by the ids too where somebody in Zendesk had taken one away, and its holder is to have another role', async () => {
    const { world, agents, directory, roles } = aCompany({ agents: 1 }, { settings: { agentSeats: 2 } });
    await world.round();
    const [first] = agents;
    const account = first && world.accountOf(first.id);
    if (!first || !account) throw new Error('nobody');
    Object.assign(world.target.users.get(account.id) ?? {}, { role: { role: 'end-user', customRoleId: null } });
    world.settings = { ...world.settings, agentSeats: 1 };
    directory.unassign(first.assignment);
    directory.assign(first.id, roles.admin);
    const hire = aPerson(world, 'hire');
    directory.assign(hire, roles.agent);
    expect([hire, first.id].sort()).toEqual([first.id, hire]);
    await world.round();
    world.settings = { ...world.settings, agentSeats: 2 };
    // In whatever order the queue hands them out.
    for (let more = 0; more < 2; more += 1) await world.round((count) => count - 1);
    expect(world.accountOf(first.id)?.role.role).toBe('admin');
    expect(world.accountOf(hire)).toBeUndefined();
  });

  it('of whoever cannot have one for another reason none is kept: who waits gets it', async () => {
    const { world, agents, directory } = aCompany({ agents: 3 }, { settings: { agentSeats: 2 } });
    const [first, second] = agents.map(({ id }) => id).sort();
    if (!first || !second) throw new Error('too few');
    const read = await world.deps().source.readUser(first, ['mail']);
    // The address belongs to somebody else's account.
    const email = read.kind === 'present' ? String(read.attributes['mail']) : null;
    world.target.seedUser({ name: 'Namesake', email, externalId: 'crm-1' });
    watch(world, 2);
    for (let cycles = 0; cycles < 3; cycles += 1) {
      directory.updateUser(first, { displayName: `Name ${cycles}` });
      await world.round();
      world.nowMs += 3_600_000;
    }
    expect(await world.deps().escrows.read({ type: 'user', id: first })).toMatchObject({ code: 'DuplicateTargetEntries' });
    expect(world.accountOf(first)).toBeUndefined();
    expect(world.accountOf(second)?.role.role).toBe('agent');
  });

  it('of an account that is there the role alone waits, everything else continues', async () => {
    const { world, users, directory, roles } = aCompany({ users: 2 }, { settings: { agentSeats: 1 } });
    await world.round();
    watch(world, 1);
    const [one] = users;
    if (!one) throw new Error('nobody');
    directory.unassign(one.assignment);
    directory.assign(one.id, roles.agent);
    directory.updateUser(one.id, { displayName: 'New name' });
    const { cycleId } = await world.round();
    expect(world.accountOf(one.id)).toMatchObject({ name: 'New name', role: { role: 'end-user' } });
    expect(await world.deps().escrows.read({ type: 'user', id: one.id })).toMatchObject({
      code: 'AwaitingSeat',
      isTransient: true,
    });
    const again = await world.round();
    expect((await world.counts(again.cycleId)).bySkipReason).toMatchObject({ AwaitingSeat: 1 });
    expect(cycleId).not.toBe(again.cycleId);
    world.settings = { ...world.settings, agentSeats: 2 };
    world.hook = undefined;
    watch(world, 2);
    await world.round();
    expect(world.accountOf(one.id)?.role.role).toBe('agent');
  });

  it('an account whose creation was never answered is told and linked, though its person is to be an agent by then and waits', async () => {
    const { world, users, directory, roles } = aCompany({ users: 1 }, { settings: { agentSeats: 1 } });
    const [one] = users;
    if (!one) throw new Error('nobody');
    world.target.hook = (moment, method) => {
      if (moment === 'after' && method === 'createUser') throw new UnavailableError('target', 'No answer');
    };
    await world.cycle();
    await world.drain();
    world.target.hook = undefined;
    expect(world.accountOf(one.id)).toMatchObject({ role: { role: 'end-user' } });
    directory.unassign(one.assignment);
    directory.assign(one.id, roles.agent);
    for (let more = 0; more < 2; more += 1) await world.round();
    const told = (await world.deps().log.query({}, 50)).entries.filter(({ sourceIdentity }) => sourceIdentity.id === one.id);
    expect(told.map(({ provisioningAction }) => provisioningAction)).toContain('create');
    expect((await world.deps().links.read({ type: 'user', id: one.id }))?.value).toMatchObject({
      link: { createdByUs: true },
      claim: null,
    });
    expect(await world.deps().escrows.read({ type: 'user', id: one.id })).toMatchObject({ code: 'AwaitingSeat' });
  });

  it('without AGENT_SEATS nobody counts, and what Zendesk refuses is a failure as before', async () => {
    const { world } = aCompany({ agents: 3 }, { target: { seats: 2 } });
    const { cycleId } = await world.round();
    expect((await world.counts(cycleId)).byErrorCode).toMatchObject({ LicenseLimitExceeded: 2 });
    expect((await world.counts(cycleId)).bySkipReason).not.toHaveProperty('AwaitingSeat');
  });

  it('light agents and contributors take none', async () => {
    const customRoles = [{ id: '42' as never, name: 'Light agent', roleType: 1 }];
    const { world, directory } = aCompany({}, { settings: { agentSeats: 1 }, target: { description: { customRoles } } });
    const light = directory.addAppRole({ displayName: 'Light agent', value: 'light agent' });
    const id = directory.addUser({ displayName: 'L', mail: 'l@contoso.com', userPrincipalName: 'l@contoso.com' });
    directory.assign(id, light);
    await world.round();
    expect(world.accountOf(id)?.role).toEqual({ role: 'agent', customRoleId: '42' });
  });

  describe('a promise', () => {
    const [ann, bob] = ['a', 'b'].map((one) => `00000000-0000-4000-8000-00000000000${one}` as SourceId) as [SourceId, SourceId];
    const AGENT = { role: 'agent' as const, customRoleId: null };
    const minutes = (world: World, count: number) => {
      world.nowMs += count * 60_000;
    };
    const promised = async (world: World, id: SourceId) => (await promiseSeats(world.deps(), [id])).has(id);

    it('is kept while nothing shows its seat, also of somebody who once had one', async () => {
      const { world } = aCompany({}, { settings: { agentSeats: 2 } });
      const link = aLink({ sourceId: ann, settledRole: AGENT });
      await world.deps().links.write({ type: 'user', id: ann }, { link, claim: null }, null);
      expect(await promised(world, ann)).toBe(true);
      minutes(world, 2);
      expect(await promised(world, bob)).toBe(false);
      minutes(world, 31);
      expect(await promised(world, bob)).toBe(true);
    });

    it('ends when its seat is counted', async () => {
      const { world } = aCompany({}, { settings: { agentSeats: 3 } });
      expect(await promised(world, ann)).toBe(true);
      const account = world.target.seedUser({ name: 'Ann', externalId: ann, role: AGENT });
      const link = aLink({ sourceId: ann, targetId: account.id, settledRole: AGENT });
      await world.deps().links.write({ type: 'user', id: ann }, { link, claim: null }, null);
      minutes(world, 2);
      expect(await promised(world, bob)).toBe(true);
    });

    it('is renewed when it is used late', async () => {
      const { world } = aCompany({}, { settings: { agentSeats: 2 } });
      expect(await promised(world, ann)).toBe(true);
      minutes(world, 20);
      expect(await promised(world, ann)).toBe(true);
      minutes(world, 20);
      expect(await promised(world, bob)).toBe(false);
    });
  });

  it('are never exceeded, in whatever order things happen', async () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('assign' as const), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('unassign' as const), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('cycle' as const), pick: fc.nat(7) }),
      fc.record({ kind: fc.constant('crash' as const), call: fc.nat(200) }),
      fc.record({ kind: fc.constant('onDemand' as const), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('delete' as const), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('wait' as const), minutes: fc.nat(60) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 4, maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (events, seats) => {
          const { world, directory, agents, roles } = aCompany(
            { agents: 6 },
            { settings: { agentSeats: seats, deprovisionUsers: 'DowngradeAndSuspend' } },
          );
          const assigned = new Map(agents.map(({ id, assignment }) => [id, assignment]));
          const person = (at: number) => agents[at % agents.length]!.id;
          for (const one of events) {
            watch(world, seats);
            if (one.kind === 'assign' && !assigned.has(person(one.at))) {
              assigned.set(person(one.at), directory.assign(person(one.at), roles.agent));
            } else if (one.kind === 'unassign') {
              const assignment = assigned.get(person(one.at));
              if (assignment) directory.unassign(assignment);
              assigned.delete(person(one.at));
            } else if (one.kind === 'cycle') await world.round((count) => one.pick % count);
            else if (one.kind === 'crash') await world.killedAt(one.call, () => world.round());
            else if (one.kind === 'onDemand')
              await provisionOnDemand(world.deps(), {
                subjects: [person(one.at)],
                objectType: 'user',
                dryRun: false,
                operator: THE_CYCLE,
                budgetMs: 60_000,
              });
            else if (one.kind === 'delete') {
              const account = world.target.users.get(world.accountOf(person(one.at))?.id ?? ('' as never));
              if (account) account.active = false;
            } else if (one.kind === 'wait') world.nowMs += one.minutes * 60_000;
            world.hook = undefined;
            expect(seatsHeld(world)).toBeLessThanOrEqual(seats);
          }
          world.nowMs += 3_600_000;
          watch(world, seats);
          // An account that somebody deleted by hand is missed by a full reading.
          await world.dueInitial();
          for (let more = 0; more < 3; more += 1) await world.round();
          // Whoever is assigned has a seat, or all seats are taken.
          const without = [...assigned.keys()].filter((id) => world.accountOf(id)?.role.role !== 'agent');
          expect(without.length === 0 || seatsHeld(world) === seats).toBe(true);
        },
      ),
      { seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? 60) },
    );
  });
});
