import fc from 'fast-check';
import { aScenario, Play } from './support/scenario';

const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: Number(process.env.RUNS ?? numRuns) });

/** What is wrong with how a cycle was accounted for. */
async function miscounts(play: Play, cycleId: string, evaluated: number): Promise<readonly string[]> {
  const counts = await play.world.counts(cycleId);
  const sum = Object.values(counts.byOutcome).reduce((a, b) => a + b, 0);
  return [
    ...(counts.total === evaluated ? [] : [`${evaluated} evaluated, ${counts.total} recorded`]),
    ...(sum === counts.total ? [] : [`outcomes add up to ${sum} of ${counts.total}`]),
  ];
}

/** Runs a whole history; what a person would complain of after each cycle. */
async function history(play: Play): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const edits of [[], ...play.scenario.later]) {
    play.apply(edits);
    play.note();
    const { cycleId, evaluated } = await play.world.round();
    wrong.push(...play.complaints(), ...(await miscounts(play, cycleId, evaluated)));
  }
  return wrong;
}

describe('engine › converges', () => {
  it('after any history Zendesk is as a person would want it, and neither kind of cycle finds anything to write', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(3), async (scenario) => {
        const play = new Play(scenario);
        expect(await history(play)).toEqual([]);
        const writes = play.world.target.writeCount();
        await play.world.round();
        await play.world.dueInitial();
        await play.world.round();
        expect(play.world.target.writeCount()).toBe(writes);
      }),
      runs(80),
    );
  });

  it('what somebody deletes in Zendesk by hand is back after the next initial cycle, memberships too', async () => {
    await fc.assert(
      fc.asyncProperty(aScenario(2, {}, true), async (scenario) => {
        const play = new Play(scenario);
        for (const edits of [[], ...scenario.later]) {
          play.apply(edits);
          play.note();
          await play.world.round();
        }
        await play.world.dueInitial();
        await play.world.round();
        expect(play.complaints()).toEqual([]);
        const writes = play.world.target.writeCount();
        await play.world.dueInitial();
        await play.world.round();
        expect(play.world.target.writeCount()).toBe(writes);
      }),
      runs(50),
    );
  });
});
