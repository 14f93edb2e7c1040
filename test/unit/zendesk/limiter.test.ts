import fc from 'fast-check';
import {
  block,
  EMPTY_LIMITER,
  isLimiterState,
  type Lane,
  type LimiterState,
  ourQuota,
  paceOf,
  plausible,
  reserve,
} from '../../../src/adapters/zendesk/lanes';
import { LIMITER_KEY, type Limiter, makeLimiter } from '../../../src/adapters/zendesk/limiter';
import { StateUnavailableError, ThrottledError } from '../../../src/core/errors';
import { makeFakeStateStore } from '../../fakes/state-store';
import { makeVirtualTime } from './virtual-time';

const MINUTE = 60_000;
const plan = { share: 0.7, startPerMinute: 200, timeScale: 1 };

/** Most grants in any window of the length. */
function peak(grants: readonly number[], windowMs: number): number {
  const sorted = [...grants].sort((left, right) => left - right);
  let from = 0;
  let most = 0;
  for (const [to, at] of sorted.entries()) {
    while ((sorted[from] ?? at) <= at - windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function makeRig(
  options: {
    readonly instances?: number;
    readonly share?: number;
    readonly perMinute?: number;
    readonly maxWaitMs?: number;
  } = {},
) {
  const time = makeVirtualTime();
  const store = makeFakeStateStore();
  let storeCalls = 0;
  const counted = {
    read: <T>(key: string) => {
      storeCalls += 1;
      return store.read<T>(key);
    },
    write: <T>(key: string, value: T, etag: string | null) => {
      storeCalls += 1;
      return store.write(key, value, etag);
    },
  };
  const limiters: Limiter[] = Array.from({ length: options.instances ?? 1 }, () =>
    makeLimiter({
      store: counted,
      clock: time.clock,
      sleep: time.sleep,
      random: () => 0.5,
      plan: { share: options.share ?? 0.7, startPerMinute: options.perMinute ?? 200, timeScale: 1 },
      ...(options.maxWaitMs === undefined ? {} : { maxWaitMs: options.maxWaitMs }),
    }),
  );
  const grants: { readonly at: number; readonly lane: Lane }[] = [];
  const refusals: number[] = [];
  const acquire = async (instance: number, lane: Lane, maxWaitMs?: number) => {
    try {
      await limiters[instance % limiters.length]!.acquire(lane, maxWaitMs);
      grants.push({ at: time.now(), lane });
      return true;
    } catch (error) {
      if (!(error instanceof ThrottledError)) throw error;
      refusals.push(error.retryAfterMs);
      return false;
    }
  };
  return { time, store, limiters, grants, refusals, acquire, calls: () => storeCalls };
}

describe('limiter core', () => {
  it('pace › the places of a minute, used late as they may be, are no more than our quota', () => {
    for (const perMinute of [10, 200, 400, 700, 2_500]) {
      const state = { ...EMPTY_LIMITER, planPerMinute: perMinute };
      const pace = paceOf(state, plan);
      const quota = ourQuota(state, plan);
      expect(quota).toBe((perMinute * 7) / 10);
      expect((MINUTE + pace.lateMs + pace.intervalMs) / pace.intervalMs).toBeLessThanOrEqual(quota + 1e-9);
    }
  });

  it('pace › two updates are planned more than a second apart, at no more than 3 % loss', () => {
    const pace = paceOf(EMPTY_LIMITER, plan);
    expect(pace.updateIntervalMs).toBeGreaterThan(1_000);
    expect(1_000 / pace.updateIntervalMs).toBeGreaterThan(0.97);
  });

  it('reserve › places rise by the interval and start now', () => {
    const { slots, state } = reserve(EMPTY_LIMITER, plan, { lane: 'account', count: 3, nowMs: 1_000, maxAheadMs: 10_000 });
    const { intervalMs } = paceOf(EMPTY_LIMITER, plan);
    expect(slots).toEqual([1_000, 1_000 + intervalMs, 1_000 + 2 * intervalMs]);
    expect(state.nextAt).toBeCloseTo(1_000 + 3 * intervalMs);
  });

  it('reserve › an update takes one place of the account lane with it', () => {
    const now = 1_000_000;
    const first = reserve(EMPTY_LIMITER, plan, { lane: 'updateUser', count: 2, nowMs: now, maxAheadMs: 60_000 });
    const { slots } = reserve(first.state, plan, { lane: 'account', count: 5, nowMs: now, maxAheadMs: 60_000 });
    const { intervalMs } = paceOf(EMPTY_LIMITER, plan);
    expect(slots[0]).toBeCloseTo(now + intervalMs);
    // Five places and two updates stand in the room of seven.
    expect((slots[4] ?? 0) - now).toBeCloseTo(6 * intervalMs, 0);
  });

  it('reserve › nothing is taken that lies too far ahead', () => {
    const state = block(EMPTY_LIMITER, 'account', 90_000, 1_000);
    const reservation = reserve(state, plan, { lane: 'account', count: 5, nowMs: 1_000, maxAheadMs: 10_000 });
    expect(reservation).toMatchObject({ slots: [], nextAt: 90_000 });
    expect(reserve(state, plan, { lane: 'updateUser', count: 1, nowMs: 1_000, maxAheadMs: 10_000 }).nextAt).toBe(90_000);
  });

  it('block › a later word is not shortened by an earlier one', () => {
    expect(block(block(EMPTY_LIMITER, 'account', 500, 1), 'account', 100, 1).blockedUntil).toBe(500);
  });

  it('block › waits that follow each other without a served request are one, seen since the first', () => {
    const first = block(EMPTY_LIMITER, 'account', 5_000, 1_000);
    const second = block(first, 'account', 9_000, 6_000);
    expect(second).toMatchObject({ blockedSince: 1_000, blockedUntil: 9_000 });
    expect(block({ ...second, servedAt: 9_500 }, 'account', 12_000, 10_000)).toMatchObject({ blockedSince: 10_000 });
  });

  it('block › no word lasts beyond an hour', () => {
    expect(block(EMPTY_LIMITER, 'account', Number.MAX_VALUE, 1_000).blockedUntil).toBe(3_601_000);
  });

  it('plausible › nothing that lies years ahead is kept', () => {
    const years = 1e12;
    const odd = {
      ...EMPTY_LIMITER,
      nextAt: years,
      updateNextAt: years,
      reserved: [5, years],
      blockedUntil: years,
      clearedAt: years,
    };
    expect(plausible(odd, 1_000)).toEqual({ ...EMPTY_LIMITER, nextAt: 1_000, updateNextAt: 1_000, reserved: [5] });
  });

  it('isLimiterState › a strange document counts as none', () => {
    expect(isLimiterState(EMPTY_LIMITER)).toBe(true);
    for (const value of [
      null,
      3,
      {},
      { ...EMPTY_LIMITER, nextAt: 'x' },
      { ...EMPTY_LIMITER, reserved: ['x'] },
      { ...EMPTY_LIMITER, planPerMinute: -1 },
    ]) {
      expect(isLimiterState(value)).toBe(false);
    }
  });
});

describe('limiter', () => {
  it('trap 4 › under full demand any minute keeps to the share, and uses at least nine tenths of it', async () => {
    for (const instances of [1, 4]) {
      const rig = makeRig({ instances });
      const start = rig.time.now();
      const workers = Array.from({ length: instances * 8 }, async (_, worker) => {
        while (rig.time.now() < start + 5 * MINUTE) if (!(await rig.acquire(worker, 'account'))) await rig.time.sleep(1_000);
      });
      await rig.time.runUntil(start + 6 * MINUTE);
      await Promise.all(workers);
      const at = rig.grants.map((grant) => grant.at);
      expect(peak(at, MINUTE)).toBeLessThanOrEqual(140);
      expect(at.filter((time) => time >= start + MINUTE && time < start + 5 * MINUTE).length).toBeGreaterThanOrEqual(
        0.9 * 140 * 4,
      );
      // In blocks, not one by one: well below a read and a write per request.
      expect(rig.calls()).toBeLessThan(at.length);
    }
  });

  it('trap 4 › updates keep a second apart next to all other requests, and the sum keeps to the share', async () => {
    const rig = makeRig({ instances: 3 });
    const start = rig.time.now();
    const workers = Array.from({ length: 48 }, async (_, worker) => {
      const lane: Lane = worker % 2 === 0 ? 'updateUser' : 'account';
      while (rig.time.now() < start + 4 * MINUTE) if (!(await rig.acquire(worker, lane))) await rig.time.sleep(500);
    });
    await rig.time.runUntil(start + 5 * MINUTE);
    await Promise.all(workers);
    const updates = rig.grants.filter(({ lane }) => lane === 'updateUser').map(({ at }) => at);
    expect(peak(updates, 1_000)).toBe(1);
    expect(updates.length).toBeGreaterThan(0.85 * 4 * 60);
    expect(
      peak(
        rig.grants.map(({ at }) => at),
        MINUTE,
      ),
    ).toBeLessThanOrEqual(140);
    expect(rig.grants.length).toBeGreaterThanOrEqual(0.85 * 140 * 4);
  });

  it('any sequence of requests of several instances keeps to the plan in any minute', async () => {
    const request = fc.record({
      instance: fc.nat(3),
      pauseMs: fc.oneof(fc.constant(0), fc.nat(400), fc.nat(5_000)),
      isUpdate: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 20, maxLength: 250 }),
        fc.integer({ min: 10, max: 400 }),
        fc.constantFrom(0.3, 0.7, 1),
        async (requests, perMinute, share) => {
          const rig = makeRig({ instances: 4, perMinute, share, maxWaitMs: 30_000 });
          const all: Promise<boolean>[] = [];
          for (const { instance, pauseMs, isUpdate } of requests) {
            await rig.time.runUntil(rig.time.now() + pauseMs);
            all.push(rig.acquire(instance, isUpdate ? 'updateUser' : 'account'));
          }
          await rig.time.runUntil(rig.time.now() + 10 * MINUTE);
          await Promise.all(all);
          expect(
            peak(
              rig.grants.map(({ at }) => at),
              MINUTE,
            ),
          ).toBeLessThanOrEqual(Math.max(1, Math.floor(perMinute * share)));
          expect(
            peak(
              rig.grants.filter(({ lane }) => lane === 'updateUser').map(({ at }) => at),
              1_000,
            ),
          ).toBeLessThanOrEqual(1);
          expect(rig.grants.length + rig.refusals.length).toBe(requests.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a place too far away is told, not waited for', async () => {
    const rig = makeRig({ maxWaitMs: 2_000 });
    const all = Promise.all(Array.from({ length: 30 }, () => rig.acquire(0, 'updateUser')));
    await rig.time.runUntil(rig.time.now() + 10_000);
    await all;
    expect(rig.grants.length).toBeLessThanOrEqual(3);
    expect(rig.refusals.length).toBeGreaterThanOrEqual(27);
    expect(Math.max(...rig.refusals)).toBeGreaterThan(2_000);
  });

  it("Zendesk's word is honoured whole and by all instances", async () => {
    const rig = makeRig({ instances: 2 });
    const start = rig.time.now();
    await rig.limiters[0]!.silence('account', 45_000);
    const refused = rig.acquire(1, 'account');
    await rig.time.runUntil(start + 100);
    expect(await refused).toBe(false);
    expect(rig.refusals[0]).toBeGreaterThanOrEqual(45_000 - 100);
    const waiting = rig.acquire(1, 'account', 60_000);
    const update = rig.acquire(0, 'updateUser', 60_000);
    await rig.time.runUntil(start + 50_000);
    expect([await waiting, await update]).toEqual([true, true]);
    expect(Math.min(...rig.grants.map(({ at }) => at))).toBeGreaterThanOrEqual(start + 45_000);
  });

  it('a silent update lane does not hold up the others', async () => {
    const rig = makeRig();
    await rig.limiters[0]!.silence('updateUser', 30_000);
    const both = Promise.all([rig.acquire(0, 'account'), rig.acquire(0, 'updateUser')]);
    await rig.time.runUntil(rig.time.now() + 1_000);
    expect(await both).toEqual([true, false]);
  });

  it('the plan quota is learnt, and told to the other instances', async () => {
    const rig = makeRig({ instances: 2 });
    rig.limiters[0]!.learn(700);
    const first = rig.acquire(0, 'account');
    await rig.time.runUntil(rig.time.now() + 1_000);
    await first;
    expect((await rig.store.read<LimiterState>(LIMITER_KEY))?.value.planPerMinute).toBe(700);
    const start = rig.time.now();
    const workers = Array.from({ length: 8 }, async () => {
      while (rig.time.now() < start + MINUTE) await rig.acquire(1, 'account');
    });
    await rig.time.runUntil(start + 2 * MINUTE);
    await Promise.all(workers);
    expect(rig.grants.length).toBeGreaterThan(0.9 * 490);
    expect(
      peak(
        rig.grants.map(({ at }) => at),
        MINUTE,
      ),
    ).toBeLessThanOrEqual(490);
  });

  it('B1 › a wait of years ends within an hour, is seen meanwhile, and an operator ends it for all', async () => {
    const rig = makeRig({ instances: 2, maxWaitMs: 3_000 });
    const start = rig.time.now();
    await rig.limiters[0]!.silence('account', 999_999_999_000);
    const told = { kind: 'request', since: new Date(start).toISOString(), until: new Date(start + 3_600_000).toISOString() };
    expect((await rig.limiters[1]!.limits()).waits).toEqual([told]);
    expect(rig.limiters[0]!.busyForMs('account')).toBeGreaterThan(3_000_000);
    expect(await rig.acquire(1, 'account')).toBe(false);
    expect(Math.max(...rig.refusals)).toBeLessThanOrEqual(3_600_000 * 1.2);
    await rig.limiters[1]!.clearWaits();
    await rig.time.runUntil(rig.time.now() + 5_000);
    expect((await rig.limiters[0]!.limits()).waits).toEqual([]);
    const both = Promise.all([rig.acquire(0, 'account'), rig.acquire(1, 'account'), rig.acquire(0, 'updateUser')]);
    await rig.time.runUntil(rig.time.now() + 3_000);
    expect(await both).toEqual([true, true, true]);
    expect(rig.limiters[0]!.busyForMs('account')).toBe(0);
    await rig.limiters[0]!.silence('account', 999_999_999_000);
    const again = rig.time.now();
    await rig.time.runUntil(again + 3_600_001);
    const late = rig.acquire(0, 'account');
    await rig.time.runUntil(rig.time.now() + 1_000);
    expect(await late).toBe(true);
  });

  it('B1 › a document that says so starves nobody', async () => {
    const rig = makeRig();
    const years = rig.time.now() + 1e12;
    await rig.store.write(
      LIMITER_KEY,
      { ...EMPTY_LIMITER, nextAt: years, updateNextAt: years, blockedUntil: years, updateBlockedUntil: years, reserved: [years] },
      null,
    );
    const both = Promise.all([rig.acquire(0, 'account'), rig.acquire(0, 'updateUser')]);
    await rig.time.runUntil(rig.time.now() + 2_000);
    expect(await both).toEqual([true, true]);
  });

  it('busy › is known before anything is asked for, and passes', async () => {
    const rig = makeRig({ maxWaitMs: 3_000 });
    const start = rig.time.now();
    const all = Array.from({ length: 6 }, () => rig.acquire(0, 'updateUser'));
    await rig.time.runUntil(start + 10);
    const busyMs = rig.limiters[0]!.busyForMs('updateUser');
    expect(busyMs).toBeGreaterThan(0);
    expect(rig.limiters[0]!.busyForMs('account')).toBe(0);
    const calls = rig.calls();
    await rig.time.runUntil(start + 10 + busyMs);
    expect(rig.limiters[0]!.busyForMs('updateUser')).toBe(0);
    await rig.time.runUntil(start + 20_000);
    await Promise.all(all);
    expect(rig.calls()).toBeLessThanOrEqual(calls + 8);
  });

  it('busy › each who stays away is given a turn of its own, one after the other', async () => {
    const rig = makeRig({ maxWaitMs: 3_000 });
    const start = rig.time.now();
    const all = Array.from({ length: 6 }, () => rig.acquire(0, 'updateUser'));
    await rig.time.runUntil(start + 10);
    const turns = Array.from({ length: 100 }, () => rig.limiters[0]!.busyForMs('updateUser'));
    for (const [at, turn] of turns.entries()) if (at > 0) expect(turn - turns[at - 1]!).toBeGreaterThanOrEqual(1_000);
    // The lane is used up to the last turn, and not beyond it: nobody waits for a place that nobody has.
    expect(turns[99]!).toBeLessThan(turns[0]! + 100 * 1_050);
    await rig.time.runUntil(start + 10 + turns[0]!);
    // Who comes back at its turn finds room; who comes for the first time while there is none is behind all who were sent away.
    const later = Array.from({ length: 5 }, () => rig.limiters[0]!.busyForMs('updateUser'));
    expect(later[0]).toBe(0);
    expect(later[4]!).toBeGreaterThan(turns[99]! - turns[0]!);
    await rig.time.runUntil(start + 20_000);
    await Promise.all(all);
  });

  it.each([1, 3])(
    'busy › however many are sent away, each comes to its place, and the lane is never idle (%i instances)',
    async (instances) => {
      const rig = makeRig({ maxWaitMs: 10_000, instances });
      const start = rig.time.now();
      let asked = 0;
      const item = async (at: number) => {
        const instance = at % instances;
        for (;;) {
          asked += 1;
          const busyMs = rig.limiters[instance]!.busyForMs('updateUser');
          // The queue hands a message out a little late, and reading takes its time.
          if (busyMs > 0) await rig.time.sleep(Math.ceil(busyMs / 1_000) * 1_000 + (at % 7) * 150);
          else {
            await rig.time.sleep((at % 5) * 100);
            if (await rig.acquire(instance, 'updateUser')) return;
            await rig.time.sleep(10_000);
          }
        }
      };
      const all = Promise.all(Array.from({ length: 300 }, (_, at) => item(at)));
      await rig.time.runUntil(start + 200_000);
      expect(rig.grants.length / 200).toBeGreaterThanOrEqual(0.93);
      await rig.time.runUntil(start + 400_000);
      await all;
      expect(rig.refusals.length).toBeLessThanOrEqual(instances * 15);
      console.info(`${instances} instances: ${asked} askings, ${rig.refusals.length} refusals for 300 updates`);
    },
  );

  it('busy › no more are let in at once than the lane carries while they wait', async () => {
    const rig = makeRig({ maxWaitMs: 10_000 });
    const letIn = Array.from({ length: 60 }, () => rig.limiters[0]!.busyForMs('updateUser')).filter((turn) => turn === 0);
    expect(letIn.length).toBeGreaterThanOrEqual(4);
    expect(letIn.length).toBeLessThanOrEqual(6);
  });

  it('the lane of updates carries 0.97 a second under full demand', async () => {
    const rig = makeRig({ instances: 1, perMinute: 700 });
    const start = rig.time.now();
    const workers = Array.from({ length: 12 }, async () => {
      while (rig.time.now() < start + 10 * MINUTE) if (!(await rig.acquire(0, 'updateUser'))) await rig.time.sleep(500);
    });
    await rig.time.runUntil(start + 11 * MINUTE);
    await Promise.all(workers);
    expect(rig.grants.filter(({ at }) => at < start + 10 * MINUTE).length / 600).toBeGreaterThanOrEqual(0.97);
  });

  it('without storage nobody gets a place', async () => {
    const time = makeVirtualTime();
    const broken = async () => {
      throw new StateUnavailableError('down');
    };
    const limiter = makeLimiter({
      store: { read: broken, write: broken },
      clock: time.clock,
      sleep: time.sleep,
      random: () => 0,
      plan,
    });
    await expect(limiter.acquire('account')).rejects.toBeInstanceOf(StateUnavailableError);
    await expect(limiter.acquire('account')).rejects.toBeInstanceOf(StateUnavailableError);
  });
});
