import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until `read` gives something that satisfies `isDone`, and returns it. The deadline only ends what hangs: no test may depend on how
 * busy the machine is. @throws Error with the last value after the deadline.
 */
export async function until<T>(read: () => Promise<T> | T, isDone: (value: T) => boolean, deadlineMs = 900_000): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`Not reached in ${deadlineMs} ms; last seen: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await delay(25);
  }
}
