import { UnavailableError } from '../../../src/core/errors';
import type { TargetConnector } from '../../../src/ports/target-connector';
import type { World } from './world';

/** Makes what breaks a method of Zendesk, for the next call or from now on until the hook is taken away. */
const breaking =
  (moment: 'before' | 'after', often: 'once' | 'always') =>
  (world: World, method: keyof TargetConnector, error: Error = new UnavailableError('target', 'The answer was lost')): void => {
    const before = world.target.hook;
    world.target.hook = (at, called, args) => {
      if (at !== moment || called !== method) return before?.(at, called, args);
      if (often === 'once') world.target.hook = before;
      throw error;
    };
  };

/** Every call of a method fails, with nothing done. */
export const fails = breaking('before', 'always');
/** The next call of a method fails, with nothing done. */
export const failsOnce = breaking('before', 'once');
/** Every call of a method happens, and fails. */
export const losesAnswers = breaking('after', 'always');
/** The next call of a method happens, and fails. */
export const losesAnswer = breaking('after', 'once');

/** A round in which every call of a method fails, with nothing done. */
export async function failsForARound(world: World, method: keyof TargetConnector, error?: Error): Promise<void> {
  fails(world, method, error);
  await world.round();
  world.target.hook = undefined;
}

/** A round in which every call of a method happens, and fails. */
export async function losesAnswersForARound(world: World, method: keyof TargetConnector): Promise<void> {
  losesAnswers(world, method);
  await world.round();
  world.target.hook = undefined;
}

/** Runs a part of a story, which is killed at one of its calls. */
export type Killing = (world: World, run: () => Promise<unknown>) => Promise<void>;

/**
 * Tells a story once for each call at which a part of it may be killed, until that part ends before it is, and expects that it never ends wrong.
 * @param story is given what runs the part; what it returns, if anything, says whether, or how, it ended wrong
 */
export async function whereverKilled(story: (killed: Killing) => Promise<unknown>): Promise<void> {
  const wrong: string[] = [];
  for (let call = 0, wasKilled = true; wasKilled; call += 1) {
    wasKilled = false;
    const said = await story(async (world, run) => {
      wasKilled = await world.killedAt(call, run);
    }).catch((cause: unknown) => {
      throw new Error(`Killed at call ${call}, the story fails`, { cause });
    });
    if (said !== undefined && said !== false) wrong.push(`${call}: ${said}`);
  }
  expect(wrong).toEqual([]);
}

/** Runs something, and has something else happen in the midst of it: before its first call of a port by that name, which is expected to come. */
export async function meanwhile(
  world: World,
  name: string,
  happens: () => Promise<unknown>,
  run: () => Promise<unknown>,
): Promise<void> {
  let hasHappened = false;
  world.hook = async (call) => {
    if (call !== name || hasHappened) return;
    hasHappened = true;
    await happens();
  };
  await run();
  world.hook = undefined;
  expect(hasHappened).toBe(true);
}

/** Has something happen before the n-th call of a port (from 0). Where that call never comes, the hook is still there in the end. */
export function atCall(world: World, call: number, happens: () => Promise<unknown>): void {
  let calls = 0;
  world.hook = async () => {
    calls += 1;
    if (calls !== call + 1) return;
    world.hook = undefined;
    await happens();
  };
}
