import fc from 'fast-check';
import { narrowOffset, type OffsetBounds, offsetMs } from '../../../src/core/clock-offset';

describe('clock offset', () => {
  const sample = (sentAtMs: number, receivedAtMs: number, toldMs: number) => ({
    sentAtMs,
    receivedAtMs,
    toldMs,
    resolutionMs: 1_000,
  });

  test('a clock that may be right is left alone', () => {
    expect(offsetMs(undefined)).toBe(0);
    expect(offsetMs(narrowOffset(undefined, sample(10_400, 10_420, 10_000)))).toBe(0);
  });

  test('a clock that was set is learnt anew', () => {
    const before = narrowOffset(undefined, sample(10_000, 10_010, 310_000));
    const after = narrowOffset(before, sample(320_000, 320_010, 320_000));
    expect(offsetMs(before)).toBeGreaterThan(299_000);
    expect(offsetMs(after)).toBe(0);
  });

  test('whatever the offset, some answers find it to the time that an answer takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -600_000, max: 600_000 }),
        fc.integer({ min: 2, max: 40 }),
        fc.nat(999),
        (offset, tripMs, phase) => {
          let bounds: OffsetBounds | undefined;
          for (let at = 0; at < 200; at++) {
            const sentAtMs = 1_000_000 + phase + at * 137;
            const told = Math.floor((sentAtMs + tripMs / 2 + offset) / 1_000) * 1_000;
            bounds = narrowOffset(bounds, sample(sentAtMs, sentAtMs + tripMs, told));
            expect(bounds.lowMs).toBeLessThanOrEqual(offset + 3);
            expect(bounds.highMs).toBeGreaterThanOrEqual(offset - 3);
          }
          expect(Math.abs(offsetMs(bounds) - offset)).toBeLessThanOrEqual(tripMs + 20);
        },
      ),
    );
  });
});
