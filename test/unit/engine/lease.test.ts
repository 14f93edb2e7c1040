import { StaleStateError } from '../../../src/core/errors';
import { acquireLease, LEASE_MS, takeLease } from '../../../src/engine/job/lease';
import { makeFakeStateStore } from '../../fakes/state-store';

/** Far more looks than any wait is worth: whoever waits for ever fails instead of hanging. */
const MANY_LOOKS = 1_000;

function world() {
  const storage = { isDown: false, writes: 0 };
  const state = makeFakeStateStore({
    onCall: (name) => {
      if (storage.isDown) throw new Error('storage is down');
      if (name === 'stateStore.write') storage.writes += 1;
    },
  });
  const time = { nowMs: 1_000_000 };
  const clock = () => new Date(time.nowMs);
  const ask = async (owner: string) => {
    const answer = await acquireLease(state, 'lease', owner, clock);
    return answer.kind === 'granted' ? answer.lease : undefined;
  };
  const take = (owner: string, onSleep?: (ms: number) => void | Promise<void>) => {
    let looks = 0;
    return takeLease(state, 'lease', owner, clock, async (ms) => {
      looks += 1;
      if (looks > MANY_LOOKS) throw new Error('waits for ever');
      time.nowMs += ms;
      await onSleep?.(ms);
    });
  };
  return { storage, time, ask, take };
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

  it('asked for by two at once it is given to one, whether it is new, given back or over', async () => {
    const { time, ask } = world();
    const oneOf = async (...owners: readonly string[]) => {
      const granted = (await Promise.all(owners.map(ask))).filter((lease) => lease !== undefined);
      expect(granted).toHaveLength(1);
      return granted[0];
    };
    const first = await oneOf('a', 'b');
    await first?.release();
    await oneOf('c', 'd');
    time.nowMs += LEASE_MS;
    const last = await oneOf('e', 'f');
    time.nowMs += LEASE_MS - 1;
    await last?.renew();
    time.nowMs += LEASE_MS - 1;
    expect(await ask('g')).toBeUndefined();
  });

  it('is written anew when a third of it is used, not at every page', async () => {
    const { storage, time, ask } = world();
    const mine = await ask('a');
    time.nowMs += Math.floor(LEASE_MS / 3);
    await mine?.renew();
    expect(storage.writes).toBe(1);
    time.nowMs += 1;
    await mine?.renew();
    expect(storage.writes).toBe(2);
  });

  it('storage that is down is told of: it is neither a holder nor a lease', async () => {
    const { storage, time, ask, take } = world();
    const mine = await ask('a');
    storage.isDown = true;
    time.nowMs += LEASE_MS / 2;
    await expect(mine?.renew()).rejects.toThrow('storage is down');
    await expect(mine?.release()).rejects.toThrow('storage is down');
    await expect(ask('b')).rejects.toThrow('storage is down');
    await expect(take('b')).rejects.toThrow('storage is down');
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
