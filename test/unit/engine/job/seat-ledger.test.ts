import { StaleStateError } from '../../../../src/core/errors';
import type { Link, SourceId, TargetRole } from '../../../../src/core/model';
import { sourceId, targetId } from '../../../../src/core/model';
import { countSeats, promiseSeats, type SeatLedger, tellOfSeats } from '../../../../src/engine/job/seat-ledger';
import { STATUS_KEYS } from '../../../../src/engine/job/status-keys';
import { aLink } from '../../../builders/objects';
import { World } from '../../../property/support/world';

const [A, B, C] = ['a', 'b', 'c'].map(sourceId) as [SourceId, SourceId, SourceId];
const AGENT: TargetRole = { role: 'agent', customRoleId: null };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An account of `held` seats, one of them its owner's, of which so many are bought. */
function someSeats(bought: number | undefined, held = 1) {
  const world = new World({ settings: bought === undefined ? {} : { agentSeats: bought } });
  const hire = (name = 'By hand') => world.target.seedUser({ name, role: AGENT });
  for (let at = 1; at < held; at += 1) hire();
  const counts = { lists: 0 };
  world.target.hook = (moment, method) => {
    if (moment === 'before' && method === 'listTeam') counts.lists += 1;
  };
  const ask = async (...ids: SourceId[]) => [...(await promiseSeats(world.deps(), ids, 'cycle'))];
  const ledger = async () => (await world.deps().state.read<SeatLedger>(STATUS_KEYS.seats))?.value as SeatLedger;
  const link = (id: SourceId, over: Partial<Link> = {}) =>
    world.deps().links.write({ type: 'user', id }, { link: aLink({ sourceId: id, ...over }), claim: null }, '*');
  return { world, hire, ask, ledger, link, counts };
}

