import { storeMappings } from '../../src/engine/control/store-mappings';
import { makeGate } from '../../src/engine/job/gate';
import { STATE_KEYS } from '../../src/engine/job/job-state';
import { handleWorkItem } from '../../src/engine/provision/handle-work-item';
import { atCall, meanwhile, whereverKilled } from './support/faults';
import {
  ANN,
  activate,
  BOB,
  company,
  inForce,
  inService,
  job,
  LOUD,
  nameOf,
  planned,
  QUIET,
  renamed,
  saidOf,
  stored,
} from './support/mappings';
import { takeFirst } from './support/queue';

describe('mappings in force', () => {
  it('going back while a cycle with the version is under way needs one', async () => {
    const { world } = await inService();
    await inForce(world, LOUD);
    world.nowMs += 20 * 60_000;
    await world.killedAt(40, () => world.tick());
    expect((await world.deps().state.read(STATE_KEYS.cycle))?.value).toMatchObject({ mappings: 1 });
    expect(await activate(world, 0)).toMatchObject({ kind: 'planNeeded' });
  });

  it('a cycle keeps the version that it began with, on whichever instance it continues', async () => {
    for (let call = 10; call < 90; call += 4) {
      const { world, directory, id } = await inService();
      const version = await stored(world, LOUD);
      const planId = await planned(world, version);
      directory.updateUser(id, { displayName: 'Ann Other' });
      world.nowMs += 20 * 60_000;
      const wasCut = await world.killedAt(call, () => world.tick());
      const running = (await world.deps().state.read<{ mappings?: number } | null>(STATE_KEYS.cycle))?.value;
      if (!wasCut || !running) continue;
      await activate(world, version, { planId });
      await world.round();
      expect([call, nameOf(world, id)]).toEqual([call, 'Ann Other']);
      await world.round();
      expect([call, nameOf(world, id)]).toEqual([call, 'ANN OTHER']);
    }
  });

  it('an item that is late does not undo what the items of a newer version wrote', async () => {
    const { world, id } = await renamed();
    const late = world.queue.messages.splice(0);
    expect(late.length).toBeGreaterThan(0);
    await inForce(world, LOUD);
    await world.round();
    expect(nameOf(world, id)).toBe('ANN OTHER');
    world.queue.messages.push(...late);
    await world.drain();
    expect(nameOf(world, id)).toBe('ANN OTHER');
  });

  it('nor one on an instance that has looked a moment before', async () => {
    const { world, id } = await renamed();
    const late = takeFirst(world);
    await inForce(world, LOUD);
    const deps = world.deps();
    const gate = makeGate(deps);
    world.nowMs += 20 * 60_000;
    await gate.holdMs();
    expect(await world.tick()).toMatchObject({ kind: 'completed' });
    await world.drain();
    await handleWorkItem(deps, gate, late.item);
    await world.drain();
    expect(nameOf(world, id)).toBe('ANN OTHER');
  });

  it('nor one that is slow: it began before the newer version was taken into use, and writes after', async () => {
    const { world, id } = await renamed();
    const slow = takeFirst(world);
    await inForce(world, LOUD);
    await meanwhile(
      world,
      'linkStore.read',
      async () => {
        await world.round();
        expect(nameOf(world, id)).toBe('ANN OTHER');
      },
      () => world.work(slow.item),
    );
    await world.drain();
    expect(nameOf(world, id)).toBe('ANN OTHER');
  });

  it('a cycle that is cut off anywhere while it takes a version into use ends with it', async () => {
    await whereverKilled(async (killed) => {
      const { world, id } = await inService();
      await inForce(world, LOUD);
      world.nowMs += 20 * 60_000;
      await killed(world, () => world.tick());
      await world.round();
      expect([nameOf(world, id), (await job(world)).mappingsInUse?.version]).toEqual(['ANN LEE', 1]);
    });
  });

  it('an instance that sleeps anywhere in its cycle does not take the older version back into use', async () => {
    for (let call = 20; call < 70; call += 1) {
      const { world, id } = await inService();
      const [loud, quiet] = [await stored(world, LOUD), await stored(world, QUIET)];
      await inForce(world, loud);
      world.nowMs += 20 * 60_000;
      let wake: () => void = () => undefined;
      const asleep = new Promise<void>((fallsAsleep) => {
        atCall(world, call - 1, () => {
          fallsAsleep();
          return new Promise<void>((resolve) => {
            wake = resolve;
          });
        });
      });
      const sleeper = world.tick();
      await Promise.race([asleep, sleeper]);
      world.hook = undefined;
      world.nowMs += 10 * 60_000;
      await world.round();
      await inForce(world, quiet);
      await world.round();
      wake();
      await sleeper;
      await world.drain();
      expect([call, (await job(world)).mappingsInUse?.version, nameOf(world, id)]).toEqual([call, quiet, 'ann lee']);
    }
  });

  it('putting in force, cut off anywhere, leaves the old or the new; repeated, it is in the log once', async () => {
    await whereverKilled(async (killed) => {
      const { world } = await inService();
      const version = await stored(world, LOUD);
      const planId = await planned(world, version);
      await killed(world, () => activate(world, version, { planId }));
      expect([0, version]).toContain((await job(world)).mappings?.version ?? 0);
      expect(await activate(world, version, { planId }, BOB)).toMatchObject({ kind: 'active' });
      const told = await saidOf(world, `Version ${version} of the mappings was activated`);
      expect(told).toHaveLength(1);
      expect(told[0]?.modifiedProperties).toEqual([
        { displayName: 'mappings', oldValue: 'version 0', newValue: `version ${version}` },
      ]);
      expect(told[0]?.initiatedBy.displayName).toBe((await job(world)).mappings?.by);
    });
  });

  it('storing, cut off anywhere and repeated, makes one version with one entry', async () => {
    await whereverKilled(async (killed) => {
      const { world } = company();
      await killed(world, () => storeMappings(world.deps(), ANN, LOUD, 'why'));
      await storeMappings(world.deps(), BOB, LOUD, 'why');
      expect((await world.deps().mappings.store.list()).map(({ version }) => version)).toEqual([1]);
      expect(await saidOf(world, 'was stored as a draft')).toHaveLength(1);
    });
  });

  it('of two operators at once one wins, and the other is told who', async () => {
    for (let call = 0; call < 40; call += 1) {
      const { world } = await inService();
      const [loud, quiet] = [await stored(world, LOUD), await stored(world, QUIET)];
      const plans = [await planned(world, loud), await planned(world, quiet)];
      let other: Awaited<ReturnType<typeof activate>> | undefined;
      atCall(world, call, async () => {
        other = await activate(world, quiet, { planId: plans[1], replaces: 0 }, BOB);
      });
      const first = await activate(world, loud, { planId: plans[0], replaces: 0 });
      world.hook = undefined;
      if (other === undefined) break;
      const kinds = [first.kind, other.kind].sort();
      expect([call, kinds]).toEqual([call, ['active', 'superseded']]);
      const winner = first.kind === 'active' ? loud : quiet;
      expect((await job(world)).mappings?.version).toBe(winner);
      const loser = [first, other].find(({ kind }) => kind === 'superseded');
      expect(loser).toMatchObject({ reason: expect.stringContaining(first.kind === 'active' ? 'Ann Admin' : 'Bob Admin') });
    }
  });

  it('two drafts at once get two numbers', async () => {
    const { world } = company();
    await meanwhile(
      world,
      'schemaStore.add',
      () => stored(world, QUIET),
      async () => expect(await stored(world, LOUD)).toBe(2),
    );
    expect((await world.deps().mappings.store.list()).map(({ version }) => version)).toEqual([1, 2]);
  });
});
