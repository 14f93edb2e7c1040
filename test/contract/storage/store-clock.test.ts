import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../../src/adapters/storage/connection';
import { makeStateStore } from '../../../src/adapters/storage/state-store';
import { makeLimiter } from '../../../src/adapters/zendesk/limiter';
import { ThrottledError } from '../../../src/core/errors';
import { emptyStorage, withAzurite } from './both';

const MINUTE = 60_000;

describe('store clock', () => {
  const azurite = withAzurite();
  /** An instance whose own clock is off. */
  const instance = (offMs: number) => {
    const connection = { kind: 'connectionString', connectionString: azurite().connectionString } as const;
    const storage = openStorage(connection, undefined, { clock: () => new Date(Date.now() + offMs) });
    const store = makeStateStore(storage);
    const limiter = makeLimiter({
      store,
      clock: storage.clock,
      sleep: async (ms) => void (await sleep(ms)),
      random: () => 0.5,
      plan: { share: 1, startPerMinute: 600, timeScale: 1 },
      maxWaitMs: 4_000,
    });
    return { storage, store, limiter };
  };
  beforeEach(() => emptyStorage(azurite().connectionString));

  test.each([5 * MINUTE, -5 * MINUTE, 26 * 60 * MINUTE])(
    "a clock that is %i ms off tells the store's time after one answer",
    async (offMs) => {
      const { storage, store } = instance(offMs);
      await store.read('anything');
      expect(Math.abs(storage.clock().getTime() - Date.now())).toBeLessThan(1_500);
    },
  );

  test('B6 › an instance five minutes ahead, and one behind, leave the others their places', async () => {
    const instances = [5 * MINUTE, 0, -5 * MINUTE].map(instance);
    await Promise.all(instances.map(({ store }) => store.read('warm-up')));
    const served = instances.map(() => 0);
    const ask = async (at: number) =>
      instances[at]!.limiter.acquire('account').then(
        () => {
          served[at]! += 1;
        },
        (error: unknown) => {
          if (!(error instanceof ThrottledError)) throw error;
        },
      );
    await Promise.all(instances.flatMap((_, at) => Array.from({ length: 8 }, () => ask(at))));
    expect(Math.min(...served)).toBeGreaterThanOrEqual(6);
  });
});