describe('seats that are promised', () => {
  it('everybody has one where AGENT_SEATS is not set, and nobody counts', async () => {
    const { world, ask, counts } = someSeats(undefined, 5);
    expect(await ask(A, B)).toEqual([A, B]);
    expect([counts.lists, await world.deps().state.read(STATUS_KEYS.seats)]).toEqual([0, undefined]);
  });

  it('where nobody asks for one, nothing is read', async () => {
    const { world, ask } = someSeats(1);
    const calls: string[] = [];
    world.hook = (name) => void calls.push(name);
    expect(await ask()).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('reach exactly as far as those that were bought, in the order asked for', async () => {
    const { ask, ledger } = someSeats(3, 1);
    expect(await ask(C, A, B)).toEqual([C, A]);
    expect(await ledger()).toMatchObject({ used: 1, promised: { a: { was: '' }, c: { was: '' } }, short: { count: 1 } });
    expect(await ask(B)).toEqual([]);
    expect(await ask(A)).toEqual([A]);
  });

  it('none is free where all that were bought are held', async () => {
    expect(await someSeats(2, 2).ask(A)).toEqual([]);
    expect(await someSeats(3, 2).ask(A)).toEqual([A]);
  });

  it('an id such as that of a property of every object has no promise by itself', async () => {
    expect(await someSeats(1, 1).ask(sourceId('constructor'))).toEqual([]);
    const { ask } = someSeats(2, 1);
    expect(await ask(sourceId('constructor'))).toEqual(['constructor']);
    expect(await ask(sourceId('toString'))).toEqual([]);
  });

  it('a count serves for a minute, and no longer', async () => {
    const { world, ask, counts, hire } = someSeats(4, 1);
    await ask(A);
    expect(counts.lists).toBe(1);
    hire();
    hire();
    world.nowMs += MINUTE_MS;
    expect(await ask(B)).toEqual([B]);
    expect(counts.lists).toBe(1);
    world.nowMs += 1;
    expect(await ask(C)).toEqual([]);
    expect(counts.lists).toBeGreaterThan(1);
  });

  it('a promise is renewed after a quarter of an hour, and before that nothing is written', async () => {
    const { world, ask, ledger } = someSeats(9);
    await ask(A);
    const first = (await ledger()).promised['a']?.at;
    world.nowMs += 15 * MINUTE_MS - 1;
    await ask(A);
    expect((await ledger()).promised['a']?.at).toBe(first);
    world.nowMs += 1;
    await ask(A);
    expect((await ledger()).promised['a']?.at).not.toBe(first);
  });

  it('one that is not fresh is renewed for all who ask together', async () => {
    const { world, ask, ledger } = someSeats(9);
    await ask(A);
    world.nowMs += 14 * MINUTE_MS;
    await ask(A, B);
    const { promised } = await ledger();
    expect(promised['a']?.at).toBe(promised['b']?.at);
  });

  it('lasts half an hour where the account never shows it', async () => {
    for (const [afterMs, found] of [
      [30 * MINUTE_MS - 1, []],
      [30 * MINUTE_MS, [B]],
    ] as const) {
      const { world, ask } = someSeats(2);
      await ask(A);
      world.nowMs += afterMs;
      expect(await ask(B)).toEqual(found);
    }
  });

  it('lasts after a renewal for half an hour more', async () => {
    const { world, ask, ledger } = someSeats(2);
    await ask(A);
    const { was } = (await ledger()).promised['a'] ?? {};
    world.nowMs += 20 * MINUTE_MS;
    expect(await ask(A)).toEqual([A]);
    expect((await ledger()).promised['a']?.was).toBe(was);
    world.nowMs += 20 * MINUTE_MS;
    expect(await ask(B)).toEqual([]);
  });

  it('ends once the link says that the seat was taken since: the count shows it', async () => {
    const { world, ask, link, hire } = someSeats(3);
    await link(A);
    await ask(A);
    hire('Taken');
    world.nowMs += 2 * MINUTE_MS;
    // The link says still what it said: the seat counts twice, which is the safe side.
    expect(await ask(B)).toEqual([]);
    await link(A, { settledRole: AGENT, isAgent: true });
    world.nowMs += 2 * MINUTE_MS;
    expect(await ask(B)).toEqual([B]);
  });

  it.each([
    ['whose link is another role without a seat', { settledRole: { role: 'end-user', customRoleId: '5' } }],
    ['whose link knows no role', { settledRole: null }],
    ['whose link is another account without a seat', { targetId: targetId(8) }],
  ] as readonly [string, Partial<Link>][])('is kept of somebody %s', async (_, over) => {
    const { world, ask, link } = someSeats(2);
    await link(A);
    await ask(A);
    await link(A, over);
    world.nowMs += 2 * MINUTE_MS;
    expect(await ask(B)).toEqual([]);
  });

  it('is kept of somebody who had a seat already by the link: nothing tells the new one from the old', async () => {
    const { world, ask, link } = someSeats(2);
    await link(A, { settledRole: AGENT });
    await ask(A);
    world.nowMs += 2 * MINUTE_MS;
    expect(await ask(B)).toEqual([]);
    await link(A, { settledRole: AGENT, targetId: targetId(8) });
    world.nowMs += 2 * MINUTE_MS;
    expect(await ask(B)).toEqual([B]);
  });

  it('somebody takes seats by hand: the last by the id go without, but nobody whose promise is fresh', async () => {
    const { world, ask, ledger, hire } = someSeats(3);
    await ask(A, B);
    hire();
    world.nowMs += 14 * MINUTE_MS;
    expect(await ask(A, B)).toEqual([A, B]);
    world.nowMs += 2 * MINUTE_MS;
    expect(await ask(A, B)).toEqual([A]);
    expect(Object.keys((await ledger()).promised)).toEqual(['a']);
    hire();
    world.nowMs += 16 * MINUTE_MS;
    expect(await ask(A)).toEqual([]);
  });

  it('of two who are promised all that there are none goes without', async () => {
    const { world, ask } = someSeats(3);
    await ask(A, B);
    world.nowMs += 16 * MINUTE_MS;
    expect(await ask(A, B)).toEqual([A, B]);
  });

  it('another instance writes meanwhile: it is read again, but not for ever', async () => {
    const { world } = someSeats(9);
    for (const [conflicts, fails] of [
      [20, false],
      [21, true],
    ] as const) {
      const deps = world.deps();
      let left: number = conflicts;
      const write: typeof deps.state.write = async (...args) => {
        left -= 1;
        if (left >= 0) throw new StaleStateError('another was faster');
        return deps.state.write(...args);
      };
      const asked = promiseSeats({ ...deps, state: { ...deps.state, write } }, [fails ? B : A]);
      if (fails) await expect(asked).rejects.toThrow(StaleStateError);
      else expect([...(await asked)]).toEqual([A]);
    }
  });

  it('an error of another kind is not tried again', async () => {
    const { world } = someSeats(9);
    const deps = world.deps();
    let tries = 0;
    const write = async (): Promise<string> => {
      tries += 1;
      throw new TypeError('broken');
    };
    await expect(promiseSeats({ ...deps, state: { ...deps.state, write } }, [A])).rejects.toThrow('broken');
    expect(tries).toBe(1);
  });
});

describe('seats that are counted', () => {
  it('are those of agents and admins on every page, not those of light agents', async () => {
    const customRoles = [{ id: '42' as never, name: 'Light agent', roleType: 1 }];
    const { target } = new World({ target: { description: { customRoles } } });
    expect(await countSeats({ target })).toBe(1);
    for (let at = 0; at < 4; at += 1) target.seedUser({ name: `Agent ${at}`, role: AGENT });
    target.seedUser({ name: 'Light', role: { role: 'agent', customRoleId: '42' as never } });
    target.seedUser({ name: 'Customer' });
    expect(await countSeats({ target })).toBe(5);
  });
});

describe('seats that are missing', () => {
  const told = ({ notices }: World) => notices.map((one) => ('waiting' in one ? one.waiting : one.kind));

  it('are told of with the cycle that misses them: once a day, and at once when more are missing', async () => {
    const { world, ledger } = someSeats(1);
    const miss = async (cycleId: string, ...ids: SourceId[]) => {
      await promiseSeats(world.deps(), ids, cycleId);
      await tellOfSeats(world.deps(), cycleId);
    };
    await tellOfSeats(world.deps(), 'one');
    await miss('one', A, B);
    expect(world.notices).toEqual([{ kind: 'seats', cycleId: 'one', waiting: 2, used: 1, bought: 1 }]);
    await tellOfSeats(world.deps(), 'two');
    world.nowMs += 24 * HOUR_MS - 1;
    await miss('two', A, B);
    expect(told(world)).toEqual([2]);
    await miss('three', A, B, C);
    expect(told(world)).toEqual([2, 3]);
    world.nowMs += 1;
    await miss('four', A);
    expect(told(world)).toEqual([2, 3]);
    world.nowMs += 24 * HOUR_MS - 1;
    await miss('five', A);
    expect(told(world)).toEqual([2, 3, 1]);
    expect((await ledger()).short).toEqual({ cycleId: 'five', count: 1 });
  });

  it('add up over the pages of a cycle, and are forgotten by one that misses none', async () => {
    const { world, ledger } = someSeats(1);
    const ask = (cycleId: string | undefined, ...ids: SourceId[]) => promiseSeats(world.deps(), ids, cycleId);
    await ask('one', A);
    await ask('one', B, C);
    expect((await ledger()).short).toEqual({ cycleId: 'one', count: 3 });
    await ask(undefined, A);
    expect((await ledger()).short).toEqual({ cycleId: 'one', count: 3 });
    await ask('two', A);
    expect((await ledger()).short).toEqual({ cycleId: 'two', count: 1 });
    world.settings = { ...world.settings, agentSeats: 2 };
    world.nowMs += 2 * MINUTE_MS;
    await ask('three', B);
    expect((await ledger()).short).toBeNull();
  });

  it('a count that is done again keeps what is missing', async () => {
    const { world, ledger } = someSeats(1);
    await promiseSeats(world.deps(), [A], 'one');
    world.nowMs += 2 * MINUTE_MS;
    await promiseSeats(world.deps(), [A], undefined);
    expect((await ledger()).short).toEqual({ cycleId: 'one', count: 1 });
  });

  it('are told of no longer once AGENT_SEATS is taken away', async () => {
    const { world } = someSeats(1);
    await promiseSeats(world.deps(), [A], 'one');
    const { agentSeats: _, ...settings } = world.settings;
    world.settings = settings;
    await tellOfSeats(world.deps(), 'one');
    expect(world.notices).toEqual([]);
  });
});
