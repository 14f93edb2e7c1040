import { InvocationContext } from '@azure/functions';
import type { ConfiguredApp } from '../../src/compose';
import { makeProvisionObject } from '../../src/functions/provision-object';
import { makeProvisioningCycle } from '../../src/functions/provisioning-cycle';
import { NO_TELEMETRY } from '../../src/ports/telemetry';
import { aCompany } from '../builders/people';
import type { World } from './support/world';

const MESSAGE = { v: 1, kind: 'cycle' };
const context = () =>
  new InvocationContext({ invocationId: crypto.randomUUID(), functionName: 'test', logHandler: () => undefined });

/** As much of the app as the functions that run cycles look at. */
const appOf = (world: World, status: 'On' | 'Off' = 'On'): ConfiguredApp =>
  ({
    kind: 'configured',
    config: { job: { status, logRetentionDays: 90 }, target: { auth: { kind: 'oauth' } } },
    deps: world.deps(),
    telemetry: NO_TELEMETRY,
    gate: { holdMs: async () => 0, mappings: async () => 0 },
  }) as unknown as ConfiguredApp;

describe('functions › a cycle that takes longer than a call', () => {
  it('asks for itself and is continued by the queue until it is done, without another tick', async () => {
    const { world, users } = aCompany({ users: 20 });
    // Every page takes three minutes, and a call stops after eight.
    world.hook = (name) => {
      if (name === 'source.readAssignments' || name === 'source.readUserChanges') world.nowMs += 3 * 60_000;
    };
    const app = appOf(world);
    await makeProvisioningCycle(() => app)(undefined as never, context());
    let calls = 0;
    for (; world.queue.asked.count > calls; calls += 1) await makeProvisionObject(() => app)(MESSAGE, context());
    expect(calls).toBeGreaterThan(3);
    world.hook = undefined;
    await world.drain();
    for (const { id } of users) expect(world.accountOf(id)).toBeDefined();
  });

  it('switched off meanwhile, it is not continued', async () => {
    const { world } = aCompany({ users: 3 });
    const heard: string[] = [];
    world.hook = (name) => void heard.push(name);
    await makeProvisionObject(() => appOf(world, 'Off'))(MESSAGE, context());
    expect(heard.filter((name) => name.startsWith('source.'))).toEqual([]);
  });
});
