import { makeStateStore } from '../../../src/adapters/storage/state-store';
import { StaleStateError } from '../../../src/core/errors';
import { makeFakeStateStore } from '../../fakes/state-store';
import { HOSTILE_TEXTS, onBoth } from './both';

onBoth('StateStore', { fake: () => makeFakeStateStore(), real: makeStateStore }, (make) => {
  test('a document that nobody wrote › undefined', async () => {
    expect(await (await make()).read('job')).toBeUndefined();
  });

  test('every write gives a new etag, and only the newest may replace', async () => {
    const store = await make();
    const first = await store.write('job', { n: 1 }, null);
    const second = await store.write('job', { n: 2 }, first);
    expect(second).not.toBe(first);
    await expect(store.write('job', { n: 3 }, first)).rejects.toThrow(StaleStateError);
    expect(await store.read('job')).toEqual({ value: { n: 2 }, etag: second });
    const third = await store.write('job', { n: 2 }, second);
    expect(third).not.toBe(second);
  });

  test('etag null › only where there is none; * › whatever is there', async () => {
    const store = await make();
    const overwritten = await store.write('job', 'a', '*');
    await expect(store.write('job', 'b', null)).rejects.toThrow(StaleStateError);
    expect(await store.read('job')).toEqual({ value: 'a', etag: overwritten });
    await store.write('job', 'c', '*');
    expect((await store.read('job'))?.value).toBe('c');
  });

  test('replacing what was removed › stale', async () => {
    const store = await make();
    const etag = await store.write('job', 1, null);
    await store.remove('job');
    await store.remove('job');
    await expect(store.write('job', 2, etag)).rejects.toThrow(StaleStateError);
    expect(await store.read('job')).toBeUndefined();
  });

  test('keys and values may be any text, and no two keys meet', async () => {
    const store = await make();
    for (const text of HOSTILE_TEXTS) await store.write(text, { text, [text]: [text] }, null);
    for (const text of HOSTILE_TEXTS) {
      const value = (await store.read<Record<string, unknown>>(text))?.value;
      expect(JSON.stringify(value)).toBe(JSON.stringify({ text, [text]: [text] }));
    }
  });

  test('a long value survives, with pairs of surrogates at every seam, and shrinks again', async () => {
    const store = await make();
    for (const value of [`${'😀'.repeat(20_000)}`, `a${'😀'.repeat(20_000)}`, `"${'\\'.repeat(70_000)}`, 'short']) {
      await store.write('long', value, '*');
      expect((await store.read<string>('long'))?.value === value).toBe(true);
    }
  });

  test('of many writers with one etag exactly one gets through', async () => {
    const store = await make();
    const etag = await store.write('slot', 0, null);
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => store.write('slot', n + 1, etag)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StaleStateError);
  });
});
