import { MAX_WAIT_MS, retryAfterMs, untoldWaitMs } from '../../../src/core/retry-after';

describe('retry-after', () => {
  const now = Date.parse('2026-11-23T10:00:00Z');
  test.each<[string | null | undefined, number | undefined]>([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1_500],
    [' 7 ', 7_000],
    ['3600', 3_600_000],
    ['86400', 3_600_000],
    ['999999999', MAX_WAIT_MS],
    ['9'.repeat(400), MAX_WAIT_MS],
    ['Mon, 23 Nov 2026 10:01:00 GMT', 60_000],
    ['Mon, 23 Nov 2026 09:00:00 GMT', 0],
    ['Mon, 23 Nov 2099 09:00:00 GMT', MAX_WAIT_MS],
    [null, undefined],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
  ])('%j › %j', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  test('without a word, a minute and some more', () => {
    expect([untoldWaitMs(0), untoldWaitMs(0.5)]).toEqual([60_000, 67_500]);
  });
});
