import fc from 'fast-check';
import type { WorkItem } from '../../src/core/model';
import { aScenario, Play, type Scenario } from './support/scenario';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

/** A hand that deals from a list of numbers, over and over. */
function dealer(numbers: readonly number[]): (count: number) => number {
  let at = 0;
  return (count) => {
    at += 1;
    return (numbers[at % numbers.length] ?? 0) % count;
  };
}

const someNumbers = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 });

async function inOrder(scenario: Scenario): Promise<Play> {
  const play = new Play(scenario);
  for (const edits of [[], ...scenario.later]) {
    play.apply(edits);
    await play.world.round();
  }
  return play;
}

describe('engine › order-free', () => {
  it('work items shuffled, repeated and kept from earlier cycles give the same Zendesk', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), someNumbers, async (scenario, numbers) => {
        const expected = (await inOrder(scenario)).world.snapshot();
        const play = new Play(scenario);
        const pick = dealer(numbers);
        const past: WorkItem[] = [];
        for (const edits of [[], ...scenario.later]) {
          play.apply(edits);
          await play.world.cycle();
          const { messages } = play.world.queue;
          past.push(...messages.map(({ item }) => item));
          for (let extra = 0; extra < 4 && past.length > 0; extra += 1) {
            const item = past[pick(past.length)];
            if (item) messages.splice(pick(messages.length + 1), 0, { item, delayMs: 0 });
          }
          await play.world.drain(pick);
        }
        expect(play.world.snapshot()).toEqual(expected);
      }),
      runs(50),
    );
  });

  it('work items that wait while whole cycles go by give the same Zendesk in the end', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(3), someNumbers, fc.boolean(), async (scenario, numbers, isSomeDone) => {
        const play = new Play(scenario);
        const pick = dealer(numbers);
        for (const edits of [[], ...scenario.later]) {
          play.apply(edits);
          await play.world.cycle();
          if (!isSomeDone) continue;
          const { messages } = play.world.queue;
          const [message] = messages.splice(pick(messages.length), 1);
          if (message) await play.world.work(message.item);
        }
        await play.world.drain(pick);
        // What could not be counted while nothing was linked yet is counted by the next cycle.
        await play.world.round();
        expect(play.complaints()).toEqual([]);
      }),
      runs(50),
    );
  });

  it('many workers at once are as good as one', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2), fc.scheduler(), async (scenario, scheduler) => {
        const expected = (await inOrder(scenario)).world.snapshot();
        const play = new Play(scenario);
        const { world } = play;
        for (const edits of [[], ...scenario.later]) {
          play.apply(edits);
          await world.cycle();
          const yieldNow = scheduler.scheduleFunction(async () => undefined);
          world.hook = async () => void (await yieldNow());
          const items = world.queue.messages.splice(0);
          const all = Promise.all([...items, ...items].map(({ item }) => world.work(item)));
          await scheduler.waitFor(all);
          world.hook = undefined;
          await world.drain();
        }
        expect(world.snapshot()).toEqual(expected);
      }),
      runs(30),
    );
  });
});
