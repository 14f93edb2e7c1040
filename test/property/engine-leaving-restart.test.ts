import type { SourceId } from '../../src/core/model';
import type { JobSettings } from '../../src/engine/job-settings';
import { ALL, aDesk, disable, enable, leavingOf, passes, toldOf } from './support/leaving';
import type { World } from './support/world';

describe('leaving › restartable', () => {
  /** A day of each step, each with its cycle; some of them with a return. */
  const STORIES: Readonly<Record<string, readonly ((desk: Awaited<ReturnType<typeof aDesk>>) => void)[]>> = {
    'to the end': [(desk) => disable(desk, desk.ann), (desk) => passes(desk, 30), (desk) => passes(desk, 60)],
    'and back before the deletion': [(desk) => disable(desk, desk.ann), (desk) => enable(desk, desk.ann)],
    'and back after it': [(desk) => disable(desk, desk.ann), (desk) => passes(desk, 30), (desk) => enable(desk, desk.ann)],
  };

  /** What there is in the end, and what the log tells of it. */
  async function stateOf(world: World, ann: SourceId): Promise<unknown> {
    const told = (await toldOf(world, ann)).map(({ provisioningAction, modifiedProperties }) => [
      provisioningAction,
      modifiedProperties.map(({ displayName, newValue }) => `${displayName}=${newValue}`),
    ]);
    const row = await leavingOf(world, ann);
    return {
      zendesk: world.snapshot(),
      tickets: [...world.target.tickets.values()],
      hasEndedSessions: world.target.endedSessions.length > 0,
      erased: world.target.erased.length,
      told,
      leaving: row && { ...row, leftAt: '', deletedAt: row.deletedAt === null ? null : '' },
    };
  }

  async function play(story: string, settings: Partial<JobSettings>, kill?: number): Promise<unknown> {
    const desk = await aDesk(settings, 3);
    const { world, ann } = desk;
    for (const step of STORIES[story] ?? []) {
      step(desk);
      world.nowMs += 20 * 60_000;
      let isDone = false;
      for (let tries = 0; !isDone; tries += 1) {
        await world.killedAt(tries === 0 && kill !== undefined ? kill : Number.POSITIVE_INFINITY, async () => {
          isDone = (await world.tick()).kind === 'completed';
        });
        world.nowMs += 120_000;
      }
      for (let calls = 0; world.queue.messages.length > 0; calls += 1) {
        const message = world.queue.messages.shift();
        if (!message) break;
        world.nowMs += message.delayMs + 120_000;
        await world.killedAt(calls < 3 && kill !== undefined ? kill : Number.POSITIVE_INFINITY, () => world.work(message.item));
      }
      await world.drain();
    }
    return stateOf(world, ann);
  }

  it.each([
    ...Object.keys(STORIES).map((story) => [story, ALL, 90] as const),
    ['and back before the deletion', { ...ALL, offboardTickets: { kind: 'leave' } }, 60],
  ] as const)('killed at every single port call of every call of timer and queue: %s', async (story, settings, calls) => {
    const expected = await play(story, settings);
    const wrong: number[] = [];
    for (let at = 0; at < calls; at += 1) {
      try {
        expect(await play(story, settings, at)).toEqual(expected);
      } catch (error) {
        if (wrong.length === 0) console.error(at, error);
        wrong.push(at);
      }
    }
    expect(wrong).toEqual([]);
  });
});
