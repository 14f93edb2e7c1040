import { makeCycleStore } from '../../../src/adapters/storage/cycle-store';
import { makeEscrowStore } from '../../../src/adapters/storage/escrow-store';
import { makeLeavingStore } from '../../../src/adapters/storage/leaving-store';
import { makeStagedDeletionStore } from '../../../src/adapters/storage/staged-deletion-store';
import type { Leaving } from '../../../src/core/leaving';
import { sourceId, targetId } from '../../../src/core/model';
import type { CycleRecord } from '../../../src/ports/cycle-store';
import type { Escrow } from '../../../src/ports/escrow-store';
import type { StagedDeletion } from '../../../src/ports/staged-deletion-store';
import type { ObjectKey } from '../../../src/ports/stored';
import { makeFakeCycleStore } from '../../fakes/cycle-store';
import { makeFakeEscrowStore } from '../../fakes/escrow-store';
import { makeFakeLeavingStore } from '../../fakes/leaving-store';
import { makeFakeStagedDeletionStore } from '../../fakes/staged-deletion-store';
import { all, HOSTILE_TEXTS, onBoth } from './both';

const user = (id: string): ObjectKey => ({ type: 'user', id: sourceId(id) });
const escrow = (id: string, over: Partial<Escrow> = {}): Escrow => ({
  key: user(id),
  firstFailedAt: '2026-01-01T00:00:00.000Z',
  lastFailedAt: '2026-01-02T00:00:00.000Z',
  attempts: 2,
  nextAttemptAt: null,
  code: 'PROV_TARGET_REJECTED',
  reason: HOSTILE_TEXTS.join('\n'),
  recommendedAction: 'change the data',
  cycleId: 'y',
  changeId: 'c',
  isTransient: false,
  ...over,
});
const staged = (id: string, over: Partial<StagedDeletion> = {}): StagedDeletion => ({
  key: user(id),
  cycleId: 'y',
  changeId: 'c',
  kind: 'userDisable',
  count: 1,
  reason: 'unassigned',
  state: 'candidate',
  stagedAt: '2026-01-01T00:00:00.000Z',
  ...over,
});
const cycle = (cycleId: string, startedAt: string, over: Partial<CycleRecord> = {}): CycleRecord => ({
  cycleId,
  kind: 'incremental',
  state: 'importing',
  startedAt,
  endedAt: null,
  enqueued: 0,
  staged: 0,
  imported: 0,
  why: 'timer',
  error: null,
  ...over,
});

onBoth('EscrowStore', { fake: () => makeFakeEscrowStore(), real: makeEscrowStore }, (make) => {
  test('one row per object, kept whole, replaced and removed', async () => {
    const store = await make();
    expect(await store.read(user('u1'))).toBeUndefined();
    await store.put(escrow('u2'));
    await store.put(escrow('u1'));
    await store.put(escrow('u1', { attempts: 3, nextAttemptAt: '2026-02-01T00:00:00.000Z' }));
    await store.put(escrow('u1', { key: { type: 'group', id: sourceId('u1') } }));
    expect(await store.read(user('u1'))).toEqual(escrow('u1', { attempts: 3, nextAttemptAt: '2026-02-01T00:00:00.000Z' }));
    expect((await all(store.list())).map(({ key }) => key)).toEqual([{ type: 'group', id: 'u1' }, user('u1'), user('u2')]);
    await store.remove(user('u1'));
    await store.remove(user('u1'));
    expect(await store.read(user('u1'))).toBeUndefined();
    expect(await all(store.list())).toHaveLength(2);
  });
});

onBoth('StagedDeletionStore', { fake: () => makeFakeStagedDeletionStore(), real: makeStagedDeletionStore }, (make) => {
  test('a later cycle replaces the row of an object; removing takes missing ones too', async () => {
    const store = await make();
    const many = Array.from({ length: 250 }, (_, n) => staged(`u${String(n).padStart(3, '0')}`));
    await store.put(many);
    await store.put([staged('u001', { cycleId: 'z', state: 'staged', count: 4, kind: 'groupDelete' })]);
    expect(await store.read(user('u001'))).toEqual(
      staged('u001', { cycleId: 'z', state: 'staged', count: 4, kind: 'groupDelete' }),
    );
    expect((await all(store.list())).map(({ key }) => key.id)).toEqual(many.map(({ key }) => key.id));
    await store.remove([user('unknown'), ...many.slice(2).map(({ key }) => key)]);
    expect((await all(store.list())).map(({ key }) => key.id)).toEqual(['u000', 'u001']);
    expect(await store.read(user('u249'))).toBeUndefined();
    await store.put([]);
    await store.remove([]);
  });
});

