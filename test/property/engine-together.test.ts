import fc from 'fast-check';
import { LEASE_MS } from '../../src/engine/job/lease';
import { aScenario, Play } from './support/scenario';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

describe('engine › two instances', () => {
  it('two cycles and their workers at once end as one would, and neither disturbs the other', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), fc.scheduler(), async (scenario, scheduler) => {
        const alone = new Play(scenario);
        for (const edits of [[], ...scenario.later]) {
          alone.apply(edits);
          await alone.world.round();
        }
        const { world, apply } = bound(new Play(scenario));
        for (const edits of [[], ...scenario.later]) {
          apply(edits);
          world.nowMs += 20 * 60_000;
          const step = scheduler.scheduleFunction(async () => undefined);
          world.hook = async () => void (await step());
          const outcomes = await scheduler.waitFor(Promise.all([world.tick('one'), world.tick('two')]));
          world.hook = undefined;
          for (const outcome of outcomes) expect(['completed', 'notRun']).toContain(outcome.kind);
          // Who waits moves the clock, so that each may take the other's lease over; the next timer goes on with what they left.
          if (!outcomes.some(({ kind }) => kind === 'completed')) await world.cycle();
          await world.drain();
        }
        expect(world.snapshot()).toEqual(alone.world.snapshot());
      }),
      runs(30),
    );
  });

  it('one that sleeps past its lease and wakes up while the other is at work loses nothing of the other', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), fc.nat({ max: 110 }), fc.nat({ max: 60 }), async (scenario, sleepsAt, takesOverFor) => {
        const play = new Play(scenario);
        const { world } = play;
        await world.round();
        play.apply(scenario.later[0] ?? []);
        world.nowMs += 20 * 60_000;
        let [calls, asleep] = [0, false];
        let wake: (() => void) | undefined;
        const sleeping = new Promise<void>((resolve) => {
          wake = resolve;
        });
        world.hook = async () => {
          calls += 1;
          if (calls !== sleepsAt + 1) return;
          asleep = true;
          await sleeping;
        };
        const first = world.tick('sleeper');
        await settle();
        if (asleep) {
          world.nowMs += 10 * 60_000;
          world.hook = undefined;
          // The other one does the whole cycle, the directory changes, and it is in the midst of the next.
          await world.tick('other');
          play.apply(scenario.later[1] ?? []);
          await world.killedAt(takesOverFor, () => world.tick('other'));
          world.hook = undefined;
        }
        wake?.();
        await first;
        world.nowMs += 10 * 60_000;
        if (!asleep) play.apply(scenario.later[1] ?? []);
        await world.round();
        await world.round();
        expect(play.complaints()).toEqual([]);
        for (const cycle of await world.deps().cycles.latest(25)) {
          if (cycle.state === 'exporting') {
            const { total } = await world.counts(cycle.cycleId);
            expect(total).toBe(cycle.enqueued);
          }
        }
      }),
      runs(60),
    );
  });

  it('one that takes a cycle up too late does not open the record of a cycle that another one has closed', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(1), fc.integer({ min: 15, max: 60 }), async (scenario, at) => {
        const { world } = new Play(scenario);
        await world.killedAt(at, () => world.tick('dead'));
        fc.pre((await world.deps().cycles.latest(1)).length === 1);
        world.nowMs += 10 * 60_000;
        let wake: (() => void) | undefined;
        const asleep = new Promise<void>((resolve) => {
          wake = resolve;
        });
        let sleeps = 0;
        world.hook = async (name) => {
          if (name === 'cycleStore.advance' && sleeps++ === 0) await asleep;
        };
        const late = world.tick('late');
        await settle();
        world.nowMs += 10 * 60_000;
        await world.tick('other');
        await world.drain();
        wake?.();
        await late;
        world.hook = undefined;
        for (const cycle of await world.deps().cycles.latest(25)) expect(cycle.state).not.toBe('importing');
      }),
      runs(25),
    );
  });

  it('a lease left by a killed process is over within two minutes', async () => {
    for (const at of [5, 12, 20, 33]) {
      const { world } = new Play({
        settings: { groupMembership: 'Direct', deprovisionUsers: 'Suspend', hardDeletedUsers: 'Suspend', defaultAccess: 'Skip' },
        users: [{ isEnabled: true, existing: 'nothing' }],
        groups: [{ isThere: false }],
        start: [{ kind: 'assignUser', user: 0, role: 0 }],
        asksByCreating: false,
        later: [],
      });
      expect(await world.killedAt(at, () => world.tick('dead'))).toBe(true);
      const started = world.nowMs;
      const outcome = await world.tick('alive');
      expect(outcome.kind).toBe('completed');
      expect(world.nowMs - started).toBeLessThanOrEqual(120_000);
      expect(LEASE_MS).toBeLessThanOrEqual(120_000);
    }
  });
});

const bound = (play: Play) => ({ world: play.world, apply: play.apply.bind(play) });

/** Lets everything run that waits for nothing but its turn. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
};
