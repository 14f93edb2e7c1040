import { RejectedError, StateUnavailableError, UnauthorizedError } from '../../src/core/errors';
import { allowOneRun } from '../../src/engine/control/job-control';
import { closeCycles } from '../../src/engine/cycle/close-cycles';
import { operatorCycle } from '../../src/engine/cycle/operator-cycle';
import { makeGate } from '../../src/engine/job/gate';
import { surviveOutage } from '../../src/engine/job/hold-item';
import { readJob } from '../../src/engine/job/job-state';
import { tellOfStuckItems } from '../../src/engine/job/watch-items';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import { readHealth, type WatchedJob } from '../../src/engine/queries/read-health';
import { aCompany } from '../builders/people';
import type { World } from './support/world';

const jobOf = async (world: World) => (await readJob(world.deps().state)).value;
const refuse = (world: World): void => {
  world.target.hook = (moment, method) => {
    if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
  };
};

describe('engine › a quarantine for failed objects', () => {
  it('outlasts a cycle with nothing in it, and ends with one that succeeds at what failed', async () => {
    const { world, users } = aCompany({ users: 12 });
    refuse(world);
    await world.round();
    world.target.hook = undefined;
    const told = world.notices.length;
    world.nowMs += 2 * 3600_000;
    expect((await world.round()).evaluated).toBe(0);
    expect((await jobOf(world)).quarantine?.reason).toBe('EncounteredEscrowProportionThreshold');
    expect(world.notices).toHaveLength(told);
    world.nowMs += 8 * 3600_000;
    await world.round();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect((await jobOf(world)).quarantine).toBeNull();
    expect(world.notices.at(-1)?.kind).toBe('recovered');
  });
});

describe('engine › while the brake holds some', () => {
  it('cycles keep their schedule: a new hire has an account with the next one', async () => {
    const { world, directory, users, roles } = aCompany({ users: 12 }, { settings: { deletionThreshold: 5 } });
    await world.round();
    for (const { assignment } of users.slice(0, 8)) directory.unassign(assignment);
    await world.round();
    await world.round();
    expect((await jobOf(world)).quarantine?.reason).toBe('TooManyDeletes');
    const hire = directory.addUser({ displayName: 'Hire', mail: 'hire@contoso.com', userPrincipalName: 'hire@contoso.com' });
    directory.assign(hire, roles.user);
    world.nowMs += 20 * 60_000;
    expect((await world.tick()).kind).toBe('completed');
    await world.drain();
    expect(world.accountOf(hire)).toBeDefined();
    expect(users.filter(({ id }) => world.accountOf(id)?.suspended)).toEqual([]);
  });
});

describe('engine › a credential is repaired and a cycle asked for', () => {
  it('everything that was held is tried at once', async () => {
    const { world, users } = aCompany({ users: 12 });
    let isRefused = true;
    world.target.hook = (moment) => {
      if (moment === 'before' && isRefused) throw new UnauthorizedError('target', 'refused');
    };
    isRefused = false;
    await world.cycle();
    isRefused = true;
    for (const { item } of world.queue.messages.splice(0)) await world.work(item);
    expect((await jobOf(world)).quarantine?.reason).toBe('EncounteredQuarantineException');
    isRefused = false;
    await allowOneRun(world.deps(), { type: 'user', id: 'test', displayName: 'Test' });
    expect((await world.tick()).kind).toBe('completed');
    const began = world.nowMs;
    for (const message of world.queue.messages.splice(0)) if (message.delayMs === 0) await world.work(message.item);
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    expect(world.nowMs - began).toBeLessThan(60_000);
  });
});

describe('engine › a cycle whose items end late', () => {
  it('is closed and told of, however many others came after it', async () => {
    const { world } = aCompany({ users: 3 });
    world.target.hook = (moment, method) => {
      if (moment === 'before' && method === 'createUser') throw new RejectedError('email', 'Refused');
    };
    const late = await world.cycle();
    const deps = world.deps();
    for (let count = 0; count < 40; count += 1) {
      world.nowMs += 60_000;
      const asked = { cycleId: deps.newId(), kind: 'onDemand', enqueued: 0, why: 'Asked for by a test.' } as const;
      await deps.cycles.put(operatorCycle(deps, asked));
      await closeCycles(deps);
    }
    await world.drain();
    expect((await deps.cycles.read(late.cycleId))?.state).toBe('entryLevelErrors');
    expect(world.notices).toContainEqual(expect.objectContaining({ kind: 'failures', cycleId: late.cycleId }));
    expect(await deps.cycles.listExporting()).toEqual([]);
  });
});

describe('engine › an outage of the tables', () => {
  it('costs no try of a message: the item waits and is done when they are back', async () => {
    const { world, users } = aCompany({ users: 2 });
    await world.cycle();
    const deps = world.deps();
    world.hook = (name) => {
      if (!name.startsWith('workQueue')) throw new StateUnavailableError('The tables do not answer');
    };
    for (let tries = 0; tries < 12; tries += 1) {
      const message = world.queue.messages.shift();
      if (message)
        await surviveOutage(deps, message.item, async () => void (await handleWorkItem(deps, makeGate(deps), message.item)));
    }
    expect(world.queue.messages).toHaveLength(2);
    world.hook = undefined;
    await world.drain();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
    for await (const page of deps.escrows.list()) expect(page).toEqual([]);
  });

  it('is thrown when the queue does not answer either, and so is every other fault', async () => {
    const { world } = aCompany({ users: 1 });
    await world.cycle();
    const [message] = world.queue.messages;
    if (!message) throw new Error('nothing waits');
    const deps = world.deps();
    world.hook = () => {
      throw new StateUnavailableError('Nothing answers');
    };
    await expect(
      surviveOutage(deps, message.item, async () => void (await handleWorkItem(deps, makeGate(deps), message.item))),
    ).rejects.toThrow('Nothing answers');
    world.hook = undefined;
    const broken = surviveOutage(deps, message.item, () => Promise.reject(new TypeError('a fault of ours')));
    await expect(broken).rejects.toThrow('a fault of ours');
  });
});

describe('engine › items that wait and are not carried out', () => {
  it('health warns after hours, fails after a day, one notice is sent; over once something moves', async () => {
    const { world, users } = aCompany({ users: 3 });
    await world.round();
    for (const { id } of users) world.directory.updateUser(id, { displayName: 'Renamed' });
    await world.cycle();
    const deps = world.deps();
    const job: WatchedJob = { status: 'On', nextRun: (after) => new Date(after.getTime() + 7 * 24 * 3600_000) };
    const afterHours = async (hours: number): Promise<string> => {
      world.nowMs += hours * 3600_000;
      await tellOfStuckItems(deps);
      return (await readHealth(deps, job)).status;
    };
    expect(await afterHours(0)).toBe('pass');
    expect(await afterHours(2)).toBe('pass');
    expect(await afterHours(2)).toBe('warn');
    expect(world.notices).toEqual([]);
    expect(await afterHours(21)).toBe('fail');
    expect(await afterHours(30)).toBe('fail');
    expect(world.notices).toEqual([{ kind: 'stuck', since: expect.any(String), waiting: 3 }]);
    const [message] = world.queue.messages.splice(0, 1);
    if (message) await world.work(message.item);
    expect(await afterHours(0)).toBe('pass');
    await world.drain();
    expect(await afterHours(40)).toBe('pass');
    expect(world.notices).toHaveLength(1);
  });
});
