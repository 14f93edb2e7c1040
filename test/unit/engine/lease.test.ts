import { StaleStateError } from '../../../src/core/errors';
import { acquireLease, LEASE_MS, takeLease } from '../../../src/engine/lease';
import { makeFakeStateStore } from '../../fakes/state-store';

function world() {
  const state = makeFakeStateStore();
  const time = { nowMs: 1_000_000 };
  const clock = () => new Date(time.nowMs);
  const ask = async (owner: string) => {
    const answer = await acquireLease(state, 'lease', owner, clock);
    return answer.kind === 'granted' ? answer.lease : undefined;
  };
  const take = (owner: string, onSleep?: (ms: number) => void | Promise<void>) =>
    takeLease(state, 'lease', owner, clock, async (ms) => {
      time.nowMs += ms;
      await onSleep?.(ms);
    });
  return { state, time, ask, take };
}

describe('a lease', () => {
  it('is held by one; others have it when it is given back, or is over', async () => {
    const { time, ask } = world();
    const mine = await ask('a');
    expect(await ask('b')).toBeUndefined();
    await mine?.release();
    expect(await ask('b')).toBeDefined();
    expect(await ask('c')).toBeUndefined();
    time.nowMs += LEASE_MS;
    expect(await ask('c')).toBeDefined();
  });

  it('is given to its owner again', async () => {
    const { ask } = world();
    await ask('a');
    expect(await ask('a')).toBeDefined();
  });

  it('renewed in time it lasts; the loser notices at the next renewal and takes nothing back', async () => {
    const { time, ask } = world();
    const mine = await ask('a');
    for (let step = 0; step < 5; step += 1) {
      time.nowMs += LEASE_MS / 2;
      await mine?.renew();
      expect(await ask('b')).toBeUndefined();
    }
    time.nowMs += LEASE_MS + 1;
    const theirs = await ask('b');
    await expect(mine?.renew()).rejects.toBeInstanceOf(StaleStateError);
    await mine?.release();
    expect(await ask('c')).toBeUndefined();
    await theirs?.release();
    expect(await ask('c')).toBeDefined();
  });

  it('of a dead holder is waited for, at most two minutes', async () => {
    const { time, ask, take } = world();
    await ask('dead');
    const before = time.nowMs;
    expect(await take('b')).toBeDefined();
    expect(time.nowMs - before).toBeLessThanOrEqual(120_000);
  });

  it('of a holder who is alive is not waited for long', async () => {
    const { time, ask, take } = world();
    const theirs = await ask('a');
    const before = time.nowMs;
    expect(await take('b', () => theirs?.renew())).toBeUndefined();
    expect(time.nowMs - before).toBeLessThan(60_000);
  });
});