onBoth('CycleStore', { fake: () => makeFakeCycleStore(), real: makeCycleStore }, (make) => {
  test('the newest come first, each once, as they are now', async () => {
    const store = await make();
    expect(await store.latest(5)).toEqual([]);
    await store.put(cycle('b', '2026-01-02T00:00:00.000Z'));
    await store.put(cycle('c', '2026-01-03T00:00:00.000Z'));
    await store.put(cycle('a', '2026-01-01T00:00:00.000Z'));
    const done = cycle('b', '2026-01-02T00:00:00.000Z', {
      state: 'failed',
      endedAt: '2026-01-02T01:00:00.000Z',
      error: { code: 'PROV_BUG', message: "it's \u2028 broken" },
    });
    await store.put(done);
    expect(await store.read('b')).toEqual(done);
    expect(await store.latest(2)).toEqual([cycle('c', '2026-01-03T00:00:00.000Z'), done]);
    expect(await store.latest(0)).toEqual([]);
    expect(await store.read('x')).toBeUndefined();
  });

  test('cycles whose items are under way are found however many came after them', async () => {
    const store = await make();
    const exporting = { state: 'exporting', endedAt: '2026-01-01T01:00:00.000Z' } as const;
    const old = cycle('old', '2026-01-01T00:00:00.000Z', exporting);
    await store.put(cycle('old', '2026-01-01T00:00:00.000Z'));
    await store.put(old);
    for (let day = 2; day <= 31; day += 1) {
      await store.put(cycle(`c${day}`, `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`, { state: 'succeeded' }));
    }
    expect(await store.listExporting()).toEqual([old]);
    await store.put({ ...old, state: 'succeeded' });
    expect(await store.listExporting()).toEqual([]);
  });

  test('a cycle advances and never goes back, whoever comes late', async () => {
    const store = await make();
    const importing = cycle('a', '2026-01-01T00:00:00.000Z', { state: 'importing' });
    const exporting = { ...importing, state: 'exporting', enqueued: 3 } as const;
    const closed = { ...exporting, state: 'entryLevelErrors' } as const;
    expect(await store.advance(importing)).toBe(true);
    expect(await store.advance({ ...importing, imported: 7 })).toBe(true);
    expect(await store.advance(exporting)).toBe(true);
    expect(await store.advance(importing)).toBe(false);
    expect(await store.listExporting()).toEqual([exporting]);
    await store.put(closed);
    for (const late of [importing, exporting]) expect(await store.advance(late)).toBe(false);
    expect(await store.read('a')).toEqual(closed);
    expect(await store.listExporting()).toEqual([]);
    expect(await store.latest(9)).toEqual([closed]);
  });

  test('of a close and a late opening at once the close stays', async () => {
    const store = await make();
    for (let round = 0; round < 5; round += 1) {
      const importing = cycle(`c${round}`, '2026-01-01T00:00:00.000Z', { state: 'importing' });
      const closed = { ...importing, state: 'succeeded' } as const;
      await store.put({ ...importing, state: 'exporting' });
      await Promise.all([
        store.advance(importing),
        store.put(closed),
        store.advance(importing),
        store.advance({ ...importing, state: 'exporting' }),
      ]);
      expect(await store.read(`c${round}`)).toEqual(closed);
    }
  });

  test('a cycle that starts anew is listed once, at its new place', async () => {
    const store = await make();
    await store.put(cycle('a', '2026-01-01T00:00:00.000Z'));
    await store.put(cycle('b', '2026-01-02T00:00:00.000Z'));
    await store.put(cycle('a', '2026-01-03T00:00:00.000Z'));
    expect((await store.latest(9)).map(({ cycleId }) => cycleId)).toEqual(['a', 'b']);
  });
});

onBoth('LeavingStore', { fake: () => makeFakeLeavingStore(), real: makeLeavingStore }, (make) => {
  const leaving = (id: string, leftAt: string, over: Partial<Leaving> = {}): Leaving => ({
    sourceId: sourceId(id),
    targetId: targetId(`9${id.slice(1)}`),
    leftAt,
    createdByUs: true,
    tickets: { to: HOSTILE_TEXTS.join('\n'), count: 3, isComplete: true },
    deletedAt: null,
    ...over,
  });
  const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T12:00:00.000Z`;
  const ids = async (list: AsyncIterable<readonly Leaving[]>) => (await all(list)).map((one) => one.sourceId);

  test('one row per person, kept whole, replaced and removed', async () => {
    const store = await make();
    expect(await store.read(sourceId('u1'))).toBeUndefined();
    await store.put(leaving('u1', day(1)));
    await store.put(leaving('u1', day(2), { tickets: null }));
    expect(await store.read(sourceId('u1'))).toEqual(leaving('u1', day(2), { tickets: null }));
    expect(await ids(store.listLeft('delete', null, day(9)))).toEqual(['u1']);
    await store.remove(sourceId('u1'));
    await store.remove(sourceId('u1'));
    expect(await store.read(sourceId('u1'))).toBeUndefined();
    expect(await ids(store.listLeft('delete', null, day(9)))).toEqual([]);
  });

  test('who waits for a day is listed in the order of leaving, up to an instant, and from one on', async () => {
    const store = await make();
    for (const [id, at] of [
      ['u3', 3],
      ['u1', 5],
      ['u2', 1],
      ['u4', 7],
    ] as const)
      await store.put(leaving(id, day(at)));
    await store.put(leaving('u5', day(2), { createdByUs: false }));
    expect(await ids(store.listLeft('delete', null, day(5)))).toEqual(['u2', 'u3', 'u1']);
    expect(await ids(store.listLeft('delete', day(3), day(9)))).toEqual(['u1', 'u4']);
    expect(await ids(store.listLeft('erase', null, day(9)))).toEqual([]);
    await store.put(leaving('u3', day(3), { deletedAt: day(8) }));
    expect(await ids(store.listLeft('delete', null, day(9)))).toEqual(['u2', 'u1', 'u4']);
    expect(await all(store.listLeft('erase', null, day(9)))).toEqual([leaving('u3', day(3), { deletedAt: day(8) })]);
  });
});
